package bitwarden_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/bitwarden"
)

const token = "only-for-tests"

// vault keeps the rules of Vaultwarden's administration: a form with the token, a
// cookie that lives for 20 minutes, three logins at once and then one in five
// minutes, and nothing without the cookie.
type vault struct {
	plugintest.Guard

	clock    *plugintest.Clock
	token    string
	users    int
	sessions map[string]time.Time
	left     float64 // logins that may come at once
	filled   time.Time
	logins   int
	refused  int
	limited  int
	strange  []string // what Vaultwarden does not take
	hangsUp  bool
}

func newVault(tb testing.TB, users int) (*vault, string) {
	tb.Helper()
	clock := plugintest.NewClock()
	v := &vault{clock: clock, filled: clock.Now(), left: 3, token: token, users: users, sessions: make(map[string]time.Time)}
	server := httptest.NewServer(v)
	tb.Cleanup(server.Close)
	return v, server.URL
}

// watched opens a collector whose clock is that of the vault.
func (v *vault) watched(t *testing.T, settings plugintest.Settings) plugin.Collector {
	t.Helper()
	return v.clock.Open(t, bitwarden.Plugin(), settings.JSON(t))
}

// ServeHTTP implements http.Handler.
func (v *vault) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.Lock()
	defer v.Unlock()
	if v.hangsUp {
		panic(http.ErrAbortHandler)
	}
	if r.Header.Get("Authorization") != "" {
		v.strange = append(v.strange, "a login in the header of "+r.URL.Path)
	}
	switch r.URL.Path {
	case "/api/config":
		_, _ = fmt.Fprint(w, `{"version":"2026.6.0","server":{"name":"Vaultwarden","url":""},"settings":{"disableUserRegistration":true},"environment":{"vault":"https://vault.example.org"},"object":"config"}`)
	case "/api/version":
		_, _ = fmt.Fprint(w, `"1.37.2"`)
	case "/alive":
		_, _ = fmt.Fprint(w, `"2026-03-01T12:00:00.123456Z"`)
	case "/":
		_, _ = fmt.Fprint(w, `<!doctype html><html><head><title>Vaultwarden Web</title></head></html>`)
	case "/admin":
		v.login(w, r)
	case "/admin/users":
		if v.admit(w, r) {
			v.list(w)
		}
	case "/admin/diagnostics/config":
		if r.Header.Get("Accept") != "application/json" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		if v.admit(w, r) {
			_, _ = fmt.Fprint(w, `{"signups_allowed":false,"show_password_hint":false,"admin_token":"***"}`)
		}
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (v *vault) login(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		v.strange = append(v.strange, r.Method+" of the page of logins")
		return
	}
	v.logins++
	v.left, v.filled = min(3, v.left+v.clock.Now().Sub(v.filled).Minutes()/5), v.clock.Now()
	switch {
	case r.Header.Get("Content-Type") != "application/x-www-form-urlencoded":
		w.WriteHeader(http.StatusNotFound)
	case v.left < 1:
		v.limited++
		w.WriteHeader(http.StatusTooManyRequests)
	case r.FormValue("token") != v.token:
		v.left--
		v.refused++
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = fmt.Fprint(w, `<!DOCTYPE html><html><body>Error: Invalid admin token, please try again.</body></html>`)
	default:
		v.left--
		name := fmt.Sprintf("session-%d", v.logins)
		v.sessions[name] = v.clock.Now().Add(20 * time.Minute)
		http.SetCookie(w, &http.Cookie{Name: "VW_ADMIN", Value: name, Path: "/admin", MaxAge: 1200, HttpOnly: true, SameSite: http.SameSiteStrictMode})
		_, _ = fmt.Fprint(w, `<!DOCTYPE html><html><body><input name="smtp_password" value="a-secret-of-the-server"></body></html>`)
	}
}

// admit reports whether a session is one that lives.
func (v *vault) admit(w http.ResponseWriter, r *http.Request) bool {
	cookie, err := r.Cookie("VW_ADMIN")
	if err == nil && v.clock.Now().Before(v.sessions[cookie.Value]) {
		return true
	}
	w.WriteHeader(http.StatusUnauthorized)
	return false
}

