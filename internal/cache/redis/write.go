package redis

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/redis/rueidis"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/metric"
)

// The names of keys.
const (
	latestKey   = "unity:latest:"
	statusKey   = "unity:status:"
	overviewKey = "unity:overview"
	eventsName  = "unity:events"
)

// commandsAtOnce is how many commands are sent before their answers are awaited.
const commandsAtOnce = 128

// flush writes what waits. What Redis refuses or does not answer waits on.
func (m *Mirror) flush(ctx context.Context, client rueidis.Client) error {
	w := m.take()
	for part := range slices.Chunk(m.keys(client, w), commandsAtOnce) {
		if err := m.send(ctx, client, part); err != nil {
			m.putBack(w)
			return err
		}
	}
	for part := range slices.Chunk(w.events, commandsAtOnce) {
		if err := m.send(ctx, client, m.messages(client, part)); err != nil {
			m.putBack(waiting{events: w.events})
			return err
		}
		w.events = w.events[len(part):]
	}
	return nil
}

func (m *Mirror) send(ctx context.Context, client rueidis.Client, commands []rueidis.Completed) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, answer := range client.DoMulti(ctx, commands...) {
		if err := answer.Error(); err != nil {
			return m.fault(err, "writing")
		}
	}
	return nil
}

// keys returns the commands that bring the keys up to date.
func (m *Mirror) keys(client rueidis.Client, w waiting) []rueidis.Completed {
	var all []rueidis.Completed
	set := func(key string, value any, ttl time.Duration) {
		all = append(all, client.B().Set().Key(key).Value(m.encode(key, value)).Px(ttl).Build())
	}
	for _, id := range w.removed {
		all = append(all, client.B().Del().Key(latestKey+string(id), statusKey+string(id)).Build())
	}
	for id, e := range w.sources {
		if e.unsaved {
			set(statusKey+string(id), statusOf(e.state), statusTTL)
		}
		if left := e.ttl - time.Since(time.UnixMilli(e.time)); e.unstored && left > 0 {
			set(latestKey+string(id), latestOf(e), min(left, e.ttl))
		}
	}
	set(overviewKey, overviewOf(w.counts), overviewTTL)
	return all
}

// messages returns the commands that publish events.
func (m *Mirror) messages(client rueidis.Client, events []inventory.Event) []rueidis.Completed {
	all := make([]rueidis.Completed, len(events))
	for i, e := range events {
		all[i] = client.B().Publish().Channel(eventsName).Message(m.encode(eventsName, eventOf(e))).Build()
	}
	return all
}

func (m *Mirror) encode(key string, value any) string {
	text, err := json.Marshal(value)
	if err != nil { // there is nothing in these types that JSON cannot hold
		m.log.Error("encoding for Redis", "key", key, "error", err)
	}
	return rueidis.BinaryString(text)
}

// latest is the value of a key unity:latest:….
type latest struct {
	Time    time.Time `json:"time"`
	Samples []sample  `json:"samples"`
}

type sample struct {
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels,omitempty"`
	Value  float64           `json:"value"`
}

func latestOf(e entry) latest {
	l := latest{Time: time.UnixMilli(e.time).UTC(), Samples: make([]sample, len(e.samples))}
	for i, s := range e.samples {
		l.Samples[i] = sample{Name: s.Name, Labels: labelsOf(s.Labels), Value: s.Value}
	}
	return l
}

func labelsOf(all metric.Labels) map[string]string {
	if len(all) == 0 {
		return nil
	}
	labels := make(map[string]string, len(all))
	for _, label := range all {
		labels[label.Name] = label.Value
	}
	return labels
}

// status is the value of a key unity:status:….
type status struct {
	Status      inventory.Status   `json:"status"`
	Since       time.Time          `json:"since,omitzero"`
	Failures    int                `json:"failures"`
	LastRun     time.Time          `json:"last_run,omitzero"`
	LastSuccess time.Time          `json:"last_success,omitzero"`
	Problem     *inventory.Problem `json:"problem,omitempty"`
}

func statusOf(state inventory.State) status {
	return status{
		Status: state.Status, Since: state.Since.UTC(), Failures: state.Failures,
		LastRun: state.LastRun.UTC(), LastSuccess: state.LastSuccess.UTC(), Problem: state.Problem,
	}
}

// overview is the value of the key unity:overview.
type overview struct {
	Time    time.Time                `json:"time"`
	Total   int                      `json:"total"`
	Sources map[inventory.Status]int `json:"sources"` // by status
}

func overviewOf(counts map[inventory.Status]int) overview {
	o := overview{Time: time.Now().UTC().Truncate(time.Millisecond), Sources: counts}
	for _, n := range counts {
		o.Total += n
	}
	return o
}

// event is a message on the channel unity:events.
type event struct {
	ID       int64              `json:"id"`
	Time     time.Time          `json:"time"`
	Kind     string             `json:"kind"`
	Source   inventory.SourceID `json:"source,omitempty"`
	Host     inventory.HostID   `json:"host,omitempty"`
	Severity inventory.Severity `json:"severity"`
	Title    string             `json:"title"`
	Detail   map[string]string  `json:"detail,omitempty"`
}

func eventOf(e inventory.Event) event {
	return event{
		ID: e.ID, Time: e.Time.UTC(), Kind: e.Kind, Source: e.Source, Host: e.Host,
		Severity: e.Severity, Title: e.Title, Detail: e.Detail,
	}
}

// fault gives what Redis or the network says its kind.
func (m *Mirror) fault(err error, doing string) error {
	kind, hint := fault.Of(err), "Check that it runs, and its address in cache.redis_url."
	if answer, ok := rueidis.IsRedisErr(err); ok {
		code, _, _ := strings.Cut(answer.Error(), " ")
		switch code {
		case "NOAUTH", "WRONGPASS":
			kind, hint = fault.Auth, "Correct user and password in cache.redis_url."
		case "NOPERM":
			kind, hint = fault.Permission, "The user needs: ACL SETUSER unity ~unity:* &unity:events +set +del +publish +client +hello +ping."
		case "OOM":
			kind, hint = fault.Unreachable, "Its memory is full: raise maxmemory, or set maxmemory-policy to allkeys-lru."
		case "READONLY":
			kind, hint = fault.Config, "It is a replica; name the primary in cache.redis_url."
		case "LOADING", "MASTERDOWN", "BUSY":
			kind, hint = fault.Unreachable, "It is busy starting; Unity tries again."
		default:
			kind, hint = fault.BadAnswer, "Look at the log of the server."
		}
	} else if errors.Is(err, context.DeadlineExceeded) {
		kind, hint = fault.Timeout, "It is stopped, overloaded, or far away."
	}
	return fault.As(kind, err, "%s to Redis at %s", doing, m.name).WithHint("%s", hint)
}
