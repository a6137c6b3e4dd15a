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

// Filter chooses what is told. Each empty list stands for everything.
type Filter struct {
	// Sources are IDs; "*" is every source.
	Sources []inventory.SourceID
	Topics  []Topic
	// Metrics are names; samples of others are left out.
	Metrics []string
}

// choice is which samples of a message are told.
type choice struct {
	all   bool
	names map[string]struct{}
	key   string // the sorted names as one
}

// compiled is a filter made for asking.
type compiled struct {
	name    string
	every   bool
	sources map[inventory.SourceID]struct{}
	topics  []Topic
	choice  choice
}

func compile(name string, f Filter) compiled {
	c := compiled{
		name:   name,
		every:  len(f.Sources) == 0 || slices.Contains(f.Sources, "*"),
		topics: slices.Clone(f.Topics),
		choice: choose(f.Metrics),
	}
	if !c.every {
		c.sources = make(map[inventory.SourceID]struct{}, len(f.Sources))
		for _, source := range f.Sources {
			c.sources[source] = struct{}{}
		}
	}
	return c
}

func choose(names []string) choice {
	if len(names) == 0 {
		return choice{all: true}
	}
	sorted := slices.Clone(names)
	slices.Sort(sorted)
	sorted = slices.Compact(sorted)
	c := choice{names: make(map[string]struct{}, len(sorted)), key: keyOf(sorted)}
	for _, name := range sorted {
		c.names[name] = struct{}{}
	}
	return c
}

// takes reports whether the filter chooses the message, and which samples.
func (c *compiled) takes(m *message) bool {
	if len(c.topics) > 0 && !slices.Contains(c.topics, m.topic) {
		return false
	}
	if !c.every {
		if _, ok := c.sources[m.source]; !ok {
			return false
		}
	}
	if m.topic != TopicMetrics || c.choice.all {
		return true
	}
	for name := range c.choice.names {
		if _, ok := m.names[name]; ok {
			return true
		}
	}
	return false
}

// Subscription is what one watcher gets. Next is for one goroutine; the other
// methods are for any.
type Subscription struct {
	hub   *Hub
	ready chan struct{} // there may be something in the queue
	ended chan struct{}
	beat  time.Time // of the next heartbeat; only Next looks at it

	mu      sync.Mutex
	filters []compiled
	queue   []*item // from head on
	head    int
	free    []*item // memory for the queue
	waiting map[slot]*item
	events  int // in the queue
	lost    int // events that were dropped and not told of
	merged  int64
	closed  bool
}

// slot is what a message in the queue is replaced by.
type slot struct {
	topic  Topic
	source inventory.SourceID
}

// item is a message in the queue.
type item struct {
	message *message
	choice  choice
	merged  int
}

func newSubscription(h *Hub, filters []Filter) *Subscription {
	s := &Subscription{
		hub: h, ready: make(chan struct{}, 1), ended: make(chan struct{}), beat: time.Now().Add(h.config.Heartbeat),
		waiting: make(map[slot]*item),
	}
	for i, filter := range filters {
		s.Add("\x00"+strconv.Itoa(i), filter) // apart from the names of others
	}
	return s
}

// Add makes the subscription get what the filter chooses, besides what it gets
// already. A filter of the same name is replaced.
func (s *Subscription) Add(name string, filter Filter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := compile(name, filter)
	if i := s.filterAt(name); i >= 0 {
		s.filters[i] = c
	} else {
		s.filters = append(s.filters, c)
	}
}

func (s *Subscription) filterAt(name string) int {
	return slices.IndexFunc(s.filters, func(c compiled) bool { return c.name == name })
}

// Drop takes a filter away. It reports whether there was one.
func (s *Subscription) Drop(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.filterAt(name)
	if i < 0 {
		return false
	}
	s.filters = slices.Delete(s.filters, i, i+1)
	return true
}

// Merged returns how many messages were replaced or dropped so far because the
// subscriber was slow.
func (s *Subscription) Merged() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.merged
}

