package live

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
)

// Subscription is what one watcher gets. Next, Wait and Pop are for one goroutine;
// the other methods are for any.
type Subscription struct {
	hub   *Hub
	ready chan struct{} // there may be something in the queue
	ended chan struct{}
	beat  time.Time   // of the next heartbeat
	timer *time.Timer // until then

	mu      sync.Mutex
	filters []compiled // changed only with the hub's mu as well
	allowed func(inventory.SourceID) bool
	queue   queue
	seen    uint64 // the number of the last message that was offered
	merged  int64
	closed  bool
}

func newSubscription(h *Hub, filters []Filter) *Subscription {
	s := &Subscription{
		hub: h, ready: make(chan struct{}, 1), ended: make(chan struct{}), beat: time.Now().Add(h.config.Heartbeat),
	}
	for i, filter := range filters {
		s.Add("\x00"+strconv.Itoa(i), filter) // apart from the names of others
	}
	return s
}

// Add makes the subscription get what the filter chooses, besides what it gets
// already. A filter of the same name is replaced.
func (s *Subscription) Add(name string, filter Filter) { s.Resume(name, filter, "") }

// Resume is Add for somebody who got everything up to a position before: what
// the filter chooses of the messages since then comes first, but for those that
// another filter has chosen. It reports false when they are not all known any
// more, or the position is none of this hub; then none comes.
func (s *Subscription) Resume(name string, filter Filter, position string) bool {
	h := s.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	c := h.compile(name, filter)
	var missed []*message
	number, resumed := h.numberOf(position)
	if resumed {
		if missed, resumed = h.recent.since(number); resumed {
			c.since = number
		}
	}
	s.remove(name)
	s.replay(&c, missed)
	s.filters = append(s.filters, c)
	return resumed
}

// replay puts what a new filter missed in front of what waits.
func (s *Subscription) replay(c *compiled, missed []*message) {
	for _, m := range missed {
		if !c.takes(m) || !s.may(m) || s.covered(c, m) {
			continue
		}
		s.queue.put(m, c.choice)
	}
	s.queue.sort()
	if _, some := s.queue.oldest(); some {
		s.rouse()
	}
}

// covered reports whether other filters chose all that a new one takes of a
// message.
func (s *Subscription) covered(c *compiled, m *message) bool {
	return slices.ContainsFunc(s.filters, func(other compiled) bool {
		return m.number > other.since && other.takes(m) && (other.choice == nil || other.choice == c.choice || m.topic != TopicMetrics)
	})
}

// remove takes the filter of a name away. The caller holds mu and the hub's.
func (s *Subscription) remove(name string) bool {
	i := slices.IndexFunc(s.filters, func(c compiled) bool { return c.name == name })
	if i < 0 {
		return false
	}
	s.hub.release(s.filters[i].set)
	s.filters = slices.Delete(s.filters, i, i+1)
	return true
}

// Drop takes a filter away. It reports whether there was one.
func (s *Subscription) Drop(name string) bool {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.remove(name)
}

// Restrict leaves out what is about sources that are not allowed, whatever the
// filters choose, and about no source. Nil allows everything.
func (s *Subscription) Restrict(allowed func(inventory.SourceID) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.allowed = allowed
}

func (s *Subscription) may(m *message) bool { return s.allowed == nil || s.allowed(m.source) }

// Merged returns how many messages were replaced or dropped so far because the
// subscriber was slow.
func (s *Subscription) Merged() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.merged
}

// Close ends the subscription. Closing it again does nothing.
func (s *Subscription) Close() {
	s.hub.leave(s)
	s.end()
}

func (s *Subscription) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		s.queue = queue{}
		close(s.ended)
	}
}

// Ended is closed when the subscription is.
func (s *Subscription) Ended() <-chan struct{} { return s.ended }

// Next waits for the next message and appends it to a buffer as JSON. It returns
// an error of kind Canceled when ctx ends or the subscription is closed.
func (s *Subscription) Next(ctx context.Context, to []byte) ([]byte, error) {
	for {
		if err := s.Wait(ctx); err != nil {
			return to, err
		}
		if message, ok := s.Pop(to); ok {
			return message, nil
		}
	}
}

// Wait waits until Pop has something, which may be gone again by then. It
// returns an error of kind Canceled when ctx ends or the subscription is closed.
func (s *Subscription) Wait(ctx context.Context) error {
	for {
		select {
		case <-s.ended:
			return fault.New(fault.Canceled, "the subscription was closed")
		default:
		}
		left := time.Until(s.beat)
		if left <= 0 || s.some() {
			return nil
		}
		if s.timer == nil {
			s.timer = time.NewTimer(left)
		} else {
			s.timer.Reset(left)
		}
		select {
		case <-s.ready:
		case <-s.timer.C:
		case <-s.ended:
		case <-ctx.Done():
			return fault.As(fault.Canceled, ctx.Err(), "waiting for something to happen")
		}
	}
}

func (s *Subscription) some() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, some := s.queue.oldest()
	return some
}

// Pop appends the message that has waited longest, or a heartbeat when that is
// due, to a buffer as JSON; false when there is neither.
func (s *Subscription) Pop(to []byte) ([]byte, bool) {
	if now := time.Now(); !now.Before(s.beat) {
		s.beat = now.Add(s.hub.config.Heartbeat)
		return s.closeWith(appendHeartbeat(to, now)), true
	}
	s.mu.Lock()
	taken, ok := s.queue.take()
	for ok && !s.may(taken.message) { // any more
		taken, ok = s.queue.take()
	}
	position := s.position()
	s.mu.Unlock()
	if !ok {
		return to, false
	}
	to = appendMerged(to, taken.message.topic, taken.message.encode(taken.choice), taken.merged)
	return closeWith(s.hub, to, position), true
}

// position returns the number up to which nothing waits any more. The caller
// holds mu.
func (s *Subscription) position() uint64 {
	if oldest, some := s.queue.oldest(); some {
		return oldest - 1
	}
	return s.seen
}

// Position appends where in the stream the subscription is, for Resume.
func (s *Subscription) Position(to []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hub.appendPosition(to, s.position())
}

// closeWith ends an object with the position.
func (s *Subscription) closeWith(open []byte) []byte {
	s.mu.Lock()
	position := s.position()
	s.mu.Unlock()
	return closeWith(s.hub, open, position)
}

// push puts a message into the queue if a filter chooses it.
func (s *Subscription) push(m *message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = m.number
	chosen, ok := chooses(s.filters, m)
	if !ok || s.closed || !s.may(m) {
		return
	}
	if m.topic == TopicEvent {
		if s.queue.events >= s.hub.config.MaxEvents {
			s.queue.dropEvent()
			s.merged++
		}
	} else if waiting := s.queue.waiting(m.slot); waiting != nil {
		waiting.message, waiting.choice = m, chosen
		waiting.merged++
		s.merged++
		return
	}
	s.queue.put(m, chosen)
	s.rouse()
}

func (s *Subscription) rouse() {
	select {
	case s.ready <- struct{}{}:
	default:
	}
}
