// Package cache keeps the latest of every source in memory: its samples, its
// state and its snapshot. It follows the pipeline, so that it also knows what
// could not be stored.
package cache

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/metric"
)

// maxSnapshots bounds the memory for snapshots, in bytes. One that does not fit
// is left to the database.
const maxSnapshots = 16 << 20

// Store knows what was stored before the program started.
type Store interface {
	// States returns the state of every source that has one.
	States(ctx context.Context) ([]inventory.State, error)
	// Latest returns the newest sample of each series that matches.
	Latest(ctx context.Context, matchers ...*labels.Matcher) ([]series.Latest, error)
}

// Cache holds the latest of every source.
type Cache struct {
	mu        sync.RWMutex
	sources   map[inventory.SourceID]*latest
	snapshots int // bytes
}

// latest is what is known about one source. Its slices are replaced, never
// changed.
type latest struct {
	state    inventory.State
	time     int64
	samples  []metric.Sample
	snapshot inventory.Snapshot
}

// New returns an empty cache.
func New() *Cache { return &Cache{sources: make(map[inventory.SourceID]*latest)} }

// Prime fills the cache with what was stored before the program started. What
// the cache was told since is newer and stays.
func (c *Cache) Prime(ctx context.Context, store Store) error {
	states, err := store.States(ctx)
	if err != nil {
		return fault.Wrap(err, "reading the states of the sources")
	}
	stored, err := store.Latest(ctx)
	if err != nil {
		return fault.Wrap(err, "reading the latest samples")
	}
	batches := lastBatches(stored)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, state := range states {
		if l := c.source(state.Source); l.state.Source == "" {
			l.state = state
		}
	}
	for id, batch := range batches {
		if l := c.source(id); l.samples == nil {
			l.time, l.samples = batch.time, batch.samples
		}
	}
	return nil
}

// lastBatches puts the samples that were taken last together by source, as
// their plugins gave them. A series that ended earlier is not among them.
func lastBatches(stored []series.Latest) map[inventory.SourceID]*latest {
	batches := make(map[inventory.SourceID]*latest)
	for _, one := range stored {
		id := inventory.SourceID(one.Labels.Get("source"))
		name := one.Labels.Get(model.MetricNameLabel)
		if id == "" || name == "up" {
			continue
		}
		batch, ok := batches[id]
		if !ok {
			batch = &latest{}
			batches[id] = batch
		}
		if one.Point.Time < batch.time {
			continue
		}
		if one.Point.Time > batch.time {
			batch.time, batch.samples = one.Point.Time, batch.samples[:0]
		}
		batch.samples = append(batch.samples, metric.Sample{Name: name, Labels: ownLabels(one.Labels), Value: one.Point.Value})
	}
	for _, batch := range batches {
		slices.SortFunc(batch.samples, compare)
	}
	return batches
}

// ownLabels returns the labels without those that Unity adds.
func ownLabels(stored labels.Labels) metric.Labels {
	var own metric.Labels
	stored.Range(func(label labels.Label) {
		switch label.Name {
		case model.MetricNameLabel, "host", "source":
		default:
			own = append(own, metric.Label{Name: label.Name, Value: label.Value})
		}
	})
	return own
}

func compare(a, b metric.Sample) int {
	if byName := strings.Compare(a.Name, b.Name); byName != 0 {
		return byName
	}
	return slices.CompareFunc(a.Labels, b.Labels, func(a, b metric.Label) int {
		if byName := strings.Compare(a.Name, b.Name); byName != 0 {
			return byName
		}
		return strings.Compare(a.Value, b.Value)
	})
}

// Committed takes in what a run led to.
func (c *Cache) Committed(report inventory.Report) {
	if report.State.Source == "" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.source(report.State.Source)
	l.state = report.State
	if report.Run.Outcome.Succeeded() {
		l.time, l.samples = report.Time, report.Samples
	}
	if report.Snapshot != nil {
		c.keep(l, inventory.Snapshot{Source: report.State.Source, Time: time.UnixMilli(report.Time).UTC(), Document: report.Snapshot})
	}
}

// keep replaces the snapshot of a source if there is room for the new one.
func (c *Cache) keep(l *latest, snapshot inventory.Snapshot) {
	c.snapshots -= len(l.snapshot.Document)
	l.snapshot = inventory.Snapshot{}
	if c.snapshots+len(snapshot.Document) <= maxSnapshots {
		l.snapshot = snapshot
		c.snapshots += len(snapshot.Document)
	}
}

// source returns what is known about a source and begins it when it is new.
func (c *Cache) source(id inventory.SourceID) *latest {
	l, ok := c.sources[id]
	if !ok {
		l = &latest{}
		c.sources[id] = l
	}
	return l
}

// Latest returns the samples of the last successful run and their time in
// milliseconds since 1970 UTC; false when there was none. The samples are
// shared and must not be changed.
func (c *Cache) Latest(id inventory.SourceID) (int64, []metric.Sample, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	l, ok := c.sources[id]
	if !ok || l.time == 0 {
		return 0, nil, false
	}
	return l.time, l.samples, true
}

// State returns the state of a source; false when it has none.
func (c *Cache) State(id inventory.SourceID) (inventory.State, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	l, ok := c.sources[id]
	if !ok || l.state.Source == "" {
		return inventory.State{}, false
	}
	return l.state, true
}

// Snapshot returns the last document of a source; false when the database has
// to be asked. The document is shared and must not be changed.
func (c *Cache) Snapshot(id inventory.SourceID) (inventory.Snapshot, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	l, ok := c.sources[id]
	if !ok || l.snapshot.Document == nil {
		return inventory.Snapshot{}, false
	}
	return l.snapshot, true
}

// Forget drops what is known about a source that was removed.
func (c *Cache) Forget(id inventory.SourceID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l, ok := c.sources[id]; ok {
		c.snapshots -= len(l.snapshot.Document)
		delete(c.sources, id)
	}
}
