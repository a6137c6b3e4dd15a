package storetest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
)

func same(t *testing.T, what string, want, got any, options ...cmp.Option) {
	t.Helper()
	if diff := cmp.Diff(want, got, append(options, cmpopts.EquateEmpty())...); diff != "" {
		t.Errorf("%s differ (-want +got):\n%s", what, diff)
	}
}

func wantKind(t *testing.T, kind fault.Kind, err error) {
	t.Helper()
	if fault.Of(err) != kind {
		t.Errorf("got %v, want a fault of kind %s", err, kind)
	}
}

func aSource(id inventory.SourceID) inventory.Source {
	return inventory.Source{
		ID: id, Plugin: "docker_monitor", Name: "Docker on “nas”", Host: "nas",
		Config: json.RawMessage(`{"socket":"/run/docker.sock","n":[1,2]}`), Enabled: true,
		Interval: 10 * time.Second, Timeout: 1500 * time.Millisecond, Tags: []string{"a", "b,c", `"`},
		Origin: inventory.User, Created: epoch(), Updated: epoch().Add(123 * time.Millisecond), Revision: 1,
	}
}

func testSources(t *testing.T, open Opener) {
	t.Helper()
	second, third := aSource("b"), inventory.Source{ID: "c", Tags: []string{}}
	stages(t, open, func(t *testing.T, store Store) {
		t.Helper()
		must(t, store.CreateSource(t.Context(), third))
		must(t, store.CreateSource(t.Context(), aSource("a")))
		must(t, store.CreateSource(t.Context(), second))
		must(t, store.DeleteSource(t.Context(), "a"))
		wantKind(t, fault.Conflict, store.CreateSource(t.Context(), second))
	}, func(t *testing.T, store Store) {
		t.Helper()
		all, err := store.Sources(t.Context())
		must(t, err)
		same(t, "sources", []inventory.Source{second, third}, all)
		one, err := store.Source(t.Context(), "b")
		must(t, err)
		same(t, "sources", second, one)
		_, err = store.Source(t.Context(), "a")
		wantKind(t, fault.NotFound, err)
		wantKind(t, fault.NotFound, store.DeleteSource(t.Context(), "a"))
	})
}

func testRevisions(t *testing.T, open Opener) {
	t.Helper()
	store := mustOpen(t, open, Options{})
	source := aSource("a")
	must(t, store.CreateSource(t.Context(), source))
	changed := source
	changed.Name, changed.Enabled, changed.Tags = "other", false, []string{}
	got, err := store.UpdateSource(t.Context(), changed)
	must(t, err)
	changed.Revision = 2
	same(t, "sources", changed, got)
	_, err = store.UpdateSource(t.Context(), source)
	wantKind(t, fault.Conflict, err)
	got, err = store.Source(t.Context(), "a")
	must(t, err)
	same(t, "sources", changed, got)
	_, err = store.UpdateSource(t.Context(), aSource("none"))
	wantKind(t, fault.NotFound, err)
}

func testNames(t *testing.T, open Opener) {
	t.Helper()
	names := []inventory.SourceID{"A", "B", "a", "a b", "a-b", "a_b", "ä", "ß", "ss", inventory.SourceID(strings.Repeat("x", 128))}
	stages(t, open, func(t *testing.T, store Store) {
		t.Helper()
		for _, name := range names {
			must(t, store.CreateSource(t.Context(), aSource(name)))
		}
	}, func(t *testing.T, store Store) {
		t.Helper()
		all, err := store.Sources(t.Context())
		must(t, err)
		var got []inventory.SourceID
		for _, source := range all {
			got = append(got, source.ID)
		}
		want := slices.Sorted(slices.Values(names))
		same(t, "names", want, got)
	})
}

