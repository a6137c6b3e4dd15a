package kubernetes_test

import (
	"encoding/json"
	"net"
	"testing"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/hostfs"
	"github.com/unity-homelab/unity/plugins/kubernetes"
)

// BenchmarkCollect is one run on the stand-in for a cluster.
func BenchmarkCollect(b *testing.B) {
	cluster := newCluster(b)
	var dialer net.Dialer
	p := kubernetes.Plugin()
	host := plugin.Host{Dial: dialer.DialContext, Now: time.Now, Files: hostfs.New(hostfs.FromEnv())}
	c, err := p.Open(b.Context(), json.RawMessage(cluster.settings(b).json(b)), host)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := c.Collect(b.Context(), plugin.NewBatch(p)); err != nil {
			b.Fatal(err)
		}
	}
}
