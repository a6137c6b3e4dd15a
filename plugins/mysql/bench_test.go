package mysql_test

import (
	"encoding/json"
	"log/slog"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugins/mysql"
	"github.com/unity-homelab/unity/test/servers"
)

// BenchmarkCollect is one run against a server of this machine, with everything
// that is asked without being told to.
func BenchmarkCollect(b *testing.B) {
	server := servers.Start(b, servers.MariaDB(), usual()...)
	execute(b, connect(b, server), recipe)
	p := mysql.Plugin()
	var dialer net.Dialer
	host := plugin.Host{Name: "testhost", Dial: dialer.DialContext, Log: slog.New(slog.DiscardHandler), Now: time.Now}
	c, err := p.Open(b.Context(), json.RawMessage(configOf(b, server, nil)), host)
	if err != nil {
		b.Fatal(err)
	}
	var took []time.Duration
	samples := 0
	b.ReportAllocs()
	for b.Loop() {
		began, batch := time.Now(), plugin.NewBatch(p)
		if err := c.Collect(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
		took, samples = append(took, time.Since(began)), len(batch.Samples())
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-median")
	b.ReportMetric(float64(samples), "samples/op")
	if closer, ok := c.(interface{ Close() error }); ok {
		_ = closer.Close()
	}
}
