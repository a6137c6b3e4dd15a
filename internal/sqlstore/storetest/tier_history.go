package storetest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/unity-homelab/unity/internal/series"
)

// samplesOnly hides that a store has tiers.
type samplesOnly struct{ series.Reader }

func testTierHistory(t *testing.T, open Opener) {
	t.Helper()
	clock := newClock()
	const day = 1440
	// Nothing is removed here, but buckets are made as if it were about to be.
	store := mustOpen(t, open, Options{Now: clock.Now, RawRetention: 24 * time.Hour})
	random := rand.New(rand.NewPCG(5, 6))
	a, b, c := store.ID(named("a")), store.ID(named("b")), store.ID(named("c"))
	total := 0.0
	for minute := range 6 * day {
		clock.at(minute)
		if minute > 3000 && minute < 4000 {
			continue
		}
		if total += float64(random.IntN(100)); random.IntN(2000) == 0 {
			total = 0
		}
		samples := []series.Sample{{Series: a, Value: float64(random.IntN(10000)) / 100}, {Series: b, Value: total}}
		if minute > 2*day && minute%30 == 0 {
			samples = append(samples, series.Sample{Series: c, Value: float64(minute)})
		}
		must(t, store.Commit(t.Context(), succeeded("s", minute, samples...)))
	}
	must(t, store.Seal(t.Context()))
	must(t, store.Roll(t.Context()))
	at := func(minute int) time.Time { return epoch().Add(time.Duration(minute) * time.Minute) }
	// A step of samples divides by a count, one of buckets a sum by a count of
	// sums: the last bit may differ.
	near := cmp.Comparer(func(x, y float64) bool {
		return math.Abs(x-y) <= 1e-9*max(math.Abs(x), math.Abs(y))
	})
	spans := [][2]int{{0, 6 * day}, {77, 5*day + 13}, {day, 3 * day}, {2500, 4100 + day}, {1000, 1500}, {-day, 10 * day}}
	for i, function := range series.Funcs() {
		for j, step := range []time.Duration{5 * time.Minute, 10 * time.Minute, time.Hour, 3 * time.Hour, 7 * time.Minute} {
			for k := range 2 {
				span := spans[(i+2*j+3*k)%len(spans)]
				query := series.Query{From: at(span[0]), To: at(span[1]), Step: step, Func: function}
				want, err := series.History(t.Context(), samplesOnly{store}, query)
				must(t, err)
				got, err := series.History(t.Context(), store, query)
				must(t, err)
				long := span[1]-span[0] >= day && step != 7*time.Minute
				for _, one := range got {
					if long != (one.Tier > 0) || long && one.Tier == time.Hour != (step >= time.Hour) || one.Step != step {
						t.Errorf("of minutes %v, step %v is made of %v", span, step, one.Tier)
					}
				}
				if function == series.Rate {
					wantRates(t, fmt.Sprint(span, step), want, got)
					continue
				}
				diff := cmp.Diff(want, got, near, cmpopts.IgnoreFields(series.Range{}, "Tier"), cmp.Comparer(labels.Equal))
				if diff != "" {
					t.Fatalf("%s of minutes %v, step %v: %s", function, span, step, diff)
				}
			}
		}
	}
}

// wantRates checks that rates grow a counter to the same height, and are nearly
// the same all the way.
func wantRates(t *testing.T, what string, want, got []series.Range) {
	t.Helper()
	if len(want) != len(got) {
		t.Fatalf("%s: %d rates, want %d", what, len(got), len(want))
	}
	for i, w := range want {
		g := got[i]
		if !labels.Equal(w.Labels, g.Labels) || len(g.Points) < len(w.Points)-1 || len(g.Points) > len(w.Points)+1 {
			t.Fatalf("%s: %d points of %s, want %d of %s", what, len(g.Points), g.Labels, len(w.Points), w.Labels)
		}
		most, sums := 0.0, [2]float64{}
		for _, p := range w.Points {
			most = max(most, p.Value)
			sums[0] += p.Value
		}
		for _, p := range g.Points {
			sums[1] += p.Value
		}
		if math.Abs(sums[0]-sums[1]) > 0.02*sums[0]+2*most {
			t.Errorf("%s: the rates of %s add up to %v, want %v", what, w.Labels, sums[1], sums[0])
		}
	}
}
