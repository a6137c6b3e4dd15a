package dns_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/dns"
)

// guard is a stand-in for AdGuard Home that shuts out who gives a wrong login five
// times, for a quarter of an hour, as it does.
type guard struct {
	mu       sync.Mutex
	password string
	now      time.Time
	wrong    []time.Time
	shut     time.Time // until when
	shutOut  int
}

// ServeHTTP implements http.Handler.
func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	const most, quarter = 5, 15 * time.Minute
	g.mu.Lock()
	defer g.mu.Unlock()
	user, password, given := r.BasicAuth()
	switch {
	case !given:
		http.Error(w, "Unauthorized", http.StatusUnauthorized)
		return
	case g.now.Before(g.shut):
		g.shutOut++
		http.Error(w, "auth: blocked for 899s", http.StatusForbidden)
		return
	case user != "unity" || password != g.password:
		g.wrong = append(g.wrong, g.now)
		for len(g.wrong) > 0 && g.now.Sub(g.wrong[0]) >= quarter {
			g.wrong = g.wrong[1:]
		}
		if len(g.wrong) >= most {
			g.shut = g.now.Add(quarter)
		}
		http.Error(w, "Unauthorized", http.StatusUnauthorized)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	switch r.URL.Path {
	case "/control/status":
		_, _ = io.WriteString(w, `{"version": "v0.107.52", "running": true, "protection_enabled": true}`)
	case "/control/stats":
		_, _ = io.WriteString(w, `{"time_units": "hours", "num_dns_queries": 10, "num_blocked_filtering": 2, "dns_queries": [10], "blocked_filtering": [2]}`)
	default:
		_, _ = io.WriteString(w, `{}`)
	}
}

func TestAWrongLoginNeverShutsUsOut(t *testing.T) {
	t.Parallel()
	g := &guard{password: "another", now: time.Now()}
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	host := plugintest.LiveHost(t, dns.Plugin())
	host.Now = func() time.Time {
		g.mu.Lock()
		defer g.mu.Unlock()
		return g.now
	}
	c := plugintest.Open(t, dns.Plugin(), plugintest.Settings{"type": "adguard", "url": server.URL, "username": "unity", "password": password}.JSON(t), host)
	for range 24 * 60 { // a day of runs
		_, err := plugintest.Attempt(t, dns.Plugin(), c, time.Minute)
		if fault.Of(err) != fault.Auth {
			t.Fatalf("got %v", err)
		}
		g.mu.Lock()
		g.now = g.now.Add(time.Minute)
		g.mu.Unlock()
	}
	g.mu.Lock()
	if g.shutOut > 0 || !g.shut.IsZero() {
		t.Errorf("it was shut out %d times", g.shutOut)
	}
	g.password = password
	g.now = g.now.Add(6 * time.Hour)
	g.mu.Unlock()
	if got := values(t, c)[`dns_queries_window{window="1h"}`]; got != 10 {
		t.Errorf("%v queries with the right login", got)
	}
}
