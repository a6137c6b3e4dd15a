package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/chunk"
	"github.com/unity-homelab/unity/internal/series/tier"
	"github.com/unity-homelab/unity/internal/sqlstore"
)

// tiers keeps buckets as rows that hold a span of one series, packed. A span is a
// day, as they come in; where that makes rows too short, Merge puts them into
// longer ones when those are over. Spans begin at whole multiples of their
// length, so that the rows of all series begin at the same times. A row of a
// higher ID is right where two have a bucket of the same time.
type tiers struct {
	store *sqlstore.Store
	pool  *sql.DB // that reads
	codec *tier.Codec
	rows  *sql.Stmt
}

var _ sqlstore.Tiers = (*tiers)(nil)

// spansOf returns how long the rows of a tier last, by level. A day of five
// minutes is long enough to be packed well, and is not written again. A year of
// hours ends up in five rows.
func spansOf(step time.Duration) []time.Duration {
	if step < time.Hour {
		return []time.Duration{day}
	}
	return []time.Duration{day, 80 * day}
}

// Rows are looked up start by start, going from one that there is to the next.
// The index ends with the series, so that what is new comes close together, and
// not among the rows of every series: each page that is touched is written as a
// whole.
const (
	// arguments: step, level, the first and behind the last start, series as JSON
	selectBuckets = `WITH RECURSIVE starts(n) AS (
			SELECT min(start) FROM buckets WHERE step = ?1 AND level = ?2 AND start >= ?3
			UNION ALL
			SELECT (SELECT min(start) FROM buckets WHERE step = ?1 AND level = ?2 AND start > n) FROM starts WHERE n < ?4
		), wanted(series) AS (SELECT value FROM json_each(?5))
		SELECT id, wanted.series, data FROM starts CROSS JOIN wanted CROSS JOIN buckets
		WHERE n < ?4 AND step = ?1 AND level = ?2 AND start = n AND buckets.series = wanted.series`
	insertBuckets = `INSERT INTO buckets (step, level, start, series, data) VALUES (?, ?, ?, ?, ?)`
	deleteBuckets = `DELETE FROM buckets WHERE id = ?`
	// arguments: step, level
	selectStarts = `WITH RECURSIVE starts(n) AS (
			SELECT min(start) FROM buckets WHERE step = ?1 AND level = ?2
			UNION ALL
			SELECT (SELECT min(start) FROM buckets WHERE step = ?1 AND level = ?2 AND start > n) FROM starts WHERE n IS NOT NULL
		)
		SELECT n FROM starts WHERE n IS NOT NULL`
	// arguments: step, level, the first and behind the last start
	selectMembers = `SELECT DISTINCT series FROM buckets WHERE step = ?1 AND level = ?2 AND start >= ?3 AND start < ?4 ORDER BY series`
	expireBuckets = `DELETE FROM buckets WHERE step = ? AND level = ? AND start < ?`
)

func newTiers(ctx context.Context, store *sqlstore.Store, read *sql.DB, numbers *chunk.Codec) (*tiers, error) {
	rows, err := read.PrepareContext(ctx, selectBuckets)
	if err != nil {
		return nil, translate(err, "preparing to read buckets")
	}
	return &tiers{store: store, pool: read, codec: tier.NewCodec(numbers), rows: rows}, nil
}

