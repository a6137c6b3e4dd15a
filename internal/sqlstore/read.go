package sqlstore

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"

	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/chunk"
	"github.com/unity-homelab/unity/internal/series/head"
	"github.com/unity-homelab/unity/internal/series/selection"
)

var (
	_ series.Index          = (*DB)(nil)
	_ series.Reader         = (*DB)(nil)
	_ selection.Source      = (*DB)(nil)
	_ selection.Remembering = (*DB)(nil)
	_ inventory.Sources     = (*DB)(nil)
	_ inventory.History     = (*DB)(nil)
	_ inventory.Hosts       = (*DB)(nil)
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

// Since returns those of some series that may have a sample at a time or behind
// it.
func (db *DB) Since(ctx context.Context, ids []series.ID, from int64) ([]series.ID, error) {
	if err := db.acquaint(ctx, ids); err != nil {
		return nil, err
	}
	db.mu.RLock()
	defer db.mu.RUnlock()
	heads := db.heads()
	return slices.DeleteFunc(ids, func(id series.ID) bool {
		newest, found := db.newest(id, heads)
		return !found || newest.Time < from
	}), nil
}

// Blocks returns for each of some series the blocks that touch a span of time,
// in the order in which they were written.
func (db *DB) Blocks(ctx context.Context, ids []series.ID, from, to int64) ([][]chunk.Block, error) {
	if err := db.acquaint(ctx, ids); err != nil {
		return nil, err
	}
	// Memory first: what moves to the database meanwhile comes twice, not never.
	all := make([][]chunk.Block, len(ids))
	var asked []series.ID // of the database
	var places []int
	db.mu.RLock()
	heads := db.heads()
	for i, id := range ids {
		read := heads
		if db.stored[id].Time >= from {
			asked, places = append(asked, id), append(places, i)
			if db.recent != nil {
				read = heads[1:] // the database has that, too
			}
		}
		for _, one := range read {
			all[i] = one.Blocks(all[i], id, from, to)
		}
	}
	db.mu.RUnlock()
	if len(asked) == 0 {
		return all, nil
	}
	stored, err := db.backend.Samples.Blocks(ctx, asked, from, to)
	if err != nil {
		return nil, err
	}
	for i, place := range places {
		all[place] = append(stored[i], all[place]...)
	}
	return all, nil
}

// acquaint makes sure that the newest stored sample of each of some series is
// known, so that the database is asked for those only that it has something of.
func (db *DB) acquaint(ctx context.Context, ids []series.ID) error {
	var unknown []series.ID
	db.mu.RLock()
	for _, id := range ids {
		if _, known := db.stored[id]; !known {
			unknown = append(unknown, id)
		}
	}
	db.mu.RUnlock()
	if len(unknown) == 0 {
		return nil
	}
	return db.learn(ctx, unknown)
}

// nothing is the time of the newest sample of a series without any.
const nothing = math.MinInt64

// heads returns what is in memory, the oldest first. The caller holds mu.
func (db *DB) heads() []*head.Head {
	all := make([]*head.Head, 0, len(db.waiting)+2)
	if db.recent != nil {
		all = append(all, db.recent)
	}
	for _, batch := range db.waiting {
		all = append(all, batch.head)
	}
	return append(all, db.current)
}

// Latest returns the newest sample of each series that matches.
func (db *DB) Latest(ctx context.Context, matchers ...*labels.Matcher) ([]series.Latest, error) {
	ids, err := db.catalog.Select(ctx, matchers...)
	if err != nil {
		return nil, err
	}
	var unread []series.ID
	db.mu.RLock()
	heads := db.heads()
	for _, id := range ids {
		if _, ok := db.newest(id, heads); !ok {
			unread = append(unread, id)
		}
	}
	db.mu.RUnlock()
	if len(unread) > 0 {
		if err := db.learn(ctx, unread); err != nil {
			return nil, err
		}
	}
	latest := make([]series.Latest, 0, len(ids))
	db.mu.RLock()
	defer db.mu.RUnlock()
	heads = db.heads()
	for _, id := range ids {
		ls, known := db.catalog.Labels(id)
		if point, ok := db.newest(id, heads); ok && known {
			latest = append(latest, series.Latest{Labels: ls, Point: point})
		}
	}
	return latest, nil
}

// newest returns the newest sample of a series as far as it is in memory. The
// database can have a newer one that is not known only if the clock was set
// back. The caller holds mu.
func (db *DB) newest(id series.ID, heads []*head.Head) (series.Point, bool) {
	newest, found := db.stored[id]
	found = found && newest.Time != nothing
	consider := func(point series.Point, ok bool) {
		if ok && (!found || point.Time >= newest.Time) {
			newest, found = point, true
		}
	}
	for _, one := range heads {
		consider(one.Newest(id))
	}
	return newest, found
}

// learn asks the database for the newest samples of some series and keeps them
// in mind.
func (db *DB) learn(ctx context.Context, ids []series.ID) error {
	found, err := db.backend.Samples.Newest(ctx, ids)
	if err != nil {
		return err
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	for _, id := range ids {
		point, ok := found[id]
		if !ok {
			point.Time = nothing
		}
		if known, ok := db.stored[id]; !ok || point.Time > known.Time {
			db.stored[id] = point
		}
	}
	return nil
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
