package sqlstore

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/journal"
)

// Memory is the relational part of all records that the database does not have
// yet, on top of what it has: whoever asks gets both as one.
//
// Records are added to the current generation. Seal ends it and begins another.
// Write puts the oldest that ended into the database, and Drop forgets it. Its
// methods may be called at the same time, those that change it by one caller.
type Memory struct {
	store   *Store
	spacing time.Duration

	mu      sync.RWMutex
	current *generation
	sealed  []*generation                          // the oldest first
	states  map[inventory.SourceID]inventory.State // of all sources
}

var _ inventory.History = (*Memory)(nil)

// generation is what a run of records leads to.
type generation struct {
	runs      map[inventory.SourceID][]inventory.Run
	events    []inventory.Event // by ID
	snapshots map[inventory.SourceID][]snapshotRow
	states    map[inventory.SourceID]inventory.State
	values    map[inventory.SourceID]map[string]json.RawMessage
	bytes     int
}

func newGeneration() *generation {
	return &generation{
		runs:      make(map[inventory.SourceID][]inventory.Run),
		snapshots: make(map[inventory.SourceID][]snapshotRow),
		states:    make(map[inventory.SourceID]inventory.State),
		values:    make(map[inventory.SourceID]map[string]json.RawMessage),
	}
}

// NewMemory returns a memory on top of what the store has. Of the snapshots of
// one source that are closer together than spacing, only the newest is kept.
func (s *Store) NewMemory(ctx context.Context, spacing time.Duration) (*Memory, error) {
	states, err := s.States(ctx)
	if err != nil {
		return nil, err
	}
	m := &Memory{store: s, spacing: spacing, current: newGeneration(), states: make(map[inventory.SourceID]inventory.State)}
	for _, state := range states {
		m.states[state.Source] = state
	}
	return m, nil
}

// runCost, eventCost are about how many bytes one takes in memory.
const (
	runCost   = 100
	eventCost = 400
)

// Add takes in the relational part of a record. The record must not be changed
// afterwards.
func (m *Memory) Add(rec *journal.Record) {
	var document []byte
	if rec.Snapshot != nil {
		document = m.store.pack(rec.Snapshot)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	g := m.current
	if run := rec.Run; run.Source != "" {
		g.runs[run.Source] = append(g.runs[run.Source], run)
		g.bytes += runCost
	}
	if state := rec.State; state.Source != "" {
		m.states[state.Source], g.states[state.Source] = state, state
	}
	g.addEvents(rec.Events)
	g.bytes += eventCost * len(rec.Events)
	source := cmp.Or(rec.Run.Source, rec.State.Source)
	if document != nil {
		g.addSnapshot(snapshotRow{Source: string(source), Time: rec.Time, Document: document}, m.spacing.Milliseconds())
	}
	if len(rec.Values) > 0 {
		if g.values[source] == nil {
			g.values[source] = make(map[string]json.RawMessage)
		}
		for name, value := range rec.Values {
			g.bytes += len(value) - len(g.values[source][name])
			g.values[source][name] = value
		}
	}
}

// addEvents keeps the events in the order of their IDs. Those come late that were
// saved when the journal was too long.
func (g *generation) addEvents(events []inventory.Event) {
	for _, event := range events {
		at := len(g.events)
		for at > 0 && g.events[at-1].ID > event.ID {
			at--
		}
		g.events = slices.Insert(g.events, at, event)
	}
}

func (g *generation) addSnapshot(row snapshotRow, spacing int64) {
	source := inventory.SourceID(row.Source)
	list := g.snapshots[source]
	if n := len(list); n > 1 && list[n-1].Time-list[n-2].Time < spacing || n > 0 && list[n-1].Time == row.Time {
		g.bytes -= len(list[n-1].Document)
		list = list[:n-1]
	}
	g.snapshots[source] = append(list, row)
	g.bytes += len(row.Document)
}

// Bytes returns about how much memory the current generation takes.
func (m *Memory) Bytes() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.current.bytes
}

