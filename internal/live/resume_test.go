package live_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/live"
	"github.com/unity-homelab/unity/metric"
)

// values returns the first value of each message about metrics that waits, and
// the position after the last one.
func values(t *testing.T, s *live.Subscription) (string, string) {
	t.Helper()
	var all []string
	position := string(s.Position(nil))
	for _, message := range drain(t, s) {
		var m struct {
			Source, Position string
			Merged           int
			Samples          []struct{ Value float64 }
			Event            struct{ ID string }
		}
		if err := json.Unmarshal([]byte(message), &m); err != nil {
			t.Fatal(err)
		}
		position = m.Position
		switch {
		case m.Event.ID != "":
			all = append(all, "event "+m.Event.ID)
		case len(m.Samples) > 0:
			all = append(all, fmt.Sprint(m.Source, "=", m.Samples[0].Value))
		}
	}
	return strings.Join(all, " "), position
}

// measured tells the hub of a value, and of an event of that number.
func measured(hub *live.Hub, id inventory.SourceID, value int) {
	r := inventory.Report{
		Source: inventory.Source{ID: id}, Time: noon().UnixMilli(), Samples: []metric.Sample{{Name: "load", Value: float64(value)}},
	}
	if value%10 == 0 {
		r.Events = []inventory.Event{{ID: int64(value), Source: id}}
	}
	hub.Committed(r)
}

func TestWhoComesBackGetsWhatWasMissed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := live.New(live.Config{})
		s := hub.Subscribe(live.Filter{})
		measured(hub, "a", 1)
		measured(hub, "b", 2)
		got, position := values(t, s)
		if got != "a=1 b=2" {
			t.Fatalf("got %q", got)
		}
		s.Close()
		<-time.After(time.Minute)
		measured(hub, "a", 3)
		measured(hub, "a", 10)
		measured(hub, "b", 5)

		again := hub.Subscribe()
		defer again.Close()
		if !again.Resume("1", live.Filter{Sources: []inventory.SourceID{"a"}}, position) {
			t.Error("it is said that something is missing")
		}
		if got, _ := values(t, again); got != "a=3 a=10 event 10" {
			t.Errorf("the one source that was asked for: %q", got)
		}
		if !again.Resume("2", live.Filter{}, position) {
			t.Error("it is said that something is missing")
		}
		if got, _ := values(t, again); got != "b=5" {
			t.Errorf("what the first filter did not bring: %q", got)
		}
		measured(hub, "b", 6)
		if got, _ := values(t, again); got != "b=6" {
			t.Errorf("afterwards: %q", got)
		}
	})
}

func TestAPositionNeverSkipsWhatStillWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := live.New(live.Config{})
		s := hub.Subscribe(live.Filter{})
		defer s.Close()
		measured(hub, "a", 1)
		measured(hub, "b", 2)
		measured(hub, "a", 3) // takes the place of the first
		first, ok := s.Pop(nil)
		if !ok || !strings.Contains(string(first), `"value":3`) {
			t.Fatalf("got %s", first)
		}
		var m struct{ Position string }
		if err := json.Unmarshal(first, &m); err != nil {
			t.Fatal(err)
		}
		again := hub.Subscribe()
		defer again.Close()
		again.Resume("1", live.Filter{}, m.Position)
		if got, _ := values(t, again); got != "b=2 a=3" {
			t.Errorf("after a cut between two messages: %q, want b, which was not sent", got)
		}
	})
}

