package storetest

import (
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/unity-homelab/unity/internal/series"
)

// RunBenchmarks measures a store with a day of a hundred series. The figures
// that are promised are measured by test/bench, on a month of a thousand.
func RunBenchmarks(b *testing.B, open Opener) {
	b.Helper()
	store, err := open(Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	mix := NewMix(1, 100)
	ids := make([]series.ID, mix.Len())
	for i := range ids {
		ids[i] = store.ID(mix.Labels(i))
	}
	minute := 0
	commit := func() {
		samples := make([]series.Sample, len(ids))
		for i, id := range ids {
			samples[i] = series.Sample{Series: id, Value: mix.Next(i)}
		}
		if err := store.Commit(b.Context(), succeeded("bench", minute, samples...)); err != nil {
			b.Fatal(err)
		}
		minute++
	}
	for range 24 * 60 {
		commit()
	}
	if err := store.Seal(b.Context()); err != nil {
		b.Fatal(err)
	}
	end := epoch().Add(24 * time.Hour)
	b.Run("an hour of one series", func(b *testing.B) {
		b.ReportAllocs()
		history(b, store, series.Query{Matchers: exactly(mix.Labels(0)), From: end.Add(-time.Hour), To: end})
	})
	b.Run("a day of one series by the hour", func(b *testing.B) {
		b.ReportAllocs()
		history(b, store, series.Query{Matchers: exactly(mix.Labels(1)), From: epoch(), To: end, Step: time.Hour, Func: series.Rate})
	})
	b.Run("the latest of 100 series", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if got, err := store.Latest(b.Context()); err != nil || len(got) != mix.Len() {
				b.Fatal(len(got), err)
			}
		}
	})
	b.Run("commit 100 samples", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			commit()
		}
	})
}

func history(b *testing.B, store Store, query series.Query) {
	b.Helper()
	for b.Loop() {
		if got, err := series.History(b.Context(), store, query); err != nil || len(got) != 1 {
			b.Fatal(len(got), err)
		}
	}
}

func exactly(ls labels.Labels) []*labels.Matcher {
	var all []*labels.Matcher
	ls.Range(func(label labels.Label) {
		all = append(all, labels.MustNewMatcher(labels.MatchEqual, label.Name, label.Value))
	})
	return all
}
