package schedule

import (
	"container/heap"
	"context"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
)

const (
	// maxWait is how long the loop sleeps at most, to see steps of the clock.
	maxWait = 5 * time.Second
	// firstGap is the time between the first runs of two newcomers.
	firstGap = 10 * time.Millisecond
	// settle is how long networks get to come back after sleep.
	settle = 5 * time.Second
	// rare is the interval from which on a source that ran lately does not run
	// again only because Unity was started.
	rare = 5 * time.Minute
)

// Run collects until ctx ends. Then it starts nothing more, gives running runs
// time to end, cancels the rest, closes the collectors and returns nil. It can
// be called once.
func (s *Scheduler) Run(ctx context.Context) error {
	runs, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	defer stop(nil)
	s.mu.Lock()
	s.started = true
	for _, e := range s.sorted() {
		s.planStart(e)
	}
	s.mu.Unlock()

	timer := time.NewTimer(maxWait)
	defer timer.Stop()
	for {
		s.time.beat()
		s.watch(ctx)
		timer.Reset(s.turn(runs))
		select {
		case <-ctx.Done():
			s.drain(stop)
			return nil
		case <-s.wake:
		case <-timer.C:
		}
	}
}

// turn starts what is due and returns how long there is nothing to do.
func (s *Scheduler) turn(ctx context.Context) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.time.now()
	for len(s.due) > 0 && !s.due[0].due.After(now) {
		s.tick(s.due[0], now)
	}
	for len(s.ready) > 0 {
		e := s.ready[0]
		s.ready[0] = nil
		s.ready = s.ready[1:]
		s.start(ctx, e)
	}
	if len(s.due) == 0 {
		return maxWait
	}
	return min(maxWait, s.due[0].due.Sub(now))
}

// tick plans the next run of a source that is due and asks for this one.
func (s *Scheduler) tick(e *entry, now time.Time) {
	due := e.due
	from := now
	if e.first {
		// The phase may have its turn right after the first run; that would
		// measure next to nothing.
		from = now.Add(e.target.Interval / 2)
		e.first = false
	}
	s.plan(e, after(from, e.target.Interval, e.phase))
	if e.busy {
		s.stats.Skipped++
		return
	}
	s.request(e, due)
}

// plan sets when a source is due.
func (s *Scheduler) plan(e *entry, due time.Time) {
	e.due = due
	if e.index >= 0 {
		heap.Fix(&s.due, e.index)
		return
	}
	heap.Push(&s.due, e)
}

func (s *Scheduler) unplan(e *entry) {
	if e.index >= 0 {
		heap.Remove(&s.due, e.index)
	}
}

// planStart plans a source that is new to the scheduler. One that is rarely run
// and ran lately has its next turn; all others start promptly.
func (s *Scheduler) planStart(e *entry) {
	interval, now := e.target.Interval, s.time.now()
	switch ran := e.state.LastRun; {
	case !e.target.Source.Enabled || !s.started:
	case interval > rare && !ran.After(now) && now.Sub(ran) < interval:
		s.plan(e, after(now, interval, e.phase))
	default:
		s.planFirst(e)
	}
}

// planFirst lets a source start promptly, one newcomer after the other.
func (s *Scheduler) planFirst(e *entry) {
	if !s.started {
		return
	}
	now := s.time.now()
	if s.nextFirst.Before(now) {
		s.nextFirst = now
	}
	due := after(now, e.target.Interval, e.phase)
	e.first = false
	if at := s.nextFirst.Truncate(time.Millisecond); at.Before(due) {
		due, e.first = at, true
		s.nextFirst = s.nextFirst.Add(firstGap)
	}
	s.plan(e, due)
}

// request gets a source its places, or puts it in line for them.
func (s *Scheduler) request(e *entry, due time.Time) {
	e.busy, e.want, e.group, e.lane = true, due, "", nil
	if e.stuckOn != nil {
		s.ready = append(s.ready, e) // it runs nothing and needs no place
		return
	}
	e.group = e.target.Group
	if group := s.group(e.group); group != nil && !group.enter(e) {
		return
	}
	s.enterLane(e)
}

func (s *Scheduler) enterLane(e *entry) {
	e.lane = &s.fast
	if e.onSlow {
		e.lane = &s.slow
	}
	if e.lane.enter(e) {
		s.ready = append(s.ready, e)
	}
}

