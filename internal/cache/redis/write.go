package redis

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

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
	liveName    = "unity:live"
)

// commandsAtOnce is how many commands are sent before their answers are awaited.
const commandsAtOnce = 128

// flush writes what waits. What Redis refuses or does not answer waits on.
func (m *Mirror) flush(c *connection) error {
	w := m.take()
	for part := range slices.Chunk(m.keys(w), commandsAtOnce) {
		if err := c.ask(part...); err != nil {
			m.putBack(w)
			return m.fault(err, "writing")
		}
	}
	for part := range slices.Chunk(w.events, commandsAtOnce) {
		if err := c.ask(m.messages(part)...); err != nil {
			m.putBack(waiting{events: w.events, reports: w.reports})
			return m.fault(err, "writing")
		}
		w.events = w.events[len(part):]
	}
	for part := range slices.Chunk(w.reports, commandsAtOnce) {
		if err := c.ask(m.told(part)...); err != nil {
			m.putBack(waiting{reports: w.reports})
			return m.fault(err, "writing")
		}
		w.reports = w.reports[len(part):]
	}
	return nil
}

// keys returns the commands that bring the keys up to date.
func (m *Mirror) keys(w waiting) [][]string {
	var all [][]string
	set := func(key string, value any, ttl time.Duration) {
		all = append(all, []string{"SET", key, m.encode(key, value), "PX", strconv.FormatInt(max(1, ttl.Milliseconds()), 10)})
	}
	for _, id := range w.removed {
		all = append(all, []string{"DEL", latestKey + string(id), statusKey + string(id)})
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
func (m *Mirror) messages(events []inventory.Event) [][]string {
	all := make([][]string, len(events))
	for i, e := range events {
		all[i] = []string{"PUBLISH", eventsName, m.encode(eventsName, eventOf(e))}
	}
	return all
}

// told returns the commands that tell the other hubs.
func (m *Mirror) told(reports []inventory.Report) [][]string {
	all := make([][]string, len(reports))
	for i, report := range reports {
		all[i] = []string{"PUBLISH", liveName, m.encode(liveName, m.sharedOf(report))}
	}
	return all
}

func (m *Mirror) encode(key string, value any) string {
	text, err := json.Marshal(value)
	if err != nil { // there is nothing in these types that JSON cannot hold
		m.log.Error("encoding for Redis", "key", key, "error", err)
	}
	return string(text)
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
	return latest{Time: time.UnixMilli(e.time).UTC(), Samples: samplesOf(e.samples)}
}

func samplesOf(all []metric.Sample) []sample {
	samples := make([]sample, len(all))
	for i, s := range all {
		samples[i] = sample{Name: s.Name, Labels: labelsOf(s.Labels), Value: s.Value}
	}
	return samples
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

// state is the way back.
func (s status) state(id inventory.SourceID) inventory.State {
	return inventory.State{
		Source: id, Status: s.Status, Since: s.Since, Failures: s.Failures,
		LastRun: s.LastRun, LastSuccess: s.LastSuccess, Problem: s.Problem,
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

// event is the way back.
func (e event) event() inventory.Event {
	return inventory.Event{
		ID: e.ID, Time: e.Time, Kind: e.Kind, Source: e.Source, Host: e.Host,
		Severity: e.Severity, Title: e.Title, Detail: e.Detail,
	}
}

// fault gives what Redis or the network says its kind.
func (m *Mirror) fault(err error, doing string) error {
	kind, hint := fault.Of(err), fault.Hint(err)
	if hint == "" {
		hint = "Check that it runs, and its address in cache.redis_url."
	}
	if refused, ok := errors.AsType[*refusal](err); ok {
		code, _, _ := strings.Cut(refused.text, " ")
		switch code {
		case "NOAUTH", "WRONGPASS":
			kind, hint = fault.Auth, "Correct user and password in cache.redis_url."
		case "NOPERM":
			kind, hint = fault.Permission, "The user needs: ACL SETUSER unity ~unity:* &unity:* +set +del +publish +subscribe +ping +client."
		case "OOM":
			kind, hint = fault.Unreachable, "Its memory is full: raise maxmemory, or set maxmemory-policy to allkeys-lru."
		case "READONLY":
			kind, hint = fault.Config, "It is a replica; name the primary in cache.redis_url."
		case "LOADING", "MASTERDOWN", "BUSY":
			kind, hint = fault.Unreachable, "It is busy starting; Unity tries again."
		default:
			kind, hint = fault.BadAnswer, "Look at the log of the server."
		}
	} else if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		kind = fault.Unreachable
	} else if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) {
		kind, hint = fault.Timeout, "It is stopped, overloaded, or far away."
	}
	return fault.As(kind, err, "%s to Redis at %s", doing, m.address.target).WithHint("%s", hint)
}
