package storetest

import (
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/chunk"
	"github.com/unity-homelab/unity/internal/series/tier"
)

// clock is a time that a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: epoch()} }

// Now returns the time that the clock was moved to.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// at moves the clock to some minutes after the epoch.
func (c *clock) at(minute int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = epoch().Add(time.Duration(minute) * time.Minute)
}

// readBuckets returns one figure of the buckets of a series.
func readBuckets(
	t *testing.T, store Store, name string, step time.Duration, column tier.Column, from, to int64,
) []series.Point {
	t.Helper()
	querier, err := store.Buckets(step, column, from, to)
	must(t, err)
	found := querier.Select(t.Context(), true, nil, byName(name))
	var points []series.Point
	for found.Next() {
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

// bucketsOf makes the buckets of samples.
func bucketsOf(points []series.Point, step time.Duration) []tier.Bucket {
	var samples chunk.Columns
	for _, point := range points {
		samples.Append(point.Time, point.Value)
	}
	buckets := tier.Roll(nil, tier.Steps()[0], samples, tier.Before{})
	if step > tier.Steps()[0] {
		return tier.Coarsen(nil, step, buckets)
	}
	return buckets
}

// wantBuckets checks that every figure of every tier says what the samples said,
// up to a time.
func wantBuckets(t *testing.T, store Store, name string, points []series.Point, from, to int64) {
	t.Helper()
	for _, step := range tier.Steps() {
		buckets := tier.Between(bucketsOf(points, step), from, to)
		for _, column := range tier.Columns() {
			var want []series.Point
			for _, b := range buckets {
				want = append(want, series.Point{Time: b.Time, Value: b.Of(column)})
			}
			got := readBuckets(t, store, name, step, column, from, to)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("the %s of %v of %s, %d buckets of %d: %s", column, step, name, len(got), len(want), diff)
			}
		}
	}
}

const forever = 1 << 50

// sorted returns samples in order of time.
func sorted(samples map[int64]float64) []series.Point {
	points := make([]series.Point, 0, len(samples))
	for _, at := range slices.Sorted(maps.Keys(samples)) {
		points = append(points, series.Point{Time: at, Value: samples[at]})
	}
	return points
}

func testTiers(t *testing.T, open Opener) {
	t.Helper()
	clock := newClock()
	store := mustOpen(t, open, Options{Now: clock.Now})
	random := rand.New(rand.NewPCG(1, 9))
	gauge := func(minute int) float64 { return math.Round(1000*math.Sin(float64(minute)/100)) / 100 }
	total := 0.0
	var gauges, counters, rare []series.Point
	a, b, c := store.ID(named("a")), store.ID(named("b")), store.ID(named("rare"))
	const all = 4 * 1440
	for minute := range all {
		clock.at(minute)
		if minute > 1000 && minute < 1700 || minute > 2000 && minute < 2030 {
			continue // gaps
		}
		if random.IntN(300) == 0 {
			total = 0
		}
		total += float64(random.IntN(100))
		samples := []series.Sample{{Series: a, Value: gauge(minute)}, {Series: b, Value: total}}
		at := epoch().Add(time.Duration(minute) * time.Minute).UnixMilli()
		gauges = append(gauges, series.Point{Time: at, Value: gauge(minute)})
		counters = append(counters, series.Point{Time: at, Value: total})
		if minute%1440 == 77 {
			samples = append(samples, series.Sample{Series: c, Value: total + float64(10*minute)})
			rare = append(rare, series.Point{Time: at, Value: total + float64(10*minute)})
		}
		must(t, store.Commit(t.Context(), succeeded("s", minute, samples...)))
		switch {
		case minute%600 == 599:
			must(t, store.Seal(t.Context()))
		case minute%700 == 699:
			must(t, store.Roll(t.Context()))
		case minute%2000 == 1999:
			must(t, store.Merge(t.Context()))
		}
	}
	check := func(stage string) {
		t.Helper()
		for name, points := range map[string][]series.Point{"a": gauges, "b": counters, "rare": rare} {
			wantBuckets(t, store, name, points, -forever, forever)
			from, to := points[len(points)/3].Time, points[len(points)/2].Time
			wantBuckets(t, store, name, points, from, to)
			wantBuckets(t, store, name, points, tier.End(from, time.Hour), tier.End(to, time.Hour))
			wantBuckets(t, store, name, points, tier.End(from, time.Hour), tier.End(from, time.Hour))
			wantBuckets(t, store, name, points, from-2*forever, from-forever)
		}
		if t.Failed() {
			t.Fatal(stage)
		}
	}
	check("… while some are of samples in memory")
	must(t, store.Seal(t.Context()))
	check("… while some are of samples in the database")
	must(t, store.Roll(t.Context()))
	check("… after they were written")
	must(t, store.Merge(t.Context()))
	check("… after they were merged")
	must(t, store.Close())
	store = mustOpen(t, open, Options{Now: clock.Now})
	check("… after the store was opened again")
	clock.at(all + 30*1440)
	must(t, store.Roll(t.Context()))
	must(t, store.Merge(t.Context()))
	check("… a month later")

	keeps := store.Tiers()
	if len(keeps) != 3 || keeps[0].Step != 0 || keeps[1].Step != 5*time.Minute || keeps[2].Step != time.Hour {
		t.Errorf("the tiers are %v", keeps)
	}
	_, err := store.Buckets(time.Minute, tier.Sum, 0, 1)
	wantKind(t, fault.Internal, err)
	_, err = store.Buckets(time.Hour, "average", 0, 1)
	wantKind(t, fault.Internal, err)
}

// sampleTo commits a sample so that it is in the database and in points.
func sampleTo(t *testing.T, store Store, points map[int64]float64, id series.ID, minute int, value float64) {
	t.Helper()
	rec := succeeded("s", minute, series.Sample{Series: id, Value: value})
	rec.Run.Source = inventory.SourceID(fmt.Sprint("s", minute, "-", len(points))) // runs are not what this is about
	must(t, store.Commit(t.Context(), rec))
	points[rec.Time] = value
}

func testLateSamples(t *testing.T, open Opener) {
	t.Helper()
	lateSamples(t, open, 30*24*time.Hour)
}

func testLateInFineBuckets(t *testing.T, open Opener) {
	t.Helper()
	lateSamples(t, open, 2*24*time.Hour)
}

// lateSamples brings samples late where all samples still are, but for those
// older than they are kept all buckets are made as well.
func lateSamples(t *testing.T, open Opener, retention time.Duration) {
	t.Helper()
	clock := newClock()
	options := Options{Now: clock.Now, RawRetention: retention}
	store := mustOpen(t, open, options)
	id, other := store.ID(named("a")), store.ID(named("b"))
	points, others := make(map[int64]float64), make(map[int64]float64)
	const day = 1440
	clock.at(6 * day)
	for minute := 0; minute < 4*day; minute += 2 {
		if hour := minute / 60; hour%24 < 3 || hour > 40 && hour < 60 { // to be filled, or a gap
			continue
		}
		sampleTo(t, store, points, id, minute, float64(minute))
	}
	sampleTo(t, store, others, other, 6*day, 1)
	must(t, store.Seal(t.Context()))
	must(t, store.Roll(t.Context()))
	wantBuckets(t, store, "a", sorted(points), -forever, forever)

	random := rand.New(rand.NewPCG(3, 4))
	for round := range 6 {
		for range 10 { // somewhere
			sampleTo(t, store, points, id, random.IntN(5*day), float64(random.IntN(5*day)))
		}
		for minute := range 50 { // in a row, where there was nothing
			sampleTo(t, store, points, id, round%3*day+minute, float64(minute))
		}
		if round == 2 { // the increase of what is after the gap counts from here
			sampleTo(t, store, points, id, 50*60+7, float64(50*60))
		}
		if round == 3 { // and before all the others, for which there was none
			sampleTo(t, store, points, id, -3*day, 3)
		}
		if round == 4 { // another series, where it has nothing at all
			sampleTo(t, store, others, other, day, 0.5)
		}
		must(t, store.Seal(t.Context()))
		if round == 1 { // that there are late ones is not forgotten
			must(t, store.Close())
			store = mustOpen(t, open, options)
		}
		must(t, store.Roll(t.Context()))
		wantBuckets(t, store, "a", sorted(points), -forever, forever)
		wantBuckets(t, store, "b", sorted(others), -forever, forever)
		if round%2 == 0 {
			must(t, store.Merge(t.Context()))
			wantBuckets(t, store, "a", sorted(points), -forever, forever)
		}
	}
}

// patience is a context that is canceled when it was asked so often whether it is.
type patience struct {
	context.Context //nolint:containedctx // it is one
	left            atomic.Int64
}

// Err counts how often it is asked; drivers ask at the same time.
func (p *patience) Err() error {
	if p.left.Add(-1) < 0 {
		return context.Canceled
	}
	return p.Context.Err()
}

func testTiersResume(t *testing.T, open Opener) {
	t.Helper()
	clock := newClock()
	options := Options{Now: clock.Now, RawRetention: 2 * 24 * time.Hour}
	store := mustOpen(t, open, options)
	const many, hours = 600, 80
	value := func(i, minute int) float64 { return float64(i*minute) / 10 }
	ids := make([]series.ID, many)
	for i := range ids {
		ids[i] = store.ID(named(fmt.Sprint("m", i)))
	}
	commit := func(minute int) {
		t.Helper()
		samples := make([]series.Sample, many)
		for i, id := range ids {
			samples[i] = series.Sample{Series: id, Value: value(i, minute)}
		}
		must(t, store.Commit(t.Context(), succeeded("s", minute, samples...)))
	}
	for minute := 0; minute < hours*60; minute += 60 {
		commit(minute)
	}
	clock.at(hours*60 + 24*60)
	must(t, store.Seal(t.Context()))
	rounds := 0
	for done := false; !done; rounds++ {
		patient := &patience{Context: t.Context()}
		patient.left.Store(int64(1 + 4*rounds))
		err := store.Roll(patient)
		if done = err == nil; !done {
			wantKind(t, fault.Canceled, err)
		}
		if rounds%3 == 0 {
			must(t, store.Close())
			store = mustOpen(t, open, options)
		}
		if rounds == 1 { // late for some of the series, and not for others
			commit(301)
			must(t, store.Seal(t.Context()))
		}
	}
	if rounds < 3 {
		t.Errorf("it was interrupted %d times only", rounds-1)
	}
	must(t, store.Roll(t.Context()))
	for i := 0; i < many; i += 37 {
		points := make(map[int64]float64)
		for minute := 0; minute < hours*60; minute += 60 {
			points[epoch().Add(time.Duration(minute)*time.Minute).UnixMilli()] = value(i, minute)
		}
		points[epoch().Add(301*time.Minute).UnixMilli()] = value(i, 301)
		wantBuckets(t, store, fmt.Sprint("m", i), sorted(points), -forever, forever)
	}
}

func testTiersOutlive(t *testing.T, open Opener) {
	t.Helper()
	clock := newClock()
	const day = 1440
	options := Options{
		Now: clock.Now, RawRetention: 24 * time.Hour,
		Tiers: map[time.Duration]time.Duration{5 * time.Minute: 10 * 24 * time.Hour, time.Hour: 1000 * 24 * time.Hour},
	}
	store := mustOpen(t, open, options)
	id, once := store.ID(named("a")), store.ID(named("once"))
	points := make(map[int64]float64)
	rare := make(map[int64]float64)
	sampleTo(t, store, rare, once, 5, 7)
	for minute := 0; minute < 60*day; minute += 10 {
		clock.at(minute)
		sampleTo(t, store, points, id, minute, float64(minute))
		if minute%(day/2) == 0 {
			must(t, store.Seal(t.Context()))
			must(t, store.Expire(t.Context()))
			must(t, store.Merge(t.Context()))
		}
	}
	must(t, store.Seal(t.Context()))
	must(t, store.Expire(t.Context()))
	now := clock.Now()
	if raw := readAll(t, store, "a"); len(raw) == 0 || now.Sub(time.UnixMilli(raw[0].Time)) > 4*24*time.Hour {
		t.Errorf("%d samples are left, from %v on", len(raw), raw[:min(len(raw), 1)])
	}
	whole := sorted(points)
	fine := readBuckets(t, store, "a", 5*time.Minute, tier.Last, -forever, forever)
	if age := now.Sub(time.UnixMilli(fine[0].Time)); age < 10*24*time.Hour-time.Hour || age > 20*24*time.Hour {
		t.Errorf("the oldest bucket of five minutes is %v old", age)
	}
	hourly := func() {
		t.Helper()
		for _, column := range tier.Columns() {
			var want []series.Point
			for _, b := range bucketsOf(whole, time.Hour) {
				if b.Time <= now.UnixMilli() {
					want = append(want, series.Point{Time: b.Time, Value: b.Of(column)})
				}
			}
			same(t, fmt.Sprint("hourly ", column), want, readBuckets(t, store, "a", time.Hour, column, -forever, now.UnixMilli()))
		}
	}
	hourly()
	// What comes when the samples around it are gone changes nothing of what is
	// known of them, and is taken where nothing is known.
	sampleTo(t, store, make(map[int64]float64), id, 3*day+1, 1e9)
	sampleTo(t, store, rare, once, 2*day, 8)
	must(t, store.Seal(t.Context()))
	must(t, store.Roll(t.Context()))
	hourly()
	wantLast := func() {
		t.Helper()
		got := readBuckets(t, store, "once", time.Hour, tier.Last, -forever, forever)
		if len(got) != 2 || got[0].Value != 7 || got[1].Value != 8 {
			t.Errorf("of the rare series is left %v", got)
		}
	}
	wantLast()
	must(t, store.Expire(t.Context()))
	must(t, store.Close())
	store = mustOpen(t, open, options)
	hourly()
	wantLast()
	if again := store.ID(named("once")); again != once {
		t.Errorf("the series had number %d and has %d", once, again)
	}
}

func testTiersConcurrent(t *testing.T, open Opener) {
	t.Helper()
	clock := newClock()
	store := mustOpen(t, open, Options{Now: clock.Now, RawRetention: 24 * time.Hour})
	id := store.ID(named("a"))
	const minutes = 5000
	var taken atomic.Int64
	var committed sync.WaitGroup
	committed.Go(func() {
		for minute := range minutes {
			clock.at(minute)
			if err := store.Commit(t.Context(), succeeded("s", minute, series.Sample{Series: id, Value: 1})); err != nil {
				t.Error(err)
				return
			}
			taken.Add(1)
			if minute%150 == 149 {
				if err := store.Seal(t.Context()); err != nil {
					t.Error(err)
				}
				if err := store.Expire(t.Context()); err != nil {
					t.Error(err)
				}
			}
		}
	})
	done := make(chan struct{})
	go func() { committed.Wait(); close(done) }()
	steps := tier.Steps()
	for round, going := 0, true; going; round++ {
		select {
		case <-done:
			going = false
		default:
		}
		before, sum := taken.Load(), int64(0)
		step := steps[round%len(steps)]
		for _, point := range readBuckets(t, store, "a", step, tier.Count, -forever, forever) {
			sum += int64(point.Value)
		}
		// One may be committed and not counted yet.
		if after := taken.Load() + 1; sum < before || sum > after {
			t.Errorf("the buckets of %v count %d samples, of which there were %d before and %d after", step, sum, before, after)
			break
		}
	}
	<-done
}