// Close ends the subscription. Closing it again does nothing.
func (s *Subscription) Close() {
	s.hub.mu.Lock()
	delete(s.hub.subs, s)
	s.hub.mu.Unlock()
	s.end()
}

func (s *Subscription) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		s.queue, s.head, s.free, s.waiting = nil, 0, nil, nil
		close(s.ended)
	}
}

// Next waits for the next message and returns it as JSON, which must not be
// changed. It returns an error of kind Canceled when ctx ends or the
// subscription is closed.
func (s *Subscription) Next(ctx context.Context) ([]byte, error) {
	for {
		select {
		case <-s.ended:
			return nil, fault.New(fault.Canceled, "the subscription was closed")
		default:
		}
		if now := time.Now(); !now.Before(s.beat) {
			s.beat = now.Add(s.hub.config.Heartbeat)
			return heartbeat(now), nil
		}
		if i, ok := s.pop(); ok {
			return withMerged(i.message.topic, i.message.encode(i.choice), i.merged), nil
		}
		if err := s.wait(ctx); err != nil {
			return nil, err
		}
	}
}

func (s *Subscription) wait(ctx context.Context) error {
	timer := time.NewTimer(time.Until(s.beat))
	defer timer.Stop()
	select {
	case <-s.ready:
		return nil
	case <-timer.C:
		return nil
	case <-s.ended:
		return nil
	case <-ctx.Done():
		return fault.As(fault.Canceled, ctx.Err(), "waiting for something to happen")
	}
}

func (s *Subscription) pop() (item, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.head == len(s.queue) {
		return item{}, false
	}
	i := s.queue[s.head]
	s.queue[s.head] = nil
	if s.head++; s.head == len(s.queue) {
		s.queue, s.head = s.queue[:0], 0
	}
	taken := *i
	*i = item{}
	s.free = append(s.free, i)
	if m := taken.message; m.topic == TopicEvent {
		s.events--
		taken.merged, s.lost = s.lost, 0
	} else {
		delete(s.waiting, slot{m.topic, m.source})
	}
	return taken, true
}

// enqueue puts a message at the end of the queue.
func (s *Subscription) enqueue(m *message, chosen choice) *item {
	if len(s.queue) == cap(s.queue) && s.head > 0 {
		s.queue, s.head = slices.Delete(s.queue, 0, s.head), 0
	}
	var i *item
	if last := len(s.free) - 1; last >= 0 {
		i, s.free = s.free[last], s.free[:last]
	} else {
		i = &item{}
	}
	i.message, i.choice = m, chosen
	s.queue = append(s.queue, i)
	return i
}

// push puts a message into the queue if a filter chooses it.
func (s *Subscription) push(m *message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	chosen, ok := s.chooses(m)
	if !ok || s.closed {
		return
	}
	if m.topic == TopicEvent {
		s.pushEvent(m)
	} else {
		at := slot{m.topic, m.source}
		if waiting, ok := s.waiting[at]; ok {
			waiting.message, waiting.choice = m, chosen
			waiting.merged++
			s.merged++
			return
		}
		s.waiting[at] = s.enqueue(m, chosen)
	}
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

func (s *Subscription) pushEvent(m *message) {
	if s.events >= s.hub.config.MaxEvents {
		oldest := s.head + slices.IndexFunc(s.queue[s.head:], func(i *item) bool { return i.message.topic == TopicEvent })
		s.queue = slices.Delete(s.queue, oldest, oldest+1)
		s.events--
		s.lost++
		s.merged++
	}
	s.events++
	s.enqueue(m, choice{})
}

// chooses reports whether some filter takes the message, and which samples all
// of them choose together.
func (s *Subscription) chooses(m *message) (choice, bool) {
	var chosen choice
	taken := 0
	var names []string
	for i := range s.filters {
		filter := &s.filters[i]
		if !filter.takes(m) {
			continue
		}
		if m.topic != TopicMetrics || filter.choice.all {
			return choice{all: true}, true
		}
		taken++
		chosen = filter.choice
		for name := range filter.choice.names {
			names = append(names, name)
		}
	}
	if taken > 1 {
		chosen = choose(names)
	}
	return chosen, taken > 0
}
