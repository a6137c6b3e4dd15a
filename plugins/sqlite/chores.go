package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// chore is a database that is to be read as a whole.
type chore struct {
	path      string
	access    access
	integrity string // the kind of check, or ""
	tables    bool
	maxTables int
	countRows bool
}

// result is what reading a whole database gave. Parts that were never read, or
// not yet, are nil.
type result struct {
	integrity *integrity
	tables    *tableStats
	problem   error     // of the latest attempt
	tried     time.Time // when that was
}

// integrity is the result of a check.
type integrity struct {
	At      time.Time `json:"at"`
	OK      bool      `json:"ok"`
	Kind    string    `json:"kind"`
	Errors  []string  `json:"errors,omitempty"`
	Seconds float64   `json:"seconds"`
}

// tableStats are the sizes of the tables of a database.
type tableStats struct {
	at     time.Time
	tables []tableRow
	more   int // left out
}

// tableRow is a table with its indexes.
type tableRow struct {
	Name       string `json:"name"`
	Size       int64  `json:"size"`
	Unused     int64  `json:"unused"`
	Rows       *int64 `json:"rows,omitempty"`
	RowsSource string `json:"rows_source,omitempty"` // counted, or ANALYZE
}

// background reads databases one after the other, so that a large one neither
// holds up a run nor a slow disk is asked for two at once.
type background struct {
	mu      sync.Mutex
	results map[string]*result
	done    chan struct{} // closed when nothing is being read; nil before the first
	stop    context.CancelFunc
}

// start begins reading, unless something is being read.
func (b *background) start(ctx context.Context, now func() time.Time, chores []chore) {
	if len(chores) == 0 || b.busy() {
		return
	}
	ctx, b.stop = context.WithCancel(context.WithoutCancel(ctx))
	b.done = make(chan struct{})
	go func(done chan struct{}) {
		defer close(done)
		for _, chore := range chores {
			if ctx.Err() != nil {
				return
			}
			b.keep(chore.path, chore.run(ctx, now))
		}
	}(b.done)
}

func (b *background) busy() bool {
	if b.done == nil {
		return false
	}
	select {
	case <-b.done:
		return false
	default:
		return true
	}
}

// wait waits until nothing is being read, or the context ends.
func (b *background) wait(ctx context.Context) {
	if b.done == nil {
		return
	}
	select {
	case <-b.done:
	case <-ctx.Done():
	}
}

// end stops what is being read, and waits for that.
func (b *background) end() {
	if b.stop != nil {
		b.stop()
		<-b.done
	}
}

// keep puts new parts in place of old ones.
func (b *background) keep(path string, fresh result) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.results == nil {
		b.results = make(map[string]*result)
	}
	merged := fresh
	if before := b.results[path]; before != nil {
		if merged.integrity == nil {
			merged.integrity = before.integrity
		}
		if merged.tables == nil {
			merged.tables = before.tables
		}
	}
	b.results[path] = &merged
}

// of returns what is known of a database, or nil.
func (b *background) of(path string) *result {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.results[path]
}

// run reads a database as a whole.
func (c chore) run(ctx context.Context, now func() time.Time) result {
	found := result{tried: now()}
	err := c.access.with(ctx, func(ctx context.Context, conn *sql.Conn) error {
		if c.integrity != "" {
			checked, err := check(ctx, conn, c.integrity, now)
			if err != nil {
				return err
			}
			found.integrity = checked
		}
		if c.tables {
			measured, err := c.measure(ctx, conn)
			if err != nil {
				return err
			}
			measured.at = now()
			found.tables = measured
		}
		return nil
	})
	switch {
	case err == nil:
	case isCorrupt(err) && c.integrity != "" && found.integrity == nil:
		// So damaged that not even the check got through.
		found.integrity = &integrity{At: now(), Kind: c.integrity, Errors: []string{said(err)}, Seconds: now().Sub(found.tried).Seconds()}
	default:
		found.problem = explainSQLite(ctx, c.path, err)
	}
	return found
}

// maxFindings bounds what a check lists.
const maxFindings = 10

// check asks SQLite whether a database is sound.
func check(ctx context.Context, conn *sql.Conn, kind string, now func() time.Time) (*integrity, error) {
	start := now()
	pragma := "quick_check"
	if kind == checkFull {
		pragma = "integrity_check"
	}
	rows, err := conn.QueryContext(ctx, fmt.Sprintf("PRAGMA %s(%d)", pragma, maxFindings))
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	checked := &integrity{Kind: kind}
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		for line := range strings.Lines(text) { // several findings may come as one
			if line = strings.TrimSpace(line); line != "" && line != "ok" && !strings.HasPrefix(line, "***") && len(checked.Errors) < maxFindings {
				checked.Errors = append(checked.Errors, shorten(line))
			}
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	checked.OK, checked.At, checked.Seconds = len(checked.Errors) == 0, now(), now().Sub(start).Seconds()
	return checked, nil
}

// measure reads the size of every table, and how many rows it has.
func (c chore) measure(ctx context.Context, conn *sql.Conn) (*tableStats, error) {
	const sizes = `SELECT s.tbl_name, sum(d.pgsize), sum(d.unused), max(s.type = 'table' AND s.rootpage > 0)
		FROM dbstat AS d JOIN sqlite_schema AS s ON s.name = d.name
		WHERE d.aggregate = TRUE GROUP BY s.tbl_name ORDER BY 2 DESC, 1`
	rows, err := conn.QueryContext(ctx, sizes)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	stats := &tableStats{}
	for rows.Next() {
		var row tableRow
		var real bool
		if err := rows.Scan(&row.Name, &row.Size, &row.Unused, &real); err != nil {
			return nil, err
		}
		switch {
		case !real:
		case len(stats.tables) >= c.maxTables:
			stats.more++
		default:
			stats.tables = append(stats.tables, row)
		}
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, err
	}
	return stats, c.rows(ctx, conn, stats.tables)
}

// rows fills in how many rows there are.
func (c chore) rows(ctx context.Context, conn *sql.Conn, tables []tableRow) error {
	if c.countRows {
		for i := range tables {
			var n int64
			name := `"` + strings.ReplaceAll(tables[i].Name, `"`, `""`) + `"`
			if err := conn.QueryRowContext(ctx, "SELECT count(*) FROM "+name).Scan(&n); err != nil {
				return err
			}
			tables[i].Rows, tables[i].RowsSource = &n, "counted"
		}
		return nil
	}
	analyzed := 0
	if err := conn.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema WHERE name = 'sqlite_stat1'").Scan(&analyzed); err != nil || analyzed == 0 {
		return err
	}
	for i := range tables {
		var n sql.NullInt64
		const left = "SELECT max(CAST(stat AS INTEGER)) FROM sqlite_stat1 WHERE tbl = ?" // the first number of a list
		if err := conn.QueryRowContext(ctx, left, tables[i].Name).Scan(&n); err != nil {
			return err
		}
		if n.Valid {
			tables[i].Rows, tables[i].RowsSource = &n.Int64, "ANALYZE"
		}
	}
	return nil
}

// shorten cuts what SQLite says to a length for people.
func shorten(text string) string { return plugin.Shorten(text, 200) }
