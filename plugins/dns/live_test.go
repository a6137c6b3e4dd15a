package dns_test

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/dns"
	"github.com/unity-homelab/unity/test/servers"
)

// probeSettings asks one server for names.
func probeSettings(server string, probes ...plugintest.Settings) plugintest.Settings {
	return plugintest.Settings{"type": "resolver", "server": server, "probes": probes, "timeout": "20s"}
}

// rows are the probes of a snapshot, by name.
func rows(t testing.TB, b *plugin.Batch) map[string]struct {
	Status, Rcode, Message string
	Answers                []string
} {
	t.Helper()
	var seen struct {
		Probes []struct {
			Name, Status, Rcode, Message string
			Answers                      []string
		}
	}
	if err := json.Unmarshal(b.Snapshot(), &seen); err != nil {
		t.Fatal(err)
	}
	all := make(map[string]struct {
		Status, Rcode, Message string
		Answers                []string
	})
	for _, p := range seen.Probes {
		all[p.Name] = struct {
			Status, Rcode, Message string
			Answers                []string
		}{p.Status, p.Rcode, p.Message, p.Answers}
	}
	return all
}

func TestFiguresAreThoseOfUnboundControl(t *testing.T) {
	t.Parallel()
	s := servers.Start(t, servers.Unbound(), unboundLines()...)
	for _, line := range []string{"    extended-statistics: yes", "    control-enable: yes"} {
		plugintest.InReadme(t, line)
	}
	c := open(t, unboundSettings(t, s))
	values(t, c)
	asking := open(t, probeSettings(
		s.Address(), plugintest.Settings{"query": "nas.lab.test"}, plugintest.Settings{"query": "nas.lab.test", "record_type": "AAAA", "transport": "tcp"},
		plugintest.Settings{"query": "none.lab.test", "expect_rcode": "NXDOMAIN"}, plugintest.Settings{"query": "x.broken.test", "expect_rcode": "REFUSED"},
	))
	for range 25 {
		plugintest.CollectAll(t, dns.Plugin(), asking)
	}
	got := values(t, c)
	said := figures(t, s)
	for metric, key := range map[string]string{
		"dns_queries_total":                                      "total.num.queries",
		"unbound_cache_hits_total":                               "total.num.cachehits",
		"unbound_cache_misses_total":                             "total.num.cachemiss",
		"unbound_prefetches_total":                               "total.num.prefetch",
		"unbound_recursive_replies_total":                        "total.num.recursivereplies",
		"unbound_tcp_usage":                                      "total.tcpusage",
		`unbound_query_types_total{type="A"}`:                    "num.query.type.A",
		`unbound_query_types_total{type="AAAA"}`:                 "num.query.type.AAAA",
		`unbound_answer_rcodes_total{rcode="NXDOMAIN"}`:          "num.answer.rcode.NXDOMAIN",
		`unbound_answer_rcodes_total{rcode="REFUSED"}`:           "num.answer.rcode.REFUSED",
		`unbound_query_flags_total{flag="RD"}`:                   "num.query.flags.RD",
		`unbound_queries_transport_total{transport="tcp"}`:       "num.query.tcp",
		`unbound_unwanted_total{kind="queries"}`:                 "unwanted.queries",
		`unbound_request_list{stat="current_all"}`:               "total.requestlist.current.all",
		`unbound_request_list_dropped_total{kind="exceeded"}`:    "total.requestlist.exceeded",
		`unbound_memory_bytes{component="cache_message"}`:        "mem.cache.message",
		`unbound_memory_bytes{component="mod_iterator"}`:         "mem.mod.iterator",
		`unbound_cache_count{cache="rrset"}`:                     "rrset.cache.count",
		`unbound_recursion_time_seconds{stat="avg"}`:             "total.recursion.time.avg",
		"unbound_answers_bogus_total":                            "num.answer.bogus",
		"unbound_queries_ip_ratelimited_total":                   "total.num.queries_ip_ratelimited",
		`unbound_queries_transport_total{transport="ipv6"}`:      "num.query.ipv6",
		`unbound_answer_rcodes_total{rcode="NOERROR"}`:           "num.answer.rcode.NOERROR",
		`unbound_memory_bytes{component="cache_rrset"}`:          "mem.cache.rrset",
		`unbound_queries_transport_total{transport="https"}`:     "num.query.https",
		`unbound_request_list{stat="max"}`:                       "total.requestlist.max",
		`unbound_request_list_dropped_total{kind="overwritten"}`: "total.requestlist.overwritten",
	} {
		want, told := said[key]
		if value, there := got[metric]; !there || !told || value != want {
			t.Errorf("%s is %v (%v), unbound-control says %s=%v (%v)", metric, value, there, key, want, told)
		}
	}
	if got["dns_queries_total"] != 100 || math.Abs(got["unbound_uptime_seconds"]-said["time.up"]) > 60 {
		t.Errorf("%v queries, wanted 100; up for %v s, said %v", got["dns_queries_total"], got["unbound_uptime_seconds"], said["time.up"])
	}
	if rate := got["dns_queries_per_second"]; rate <= 0 {
		t.Errorf("%v queries per second", rate)
	}
	var seen struct{ Version string }
	if err := json.Unmarshal(plugintest.CollectAll(t, dns.Plugin(), c).Snapshot(), &seen); err != nil || !strings.Contains(control(t, s, "status"), "version: "+seen.Version+"\n") {
		t.Errorf("version %q, %v", seen.Version, err)
	}
}

