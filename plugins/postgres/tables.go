package postgres

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/rows"
)

// maxDatabases bounds how many databases are connected to for their tables.
const maxDatabases = 50

// tableStats is what was found about tables.
type tableStats struct {
	tables          []tableRow
	unused, invalid []indexRow
}

// tablesOf adds the figures of the largest tables, asking again when it is time.
func (r *run) tablesOf(now time.Time) {
	if !now.Before(r.tables.next) && r.broken == nil {
		r.tables = slow[tableStats]{next: now.Add(slowEvery)}
		r.askTables()
	}
	stats := r.tables.value
	for _, t := range stats.tables {
		labels := []string{"db", t.DB, "schema", t.Schema, "table", t.Table}
		for _, sample := range []struct {
			metric string
			value  *float64
		}{
			{"postgres_table_size_bytes", t.Size},
			{"postgres_table_index_size_bytes", t.IndexSize},
			{"postgres_table_live_rows", t.Live},
			{"postgres_table_dead_rows", t.Dead},
			{"postgres_table_dead_ratio", t.DeadRatio},
			{"postgres_table_last_vacuum_timestamp_seconds", t.Vacuumed},
			{"postgres_table_last_analyze_timestamp_seconds", t.Analyzed},
		} {
			if sample.value != nil {
				r.out.Add(sample.metric, *sample.value, labels...)
			}
		}
		if t.seqScans != nil {
			r.out.Add("postgres_table_scans_total", *t.seqScans, append(slices.Clone(labels), "type", "sequential")...)
		}
		if t.indexScans != nil {
			r.out.Add("postgres_table_scans_total", *t.indexScans, append(slices.Clone(labels), "type", "index")...)
		}
	}
	r.document.Tables, r.document.Unused, r.document.Invalid = stats.tables, stats.unused, stats.invalid
	for _, problem := range r.tables.problems {
		r.out.Problem(problem)
	}
}

// askTables goes through the databases, one connection at a time.
func (r *run) askTables() {
	into := &r.tables
	asked := 0
	for _, database := range r.document.Databases {
		if asked++; asked > maxDatabases {
			into.problems = append(into.problems, fault.New(fault.Partial, "the tables of %d databases are not looked at", len(r.document.Databases)-maxDatabases).
				WithHint("exclude some of them with database_exclude"))
			break
		}
		if err := r.inDatabase(database.Name, &into.value); err != nil {
			into.problems = append(into.problems, fault.Partly(fault.Wrap(err, "looking at the tables of %s", database.Name)))
		}
	}
	slices.SortStableFunc(into.value.tables, func(a, b tableRow) int { return cmp.Compare(or(b.Size), or(a.Size)) })
	if len(into.value.tables) > r.config.MaxTables {
		into.value.tables = into.value.tables[:r.config.MaxTables]
	}
}

func or(value *float64) float64 {
	if value == nil {
		return 0
	}
	return *value
}

// inDatabase asks about the tables of one database.
func (r *run) inDatabase(name string, into *tableStats) error {
	conn := r.session.conn
	if name != r.server.database {
		settings, err := r.session.settings(name)
		if err != nil {
			return err
		}
		if conn, err = pgconn.ConnectConfig(r.ctx, settings); err != nil {
			return r.session.explainConnect(r.ctx, err)
		}
		defer func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(r.ctx), closeTimeout)
			defer cancel()
			_ = conn.Close(ctx)
		}()
	}
	tables, err := r.session.askOn(r.ctx, conn, "tables of "+name, largestTables(r.config.MaxTables))
	if err != nil {
		return err
	}
	for one := range tables.All {
		into.tables = append(into.tables, newTableRow(name, one))
	}
	indexes, err := r.session.askOn(r.ctx, conn, "indexes of "+name, indexesQuery)
	if err != nil {
		return err
	}
	for one := range indexes.All {
		found := indexRow{DB: name, Schema: one.Text("schema"), Table: one.Text("name"), Index: one.Text("index"), Size: one.Optional("size")}
		if one.Flag("valid") {
			into.unused = append(into.unused, found)
		} else {
			into.invalid = append(into.invalid, found)
		}
	}
	return cmp.Or(tables.Problem("tables of "+name), indexes.Problem("indexes of "+name))
}

func newTableRow(db string, one rows.Row) tableRow {
	t := tableRow{
		DB: db, Schema: one.Text("schema"), Table: one.Text("name"), Size: one.Optional("size"), IndexSize: one.Optional("index_size"),
		Live: one.Optional("live"), Dead: one.Optional("dead"), Vacuumed: one.Optional("vacuumed"), Analyzed: one.Optional("analyzed"),
		seqScans: one.Optional("seq_scan"), indexScans: one.Optional("idx_scan"),
	}
	if t.Live != nil && t.Dead != nil && *t.Live+*t.Dead > 0 {
		ratio := *t.Dead / (*t.Live + *t.Dead)
		t.DeadRatio = &ratio
	}
	return t
}

// statements lists the queries that took most time.
func (r *run) statements() {
	if r.broken != nil {
		return
	}
	answer, err := r.session.ask(r.ctx, "statements", statementsQuery(r.server.version))
	switch {
	case err == nil:
	case r.session.conn.IsClosed():
		r.broken = err
		return
	case fault.Of(err) == fault.Unsupported:
		r.out.Problem(fault.As(fault.Partial, err, "").
			WithHint("add pg_stat_statements to shared_preload_libraries, restart the server, and run CREATE EXTENSION pg_stat_statements in %s", r.server.database))
		return
	default:
		r.out.Problem(fault.Partly(err))
		return
	}
	for one := range answer.All {
		r.document.Queries = append(r.document.Queries, queryRow{
			DB: one.Text("db"), Query: r.query(one.Text("query")), Calls: one.Optional("calls"), Seconds: one.Optional("seconds"),
			Mean: one.Optional("mean"), Rows: one.Optional("rows"), Hits: one.Optional("shared_blks_hit"), Reads: one.Optional("shared_blks_read"),
		})
	}
	r.done("statements", answer)
}
