package network_test

import (
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/network"
)

// BenchmarkCollect collects from the machine it runs on.
func BenchmarkCollect(b *testing.B) {
	plugintest.Benchmark(b, network.Plugin(), plugintest.Live(b, network.Plugin(), `{}`))
}