func TestWithoutExtendedStatisticsTheRestIsThere(t *testing.T) {
	t.Parallel()
	lines := unboundLines()
	for i := range lines {
		lines[i] = strings.Replace(lines[i], "extended-statistics: yes", "extended-statistics: no", 1)
	}
	s := servers.Start(t, servers.Unbound(), lines...)
	b := plugintest.CollectAll(t, dns.Plugin(), open(t, unboundSettings(t, s)))
	var seen struct {
		Summary struct {
			Extended *bool `json:"extended_statistics"`
		}
	}
	if err := json.Unmarshal(b.Snapshot(), &seen); err != nil || seen.Summary.Extended == nil || *seen.Summary.Extended {
		t.Errorf("the page does not say that they are off: %s", b.Snapshot())
	}
	got := plugintest.Values(b)
	if _, there := got["dns_queries_total"]; !there {
		t.Error("there is no count of queries")
	}
	if _, there := got["dns_servfail_ratio"]; there {
		t.Error("there is a ratio of what is not counted")
	}
}

func TestNamesOfEveryTypeAreAskedFor(t *testing.T) {
	t.Parallel()
	s := servers.Start(t, servers.Unbound(), unboundLines()...)
	ask := func(name, of, expect string) plugintest.Settings {
		return plugintest.Settings{"name": of + " " + name, "query": name, "record_type": of, "expect_regex": expect}
	}
	b := plugintest.CollectAll(t, dns.Plugin(), open(t, probeSettings(
		s.Address(),
		ask("nas.lab.test", "A", `^192\.168\.1\.10$`), ask("nas.lab.test", "AAAA", "^fd00::10$"), ask("lab.test", "MX", `^10 mail\.lab\.test\.$`),
		ask("lab.test", "TXT", "^v=spf1 -all$"), ask("lab.test", "SOA", `^ns\.lab\.test\. ada\.lab\.test\. 7 3600 600 86400 300$`),
		ask("_sip._tcp.lab.test", "SRV", `^1 2 5060 nas\.lab\.test\.$`), ask("www.lab.test", "CNAME", `^nas\.lab\.test\.$`),
		ask("10.1.168.192.in-addr.arpa", "PTR", `^nas\.lab\.test\.$`), ask("lab.test", "NS", `^ns\.lab\.test\.$`),
		ask("lab.test", "CAA", `^\\# 22 000569737375656c657473656e63727970742e6f7267$`),
		plugintest.Settings{"name": "gone", "query": "none.lab.test", "expect_rcode": "NXDOMAIN"},
		plugintest.Settings{"name": "wrong code", "query": "none.lab.test"},
		plugintest.Settings{"name": "wrong answer", "query": "nas.lab.test", "expect_regex": "^10\\."},
		plugintest.Settings{"name": "no answer", "query": "nas.lab.test", "record_type": "MX", "expect_regex": "."},
		plugintest.Settings{"name": "unsigned", "query": "nas.lab.test", "dnssec": true},
		plugintest.Settings{"name": "nobody", "query": "nas.lab.test", "server": "127.0.0.1:1"},
		plugintest.Settings{"name": "tcp", "query": "nas.lab.test", "transport": "tcp"},
	)))
	for name, row := range rows(t, b) {
		want := map[string]string{
			"wrong code": "the code is NXDOMAIN, expected NOERROR", "wrong answer": `no answer matches ^10\.`, "no answer": "there is no answer of type MX",
			"unsigned": "the server does not say that the answer is verified", "nobody": "asking 127.0.0.1:1: connection refused",
		}[name]
		if status := map[bool]string{true: "ok", false: "failed"}[want == ""]; row.Status != status || row.Message != want {
			t.Errorf("%s: %s, %q, answers %q; want %s, %q", name, row.Status, row.Message, row.Answers, status, want)
		}
	}
	got := plugintest.Values(b)
	if got[`dns_probe_success{probe="tcp",record_type="A",transport="tcp"}`] != 1 || got[`dns_probe_rcode{probe="gone",record_type="A",transport="udp"}`] != 3 ||
		got[`dns_probe_answers{probe="A nas.lab.test",record_type="A",transport="udp"}`] != 1 {
		t.Errorf("probes: %v", got)
	}
	if _, there := got[`dns_probe_duration_seconds{probe="nobody",record_type="A",transport="udp"}`]; there {
		t.Error("a probe without an answer has a duration")
	}
}

