package docker_test

import (
	"fmt"
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
)

// BenchmarkCollect is one run over 200 running containers, the answers of the
// engine included, which takes about half of the time.
func BenchmarkCollect(b *testing.B) {
	b.Run("200 containers", func(b *testing.B) {
		names := make([]string, 200)
		for i := range names {
			names[i] = fmt.Sprintf("app-%03d", i)
		}
		s := opened(b, newFakeEngine(b, names...).host(), newMemory(), map[string]any{"endpoint": "unix:///run/x.sock"})
		plugintest.Benchmark(b, bare(), s.collector)
	})
}
