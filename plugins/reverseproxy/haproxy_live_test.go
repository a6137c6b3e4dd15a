package reverseproxy_test

import (
	"encoding/csv"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/reverseproxy"
	"github.com/unity-homelab/unity/test/servers"
)

// startHAProxy starts an HAProxy with a server that answers, one that does not,
// and a socket with the rights of the README.
func startHAProxy(t testing.TB) *servers.Server {
	t.Helper()
	return servers.Start(t, servers.HAProxy(),
		"global", "  stats socket {{home}}/admin.sock mode 660 level user", "  maxconn 400",
		"defaults", "  mode http", "  timeout connect 1s", "  timeout client 10s", "  timeout server 10s",
		"frontend web", "  bind 127.0.0.1:{{port}}", "  stats enable", "  stats uri /stats",
		"  http-request use-service prometheus-exporter if { path /metrics }", "  default_backend app",
		"backend app", "  option httpchk GET /", "  default-server check inter 100ms fall 2 rise 1",
		"  server live "+app(t), "  server dead "+closed(t),
	)
}

func socketOf(s *servers.Server) string { return filepath.Join(s.Folder(), "admin.sock") }

// deadIsDown is when the checks have found out.
func deadIsDown(values map[string]float64) bool {
	down, known := values[`proxy_server_up{backend="app",server="dead"}`]
	return known && down == 0 && values[`proxy_server_up{backend="app",server="live"}`] == 1
}

func TestHAProxyTellsTheSameInThreeWays(t *testing.T) {
	t.Parallel()
	s := startHAProxy(t)
	socket := open(t, settings{"url": "unix://" + socketOf(s)})
	until(t, socket, "the dead server is down", deadIsDown)
	visit(t, s.URL()+"/", 5)
	visit(t, s.URL()+"/fail", 3)
	until(t, socket, "the last one is counted, too", func(values map[string]float64) bool {
		return values[`proxy_requests_total{code_class="5xx",frontend="web"}`] == 3 && values[`proxy_backend_requests_total{backend="app",code_class="5xx"}`] == 3
	})
	for name, config := range map[string]settings{
		"the socket": {"url": "unix://" + socketOf(s)}, "the page": {"type": "haproxy", "url": s.URL(), "status_path": "/stats"}, "Prometheus": {"type": "haproxy", "url": s.URL() + "/metrics", "metrics_url": s.URL() + "/metrics"},
	} {
		wantValues(t, collect(t, open(t, config)), map[string]float64{
			`proxy_backend_requests_total{backend="app",code_class="5xx"}`: 3,
			`proxy_requests_total{code_class="5xx",frontend="web"}`:        3,
			`proxy_backend_up{backend="app"}`:                              1,
			`proxy_backend_servers{backend="app",state="up"}`:              1,
			`proxy_backend_servers{backend="app",state="down"}`:            1,
			`proxy_server_up{backend="app",server="dead"}`:                 0,
			`proxy_server_up{backend="app",server="live"}`:                 1,
		})
		if t.Failed() {
			t.Fatalf("told by %s", name)
		}
	}
}

func TestFiguresAreThoseOfShowStat(t *testing.T) {
	t.Parallel()
	s := startHAProxy(t)
	c := open(t, settings{"url": "unix://" + socketOf(s)})
	until(t, c, "the dead server is down", deadIsDown)
	visit(t, s.URL()+"/", 20)
	until(t, c, "the last one is counted, too", func(values map[string]float64) bool {
		return values[`proxy_requests_total{code_class="2xx",frontend="web"}`] == 20 && values[`proxy_backend_requests_total{backend="app",code_class="2xx"}`] == 20
	})
	values := collect(t, c)
	said := showStat(t, socketOf(s))
	for key, at := range map[string][3]string{
		`proxy_receive_bytes_total{frontend="web"}`:                        {"web", "FRONTEND", "bin"},
		`proxy_transmit_bytes_total{frontend="web"}`:                       {"web", "FRONTEND", "bout"},
		`proxy_requests_total{code_class="2xx",frontend="web"}`:            {"web", "FRONTEND", "hrsp_2xx"},
		`proxy_backend_errors_total{backend="app",kind="connect"}`:         {"app", "BACKEND", "econ"},
		`proxy_backend_queue{backend="app"}`:                               {"app", "BACKEND", "qcur"},
		`proxy_server_check_failures_total{backend="app",server="dead"}`:   {"app", "dead", "chkfail"},
		`proxy_backend_requests_total{backend="app",code_class="2xx"}`:     {"app", "BACKEND", "hrsp_2xx"},
		`proxy_server_check_failures_total{backend="app",server="live"}`:   {"app", "live", "chkfail"},
		`proxy_backend_errors_total{backend="app",kind="redispatch"}`:      {"app", "BACKEND", "wredis"},
		`proxy_backend_requests_total{backend="app",code_class="5xx"}`:     {"app", "BACKEND", "hrsp_5xx"},
		`proxy_server_downtime_seconds_total{backend="app",server="live"}`: {"app", "live", "downtime"},
	} {
		want, err := strconv.ParseFloat(said[at[0]+"/"+at[1]][at[2]], 64)
		if got, there := values[key]; err != nil || !there || got != want {
			t.Errorf("%s is %v (%v), show stat says %v (%v)", key, got, there, want, err)
		}
	}
	if values["proxy_connection_limit"] != 400 || values["proxy_uptime_seconds"] > 60 {
		t.Errorf("limit %v, uptime %v", values["proxy_connection_limit"], values["proxy_uptime_seconds"])
	}
}

// showStat asks the socket without Unity.
func showStat(t *testing.T, path string) map[string]map[string]string {
	t.Helper()
	conn, err := plugintest.LiveHost(t, reverseproxy.Plugin()).Dial(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.Write([]byte("show stat\n")); err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(conn).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	said := make(map[string]map[string]string)
	for _, record := range records[1:] {
		row := make(map[string]string)
		for i, name := range records[0] {
			row[name] = record[i]
		}
		said[record[0]+"/"+record[1]] = row
	}
	return said
}
