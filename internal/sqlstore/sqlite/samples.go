package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"math"
	"os"
	"slices"
	"sort"
	"time"

	"github.com/uptrace/bun"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/chunk"
	"github.com/unity-homelab/unity/internal/series/head"
	"github.com/unity-homelab/unity/internal/sqlstore"
)

const (
	minTime = math.MinInt64
	maxTime = math.MaxInt64
)

// The rows of a series are looked up period by period, going from one period
// that has rows to the next.
const (
	// arguments: from and to for the start of a row, series, from for its end
	selectBlocks = `WITH RECURSIVE periods(n) AS (
			SELECT min(period) FROM samples WHERE period >= ?1 / 172800000
			UNION ALL
			SELECT (SELECT min(period) FROM samples WHERE period > n) FROM periods WHERE n < ?2 / 172800000
		)
		SELECT id, start, "end", count, data FROM periods CROSS JOIN samples
		WHERE period = n AND series = ?3 AND start BETWEEN ?1 AND ?2 AND "end" >= ?4 ORDER BY id`
	// The same for several series at once, in any order; arguments: from and to for
	// the start of a row, series as JSON, from for its end.
	selectMany = `WITH RECURSIVE periods(n) AS (
			SELECT min(period) FROM samples WHERE period >= ?1 / 172800000
			UNION ALL
			SELECT (SELECT min(period) FROM samples WHERE period > n) FROM periods WHERE n < ?2 / 172800000
		), wanted(place, series) AS (SELECT key, value FROM json_each(?3))
		SELECT place, id, start, "end", count, data FROM periods CROSS JOIN wanted CROSS JOIN samples
		WHERE period = n AND samples.series = wanted.series AND start BETWEEN ?1 AND ?2 AND "end" >= ?4`
	// argument: series
	selectNewest = `WITH RECURSIVE periods(n) AS (
			SELECT max(period) FROM samples
			UNION ALL
			SELECT (SELECT max(period) FROM samples WHERE period < n) FROM periods WHERE n IS NOT NULL
		)
		SELECT id, start, "end", count, data FROM samples WHERE series = ?1 AND period = (
			SELECT n FROM periods WHERE EXISTS (SELECT 1 FROM samples WHERE period = n AND series = ?1) LIMIT 1
		) ORDER BY id`
)

const (
	day = 24 * time.Hour
	// maxSpan is how long a row may last, so that a query knows how far back a
	// row may begin that reaches into its time.
	maxSpan = 2 * day
	// maxPoints is how many samples a row may have, fullPoints how many make it
	// as long as it needs to be.
	maxPoints  = 1920
	fullPoints = 1080
	// fullLevel marks rows that are not merged any more.
	fullLevel = 9
)

const insertSamples = `INSERT INTO samples (series, start, "end", count, level, data) VALUES (?, ?, ?, ?, ?, ?)`

// samples keeps samples as rows that hold a stretch of one series, packed.
type samples struct {
	store  *sqlstore.Store
	write  *sql.DB
	read   *sql.DB
	codec  *chunk.Codec
	path   string
	tiers  *tiers
	blocks *sql.Stmt
	newest *sql.Stmt
}

var (
	_ sqlstore.Samples = (*samples)(nil)
	_ sqlstore.Divider = (*samples)(nil)
)

func newSamples(ctx context.Context, store *sqlstore.Store, write, read *sql.DB, path string) (*samples, error) {
	s := &samples{store: store, write: write, read: read, codec: chunk.NewCodec(), path: path}
	var err error
	if s.tiers, err = newTiers(ctx, store, read, s.codec); err != nil {
		return nil, err
	}
	if s.blocks, err = read.PrepareContext(ctx, selectMany); err != nil {
		return nil, translate(err, "preparing to read samples")
	}
	if s.newest, err = read.PrepareContext(ctx, selectNewest); err != nil {
		return nil, translate(err, "preparing to read samples")
	}
	return s, nil
}

