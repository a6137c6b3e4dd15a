package redis_test

import (
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/redis"
)

// BenchmarkCollect is one run on a real server beside the test.
func BenchmarkCollect(b *testing.B) {
	plugintest.Benchmark(b, redis.Plugin(), start(b).collector(nil))
}
