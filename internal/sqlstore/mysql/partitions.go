package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// partitions are the parts of one table by time, so that what is old can be
// dropped at the cost of deleting a file. Each is as long as the span and
// begins at a multiple of it, where samples are or will soon be; between those
// there may be longer ones, which are empty. Each is known by the time before
// which it ends; the last one has no end and is empty but for a clock that is
// wrong by years.
//
// Splitting an empty partition is quick. One that has rows is copied, and the
// table takes no others until that is done; so partitions are made before
// anything is written to them.
type partitions struct {
	db    *sql.DB
	table string
	span  int64 // milliseconds

	mu   sync.Mutex
	ends []int64 // ascending; nil when not known
}

const (
	// last is the partition without an end.
	last = "later"
	// mostPartitions bounds what a clock that goes wrong again and again can do;
	// a table may have 8,192.
	mostPartitions = 4000
	// farAway is a time beyond which nothing gets a partition of its own.
	farAway = math.MaxInt64 / 4
)

// partition returns the name of the partition that ends before a time.
func partition(end int64) string {
	if end == math.MaxInt64 {
		return last
	}
	return "before_" + time.UnixMilli(end).UTC().Format("20060102")
}

// bound is that time as a statement has it.
func bound(end int64) string {
	if end == math.MaxInt64 {
		return "MAXVALUE"
	}
	return "(" + strconv.FormatInt(end, 10) + ")"
}

// unit returns the number of the span that a time is in.
func (p *partitions) unit(at int64) int64 {
	n := at / p.span
	if at%p.span < 0 {
		n--
	}
	return n
}

// known returns the ends of all partitions but the last.
func (p *partitions) known(ctx context.Context) ([]int64, error) {
	p.mu.Lock()
	ends := p.ends
	p.mu.Unlock()
	if ends != nil {
		return ends, nil
	}
	rows, err := p.db.QueryContext(ctx, "SELECT PARTITION_DESCRIPTION FROM information_schema.PARTITIONS"+
		" WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? ORDER BY PARTITION_ORDINAL_POSITION", p.table)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	ends = []int64{}
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		if end, err := strconv.ParseInt(text, 10, 64); err == nil {
			ends = append(ends, end)
		}
	}
	p.keep(ends)
	return ends, rows.Err()
}

func (p *partitions) keep(ends []int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ends = ends
}

// prepare sees to it that a unit of time and some after it have partitions.
func (p *partitions) prepare(ctx context.Context, unit int64) error {
	ends, err := p.known(ctx)
	if err != nil {
		return err
	}
	ready := true
	for end := unit; end <= unit+ahead+1; end++ {
		_, found := slices.BinarySearch(ends, end*p.span)
		ready = ready && found
	}
	if ready {
		return nil
	}
	units := make(map[int64]bool)
	for i := range int64(stock) {
		units[unit+i] = true
	}
	return p.cover(ctx, units)
}

// cover sees to it that each of some units has a partition of its own.
func (p *partitions) cover(ctx context.Context, units map[int64]bool) error {
	ends, err := p.known(ctx)
	if err != nil || len(ends) > mostPartitions {
		return err
	}
	var missing []int64
	for unit := range units {
		if unit < -farAway/p.span || unit > farAway/p.span {
			continue
		}
		for _, end := range []int64{unit * p.span, (unit + 1) * p.span} {
			if _, found := slices.BinarySearch(ends, end); !found {
				missing = append(missing, end)
			}
		}
	}
	if len(missing) == 0 {
		return nil
	}
	slices.Sort(missing)
	missing = slices.Compact(missing)
	for len(missing) > 0 {
		// Those that lie in the same partition are cut off it together.
		at, _ := slices.BinarySearch(ends, missing[0])
		within := int64(math.MaxInt64)
		if at < len(ends) {
			within = ends[at]
		}
		n, _ := slices.BinarySearch(missing, within)
		if err := p.split(ctx, missing[:n], within); err != nil {
			p.keep(nil) // whatever it is now
			return err
		}
		ends = slices.Insert(slices.Clone(ends), at, missing[:n]...)
		p.keep(ends)
		missing = missing[n:]
	}
	return nil
}

// split cuts partitions off another one.
func (p *partitions) split(ctx context.Context, ends []int64, within int64) error {
	parts := make([]string, 0, len(ends)+1)
	for _, end := range append(slices.Clone(ends), within) {
		parts = append(parts, fmt.Sprintf("PARTITION `%s` VALUES LESS THAN %s", partition(end), bound(end)))
	}
	_, err := p.db.ExecContext(ctx, fmt.Sprintf("ALTER TABLE %s REORGANIZE PARTITION `%s` INTO (%s)",
		p.table, partition(within), strings.Join(parts, ", ")))
	return err
}

// small is how many bytes are deleted in no time.
const small = 16 << 20

// drop removes what ends at or before a time.
//
// Deleting a large file takes seconds, in which nobody could read the table. So
// a large partition is first exchanged for an empty table, and deleted as one.
// What is left of a drop that was cut short is removed by the next.
func (p *partitions) drop(ctx context.Context, before int64) error {
	ends, err := p.known(ctx)
	if err != nil {
		return err
	}
	n, found := slices.BinarySearch(ends, before)
	if found {
		n++
	}
	if n == 0 {
		return nil
	}
	large, err := p.large(ctx)
	if err != nil {
		return err
	}
	names := make([]string, n)
	for i, end := range ends[:n] {
		names[i] = partition(end)
	}
	large = slices.DeleteFunc(large, func(name string) bool { return !slices.Contains(names, name) })
	p.keep(nil) // until it is known what is left
	for _, statement := range p.dropping(names, large) {
		if _, err := p.db.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	p.keep(slices.Clone(ends[n:]))
	return nil
}

// large returns the partitions that take long to delete.
func (p *partitions) large(ctx context.Context) ([]string, error) {
	rows, err := p.db.QueryContext(ctx, "SELECT PARTITION_NAME FROM information_schema.PARTITIONS"+
		" WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? AND DATA_LENGTH > ?", p.table, small)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

// dropping returns the statements that drop partitions, some of which are large.
func (p *partitions) dropping(names, large []string) []string {
	drop := "ALTER TABLE " + p.table + " DROP PARTITION `" + strings.Join(names, "`, `") + "`"
	if len(large) == 0 {
		return []string{drop}
	}
	empty, gone := p.table+"_empty", p.table+"_gone"
	statements := []string{
		"DROP TABLE IF EXISTS " + empty + ", " + gone,
		"CREATE TABLE " + empty + " LIKE " + p.table,
		"ALTER TABLE " + empty + " REMOVE PARTITIONING",
	}
	for _, name := range large {
		statements = append(statements,
			"CREATE TABLE "+gone+" LIKE "+empty,
			"ALTER TABLE "+p.table+" EXCHANGE PARTITION `"+name+"` WITH TABLE "+gone,
			"DROP TABLE "+gone)
	}
	return append(statements, drop, "DROP TABLE "+empty)
}
