package sqlite_test

import (
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/sqlite"
)

// benchmark collects from twenty databases.
func benchmark(b *testing.B, mode string) {
	b.Helper()
	paths := make([]string, 20)
	for i := range paths {
		paths[i] = made(b, "bench.db", someRows)
	}
	plugintest.Benchmark(b, sqlite.Plugin(), collector(b, plugintest.Settings{"database_paths": paths, "mode": mode}))
}

func BenchmarkCollectHeaders20(b *testing.B) { benchmark(b, "header") }

func BenchmarkCollectOpen20(b *testing.B) { benchmark(b, "open") }