func testHosts(t *testing.T, open Opener) {
	t.Helper()
	nas := inventory.Host{ID: "nas", Name: "NAS", Platform: "linux/arm64", Created: epoch(), LastSeen: epoch().Add(time.Hour)}
	stages(t, open, func(t *testing.T, store Store) {
		t.Helper()
		must(t, store.SaveHost(t.Context(), inventory.Host{ID: "nas"}))
		must(t, store.SaveHost(t.Context(), inventory.Host{ID: "a"}))
		must(t, store.SaveHost(t.Context(), nas))
	}, func(t *testing.T, store Store) {
		t.Helper()
		got, err := store.Hosts(t.Context())
		must(t, err)
		same(t, "hosts", []inventory.Host{{ID: "a"}, nas}, got)
	})
}

func testRuns(t *testing.T, open Opener) {
	t.Helper()
	problem := &inventory.Problem{Kind: fault.Timeout, Message: "no answer", Hint: "wait"}
	var all []inventory.Run // newest first
	stages(t, open, func(t *testing.T, store Store) {
		t.Helper()
		for minute := range 20 {
			rec := succeeded("s", minute)
			if minute%5 == 0 {
				rec.Run.Outcome, rec.Run.Problem = inventory.TimedOut, problem
			}
			if minute%5 == 1 {
				rec.Run.Outcome, rec.Run.Problem = inventory.Partial, problem
			}
			must(t, store.Commit(t.Context(), rec))
			must(t, store.Commit(t.Context(), succeeded("other", minute)))
			all = slices.Insert(all, 0, rec.Run)
			if minute == 10 { // some in the database, some in memory
				must(t, store.Seal(t.Context()))
			}
		}
	}, func(t *testing.T, store Store) {
		t.Helper()
		ask := func(filter inventory.RunFilter) []inventory.Run {
			filter.Source = "s"
			got, err := store.Runs(t.Context(), filter)
			must(t, err)
			return got
		}
		same(t, "all runs", all, ask(inventory.RunFilter{}))
		same(t, "the last runs", all[:12], ask(inventory.RunFilter{Limit: 12}))
		same(t, "earlier runs", all[5:8], ask(inventory.RunFilter{Limit: 3, Before: all[4].Start}))
		same(t, "runs that did not succeed", []inventory.Run{all[4], all[9], all[14]},
			ask(inventory.RunFilter{Limit: 3, Failed: true}))
	})
}

func testStates(t *testing.T, open Opener) {
	t.Helper()
	problem := &inventory.Problem{Kind: fault.Auth, Message: "refused"}
	failing := inventory.State{
		Source: "a", Status: inventory.Failing, Since: epoch(), Failures: 7, LastRun: epoch().Add(time.Hour), Problem: problem,
	}
	stages(t, open, func(t *testing.T, store Store) {
		t.Helper()
		for minute := range 3 {
			must(t, store.Commit(t.Context(), succeeded("a", minute)))
		}
		must(t, store.Commit(t.Context(), succeeded("b", 9)))
		must(t, store.Seal(t.Context()))
		rec := succeeded("a", 60)
		rec.State = failing
		must(t, store.Commit(t.Context(), rec))
	}, func(t *testing.T, store Store) {
		t.Helper()
		got, err := store.States(t.Context())
		must(t, err)
		same(t, "states", []inventory.State{failing, succeeded("b", 9).State}, got)
	})
}

