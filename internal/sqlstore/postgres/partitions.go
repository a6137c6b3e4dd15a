package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"
)

// partitions cuts tables by declarative partitioning. A partition is named by
// the day with which it begins: samples_p20260131.
type partitions struct {
	write, read *sql.DB
	// concurrent says that the server can take a partition away while the table
	// is being read: PostgreSQL 14.
	concurrent bool
	// there are the partitions that are known to be in the database, by table and
	// by the time at which they begin. There may be more.
	there map[string]map[int64]bool
	// made is until when the partitions of the next days were made.
	made time.Time
}

func newPartitions(write, read *sql.DB, version int) *partitions {
	return &partitions{write: write, read: read, concurrent: version >= 140000, there: make(map[string]map[int64]bool)}
}

// lead is how far ahead partitions are made, so that making them never holds up
// writing.
const lead = 2 * day

// start returns the time at which the piece of a table begins that holds a time.
func (t table) start(ms int64) int64 {
	span := t.span.Milliseconds()
	start := ms - ms%span
	if start > ms {
		start -= span
	}
	return start
}

const nameLayout = "20060102"

func (t table) piece(start int64) string {
	return t.name + "_p" + time.UnixMilli(start).UTC().Format(nameLayout)
}

// begin returns when the partition of that name begins.
func (t table) begin(piece string) (int64, bool) {
	date, ok := strings.CutPrefix(piece, t.name+"_p")
	if !ok {
		return 0, false
	}
	begin, err := time.ParseInLocation(nameLayout, date, time.UTC)
	return begin.UnixMilli(), err == nil
}

// querier is a pool, a connection or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// partition is one as the catalogue of the database has it.
type partition struct {
	name    string
	begin   int64
	pending bool // it was being taken away when something ended that
}

// list returns the partitions of a table, the oldest first.
func (p *partitions) list(ctx context.Context, from querier, t table) ([]partition, error) {
	pending := "false"
	if p.concurrent {
		pending = "i.inhdetachpending"
	}
	rows, err := from.QueryContext(ctx, "SELECT c.relname, "+pending+" FROM pg_inherits i "+
		"JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = to_regclass($1)", t.name)
	if err != nil {
		return nil, doing(err, "listing the partitions of %s", t.name)
	}
	defer rows.Close()
	var all []partition
	for rows.Next() {
		var one partition
		if err := rows.Scan(&one.name, &one.pending); err != nil {
			return nil, doing(err, "listing the partitions of %s", t.name)
		}
		var ours bool
		if one.begin, ours = t.begin(one.name); ours {
			all = append(all, one)
		}
	}
	slices.SortFunc(all, func(a, b partition) int { return strings.Compare(a.name, b.name) })
	return all, doing(rows.Err(), "listing the partitions of %s", t.name)
}

func (p *partitions) cover(ctx context.Context, tx *sql.Tx, t table, times []int64) error {
	missing := p.missing(t, times)
	if len(missing) == 0 {
		return nil
	}
	all, err := p.list(ctx, tx, t)
	if err != nil {
		return err
	}
	// Those that this transaction makes are not remembered: it may not succeed.
	p.remember(t, all)
	for _, start := range p.missing(t, times) {
		if err := p.create(ctx, tx, t, start); err != nil {
			return err
		}
	}
	return nil
}

// missing returns the partitions for some times that are not known to be there.
func (p *partitions) missing(t table, times []int64) []int64 {
	var missing []int64
	for _, ms := range times {
		if start := t.start(ms); !p.there[t.name][start] && !slices.Contains(missing, start) {
			missing = append(missing, start)
		}
	}
	return missing
}

func (p *partitions) remember(t table, all []partition) {
	known := make(map[int64]bool, len(all))
	for _, one := range all {
		known[one.begin] = !one.pending
	}
	p.there[t.name] = known
}

