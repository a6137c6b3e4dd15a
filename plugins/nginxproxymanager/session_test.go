package nginxproxymanager_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/nginxproxymanager"
)

const (
	email    = "unity@example.org"
	password = "only-for-tests"
)

// manager keeps the rules of sessions as Nginx Proxy Manager documents them: a
// login is asked for with e-mail and password, a token lives for a day, is renewed
// with itself, and everything but the version needs one that is valid.
type manager struct {
	plugintest.Guard

	clock    *plugintest.Clock
	password string
	second   bool
	denied   int // with this status: 401 in older versions, 400 in newer
	tokens   map[string]time.Time
	logins   int
	renewals int
	refused  int
}

func newManager(tb testing.TB, denied int) (*manager, plugin.Collector) {
	tb.Helper()
	m := &manager{clock: plugintest.NewClock(), password: password, denied: denied, tokens: make(map[string]time.Time)}
	server := httptest.NewServer(m)
	tb.Cleanup(server.Close)
	settings := plugintest.Settings{"url": server.URL, "username": email, "password": password}
	return m, m.clock.Open(tb, nginxproxymanager.Plugin(), settings.JSON(tb))
}

// ServeHTTP implements http.Handler.
func (m *manager) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.Lock()
	defer m.Unlock()
	answer := func(status int, body string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, body)
	}
	refuse := func(text string) {
		m.refused++
		answer(m.denied, fmt.Sprintf(`{"error":{"code":%d,"message":%q}}`, m.denied, text))
	}
	_, _, basic := r.BasicAuth()
	switch {
	case basic:
		answer(http.StatusInternalServerError, `{"error":{"message":"there is no such login"}}`)
		return
	case r.URL.Path == "/api/":
		answer(http.StatusOK, `{"status":"OK","version":{"major":2,"minor":12,"revision":1}}`)
		return
	case r.URL.Path == "/api/tokens" && r.Method == http.MethodPost:
		m.logins++
		var login struct{ Identity, Secret string }
		if json.NewDecoder(r.Body).Decode(&login) != nil || login.Identity != email || login.Secret != m.password {
			refuse("Invalid email or password")
			return
		}
		if m.second {
			answer(http.StatusOK, `{"requires_2fa":true,"challenge_token":"c"}`)
			return
		}
		m.issue(answer)
		return
	}
	token := r.Header.Get("Authorization")
	if until, known := m.tokens[token]; !known || !m.clock.Now().Before(until) {
		refuse("Token has expired")
		return
	}
	if r.URL.Path == "/api/tokens" {
		m.renewals++
		m.issue(answer)
		return
	}
	answer(http.StatusOK, `[]`)
}

func (m *manager) issue(answer func(int, string)) {
	token, until := fmt.Sprintf("token-%d-%d", m.logins, m.renewals), m.clock.Now().Add(24*time.Hour)
	m.tokens["Bearer "+token] = until
	answer(http.StatusOK, fmt.Sprintf(`{"token":%q,"expires":%q}`, token, until.Format(time.RFC3339)))
}

// wants compares what the manager saw.
func (m *manager) wants(t *testing.T, what string, logins, renewals, refused int) {
	t.Helper()
	m.Lock()
	defer m.Unlock()
	if m.logins != logins || m.renewals != renewals || m.refused != refused {
		t.Errorf("%s: %d logins, %d renewals, %d refused; want %d, %d, %d", what, m.logins, m.renewals, m.refused, logins, renewals, refused)
	}
}

func TestASessionIsKeptAndRenewed(t *testing.T) {
	t.Parallel()
	for _, denied := range []int{http.StatusUnauthorized, http.StatusBadRequest} {
		m, c := newManager(t, denied)
		for range 3 {
			plugintest.CollectAll(t, nginxproxymanager.Plugin(), c)
		}
		m.wants(t, "three runs", 1, 0, 0)
		m.clock.Move(13 * time.Hour)
		plugintest.CollectAll(t, nginxproxymanager.Plugin(), c)
		m.wants(t, "after half of its life", 1, 1, 0)
		m.clock.Move(48 * time.Hour)
		plugintest.CollectAll(t, nginxproxymanager.Plugin(), c)
		m.wants(t, "after a long pause", 2, 1, 0)
		// It was restarted with another key: no token is good any more.
		m.Change(func() { clear(m.tokens) })
		plugintest.CollectAll(t, nginxproxymanager.Plugin(), c)
		m.wants(t, "after a restart", 3, 1, 1)
	}
}

func TestARefusedLoginIsLeftAlone(t *testing.T) {
	t.Parallel()
	m, c := newManager(t, http.StatusBadRequest)
	plugintest.CollectAll(t, nginxproxymanager.Plugin(), c)
	// The password is changed while it runs.
	m.Change(func() { m.password = "another"; clear(m.tokens) })
	for range 3 {
		_, err := plugintest.Attempt(t, nginxproxymanager.Plugin(), c, 10*time.Second)
		plugintest.WantFault(t, err, fault.Auth, "wrong e-mail or password", "it is tried again at")
	}
	m.wants(t, "three runs with a wrong password", 2, 0, 2)
	m.Change(func() { m.password = password; m.clock.Move(16 * time.Minute) })
	plugintest.CollectAll(t, nginxproxymanager.Plugin(), c)
	m.wants(t, "with the right one again", 3, 0, 2)
	m.Change(func() { m.second = true; clear(m.tokens) })
	_, err := plugintest.Attempt(t, nginxproxymanager.Plugin(), c, 10*time.Second)
	plugintest.WantFault(t, err, fault.Auth, "it wants a second factor", "without two-factor authentication")
}

// BenchmarkCollect is one run on the manager of the tests.
func BenchmarkCollect(b *testing.B) {
	_, c := newManager(b, http.StatusUnauthorized)
	plugintest.Benchmark(b, nginxproxymanager.Plugin(), c)
}
