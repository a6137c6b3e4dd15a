package docker_test

import (
	"fmt"
	"testing"

	"github.com/unity-homelab/unity/plugin"
)

// BenchmarkCollect200 is one run over 200 running containers, the answers of
// the engine included, which takes about half of the time.
func BenchmarkCollect200(b *testing.B) {
	names := make([]string, 200)
	for i := range names {
		names[i] = fmt.Sprintf("app-%03d", i)
	}
	engine := newFakeEngine(b, names...)
	s := opened(b, engine.host(), newMemory(), map[string]any{"endpoint": "unix:///run/x.sock"})
	var batch *plugin.Batch
	b.ReportAllocs()
	for b.Loop() {
		batch = s.collect()
	}
	if problems := batch.Problems(); len(problems) > 0 {
		b.Fatal(problems)
	}
	b.ReportMetric(float64(len(batch.Samples())), "samples/op")
	s.close()
}
