package live

import (
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/metric"
)

// Topic is what a message is about.
type Topic string

// The topics that can be asked for.
const (
	TopicMetrics Topic = "metrics"
	TopicRun     Topic = "run"
	TopicStatus  Topic = "status"
	TopicEvent   Topic = "event"
)

// Topics lists every topic that can be asked for.
func Topics() []Topic { return []Topic{TopicMetrics, TopicRun, TopicStatus, TopicEvent} }

// bit returns the bit that stands for the topic among others; none for one that
// is not known.
func (t Topic) bit() uint8 {
	switch t {
	case TopicMetrics:
		return 1
	case TopicRun:
		return 2
	case TopicStatus:
		return 4
	case TopicEvent:
		return 8
	default:
		return 0
	}
}

// message is one thing to tell, shared by all subscribers.
type message struct {
	topic  Topic
	source inventory.SourceID
	number uint64 // in the stream of the hub
	slot   uint32 // where a newer one takes its place; of all but events
	// body returns the JSON object.
	body func() []byte

	once    sync.Once
	encoded []byte

	// Of messages about metrics:
	time    int64
	samples []metric.Sample
	names   map[string]struct{}

	mu      sync.Mutex
	excerpt map[string][]byte // by the names that were chosen
}

// encode returns the message as JSON without the count of what was merged. It
// is encoded by the first who wants it. The result must not be changed.
func (m *message) encode(chosen *choice) []byte {
	if m.topic != TopicMetrics || chosen == nil {
		m.once.Do(func() { m.encoded = m.body() })
		return m.encoded
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	body, ok := m.excerpt[chosen.key]
	if !ok {
		samples := make([]metric.Sample, 0, len(m.samples))
		for _, sample := range m.samples {
			if _, ok := chosen.names[sample.Name]; ok {
				samples = append(samples, sample)
			}
		}
		body = encodeMetrics(m.source, m.time, samples)
		if m.excerpt == nil {
			m.excerpt = make(map[string][]byte)
		}
		m.excerpt[chosen.key] = body
	}
	return body
}

// size returns roughly what the message takes in memory, encoded as well.
func (m *message) size() int { return 512 + 160*len(m.samples) }

// appendMerged appends an encoded message with the count of those it stands
// for, but for the brace at its end.
func appendMerged(to []byte, topic Topic, body []byte, merged int) []byte {
	body = body[:len(body)-1]
	if merged == 0 {
		return append(to, body...)
	}
	if topic == TopicMetrics {
		body = body[:len(body)-len(noneMerged)]
	}
	return strconv.AppendInt(append(append(to, body...), `,"merged":`...), int64(merged), 10)
}

// closeWith ends an object with the position of its reader.
func closeWith(h *Hub, open []byte, number uint64) []byte {
	return append(h.appendPosition(append(open, `,"position":"`...), number), `"}`...)
}

// noneMerged ends every message about metrics, but for the brace.
const noneMerged = `,"merged":0`

func metricsMessage(report *inventory.Report) *message {
	m := &message{
		topic: TopicMetrics, source: report.Source.ID, time: report.Time, samples: report.Samples,
		names: make(map[string]struct{}),
	}
	last := ""
	for i := range m.samples {
		if name := m.samples[i].Name; name != last {
			m.names[name] = struct{}{}
			last = name
		}
	}
	m.body = func() []byte { return encodeMetrics(m.source, m.time, m.samples) }
	return m
}

// encodeMetrics writes by hand what most messages are made of.
func encodeMetrics(source inventory.SourceID, at int64, samples []metric.Sample) []byte {
	b := make([]byte, 0, 128+96*len(samples))
	b = append(b, `{"type":"metrics","source":`...)
	b = appendText(b, string(source))
	b = append(b, `,"time":`...)
	b = append(append(append(b, '"'), stamp(time.UnixMilli(at))...), '"')
	b = append(b, `,"samples":[`...)
	for i, sample := range samples {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(append(b, `{"name":`...), sample.Name)
		b = append(b, `,"labels":{`...)
		for j, label := range sample.Labels {
			if j > 0 {
				b = append(b, ',')
			}
			b = appendText(append(appendText(b, label.Name), ':'), label.Value)
		}
		b = append(b, `},"value":`...)
		b = appendNumber(b, sample.Value)
		b = append(b, '}')
	}
	b = append(b, ']')
	b = append(b, noneMerged...)
	return append(b, '}')
}

// appendNumber writes a finite number in the shortest form that reads back the
// same.
func appendNumber(b []byte, v float64) []byte {
	if v == float64(int64(v)) && v < 1e15 && v > -1e15 {
		return strconv.AppendInt(b, int64(v), 10)
	}
	return strconv.AppendFloat(b, v, 'g', -1, 64)
}

// appendText writes a JSON string.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			quoted, err := json.Marshal(s)
			if err != nil {
				return append(b, `""`...) // a string always marshals
			}
			return append(b, quoted...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

// The JSON of what is told about runs, statuses and events. It is that of the
// REST API.
type (
	runJSON struct {
		Start           time.Time          `json:"start"`
		DurationSeconds float64            `json:"duration_seconds"`
		Attempts        int                `json:"attempts"`
		Outcome         inventory.Outcome  `json:"outcome"`
		Samples         int                `json:"samples"`
		Problem         *inventory.Problem `json:"problem,omitempty"`
	}
	statusJSON struct {
		Status      inventory.Status   `json:"status"`
		Since       time.Time          `json:"since,omitzero"`
		Failures    int                `json:"failures"`
		LastRun     time.Time          `json:"last_run,omitzero"`
		LastSuccess time.Time          `json:"last_success,omitzero"`
		NextRun     time.Time          `json:"next_run,omitzero"`
		Problem     *inventory.Problem `json:"problem,omitempty"`
	}
	eventJSON struct {
		ID       string             `json:"id"`
		Time     time.Time          `json:"time"`
		Kind     string             `json:"kind"`
		Source   inventory.SourceID `json:"source,omitempty"`
		Host     inventory.HostID   `json:"host,omitempty"`
		Severity inventory.Severity `json:"severity"`
		Title    string             `json:"title"`
		Detail   map[string]string  `json:"detail,omitempty"`
	}
)

func runMessage(run inventory.Run) *message {
	return plainMessage(TopicRun, run.Source, struct {
		Type   Topic              `json:"type"`
		Source inventory.SourceID `json:"source"`
		Run    runJSON            `json:"run"`
	}{TopicRun, run.Source, runJSON{
		Start: utc(run.Start), DurationSeconds: run.Duration.Seconds(), Attempts: run.Attempts,
		Outcome: run.Outcome, Samples: run.Samples, Problem: run.Problem,
	}})
}

func statusMessage(state inventory.State, next time.Time) *message {
	return plainMessage(TopicStatus, state.Source, struct {
		Type   Topic              `json:"type"`
		Source inventory.SourceID `json:"source"`
		Status statusJSON         `json:"status"`
	}{TopicStatus, state.Source, statusJSON{
		Status: state.Status, Since: utc(state.Since), Failures: state.Failures, LastRun: utc(state.LastRun),
		LastSuccess: utc(state.LastSuccess), NextRun: utc(next), Problem: state.Problem,
	}})
}

func eventMessage(event inventory.Event) *message {
	return plainMessage(TopicEvent, event.Source, struct {
		Type  Topic     `json:"type"`
		Event eventJSON `json:"event"`
	}{TopicEvent, eventJSON{
		ID: strconv.FormatInt(event.ID, 10), Time: utc(event.Time), Kind: event.Kind, Source: event.Source,
		Host: event.Host, Severity: event.Severity, Title: event.Title, Detail: event.Detail,
	}})
}

func plainMessage(topic Topic, source inventory.SourceID, document any) *message {
	return &message{topic: topic, source: source, body: func() []byte {
		body, err := json.Marshal(document)
		if err != nil {
			return []byte(`{"type":"` + string(topic) + `"}`) // texts, numbers and times always marshal
		}
		return body
	}}
}

// appendHeartbeat appends a heartbeat but for the brace at its end.
func appendHeartbeat(to []byte, now time.Time) []byte {
	return append(append(append(to, `{"type":"heartbeat","time":"`...), stamp(now)...), '"')
}

// utc returns the time in UTC and milliseconds; the zero time stays it.
func utc(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Millisecond)
}

func stamp(t time.Time) string { return utc(t).Format(time.RFC3339Nano) }

// keyOf makes one text of sorted names.
func keyOf(names []string) string { return strings.Join(names, "\x00") }
