package live_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/live"
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/test/leaks"
)

func TestMain(m *testing.M) { leaks.Check(m) }

// noon is when everything happens.
func noon() time.Time { return time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC) }

// report is that of a healthy run with two samples.
func report(id inventory.SourceID, value float64) inventory.Report {
	return inventory.Report{
		Source: inventory.Source{ID: id, Name: "A source"},
		Run: inventory.Run{
			Source: id, Start: noon(), Duration: 250 * time.Millisecond, Attempts: 1, Outcome: inventory.Success, Samples: 2,
		},
		State:    inventory.State{Source: id, Status: inventory.Healthy, Since: noon(), LastRun: noon(), LastSuccess: noon()},
		Previous: inventory.State{Source: id, Status: inventory.Healthy},
		Time:     noon().UnixMilli(),
		Samples: []metric.Sample{
			{Name: "load", Value: value},
			{Name: "read_bytes_total", Labels: metric.L("device", `s"da`, "größe", "1"), Value: 1e18},
		},
	}
}

// drain returns the messages that wait, heartbeats left out.
func drain(t *testing.T, s *live.Subscription) []string {
	t.Helper()
	var messages []string
	for {
		ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
		message, err := s.Next(ctx, nil)
		cancel()
		if err != nil {
			return messages
		}
		if !json.Valid(message) {
			t.Errorf("not JSON: %s", message)
		}
		messages = append(messages, string(message))
	}
}

// unplaced returns messages without the positions at their ends.
func unplaced(t *testing.T, messages []string) []string {
	t.Helper()
	for i, message := range messages {
		before, position, ok := strings.Cut(message, `,"position":"`)
		if !ok || !strings.HasSuffix(position, `"}`) {
			t.Errorf("no position: %s", message)
		}
		messages[i] = before + "}"
	}
	return messages
}

// types returns what kind of messages wait.
func types(t *testing.T, s *live.Subscription) string {
	t.Helper()
	var all []string
	for _, message := range drain(t, s) {
		var m struct{ Type, Source string }
		if err := json.Unmarshal([]byte(message), &m); err != nil {
			t.Fatal(err)
		}
		all = append(all, strings.TrimSpace(m.Type+" "+m.Source))
	}
	return strings.Join(all, ", ")
}

func TestMessagesAreAsTheAPISays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := live.New(live.Config{Next: func(inventory.SourceID) time.Time { return noon().Add(time.Minute) }})
		s := hub.Subscribe(live.Filter{})
		defer s.Close()
		r := report("nas", 0.25)
		r.Previous.Status = inventory.Failing
		r.State.Problem = &inventory.Problem{Kind: fault.Partial, Message: "a part", Hint: "Look."}
		r.Events = []inventory.Event{{
			ID: 7, Time: noon(), Kind: "status_changed", Source: "nas", Host: "here", Severity: inventory.Info,
			Title: "nas is healthy again", Detail: map[string]string{"from": "failing"},
		}}
		hub.Committed(r)
		want := []string{
			`{"type":"metrics","source":"nas","time":"2026-03-04T12:00:00Z","samples":[` +
				`{"name":"load","labels":{},"value":0.25},` +
				`{"name":"read_bytes_total","labels":{"device":"s\"da","größe":"1"},"value":1e+18}],"merged":0}`,
			`{"type":"run","source":"nas","run":{"start":"2026-03-04T12:00:00Z","duration_seconds":0.25,"attempts":1,"outcome":"success","samples":2}}`,
			`{"type":"status","source":"nas","status":{"status":"healthy","since":"2026-03-04T12:00:00Z","failures":0,` +
				`"last_run":"2026-03-04T12:00:00Z","last_success":"2026-03-04T12:00:00Z","next_run":"2026-03-04T12:01:00Z",` +
				`"problem":{"kind":"partial","message":"a part","hint":"Look."}}}`,
			`{"type":"event","event":{"id":"7","time":"2026-03-04T12:00:00Z","kind":"status_changed","source":"nas","host":"here",` +
				`"severity":"info","title":"nas is healthy again","detail":{"from":"failing"}}}`,
		}
		if diff := cmp.Diff(want, unplaced(t, drain(t, s))); diff != "" {
			t.Errorf("messages (-want +got):\n%s", diff)
		}
	})
}

