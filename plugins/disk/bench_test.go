package disk_test

import (
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/disk"
)

// BenchmarkCollect collects from the machine it runs on.
func BenchmarkCollect(b *testing.B) {
	plugintest.Benchmark(b, disk.Plugin(), plugintest.Live(b, disk.Plugin(), `{}`))
}
