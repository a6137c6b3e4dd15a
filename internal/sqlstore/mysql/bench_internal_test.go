package mysql

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/chunk"
	"github.com/unity-homelab/unity/internal/series/head"
	"github.com/unity-homelab/unity/internal/series/tier"
	"github.com/unity-homelab/unity/internal/sqlstore"
	"github.com/unity-homelab/unity/internal/sqlstore/storetest"
	"github.com/unity-homelab/unity/test/servers"
)

// raw opens an empty database without journal and memory, as a user with the
// rights that the document names, and more where a test asks for them.
func raw(tb testing.TB, now func() time.Time, global ...string) sqlstore.Backend {
	tb.Helper()
	a, err := parse(servers.Database(tb, servers.MariaDB()))
	if err != nil {
		tb.Fatal(err)
	}
	administrator, err := open(a)
	if err != nil {
		tb.Fatal(err)
	}
	a.user, a.password = "u"+strings.ToLower(rand.Text()[:12]), "secret"
	tb.Cleanup(func() {
		_, err := administrator.tend.ExecContext(context.WithoutCancel(tb.Context()), fmt.Sprintf("DROP USER '%s'@'%%'", a.user))
		if err := errors.Join(err, administrator.close()); err != nil {
			tb.Error(err)
		}
	})
	statements := []string{
		fmt.Sprintf("CREATE USER '%s'@'%%' IDENTIFIED BY '%s'", a.user, a.password),
		fmt.Sprintf("GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX ON %s.* TO '%s'@'%%'", a.name, a.user),
	}
	for _, right := range global {
		statements = append(statements, fmt.Sprintf("GRANT %s ON *.* TO '%s'@'%%'", right, a.user))
	}
	for _, statement := range statements {
		if _, err := administrator.tend.ExecContext(tb.Context(), statement); err != nil {
			tb.Fatal(err)
		}
	}
	backend, err := connect(tb.Context(), a, sqlstore.Options{Now: now})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := errors.Join(backend.Store.Close(), backend.Close()); err != nil {
			tb.Error(err)
		}
	})
	return backend
}

func write(tb testing.TB, backend sqlstore.Backend, samples *head.Head) {
	tb.Helper()
	err := backend.Store.Transaction(tb.Context(), func(ctx context.Context, tx bun.Tx) error {
		return backend.Samples.Write(ctx, tx, samples)
	})
	if err != nil {
		tb.Fatal(err)
	}
}

// BenchmarkInsert measures the database alone: a minute of a thousand series at
// once, and an hour of them, as after the database was away.
func BenchmarkInsert(b *testing.B) {
	for name, minutes := range map[string]int{"a minute of 1000 series": 1, "an hour of 1000 series": 60} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			backend := raw(b, time.Now)
			mix := storetest.NewMix(1, 1000)
			now := time.Now().UnixMilli() / day * day
			samples := 0
			for b.Loop() {
				b.StopTimer()
				full := head.New(chunk.NewCodec(), 48*time.Hour)
				for range minutes {
					for i := range mix.Len() {
						full.Append(series.ID(i+1), now, mix.Next(i))
					}
					now += time.Minute.Milliseconds()
				}
				b.StartTimer()
				write(b, backend, full)
				samples += full.Samples()
			}
			b.ReportMetric(float64(samples)/b.Elapsed().Seconds(), "samples/s")
		})
	}
}

// BenchmarkMonth reads what a month of a hundred series left.
func BenchmarkMonth(b *testing.B) {
	backend := raw(b, time.Now, "PROCESS")
	mix := storetest.NewMix(1, 100)
	from := time.Now().UnixMilli()/day*day - 30*day
	for d := range int64(30) {
		full := head.New(chunk.NewCodec(), 48*time.Hour)
		for at := from + d*day; at < from+(d+1)*day; at += time.Minute.Milliseconds() {
			for i := range mix.Len() {
				full.Append(series.ID(i+1), at, mix.Next(i))
			}
		}
		write(b, backend, full)
	}
	all := make([]series.ID, mix.Len())
	for i := range all {
		all[i] = series.ID(i + 1)
	}
	to := from + 30*day
	for _, read := range []struct {
		name string
		ids  []series.ID
		from int64
		want int
	}{
		{"an hour of one series", all[:1], to - day/24, 60},
		{"a month of one series", all[:1], from, 30 * 1440},
		{"an hour of 100 series", all, to - day/24, 100 * 60},
		{"a day of 100 series", all, to - day, 100 * 1440},
	} {
		b.Run(read.name, func(b *testing.B) {
			b.ReportAllocs()
			var took []time.Duration
			for turn := 0; b.Loop(); turn++ {
				ids := read.ids
				if len(ids) == 1 {
					ids = []series.ID{all[turn%len(all)]}
				}
				began := time.Now()
				got, err := backend.Samples.Blocks(b.Context(), ids, read.from, to-1)
				took = append(took, time.Since(began))
				n := 0
				for _, blocks := range got {
					for _, block := range blocks {
						n += block.Count
					}
				}
				if err != nil || n != read.want {
					b.Fatalf("%d samples, want %d: %v", n, read.want, err)
				}
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "ms-p95")
		})
	}
	b.Run("the newest of 100 series", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := backend.Samples.Newest(b.Context(), all); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("how much room it takes", func(b *testing.B) {
		for b.Loop() {
			size, err := backend.Samples.Size(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(size.Raw)/float64(mix.Len()*30*1440), "B/sample")
		}
	})
}

// BenchmarkYear reads a year of the hourly tier.
func BenchmarkYear(b *testing.B) {
	backend := raw(b, time.Now, "PROCESS")
	const hour, hours, count = int64(3600_000), int64(365 * 24), 100
	mix := storetest.NewMix(1, count)
	from := time.Now().UnixMilli()/hour*hour - hours*hour
	for part := int64(0); part < hours; part += 24 * 73 {
		buckets := make(map[series.ID][]tier.Bucket)
		for at := part; at < part+24*73; at++ {
			for i := range count {
				v, w := mix.Next(i), mix.Next(i)
				buckets[series.ID(i+1)] = append(buckets[series.ID(i+1)], tier.Bucket{
					Time: from + at*hour, Count: 60, Sum: 30 * (v + w), Min: min(v, w), Max: max(v, w), Last: w, Increase: max(0, w-v),
				})
			}
		}
		err := backend.Store.Transaction(b.Context(), func(ctx context.Context, tx bun.Tx) error {
			return backend.Tiers.WriteBuckets(ctx, tx, time.Hour, buckets)
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.Run("one series", func(b *testing.B) {
		b.ReportAllocs()
		for turn := 0; b.Loop(); turn++ {
			got, err := backend.Tiers.Buckets(b.Context(), time.Hour, []series.ID{series.ID(turn%count + 1)}, from, from+hours*hour)
			if err != nil || len(got[0]) != int(hours) {
				b.Fatalf("%d buckets: %v", len(got[0]), err)
			}
		}
	})
	b.Run("how much room it takes", func(b *testing.B) {
		for b.Loop() {
			size, err := backend.Samples.Size(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(size.Tiers[time.Hour])/float64(hours*count), "B/bucket")
		}
	})
}
