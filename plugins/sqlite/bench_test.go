package sqlite_test

import (
	"testing"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/hostfs"
	"github.com/unity-homelab/unity/plugins/sqlite"
)

// benchmark collects from twenty databases.
func benchmark(b *testing.B, mode string) {
	b.Helper()
	paths := make([]string, 20)
	for i := range paths {
		paths[i] = made(b, "bench.db", someRows)
	}
	p := sqlite.Plugin()
	c, err := p.Open(b.Context(), settings{"database_paths": paths, "mode": mode}.json(b),
		plugin.Host{Files: hostfs.New(hostfs.Options{}), Now: time.Now})
	if err != nil {
		b.Fatal(err)
	}
	var batch *plugin.Batch
	b.ReportAllocs()
	for b.Loop() {
		batch = plugin.NewBatch(p)
		if err := c.Collect(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	if problems := batch.Problems(); len(problems) > 0 {
		b.Fatal(problems)
	}
	b.ReportMetric(float64(len(batch.Samples())), "samples/op")
}

func BenchmarkCollectHeaders20(b *testing.B) { benchmark(b, "header") }

func BenchmarkCollectOpen20(b *testing.B) { benchmark(b, "open") }
