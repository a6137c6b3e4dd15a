package kubernetes_test

import (
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/kubernetes"
)

// BenchmarkCollect is one run on the stand-in for a cluster.
func BenchmarkCollect(b *testing.B) {
	plugintest.Benchmark(b, kubernetes.Plugin(), open(b, newCluster(b).settings(b)))
}
