package ups_test

import (
	"encoding/json"
	"net"
	"testing"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugins/ups"
)

// forgetful is state that forgets.
type forgetful struct{}

// Get implements plugin.State.
func (forgetful) Get(string) json.RawMessage { return nil }

// Set implements plugin.State.
func (forgetful) Set(string, json.RawMessage) error { return nil }

// BenchmarkCollect is one run on a real upsd beside the test.
func BenchmarkCollect(b *testing.B) {
	s := start(b)
	var dialer net.Dialer
	p := ups.Plugin()
	c, err := p.Open(b.Context(), json.RawMessage(s.config(nil)), plugin.Host{Dial: dialer.DialContext, Now: time.Now, State: forgetful{}})
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
