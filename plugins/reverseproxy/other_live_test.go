package reverseproxy_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/reverseproxy"
	"github.com/unity-homelab/unity/test/servers"
)

// TestAskingTheSocket is run by another test as another user.
func TestAskingTheSocket(t *testing.T) {
	t.Parallel()
	path := os.Getenv("ASK_SOCKET")
	if path == "" {
		t.Skip("unavoidable: this is a part of another test")
	}
	batch := plugintest.Collect(t, reverseproxy.Plugin(), open(t, settings{"url": "unix://" + path}))
	t.Logf("%d samples", len(batch.Samples()))
}

func TestCaddyTellsWhatIsBehindIt(t *testing.T) {
	t.Parallel()
	live, dead, port := app(t), closed(t), portOf(closed(t))
	s := servers.Start(t, servers.Caddy(),
		"{", "  admin 127.0.0.1:{{port}}", "  auto_https off", "  skip_install_trust", "  servers {", "    metrics", "  }", "}",
		"http://127.0.0.1:"+port+" {", "  handle /app/* {", "    uri strip_prefix /app", "    reverse_proxy "+live+" "+dead+" {",
		"      health_uri /", "      health_interval 100ms", "      lb_policy first", "    }", "  }",
		"  handle {", `    respond "static" 200`, "  }", "}",
	)
	c := open(t, settings{"url": s.URL()})
	visit(t, "http://127.0.0.1:"+port+"/app/", 4)
	visit(t, "http://127.0.0.1:"+port+"/app/fail", 2)
	visit(t, "http://127.0.0.1:"+port+"/other", 3)
	values := collect(t, c)
	wantValues(t, values, map[string]float64{
		`proxy_info{type="caddy"}`:                               1,
		`proxy_requests_total{code_class="2xx",frontend="srv0"}`: 7,
		`proxy_requests_total{code_class="5xx",frontend="srv0"}`: 2,
		`proxy_routes{protocol="http",state="enabled"}`:          2,
		`proxy_routes_tls`:                                       0,
	})
	// Caddy takes ten seconds to say first who is healthy; until then nothing is said
	// of it, and never that the dead one is.
	if up := values[`proxy_server_up{backend="`+dead+`",server="`+dead+`"}`]; up != 0 {
		t.Errorf("%s is told to be up", dead)
	}
	refuse(t, settings{"url": s.URL(), "headers": map[string]string{"Host": "elsewhere:2019"}}, fault.Permission, "does not take the name it is asked by", "set the header Host")
}

func portOf(address string) string {
	_, port, _ := strings.Cut(address, ":")
	return port
}

func startNginx(t testing.TB) *servers.Server {
	t.Helper()
	return servers.Start(t, servers.Nginx(), "events {}", "http {", "  access_log off;", "  server {",
		"    listen 127.0.0.1:{{port}};", "    listen unix:{{home}}/nginx.sock;",
		"    location = /nginx_status { stub_status; allow 127.0.0.1; allow unix:; deny all; }",
		"    location = /hidden { stub_status; deny all; }", "    location / { return 200 hello; }", "  }", "}")
}

func TestNginxTellsItsConnections(t *testing.T) {
	t.Parallel()
	plugintest.InReadme(t, "    location = /nginx_status { stub_status; allow 127.0.0.1; deny all; }")
	s := startNginx(t)
	visit(t, s.URL()+"/", 5)
	for _, config := range []settings{
		{"url": s.URL()}, {"url": s.URL() + "/nginx_status"}, {"url": "unix://" + filepath.Join(s.Folder(), "nginx.sock")},
	} {
		c := open(t, config)
		before := collect(t, c)
		values := collect(t, c)
		// The second run is one request on the connection of the first.
		if got := values[`proxy_requests_total{code_class="any",frontend="all"}`] - before[`proxy_requests_total{code_class="any",frontend="all"}`]; got != 1 {
			t.Errorf("%v: %v requests by one run", config, got)
		}
		if values["proxy_connections_total"] != before["proxy_connections_total"] {
			t.Errorf("%v: another connection was made", config)
		}
		wantValues(t, values, map[string]float64{"proxy_connections_dropped_total": 0, `proxy_connections{frontend="all",state="writing"}`: 1})
	}
	refuse(t, settings{"type": "nginx", "url": s.URL() + "/hidden"}, fault.Permission, "does not show its status", "allow the address")
	refuse(t, settings{"url": s.URL() + "/nothing"}, fault.WrongService, "tells nothing", "port for visitors")
	refuse(t, settings{"type": "haproxy", "url": "unix://" + filepath.Join(s.Folder(), "nginx.sock")}, fault.WrongService, "not HAProxy", "stats socket")
}
