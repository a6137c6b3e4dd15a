package storetest

import (
	"math"
	"testing"

	"github.com/unity-homelab/unity/internal/series"
)

// odd returns numbers that a database might take for others: infinite ones, the
// smallest and the largest, a zero with a sign, and some that are none, among
// them the one by which Prometheus marks the end of a series.
func odd() []float64 {
	return []float64{
		math.Inf(1), math.Inf(-1), math.Copysign(0, -1), 0, math.SmallestNonzeroFloat64, math.MaxFloat64, 0.1 + 0.2,
		math.NaN(), math.Float64frombits(0x7ff0000000000002), math.Float64frombits(0xfff8000000000123),
	}
}

func testBits(t *testing.T, open Opener) {
	t.Helper()
	stages(t, open, func(t *testing.T, store Store) {
		t.Helper()
		id := store.ID(named("odd"))
		for minute, value := range odd() {
			must(t, store.Commit(t.Context(), succeeded("s", minute, series.Sample{Series: id, Value: value})))
		}
	}, func(t *testing.T, store Store) {
		t.Helper()
		points := readAll(t, store, "odd")
		if len(points) != len(odd()) {
			t.Fatalf("%d samples came back, want %d", len(points), len(odd()))
		}
		for i, want := range odd() {
			if got := points[i].Value; math.Float64bits(got) != math.Float64bits(want) {
				t.Errorf("%x came back as %x", math.Float64bits(want), math.Float64bits(got))
			}
		}
		latest, err := store.Latest(t.Context(), byName("odd"))
		must(t, err)
		if want := odd()[len(odd())-1]; len(latest) != 1 || math.Float64bits(latest[0].Point.Value) != math.Float64bits(want) {
			t.Errorf("the latest samples are %v, want %x", latest, math.Float64bits(want))
		}
	})
}
