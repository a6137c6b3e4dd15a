package sqlite

import (
	"embed"
	"errors"
	"io/fs"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/schema"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/sqlstore"
)

//go:embed migrations/*.sql
var migrations embed.FS

// dialect is what SQLite does its own way.
type dialect struct{}

var _ sqlstore.Dialect = dialect{}

// Bun writes statements for SQLite.
func (dialect) Bun() schema.Dialect { return statements{sqlitedialect.New()} }

// statements leaves zero characters out of text, where SQLite's statements end.
type statements struct{ *sqlitedialect.Dialect }

// AppendString appends text as a literal.
func (s statements) AppendString(to []byte, text string) []byte {
	return s.Dialect.AppendString(to, strings.ReplaceAll(text, "\x00", ""))
}

// Goose names SQLite to the migrations.
func (dialect) Goose() goose.Dialect { return goose.DialectSQLite3 }

// Migrations are the embedded steps.
func (dialect) Migrations() fs.FS {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return dir
}

// Upsert makes an insert replace the columns of a row with the same keys.
func (dialect) Upsert(query *bun.InsertQuery, keys, columns []string) *bun.InsertQuery {
	return sqlstore.OnConflict(query, keys, columns)
}

// Fault translates SQLite's result codes.
func (dialect) Fault(err error) *fault.Error {
	var failed *sqlite.Error
	if !errors.As(err, &failed) {
		return nil
	}
	kind, hint := fault.Internal, ""
	switch failed.Code() & 0xff {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		kind, hint = fault.BadAnswer, "The file is damaged. Put back a copy of it, or move it away to start with an empty one."
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		kind, hint = fault.Timeout, "Another program holds the database; close it."
	case sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_AUTH:
		kind, hint = fault.Permission, "Unity needs to write the database file and the folder it is in."
	case sqlite3.SQLITE_CANTOPEN:
		kind, hint = fault.NotFound, "Check the path of the database and the rights on its folder."
	case sqlite3.SQLITE_FULL:
		kind, hint = fault.Unreachable, "The disk is full; make room."
	case sqlite3.SQLITE_IOERR:
		kind, hint = fault.Unreachable, "The disk does not do its work; look at the system's log."
	case sqlite3.SQLITE_INTERRUPT:
		kind = fault.Canceled
	case sqlite3.SQLITE_CONSTRAINT:
		kind = fault.Conflict
	}
	return &fault.Error{Kind: kind, Hint: hint, Err: err}
}
