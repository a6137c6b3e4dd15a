package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/sqlstore"
)

// Upgrade moves a database from plain partitions to TimescaleDB. No Unity may
// run on it meanwhile. Progress is told in bytes.
//
// Everything is copied first, partition by partition, to tables beside those
// that are in use, and packed there, which takes a tenth of the room. The old
// tables go in the transaction in which the new ones take their place. So
// nothing is lost when it is interrupted, the database can be used as before
// then, and Upgrade goes on where it was: what changed meanwhile is copied again.
func Upgrade(ctx context.Context, url string, progress func(done, total int64)) error {
	address, err := parse(url)
	if err != nil {
		return err
	}
	write, read := pools(address)
	defer func() { _ = errors.Join(read.Close(), write.Close()) }()
	return fault.Wrap(upgradeAll(ctx, write, read, address, progress), "moving the database %s to TimescaleDB", address.location)
}

func upgradeAll(ctx context.Context, write, read *sql.DB, address address, progress func(done, total int64)) error {
	server, err := inspect(ctx, write, address.plain)
	if err != nil {
		return err
	}
	if !server.extension.usable() {
		return fault.New(fault.Unsupported, "%s", server.extension.why).
			WithHint("Install TimescaleDB %s or newer on the server, run CREATE EXTENSION timescaledb as a superuser, and try again.", oldestTimescale)
	}
	store, err := sqlstore.New(write, read, dialect{})
	if err != nil {
		return err
	}
	if err := store.Migrate(ctx); err != nil {
		return err
	}
	if moved, err := form(ctx, write, server.extension); err != nil || moved {
		return err
	}
	// One connection for all of it: if it broke, another Unity could write
	// something between two steps.
	connection, err := write.Conn(ctx)
	if err != nil {
		return doing(err, "connecting")
	}
	defer func() { _ = connection.Close() }()
	m := move{db: connection, partitions: newPartitions(write, read, server.number), progress: progress}
	return m.run(ctx)
}

// extendEmpty makes the tables hypertables when nothing is in them yet.
func extendEmpty(ctx context.Context, write *sql.DB, server server) (done bool, err error) {
	for _, t := range allTables() {
		var filled bool
		if err := write.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM "+t.name+")").Scan(&filled); err != nil || filled {
			return false, doing(err, "looking at the table %s", t.name)
		}
	}
	connection, err := write.Conn(ctx)
	if err != nil {
		return false, doing(err, "connecting")
	}
	defer func() { _ = connection.Close() }()
	m := move{db: connection, partitions: newPartitions(write, write, server.number), progress: func(int64, int64) {}}
	return true, m.run(ctx)
}

// move is one Upgrade.
type move struct {
	db         *sql.Conn
	partitions *partitions
	progress   func(done, total int64)
}

// next is the name of the table that is to take the place of t.
func (t table) next() string { return t.name + "_next" }

func (m *move) run(ctx context.Context) error {
	// A month of partitions takes longer than a statement usually may.
	if _, err := m.db.ExecContext(ctx, "SET statement_timeout = 0"); err != nil {
		return doing(err, "preparing to move samples")
	}
	type stretch struct {
		table
		partition
		bytes int64
	}
	var all []stretch
	var done, total int64
	for _, t := range allTables() {
		if err := t.makeHypertable(ctx, m.db, t.next()); err != nil {
			return err
		}
		partitions, err := m.partitions.list(ctx, m.db, t)
		if err != nil {
			return err
		}
		for _, one := range partitions {
			var bytes int64
			if err := m.db.QueryRowContext(ctx, "SELECT pg_total_relation_size($1::text::regclass)", one.name).Scan(&bytes); err != nil {
				return doing(err, "asking for the size of %s", one.name)
			}
			all = append(all, stretch{t, one, bytes})
			total += bytes
		}
	}
	m.progress(done, total)
	for _, one := range all {
		if err := m.copy(ctx, one.table, one.partition); err != nil {
			return err
		}
		done += one.bytes
		m.progress(done, total)
	}
	return m.swap(ctx)
}

// copy copies one partition, unless that was done already.
func (m *move) copy(ctx context.Context, t table, one partition) error {
	within := fmt.Sprintf("time >= '%s' AND time < '%s'", bound(one.begin), bound(one.begin+t.span.Milliseconds()))
	same, err := m.same(ctx, t, one, within)
	if err != nil {
		return err
	}
	if !same {
		if err := m.replace(ctx, t, one, within); err != nil {
			return err
		}
	}
	_, err = m.db.ExecContext(ctx, fmt.Sprintf(`SELECT compress_chunk(format('%%I.%%I', chunk_schema, chunk_name)::regclass)
		FROM timescaledb_information.chunks WHERE hypertable_schema = current_schema() AND hypertable_name = '%s' AND NOT is_compressed
		AND range_start >= '%s' AND range_end <= '%s' AND range_end < now() - interval '%d seconds'`,
		t.next(), bound(one.begin), bound(one.begin+t.span.Milliseconds()), int64(max(packAfter, t.span).Seconds())))
	return doing(err, "packing what was in %s", one.name)
}