func TestUnboundGoesAndComesBack(t *testing.T) {
	t.Parallel()
	s := servers.Start(t, servers.Unbound(), unboundLines()...)
	c := open(t, unboundSettings(t, s))
	values(t, c)
	attempt := func(c plugin.Collector, within time.Duration) error {
		_, err := plugintest.Attempt(t, dns.Plugin(), c, within)
		return err
	}
	const off = "see whether Unbound runs; its control is off until"
	s.Kill()
	plugintest.WantFault(t, attempt(c, time.Minute), fault.Refused, "connection refused", off)
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	values(t, c)
	if err := s.Pause(); err != nil {
		t.Fatal(err)
	}
	quick := open(t, unboundSettings(t, s).With(plugintest.Settings{"timeout": "200ms"}))
	plugintest.WantFault(t, attempt(quick, time.Minute), fault.Timeout, "no answer within 200ms", "busy or stopped")
	plugintest.WantFault(t, attempt(c, 200*time.Millisecond), fault.Timeout, "no answer in time", "")
	if err := s.Resume(); err != nil {
		t.Fatal(err)
	}
	values(t, c)
	none := open(t, plugintest.Settings{"type": "unbound", "control": filepath.Join(t.TempDir(), "none.sock")})
	plugintest.WantFault(t, attempt(none, time.Minute), fault.Unreachable, "no such socket", off)
}