func TestWhoComesBackTooLateIsToldSo(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		before func(hub *live.Hub)
		change func(position string) string
		want   bool
	}{
		"after the last that is kept": {before: func(hub *live.Hub) {
			for i := range 4 {
				measured(hub, "a", 1+i)
			}
		}, want: true},
		"when one more is gone": {before: func(hub *live.Hub) {
			for i := range 5 {
				measured(hub, "a", 1+i)
			}
		}},
		"when nobody listened for long": {before: func(hub *live.Hub) {
			<-time.After(3 * time.Minute)
			measured(hub, "a", 1)
		}},
		"after too much": {before: func(hub *live.Hub) {
			hub.Committed(inventory.Report{Source: inventory.Source{ID: "a"}, Samples: make([]metric.Sample, 20_000)})
		}},
		"to another hub":           {change: func(string) string { return "other-1" }},
		"from the future":          {change: func(position string) string { return position + "0" }},
		"with no number":           {change: func(string) string { return "hub-" }},
		"with a number below zero": {change: func(string) string { return "hub--1" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				hub := live.New(live.Config{Name: "hub", MaxRecent: 4})
				s := hub.Subscribe(live.Filter{})
				measured(hub, "a", 9)
				_, position := values(t, s)
				s.Close()
				if test.before != nil {
					test.before(hub)
				}
				if test.change != nil {
					position = test.change(position)
				}
				again := hub.Subscribe()
				defer again.Close()
				if got := again.Resume("1", live.Filter{}, position); got != test.want {
					t.Errorf("resumed: %v, want %v", got, test.want)
				}
				if _, some := again.Pop(nil); some != test.want {
					t.Errorf("something comes: %v, want %v", some, test.want)
				}
			})
		})
	}
}

func TestSomebodyRestrictedHearsOfTheOwnSourcesOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := live.New(live.Config{})
		s := hub.Subscribe(live.Filter{})
		defer s.Close()
		measured(hub, "b", 10)
		s.Restrict(func(id inventory.SourceID) bool { return id == "a" })
		measured(hub, "a", 20)
		measured(hub, "b", 30)
		hub.Committed(inventory.Report{Events: []inventory.Event{{ID: 7}}})
		got, position := values(t, s)
		if got != "a=20 event 20" {
			t.Errorf("got %q", got)
		}
		again := hub.Subscribe()
		defer again.Close()
		again.Restrict(func(id inventory.SourceID) bool { return id == "a" })
		before, _, _ := strings.Cut(position, "-")
		again.Resume("1", live.Filter{}, before+"-0")
		if got, _ := values(t, again); got != "a=20 event 20" {
			t.Errorf("of what was missed: %q", got)
		}
	})
}

func TestTheMemoryOfWhoNeverReadsIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub := live.New(live.Config{MaxEvents: 3})
		s := hub.Subscribe(live.Filter{})
		defer s.Close()
		for i := range 10_000 {
			measured(hub, inventory.SourceID("ab"[i%2:i%2+1]), 10*i)
		}
		want := []string{"b=99990", "a=99980", "event 99970", "event 99980", "event 99990"}
		got, _ := values(t, s)
		have := map[string]bool{}
		for word := range strings.SplitSeq(strings.ReplaceAll(got, "event ", "event_"), " ") {
			have[strings.ReplaceAll(word, "_", " ")] = true
		}
		for _, each := range want {
			if !have[each] {
				t.Errorf("%s is missing", each)
			}
		}
		if diff := cmp.Diff(len(want), len(have)); diff != "" {
			t.Errorf("messages (-want +got):\n%s\n%s", diff, got)
		}
	})
}

func FuzzResume(f *testing.F) {
	for _, seed := range []string{"", "hub-0", "hub-1", "hub-18446744073709551615", "hub--1", "other-1", "hub", "-", "hub-1-2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, position string) {
		hub := live.New(live.Config{Name: "hub", MaxRecent: 2})
		s := hub.Subscribe(live.Filter{Topics: []live.Topic{live.TopicMetrics}})
		defer s.Close()
		for i := range 4 {
			measured(hub, "a", 1+i)
		}
		again := hub.Subscribe()
		defer again.Close()
		resumed := again.Resume("1", live.Filter{Topics: []live.Topic{live.TopicMetrics}}, position)
		if got, _ := values(t, again); !resumed && got != "" {
			t.Errorf("%q is not known, but gives %s", position, got)
		}
	})
}