func testEvents(t *testing.T, open Opener) {
	t.Helper()
	severities := []inventory.Severity{inventory.Info, inventory.Warning, inventory.Critical}
	var all []inventory.Event // newest first
	store := stages(t, open, func(t *testing.T, store Store) {
		t.Helper()
		for i := range 12 {
			event := inventory.Event{
				Time: epoch().Add(time.Duration(i) * time.Minute), Kind: fmt.Sprint("kind", i%2),
				Source: inventory.SourceID(fmt.Sprint("s", i%3)), Host: "nas", Severity: severities[i%3], Title: fmt.Sprint("event ", i),
			}
			if i%4 == 0 {
				event.Detail = map[string]string{"from": "a", "to": "ü\n"}
			}
			rec := succeeded("s", i)
			rec.Events = []inventory.Event{event}
			must(t, store.Commit(t.Context(), rec))
			if len(all) > 0 && rec.Events[0].ID <= all[0].ID {
				t.Errorf("event %d comes after event %d", rec.Events[0].ID, all[0].ID)
			}
			event.ID = rec.Events[0].ID
			all = slices.Insert(all, 0, event)
			if i == 5 {
				must(t, store.Seal(t.Context()))
			}
		}
	}, func(t *testing.T, store Store) {
		t.Helper()
		for name, test := range map[string]struct {
			filter inventory.EventFilter
			want   func(e inventory.Event) bool
		}{
			"all events":        {inventory.EventFilter{}, func(inventory.Event) bool { return true }},
			"of a source":       {inventory.EventFilter{Source: "s1"}, func(e inventory.Event) bool { return e.Source == "s1" }},
			"of a kind":         {inventory.EventFilter{Kinds: []string{"kind1", "x"}}, func(e inventory.Event) bool { return e.Kind == "kind1" }},
			"of two severities": {inventory.EventFilter{Severities: severities[1:]}, func(e inventory.Event) bool { return e.Severity != inventory.Info }},
			"since":             {inventory.EventFilter{Since: all[4].Time}, func(e inventory.Event) bool { return e.ID >= all[4].ID }},
			"until":             {inventory.EventFilter{Until: all[4].Time}, func(e inventory.Event) bool { return e.ID <= all[4].ID }},
			"before":            {inventory.EventFilter{BeforeID: all[4].ID}, func(e inventory.Event) bool { return e.ID < all[4].ID }},
		} {
			got, err := store.Events(t.Context(), test.filter)
			must(t, err)
			want := slices.DeleteFunc(slices.Clone(all), func(e inventory.Event) bool { return !test.want(e) })
			same(t, "events "+name, want, got)
			test.filter.Limit = 2
			got, err = store.Events(t.Context(), test.filter)
			must(t, err)
			same(t, "two events "+name, want[:2], got)
		}
	})
	rec := succeeded("s", 99)
	rec.Events = []inventory.Event{{Kind: "x"}, {Kind: "y"}}
	must(t, store.Commit(t.Context(), rec))
	if rec.Events[0].ID <= all[0].ID || rec.Events[1].ID <= rec.Events[0].ID {
		t.Errorf("after a start, events %d and %d come after event %d", rec.Events[0].ID, rec.Events[1].ID, all[0].ID)
	}
}

func testSnapshots(t *testing.T, open Opener) {
	t.Helper()
	snapshot := func(minute int) inventory.Snapshot {
		return inventory.Snapshot{
			Source: "s", Time: epoch().Add(time.Duration(minute) * time.Minute),
			Document: json.RawMessage(fmt.Sprintf(`{"minute": %d, "rows": [%s1]}`, minute, strings.Repeat("1,", 500))),
		}
	}
	minutes := []int{0, 60, 120, 180}
	stages(t, open, func(t *testing.T, store Store) {
		t.Helper()
		for _, minute := range minutes {
			rec := succeeded("s", minute)
			rec.Snapshot = snapshot(minute).Document
			must(t, store.Commit(t.Context(), rec))
			must(t, store.Commit(t.Context(), succeeded("s", minute+1))) // it did not change
			if minute == 60 {
				must(t, store.Seal(t.Context()))
			}
		}
	}, func(t *testing.T, store Store) {
		t.Helper()
		for at, want := range map[int]int{0: 0, 59: 0, 60: 60, 119: 60, 150: 120, 180: 180, 999: 180} {
			got, err := store.Snapshot(t.Context(), "s", epoch().Add(time.Duration(at)*time.Minute))
			must(t, err)
			same(t, fmt.Sprintf("snapshots of minute %d", at), snapshot(want), got)
		}
		newest, err := store.Snapshot(t.Context(), "s", time.Time{})
		must(t, err)
		same(t, "newest snapshots", snapshot(180), newest)
		_, err = store.Snapshot(t.Context(), "s", epoch().Add(-time.Minute))
		wantKind(t, fault.NotFound, err)
		_, err = store.Snapshot(t.Context(), "none", time.Time{})
		wantKind(t, fault.NotFound, err)
		times, err := store.SnapshotTimes(t.Context(), "s", 3)
		must(t, err)
		same(t, "times of snapshots", []time.Time{snapshot(180).Time, snapshot(120).Time, snapshot(60).Time}, times)
	})
}

