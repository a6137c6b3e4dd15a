package storetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/series"
)

// named returns labels of a series that a test calls by a name.
func named(name string) labels.Labels {
	return labels.FromStrings(series.NameLabel, name, "host", "nas")
}

func byName(name string) *labels.Matcher {
	return labels.MustNewMatcher(labels.MatchEqual, series.NameLabel, name)
}

// read returns the samples of a series in a span of time.
func read(t *testing.T, store Store, name string, from, to time.Time) []series.Point {
	t.Helper()
	querier, err := store.Querier(from.UnixMilli(), to.UnixMilli())
	must(t, err)
	found := querier.Select(t.Context(), true, nil, byName(name))
	var points []series.Point
	for found.Next() {
		if !labels.Equal(found.At().Labels(), named(name)) {
			t.Errorf("got series %s", found.At().Labels())
		}
		it := found.At().Iterator(nil)
		for it.Next() != chunkenc.ValNone {
			at, value := it.At()
			points = append(points, series.Point{Time: at, Value: value})
		}
		must(t, it.Err())
	}
	must(t, found.Err())
	must(t, querier.Close())
	return points
}

func readAll(t *testing.T, store Store, name string) []series.Point {
	t.Helper()
	return read(t, store, name, time.UnixMilli(-1<<50), time.UnixMilli(1<<50))
}

// minutes returns one point a minute.
func minutes(from, to int, value func(minute int) float64) []series.Point {
	var points []series.Point
	for minute := from; minute < to; minute++ {
		at := epoch().Add(time.Duration(minute) * time.Minute)
		points = append(points, series.Point{Time: at.UnixMilli(), Value: value(minute)})
	}
	return points
}

func testSamples(t *testing.T, open Opener) {
	t.Helper()
	gauge := func(minute int) float64 { return float64(minute*37%101) / 100 }
	counter := func(minute int) float64 { return float64(minute * minute) }
	stages(t, open, func(t *testing.T, store Store) {
		t.Helper()
		a, b := store.ID(named("a")), store.ID(named("b"))
		for minute := range 600 {
			samples := []series.Sample{{Series: a, Value: gauge(minute)}}
			if minute%10 == 0 {
				samples = append(samples, series.Sample{Series: b, Value: counter(minute)})
			}
			must(t, store.Commit(t.Context(), succeeded("s", minute, samples...)))
			if minute == 200 || minute == 450 {
				must(t, store.Seal(t.Context()))
			}
		}
	}, func(t *testing.T, store Store) {
		t.Helper()
		all := minutes(0, 600, gauge)
		same(t, "all samples", all, readAll(t, store, "a"))
		at := func(minute int) time.Time { return epoch().Add(time.Duration(minute) * time.Minute) }
		for _, span := range [][2]int{{0, 599}, {0, 0}, {199, 202}, {300, 500}, {599, 700}, {-5, 3}, {600, 700}, {430, 590}} {
			want := all[min(max(span[0], 0), 600):min(span[1]+1, 600)]
			same(t, fmt.Sprint("samples of minutes ", span), want, read(t, store, "a", at(span[0]), at(span[1])))
		}
		b := readAll(t, store, "b")
		if len(b) != 60 || b[59].Value != counter(590) {
			t.Errorf("of the other series came %d samples: %v", len(b), b)
		}
		latest, err := store.Latest(t.Context(), labels.MustNewMatcher(labels.MatchEqual, "host", "nas"))
		must(t, err)
		slices.SortFunc(latest, func(x, y series.Latest) int { return labels.Compare(x.Labels, y.Labels) })
		if len(latest) != 2 || latest[0].Point != all[599] || latest[1].Point != b[59] {
			t.Errorf("the latest samples are %v", latest)
		}
	})
}

