package schedule

import (
	"context"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/plugin"
)

// run is one run of a source, from its start on.
type run struct {
	entry  *entry
	target Target // as it was when the run started
	due    time.Time
	manual bool
	cancel context.CancelCauseFunc
	before <-chan struct{} // ends when the collector before was closed; may be nil

	// The scheduler's lock guards what follows.
	lane  *lane  // nil when it has no place
	group string // empty when it has no place there
	held  bool   // the places are kept for a call that does not end
}

// call is a call of a collector that may ignore its deadline.
type call struct {
	ended   bool
	counted bool
	held    *run // whose places it keeps
}

// verdict is what the attempts of a run came to.
type verdict struct {
	batch    *plugin.Batch
	err      error
	outcome  inventory.Outcome
	attempts int
}

// start begins the run of an entry that has its places.
func (s *Scheduler) start(ctx context.Context, e *entry) {
	r := &run{entry: e, target: e.target, due: e.want, manual: e.manual, lane: e.lane, group: e.group}
	e.manual = false
	if e.gone || !e.target.Source.Enabled {
		e.busy = false
		s.release(r)
		e.answer(inventory.Run{}, fault.New(fault.Canceled, "running %s: the source was paused or removed", e.target.Source.ID))
		return
	}
	e.run = r
	ctx, r.cancel = context.WithCancelCause(ctx)
	s.stats.Running++
	s.runs.Add(1)
	go func() {
		defer s.runs.Done()
		defer r.cancel(nil)
		s.execute(ctx, r)
	}()
}

// execute runs the source and hands over what came of it.
func (s *Scheduler) execute(ctx context.Context, r *run) {
	e, began, breaks := r.entry, time.Now(), s.time.broken()

	s.mu.Lock()
	hung := r.lane == nil
	c := e.collector
	e.collector, r.before = nil, e.closed
	stamp := s.stamp(r, s.time.now())
	s.mu.Unlock()

	var v verdict
	if hung {
		v = verdict{outcome: inventory.Abandoned, err: fault.New(fault.Timeout, "an earlier call still has not returned").
			WithHint("What it waits for hangs, such as a mount of a server that is gone.")}
	} else {
		demotion := time.AfterFunc(s.config.SlowAfter, func() { s.demote(r) })
		v, c = s.attempts(ctx, r, c)
		demotion.Stop()
	}

	s.watch(ctx)
	if !v.outcome.Succeeded() && v.outcome != inventory.Panicked && s.time.broken() != breaks {
		v.outcome, v.err = inventory.Canceled, fault.New(fault.Canceled, "time was not continuous during the run: %v", v.err)
	}
	result := Result{
		Source: r.target.Source, Plugin: r.target.Plugin,
		Run: inventory.Run{
			Source: r.target.Source.ID, Start: stamp, Duration: time.Since(began), Attempts: v.attempts,
			Outcome: v.outcome, Problem: inventory.ProblemOf(v.err),
		},
	}
	if v.outcome.Succeeded() {
		result.Batch, result.Run.Samples, result.Values = v.batch, len(v.batch.Samples()), c.draft.pending()
	}
	recorded, err := s.record(ctx, r, result)
	if c != nil {
		if err == nil && v.outcome.Succeeded() {
			c.draft.keep(result.Values)
		} else {
			c.draft.rollback()
		}
	}
	s.finish(r, c, recorded, err)
}

// stamp returns the timestamp of a run that starts now: its due time when that
// is not long ago, so that timestamps are regular, and always later than the
// one before.
func (s *Scheduler) stamp(r *run, now time.Time) time.Time {
	late := now.Sub(r.due)
	if !r.manual {
		s.lag.add(time.Now(), late)
	}
	stamp := now.Truncate(time.Millisecond)
	if !r.manual && late >= 0 && late <= r.target.tolerance() {
		stamp = r.due
	}
	if e := r.entry; !stamp.After(e.last) {
		stamp = e.last.Truncate(time.Millisecond).Add(time.Millisecond)
	}
	r.entry.last = stamp
	return stamp
}