func TestTheControlOverTCPKnowsWhoIsWho(t *testing.T) {
	t.Parallel()
	keys := t.TempDir()
	s := servers.Start(t, servers.Unbound(), controlOverTCP(t, keys)...)
	text, err := os.ReadFile(filepath.Join(s.Folder(), "settings"))
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := strings.Cut(string(text), "control-port: ")
	port, _, _ = strings.Cut(port, "\n")
	with := plugintest.Settings{
		"type": "unbound", "control": "127.0.0.1:" + port, "control_cert": filepath.Join(keys, "unbound_control.pem"),
		"control_key": filepath.Join(keys, "unbound_control.key"), "control_server_cert": filepath.Join(keys, "unbound_server.pem"),
	}
	if got := values(t, open(t, with)); len(got) < 20 {
		t.Errorf("only %d samples", len(got))
	}
	other := t.TempDir()
	setup(t, other)
	_, err = plugintest.Attempt(t, dns.Plugin(), open(t, with.With(plugintest.Settings{"control_server_cert": filepath.Join(other, "unbound_server.pem")})), time.Minute)
	plugintest.WantFault(t, err, fault.TLS, "it shows another certificate", "copy unbound_server.pem")
	_, err = plugintest.Attempt(t, dns.Plugin(), open(t, with.With(plugintest.Settings{"control_cert": filepath.Join(other, "unbound_control.pem"), "control_key": filepath.Join(other, "unbound_control.key")})), time.Minute)
	if kind := fault.Of(err); kind != fault.TLS && kind != fault.Unreachable {
		t.Errorf("with keys of another server: %s: %v", kind, err)
	}
	_, err = plugintest.Attempt(t, dns.Plugin(), open(t, with.With(plugintest.Settings{"control_cert": "/nowhere.pem"})), time.Minute)
	plugintest.WantFault(t, err, fault.Config, "reading control_cert and control_key", "unbound-control-setup")
}