// create makes a partition. It is made beside the table and attached then, which
// holds up neither those who read the table nor those who write to it. One of
// that name which is not attached is what is left of an old one.
func (p *partitions) create(ctx context.Context, in querier, t table, start int64) error {
	name := t.piece(start)
	for _, statement := range []string{
		"DROP TABLE IF EXISTS " + name,
		fmt.Sprintf("CREATE TABLE %s (LIKE %s INCLUDING ALL)", name, t.name),
		fmt.Sprintf("ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM ('%s') TO ('%s')",
			t.name, name, bound(start), bound(start+t.span.Milliseconds())),
	} {
		if _, err := in.ExecContext(ctx, statement); err != nil {
			return doing(err, "making the partition %s", name)
		}
	}
	return nil
}

func (p *partitions) ahead(ctx context.Context, now time.Time) error {
	if now.Before(p.made) && p.made.Sub(now) <= lead {
		return nil
	}
	tx, err := p.write.BeginTx(ctx, nil)
	if err != nil {
		return doing(err, "making partitions")
	}
	defer tx.Rollback()
	for _, t := range allTables() {
		var times []int64
		for at := now; !at.After(now.Add(lead)); at = at.Add(day) {
			times = append(times, at.UnixMilli())
		}
		if err := p.cover(ctx, tx, t, times); err != nil {
			return err
		}
	}
	if err := tx.Commit(); err != nil {
		return doing(err, "making partitions")
	}
	p.made = now.Add(lead - day)
	return nil
}

func (p *partitions) expire(ctx context.Context, t table, before int64) error {
	all, err := p.list(ctx, p.write, t)
	if err != nil {
		return err
	}
	for _, one := range all {
		if one.begin+t.span.Milliseconds() > before && !one.pending {
			continue
		}
		delete(p.there[t.name], one.begin)
		if err := p.detach(ctx, t, one); err != nil {
			return err
		}
		if _, err := p.write.ExecContext(ctx, "DROP TABLE "+one.name); err != nil {
			return doing(err, "dropping the partition %s", one.name)
		}
	}
	return p.sweep(ctx, t)
}

// detach takes a partition away from its table.
func (p *partitions) detach(ctx context.Context, t table, one partition) error {
	how := ""
	switch {
	case one.pending:
		how = " FINALIZE"
	case p.concurrent:
		how = " CONCURRENTLY" // waits for those who read, and lets others read meanwhile
	}
	_, err := p.write.ExecContext(ctx, fmt.Sprintf("ALTER TABLE %s DETACH PARTITION %s%s", t.name, one.name, how))
	return doing(err, "detaching the partition %s", one.name)
}

// sweep drops what was detached and not dropped because something ended that.
func (p *partitions) sweep(ctx context.Context, t table) error {
	left, err := p.detached(ctx, t)
	if err != nil {
		return err
	}
	for _, name := range left {
		if _, err := p.write.ExecContext(ctx, "DROP TABLE "+name); err != nil {
			return doing(err, "dropping the partition %s", name)
		}
	}
	return nil
}

func (p *partitions) detached(ctx context.Context, t table) ([]string, error) {
	rows, err := p.write.QueryContext(ctx, `SELECT c.relname FROM pg_class c
		WHERE c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass($1)) AND c.relkind = 'r'
		AND NOT EXISTS (SELECT 1 FROM pg_inherits i WHERE i.inhrelid = c.oid)`, t.name)
	if err != nil {
		return nil, doing(err, "looking for detached partitions of %s", t.name)
	}
	all, err := texts(rows, nil)
	left := slices.DeleteFunc(all, func(name string) bool {
		_, ours := t.begin(name)
		return !ours
	})
	return left, doing(err, "looking for detached partitions of %s", t.name)
}

func (p *partitions) size(ctx context.Context, name string) (int64, error) {
	var bytes int64
	err := p.read.QueryRowContext(ctx, `SELECT coalesce(sum(pg_total_relation_size(relid)), 0)::bigint
		FROM pg_partition_tree(to_regclass($1))`, name).Scan(&bytes)
	return bytes, doing(err, "asking for the size of %s", name)
}
