package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/unity-homelab/unity/internal/sqlstore"
)

// hypertables leaves the cutting to TimescaleDB, which makes chunks as they are
// needed and packs them as they age.
type hypertables struct {
	write *sql.DB
	// read asks for sizes.
	read *sql.DB
}

func (h *hypertables) cover(context.Context, *sql.Tx, table, []int64) error { return nil }

func (h *hypertables) ahead(context.Context, time.Time) error { return nil }

func (h *hypertables) expire(ctx context.Context, t table, before int64) error {
	if _, err := h.write.ExecContext(ctx, "SELECT drop_chunks($1::text::regclass, older_than => $2::timestamptz)", t.name, moment(before)); err != nil {
		return doing(err, "dropping chunks of %s", t.name)
	}
	if t.step != 0 {
		return nil
	}
	// Rows of runs and events are deleted one by one; what is left of their chunks
	// goes when nothing is in it.
	for table, column := range map[string]string{"runs": "start", "events": "id"} {
		var first sql.NullInt64
		if err := h.write.QueryRowContext(ctx, fmt.Sprintf("SELECT min(%s) FROM %s", column, table)).Scan(&first); err != nil {
			return doing(err, "looking at %s", table)
		}
		if !first.Valid {
			continue
		}
		if _, err := h.write.ExecContext(ctx, "SELECT drop_chunks($1::text::regclass, older_than => $2::bigint)", table, first.Int64); err != nil {
			return doing(err, "dropping empty chunks of %s", table)
		}
	}
	return nil
}

func (h *hypertables) size(ctx context.Context, name string) (int64, error) {
	var bytes int64
	err := h.read.QueryRowContext(ctx, "SELECT coalesce(hypertable_size($1::text::regclass), 0)", name).Scan(&bytes)
	return bytes, doing(err, "asking for the size of %s", name)
}

// packAfter is how old a chunk of samples is when it is packed. Nothing new comes
// then but what is late, for which a chunk need not be unpacked as a whole.
const packAfter = day

// grace is how many times longer than Unity keeps things TimescaleDB does. Unity
// drops chunks itself, and never before their samples are in the tiers. The
// policies are for the time in which no Unity runs, and must leave it samples to
// catch up from.
const grace = 2

// keptFor returns how long a table is kept.
func (t table) keptFor(options sqlstore.Options) time.Duration {
	if t.step == 0 {
		return options.RawRetention
	}
	return options.Tiers[t.step]
}

// makeHypertable makes a hypertable of that form under a name, unless it is
// there.
func (t table) makeHypertable(ctx context.Context, db querier, name string) error {
	columns := "value double precision NOT NULL"
	if t.step != 0 {
		columns = `count bigint NOT NULL, sum double precision NOT NULL, min double precision NOT NULL,
			max double precision NOT NULL, last double precision NOT NULL, increase double precision NOT NULL`
	}
	for _, statement := range []string{
		fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s (series bigint, time timestamptz, %s, PRIMARY KEY (series, time))", name, columns),
		fmt.Sprintf("SELECT create_hypertable('%s', by_range('time', interval '%d seconds'), create_default_indexes => false, if_not_exists => true)",
			name, int64(t.span.Seconds())),
		fmt.Sprintf("ALTER TABLE %s SET (timescaledb.compress, timescaledb.compress_segmentby = 'series', timescaledb.compress_orderby = 'time')", name),
	} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return doing(err, "making the hypertable %s", name)
		}
	}
	return nil
}

// setPolicies sees to it that TimescaleDB packs chunks as they age, and drops
// them when no Unity does. It changes nothing that is as it should be.
func setPolicies(ctx context.Context, db querier, options sqlstore.Options) error {
	for _, t := range allTables() {
		if err := setPolicy(ctx, db, t, "compression", "compress_after", max(packAfter, t.span)); err != nil {
			return err
		}
		if err := setPolicy(ctx, db, t, "retention", "drop_after", grace*t.keptFor(options)); err != nil {
			return err
		}
	}
	return nil
}

func setPolicy(ctx context.Context, db querier, t table, kind, setting string, after time.Duration) error {
	var stored sql.NullBool
	err := db.QueryRowContext(ctx, `SELECT (SELECT (config ->> $3)::interval = make_interval(secs => $4)
		FROM timescaledb_information.jobs
		WHERE hypertable_schema = current_schema() AND hypertable_name = $1 AND proc_name = 'policy_' || $2 LIMIT 1)`,
		t.name, kind, setting, after.Seconds()).Scan(&stored)
	if err != nil {
		return doing(err, "looking for the %s policy of %s", kind, t.name)
	}
	if stored.Bool {
		return nil
	}
	if stored.Valid {
		if _, err := db.ExecContext(ctx, fmt.Sprintf("SELECT remove_%s_policy('%s')", kind, t.name)); err != nil {
			return doing(err, "changing the %s policy of %s", kind, t.name)
		}
	}
	if after == 0 {
		return nil
	}
	_, err = db.ExecContext(ctx, fmt.Sprintf("SELECT add_%s_policy('%s', %s => interval '%d seconds')",
		kind, t.name, setting, int64(after.Seconds())))
	return doing(err, "setting the %s policy of %s", kind, t.name)
}
