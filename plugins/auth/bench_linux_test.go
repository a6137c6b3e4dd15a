package auth_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/hostfs"
	"github.com/unity-homelab/unity/plugins/auth"
)

// BenchmarkCollect is a run in which a hundred attempts to log in were made.
func BenchmarkCollect(b *testing.B) {
	name := filepath.Join(b.TempDir(), "auth.log")
	file, err := os.Create(name)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	p := auth.Plugin()
	c, err := p.Open(b.Context(), json.RawMessage(fmt.Sprintf(`{"source": "files", "log_files": [%q], "fail2ban": "off"}`, name)), plugin.Host{
		Files: hostfs.New(hostfs.Options{}), Log: slog.New(slog.DiscardHandler), Now: time.Now, State: &lockedMemory{},
	})
	if err != nil {
		b.Fatal(err)
	}
	var batch *plugin.Batch
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		for n := range 100 {
			if _, err := fmt.Fprintf(file, "%s nas sshd[%d]: Failed password for invalid user u%d from 203.0.113.%d port 4000 ssh2\n",
				time.Now().Format(time.RFC3339Nano), n, n, n%20); err != nil {
				b.Fatal(err)
			}
		}
		b.StartTimer()
		batch = plugin.NewBatch(p)
		if err := c.Collect(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(batch.Samples())), "samples/op")
}
