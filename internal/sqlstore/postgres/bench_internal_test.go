package postgres

import (
	"context"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/chunk"
	"github.com/unity-homelab/unity/internal/series/head"
	"github.com/unity-homelab/unity/internal/sqlstore"
	"github.com/unity-homelab/unity/internal/sqlstore/storetest"
	"github.com/unity-homelab/unity/test/servers"
)

// BenchmarkInsert measures the database alone, without journal and memory: a
// minute of a thousand series at once, and an hour of them, as after the
// database was away.
func BenchmarkInsert(b *testing.B) {
	for name, minutes := range map[string]int{"a minute of 1000 series": 1, "an hour of 1000 series": 60} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			ctx := b.Context()
			address, err := parse(servers.Database(b, servers.PostgreSQL()))
			if err != nil {
				b.Fatal(err)
			}
			write, read := pools(address)
			defer write.Close()
			defer read.Close()
			backend, err := prepare(ctx, write, read, address, sqlstore.Options{})
			if err != nil {
				b.Fatal(err)
			}
			mix := storetest.NewMix(1, 1000)
			now := time.Now().Truncate(day).UnixMilli()
			samples := 0
			for b.Loop() {
				b.StopTimer()
				full := head.New(chunk.NewCodec(), 2*day)
				for range minutes {
					for i := range mix.Len() {
						full.Append(series.ID(i+1), now, mix.Next(i))
					}
					now += time.Minute.Milliseconds()
				}
				b.StartTimer()
				err := backend.Store.Transaction(ctx, func(ctx context.Context, tx bun.Tx) error {
					return backend.Samples.Write(ctx, tx, full)
				})
				if err != nil {
					b.Fatal(err)
				}
				samples += full.Samples()
			}
			b.ReportMetric(float64(samples)/b.Elapsed().Seconds(), "samples/s")
		})
	}
}