func testValues(t *testing.T, open Opener) {
	t.Helper()
	stages(t, open, func(t *testing.T, store Store) {
		t.Helper()
		for minute, values := range []map[string]json.RawMessage{
			{"a": json.RawMessage("1"), "b": json.RawMessage(`"x"`), "A": json.RawMessage("[]")},
			{"a": json.RawMessage("2"), "b": json.RawMessage("null")},
			{"c": json.RawMessage("{}")},
		} {
			rec := succeeded("s", minute)
			rec.Values = values
			must(t, store.Commit(t.Context(), rec))
			if minute == 0 {
				must(t, store.Seal(t.Context()))
			}
		}
	}, func(t *testing.T, store Store) {
		t.Helper()
		got, err := store.Values(t.Context(), "s")
		must(t, err)
		same(t, "values", map[string]json.RawMessage{
			"a": json.RawMessage("2"), "A": json.RawMessage("[]"), "c": json.RawMessage("{}"),
		}, got)
		got, err = store.Values(t.Context(), "none")
		must(t, err)
		same(t, "values", map[string]json.RawMessage{}, got)
	})
}

func testDelete(t *testing.T, open Opener) {
	t.Helper()
	stages(t, open, func(t *testing.T, store Store) {
		t.Helper()
		for _, id := range []inventory.SourceID{"gone", "kept"} {
			must(t, store.CreateSource(t.Context(), aSource(id)))
			rec := succeeded(id, 1)
			rec.Snapshot, rec.Values = json.RawMessage("{}"), map[string]json.RawMessage{"k": json.RawMessage("1")}
			rec.Events = []inventory.Event{{Time: epoch(), Kind: "k", Source: id}}
			must(t, store.Commit(t.Context(), rec))
		}
		must(t, store.DeleteSource(t.Context(), "gone"))
	}, func(t *testing.T, store Store) {
		t.Helper()
		runs, err := store.Runs(t.Context(), inventory.RunFilter{Source: "gone"})
		must(t, err)
		values, err := store.Values(t.Context(), "gone")
		must(t, err)
		if len(runs) > 0 || len(values) > 0 {
			t.Errorf("runs %v and values %v are left", runs, values)
		}
		_, err = store.Snapshot(t.Context(), "gone", time.Time{})
		wantKind(t, fault.NotFound, err)
		states, err := store.States(t.Context())
		must(t, err)
		same(t, "states", []inventory.State{succeeded("kept", 1).State}, states)
		events, err := store.Events(t.Context(), inventory.EventFilter{Source: "gone"})
		must(t, err)
		if len(events) != 1 {
			t.Errorf("of the events %v are left, want all", events)
		}
	})
}

func testNoRun(t *testing.T, open Opener) {
	t.Helper()
	paused := inventory.State{Source: "s", Status: inventory.Paused, Since: epoch()}
	stages(t, open, func(t *testing.T, store Store) {
		t.Helper()
		rec := succeeded("", 0)
		rec.State, rec.Events = paused, []inventory.Event{{Time: epoch(), Kind: "source_disabled", Source: "s"}}
		must(t, store.Commit(t.Context(), rec))
	}, func(t *testing.T, store Store) {
		t.Helper()
		states, err := store.States(t.Context())
		must(t, err)
		same(t, "states", []inventory.State{paused}, states)
		for _, source := range []inventory.SourceID{"s", ""} {
			runs, err := store.Runs(t.Context(), inventory.RunFilter{Source: source})
			must(t, err)
			same(t, "runs", []inventory.Run{}, runs)
		}
		events, err := store.Events(t.Context(), inventory.EventFilter{})
		must(t, err)
		if len(events) != 1 || events[0].Kind != "source_disabled" {
			t.Errorf("got events %v", events)
		}
	})
}
