package live

import (
	"cmp"
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/unity-homelab/unity/internal/inventory"
)

// Config is how a Hub works. The zero value of each field stands for its
// default.
type Config struct {
	// Name is what the positions of this hub begin with, so that those of
	// another one, or of this one before a restart, are not taken for its own; a
	// random one.
	Name string
	// MaxEvents bounds the events that wait for one subscriber; 256. Of more the
	// oldest are dropped and counted as merged.
	MaxEvents int
	// MaxRecent bounds the messages that are kept for those who come back; 1,024.
	MaxRecent int
	// Heartbeat is how often every subscriber hears something; 30 s.
	Heartbeat time.Duration
	// Next returns when a source is due, for messages about its status; nil
	// leaves it out.
	Next func(source inventory.SourceID) time.Time
}

// keepFor is how long messages are kept for those who come back when nobody is
// left.
const keepFor = 2 * time.Minute

// Hub passes on what it is told to its subscriptions.
type Hub struct {
	config Config

	mu     sync.Mutex
	subs   map[*Subscription]struct{}
	closed bool
	empty  chan struct{} // closed after the end, when all have left
	told   uint64        // the number of the last message
	recent recent
	left   time.Time // when the last subscriber left
	slots  map[topicOf]uint32
	sets   map[string]*sourceSet
}

// topicOf is what a message that waits is replaced by a newer one of.
type topicOf struct {
	topic  Topic
	source inventory.SourceID
}

// New returns a hub without subscriptions.
func New(config Config) *Hub {
	if config.Name == "" {
		config.Name = rand.Text()[:8]
	}
	config.MaxEvents = cmp.Or(config.MaxEvents, 256)
	config.MaxRecent = cmp.Or(config.MaxRecent, 1024)
	config.Heartbeat = cmp.Or(config.Heartbeat, 30*time.Second)
	return &Hub{
		config: config, subs: make(map[*Subscription]struct{}), empty: make(chan struct{}), recent: recent{most: config.MaxRecent},
		slots: make(map[topicOf]uint32), sets: make(map[string]*sourceSet),
	}
}

// goodbye is how long Run waits for its subscribers.
const goodbye = 2 * time.Second

// Run waits until ctx ends and then ends every subscription, so that connections
// end before the program does: it returns when all were closed, or soon after.
func (h *Hub) Run(ctx context.Context) error {
	<-ctx.Done()
	h.mu.Lock()
	h.closed = true
	for s := range h.subs {
		s.end()
	}
	if len(h.subs) == 0 {
		close(h.empty)
	}
	h.mu.Unlock()
	select {
	case <-h.empty:
	case <-time.After(goodbye):
	}
	return nil
}

// Subscribe returns a subscription to what the filters choose; more can be
// added to it. It must be closed.
func (h *Hub) Subscribe(filters ...Filter) *Subscription {
	s := newSubscription(h, filters)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		s.end()
		return s
	}
	s.seen = h.told
	h.subs[s] = struct{}{}
	return s
}

// leave takes a subscription out.
func (h *Hub) leave(s *Subscription) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, there := h.subs[s]; !there {
		return
	}
	delete(h.subs, s)
	for _, filter := range s.filters {
		h.release(filter.set)
	}
	if len(h.subs) == 0 {
		h.left = time.Now()
		if h.closed {
			close(h.empty)
		}
	}
}

// Subscriptions returns how many there are.
func (h *Hub) Subscriptions() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.subs)
}

// Committed tells the subscribers what a run led to. It does not wait for any.
func (h *Hub) Committed(report inventory.Report) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.subs) == 0 && time.Since(h.left) > keepFor {
		h.told++ // so that nobody takes what was missed for nothing
		h.recent.forget(h.told)
		return
	}
	for _, m := range h.messages(&report) {
		h.told++
		m.number = h.told
		if m.topic != TopicEvent {
			m.slot = h.slot(topicOf{m.topic, m.source})
		}
		h.recent.add(m)
		for s := range h.subs {
			s.push(m)
		}
	}
}

// slot returns the place that messages about the same share in every queue.
func (h *Hub) slot(of topicOf) uint32 {
	slot, known := h.slots[of]
	if !known {
		slot = uint32(len(h.slots))
		h.slots[of] = slot
	}
	return slot
}

func (h *Hub) messages(report *inventory.Report) []*message {
	messages := make([]*message, 0, 3+len(report.Events))
	if len(report.Samples) > 0 {
		messages = append(messages, metricsMessage(report))
	}
	if report.Run.Source != "" {
		messages = append(messages, runMessage(report.Run))
	}
	if report.State.Source != "" && differs(report.Previous, report.State) {
		var next time.Time
		if h.config.Next != nil {
			next = h.config.Next(report.State.Source)
		}
		messages = append(messages, statusMessage(report.State, next))
	}
	for _, event := range report.Events {
		messages = append(messages, eventMessage(event))
	}
	return messages
}

// differs reports whether two states differ in more than their times, which
// the run tells.
func differs(a, b inventory.State) bool {
	if a.Status != b.Status || a.Failures != b.Failures || (a.Problem == nil) != (b.Problem == nil) {
		return true
	}
	return a.Problem != nil && *a.Problem != *b.Problem
}

// sourceSet is the sources of a filter. Filters that name the same ones share
// it: a wall of displays that all show the same costs little more than one.
type sourceSet struct {
	key   string
	ids   map[inventory.SourceID]struct{}
	users int
	// asked is the number of the message that it was asked for last, and said the
	// answer: whoever shares it asks for the same.
	asked uint64
	said  bool
}

// has reports whether a message is about one of the sources. The caller holds
// the hub's mu.
func (s *sourceSet) has(m *message) bool {
	if s.asked != m.number {
		_, s.said = s.ids[m.source]
		s.asked = m.number
	}
	return s.said
}

// share returns the set of some sources. The caller holds mu.
func (h *Hub) share(ids []inventory.SourceID) *sourceSet {
	sorted := slices.Clone(ids)
	slices.Sort(sorted)
	var b strings.Builder
	for _, id := range sorted {
		b.WriteString(string(id))
		b.WriteByte(0)
	}
	set, known := h.sets[b.String()]
	if !known {
		set = &sourceSet{key: b.String(), ids: make(map[inventory.SourceID]struct{}, len(sorted))}
		for _, id := range sorted {
			set.ids[inventory.SourceID(strings.Clone(string(id)))] = struct{}{}
		}
		h.sets[set.key] = set
	}
	set.users++
	return set
}

// release gives a set back. The caller holds mu.
func (h *Hub) release(set *sourceSet) {
	if set == nil {
		return
	}
	if set.users--; set.users == 0 {
		delete(h.sets, set.key)
	}
}
