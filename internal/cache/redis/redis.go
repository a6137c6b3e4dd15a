// Package redis keeps the latest of every source in Redis or Valkey, for other
// programs to read: its samples, its state, and an overview of all. Events are
// published.
//
//	unity:latest:<source>   the samples of the last successful run
//	unity:status:<source>   how the source is doing
//	unity:overview          how many sources are doing how
//	unity:events            a channel; each message is an event
//	unity:live              a channel; what hubs on one database tell each other
//
// All values are JSON, described in docs/redis.md, and expire: what is there is
// current. Unity itself answers from its memory, so it never waits for Redis,
// and nothing of it depends on whether there is one.
package redis

import (
	"cmp"
	"context"
	"crypto/rand"
	"log/slog"
	mathrand "math/rand/v2"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/metric"
)

const (
	// How long values live. Statuses and the overview are written again long
	// before they end, samples with each run: those of rare runs live longer.
	latestTTL   = 300 * time.Second
	statusTTL   = 30 * time.Second
	overviewTTL = 60 * time.Second
	runsTTL     = 2.5 // intervals of the source
	// refreshInterval is how often statuses and the overview are written again.
	refreshInterval = 10 * time.Second

	// patience is how long Redis may take for one answer.
	patience = 2 * time.Second
	// shortestPause and longestPause bound how long it is left alone after it did
	// not answer.
	shortestPause, longestPause = time.Second, 30 * time.Second
	// maxEvents is how many events wait to be published; the oldest give way.
	maxEvents = 1000
)

// Mirror writes what it is told to Redis, as fast as that goes and no faster: of
// what waits only the newest of each source is kept.
type Mirror struct {
	address address
	group   string
	origin  string // tells what it told itself from what others tell
	others  func(inventory.Report)
	log     *slog.Logger
	wake    chan struct{}

	mu      sync.Mutex
	sources map[inventory.SourceID]*entry
	events  []inventory.Event
	reports []inventory.Report // for the other hubs
	removed []inventory.SourceID
	dropped int64 // events
	problem *inventory.Problem
	deaf    *inventory.Problem
}

// Settings are what a Mirror is made of.
type Settings struct {
	// Address is a URL: redis://, rediss://, valkey://, valkeys:// or unix://.
	Address string
	// Group is the name that hubs on one database share; they tell each other
	// what happens. Empty for a hub that is alone.
	Group string
	// Others is told what happens on other hubs of the group. It must not block.
	Others func(inventory.Report)
	Log    *slog.Logger
}

// entry is the latest of one source.
type entry struct {
	state    inventory.State
	time     int64 // of the samples
	samples  []metric.Sample
	ttl      time.Duration // of the samples
	unsaved  bool          // the state
	unstored bool          // the samples
}

// New returns a mirror. Nothing is connected before Run. An address that cannot
// be understood is a fault of kind Config.
func New(settings Settings) (*Mirror, error) {
	at, err := parseAddress(settings.Address)
	if err != nil {
		return nil, err
	}
	return &Mirror{
		address: at, group: settings.Group, origin: rand.Text(), others: settings.Others, log: settings.Log,
		wake: make(chan struct{}, 1), sources: make(map[inventory.SourceID]*entry),
	}, nil
}

// Committed takes in what a run led to. It never waits.
func (m *Mirror) Committed(report inventory.Report) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if id := report.State.Source; id != "" {
		e := m.entry(id)
		e.state, e.unsaved = report.State, true
		if report.Run.Outcome.Succeeded() {
			e.time, e.samples, e.unstored = report.Time, report.Samples, true
			e.ttl = max(latestTTL, time.Duration(runsTTL*float64(report.Source.Interval)))
		}
	}
	m.events = append(m.events, report.Events...)
	m.boundEvents()
	if m.group != "" {
		m.reports = append(m.reports, report)
		m.boundReports()
	}
	m.rouse()
}

// Prime says how the sources were doing before the program started.
func (m *Mirror) Prime(states []inventory.State) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, state := range states {
		if e := m.entry(state.Source); e.state.Source == "" {
			e.state, e.unsaved = state, true
		}
	}
}

// Forget removes a source that was deleted.
func (m *Mirror) Forget(id inventory.SourceID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.sources, id)
	m.removed = append(m.removed, id)
	m.rouse()
}

// entry returns what is known of a source. The caller holds mu.
func (m *Mirror) entry(id inventory.SourceID) *entry {
	e, known := m.sources[id]
	if !known {
		e = &entry{}
		m.sources[id] = e
	}
	return e
}

func (m *Mirror) rouse() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// Problem returns why Redis does not have the latest, or nil.
func (m *Mirror) Problem() *inventory.Problem {
	m.mu.Lock()
	defer m.mu.Unlock()
	return cmp.Or(m.problem, m.deaf)
}

