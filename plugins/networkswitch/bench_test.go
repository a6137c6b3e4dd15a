package networkswitch_test

import (
	"encoding/json"
	"net"
	"testing"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugins/networkswitch"
	"github.com/unity-homelab/unity/test/servers"
)

// forgetful is state that forgets.
type forgetful struct{}

// Get implements plugin.State.
func (forgetful) Get(string) json.RawMessage { return nil }

// Set implements plugin.State.
func (forgetful) Set(string, json.RawMessage) error { return nil }

// BenchmarkCollect is one run on a real snmpd beside the test.
func BenchmarkCollect(b *testing.B) { benchmark(b, start(b)) }

// BenchmarkCollect48Ports is one run on a switch of 48 ports as snmpsim plays it.
func BenchmarkCollect48Ports(b *testing.B) {
	benchmark(b, &server{servers.Start(b, servers.SNMPSim(), bigSwitch()...), b})
}

func benchmark(b *testing.B, s *server) {
	b.Helper()
	var dialer net.Dialer
	p := networkswitch.Plugin()
	c, err := p.Open(b.Context(), json.RawMessage(s.config(nil)), plugin.Host{Dial: dialer.DialContext, Now: time.Now, State: forgetful{}})
	if err != nil {
		b.Fatal(err)
	}
	batch := plugin.NewBatch(p)
	if err := c.Collect(b.Context(), batch); err != nil { // with what is asked for now and then
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		batch = plugin.NewBatch(p)
		if err := c.Collect(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(batch.Samples())), "samples/op")
}
