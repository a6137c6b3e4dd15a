package firewall_test

import (
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/firewall"
)

// BenchmarkCollect is one run on nftables with the rules of the tests.
func BenchmarkCollect(b *testing.B) {
	c := open(b, plugintest.Settings{"type": "nftables"})
	plugintest.Sandbox{Network: true}.Run(b, func() { run(b, "nft", "-f", "testdata/ruleset.nft") }, func() {
		plugintest.Benchmark(b, firewall.Plugin(), c)
	})
}