// Run keeps Redis up to date until ctx ends, and hears what other hubs tell.
func (m *Mirror) Run(ctx context.Context) error {
	var group errgroup.Group
	group.Go(func() error {
		m.again(ctx, m.serve, m.note)
		return nil
	})
	if m.group != "" {
		group.Go(func() error {
			m.again(ctx, m.hear, m.noteHearing)
			return nil
		})
	}
	return group.Wait()
}

// again does something that needs Redis until ctx ends. When Redis is away it is
// tried again, after ever longer pauses.
func (m *Mirror) again(ctx context.Context, do func(context.Context) error, note func(error)) {
	pause := shortestPause
	for ctx.Err() == nil {
		began := time.Now()
		if err := do(ctx); ctx.Err() == nil {
			note(err)
		}
		if time.Since(began) > longestPause {
			pause = shortestPause
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause/2 + mathrand.N(pause/2)):
		}
		pause = min(2*pause, longestPause)
	}
}

// serve connects and writes until something goes wrong.
func (m *Mirror) serve(ctx context.Context) error {
	c, err := m.address.connect(ctx)
	if err != nil {
		return m.fault(err, "connecting")
	}
	defer c.close()
	m.everything()
	refresh := time.NewTicker(refreshInterval)
	defer refresh.Stop()
	for {
		if err := m.flush(c); err != nil {
			return err
		}
		m.note(nil)
		select {
		case <-ctx.Done():
			return nil
		case <-m.wake:
		case <-refresh.C:
			m.states()
		}
	}
}

// everything marks all that is known to be written: Redis may be empty.
func (m *Mirror) everything() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range m.sources {
		e.unsaved, e.unstored = e.state.Source != "", e.time > 0
	}
}

// states marks the states to be written again before they expire.
func (m *Mirror) states() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range m.sources {
		e.unsaved = e.state.Source != ""
	}
}

// note remembers whether Redis has the latest, and says so when that changes.
func (m *Mirror) note(err error) {
	problem := inventory.ProblemOf(err)
	m.mu.Lock()
	before := m.problem
	m.problem = problem
	m.mu.Unlock()
	switch {
	case problem != nil && (before == nil || before.Kind != problem.Kind):
		m.log.Warn("Redis does not have the latest; everything else goes on", "error", err, "hint", problem.Hint)
	case problem == nil && before != nil:
		m.log.Info("Redis has the latest again", "server", m.address.target, "events_not_published", m.takeDropped())
	}
}

// noteHearing is note for what other hubs tell.
func (m *Mirror) noteHearing(err error) {
	problem := inventory.ProblemOf(err)
	m.mu.Lock()
	before := m.deaf
	m.deaf = problem
	m.mu.Unlock()
	switch {
	case problem != nil && (before == nil || before.Kind != problem.Kind):
		m.log.Warn("other hubs are not heard; what they measure is in the database", "error", err, "hint", problem.Hint)
	case problem == nil && before != nil:
		m.log.Info("other hubs are heard again", "server", m.address.target)
	}
}

// takeDropped returns how many events gave way since it was asked last.
func (m *Mirror) takeDropped() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	dropped := m.dropped
	m.dropped = 0
	return dropped
}

// waiting is what is to be written.
type waiting struct {
	sources map[inventory.SourceID]entry
	counts  map[inventory.Status]int
	events  []inventory.Event
	reports []inventory.Report
	removed []inventory.SourceID
}

// take returns what is to be written and takes the marks away.
func (m *Mirror) take() waiting {
	m.mu.Lock()
	defer m.mu.Unlock()
	w := waiting{
		sources: make(map[inventory.SourceID]entry), counts: make(map[inventory.Status]int),
		events: m.events, reports: m.reports, removed: m.removed,
	}
	m.events, m.reports, m.removed = nil, nil, nil
	for id, e := range m.sources {
		if e.state.Source != "" {
			w.counts[e.state.Status]++
		}
		if e.unsaved || e.unstored {
			w.sources[id] = *e
			e.unsaved, e.unstored = false, false
		}
	}
	return w
}

// putBack marks what could not be written, so that it is written the next time.
func (m *Mirror) putBack(w waiting) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, old := range w.sources {
		if e, known := m.sources[id]; known {
			e.unsaved, e.unstored = e.unsaved || old.unsaved, e.unstored || old.unstored
		}
	}
	m.removed = append(w.removed, m.removed...)
	m.events = slices.Concat(w.events, m.events)
	m.boundEvents()
	m.reports = slices.Concat(w.reports, m.reports)
	m.boundReports()
}

// boundEvents lets the oldest events give way. The caller holds mu.
func (m *Mirror) boundEvents() {
	if more := len(m.events) - maxEvents; more > 0 {
		m.events = m.events[more:]
		m.dropped += int64(more)
	}
}

// boundReports lets the oldest reports give way: the database has them, too. The
// caller holds mu.
func (m *Mirror) boundReports() {
	if more := len(m.reports) - maxReports; more > 0 {
		m.reports = slices.Delete(m.reports, 0, more)
	}
}
