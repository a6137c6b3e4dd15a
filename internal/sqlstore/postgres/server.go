package postgres

import (
	"context"
	"database/sql"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/fault"
)

// oldest is the first version that Unity works with.
const oldest = 130000

// server is what was found where the URL points.
type server struct {
	number   int    // 150018
	version  string // 15.18
	standby  bool
	frozen   bool // transactions change nothing
	encoding string
	schema   sql.NullString // in which tables are made
	may      sql.NullBool   // make tables there
	user     string
	database string
	ours     bool // Unity's tables are there
	others   bool // tables of another program are, which have the same names

	extension extension
}

// inspect looks at a server, and refuses one that Unity cannot work with. All
// that it may change is to switch TimescaleDB on, unless it is to do without.
func inspect(ctx context.Context, db *sql.DB, without bool) (server, error) {
	var s server
	var version string
	err := db.QueryRowContext(ctx, `SELECT current_setting('server_version_num')::int, current_setting('server_version'),
		pg_is_in_recovery(), current_setting('transaction_read_only')::bool, current_setting('server_encoding'), current_schema(),
		has_schema_privilege(current_schema(), 'CREATE'), current_user, current_database(),
		to_regclass('marks') IS NOT NULL AND to_regclass('source_status') IS NOT NULL`).
		Scan(&s.number, &version, &s.standby, &s.frozen, &s.encoding, &s.schema, &s.may, &s.user, &s.database, &s.ours)
	if err != nil {
		return s, doing(err, "asking the server what it is")
	}
	s.version, _, _ = strings.Cut(version, " ")
	if !s.ours {
		if s.others, err = belongs(ctx, db); err != nil {
			return s, err
		}
	}
	if err := s.check(); err != nil {
		return s, err
	}
	if without {
		s.extension.why = "the address of the database says timescaledb=off"
		return s, nil
	}
	s.extension, err = findExtension(ctx, db)
	return s, err
}

// belongs reports whether a schema without Unity's tables has some that bear
// their names. An empty goose_db_version is left by a start that was interrupted.
func belongs(ctx context.Context, db *sql.DB) (toAnother bool, err error) {
	var migrations bool
	err = db.QueryRowContext(ctx, `SELECT to_regclass('goose_db_version') IS NOT NULL, EXISTS (SELECT 1 FROM pg_class
		WHERE relnamespace = to_regnamespace(quote_ident(current_schema())) AND relname IN ('hosts', 'sources', 'source_status',
		'source_values', 'runs', 'snapshots', 'events', 'series', 'samples', 'samples_5m', 'samples_1h', 'marks', 'plugin_metrics'))`).
		Scan(&migrations, &toAnother)
	if err != nil || toAnother || !migrations {
		return toAnother, doing(err, "looking for tables of other programs")
	}
	err = db.QueryRowContext(ctx, "SELECT coalesce(max(version_id), 0) > 0 FROM goose_db_version").Scan(&toAnother)
	if fault.Of(doing(err, "")) == fault.Internal { // a table of that name and of other columns
		return true, nil
	}
	return toAnother, doing(err, "looking for tables of other programs")
}

func (s *server) check() error {
	switch {
	case s.number < oldest:
		return fault.New(fault.Unsupported, "the server is PostgreSQL %s, and Unity needs %d", s.version, oldest/10000).
			WithHint("Upgrade the server, or point database.url to a newer one.")
	case s.standby:
		return fault.New(fault.Permission, "the server takes no changes: it is a standby").
			WithHint("Point database.url to the primary.")
	case s.encoding != "UTF8":
		return fault.New(fault.Unsupported, "the database %s has the encoding %s, and Unity needs UTF8", s.database, s.encoding).
			WithHint("Make one with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0.")
	case !s.schema.Valid:
		return fault.New(fault.Config, "none of the schemas in the search path of user %s exists", s.user).
			WithHint("Create one with CREATE SCHEMA … AUTHORIZATION %s, or correct search_path in database.url.", s.user)
	case s.frozen:
		return fault.New(fault.Permission, "the server takes no changes: transactions are read-only").
			WithHint("Take back default_transaction_read_only for the database or the user, or point database.url to the primary.")
	case s.others:
		return fault.New(fault.WrongService, "the schema %s of database %s has tables of another program", s.schema.String, s.database).
			WithHint("Give Unity a database of its own.")
	case !s.ours && !s.may.Bool:
		return fault.New(fault.Permission, "user %s may not make tables in schema %s of database %s", s.user, s.schema.String, s.database).
			WithHint("Run ALTER DATABASE %s OWNER TO %s, or GRANT CREATE ON SCHEMA %s TO %s.",
				strconv.Quote(s.database), strconv.Quote(s.user), strconv.Quote(s.schema.String), strconv.Quote(s.user))
	}
	return nil
}

// engine names the server to people.
func (s *server) engine(timescale bool) string {
	name := "PostgreSQL " + s.version
	if timescale {
		name += " with TimescaleDB " + s.extension.version
	}
	return name
}
