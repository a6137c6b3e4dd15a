package sqlite

import (
	"context"
	"encoding/json"
	"math"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"

	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/chunk"
	"github.com/unity-homelab/unity/internal/series/selection"
)

var (
	_ series.Index      = (*DB)(nil)
	_ series.Reader     = (*DB)(nil)
	_ selection.Source  = (*DB)(nil)
	_ inventory.Sources = (*DB)(nil)
	_ inventory.History = (*DB)(nil)
	_ inventory.Hosts   = (*DB)(nil)
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

// ID returns the ID of the series with these labels, and gives it one when it
// is new.
func (db *DB) ID(ls labels.Labels) series.ID { return db.catalog.ID(ls) }

// Labels returns the labels of a series; false when there is no such ID.
func (db *DB) Labels(id series.ID) (labels.Labels, bool) { return db.catalog.Labels(id) }

// Querier returns a querier for a span of time, both ends included.
func (db *DB) Querier(from, to int64) (storage.Querier, error) {
	return selection.New(db.catalog, db, db.codec, from, to), nil
}

// Blocks returns the samples of a series that may be in a span of time, in the
// order in which they were written.
func (db *DB) Blocks(ctx context.Context, id series.ID, from, to int64) ([]chunk.Block, error) {
	// Memory first: what moves to the database meanwhile comes twice, not never.
	var open []chunk.Block
	db.mu.RLock()
	if db.sealed != nil {
		open = db.sealed.head.Blocks(open, id, from, to)
	}
	open = db.current.Blocks(open, id, from, to)
	db.mu.RUnlock()
	_, blocks, err := readBlocks(ctx, db.blocks, spanBefore(from), to, int64(id), from)
	if err != nil {
		return nil, db.store.Fault(err, "reading samples")
	}
	return append(blocks, open...), nil
}

// spanBefore returns the earliest start of a row that reaches to a time.
func spanBefore(from int64) int64 {
	if from < minTime+maxSpan.Milliseconds() {
		return minTime
	}
	return from - maxSpan.Milliseconds()
}

// Latest returns the newest sample of each series that matches.
func (db *DB) Latest(ctx context.Context, matchers ...*labels.Matcher) ([]series.Latest, error) {
	ids, err := db.catalog.Select(ctx, matchers...)
	if err != nil {
		return nil, err
	}
	latest := make([]series.Latest, 0, len(ids))
	var unread []series.ID
	db.mu.RLock()
	for _, id := range ids {
		if point, ok := db.point(id); ok {
			latest = db.appendLatest(latest, id, point)
		} else {
			unread = append(unread, id)
		}
	}
	db.mu.RUnlock()
	for _, id := range unread {
		point, ok, err := db.readNewest(ctx, id)
		if err != nil {
			return nil, err
		}
		if ok {
			latest = db.appendLatest(latest, id, point)
		}
	}
	return latest, nil
}

func (db *DB) appendLatest(latest []series.Latest, id series.ID, point series.Point) []series.Latest {
	ls, ok := db.catalog.Labels(id)
	if !ok {
		return latest
	}
	return append(latest, series.Latest{Labels: ls, Point: point})
}

// point returns the newest sample of a series that is in memory. The database
// can have a newer one only if the clock was set back. The caller holds mu.
func (db *DB) point(id series.ID) (series.Point, bool) {
	newest, found := db.latest[id]
	consider := func(point series.Point, ok bool) {
		if ok && (!found || point.Time >= newest.Time) {
			newest, found = point, true
		}
	}
	if db.sealed != nil {
		consider(db.sealed.head.Newest(id))
	}
	consider(db.current.Newest(id))
	return newest, found
}

// readNewest reads the newest sample of a series from the database and keeps it
// in mind.
func (db *DB) readNewest(ctx context.Context, id series.ID) (series.Point, bool, error) {
	_, blocks, err := readBlocks(ctx, db.newest, int64(id))
	if err != nil {
		return series.Point{}, false, db.store.Fault(err, "reading the latest samples")
	}
	if len(blocks) == 0 {
		return series.Point{}, false, nil
	}
	columns, err := db.codec.Merge(chunk.Columns{}, blocks...)
	if err != nil {
		return series.Point{}, false, err
	}
	last := columns.Len() - 1
	point := series.Point{Time: columns.Times[last], Value: columns.Values[last]}
	db.mu.Lock()
	defer db.mu.Unlock()
	if known, ok := db.latest[id]; !ok || point.Time > known.Time {
		db.latest[id] = point
	}
	point, _ = db.point(id)
	return point, true, nil
}

// States returns the state of every source that has one.
func (db *DB) States(ctx context.Context) ([]inventory.State, error) { return db.memory.States(ctx) }

// Runs returns the newest runs first.
func (db *DB) Runs(ctx context.Context, filter inventory.RunFilter) ([]inventory.Run, error) {
	return db.memory.Runs(ctx, filter)
}

// Snapshot returns the newest snapshot at or before a time; a zero time means
// the newest of all. None is a fault of kind NotFound.
func (db *DB) Snapshot(ctx context.Context, source inventory.SourceID, at time.Time) (inventory.Snapshot, error) {
	return db.memory.Snapshot(ctx, source, at)
}

// SnapshotTimes returns when the kept snapshots were taken, newest first.
func (db *DB) SnapshotTimes(ctx context.Context, source inventory.SourceID, limit int) ([]time.Time, error) {
	return db.memory.SnapshotTimes(ctx, source, limit)
}

// Events returns the newest events first.
func (db *DB) Events(ctx context.Context, filter inventory.EventFilter) ([]inventory.Event, error) {
	return db.memory.Events(ctx, filter)
}

// Values returns what a source's collector keeps between runs.
func (db *DB) Values(ctx context.Context, source inventory.SourceID) (map[string]json.RawMessage, error) {
	return db.memory.Values(ctx, source)
}