func testOutOfOrder(t *testing.T, open Opener) {
	t.Helper()
	random := rand.New(rand.NewPCG(7, 8))
	want := make(map[int64]float64)
	stages(t, open, func(t *testing.T, store Store) {
		t.Helper()
		id := store.ID(named("a"))
		write := func(minute int, value float64) {
			rec := succeeded("s", minute, series.Sample{Series: id, Value: value})
			rec.Run.Source = inventory.SourceID(fmt.Sprint("s", random.Uint64())) // runs are not what this is about
			must(t, store.Commit(t.Context(), rec))
			want[rec.Time] = value
		}
		for i := range 400 {
			write(i, float64(i))
		}
		for i := range 150 { // the clock was set back: written again, and in between
			write(100+i, float64(-i))
		}
		must(t, store.Seal(t.Context()))
		for range 300 {
			write(random.IntN(500), random.Float64())
		}
		must(t, store.Seal(t.Context()))
		write(-100_000_000, 1) // about 190 years ago
		for i := range 50 {
			write(380+i, 5)
		}
	}, func(t *testing.T, store Store) {
		t.Helper()
		points := readAll(t, store, "a")
		if !slices.IsSortedFunc(points, func(a, b series.Point) int { return int(a.Time - b.Time) }) {
			t.Error("the samples are not in order of time")
		}
		got := make(map[int64]float64)
		for _, point := range points {
			got[point.Time] = point.Value
		}
		if len(got) != len(points) {
			t.Errorf("of %d samples %d have times of their own", len(points), len(got))
		}
		same(t, "samples", want, got)
	})
}

func testSeek(t *testing.T, open Opener) {
	t.Helper()
	stages(t, open, func(t *testing.T, store Store) {
		t.Helper()
		id := store.ID(named("a"))
		for minute := range 700 {
			must(t, store.Commit(t.Context(), succeeded("s", minute, series.Sample{Series: id, Value: float64(minute)})))
			if minute%300 == 299 {
				must(t, store.Seal(t.Context()))
			}
		}
	}, func(t *testing.T, store Store) {
		t.Helper()
		at := func(minute int) int64 { return epoch().Add(time.Duration(minute) * time.Minute).UnixMilli() }
		querier, err := store.Querier(at(10), at(650))
		must(t, err)
		found := querier.Select(t.Context(), false, nil, byName("a"))
		if !found.Next() {
			t.Fatal("the series is not found")
		}
		it := found.At().Iterator(nil)
		for _, step := range []struct {
			seek int64
			want int // minute, or -1 for the end
		}{
			{at(0), 10},
			{at(5), 10},
			{at(11) - 1, 11},
			{at(11), 11},
			{at(7), 11},
			{at(299), 299},
			{at(300), 300},
			{at(649) + 1, 650},
			{at(650), 650},
			{at(651), -1},
			{at(20), -1},
		} {
			kind := it.Seek(step.seek)
			if step.want < 0 {
				if kind != chunkenc.ValNone {
					t.Errorf("seeking %d found %d", step.seek, it.AtT())
				}
				continue
			}
			if kind != chunkenc.ValFloat || it.AtT() != at(step.want) {
				t.Errorf("seeking %d found %d (%v), want minute %d", step.seek, it.AtT(), kind, step.want)
			}
			if _, value := it.At(); value != float64(step.want) {
				t.Errorf("minute %d has value %v", step.want, value)
			}
		}
		it = found.At().Iterator(it) // iterators are used again
		if it.Next() != chunkenc.ValFloat || it.AtT() != at(10) || it.Seek(at(600)) != chunkenc.ValFloat || it.Next() != chunkenc.ValFloat || it.AtT() != at(601) {
			t.Errorf("a new iterator stands at %d", it.AtT())
		}
	})
}

func testMatching(t *testing.T, open Opener) {
	t.Helper()
	var all []labels.Labels
	for i := range 40 {
		set := []string{series.NameLabel, fmt.Sprint("m", i%4), "i", fmt.Sprint(i)}
		if i%2 == 0 {
			set = append(set, "even", "yes")
		}
		if i%5 == 0 {
			set = append(set, "Even", "YES")
		}
		all = append(all, labels.FromStrings(set...))
	}
	stages(t, open, func(t *testing.T, store Store) {
		t.Helper()
		var samples []series.Sample
		for i, ls := range all {
			samples = append(samples, series.Sample{Series: store.ID(ls), Value: float64(i)})
		}
		must(t, store.Commit(t.Context(), succeeded("s", 1, samples...)))
	}, func(t *testing.T, store Store) {
		t.Helper()
		querier, err := store.Querier(0, 1<<60)
		must(t, err)
		match := labels.MustNewMatcher
		for _, matchers := range [][]*labels.Matcher{
			{},
			{match(labels.MatchEqual, series.NameLabel, "m1")},
			{match(labels.MatchEqual, "even", "yes"), match(labels.MatchRegexp, "i", "[0-9]")},
			{match(labels.MatchEqual, "even", "")},
			{match(labels.MatchNotEqual, "even", "")},
			{match(labels.MatchNotEqual, "even", "yes"), match(labels.MatchEqual, "Even", "YES")},
			{match(labels.MatchRegexp, series.NameLabel, "m1|m3")},
			{match(labels.MatchRegexp, "even", "yes|")},
			{match(labels.MatchNotRegexp, "i", "1.*"), match(labels.MatchEqual, series.NameLabel, "m0")},
			{match(labels.MatchNotRegexp, "even", ".+")},
			{match(labels.MatchEqual, "none", "x")},
			{match(labels.MatchNotEqual, "none", "x"), match(labels.MatchEqual, "i", "7")},
		} {
			var want, got []string
			for _, ls := range all {
				if !slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches(ls.Get(m.Name)) }) {
					want = append(want, ls.String())
				}
			}
			found := querier.Select(t.Context(), true, nil, matchers...)
			for found.Next() {
				got = append(got, found.At().Labels().String())
			}
			must(t, found.Err())
			slices.Sort(want)
			slices.Sort(got)
			same(t, fmt.Sprint("series that match ", matchers), want, got)
		}
		names, _, err := querier.LabelNames(t.Context(), nil)
		must(t, err)
		same(t, "names of labels", []string{"Even", series.NameLabel, "even", "i"}, names)
		values, _, err := querier.LabelValues(t.Context(), series.NameLabel, nil, match(labels.MatchRegexp, "i", "[0-2]"))
		must(t, err)
		same(t, "values of a label", []string{"m0", "m1", "m2"}, values)
	})
}

