package schedule

import (
	"bytes"
	"container/heap"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/plugin"
)

// HostFor returns the world as the collector of a source may touch it. The
// scheduler adds the State.
type HostFor func(source inventory.Source, manifest plugin.Manifest) plugin.Host

// Scheduler collects sources when they are due.
type Scheduler struct {
	config  Config
	sink    Sink
	hostFor HostFor
	time    *timeline
	wake    chan struct{} // something is ready, or the plan changed

	runs    sync.WaitGroup // goroutines of runs
	closing sync.WaitGroup // goroutines that close collectors

	mu        sync.Mutex
	entries   map[inventory.SourceID]*entry
	due       dueHeap
	crowd     crowd
	fast      lane
	slow      lane
	groups    map[string]*lane
	ready     []*entry  // have their places and wait to be started
	nextFirst time.Time // when the next newcomer starts
	started   bool
	ended     bool
	stuck     int
	stats     Stats
	lag       lag
}

// entry is what the scheduler knows about a source. The scheduler's lock guards
// it, except where said.
type entry struct {
	target Target
	state  inventory.State
	values *values
	phase  time.Duration
	last   time.Time // the timestamp of the latest run

	due   time.Time
	index int  // in the heap; -1 when it is not planned
	first bool // due is out of phase, because a newcomer does not wait

	busy    bool      // waiting or running
	want    time.Time // due time of that run
	group   string    // whose place that run has or waits for
	lane    *lane     // likewise; nil when it needs none
	manual  bool      // asked for by a person
	onSlow  bool      // starts in the slow lane
	run     *run      // while running
	stuckOn *call     // ignored its deadline and has not ended
	waiters []chan<- reply
	gone    bool

	// collector is nil before the first run. While there is a run, it belongs
	// to that.
	collector *collector
	stale     bool            // the collector belongs to an older config
	closed    <-chan struct{} // ends when the collector before was closed; nil when there was none

	// recording is held while something about the source is recorded.
	recording sync.Mutex
}

// reply is what RunNow waits for.
type reply struct {
	run inventory.Run
	err error
}

// New returns a scheduler without sources. It collects while Run runs.
func New(config Config, sink Sink, hostFor HostFor) *Scheduler {
	config = config.withDefaults()
	return &Scheduler{
		config:  config,
		sink:    sink,
		hostFor: hostFor,
		time:    newTimeline(config.Wall, config.Asleep),
		wake:    make(chan struct{}, 1),
		entries: make(map[inventory.SourceID]*entry),
		fast:    lane{limit: config.Concurrency},
		slow:    lane{limit: config.Slow},
		groups:  make(map[string]*lane),
	}
}

// Set adds a source or replaces what is known about it. A new or changed source
// runs at once; one that is disabled rests, and its running run is canceled.
// The old collector is closed after its run and a new one opened by the next.
//
// State and values say where a source stands that is new here; one that is
// known keeps its own.
func (s *Scheduler) Set(ctx context.Context, target Target, state inventory.State, kept map[string]json.RawMessage) {
	target = target.normal()
	s.mu.Lock()
	if s.ended {
		s.mu.Unlock()
		return
	}
	e, known := s.entries[target.Source.ID]
	if known {
		s.replace(e, target)
	} else {
		state.Source = target.Source.ID
		e = &entry{target: target, state: state, values: newValues(kept), last: state.LastRun, index: -1}
		s.entries[target.Source.ID] = e
		e.phase = s.crowd.place(target.Source.ID, target.Interval)
		s.planStart(e)
	}
	s.mu.Unlock()
	s.signal()
	s.enter(ctx, e)
}

// replace gives a known source another target.
func (s *Scheduler) replace(e *entry, target Target) {
	old := e.target
	e.target = target
	reopen := old.Plugin.ID() != target.Plugin.ID() || !bytes.Equal(old.Source.Config, target.Source.Config) ||
		old.Source.Host != target.Source.Host || old.Plugin.Manifest().Version != target.Plugin.Manifest().Version
	if reopen || !target.Source.Enabled {
		// Whatever hangs does so on the old config.
		e.stuckOn = nil
		s.retire(e)
	}
	if old.Interval != target.Interval {
		s.crowd.remove(e.phase, old.Interval)
		e.phase = s.crowd.place(target.Source.ID, target.Interval)
	}
	switch {
	case !target.Source.Enabled:
		s.unplan(e)
		if e.run != nil {
			e.run.cancel(fault.New(fault.Canceled, "the source was paused"))
		}
	case reopen || !old.Source.Enabled || old.Interval != target.Interval:
		s.planFirst(e)
	}
}