// Write adds what a head holds as new rows.
func (s *samples) Write(ctx context.Context, tx bun.Tx, samples *head.Head) error {
	insert, err := tx.Tx.PrepareContext(ctx, insertSamples)
	if err != nil {
		return err
	}
	defer func() { _ = insert.Close() }()
	var blocks []chunk.Block
	var columns chunk.Columns
	for _, id := range samples.IDs() {
		blocks = samples.Blocks(blocks[:0], id, minTime, maxTime)
		columns.Times, columns.Values = columns.Times[:0], columns.Values[:0]
		if columns, err = s.codec.Merge(columns, blocks...); err != nil {
			return err
		}
		if err := s.insert(ctx, insert, id, columns, 0); err != nil {
			return err
		}
	}
	return nil
}

// insert writes samples as rows of about the same length.
func (s *samples) insert(ctx context.Context, insert *sql.Stmt, id series.ID, columns chunk.Columns, level int) error {
	for columns.Len() > 0 {
		rows := (columns.Len() + maxPoints - 1) / maxPoints
		n := (columns.Len() + rows - 1) / rows
		for columns.Times[n-1]-columns.Times[0] > maxSpan.Milliseconds() {
			n = (n + 1) / 2
		}
		block := s.codec.Pack(columns.Slice(0, n), chunk.Smallest)
		at := level
		if n >= fullPoints || 2*(block.End-block.Start) >= maxSpan.Milliseconds() {
			at = fullLevel
		}
		_, err := insert.ExecContext(ctx, int64(id), block.Start, block.End, block.Count, at, block.Data)
		if err != nil {
			return err
		}
		columns = columns.Slice(n, columns.Len())
	}
	return nil
}

// Blocks returns the rows of each of some series that touch a span of time.
func (s *samples) Blocks(ctx context.Context, ids []series.ID, from, to int64) ([][]chunk.Block, error) {
	wanted, err := json.Marshal(ids)
	if err != nil {
		return nil, fault.As(fault.Internal, err, "encoding numbers of series")
	}
	rows, err := s.blocks.QueryContext(ctx, spanBefore(from), to, string(wanted), from)
	if err != nil {
		return nil, s.store.Fault(err, "reading samples")
	}
	defer func() { _ = rows.Close() }()
	found := make([]written, len(ids))
	for rows.Next() {
		var place int
		var row int64
		var block chunk.Block
		if err := rows.Scan(&place, &row, &block.Start, &block.End, &block.Count, &block.Data); err != nil {
			return nil, s.store.Fault(err, "reading samples")
		}
		one := &found[place]
		one.rows, one.blocks = append(one.rows, row), append(one.blocks, block)
	}
	if err := rows.Err(); err != nil {
		return nil, s.store.Fault(err, "reading samples")
	}
	all := make([][]chunk.Block, len(ids))
	for i, one := range found {
		if !slices.IsSorted(one.rows) {
			sort.Sort(one)
		}
		all[i] = one.blocks
	}
	return all, nil
}

// written is blocks in the order in which they were written, once it is sorted:
// by their numbers.
type written struct {
	rows   []int64
	blocks []chunk.Block
}

var _ sort.Interface = written{}

// Len returns how many there are.
func (w written) Len() int { return len(w.rows) }

// Less reports whether one was written before another.
func (w written) Less(i, j int) bool { return w.rows[i] < w.rows[j] }

// Swap puts each in the other's place.
func (w written) Swap(i, j int) {
	w.rows[i], w.rows[j] = w.rows[j], w.rows[i]
	w.blocks[i], w.blocks[j] = w.blocks[j], w.blocks[i]
}

// spanBefore returns the earliest start of a row that reaches to a time.
func spanBefore(from int64) int64 {
	if from < minTime+maxSpan.Milliseconds() {
		return minTime
	}
	return from - maxSpan.Milliseconds()
}