// demote moves a run that takes long to the slow lane, if that has room.
func (s *Scheduler) demote(r *run) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.entry.onSlow = true
	if r.entry.run != r || r.lane != &s.fast || s.slow.busy >= s.slow.limit {
		return
	}
	s.fast.leave()
	s.slow.busy++
	r.lane = &s.slow
	if e := s.fast.next(); e != nil {
		s.ready = append(s.ready, e)
		s.signal()
	}
}

// attempts collects until it works, until trying again is of no use, or until
// there is no time left. It returns the collector for the next run, if there is
// one.
func (s *Scheduler) attempts(ctx context.Context, r *run, c *collector) (verdict, *collector) {
	timeout := r.target.Timeout
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var v verdict
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval = min(time.Second, max(50*time.Millisecond, timeout/20))
	pause.Multiplier, pause.RandomizationFactor = 2, 0.5
	operation := func() (struct{}, error) {
		attempts := v.attempts + 1
		v, c = s.attempt(ctx, r, c)
		v.attempts = attempts
		if v.err != nil && (v.outcome != inventory.Failed || !fault.Of(v.err).Temporary()) {
			return struct{}{}, backoff.Permanent(v.err)
		}
		return struct{}{}, v.err
	}
	// What it returns is known already, and better. An attempt that could not
	// get a quarter of the time is not begun.
	_, _ = backoff.Retry(ctx, operation,
		backoff.WithBackOff(pause),
		backoff.WithMaxTries(uint(s.config.Attempts)), //nolint:gosec // a small number
		backoff.WithMaxElapsedTime(timeout-timeout/4))
	return v, c
}

// attempt collects once. It opens the collector first where there is none.
func (s *Scheduler) attempt(ctx context.Context, r *run, c *collector) (verdict, *collector) {
	target, e := r.target, r.entry
	var batch *plugin.Batch
	current := &call{}
	collect := func() error {
		if c == nil {
			if err := r.waitForClosed(ctx); err != nil {
				return err
			}
			opened, err := open(ctx, target, s.hostFor(target.Source, target.Plugin.Manifest()), &draft{values: e.values})
			if err != nil {
				return err
			}
			c = opened
		}
		batch = plugin.NewBatch(target.Plugin)
		return c.Collect(ctx, batch)
	}
	err, caught, returned := guard(ctx.Done(), target.grace(), collect, func() {
		// By now nobody else looks at c.
		s.callEnded(e, current)
		if c != nil {
			s.closed(target, c.close(s.config.CloseTimeout))
		}
	})
	stopped := fault.Of(context.Cause(ctx)) == fault.Canceled
	switch {
	case !returned:
		s.giveUp(r, current)
		v := verdict{outcome: inventory.Abandoned, err: fault.New(fault.Timeout, "the collector ignored its deadline of %s", target.Timeout).
			WithHint("What it waits for hangs, such as a mount of a server that is gone. It is not started again until the call ends.")}
		if stopped {
			v.outcome, v.err = inventory.Canceled, context.Cause(ctx)
		}
		return v, nil
	case caught != nil:
		s.mu.Lock()
		s.stats.Panicked++
		s.mu.Unlock()
		s.config.Log.Error("a collector panicked",
			"source", target.Source.ID, "plugin", target.Plugin.ID(), "panic", target.Plugin.Hide(target.Source.Config, fmt.Sprint(caught.value)),
			"stack", target.Plugin.Hide(target.Source.Config, string(caught.stack)))
		if c != nil {
			s.closed(target, c.close(s.config.CloseTimeout))
		}
		return verdict{outcome: inventory.Panicked, err: fault.As(fault.Internal, caught, "collecting %s", target.Source.ID).
			WithHint("This is a mistake in the plugin. The log has the details.")}, nil
	case err == nil:
		return verdict{outcome: inventory.Success, batch: batch}, c
	}
	if c != nil {
		c.draft.rollback()
	}
	switch {
	case stopped:
		return verdict{outcome: inventory.Canceled, err: context.Cause(ctx)}, c
	case ctx.Err() != nil:
		return verdict{outcome: inventory.TimedOut, err: fault.As(fault.Timeout, err, "no end within %s", target.Timeout)}, c
	default:
		return verdict{outcome: inventory.Failed, err: err}, c
	}
}

