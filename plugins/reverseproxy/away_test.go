package reverseproxy_test

import (
	"strings"
	"testing"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/reverseproxy"
	"github.com/unity-homelab/unity/test/servers"
)

func TestAProxyThatGoesAndComesBack(t *testing.T) {
	t.Parallel()
	haproxy, nginx := startHAProxy(t), startNginx(t)
	for _, one := range []struct {
		name    string
		server  *servers.Server
		config  settings
		refused string
	}{
		{"haproxy", haproxy, settings{"url": "unix://" + socketOf(haproxy)}, "asking " + socketOf(haproxy) + " for show info: connection refused"},
		{"nginx", nginx, settings{"url": nginx.URL() + "/nginx_status"}, "GET " + nginx.URL() + "/nginx_status: connection refused"},
	} {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			plugintest.ComeAndGo(t, reverseproxy.Plugin(), one.server, one.refused, func(timeout string) plugin.Collector {
				return open(t, one.config.With(settings{"timeout": timeout}))
			})
		})
	}
}

func TestAServerBehindTheProxyThatGoesIsAnEvent(t *testing.T) {
	t.Parallel()
	behind := startNginx(t)
	s := servers.Start(t, servers.HAProxy(),
		"global", "  stats socket {{home}}/admin.sock level user",
		"defaults", "  mode http", "  timeout connect 1s", "  timeout client 10s", "  timeout server 10s",
		"frontend web", "  bind 127.0.0.1:{{port}}", "  default_backend app",
		"backend app", "  server one "+strings.TrimPrefix(behind.URL(), "http://")+" check inter 100ms fall 1 rise 1",
	)
	c := open(t, settings{"url": "unix://" + socketOf(s)})
	until(t, c, "the server is up", func(values map[string]float64) bool {
		return values[`proxy_server_up{backend="app",server="one"}`] == 1
	})
	behind.Kill()
	wantEvents(t, c, "proxy_backend_down critical app has no server left", "proxy_server_down warning one behind app is down")
	if err := behind.Start(); err != nil {
		t.Fatal(err)
	}
	wantEvents(t, c, "proxy_backend_up info app has a server again", "proxy_server_up info one behind app is up again")
}

// wantEvents collects until the run that yields events, and compares them.
func wantEvents(t *testing.T, c plugin.Collector, want ...string) {
	t.Helper()
	for {
		batch := plugintest.Collect(t, reverseproxy.Plugin(), c)
		var got []string
		for _, e := range batch.Events() {
			got = append(got, e.Kind+" "+string(e.Severity)+" "+e.Title)
		}
		if len(got) == 0 && t.Context().Err() == nil {
			continue
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("events %q, want %q", got, want)
		}
		return
	}
}
