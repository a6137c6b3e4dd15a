package firewall_test

import (
	"net"
	"os/exec"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/firewall"
)

// alone is a network of the test's own, where a firewall can be made.
func alone(t testing.TB, do func()) {
	t.Helper()
	plugintest.Sandbox{Network: true}.Run(t, nil, do)
}

// run runs a program where the test is.
func run(t testing.TB, name string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		plugintest.Skip(t, "needs %s", name)
	}
	text, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, text)
	}
	return string(text)
}

// send sends packets to a port of this machine; what becomes of them does not
// matter.
func send(t testing.TB, port string, times int) {
	t.Helper()
	// A socket that is connected would hear that packets were rejected.
	conn, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	to, err := net.ResolveUDPAddr("udp4", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	for range times {
		_, _ = conn.WriteTo([]byte("hello"), to) // a packet that is dropped here is refused
	}
}

func open(t testing.TB, settings plugintest.Settings) plugin.Collector {
	t.Helper()
	if _, said := settings["log_source"]; !said {
		settings = settings.With(plugintest.Settings{"log_source": "none"})
	}
	return plugintest.Live(t, firewall.Plugin(), settings.JSON(t))
}

// want compares some values.
func want(t testing.TB, values, wanted map[string]float64) {
	t.Helper()
	for key, number := range wanted {
		if got, there := values[key]; !there || got != number {
			t.Errorf("%s is %v (%v), want %v", key, got, there, number)
		}
	}
}
