package redis_test

import (
	"net"
	"testing"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugins/redis"
	"github.com/unity-homelab/unity/test/servers"
)

// BenchmarkCollect is one run on a real server beside the test.
func BenchmarkCollect(b *testing.B) {
	server := servers.Start(b, servers.Redis())
	var dialer net.Dialer
	p := redis.Plugin()
	config := settings{"url": server.URL()}.json(b)
	c, err := p.Open(b.Context(), config, plugin.Host{Dial: dialer.DialContext, Now: time.Now})
	if err != nil {
		b.Fatal(err)
	}
	var batch *plugin.Batch
	b.ReportAllocs()
	for b.Loop() {
		batch = plugin.NewBatch(p)
		if err := c.Collect(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(batch.Samples())), "samples/op")
}
