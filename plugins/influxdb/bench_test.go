package influxdb_test

import (
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/influxdb"
)

// BenchmarkCollect is one run on a real server beside the test.
func BenchmarkCollect(b *testing.B) {
	s := start(b)
	s.fill()
	plugintest.Benchmark(b, influxdb.Plugin(), s.collector(nil))
}
