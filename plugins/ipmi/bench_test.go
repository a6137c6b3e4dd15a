package ipmi_test

import (
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/ipmi"
)

// BenchmarkCollect is one run, login included, on a simulated controller.
func BenchmarkCollect(b *testing.B) {
	plugintest.Benchmark(b, ipmi.Plugin(), start(b).collector(nil))
}