// group returns the lane of a group; nil when it is not bounded.
func (s *Scheduler) group(name string) *lane {
	if name == "" {
		return nil
	}
	group, ok := s.groups[name]
	if !ok {
		group = &lane{limit: s.config.PerGroup}
		s.groups[name] = group
	}
	return group
}

// release gives the places of a run to those who wait for them.
func (s *Scheduler) release(r *run) {
	if r.lane != nil {
		r.lane.leave()
		if e := r.lane.next(); e != nil {
			s.ready = append(s.ready, e)
		}
		r.lane = nil
	}
	if group, ok := s.groups[r.group]; ok {
		group.leave()
		if e := group.next(); e != nil {
			s.enterLane(e)
		}
		if group.busy == 0 && len(group.queue) == 0 {
			delete(s.groups, r.group)
		}
		r.group = ""
	}
	s.signal()
}

// watch looks whether the clock was set or the machine slept, and moves the
// plan along.
func (s *Scheduler) watch(ctx context.Context) {
	before := s.time.now()
	j := s.time.check()
	if !j.any() {
		return
	}
	s.mu.Lock()
	now := s.time.now()
	if slept := j.slept + j.frozen; slept > 0 {
		s.nextFirst = now.Add(settle)
	}
	for _, e := range s.sorted() {
		if e.index < 0 {
			continue
		}
		if j.stepped != 0 {
			// Neither a second run right away nor a long gap: the place in the
			// new time that is nearest to when it would have been its turn, or
			// at once when that has passed.
			turn := now.Add(e.due.Sub(before) - j.slept)
			due := after(turn.Add(-e.target.Interval/2), e.target.Interval, e.phase)
			e.first = !due.After(now)
			s.plan(e, later(now.Truncate(time.Millisecond), due))
			continue
		}
		if !e.due.After(now) {
			s.planFirst(e)
		}
	}
	s.mu.Unlock()
	s.signal()
	// Recording takes as long as the disk likes, and the plan does not wait.
	events := j.events(now, s.config.Host)
	s.runs.Add(1)
	go func() {
		defer s.runs.Done()
		s.tell(context.WithoutCancel(ctx), events)
	}()
}

func (s *Scheduler) tell(ctx context.Context, events []inventory.Event) {
	for _, event := range events {
		s.config.Log.Info("time was not continuous", "event", event.Kind, "title", event.Title)
		if err := s.sink.Tell(ctx, event); err != nil {
			s.config.Log.Warn("an event was not recorded", "event", event.Kind, "cause", err)
		}
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// drain ends everything, each step within its bound.
func (s *Scheduler) drain(stop context.CancelCauseFunc) {
	stopping := fault.New(fault.Canceled, "Unity was stopped")
	s.mu.Lock()
	s.ended = true
	for _, e := range s.entries {
		s.unplan(e)
		if e.busy && e.run == nil {
			e.busy = false
			e.answer(inventory.Run{}, stopping)
		}
	}
	s.ready, s.fast.queue, s.slow.queue = nil, nil, nil
	for _, group := range s.groups {
		group.queue = nil
	}
	s.mu.Unlock()

	ended := make(chan struct{})
	go func() {
		s.runs.Wait()
		close(ended)
	}()
	bound := time.NewTimer(s.config.Drain)
	defer bound.Stop()
	select {
	case <-ended:
	case <-bound.C:
		stop(stopping)
		<-ended // canceled runs return or are abandoned within a second
	}

	s.mu.Lock()
	for _, e := range s.entries {
		s.retire(e)
	}
	s.mu.Unlock()
	s.closing.Wait()
}

// answer tells those who wait for the run.
func (e *entry) answer(run inventory.Run, err error) {
	for _, waiter := range e.waiters {
		waiter <- reply{run: run, err: err}
	}
	e.waiters = nil
}

// lag keeps the longest delay of the present half minute and of the one before.
type lag struct {
	since         time.Time
	present, past time.Duration
}

const lagWindow = 30 * time.Second

func (l *lag) add(now time.Time, delay time.Duration) {
	l.turn(now)
	l.present = max(l.present, delay)
}

func (l *lag) highest(now time.Time) time.Duration {
	l.turn(now)
	return max(l.present, l.past)
}

func (l *lag) turn(now time.Time) {
	switch age := now.Sub(l.since); {
	case age > 2*lagWindow:
		l.since, l.present, l.past = now, 0, 0
	case age > lagWindow:
		l.since, l.present, l.past = now, 0, l.present
	}
}
