package reverseproxy_test

import (
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/reverseproxy"
)

// BenchmarkCollect is one run on a real HAProxy beside the test.
func BenchmarkCollect(b *testing.B) {
	s := startHAProxy(b)
	plugintest.Benchmark(b, reverseproxy.Plugin(), open(b, settings{"url": "unix://" + socketOf(s)}))
}
