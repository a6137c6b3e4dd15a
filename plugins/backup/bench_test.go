package backup_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/backup"
)

// BenchmarkCollect is one run on a stand-in for a Proxmox Backup Server with 100
// guests.
func BenchmarkCollect(b *testing.B) {
	var groups strings.Builder
	for i := range 100 {
		fmt.Fprintf(&groups, `,{"backup-type": "vm", "backup-id": "%d", "last-backup": 1772330400, "backup-count": 30}`, 100+i)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := "[]"
		switch {
		case strings.HasSuffix(r.URL.Path, "/version"):
			answer = `{"version": "3.4.2"}`
		case strings.HasSuffix(r.URL.Path, "/datastore-usage"):
			answer = `[{"store": "main", "total": 1000, "used": 400, "avail": 600}]`
		case strings.HasSuffix(r.URL.Path, "/groups"):
			answer = "[" + groups.String()[1:] + "]"
		case strings.HasSuffix(r.URL.Path, "/status"):
			answer = `{"cpu": 0.1}`
		}
		_, _ = fmt.Fprintf(w, `{"data": %s}`, answer)
	}))
	b.Cleanup(server.Close)
	settings := plugintest.Settings{"type": "pbs", "location": server.URL, "token": "unity@pbs!monitor:secret"}
	plugintest.Benchmark(b, backup.Plugin(), plugintest.Live(b, backup.Plugin(), settings.JSON(b)))
}
