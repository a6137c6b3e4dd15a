package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/tier"
)

// untilOf returns up to which time the buckets of a tier are written, in days
// after the one with the first samples.
func untilOf(t *testing.T, store Store, step time.Duration) float64 {
	t.Helper()
	for _, kept := range store.Tiers() {
		if kept.Step == step {
			return time.UnixMilli(kept.Until).Sub(epoch().Truncate(24*time.Hour)).Hours() / 24
		}
	}
	t.Fatalf("there is no tier of %v", step)
	return 0
}

// testTiersDue checks when buckets are made: those of an hour at once, those of
// five minutes only before their samples go.
func testTiersDue(t *testing.T, open Opener) {
	t.Helper()
	const day = 1440
	fine, hour := tier.Steps()[0], tier.Steps()[1]
	clock := newClock()
	options := Options{Now: clock.Now, RawRetention: 10 * 24 * time.Hour}
	store := mustOpen(t, open, options)
	a, b := store.ID(named("a")), store.ID(named("b"))
	points := make(map[int64]float64)
	wantUntil := func(wantFine, wantHour float64) {
		t.Helper()
		gotFine, gotHour := untilOf(t, store, fine), untilOf(t, store, hour)
		if gotFine != wantFine || gotHour != wantHour {
			t.Errorf("after %v five minutes are made for %v days and hours for %v, want %v and %v",
				clock.Now().Sub(epoch()), gotFine, gotHour, wantFine, wantHour)
		}
	}
	fill := func(from, to int) {
		t.Helper()
		for minute := from; minute < to; minute += 20 {
			clock.at(minute)
			rec := succeeded("s", minute, series.Sample{Series: a, Value: float64(minute)}, series.Sample{Series: b, Value: -float64(minute)})
			must(t, store.Commit(t.Context(), rec))
			points[rec.Time] = float64(minute)
		}
		must(t, store.Seal(t.Context()))
	}
	// Retention starts in the middle of a day, and ends it 10 days later.
	fill(0, 9*day)
	must(t, store.Expire(t.Context()))
	wantUntil(0, 9)
	wantBuckets(t, store, "a", sorted(points), -forever, forever)

	fill(9*day, 12*day+60)
	must(t, store.Roll(t.Context()))
	wantUntil(3, 12)
	wantBuckets(t, store, "a", sorted(points), -forever, forever)
	must(t, store.Merge(t.Context()))
	must(t, store.Close())
	store = mustOpen(t, open, options)
	wantUntil(3, 12)

	// Samples go no further than their buckets, wherever one reads from.
	must(t, store.Expire(t.Context()))
	wantUntil(3, 12)
	wantBuckets(t, store, "a", sorted(points), -forever, forever)

	// A Unity that was off for long makes up for it before anything goes.
	must(t, store.Close())
	clock.at(40 * day)
	store = mustOpen(t, open, options)
	must(t, store.Expire(t.Context()))
	wantUntil(31, 40)
	if raw := readAll(t, store, "a"); len(raw) > 0 && clock.Now().Sub(time.UnixMilli(raw[0].Time)) > 31*24*time.Hour {
		t.Errorf("%d samples are left, from %v on", len(raw), raw[0].Time)
	}
	wantBuckets(t, store, "a", sorted(points), -forever, forever)
	for _, point := range sorted(points) {
		points[point.Time] = -point.Value
	}
	wantBuckets(t, store, "b", sorted(points), -forever, forever)

	// Buckets that would be removed at once are not made at all.
	must(t, store.Close())
	options.Tiers = map[time.Duration]time.Duration{fine: 5 * 24 * time.Hour}
	store = mustOpen(t, open, options)
	fill(40*day, 41*day)
	clock.at(60 * day)
	must(t, store.Expire(t.Context()))
	wantUntil(51, 60)
	from := epoch().Add(40 * 24 * time.Hour).UnixMilli()
	if made := readBuckets(t, store, "a", fine, tier.Count, from, forever); len(made) > 0 {
		t.Errorf("%d buckets were made that are older than they are kept", len(made))
	}
	if made := readBuckets(t, store, "a", hour, tier.Count, from, forever); len(made) < 24 {
		t.Error(fmt.Sprint(len(made), " hours are made, want 24 or more"))
	}
}