// same reports whether a partition was copied, and did not change since.
func (m *move) same(ctx context.Context, t table, one partition, within string) (bool, error) {
	copied, err := m.fingerprint(ctx, t, t.next(), within)
	if err != nil || copied.rows == 0 {
		return false, err
	}
	old, err := m.fingerprint(ctx, t, one.name, "true")
	return old == copied, err
}

// replace copies a partition over what is there of an earlier attempt.
func (m *move) replace(ctx context.Context, t table, one partition, within string) error {
	tx, err := m.db.BeginTx(ctx, nil)
	if err != nil {
		return doing(err, "copying %s", one.name)
	}
	defer tx.Rollback()
	for _, statement := range []string{
		"SET LOCAL timescaledb.max_tuples_decompressed_per_dml_transaction = 0",
		fmt.Sprintf("DELETE FROM %s WHERE %s", t.next(), within),
		fmt.Sprintf("INSERT INTO %s SELECT %s FROM %s", t.next(), strings.Join(t.columns(), ", "), one.name),
	} {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return doing(err, "copying %s", one.name)
		}
	}
	return doing(tx.Commit(), "copying %s", one.name)
}

// columns are those of a table, in order.
func (t table) columns() []string {
	if t.step == 0 {
		return []string{"series", "time", "value"}
	}
	return []string{"series", "time", "count", "sum", "min", "max", "last", "increase"}
}

// fingerprint is what two sets of rows have in common only if they are the same,
// to the bit.
type fingerprint struct {
	rows int64
	hash string
}

func (m *move) fingerprint(ctx context.Context, t table, name, within string) (fingerprint, error) {
	// Of each row a number in which each column is the seed for the next one.
	hash := "0"
	for _, column := range t.columns() {
		bits := column
		switch column {
		case "series", "count":
		case "time":
			bits = "(extract(epoch FROM time) * 1000000)::bigint"
		default:
			bits = "('x' || encode(float8send(" + column + "), 'hex'))::bit(64)::bigint"
		}
		hash = fmt.Sprintf("hashint8extended(%s, %s)", bits, hash)
	}
	var found fingerprint
	err := m.db.QueryRowContext(ctx, fmt.Sprintf("SELECT count(*), coalesce(sum(%s), 0)::text FROM %s WHERE %s", hash, name, within)).
		Scan(&found.rows, &found.hash)
	return found, doing(err, "comparing %s", name)
}

// swap puts the new tables in the place of the old ones, all at once.
func (m *move) swap(ctx context.Context) error {
	tx, err := m.db.BeginTx(ctx, nil)
	if err != nil {
		return doing(err, "putting the new tables in place")
	}
	defer tx.Rollback()
	var view string
	if err := tx.QueryRowContext(ctx, "SELECT pg_get_viewdef('plugin_metrics'::regclass)").Scan(&view); err != nil {
		return doing(err, "reading the view plugin_metrics")
	}
	grants, err := m.grants(ctx, tx)
	if err != nil {
		return err
	}
	statements := []string{"DROP VIEW plugin_metrics"}
	for _, t := range allTables() {
		statements = append(statements,
			"DROP TABLE "+t.name,
			fmt.Sprintf("ALTER TABLE %s RENAME TO %s", t.next(), t.name),
		)
	}
	statements = append(statements,
		"CREATE VIEW plugin_metrics AS "+view,
		// Runs are cut by their start, a day each; events by their number.
		fmt.Sprintf("SELECT create_hypertable('runs', by_range('start', %d), create_default_indexes => false, migrate_data => true)", day.Milliseconds()),
		"SELECT create_hypertable('events', by_range('id', 100000), create_default_indexes => false, migrate_data => true)",
	)
	for _, statement := range append(statements, grants...) {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return doing(err, "putting the new tables in place")
		}
	}
	return doing(tx.Commit(), "putting the new tables in place")
}

// grants returns what gives others the rights on the new tables that they have
// on the old ones.
func (m *move) grants(ctx context.Context, tx *sql.Tx) ([]string, error) {
	names := []string{"plugin_metrics"}
	for _, t := range allTables() {
		names = append(names, t.name)
	}
	var all []string
	for _, name := range names {
		rows, err := tx.QueryContext(ctx, `SELECT format('GRANT %s ON %I TO %s', a.privilege_type, c.relname,
				CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END)
			FROM pg_class c, aclexplode(c.relacl) a WHERE c.oid = to_regclass($1) AND a.grantee <> c.relowner`, name)
		if err != nil {
			return nil, doing(err, "reading the rights on %s", name)
		}
		all, err = texts(rows, all)
		if err != nil {
			return nil, doing(err, "reading the rights on %s", name)
		}
	}
	return all, nil
}

// texts appends the one column of some rows.
func texts(rows *sql.Rows, to []string) ([]string, error) {
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		to = append(to, text)
	}
	return to, rows.Err()
}

// bound is a time as SQL has it.
func bound(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02 15:04:05+00") }
