package plugintest

import (
	"slices"
	"testing"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// Benchmark measures one collection: its median, the samples that it makes, and
// what it allocates.
func Benchmark(b *testing.B, p plugin.Plugin, c plugin.Collector) {
	b.Helper()
	BenchmarkRested(b, p, c, 0)
}

// BenchmarkRested is a Benchmark of what has a rest before each collection, which
// is not counted: a server that is asked without a pause, as nobody asks it
// otherwise, may answer later than it does in everyday use.
func BenchmarkRested(b *testing.B, p plugin.Plugin, c plugin.Collector, rest time.Duration) {
	b.Helper()
	Collect(b, p, c) // connects
	var took []time.Duration
	samples := 0
	b.ReportAllocs()
	for b.Loop() {
		if rest > 0 {
			b.StopTimer()
			<-time.After(rest)
			b.StartTimer()
		}
		began, batch := time.Now(), plugin.NewBatch(p)
		if err := c.Collect(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
		took, samples = append(took, time.Since(began)), len(batch.Samples())
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-median")
	b.ReportMetric(float64(samples), "samples/op")
}
