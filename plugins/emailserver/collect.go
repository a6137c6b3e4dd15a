package emailserver

import (
	"context"
	"sync"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// survey is what one collection found. What was not looked at is nil.
type survey struct {
	endpoints []seen
	queue     *queue
	log       *ledger
	sessions  *sessions
	filter    *filter
	cow       *cow
	listings  []listing
	// problems are those of parts that gave something all the same.
	problems []error
}

// Collect implements plugin.Collector. The parts of a mail server are looked at
// beside each other, so that one that hangs takes no time from the others.
func (c *collector) Collect(ctx context.Context, out *plugin.Batch) error {
	var s survey
	var logProblems, listProblems []error
	var faults [5]error
	var group sync.WaitGroup
	group.Go(func() { s.endpoints = c.look(ctx) })
	group.Go(func() { s.listings, listProblems = c.askBlocklists(ctx) })
	group.Go(func() { s.queue, faults[0] = c.readQueue(ctx) })
	group.Go(func() { s.log, logProblems, faults[1] = c.readLog(ctx) })
	group.Go(func() { s.sessions, faults[2] = c.askDovecot(ctx) })
	group.Go(func() { s.filter, faults[3] = c.askRspamd(ctx) })
	group.Go(func() { s.cow, faults[4] = c.askMailcow(ctx) })
	group.Wait()
	if err := ctx.Err(); err != nil {
		return fault.Wrap(err, "looking at the mail server")
	}
	if s.queue == nil && s.cow != nil && faults[0] == nil {
		s.queue = s.cow.queue
	}
	s.problems = append(append(faults[:], logProblems...), listProblems...)
	if !s.found() {
		for _, err := range faults {
			if err != nil {
				return err
			}
		}
		return fault.New(fault.Config, "there is nothing to look at: no endpoint is set, and no mail server is installed").
			WithHint("add an endpoint, or run Unity or an agent on the mail server's machine")
	}
	c.emit(&s, out)
	return c.tell(&s, out)
}

// Check implements plugin.Checker: an endpoint that is down is measured, but
// whoever has just named it wants to know.
func (c *collector) Check(ctx context.Context) error {
	for _, s := range c.look(ctx) {
		if s.err != nil {
			return s.err
		}
	}
	return nil
}

// found reports whether there is anything to tell. An endpoint that is down is.
func (s *survey) found() bool {
	return len(s.endpoints) > 0 || s.queue != nil || s.log != nil || s.sessions != nil || s.filter != nil || s.cow != nil || len(s.listings) > 0
}

func (c *collector) emit(s *survey, out *plugin.Batch) {
	emitEndpoints(s.endpoints, out)
	if s.queue != nil {
		s.queue.emit(out)
	}
	if s.log != nil {
		s.log.emit(out, s.sessions == nil || s.sessions.logins == nil)
	}
	if s.sessions != nil {
		s.sessions.emit(out)
	}
	if s.filter != nil {
		s.filter.emit(out)
	}
	if s.cow != nil {
		s.cow.emit(c.host.Now(), out)
	}
	emitListings(s.listings, out)
	for _, problem := range s.problems {
		out.Problem(problem)
	}
	out.SetSnapshot(s.document())
}
