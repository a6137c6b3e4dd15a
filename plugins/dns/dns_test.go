package dns_test

import (
	"bufio"
	"encoding/json"
	"net"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/dns"
)

func TestPlugin(t *testing.T) {
	t.Parallel()
	const dnsmasq, probes = "needs a name server; see TestFiguresOfDnsmasq", "needs a name server; see TestNamesOfEveryTypeAreAskedFor"
	plugintest.Run(t, dns.Plugin(), plugintest.SocketProtocol(serve), plugintest.NotInCases{
		"dnsmasq_cache_hits_total": dnsmasq, "dnsmasq_cache_misses_total": dnsmasq, "dnsmasq_cache_insertions_total": dnsmasq,
		"dnsmasq_cache_evictions_total": dnsmasq, "dnsmasq_upstream_queries_total": dnsmasq, "dnsmasq_upstream_failures_total": dnsmasq,
		"dns_probe_success": probes, "dns_probe_duration_seconds": probes, "dns_probe_rcode": probes, "dns_probe_answers": probes,
		"table Probes": probes, "table Upstream servers": "failures are those of dnsmasq; see TestFiguresOfDnsmasq",
	})
}

// serve answers as the control of Unbound does: one question, one answer.
func serve(conn net.Conn, ask func(question string) ([]byte, error)) {
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return
	}
	question, _ := strings.CutPrefix(strings.TrimSpace(line), "UBCT1 ")
	text, err := ask(question)
	if err == nil {
		_, _ = conn.Write(text)
	}
}

func TestWrongSettingsAreTold(t *testing.T) {
	t.Parallel()
	for config, want := range map[string]string{
		`{"type": "pihole"}`:                               "url is required for this server",
		`{"type": "resolver"}`:                             "probes must have one at least",
		`{"url": "pi.hole"}`:                               "url must begin with http://",
		`{"server": "http://nas"}`:                         "server is not a host or host:port",
		`{"control": "a b"}`:                               "control is neither the path of a socket nor host:port",
		`{"server": "nas", "probes": [{"query": "a..b"}]}`: "probes[0].query is not a name",
		`{"server": "nas", "probes": [{"query": ""}]}`:     "probes[0].query",
		`{"server": "nas", "probes": [{"query": "a", "expect_regex": "("}]}`:   "probes[0].expect_regex is not a regular expression",
		`{"server": "nas", "probes": [{"query": "a", "transport": "https"}]}`:  "probes[0].server must be an address such as https://",
		`{"server": "nas", "probes": [{"query": "a"}, {"query": "a"}]}`:        "probes[1].name is that of another probe",
		`{"server": "nas", "probes": [{"query": "a", "server": "tcp://nas"}]}`: "probes[0].server is not a host",
	} {
		err := dns.Plugin().Validate(json.RawMessage(config))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", config, err, want)
		}
	}
	for _, config := range []string{
		`{}`, `{"url": "http://pi.hole/admin/"}`, `{"url": "http://pi.hole/admin/api.php"}`, `{"control": "/run/unbound.ctl"}`, `{"control": "nas:8953"}`, `{"server": "[::1]:53"}`,
		`{"type": "dnsmasq"}`, `{"type": "unbound"}`, `{"type": "resolver", "probes": [{"query": "münchen.example"}, {"query": "."}]}`,
	} {
		if err := dns.Plugin().Validate(json.RawMessage(config)); err != nil {
			t.Errorf("%s: %v", config, err)
		}
	}
}
