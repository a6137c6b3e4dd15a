package influxdb_test

import (
	"encoding/json"
	"net"
	"testing"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugins/influxdb"
)

// BenchmarkCollect is one run on a real server beside the test.
func BenchmarkCollect(b *testing.B) {
	s := start(b)
	s.fill()
	var dialer net.Dialer
	p := influxdb.Plugin()
	c, err := p.Open(b.Context(), json.RawMessage(settings{"url": s.URL()}.json(b)), plugin.Host{Dial: dialer.DialContext, Now: time.Now})
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