// Seal ends the current generation and begins another.
func (m *Memory) Seal() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sealed = append(m.sealed, m.current)
	m.current = newGeneration()
}

// Drop forgets the oldest generation that ended.
func (m *Memory) Drop() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sealed = slices.Delete(m.sealed, 0, 1) // which lets go of it, too
}

// Forget drops what is known of a source that is deleted. It must not be called
// while Write is under way.
func (m *Memory) Forget(source inventory.SourceID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.states, source)
	for _, g := range m.generations() {
		delete(g.states, source)
		delete(g.values, source)
		delete(g.snapshots, source)
		delete(g.runs, source)
	}
}

// Write puts the oldest generation that ended into the database.
func (m *Memory) Write(ctx context.Context, tx bun.Tx) error {
	m.mu.RLock()
	oldest := m.sealed[0]
	m.mu.RUnlock()
	return m.store.writeGeneration(ctx, tx, oldest)
}

// rescue returns what is only in the oldest generation that ended and should not
// get lost, as records without runs: states, values and the newest events, but
// no more than some. It also counts what is not among them.
func (m *Memory) rescue(events int) (records []*journal.Record, lost Lost) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	oldest, later := m.sealed[0], m.generations()[1:]
	for _, list := range oldest.runs {
		lost.Runs += int64(len(list))
	}
	for source := range oldest.states {
		values := maps.Clone(oldest.values[source])
		stated := false
		for _, g := range later {
			_, again := g.states[source]
			stated = stated || again
			for name := range g.values[source] {
				delete(values, name)
			}
		}
		// The newest state is the right one wherever it stands in the journal.
		if state, known := m.states[source]; known && (!stated || len(values) > 0) {
			records = append(records, &journal.Record{State: state, Values: values})
		}
	}
	kept := oldest.events[max(0, len(oldest.events)-events):]
	lost.Events = int64(len(oldest.events) - len(kept))
	for part := range slices.Chunk(kept, rowsAtOnce) {
		records = append(records, &journal.Record{Events: part})
	}
	return records, lost
}

// generations returns those that there are, the oldest first. The caller holds mu.
func (m *Memory) generations() []*generation {
	return append(slices.Clone(m.sealed), m.current)
}

// States returns the state of every source that has one, sorted by source.
func (m *Memory) States(context.Context) ([]inventory.State, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	states := slices.Collect(maps.Values(m.states))
	slices.SortFunc(states, func(a, b inventory.State) int { return cmp.Compare(a.Source, b.Source) })
	return states, nil
}

// Runs returns the newest runs first.
func (m *Memory) Runs(ctx context.Context, filter inventory.RunFilter) ([]inventory.Run, error) {
	filter.Limit = int(limitOf(filter.Limit))
	var runs []inventory.Run
	m.mu.RLock()
	for _, g := range m.generations() {
		for _, run := range g.runs[filter.Source] {
			if (filter.Before.IsZero() || run.Start.UnixMilli() < filter.Before.UnixMilli()) &&
				(!filter.Failed || !run.Outcome.Succeeded()) {
				runs = append(runs, run)
			}
		}
	}
	m.mu.RUnlock()
	// Memory is read first: what moves to the database meanwhile comes twice,
	// not never.
	stored, err := m.store.Runs(ctx, filter)
	if err != nil {
		return nil, err
	}
	runs = append(runs, stored...)
	slices.SortStableFunc(runs, func(a, b inventory.Run) int {
		return cmp.Or(b.Start.Compare(a.Start), cmp.Compare(b.Duration, a.Duration))
	})
	runs = slices.CompactFunc(runs, func(a, b inventory.Run) bool {
		return a.Start.Equal(b.Start) && a.Duration == b.Duration
	})
	return runs[:min(len(runs), filter.Limit)], nil
}

