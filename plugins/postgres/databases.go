package postgres

import (
	"maps"
	"time"

	"github.com/unity-homelab/unity/plugin/rows"
)

// xidLimit is how many transactions there can be before the server stops, about.
const xidLimit = 2e9

// columnMetric is a metric that is a column of a view, once scaled.
type columnMetric struct {
	metric, column string
	scale          float64
	labels         []string
}

const milliseconds = 1e-3

// databaseColumns are the counters of pg_stat_database.
func databaseColumns() []columnMetric {
	return []columnMetric{
		{"postgres_transactions_total", "xact_commit", 1, []string{"result", "commit"}},
		{"postgres_transactions_total", "xact_rollback", 1, []string{"result", "rollback"}},
		{"postgres_blocks_total", "blks_hit", 1, []string{"result", "hit"}},
		{"postgres_blocks_total", "blks_read", 1, []string{"result", "read"}},
		{"postgres_rows_total", "tup_returned", 1, []string{"op", "returned"}},
		{"postgres_rows_total", "tup_fetched", 1, []string{"op", "fetched"}},
		{"postgres_rows_total", "tup_inserted", 1, []string{"op", "inserted"}},
		{"postgres_rows_total", "tup_updated", 1, []string{"op", "updated"}},
		{"postgres_rows_total", "tup_deleted", 1, []string{"op", "deleted"}},
		{"postgres_deadlocks_total", "deadlocks", 1, nil},
		{"postgres_conflicts_total", "conflicts", 1, nil},
		{"postgres_checksum_failures_total", "checksum_failures", 1, nil},
		{"postgres_temp_files_total", "temp_files", 1, nil},
		{"postgres_temp_bytes_total", "temp_bytes", 1, nil},
		{"postgres_sessions_total", "sessions", 1, []string{"end", "all"}},
		{"postgres_sessions_total", "sessions_abandoned", 1, []string{"end", "abandoned"}},
		{"postgres_sessions_total", "sessions_fatal", 1, []string{"end", "fatal"}},
		{"postgres_sessions_total", "sessions_killed", 1, []string{"end", "killed"}},
		{"postgres_xid_age", "xid_age", 1, nil},
		{"postgres_xid_exhaustion_ratio", "xid_age", 1 / xidLimit, nil},
		{"postgres_mxid_age", "mxid_age", 1, nil},
	}
}

// databases takes the figures of each database.
func (r *run) databases(now time.Time) {
	answer := r.ask("databases", databasesQuery)
	if answer == nil {
		return
	}
	r.askSizes(now)
	columns := databaseColumns()
	if r.server.on("track_io_timing") {
		columns = append(
			columns,
			columnMetric{"postgres_block_read_seconds_total", "blk_read_time", milliseconds, nil},
			columnMetric{"postgres_block_write_seconds_total", "blk_write_time", milliseconds, nil},
		)
	}
	freezeAt, freezes := r.server.setting("autovacuum_freeze_max_age")
	for one := range answer.All {
		db := one.Text("db")
		if db == "" || !r.watches(db) {
			continue
		}
		r.connections(db)
		for _, c := range columns {
			r.put(c.metric, one, c.column, c.scale, append([]string{"db", db}, c.labels...)...)
		}
		if freezes && freezeAt > 0 {
			r.put("postgres_autovacuum_freeze_ratio", one, "xid_age", 1/freezeAt, "db", db)
		}
		document := databaseRow{
			Name: db, Backends: one.Optional("numbackends"), TempBytes: one.Optional("temp_bytes"),
			Deadlocks: one.Optional("deadlocks"), XIDAge: one.Optional("xid_age"),
		}
		if size, ok := r.sizes.value[db]; ok {
			r.out.Add("postgres_database_size_bytes", size, "db", db)
			document.Size = &size
		}
		r.ratios(one, db, &document)
		r.document.Databases = append(r.document.Databases, document)
	}
	r.done("databases", answer)
	for _, problem := range r.sizes.problems {
		r.out.Problem(problem)
	}
}

// ratios are what happened since the run before.
func (r *run) ratios(one rows.Row, db string, document *databaseRow) {
	hit, ok := one.Number("blks_hit")
	read, also := one.Number("blks_read")
	if ok && also {
		if ratio, ok := r.rates.Ratio(rateKey{db, "cache"}, hit, hit+read); ok {
			r.out.Add("postgres_cache_hit_ratio", ratio, "db", db)
			document.CacheHit = &ratio
		}
	}
	commits, ok := one.Number("xact_commit")
	rollbacks, also := one.Number("xact_rollback")
	if !ok || !also {
		return
	}
	if rate, ok := r.rates.Rate(rateKey{db, "commits"}, commits); ok {
		document.Commits = &rate
	}
	if ratio, ok := r.rates.Ratio(rateKey{db, "rollbacks"}, rollbacks, commits+rollbacks); ok {
		document.Rollbacks = &ratio
	}
}

// askSizes asks how large the databases are; the server looks at every file for
// that.
func (r *run) askSizes(now time.Time) {
	if now.Before(r.sizes.next) {
		return
	}
	answer := r.ask("sizes", sizesQuery)
	if answer == nil {
		return
	}
	r.sizes = slow[map[string]float64]{value: make(map[string]float64), next: now.Add(slowEvery)}
	for one := range answer.All {
		if size, ok := one.Number("size"); ok {
			r.sizes.value[one.Text("db")] = size
		}
	}
	if problem := answer.Problem("sizes"); problem != nil {
		r.sizes.problems = []error{problem}
	}
}

// totalSize is the sum of all databases.
func (r *run) totalSize() *float64 {
	if len(r.sizes.value) == 0 {
		return nil
	}
	total := 0.0
	for size := range maps.Values(r.sizes.value) {
		total += size
	}
	return &total
}