// enter tells the sink of a state that a source got without a run.
func (s *Scheduler) enter(ctx context.Context, e *entry) {
	e.recording.Lock()
	defer e.recording.Unlock()
	s.mu.Lock()
	source, previous := e.target.Source, e.state
	next := previous
	switch paused := previous.Status == inventory.Paused; {
	case !source.Enabled && !paused:
		next.Status = inventory.Paused
	case source.Enabled && paused, previous.Status == "":
		next.Status = inventory.Unknown
	}
	changed := next.Status != previous.Status && !e.gone
	if changed {
		next.Since, next.Failures, next.Problem = s.time.now().Truncate(time.Millisecond), 0, nil
		e.state = next
	}
	s.mu.Unlock()
	if !changed {
		return
	}
	if err := s.sink.Enter(context.WithoutCancel(ctx), source, previous, next); err != nil {
		s.config.Log.Warn("the new status of a source was not recorded", "source", source.ID, "status", next.Status, "cause", err)
	}
}

// Remove forgets a source. Its running run is canceled; nothing of it is
// recorded after Remove returned.
func (s *Scheduler) Remove(id inventory.SourceID) {
	s.mu.Lock()
	e, ok := s.entries[id]
	if !ok || s.ended {
		s.mu.Unlock()
		return
	}
	delete(s.entries, id)
	e.gone = true
	s.crowd.remove(e.phase, e.target.Interval)
	s.unplan(e)
	s.retire(e)
	if e.run != nil {
		e.run.cancel(fault.New(fault.Canceled, "the source was removed"))
	}
	s.mu.Unlock()
	s.signal()
	e.recording.Lock()
	defer e.recording.Unlock()
}

// RunNow runs a source at once and returns the run as it was recorded. When the
// source is running already, that is the run it waits for.
func (s *Scheduler) RunNow(ctx context.Context, id inventory.SourceID) (inventory.Run, error) {
	answer := make(chan reply, 1)
	s.mu.Lock()
	e, ok := s.entries[id]
	var err error
	switch {
	case !ok:
		err = fault.New(fault.NotFound, "there is no source %s", id)
	case s.ended:
		err = fault.New(fault.Canceled, "running %s: Unity is stopping", id)
	case !e.target.Source.Enabled:
		err = fault.New(fault.Conflict, "running %s: the source is paused", id).WithHint("Enable it first.")
	case e.stuckOn != nil:
		err = fault.New(fault.Conflict, "running %s: an earlier call has not returned yet", id).
			WithHint("What it waits for hangs, such as a mount of a server that is gone.")
	default:
		e.waiters = append(e.waiters, answer)
		if !e.busy {
			e.manual = true
			s.request(e, s.time.now())
		}
	}
	s.mu.Unlock()
	if err != nil {
		return inventory.Run{}, err
	}
	s.signal()
	select {
	case r := <-answer:
		return r.run, r.err
	case <-ctx.Done():
		return inventory.Run{}, fault.Wrap(ctx.Err(), "waiting for the run of %s", id)
	}
}

// Next returns when a source is due, or the zero time when it is paused or not
// known.
func (s *Scheduler) Next(id inventory.SourceID) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, ok := s.entries[id]; ok && e.index >= 0 {
		return e.due
	}
	return time.Time{}
}

// State returns the state of a source as the last run left it.
func (s *Scheduler) State(id inventory.SourceID) (inventory.State, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, ok := s.entries[id]; ok {
		return e.state, true
	}
	return inventory.State{}, false
}

// Stats returns how the scheduler is doing.
func (s *Scheduler) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	stats := s.stats
	stats.Sources = len(s.entries)
	stats.Slow = s.slow.busy
	stats.Stuck = s.stuck
	stats.Waiting = len(s.ready) + len(s.fast.queue) + len(s.slow.queue)
	for _, group := range s.groups {
		stats.Waiting += len(group.queue)
	}
	stats.Lag = s.lag.highest(time.Now())
	return stats
}

// signal wakes the loop.
func (s *Scheduler) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// sorted returns the entries in order of ID, so that a plan does not depend on
// chance.
func (s *Scheduler) sorted() []*entry {
	list := make([]*entry, 0, len(s.entries))
	for _, e := range s.entries {
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b *entry) int {
		return strings.Compare(string(a.target.Source.ID), string(b.target.Source.ID))
	})
	return list
}

// dueHeap orders entries by due time. It implements heap.Interface.
type dueHeap []*entry

var _ heap.Interface = (*dueHeap)(nil)

// Len implements heap.Interface.
func (h dueHeap) Len() int { return len(h) }

// Less implements heap.Interface.
func (h dueHeap) Less(i, j int) bool { return h[i].due.Before(h[j].due) }

// Swap implements heap.Interface.
func (h dueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push implements heap.Interface.
func (h *dueHeap) Push(x any) {
	e := x.(*entry) //nolint:forcetypeassert,errcheck // only entries are pushed
	e.index = len(*h)
	*h = append(*h, e)
}

// Pop implements heap.Interface.
func (h *dueHeap) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	e.index = -1
	return e
}
