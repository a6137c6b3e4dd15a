package dns_test

import (
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/dns"
	"github.com/unity-homelab/unity/test/servers"
)

// unboundLines are the settings of an Unbound that needs nobody else: it knows
// what is below lab.test, and says SERVFAIL of broken.test.
func unboundLines(more ...string) []string {
	return append([]string{
		"server:", "  port: {{port}}", "  interface: 127.0.0.1", "  chroot: \"\"", "  username: \"\"", "  directory: {{home}}", "  pidfile: \"\"",
		"  use-syslog: no", "  logfile: \"\"", "  num-threads: 2", "  extended-statistics: yes", "  do-not-query-localhost: yes",
		"  local-zone: lab.test. static", "  local-data: \"nas.lab.test. A 192.168.1.10\"", "  local-data: \"nas.lab.test. AAAA fd00::10\"",
		"  local-data: \"lab.test. MX 10 mail.lab.test.\"", "  local-data: 'lab.test. TXT \"v=spf1 -all\"'",
		"  local-data: \"lab.test. SOA ns.lab.test. ada.lab.test. 7 3600 600 86400 300\"", "  local-data: \"_sip._tcp.lab.test. SRV 1 2 5060 nas.lab.test.\"",
		"  local-data: \"www.lab.test. CNAME nas.lab.test.\"", "  local-data: \"10.1.168.192.in-addr.arpa. PTR nas.lab.test.\"",
		"  local-data: \"lab.test. NS ns.lab.test.\"", "  local-data: 'lab.test. CAA 0 issue \"letsencrypt.org\"'",
		"  local-zone: broken.test. always_refuse",
		"remote-control:", "  control-enable: yes", "  control-interface: {{home}}/control.sock", "  control-use-cert: no",
	}, more...)
}

// settings of a source on a private Unbound.
func unboundSettings(t testing.TB, s *servers.Server) plugintest.Settings {
	t.Helper()
	return plugintest.Settings{"type": "unbound", "control": s.Folder() + "/control.sock"}
}

// control runs unbound-control and returns what it says.
func control(t testing.TB, s *servers.Server, words ...string) string {
	t.Helper()
	args := append([]string{"-c", s.Folder() + "/settings"}, words...)
	out, err := exec.CommandContext(t.Context(), "unbound-control", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("unbound-control %s: %v\n%s", strings.Join(words, " "), err, out)
	}
	return string(out)
}

// figures reads what unbound-control stats_noreset says.
func figures(t testing.TB, s *servers.Server) map[string]float64 {
	t.Helper()
	all := make(map[string]float64)
	for line := range strings.Lines(control(t, s, "stats_noreset")) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			v, err := strconv.ParseFloat(value, 64)
			if err != nil {
				t.Fatal(err)
			}
			all[key] = v
		}
	}
	return all
}

// freePort returns a port of 127.0.0.1 that nobody listens on.
func freePort(t testing.TB) string {
	t.Helper()
	return strconv.Itoa(servers.Port(t))
}

func open(t testing.TB, with plugintest.Settings) plugin.Collector {
	t.Helper()
	return plugintest.Live(t, dns.Plugin(), with.JSON(t))
}

func values(t testing.TB, c plugin.Collector) map[string]float64 {
	t.Helper()
	return plugintest.Values(plugintest.CollectAll(t, dns.Plugin(), c))
}