func testNumbers(t *testing.T, open Opener) {
	t.Helper()
	given := make(map[series.ID]string)
	for round := range 4 {
		store, err := open(Options{})
		must(t, err)
		for i := range 3 {
			name := fmt.Sprint("m", round, i)
			id := store.ID(named(name))
			if other, taken := given[id]; taken {
				t.Errorf("number %d stands for %s and for %s", id, other, name)
			}
			given[id] = name
			if again := store.ID(named(name)); again != id {
				t.Errorf("%s has numbers %d and %d", name, id, again)
			}
			must(t, store.Commit(t.Context(), succeeded("s", 10*round+i, series.Sample{Series: id, Value: 1})))
		}
		for id, name := range given {
			if ls, ok := store.Labels(id); !ok || !labels.Equal(ls, named(name)) {
				t.Errorf("number %d stands for %s, want %s", id, ls, name)
			}
			if got := store.ID(named(name)); got != id {
				t.Errorf("%s had number %d and has %d", name, id, got)
			}
		}
		must(t, store.Close())
	}
}

func testMerge(t *testing.T, open Opener) {
	t.Helper()
	store := mustOpen(t, open, Options{})
	a, rare := store.ID(named("a")), store.ID(named("rare"))
	value := func(minute int) float64 { return float64(minute) / 10 }
	for minute := range 3 * 1440 {
		samples := []series.Sample{{Series: a, Value: value(minute)}}
		if minute%60 == 0 {
			samples = append(samples, series.Sample{Series: rare, Value: value(minute)})
		}
		must(t, store.Commit(t.Context(), succeeded("s", minute, samples...)))
		if minute%180 == 0 {
			must(t, store.Seal(t.Context()))
			must(t, store.Merge(t.Context()))
		}
	}
	same(t, "samples", minutes(0, 3*1440, value), readAll(t, store, "a"))
	if got := readAll(t, store, "rare"); len(got) != 72 || got[71].Value != value(71*60) {
		t.Errorf("the rare series has %d samples", len(got))
	}
}