func (v *vault) list(w http.ResponseWriter) {
	_, _ = fmt.Fprint(w, "[")
	for i := range v.users {
		if i > 0 {
			_, _ = fmt.Fprint(w, ",")
		}
		_, _ = fmt.Fprintf(w, `{"_status":0,"id":"%d","email":"user%d@example.org","key":"2.key-of-nobody","privateKey":"2.private-of-nobody","securityStamp":"stamp-of-nobody","twoFactorEnabled":%t,"organizations":[],"userEnabled":true,"createdAt":"2024-05-01 08:00:00 UTC","lastActive":"2026-02-28 08:00:00 UTC"}`, i, i, i%2 == 0)
	}
	_, _ = fmt.Fprint(w, "]")
}

// wants compares what the vault saw.
func (v *vault) wants(t *testing.T, what string, logins, refused, limited int) {
	t.Helper()
	v.Lock()
	defer v.Unlock()
	if v.logins != logins || v.refused != refused || v.limited != limited {
		t.Errorf("%s: %d logins, %d refused, %d too many; want %d, %d, %d", what, v.logins, v.refused, v.limited, logins, refused, limited)
	}
	if len(v.strange) > 0 {
		t.Errorf("%s: the server saw %s", what, strings.Join(v.strange, ", "))
	}
}

func TestOneLoginIsMadeInEverySlowInterval(t *testing.T) {
	t.Parallel()
	v, url := newVault(t, 4)
	c := v.watched(t, plugintest.Settings{"url": url, "admin_token": token})
	for range 24 {
		values := plugintest.Values(plugintest.CollectAll(t, bitwarden.Plugin(), c))
		if values[`vaultwarden_users{status="enabled"}`] != 4 || values["vaultwarden_users_without_2fa"] != 2 || values[`vaultwarden_check_up{check="admin"}`] != 1 {
			t.Fatalf("it tells %v", values)
		}
		v.clock.Move(5 * time.Minute)
	}
	v.wants(t, "two hours", 2, 0, 0)
}

func TestASessionIsUsedWhileItLivesAndReplacedAfterARestart(t *testing.T) {
	t.Parallel()
	v, url := newVault(t, 1)
	c := v.watched(t, plugintest.Settings{"url": url, "admin_token": token, "slow_interval": "10m"})
	plugintest.CollectAll(t, bitwarden.Plugin(), c)
	v.clock.Move(10 * time.Minute)
	plugintest.CollectAll(t, bitwarden.Plugin(), c)
	v.wants(t, "within its life", 1, 0, 0)
	v.clock.Move(10 * time.Minute)
	plugintest.CollectAll(t, bitwarden.Plugin(), c)
	v.wants(t, "after its life", 2, 0, 0)
	v.Change(func() { v.clock.Move(10 * time.Minute); clear(v.sessions) })
	plugintest.CollectAll(t, bitwarden.Plugin(), c)
	v.wants(t, "after a restart with another key", 3, 0, 0)
}

func TestOneRefusedLoginIsNeverABan(t *testing.T) {
	t.Parallel()
	v, url := newVault(t, 1)
	c := v.watched(t, plugintest.Settings{"url": url, "admin_token": token, "slow_interval": "10m"})
	plugintest.CollectAll(t, bitwarden.Plugin(), c)
	// The token is changed while it is watched for half a day.
	v.Change(func() { v.token = "another"; clear(v.sessions) })
	told := 0
	const runs = 12 * 12
	for range runs {
		v.clock.Move(5 * time.Minute)
		batch := plugintest.Collect(t, bitwarden.Plugin(), c)
		for _, problem := range batch.Problems() {
			told++
			plugintest.WantFault(t, problem, fault.Auth, "the token of the administrator is refused", "it is tried again at")
			if strings.Contains(problem.Error()+fault.Hint(problem), token) {
				t.Fatalf("the token is in %v", problem)
			}
		}
		if told > 0 && plugintest.Values(batch)[`vaultwarden_check_up{check="admin"}`] != 0 {
			t.Fatalf("the administration answers: %v", plugintest.Values(batch))
		}
	}
	if told != runs-1 { // in the first the users are those of before
		t.Errorf("it is told in %d runs of %d", told, runs)
	}
	v.wants(t, "half a day with a wrong token", 7, 6, 0)
	v.Change(func() { v.token = token; v.clock.Move(6 * time.Hour) })
	values := plugintest.Values(plugintest.CollectAll(t, bitwarden.Plugin(), c))
	if values[`vaultwarden_check_up{check="admin"}`] != 1 {
		t.Errorf("with the right one again it tells %v", values)
	}
}