// Newest returns the newest sample of each of some series that has one.
func (s *samples) Newest(ctx context.Context, ids []series.ID) (map[series.ID]series.Point, error) {
	newest := make(map[series.ID]series.Point, len(ids))
	var columns chunk.Columns
	for _, id := range ids {
		_, blocks, err := readBlocks(ctx, s.newest, int64(id))
		if err != nil {
			return nil, s.store.Fault(err, "reading the latest samples")
		}
		if len(blocks) == 0 {
			continue
		}
		columns.Times, columns.Values = columns.Times[:0], columns.Values[:0]
		if columns, err = s.codec.Merge(columns, blocks...); err != nil {
			return nil, err
		}
		last := columns.Len() - 1
		newest[id] = series.Point{Time: columns.Times[last], Value: columns.Values[last]}
	}
	return newest, nil
}

// Known returns which series have samples or buckets.
func (s *samples) Known(ctx context.Context) (map[series.ID]bool, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT series FROM samples UNION SELECT series FROM buckets")
	if err != nil {
		return nil, s.store.Fault(err, "reading which series have samples")
	}
	defer func() { _ = rows.Close() }()
	known := make(map[series.ID]bool)
	for rows.Next() {
		var id series.ID
		if err := rows.Scan(&id); err != nil {
			return nil, s.store.Fault(err, "reading which series have samples")
		}
		known[id] = true
	}
	return known, s.store.Fault(rows.Err(), "reading which series have samples")
}

const deleteExpired = `DELETE FROM samples WHERE period <= ? / 172800000 AND "end" < ?`

// Expire removes the rows that end before samples and buckets are kept.
func (s *samples) Expire(ctx context.Context, keep sqlstore.Keep) error {
	err := s.store.Transaction(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.ExecContext(ctx, deleteExpired, keep.Raw, keep.Raw); err != nil {
			return err
		}
		for step, before := range keep.Tiers {
			if err := s.tiers.expire(ctx, tx.Tx, step, before); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return s.store.Fault(err, "removing old samples")
	}
	return s.giveBack(ctx)
}

// Size returns the length of the file and of its write-ahead log.
func (s *samples) Size(context.Context) (sqlstore.Size, error) {
	var size sqlstore.Size
	for _, path := range []string{s.path, s.path + "-wal"} {
		info, err := os.Stat(path)
		switch {
		case err == nil:
			size.Total += info.Size()
		case !errors.Is(err, os.ErrNotExist):
			return size, fault.Wrap(err, "looking at the size of the database")
		}
	}
	return size, nil
}

// Divide adds the rows of samples and buckets up, as they are packed. What
// indexes and half-empty pages take is in none of them.
func (s *samples) Divide(ctx context.Context) (sqlstore.Size, error) {
	size, err := s.Size(ctx)
	if err != nil {
		return size, err
	}
	size.Tiers = make(map[time.Duration]int64)
	rows, err := s.read.QueryContext(ctx, `SELECT 0, coalesce(sum(length(data)), 0) FROM samples
		UNION ALL SELECT step, sum(length(data)) FROM buckets GROUP BY step`)
	if err != nil {
		return size, s.store.Fault(err, "adding up what is stored")
	}
	defer rows.Close()
	for rows.Next() {
		var step, bytes int64
		if err := rows.Scan(&step, &bytes); err != nil {
			return size, s.store.Fault(err, "adding up what is stored")
		}
		if step == 0 {
			size.Raw = bytes
		} else {
			size.Tiers[time.Duration(step)*time.Millisecond] = bytes
		}
	}
	return size, s.store.Fault(rows.Err(), "adding up what is stored")
}

// Check lets SQLite read the whole file.
func (s *samples) Check(ctx context.Context) error {
	var answer string
	if err := s.read.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&answer); err != nil {
		return s.store.Fault(err, "checking the database")
	}
	if answer != "ok" {
		return fault.New(fault.BadAnswer, "the database is damaged: %s", answer).
			WithHint("Put back a copy of it, or move it away to start with an empty one.")
	}
	return nil
}
