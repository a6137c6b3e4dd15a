package network_test

import (
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/hostfs"
	"github.com/unity-homelab/unity/plugins/network"
)

// BenchmarkCollect collects from the machine it runs on.
func BenchmarkCollect(b *testing.B) {
	p := network.Plugin()
	collector, err := p.Open(b.Context(), json.RawMessage(`{}`), plugin.Host{
		Files: hostfs.New(hostfs.Options{}), Log: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := collector.Collect(b.Context(), plugin.NewBatch(p)); err != nil {
			b.Fatal(err)
		}
	}
}