func testExpire(t *testing.T, open Opener) {
	t.Helper()
	now := epoch()
	store := mustOpen(t, open, Options{
		Now:          func() time.Time { return now },
		RawRetention: 24 * time.Hour, RunRetention: 12 * time.Hour, SnapshotRetention: 6 * time.Hour, EventRetention: 3 * time.Hour,
	})
	id, once := store.ID(named("a")), store.ID(named("once"))
	must(t, store.CreateSource(t.Context(), aSource("s")))
	must(t, store.CreateSource(t.Context(), aSource("old")))
	stray := succeeded("stray", 0) // its source was deleted before it ended
	stray.Snapshot = []byte(`{}`)
	must(t, store.Commit(t.Context(), stray))
	for hour := range 100 {
		rec := succeeded("s", 60*hour, series.Sample{Series: id, Value: float64(hour)})
		rec.Events = []inventory.Event{{Time: rec.Run.Start, Kind: "k"}}
		rec.Snapshot = fmt.Appendf(nil, `{"hour":%d}`, hour)
		must(t, store.Commit(t.Context(), rec))
		if hour == 0 {
			rec := succeeded("old", 0, series.Sample{Series: once, Value: 1})
			rec.Snapshot = []byte(`{}`)
			must(t, store.Commit(t.Context(), rec))
		}
		must(t, store.Seal(t.Context()))
	}
	now = epoch().Add(99 * time.Hour)
	must(t, store.Expire(t.Context()))
	points := readAll(t, store, "a")
	// A database that removes whole days keeps what shares one with something younger.
	if n := len(points); n < 25 || n > 25+23 || points[n-25].Value != 75 {
		t.Errorf("of the samples %d are left, %v, want those from hour 75 on and at most a day of others", n, points)
	}
	if points := readAll(t, store, "once"); len(points) != 0 {
		t.Errorf("of the series without new samples %v is left", points)
	}
	runs, err := store.Runs(t.Context(), inventory.RunFilter{Source: "s"})
	must(t, err)
	events, err := store.Events(t.Context(), inventory.EventFilter{})
	must(t, err)
	times, err := store.SnapshotTimes(t.Context(), "s", 0)
	must(t, err)
	if len(runs) != 13 || len(events) != 4 || len(times) != 7 {
		t.Errorf("%d runs, %d events and %d snapshots are left, want 13, 4 and 7", len(runs), len(events), len(times))
	}
	if _, err := store.Snapshot(t.Context(), "old", time.Time{}); err != nil {
		t.Errorf("the only snapshot of a source is gone: %v", err)
	}
	states, err := store.States(t.Context())
	must(t, err)
	if len(states) != 2 || states[0].Source != "old" || states[1].Source != "s" {
		t.Errorf("states %v are left, want none of a source that does not exist", states)
	}
	// A number that lost its samples is still not given to another series.
	must(t, store.Close())
	store = mustOpen(t, open, Options{Now: func() time.Time { return now }})
	if fresh := store.ID(named("fresh")); fresh == once || fresh == id {
		t.Errorf("number %d is given again", fresh)
	}
	if again := store.ID(named("a")); again != id {
		t.Errorf("the series had number %d and has %d", id, again)
	}
}

func testConcurrent(t *testing.T, open Opener) {
	t.Helper()
	store := mustOpen(t, open, Options{})
	const writers, each = 4, 150
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			name := fmt.Sprint("w", w)
			for minute := range each {
				id := store.ID(named(name))
				rec := succeeded(inventory.SourceID(name), minute, series.Sample{Series: id, Value: float64(minute)})
				if err := store.Commit(t.Context(), rec); err != nil {
					t.Error(err)
					return
				}
				// What was committed is there for whoever asks afterwards.
				points := readAll(t, store, name)
				runs, err := store.Runs(t.Context(), inventory.RunFilter{Source: inventory.SourceID(name), Limit: each + 1})
				if err != nil || len(points) != minute+1 || len(runs) != minute+1 {
					t.Errorf("%s sees %d samples and %d runs of %d: %v", name, len(points), len(runs), minute+1, err)
					return
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { group.Wait(); close(done) }()
	for {
		select {
		case <-done:
			return
		default:
			if err := store.Seal(t.Context()); err != nil {
				t.Error(err)
			}
			if err := store.Merge(t.Context()); err != nil {
				t.Error(err)
			}
		}
	}
}

func testRefused(t *testing.T, open Opener) {
	t.Helper()
	stages(t, open, func(t *testing.T, store Store) {
		t.Helper()
		id := store.ID(named("a"))
		must(t, store.Commit(t.Context(), succeeded("s", 0, series.Sample{Series: id, Value: 1})))
		canceled, cancel := context.WithCancel(t.Context())
		cancel()
		wantKind(t, fault.Canceled, store.Commit(canceled, succeeded("s", 1, series.Sample{Series: id, Value: 2})))
		unknown := succeeded("s", 2, series.Sample{Series: id, Value: 3}, series.Sample{Series: id + 1000, Value: 3})
		wantKind(t, fault.Internal, store.Commit(t.Context(), unknown))
	}, func(t *testing.T, store Store) {
		t.Helper()
		same(t, "samples", minutes(0, 1, func(int) float64 { return 1 }), readAll(t, store, "a"))
		runs, err := store.Runs(t.Context(), inventory.RunFilter{Source: "s"})
		must(t, err)
		if len(runs) != 1 {
			t.Errorf("got runs %v", runs)
		}
	})
}
