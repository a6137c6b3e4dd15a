package postgres

import (
	"embed"
	"io/fs"
	"strings"
	"unicode/utf8"

	"github.com/pressly/goose/v3"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/schema"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/sqlstore"
)

//go:embed migrations/*.sql
var migrations embed.FS

// dialect is what PostgreSQL does its own way.
type dialect struct{}

var _ sqlstore.Dialect = dialect{}

// Bun writes statements for PostgreSQL.
func (dialect) Bun() schema.Dialect { return statements{pgdialect.New()} }

// statements leaves out of text what PostgreSQL does not take: zero characters,
// and bytes that are no UTF-8. One of them would hold up everything behind it for
// good.
type statements struct{ *pgdialect.Dialect }

// AppendString appends text as a literal.
func (s statements) AppendString(to []byte, text string) []byte {
	text = strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), string(utf8.RuneError))
	return s.Dialect.AppendString(to, text)
}

// Goose names PostgreSQL to the migrations.
func (dialect) Goose() goose.Dialect { return goose.DialectPostgres }

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

// Fault translates the codes of PostgreSQL and what keeps it from answering.
func (dialect) Fault(err error) *fault.Error { return translate(err) }

// doing says what was being done when an error came.
func doing(err error, format string, args ...any) error {
	if translated := translate(err); translated != nil {
		err = translated
	}
	return fault.Wrap(err, format, args...)
}
