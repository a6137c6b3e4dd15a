package ups_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/ups"
	"github.com/unity-homelab/unity/test/servers"
)

// rack is the file that the dummy driver takes for a UPS.
const rack = `battery.charge: 100
battery.charge.low: 10
battery.date: 2025/11/02
battery.runtime: 2346
battery.voltage: 27.3
battery.voltage.nominal: 24.0
device.serial: 0764ABC123
input.transfer.high: 294
input.transfer.low: 176
input.voltage: 232.0
input.voltage.nominal: 230
output.voltage: 231.5
ups.firmware: 879.L4
ups.load: 12
ups.realpower.nominal: 540
ups.status: OL CHRG
ups.temperature: 28.5
ups.test.result: Done and passed
`

// settings is a config in the making.
type settings = plugintest.Settings

// server is an upsd with one UPS, and the vendor's tools for it.
type server struct {
	*servers.Server
	t    testing.TB
	host string
}

func start(t testing.TB, more ...string) *server {
	t.Helper()
	file := filepath.Join(t.TempDir(), "rack.dev")
	if err := os.WriteFile(file, []byte(rack), 0o600); err != nil {
		t.Fatal(err)
	}
	s := servers.Start(t, servers.NUT(), append([]string{
		"pollinterval = 1", "[rack]", "driver = dummy-ups", "port = " + file, "mode = dummy-once", `desc = "The rack"`,
		"upsd.users: [admin]", "upsd.users: password = only-for-tests", "upsd.users: actions = SET",
	}, more...)...)
	started := &server{Server: s, t: t, host: strings.TrimPrefix(s.URL(), "nut://")}
	started.awaitDriver()
	return started
}

// awaitDriver waits until upsd has heard from the driver, which is a moment after
// both run.
func (s *server) awaitDriver() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	for {
		out, err := exec.CommandContext(ctx, "upsc", "rack@"+s.host, "ups.test.result").Output()
		if err == nil && strings.TrimSpace(string(out)) != "" {
			return
		}
		if ctx.Err() != nil {
			s.t.Fatal("the driver says nothing")
		}
	}
}

// tool runs one of NUT's programs.
func (s *server) tool(name string, args ...string) string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, name, args...).Output()
	if err != nil {
		s.t.Fatalf("%s %v: %v", name, args, err)
	}
	return string(out)
}

// upsc is what upsc says of every variable.
func (s *server) upsc() map[string]string {
	s.t.Helper()
	said := make(map[string]string)
	for line := range strings.Lines(s.tool("upsc", "rack@"+s.host)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ": "); ok {
			said[name] = value
		}
	}
	return said
}

// play lets something happen to the UPS.
func (s *server) play(variable, value string) {
	s.t.Helper()
	s.tool("upsrw", "-s", variable+"="+value, "-u", "admin", "-p", "only-for-tests", "rack@"+s.host)
}

// config points at the server.
func (s *server) config(more settings) string {
	s.t.Helper()
	config := settings{"type": "nut", "host": s.host, "timeout": "15s"}
	for name, value := range more {
		config[name] = value
	}
	raw, err := json.Marshal(config)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(raw)
}

// collect collects once and wants no problems.
func collect(t *testing.T, c plugin.Collector) (map[string]float64, *plugin.Batch) {
	t.Helper()
	batch := plugintest.CollectAll(t, ups.Plugin(), c)
	return plugintest.Values(batch), batch
}

// until collects until it is so, and returns the events on the way.
func until(t *testing.T, c plugin.Collector, is func(map[string]float64) bool) (map[string]float64, []plugin.Event) {
	t.Helper()
	return plugintest.Until(t, ups.Plugin(), c, "the UPS says so", is)
}

// attempt collects once and returns what went wrong.
func attempt(t *testing.T, c plugin.Collector) error {
	t.Helper()
	_, err := plugintest.Attempt(t, ups.Plugin(), c, time.Minute)
	return err
}