// Events returns the newest events first.
func (m *Memory) Events(ctx context.Context, filter inventory.EventFilter) ([]inventory.Event, error) {
	filter.Limit = int(limitOf(filter.Limit))
	events := m.newestEvents(filter)
	stored, err := m.store.Events(ctx, filter)
	if err != nil {
		return nil, err
	}
	events = append(events, stored...)
	slices.SortStableFunc(events, func(a, b inventory.Event) int { return cmp.Compare(b.ID, a.ID) })
	events = slices.CompactFunc(events, func(a, b inventory.Event) bool { return a.ID == b.ID })
	return events[:min(len(events), filter.Limit)], nil
}

// newestEvents returns the newest of each generation, no more of it than are
// asked for.
func (m *Memory) newestEvents(filter inventory.EventFilter) []inventory.Event {
	var events []inventory.Event
	m.mu.RLock()
	defer m.mu.RUnlock()
	for _, g := range m.generations() {
		left := filter.Limit
		for i := len(g.events) - 1; i >= 0 && left > 0; i-- {
			if matches(g.events[i], filter) {
				events = append(events, g.events[i])
				left--
			}
		}
	}
	return events
}

func matches(event inventory.Event, filter inventory.EventFilter) bool {
	return (filter.Source == "" || event.Source == filter.Source) &&
		(len(filter.Kinds) == 0 || slices.Contains(filter.Kinds, event.Kind)) &&
		(len(filter.Severities) == 0 || slices.Contains(filter.Severities, event.Severity)) &&
		(filter.Since.IsZero() || event.Time.UnixMilli() >= filter.Since.UnixMilli()) &&
		(filter.Until.IsZero() || event.Time.UnixMilli() <= filter.Until.UnixMilli()) &&
		(filter.BeforeID == 0 || event.ID < filter.BeforeID)
}

// Snapshot returns the newest snapshot at or before a time; a zero time means
// the newest of all. None is a fault of kind NotFound.
func (m *Memory) Snapshot(ctx context.Context, source inventory.SourceID, at time.Time) (inventory.Snapshot, error) {
	var newest *snapshotRow
	m.mu.RLock()
	for _, g := range m.generations() {
		for i, row := range g.snapshots[source] {
			if (at.IsZero() || row.Time <= at.UnixMilli()) && (newest == nil || row.Time >= newest.Time) {
				newest = &g.snapshots[source][i]
			}
		}
	}
	var row snapshotRow
	if newest != nil {
		row = *newest
	}
	m.mu.RUnlock()
	stored, err := m.store.Snapshot(ctx, source, at)
	if newest == nil || err == nil && stored.Time.UnixMilli() > row.Time {
		return stored, err
	}
	return m.store.unpack(source, row.Time, row.Document)
}

// SnapshotTimes returns when the kept snapshots were taken, newest first.
func (m *Memory) SnapshotTimes(ctx context.Context, source inventory.SourceID, limit int) ([]time.Time, error) {
	var times []time.Time
	m.mu.RLock()
	for _, g := range m.generations() {
		for _, row := range g.snapshots[source] {
			times = append(times, moment(row.Time))
		}
	}
	m.mu.RUnlock()
	stored, err := m.store.SnapshotTimes(ctx, source, limit)
	if err != nil {
		return nil, err
	}
	times = append(times, stored...)
	slices.SortFunc(times, func(a, b time.Time) int { return b.Compare(a) })
	times = slices.CompactFunc(times, time.Time.Equal)
	return times[:min(len(times), int(limitOf(limit)))], nil
}

// Values returns what a source's collector keeps between runs.
func (m *Memory) Values(ctx context.Context, source inventory.SourceID) (map[string]json.RawMessage, error) {
	changed := make(map[string]json.RawMessage)
	m.mu.RLock()
	for _, g := range m.generations() {
		maps.Copy(changed, g.values[source])
	}
	m.mu.RUnlock()
	values, err := m.store.Values(ctx, source)
	if err != nil {
		return nil, err
	}
	for name, value := range changed {
		if forgotten(value) {
			delete(values, name)
		} else {
			values[name] = value
		}
	}
	return values, nil
}

// forgotten reports whether a value stands for none.
func forgotten(value json.RawMessage) bool { return len(value) == 0 || string(value) == "null" }
