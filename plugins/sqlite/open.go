package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/unity-homelab/unity/fault"
)

// opened is what a database says when SQLite opens it.
type opened struct {
	head    header
	journal string // the mode: wal, delete, truncate, persist …
	tables  int64
	indexes int64
	took    time.Duration
	at      time.Time
}

// access is how a database is opened.
type access struct {
	name      string // where this process finds the file
	busy      time.Duration
	immutable bool // nobody is believed to use it: no locks, and no log
}

// address returns what the driver opens: for reading only, with nothing of the
// file's own making run, and damage noticed.
func (a access) address() string {
	pragmas := []string{
		fmt.Sprintf("busy_timeout(%d)", a.busy.Milliseconds()),
		"query_only(1)", "trusted_schema(0)", "cell_size_check(1)", "mmap_size(0)",
	}
	query := "mode=ro"
	if a.immutable {
		query += "&immutable=1"
	}
	for _, pragma := range pragmas {
		query += "&_pragma=" + url.QueryEscape(pragma)
	}
	return "file:" + (&url.URL{Path: a.name}).EscapedPath() + "?" + query
}

// with opens a database, calls the function and closes it.
func (a access) with(ctx context.Context, do func(context.Context, *sql.Conn) error) error {
	db, err := sql.Open("sqlite", a.address())
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // only read
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	return do(ctx, conn)
}

// ask opens a database for the questions that take no time.
func (a access) ask(ctx context.Context, now func() time.Time) (*opened, error) {
	start := now()
	o := &opened{at: start}
	err := a.with(ctx, func(ctx context.Context, conn *sql.Conn) error {
		vacuum := 0
		for _, question := range []struct {
			name string
			into any
		}{
			{"journal_mode", &o.journal},
			{"page_size", &o.head.pageSize},
			{"page_count", &o.head.pages},
			{"freelist_count", &o.head.freePages},
			{"auto_vacuum", &vacuum},
			{"encoding", &o.head.encoding},
			{"user_version", &o.head.userVersion},
			{"schema_version", &o.head.schema},
			{"application_id", &o.head.applicationID},
		} {
			if err := conn.QueryRowContext(ctx, "PRAGMA "+question.name).Scan(question.into); err != nil {
				return fmt.Errorf("asking for its %s: %w", question.name, err)
			}
		}
		if a.immutable { // SQLite speaks of how it opened it then
			o.journal = "wal"
		}
		o.head.wal, o.head.autoVacuum = o.journal == "wal", vacuum != 0
		const kinds = "SELECT count(*) FILTER (WHERE type = 'table'), count(*) FILTER (WHERE type = 'index') FROM sqlite_schema"
		return conn.QueryRowContext(ctx, kinds).Scan(&o.tables, &o.indexes)
	})
	o.took = now().Sub(start)
	return o, err
}

// isLocked reports whether somebody else kept the database locked.
func isLocked(err error) bool {
	switch codeOf(err) & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return true
	}
	return false
}

// isCorrupt reports whether SQLite found the database damaged.
func isCorrupt(err error) bool {
	switch codeOf(err) & 0xff {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return true
	}
	return false
}

// wantsToWrite reports whether the database cannot be read without writing to
// the files beside it, which is not allowed.
func wantsToWrite(err error) bool {
	switch codeOf(err) {
	case sqlite3.SQLITE_READONLY_RECOVERY, sqlite3.SQLITE_READONLY_CANTLOCK, sqlite3.SQLITE_READONLY_CANTINIT,
		sqlite3.SQLITE_READONLY_DIRECTORY, sqlite3.SQLITE_CANTOPEN:
		return true
	}
	return codeOf(err)&0xff == sqlite3.SQLITE_CANTOPEN
}

func codeOf(err error) int {
	if e := (*sqlite.Error)(nil); errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

// explainSQLite says why a database could not be opened or read.
func explainSQLite(ctx context.Context, name string, err error) error {
	what := "opening " + name
	switch code := codeOf(err); {
	case ctx.Err() != nil:
		return fault.As(fault.Of(ctx.Err()), ctx.Err(), "%s", what)
	case isLocked(err):
		return fault.New(fault.Partial, "%s: its application keeps it locked", what).
			WithHint("values of an earlier run are kept; where it happens often, raise busy_timeout or use mode header")
	case code == sqlite3.SQLITE_READONLY_ROLLBACK:
		return fault.New(fault.Partial, "%s: it has a journal to roll back first", what).
			WithHint("start its application, which finishes what a crash left half done")
	case code&0xff == sqlite3.SQLITE_NOTADB:
		return fault.New(fault.BadAnswer, "%s: it is no SQLite database, or is encrypted", what)
	case isCorrupt(err):
		return fault.New(fault.BadAnswer, "%s: it is damaged: %s", what, said(err)).
			WithHint("stop its application and restore a backup, or try: sqlite3 FILE .recover")
	case wantsToWrite(err):
		return fault.New(fault.Permission, "%s: reading a database in WAL mode needs the right to write to the -shm file beside it", what).
			WithHint("give Unity's user that right, use mode header, or set open_immutable_fallback and do without what is in the log")
	case code&0xff == sqlite3.SQLITE_IOERR:
		return fault.New(fault.Unreachable, "%s: its disk cannot be read: %s", what, said(err)).WithHint("see dmesg and the health of the disk")
	default:
		return fault.New(fault.BadAnswer, "%s: %s", what, said(err))
	}
}

// said is what SQLite says, without the number that the driver adds.
func said(err error) string {
	text := err.Error()
	if e := (*sqlite.Error)(nil); errors.As(err, &e) {
		text = e.Error()
	}
	if i := strings.LastIndex(text, " ("); i > 0 && strings.HasSuffix(text, ")") {
		text = text[:i]
	}
	return text
}