// waitForClosed waits until an older collector of the source was closed: what it
// holds, such as a port or a session, may be there only once.
func (r *run) waitForClosed(ctx context.Context) error {
	if r.before == nil {
		return nil
	}
	select {
	case <-r.before:
		return nil
	case <-ctx.Done():
		return fault.Wrap(ctx.Err(), "waiting for the collector before to close")
	}
}

// giveUp counts a call that ignored its deadline. Its source rests until it
// ends.
func (s *Scheduler) giveUp(r *run, current *call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Abandoned++
	s.config.Log.Warn("a collector ignored its deadline and was given up",
		"source", r.target.Source.ID, "plugin", r.target.Plugin.ID(), "timeout", r.target.Timeout)
	if current.ended {
		return
	}
	if s.stuck >= s.config.MaxStuck {
		r.held, current.held = true, r
	}
	s.stuck++
	current.counted = true
	if !r.entry.stale {
		r.entry.stuckOn = current
	}
}

// callEnded notes that a call that was given up has ended.
func (s *Scheduler) callEnded(e *entry, current *call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	current.ended = true
	if !current.counted {
		return
	}
	s.stuck--
	if current.held != nil {
		current.held.held = false
		s.release(current.held)
	}
	if e.stuckOn != current {
		return
	}
	e.stuckOn = nil
	if e.index >= 0 && !e.gone {
		s.plan(e, after(s.time.now(), e.target.Interval, e.phase))
		s.signal()
	}
}

// record hands a result to the sink, unless its source was removed.
func (s *Scheduler) record(ctx context.Context, r *run, result Result) (inventory.Run, error) {
	e := r.entry
	e.recording.Lock()
	defer e.recording.Unlock()
	s.mu.Lock()
	if e.gone {
		s.mu.Unlock()
		return result.Run, fault.New(fault.Canceled, "running %s: the source was removed", result.Run.Source)
	}
	result.Previous = e.state
	// Planned before it is recorded, so that whoever is told of the run can say
	// when the next one is.
	s.replan(e, result)
	s.mu.Unlock()

	recorded, state, err := s.sink.Commit(context.WithoutCancel(ctx), result)

	s.mu.Lock()
	e.state = state
	s.mu.Unlock()
	return recorded, err
}

// replan sets when a source is due after a run: a failing one later, one that
// recovered at its usual pace.
func (s *Scheduler) replan(e *entry, result Result) {
	if e.index < 0 {
		return
	}
	now, interval := s.time.now(), e.target.Interval
	pace := paceOf(result.Previous.Next(result.Run).Failures, interval)
	rest := time.Duration(pace)*interval - interval/2 // from there the next place
	switch usual := after(now, interval, e.phase); {
	case pace > 1 && !e.first:
		s.plan(e, later(usual, after(result.Run.Start.Add(rest), interval, e.phase)))
	case pace == 1 && e.due.Sub(usual) > interval:
		s.plan(e, usual)
	}
}

// finish gives the places of a run back and lets its source go on.
func (s *Scheduler) finish(r *run, c *collector, recorded inventory.Run, err error) {
	e := r.entry
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Runs++
	s.stats.Running--
	if recorded.Duration < s.config.SlowAfter {
		e.onSlow = false
	}
	e.busy, e.run = false, nil
	e.collector = c
	if e.stale || e.gone {
		e.stale = false
		s.retire(e)
		if e.index >= 0 {
			s.planFirst(e) // its first tick with the new config came too early
		}
	}
	if !r.held {
		s.release(r)
	}
	e.answer(recorded, err)
	s.signal()
}

// retire closes the collector of a source: now, or after its run.
func (s *Scheduler) retire(e *entry) {
	if e.run != nil {
		e.stale = true
		return
	}
	c, target := e.collector, e.target
	if c == nil {
		return
	}
	closed := make(chan struct{})
	e.collector, e.closed = nil, closed
	s.closing.Add(1)
	go func() {
		defer s.closing.Done()
		defer close(closed)
		s.closed(target, c.close(s.config.CloseTimeout))
	}()
}

// closed says how closing a collector went, if not well.
func (s *Scheduler) closed(target Target, err error) {
	if err != nil {
		s.config.Log.Warn("a collector was not closed well", "source", target.Source.ID, "plugin", target.Plugin.ID(), "cause", err)
	}
}
