package sqlite_test

import (
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/sqlite"
)

// BenchmarkCollect collects from twenty databases.
func BenchmarkCollect(b *testing.B) {
	paths := make([]string, 20)
	for i := range paths {
		paths[i] = made(b, "bench.db", someRows)
	}
	for _, how := range []struct{ name, mode string }{{"20 headers", "header"}, {"20 databases opened", "open"}} {
		b.Run(how.name, func(b *testing.B) {
			config := plugintest.Settings{"database_paths": paths, "mode": how.mode}
			plugintest.Benchmark(b, sqlite.Plugin(), collector(b, config))
		})
	}
}