func TestTooManyLoginsOfOthersAreWaitedOut(t *testing.T) {
	t.Parallel()
	v, url := newVault(t, 1)
	v.Change(func() { v.left = 0 })
	c := v.watched(t, plugintest.Settings{"url": url, "admin_token": token})
	for range 5 {
		batch := plugintest.Collect(t, bitwarden.Plugin(), c)
		if problems := batch.Problems(); len(problems) != 1 || fault.Of(problems[0]) != fault.RateLimited {
			t.Errorf("the problems are %v", problems)
		}
		v.clock.Move(time.Minute)
	}
	plugintest.CollectAll(t, bitwarden.Plugin(), c)
	v.wants(t, "after five minutes", 2, 0, 1)
}

func TestNothingOfWhatIsSecretIsKept(t *testing.T) {
	t.Parallel()
	v, url := newVault(t, 3)
	c := v.watched(t, plugintest.Settings{"url": url, "admin_token": token})
	batch, recorded := plugin.NewBatch(bitwarden.Plugin()), 0
	err := c.Collect(fetch.Observe(t.Context(), func(e fetch.Exchange) {
		recorded++
		if strings.HasPrefix(e.Request.URL.Path, "/admin") {
			t.Errorf("%s is recorded", e.Request.URL.Path)
		}
	}), batch)
	if err != nil || len(batch.Problems()) > 0 || recorded == 0 {
		t.Fatalf("%v, %v, %d recorded", err, batch.Problems(), recorded)
	}
	for _, secret := range []string{token, "@example.org", "of-nobody", "session-1", "a-secret-of-the-server"} {
		if strings.Contains(string(batch.Snapshot()), secret) {
			t.Errorf("%q is in %s", secret, batch.Snapshot())
		}
	}
}

func TestAVaultThatGoesAndComesBackIsFollowed(t *testing.T) {
	t.Parallel()
	v, url := newVault(t, 1)
	c := v.watched(t, plugintest.Settings{"url": url, "admin_token": token, "slow_interval": "10m"})
	plugintest.CollectAll(t, bitwarden.Plugin(), c)
	v.Change(func() { v.hangsUp = true; v.clock.Move(10 * time.Minute) })
	_, err := plugintest.Attempt(t, bitwarden.Plugin(), c, 10*time.Second)
	plugintest.WantFault(t, err, fault.BadAnswer, "the connection ended in the middle of the answer", "")
	// It was restarted: what it gave before is worth nothing.
	v.Change(func() { v.hangsUp = false; clear(v.sessions) })
	plugintest.CollectAll(t, bitwarden.Plugin(), c)
	v.wants(t, "two lives", 2, 0, 0)
}

// BenchmarkCollect is one run on a vault of a hundred users, at which everything is
// asked.
func BenchmarkCollect(b *testing.B) {
	v, url := newVault(b, 100)
	host := plugintest.LiveHost(b, bitwarden.Plugin())
	host.Now = func() time.Time {
		v.clock.Move(6 * time.Minute)
		return v.clock.Now()
	}
	settings := plugintest.Settings{"url": url, "admin_token": token, "slow_interval": "10m"}
	plugintest.Benchmark(b, bitwarden.Plugin(), plugintest.Open(b, bitwarden.Plugin(), settings.JSON(b), host))
}
