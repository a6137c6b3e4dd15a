package ups_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/ups"
)

// driver sends a signal to the driver.
func (s *server) driver(signal syscall.Signal) {
	s.t.Helper()
	raw, err := os.ReadFile(filepath.Join(s.Folder(), "driver-rack.pid"))
	if err != nil {
		s.t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(raw)))
	if err == nil {
		err = syscall.Kill(pid, signal)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

func TestADriverThatIsLost(t *testing.T) {
	t.Parallel()
	s := start(t, "upsd.conf: MAXAGE 4") // seconds, after which it takes what it has for stale
	c := plugintest.Live(t, ups.Plugin(), s.config(nil))
	collect(t, c)
	lost := func(want float64) func(map[string]float64) bool {
		return func(values map[string]float64) bool {
			return values[`ups_status{state="comm_lost",ups="rack"}`] == want
		}
	}
	s.driver(syscall.SIGSTOP)
	values, events := until(t, c, lost(1))
	wantEvent(t, events, "ups_lost")
	if _, there := values[`ups_battery_charge_ratio{ups="rack"}`]; there {
		t.Error("a UPS that is lost repeats its charge")
	}
	s.driver(syscall.SIGCONT)
	_, events = until(t, c, lost(0))
	wantEvent(t, events, "ups_found")
	s.driver(syscall.SIGKILL)
	_, events = until(t, c, lost(1))
	wantEvent(t, events, "ups_lost")
}