func TestNamesAreAskedForOverTLS(t *testing.T) {
	t.Parallel()
	// The certificate that tests of HTTP have is as good here.
	server := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	key, err := x509.MarshalPKCS8PrivateKey(server.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	keys, port := t.TempDir(), freePort(t)
	for name, block := range map[string]*pem.Block{
		"key.pem": {Type: "PRIVATE KEY", Bytes: key}, "server.pem": {Type: "CERTIFICATE", Bytes: server.Certificate().Raw},
	} {
		if err := os.WriteFile(filepath.Join(keys, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	lines := unboundLines()
	s := servers.Start(t, servers.Unbound(), slices.Insert(lines, slices.Index(lines, "remote-control:"), "  interface: 127.0.0.1@"+port, "  tls-port: "+port,
		"  tls-service-key: "+keys+"/key.pem", "  tls-service-pem: "+keys+"/server.pem")...)
	asking := probeSettings("127.0.0.1:"+port, plugintest.Settings{"query": "nas.lab.test", "transport": "tls", "expect_regex": `^192\.168\.1\.10$`})
	for pinned, want := range map[string]string{
		fmt.Sprintf("%x", sha256.Sum256(server.Certificate().Raw)): "", strings.Repeat("ab", sha256.Size): "the certificate's fingerprint is",
	} {
		b := plugintest.CollectAll(t, dns.Plugin(), open(t, asking.With(plugintest.Settings{"tls_fingerprint": pinned})))
		if row := rows(t, b)["nas.lab.test"]; (row.Status == "ok") != (want == "") || !strings.Contains(row.Message, want) {
			t.Errorf("%s: %q, want %q", row.Status, row.Message, want)
		}
	}
	if asked := figures(t, s)["num.query.tls"]; asked != 1 {
		t.Errorf("Unbound counts %v questions over TLS", asked)
	}
}

// setup makes the files for the control as people do.
func setup(t *testing.T, folder string) {
	t.Helper()
	if _, err := exec.LookPath("unbound-control-setup"); err != nil {
		plugintest.Skip(t, "needs unbound-control-setup (apt-get install unbound)")
	}
	if out, err := exec.CommandContext(t.Context(), "unbound-control-setup", "-d", folder).CombinedOutput(); err != nil {
		t.Fatalf("unbound-control-setup: %v\n%s", err, out)
	}
}

// controlOverTCP are settings of an Unbound whose control wants certificates.
func controlOverTCP(t *testing.T, keys string) []string {
	t.Helper()
	setup(t, keys)
	lines := unboundLines()
	lines = lines[:len(lines)-2]
	return append(lines, "  control-interface: 127.0.0.1", "  control-port: "+freePort(t), "  control-use-cert: yes",
		"  server-key-file: "+keys+"/unbound_server.key", "  server-cert-file: "+keys+"/unbound_server.pem",
		"  control-key-file: "+keys+"/unbound_control.key", "  control-cert-file: "+keys+"/unbound_control.pem")
}

func TestFiguresOfDnsmasq(t *testing.T) {
	t.Parallel()
	above := servers.Start(t, servers.Unbound(), unboundLines()...)
	upstream := strings.Replace(above.Address(), ":", "#", 1)
	s := servers.Start(t, servers.Dnsmasq(), "port={{port}}", "listen-address=127.0.0.1", "bind-interfaces", "no-resolv", "no-hosts",
		"cache-size=321", "server="+upstream, "address=/local.test/192.168.1.20")
	c := open(t, plugintest.Settings{"server": s.Address()}) // what it is, is found out
	values(t, c)
	asking := open(t, probeSettings(
		s.Address(), plugintest.Settings{"query": "nas.lab.test", "expect_regex": `^192\.168\.1\.10$`},
		plugintest.Settings{"query": "x.local.test", "expect_regex": `^192\.168\.1\.20$`},
	))
	for range 10 {
		for name, row := range rows(t, plugintest.CollectAll(t, dns.Plugin(), asking)) {
			if row.Status != "ok" {
				t.Errorf("%s: %s", name, row.Message)
			}
		}
	}
	got := values(t, c)
	sent := figures(t, above)["total.num.queries"]
	for metric, want := range map[string]float64{
		"dns_cache_size": 321, "dnsmasq_cache_misses_total": sent, "dnsmasq_cache_evictions_total": 0,
		`dnsmasq_upstream_queries_total{upstream="` + upstream + `"}`:  sent,
		`dnsmasq_upstream_failures_total{upstream="` + upstream + `"}`: 0,
	} {
		if value, there := got[metric]; !there || value != want {
			t.Errorf("%s is %v (%v), want %v", metric, value, there, want)
		}
	}
	if got["dns_queries_total"] < 20 || got["dnsmasq_cache_insertions_total"] == 0 {
		t.Errorf("%v queries, %v insertions", got["dns_queries_total"], got["dnsmasq_cache_insertions_total"])
	}
	s.Kill()
	_, err := plugintest.Attempt(t, dns.Plugin(), c, time.Minute)
	plugintest.WantFault(t, err, fault.Refused, "asking "+s.Address()+": connection refused", "see whether the name server runs")
}

func TestAProbeThatFailsIsAnEvent(t *testing.T) {
	t.Parallel()
	s := servers.Start(t, servers.Unbound(), unboundLines()...)
	host := plugintest.LiveHost(t, dns.Plugin())
	ask := func() []plugin.Event {
		// A new collector each time: what is remembered outlives it.
		c := plugintest.Open(t, dns.Plugin(), probeSettings(s.Address(), plugintest.Settings{"query": "nas.lab.test", "expect_regex": `\.10$`}).JSON(t), host)
		return plugintest.CollectAll(t, dns.Plugin(), c).Events()
	}
	if events := ask(); len(events) != 0 {
		t.Errorf("events at the first time: %v", events)
	}
	control(t, s, "local_data_remove", "nas.lab.test")
	if events := ask(); len(events) != 1 || events[0].Kind != "probe_failed" || events[0].Severity != plugin.Critical || events[0].Detail["query"] != "nas.lab.test" {
		t.Errorf("events: %+v", events)
	}
	if events := ask(); len(events) != 0 {
		t.Errorf("events without a change: %v", events)
	}
	control(t, s, "local_data", "nas.lab.test A 192.168.1.10")
	if events := ask(); len(events) != 1 || events[0].Kind != "probe_recovered" {
		t.Errorf("events: %+v", events)
	}
}

// BenchmarkCollect is one run on a real Unbound, with two probes.
func BenchmarkCollect(b *testing.B) {
	s := servers.Start(b, servers.Unbound(), unboundLines()...)
	plugintest.Benchmark(b, dns.Plugin(), open(b, unboundSettings(b, s).With(plugintest.Settings{
		"server": s.Address(), "probes": []plugintest.Settings{{"query": "nas.lab.test"}, {"query": "nas.lab.test", "record_type": "AAAA"}},
	})))
}
