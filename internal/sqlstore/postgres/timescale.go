package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/unity-homelab/unity/fault"
)

// oldestTimescale is the first version of TimescaleDB that has all Unity uses:
// rows that are replaced in a packed chunk, dimensions by range.
const oldestTimescale = "2.13"

// extension is what a server has of TimescaleDB.
type extension struct {
	version string // 2.23.0; empty when it is not switched on
	// why says why it is not used, in one sentence; empty when it can be.
	why string
}

// usable reports whether tables can be hypertables.
func (e extension) usable() bool { return e.version != "" && e.why == "" }

// findExtension looks for TimescaleDB and switches it on where that is allowed.
// That it is not there is nothing to complain about.
func findExtension(ctx context.Context, db *sql.DB) (extension, error) {
	version, err := installedExtension(ctx, db)
	if err != nil {
		return extension{}, err
	}
	if version == "" {
		why, err := createExtension(ctx, db)
		if err != nil || why != "" {
			return extension{why: why}, err
		}
		if version, err = installedExtension(ctx, db); err != nil {
			return extension{}, err
		}
	}
	version, _, _ = strings.Cut(version, "-")
	found := extension{version: version}
	var license sql.NullString
	err = db.QueryRowContext(ctx, "SELECT current_setting('timescaledb.license', true)").Scan(&license)
	switch {
	case err != nil:
		return found, doing(err, "asking for the licence of TimescaleDB")
	case earlier(version, oldestTimescale):
		found.why = fmt.Sprintf("TimescaleDB is %s, and Unity uses %s or newer", version, oldestTimescale)
	case license.String == "apache":
		found.why = "TimescaleDB is the Apache edition, which packs nothing"
	}
	return found, nil
}

// installedExtension returns the version that is switched on in this database.
func installedExtension(ctx context.Context, db *sql.DB) (string, error) {
	var version string
	err := db.QueryRowContext(ctx, "SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'").Scan(&version)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return version, doing(err, "looking for TimescaleDB")
}

// createExtension switches TimescaleDB on, or says why not.
func createExtension(ctx context.Context, db *sql.DB) (why string, err error) {
	var there bool
	err = db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = 'timescaledb')").Scan(&there)
	if err != nil {
		return "", doing(err, "looking for TimescaleDB")
	}
	if !there {
		return "the server has no TimescaleDB", nil
	}
	_, err = db.ExecContext(ctx, "CREATE EXTENSION IF NOT EXISTS timescaledb")
	var answer *pgconn.PgError
	switch {
	case err == nil:
		return "", nil
	case errors.As(err, &answer) && answer.Code == "42501":
		return "the server has TimescaleDB, and Unity may not switch it on: a superuser can, with CREATE EXTENSION timescaledb", nil
	case errors.As(err, &answer):
		return "the server has TimescaleDB, but it cannot be switched on: " + answer.Message, nil
	}
	return "", doing(err, "switching TimescaleDB on")
}

// earlier compares versions such as 2.9.1 and 2.13.
func earlier(a, b string) bool {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(as), len(bs)) {
		x, _ := strconv.Atoi(as[i])
		y, _ := strconv.Atoi(bs[i])
		if x != y {
			return x < y
		}
	}
	return len(as) < len(bs)
}

// form is how the tables of samples are cut at the moment.
func form(ctx context.Context, db querier, extension extension) (hypertables bool, err error) {
	var kind string
	if err := db.QueryRowContext(ctx, "SELECT relkind FROM pg_class WHERE oid = to_regclass('samples')").Scan(&kind); err != nil {
		return false, doing(err, "looking at the table samples")
	}
	if kind == "p" {
		return false, nil
	}
	if extension.version == "" {
		return false, fault.New(fault.BadAnswer, "the table samples was one of TimescaleDB, which is gone from this database").
			WithHint("Put the extension and a copy of its tables back.")
	}
	return true, nil
}