func TestAFilterChoosesSourcesTopicsAndMetrics(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		filters []live.Filter
		want    string
	}{
		"nothing is chosen without a filter": {nil, ""},
		"an empty filter chooses all":        {[]live.Filter{{}}, "metrics a, run a, event, metrics b, run b, event"},
		"a star is every source":             {[]live.Filter{{Sources: []inventory.SourceID{"*"}, Topics: []live.Topic{live.TopicRun}}}, "run a, run b"},
		"one source":                         {[]live.Filter{{Sources: []inventory.SourceID{"b"}}}, "metrics b, run b, event"},
		"two filters together": {
			[]live.Filter{{Sources: []inventory.SourceID{"a"}, Topics: []live.Topic{live.TopicRun}}, {Topics: []live.Topic{live.TopicEvent}}},
			"run a, event, event",
		},
		"a metric that none has":  {[]live.Filter{{Topics: []live.Topic{live.TopicMetrics}, Metrics: []string{"other"}}}, ""},
		"a metric that both have": {[]live.Filter{{Topics: []live.Topic{live.TopicMetrics}, Metrics: []string{"other", "load"}}}, "metrics a, metrics b"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				hub := live.New(live.Config{})
				s := hub.Subscribe(test.filters...)
				defer s.Close()
				for _, id := range []inventory.SourceID{"a", "b"} {
					r := report(id, 1)
					r.Events = []inventory.Event{{Source: id, Time: noon()}}
					hub.Committed(r)
				}
				if got := types(t, s); got != test.want {
					t.Errorf("got %q, want %q", got, test.want)
				}
			})
		})
	}
}

func TestOnlyTheChosenMetricsAreTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := live.New(live.Config{})
		s := hub.Subscribe()
		defer s.Close()
		told := func() (names []string) {
			hub.Committed(report("a", 1))
			for _, message := range drain(t, s) {
				var m struct{ Samples []struct{ Name string } }
				if err := json.Unmarshal([]byte(message), &m); err != nil {
					t.Fatal(err)
				}
				for _, sample := range m.Samples {
					names = append(names, sample.Name)
				}
			}
			return names
		}
		metrics := []live.Topic{live.TopicMetrics}
		s.Add("1", live.Filter{Topics: metrics, Metrics: []string{"load"}})
		if diff := cmp.Diff([]string{"load"}, told()); diff != "" {
			t.Errorf("one metric (-want +got):\n%s", diff)
		}
		s.Add("2", live.Filter{Topics: metrics, Metrics: []string{"read_bytes_total"}})
		if diff := cmp.Diff([]string{"load", "read_bytes_total"}, told()); diff != "" {
			t.Errorf("two filters (-want +got):\n%s", diff)
		}
		s.Add("2", live.Filter{Topics: metrics})
		if diff := cmp.Diff([]string{"load", "read_bytes_total"}, told()); diff != "" {
			t.Errorf("one of them for all (-want +got):\n%s", diff)
		}
		if !s.Drop("2") || s.Drop("2") {
			t.Error("a filter can be dropped once")
		}
		if diff := cmp.Diff([]string{"load"}, told()); diff != "" {
			t.Errorf("the first one again (-want +got):\n%s", diff)
		}
	})
}

func TestASlowSubscriberGetsTheLatestAndACount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := live.New(live.Config{MaxEvents: 3})
		s := hub.Subscribe(live.Filter{})
		defer s.Close()
		for i := range 10 {
			for _, id := range []inventory.SourceID{"a", "b"} {
				r := report(id, float64(i))
				r.Samples = r.Samples[:1]
				if id == "b" {
					r.Events = []inventory.Event{{ID: int64(i), Time: noon(), Kind: "k", Severity: inventory.Info, Title: "t"}}
				}
				hub.Committed(r)
			}
		}
		run := `"run":{"start":"2026-03-04T12:00:00Z","duration_seconds":0.25,"attempts":1,"outcome":"success","samples":2},"merged":9}`
		event := `"time":"2026-03-04T12:00:00Z","kind":"k","severity":"info","title":"t"}`
		want := []string{
			`{"type":"metrics","source":"a","time":"2026-03-04T12:00:00Z","samples":[{"name":"load","labels":{},"value":9}],"merged":9}`,
			`{"type":"run","source":"a",` + run,
			`{"type":"metrics","source":"b","time":"2026-03-04T12:00:00Z","samples":[{"name":"load","labels":{},"value":9}],"merged":9}`,
			`{"type":"run","source":"b",` + run,
			`{"type":"event","event":{"id":"7",` + event + `,"merged":7}`,
			`{"type":"event","event":{"id":"8",` + event + `}`,
			`{"type":"event","event":{"id":"9",` + event + `}`,
		}
		if diff := cmp.Diff(want, unplaced(t, drain(t, s))); diff != "" {
			t.Errorf("messages (-want +got):\n%s", diff)
		}
		if got := s.Merged(); got != 9*4+7 {
			t.Errorf("%d messages are counted as merged, want 43", got)
		}
		hub.Committed(report("a", 10))
		if got := unplaced(t, drain(t, s)); len(got) != 2 || !strings.HasSuffix(got[0], `,"merged":0}`) {
			t.Errorf("got %v, want that it begins anew", got)
		}
	})
}

func TestAHeartbeatComesEveryHalfMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := live.New(live.Config{})
		s := hub.Subscribe(live.Filter{})
		defer s.Close()
		began := time.Now()
		go func() {
			for range 9 {
				<-time.After(10*time.Second + time.Millisecond)
				hub.Committed(report("a", 1))
			}
		}()
		var beats []time.Duration
		for len(beats) < 3 {
			message, err := s.Next(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(string(message), `{"type":"heartbeat","time":"`) {
				beats = append(beats, time.Since(began))
			}
		}
		if diff := cmp.Diff([]time.Duration{30 * time.Second, 60 * time.Second, 90 * time.Second}, beats); diff != "" {
			t.Errorf("heartbeats (-want +got):\n%s", diff)
		}
		<-time.After(time.Second)
	})
}

func TestASubscriptionEndsWithItsContextTheHubAndByItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := live.New(live.Config{})
		one, two := hub.Subscribe(live.Filter{}), hub.Subscribe(live.Filter{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := one.Next(ctx, nil); fault.Of(err) != fault.Canceled {
			t.Errorf("with its context: got %v", err)
		}
		one.Close()
		one.Close()
		if _, err := one.Next(t.Context(), nil); fault.Of(err) != fault.Canceled || hub.Subscriptions() != 1 {
			t.Errorf("after Close: got %v and %d subscriptions", err, hub.Subscriptions())
		}
		running, stop := context.WithCancel(t.Context())
		go func() {
			<-time.After(time.Minute)
			stop()
		}()
		if err := hub.Run(running); err != nil {
			t.Errorf("Run returned %v", err)
		}
		if _, err := two.Next(t.Context(), nil); fault.Of(err) != fault.Canceled {
			t.Errorf("after the end of the hub: got %v", err)
		}
		hub.Committed(report("a", 1))
		late := hub.Subscribe(live.Filter{})
		if _, err := late.Next(t.Context(), nil); fault.Of(err) != fault.Canceled {
			t.Errorf("subscribed after the end: got %v", err)
		}
		late.Close()
	})
}

func TestManySubscribersComeAndGoWhileMessagesFlow(t *testing.T) {
	t.Parallel()
	hub := live.New(live.Config{})
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for n := range 20 {
		all.Go(func() {
			for i := range 20 {
				s := hub.Subscribe(live.Filter{Metrics: []string{"load"}[:n%2]})
				s.Add("x", live.Filter{Sources: []inventory.SourceID{"a"}})
				for range i {
					if _, err := s.Next(ctx, nil); err != nil {
						t.Error(err)
					}
				}
				s.Drop("x")
				s.Close()
			}
		})
	}
	told := make(chan struct{})
	go func() {
		defer close(told)
		for i := 0; ctx.Err() == nil; i++ {
			hub.Committed(report(inventory.SourceID(fmt.Sprint("abc"[i%3:i%3+1])), float64(i)))
		}
	}()
	all.Wait()
	cancel()
	<-told
	if n := hub.Subscriptions(); n != 0 {
		t.Errorf("%d subscriptions are left", n)
	}
}

// BenchmarkFanOut is one run told to 1,000 subscribers who take it at once.
func BenchmarkFanOut(b *testing.B) {
	for name, filter := range map[string]live.Filter{
		"all": {}, "metrics": {Topics: []live.Topic{live.TopicMetrics}}, "one-metric": {Topics: []live.Topic{live.TopicMetrics}, Metrics: []string{"load"}},
	} {
		b.Run(name, func(b *testing.B) {
			hub := live.New(live.Config{Heartbeat: time.Hour})
			var subs []*live.Subscription
			for range 1000 {
				s := hub.Subscribe(filter)
				defer s.Close()
				subs = append(subs, s)
			}
			r := report("a", 1)
			for i := range 98 {
				r.Samples = append(r.Samples, metric.Sample{Name: "cpu_ratio", Labels: metric.L("cpu", fmt.Sprint(i)), Value: 0.25})
			}
			messages := 1
			if name == "all" {
				messages = 2
			}
			b.ReportAllocs()
			var telling time.Duration
			for b.Loop() {
				began := time.Now()
				hub.Committed(r)
				telling += time.Since(began)
				for _, s := range subs {
					for range messages {
						if _, err := s.Next(b.Context(), nil); err != nil {
							b.Fatal(err)
						}
					}
				}
			}
			b.ReportMetric(float64(b.N*1000*messages)/b.Elapsed().Seconds(), "messages/s")
			b.ReportMetric(float64(telling.Microseconds())/float64(b.N), "committed-µs")
		})
	}
}
