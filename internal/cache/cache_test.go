package cache_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/cache"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/test/leaks"
)

func TestMain(m *testing.M) { leaks.Check(m) }

// stored is what a database has.
type stored struct {
	states []inventory.State
	latest []series.Latest
	err    error
}

// States implements cache.Store.
func (s stored) States(context.Context) ([]inventory.State, error) { return s.states, s.err }

// Latest implements cache.Store.
func (s stored) Latest(context.Context, ...*labels.Matcher) ([]series.Latest, error) {
	return s.latest, s.err
}

func one(at int64, value float64, pairs ...string) series.Latest {
	return series.Latest{Labels: labels.FromStrings(append(pairs, "host", "here")...), Point: series.Point{Time: at, Value: value}}
}

func report(id inventory.SourceID, at int64, outcome inventory.Outcome, samples ...metric.Sample) inventory.Report {
	status := inventory.Healthy
	if !outcome.Succeeded() {
		status = inventory.Failing
	}
	return inventory.Report{
		Source: inventory.Source{ID: id}, Run: inventory.Run{Source: id, Outcome: outcome},
		State: inventory.State{Source: id, Status: status}, Time: at, Samples: samples,
	}
}

func TestTheLatestOfASourceIsThatOfItsLastSuccess(t *testing.T) {
	t.Parallel()
	c := cache.New()
	if _, _, ok := c.Latest("a"); ok {
		t.Error("an empty cache has something")
	}
	if _, ok := c.State("a"); ok {
		t.Error("an empty cache has a state")
	}
	c.Committed(report("a", 1000, inventory.Success, metric.Sample{Name: "load", Value: 1}))
	c.Committed(report("a", 2000, inventory.Partial, metric.Sample{Name: "load", Value: 2}))
	c.Committed(report("a", 3000, inventory.Failed))
	c.Committed(inventory.Report{Events: []inventory.Event{{Kind: "clock_stepped"}}})
	at, samples, ok := c.Latest("a")
	if diff := cmp.Diff([]metric.Sample{{Name: "load", Value: 2}}, samples); !ok || at != 2000 || diff != "" {
		t.Errorf("got the time %d and (-want +got):\n%s", at, diff)
	}
	if state, ok := c.State("a"); !ok || state.Status != inventory.Failing {
		t.Errorf("got %+v, want the state of the last run", state)
	}
	c.Forget("a")
	c.Forget("a")
	if _, _, ok := c.Latest("a"); ok {
		t.Error("a source that was forgotten has something")
	}
}

func TestTheCacheBeginsWithWhatWasStored(t *testing.T) {
	t.Parallel()
	c := cache.New()
	c.Committed(report("new", 9000, inventory.Success, metric.Sample{Name: "load", Value: 9}))
	db := stored{
		states: []inventory.State{{Source: "old", Status: inventory.Degraded}, {Source: "new", Status: inventory.Failing}},
		latest: []series.Latest{
			one(1000, 1, "__name__", "gone", "source", "old"),
			one(2000, 3, "__name__", "used_bytes", "source", "old", "device", "sdb"),
			one(2000, 2, "__name__", "used_bytes", "source", "old", "device", "sda"),
			one(2000, 4, "__name__", "load", "source", "old"),
			one(1500, 5, "__name__", "gone_too", "source", "old"),
			one(3000, 0, "__name__", "up", "source", "old", "plugin", "x"),
			one(1000, 1, "__name__", "load", "source", "new"),
			one(1000, 1, "__name__", "of_nobody"),
		},
	}
	if err := c.Prime(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	at, samples, _ := c.Latest("old")
	want := []metric.Sample{
		{Name: "load", Value: 4},
		{Name: "used_bytes", Labels: metric.L("device", "sda"), Value: 2},
		{Name: "used_bytes", Labels: metric.L("device", "sdb"), Value: 3},
	}
	if diff := cmp.Diff(want, samples); at != 2000 || diff != "" {
		t.Errorf("got the time %d and (-want +got):\n%s", at, diff)
	}
	if state, _ := c.State("old"); state.Status != inventory.Degraded {
		t.Errorf("the state is %+v, want the one that was stored", state)
	}
	if at, _, _ := c.Latest("new"); at != 9000 {
		t.Errorf("the time is %d, want that of the newer run", at)
	}
	if state, _ := c.State("new"); state.Status != inventory.Healthy {
		t.Errorf("the state is %+v, want the newer one", state)
	}
	if err := c.Prime(t.Context(), stored{err: fault.New(fault.Unreachable, "no")}); fault.Of(err) != fault.Unreachable {
		t.Errorf("got %v, want the fault of the store", err)
	}
}

func TestSnapshotsAreKeptWithinABound(t *testing.T) {
	t.Parallel()
	c := cache.New()
	document := func(n int) json.RawMessage { return json.RawMessage(`{"x":"` + strings.Repeat("x", n) + `"}`) }
	tell := func(id inventory.SourceID, document json.RawMessage) {
		r := report(id, 1000, inventory.Success)
		r.Snapshot = document
		c.Committed(r)
	}
	tell("a", document(10))
	tell("a", nil) // it did not change
	want := inventory.Snapshot{Source: "a", Time: time.UnixMilli(1000).UTC(), Document: document(10)}
	got, ok := c.Snapshot("a")
	if diff := cmp.Diff(want, got); !ok || diff != "" {
		t.Errorf("snapshot (-want +got):\n%s", diff)
	}
	for i := range 20 {
		tell(inventory.SourceID(fmt.Sprint(i)), document(1<<20))
	}
	if _, ok := c.Snapshot("19"); ok {
		t.Error("a snapshot beyond the bound was kept")
	}
	c.Forget("0")
	c.Forget("1")
	tell("19", document(1<<20))
	if _, ok := c.Snapshot("19"); !ok {
		t.Error("a snapshot was not kept although there was room again")
	}
	tell("2", document(17<<20))
	if _, ok := c.Snapshot("2"); ok {
		t.Error("an old snapshot stays when the new one is too large")
	}
}

func TestTheCacheIsReadWhileItIsWritten(t *testing.T) {
	t.Parallel()
	c := cache.New()
	var all sync.WaitGroup
	for n := range 4 {
		all.Go(func() {
			for i := range int64(1000) {
				c.Committed(report("a", i+1, inventory.Success, metric.Sample{Name: "n", Value: float64(n)}))
				if at, samples, ok := c.Latest("a"); !ok || at < 1 || len(samples) != 1 {
					t.Errorf("got %d %v %v", at, samples, ok)
				}
			}
		})
	}
	all.Wait()
}

func BenchmarkLatest(b *testing.B) {
	c := cache.New()
	c.Committed(report("a", 1, inventory.Success, metric.Sample{Name: "n"}))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, ok := c.Latest("a"); !ok {
			b.Fatal("nothing there")
		}
	}
}