// WriteBuckets adds buckets as new rows.
func (t *tiers) WriteBuckets(ctx context.Context, tx bun.Tx, step time.Duration, buckets map[series.ID][]tier.Bucket) error {
	insert, err := tx.Tx.PrepareContext(ctx, insertBuckets)
	if err != nil {
		return err
	}
	defer func() { _ = insert.Close() }()
	ids := make([]series.ID, 0, len(buckets))
	for id := range buckets {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	spans := spansOf(step)
	for _, id := range ids {
		if err := t.insert(ctx, insert, step, id, buckets[id], len(spans)-1); err != nil {
			return err
		}
	}
	return nil
}

// insert writes buckets as rows of a level, or of lower ones where they fill
// less than a quarter of a row.
func (t *tiers) insert(
	ctx context.Context, insert *sql.Stmt, step time.Duration, id series.ID, buckets []tier.Bucket, level int,
) error {
	span := spansOf(step)[level]
	for len(buckets) > 0 {
		start := startOf(buckets[0].Time, span)
		n := len(tier.Between(buckets, start, start+span.Milliseconds()))
		var err error
		if level > 0 && 4*n < int(span/step) {
			err = t.insert(ctx, insert, step, id, buckets[:n], level-1)
		} else {
			err = t.insertRow(ctx, insert, step, level, start, id, buckets[:n])
		}
		if err != nil {
			return err
		}
		buckets = buckets[n:]
	}
	return nil
}

func (t *tiers) insertRow(
	ctx context.Context, insert *sql.Stmt, step time.Duration, level int, start int64, id series.ID, buckets []tier.Bucket,
) error {
	data := t.codec.Append(nil, step, buckets)
	_, err := insert.ExecContext(ctx, step.Milliseconds(), level, start, int64(id), data)
	return err
}

// startOf returns the start of the span that a bucket belongs to. Like a bucket,
// a span begins behind its start.
func startOf(t int64, span time.Duration) int64 {
	return tier.End(t, span) - span.Milliseconds()
}

// row is a row of the table buckets.
type row struct {
	id   int64
	data []byte
}

// Buckets returns the buckets of each of some series that end in a span of time.
func (t *tiers) Buckets(
	ctx context.Context, step time.Duration, ids []series.ID, from, to int64,
) ([][]tier.Bucket, error) {
	found, err := t.read(ctx, t.rows, step, len(spansOf(step)), ids, from, to)
	if err != nil {
		return nil, t.store.Fault(err, "reading buckets")
	}
	all := make([][]tier.Bucket, len(ids))
	for i, id := range ids {
		buckets, err := t.merge(step, found[id])
		if err != nil {
			return nil, fault.Wrap(err, "reading the buckets of series %d", id)
		}
		all[i] = tier.Between(buckets, from, to)
	}
	return all, nil
}

// merge returns the buckets of some rows in order of time.
func (t *tiers) merge(step time.Duration, rows []row) ([]tier.Bucket, error) {
	slices.SortFunc(rows, func(a, b row) int { return cmp.Compare(a.id, b.id) })
	data := make([][]byte, len(rows))
	for i, one := range rows {
		data[i] = one.data
	}
	return t.codec.Merge(nil, step, data...)
}

// read returns the rows of some series, of the lowest levels, that touch a span
// of time.
func (t *tiers) read(
	ctx context.Context, statement *sql.Stmt, step time.Duration, levels int, ids []series.ID, from, to int64,
) (map[series.ID][]row, error) {
	wanted, err := json.Marshal(ids)
	if err != nil {
		return nil, fault.As(fault.Internal, err, "encoding numbers of series")
	}
	found := make(map[series.ID][]row, len(ids))
	for level, span := range spansOf(step)[:levels] {
		first, behind := startOf(max(from, minBucket), span), min(to, maxBucket)
		if err := readRows(ctx, statement, found, step.Milliseconds(), level, first, behind, string(wanted)); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// minBucket and maxBucket are times that no bucket is beyond, far enough from
// the ends of integers to be reckoned with.
const (
	minBucket = minTime / 4
	maxBucket = maxTime / 4
)

func readRows(ctx context.Context, statement *sql.Stmt, found map[series.ID][]row, args ...any) error {
	rows, err := statement.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id series.ID
		var one row
		if err := rows.Scan(&one.id, &id, &one.data); err != nil {
			return err
		}
		found[id] = append(found[id], one)
	}
	return rows.Err()
}

// expire removes rows whose span is over before buckets are kept.
func (t *tiers) expire(ctx context.Context, tx *sql.Tx, step time.Duration, before int64) error {
	for level, span := range spansOf(step) {
		if _, err := tx.ExecContext(ctx, expireBuckets, step.Milliseconds(), level, before-span.Milliseconds()); err != nil {
			return err
		}
	}
	return nil
}
