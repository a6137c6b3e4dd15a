package postgres_test

import (
	"context"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/journal"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/sqlstore"
	"github.com/unity-homelab/unity/internal/sqlstore/postgres"
	"github.com/unity-homelab/unity/internal/sqlstore/storetest"
	"github.com/unity-homelab/unity/test/servers"
)

// BenchmarkMonth writes a month of samples once a minute the way they come, and
// reads from them. UNITY_BENCH_SERIES is of how many series, 100 if not set.
func BenchmarkMonth(b *testing.B) {
	const days = 30
	mix := storetest.NewMix(1, 100)
	if n, err := strconv.Atoi(os.Getenv("UNITY_BENCH_SERIES")); err == nil {
		mix = storetest.NewMix(1, n)
	}
	db, err := postgres.Open(context.Background(), servers.Database(b, servers.PostgreSQL()), sqlstore.Options{Journal: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	end := time.Now().Truncate(time.Hour)
	begin := end.Add(-days * 24 * time.Hour)
	fill(b, db, mix, begin, end)
	started := time.Now()
	if err := db.Roll(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.Logf("buckets of it made in %s", time.Since(started).Round(time.Millisecond))

	b.Run("hourly average of one series over the month", func(b *testing.B) {
		percentile(b, db, func(i int) series.Query {
			return series.Query{Matchers: only(mix.Labels(i % mix.Len())), From: begin, To: end, Step: time.Hour, Func: series.Avg}
		})
	})
	b.Run("every sample of one series of the month", func(b *testing.B) {
		percentile(b, db, func(i int) series.Query {
			return series.Query{Matchers: only(mix.Labels(i % mix.Len())), From: begin, To: end}
		})
	})
	b.Run("an hour of one series", func(b *testing.B) {
		percentile(b, db, func(i int) series.Query {
			return series.Query{Matchers: only(mix.Labels(i % mix.Len())), From: end.Add(-100 * time.Hour), To: end.Add(-99 * time.Hour)}
		})
	})
}

// fill commits a run each minute and reports how fast all of it arrived in the
// database.
func fill(b *testing.B, db *sqlstore.DB, mix *storetest.Mix, begin, end time.Time) {
	b.Helper()
	started, total, open := time.Now(), 0, 0
	for at := begin; at.Before(end); at = at.Add(time.Minute) {
		samples := make([]series.Sample, mix.Len())
		for i := range samples {
			samples[i] = series.Sample{Series: db.ID(mix.Labels(i)), Value: mix.Next(i)}
		}
		rec := &journal.Record{
			Run:   inventory.Run{Source: "bench", Start: at, Duration: time.Second, Outcome: inventory.Success, Samples: len(samples)},
			State: inventory.State{Source: "bench", Status: inventory.Healthy, LastRun: at}, Time: at.UnixMilli(), Samples: samples,
		}
		if err := db.Commit(b.Context(), rec); err != nil {
			b.Fatal(err)
		}
		total += len(samples)
		if open += len(samples); open >= 50_000 || !at.Add(time.Minute).Before(end) {
			open = 0
			if err := db.Seal(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Logf("%d samples at %.0f samples/s", total, float64(total)/time.Since(started).Seconds())
}

// percentile asks each time for another series and reports the time that 95 of
// 100 answers took at most.
func percentile(b *testing.B, db *sqlstore.DB, query func(i int) series.Query) {
	b.Helper()
	b.ReportAllocs()
	var took []time.Duration
	for b.Loop() {
		started := time.Now()
		got, err := series.History(b.Context(), db, query(len(took)))
		if err != nil || len(got) != 1 || len(got[0].Points) == 0 {
			b.Fatal(got, err)
		}
		took = append(took, time.Since(started))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
}

func only(ls labels.Labels) []*labels.Matcher {
	var all []*labels.Matcher
	ls.Range(func(label labels.Label) {
		all = append(all, labels.MustNewMatcher(labels.MatchEqual, label.Name, label.Value))
	})
	return all
}
