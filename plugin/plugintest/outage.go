package plugintest

import (
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// Server is what can be done to a real server of a test.
type Server interface {
	Start() error
	Stop() error
	Kill()
	Pause() error
	Resume() error
}

// ComeAndGo kills a server, restarts it, and lets it hang, and wants one collector
// to say so and to recover by itself each time. open opens a collector with a
// timeout; refused is what is said while nobody listens. It returns what was
// collected after the server was killed and started.
func ComeAndGo(t *testing.T, p plugin.Plugin, server Server, refused string, open func(timeout string) plugin.Collector) *plugin.Batch {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	const patient, impatient = "15s", "200ms"
	c := open(patient)
	CollectAll(t, p, c)

	server.Kill()
	_, err := Attempt(t, p, c, patience)
	WantFault(t, err, fault.Refused, refused, "see whether the service runs")
	must(server.Start())
	recovered := CollectAll(t, p, c)

	// Restarted between two runs: the next one notices nothing but a young server.
	must(server.Stop())
	must(server.Start())
	CollectAll(t, p, c)

	must(server.Pause())
	_, err = Attempt(t, p, open(impatient), patience)
	WantFault(t, err, fault.Timeout, "no answer ", "see whether the ")
	_, err = Attempt(t, p, c, 300*time.Millisecond)
	WantFault(t, err, fault.Timeout, "no answer in time", "")
	must(server.Resume())
	CollectAll(t, p, c)
	return recovered
}
