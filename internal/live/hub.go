package live

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/unity-homelab/unity/internal/inventory"
)

// Config is how a Hub works. The zero value of each field stands for its
// default.
type Config struct {
	// MaxEvents bounds the events that wait for one subscriber; 256. Of more the
	// oldest are dropped and counted as merged.
	MaxEvents int
	// Heartbeat is how often every subscriber hears something; 30 s.
	Heartbeat time.Duration
	// Next returns when a source is due, for messages about its status; nil
	// leaves it out.
	Next func(source inventory.SourceID) time.Time
}

// Hub passes on what it is told to its subscriptions.
type Hub struct {
	config Config

	mu     sync.RWMutex
	subs   map[*Subscription]struct{}
	closed bool
}

// New returns a hub without subscriptions.
func New(config Config) *Hub {
	config.MaxEvents = cmp.Or(config.MaxEvents, 256)
	config.Heartbeat = cmp.Or(config.Heartbeat, 30*time.Second)
	return &Hub{config: config, subs: make(map[*Subscription]struct{})}
}

// Run waits until ctx ends and then closes every subscription, so that
// connections end before the program does.
func (h *Hub) Run(ctx context.Context) error {
	<-ctx.Done()
	h.mu.Lock()
	h.closed = true
	subs := h.subs
	h.subs = nil
	h.mu.Unlock()
	for s := range subs {
		s.end()
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
	h.subs[s] = struct{}{}
	return s
}

// Subscriptions returns how many there are.
func (h *Hub) Subscriptions() int {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return len(h.subs)
}

// Committed tells the subscribers what a run led to. It does not wait for any.
func (h *Hub) Committed(report inventory.Report) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if len(h.subs) == 0 {
		return
	}
	for _, m := range h.messages(&report) {
		for s := range h.subs {
			s.push(m)
		}
	}
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
