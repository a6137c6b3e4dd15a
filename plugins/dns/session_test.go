package dns_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/dns"
)

const password = "only-for-tests"

// hole is a stand-in for a Pi-hole 6 that keeps its rules: a session for each
// login, few of them, no answer without one, and an end to each.
type hole struct {
	plugintest.Guard

	password string
	seats    int
	sessions map[string]bool
	logins   int
	refused  int
}

// start serves the Pi-hole.
func (h *hole) start(t *testing.T) string {
	t.Helper()
	h.sessions = make(map[string]bool)
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

// ServeHTTP implements http.Handler.
func (h *hole) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.Lock()
	defer h.Unlock()
	say := func(status int, what any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(what)
	}
	session := func(valid bool, sid any, message string) map[string]any {
		return map[string]any{"session": map[string]any{"valid": valid, "totp": false, "sid": sid, "validity": 1800, "message": message}}
	}
	refuse := func(status int, key string) {
		say(status, map[string]any{"error": map[string]any{"key": key, "message": key, "hint": nil}})
	}
	known := h.sessions[r.Header.Get("X-FTL-SID")]
	switch {
	case r.URL.Path == "/api/auth" && r.Method == http.MethodGet && !known:
		say(http.StatusUnauthorized, session(false, nil, ""))
	case r.URL.Path == "/api/auth" && r.Method == http.MethodPost:
		var asked struct{ Password string }
		_ = json.NewDecoder(r.Body).Decode(&asked)
		h.logins++
		switch {
		case asked.Password != h.password:
			h.refused++
			say(http.StatusUnauthorized, session(false, nil, "password incorrect"))
		case len(h.sessions) >= h.seats:
			refuse(http.StatusTooManyRequests, "api_seats_exceeded")
		default:
			sid := "session-" + strings.Repeat("x", h.logins) + "="
			h.sessions[sid] = true
			say(http.StatusOK, session(true, sid, "password correct"))
		}
	case !known:
		refuse(http.StatusUnauthorized, "unauthorized")
	case r.URL.Path == "/api/auth" && r.Method == http.MethodDelete:
		delete(h.sessions, r.Header.Get("X-FTL-SID"))
		w.WriteHeader(http.StatusNoContent)
	case r.URL.Path == "/api/stats/summary":
		_, _ = io.WriteString(w, `{"queries": {"total": 10, "blocked": 2, "frequency": 0.1}, "clients": {"active": 1, "total": 2}, "gravity": {"domains_being_blocked": 5, "last_update": 1}}`)
	default:
		say(http.StatusOK, map[string]any{})
	}
}

func closeIt(t *testing.T, c plugin.Collector) {
	t.Helper()
	closer, ok := c.(io.Closer)
	if !ok {
		t.Fatal("the collector cannot be closed")
	}
	if err := closer.Close(); err != nil {
		t.Error(err)
	}
}

func TestOneSessionIsKeptAndGivenBack(t *testing.T) {
	t.Parallel()
	h := &hole{password: password, seats: 1}
	config := plugintest.Settings{"url": h.start(t), "password": password}
	c, err := dns.Plugin().Open(t.Context(), json.RawMessage(config.JSON(t)), plugintest.LiveHost(t, dns.Plugin()))
	if err != nil {
		t.Fatal(err)
	}
	for range 50 {
		if got := values(t, c)["dns_queries_window{window=\"24h\"}"]; got != 10 {
			t.Fatalf("%v queries", got)
		}
	}
	h.Change(func() {
		if h.logins != 1 || len(h.sessions) != 1 {
			t.Errorf("%d logins, %d sessions", h.logins, len(h.sessions))
		}
		clear(h.sessions) // restarted
	})
	values(t, c)
	h.Change(func() {
		if h.logins != 2 {
			t.Errorf("%d logins after the session ended", h.logins)
		}
	})

	// There is one seat, and it is taken.
	other := open(t, config)
	_, err = plugintest.Attempt(t, dns.Plugin(), other, time.Minute)
	plugintest.WantFault(t, err, fault.RateLimited, "/api/auth", "no free API seats: raise webserver.api.max_sessions")
	closeIt(t, c)
	h.Change(func() {
		if len(h.sessions) != 0 {
			t.Errorf("%d sessions are left", len(h.sessions))
		}
	})
	values(t, other)
}

func TestARefusedLoginIsLeftAlone(t *testing.T) {
	t.Parallel()
	h := &hole{password: "another", seats: 16}
	now := time.Now()
	host := plugintest.LiveHost(t, dns.Plugin())
	host.Now = func() time.Time { return now }
	c := plugintest.Open(t, dns.Plugin(), plugintest.Settings{"url": h.start(t), "password": password}.JSON(t), host)
	attempt := func(after time.Duration, refused int) {
		t.Helper()
		now = now.Add(after)
		_, err := plugintest.Attempt(t, dns.Plugin(), c, time.Minute)
		plugintest.WantFault(t, err, fault.Auth, "wrong password", "make an application password; it is tried again at ")
		h.Change(func() {
			if h.refused != refused {
				t.Errorf("it was tried %d times, want %d", h.refused, refused)
			}
		})
	}
	attempt(0, 1)
	for range 14 {
		attempt(time.Minute, 1)
	}
	attempt(time.Minute, 2)
	attempt(29*time.Minute, 2)
	attempt(time.Minute, 3)
	attempt(59*time.Minute, 3)

	h.Change(func() { h.password = password })
	now = now.Add(time.Minute)
	values(t, c)
	h.Change(func() { h.password = "changed" })
	values(t, c) // the session holds
	h.Change(func() { clear(h.sessions) })
	attempt(time.Minute, 4)
}
