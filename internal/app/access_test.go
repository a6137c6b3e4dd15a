package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/coder/websocket"

	"github.com/unity-homelab/unity/internal/auth"
	"github.com/unity-homelab/unity/internal/config"
)

const password = "correct horse battery"

func TestSomebodySeesAndEndsOnlyWhatIsTheirs(t *testing.T) {
	t.Parallel()
	s := setup(t)
	ann, bob := s.account(t, "ann", auth.Editor), s.account(t, "bob", auth.Editor)
	s.token(t, "bob", auth.ScopeRead, auth.Viewer)
	for _, kind := range []string{"tokens", "sessions"} {
		var theirs, all struct{ Items []struct{ ID, User string } }
		decode := func(header []string, query string, out any) {
			t.Helper()
			response, text := s.send(t, http.MethodGet, "/api/v1/"+kind+query, "", header...)
			if err := json.Unmarshal([]byte(text), out); err != nil || response.StatusCode != http.StatusOK {
				t.Fatalf("%s%s: %s %s", kind, query, response.Status, text)
			}
		}
		decode(bob.header, "", &theirs)
		if len(theirs.Items) != 1 {
			t.Fatalf("bob has %d %s, want 1", len(theirs.Items), kind)
		}
		if response, text := s.send(t, http.MethodGet, "/api/v1/"+kind+"?everybody=true", "", ann.header...); response.StatusCode != http.StatusForbidden {
			t.Errorf("ann sees the %s of everybody: %s", kind, text)
		}
		path := "/api/v1/" + kind + "/" + theirs.Items[0].ID
		if response, text := s.send(t, http.MethodDelete, path, "", ann.header...); response.StatusCode != http.StatusNotFound {
			t.Errorf("ann ends one of bob's %s: %s %s", kind, response.Status, text)
		}
		decode([]string{"Cookie", s.cookie}, "?everybody=true", &all)
		if len(all.Items) < 1 {
			t.Errorf("an administrator sees %d %s", len(all.Items), kind)
		}
		s.must(t, http.MethodDelete, path, "", nil)
	}
	if response, _ := s.send(t, http.MethodGet, "/api/v1/me", "", bob.header...); response.StatusCode != http.StatusUnauthorized {
		t.Errorf("bob's session goes on after it was ended: %s", response.Status)
	}
}

func TestASetupCodeIsGoodOnceHoweverManyTryAtTheSameTime(t *testing.T) {
	t.Parallel()
	s := setup(t)
	var made struct{ Code string }
	s.must(t, http.MethodPost, "/api/v1/auth/setup-code", "", &made)
	var let atomic.Int64
	var group sync.WaitGroup
	for n := range 100 {
		group.Go(func() {
			body := fmt.Sprintf(`{"code":%q,"name":"user%d","password":%q}`, made.Code, n, password)
			if response, _ := s.send(t, http.MethodPost, "/api/v1/auth/setup", body); response.StatusCode == http.StatusOK {
				let.Add(1)
			}
		})
	}
	group.Wait()
	if let.Load() != 1 {
		t.Errorf("%d were let in, want 1", let.Load())
	}
}

func TestAChangeOfPasswordOrRoleEndsSessions(t *testing.T) {
	t.Parallel()
	s := setup(t)
	ann := s.account(t, "ann", auth.Editor)
	another := s.login(t, "ann", password)
	in := func(cookie string) bool {
		response, _ := s.send(t, http.MethodGet, "/api/v1/me", "", "Cookie", cookie)
		return response.StatusCode == http.StatusOK
	}
	change := fmt.Sprintf(`{"current":%q,"password":"another horse"}`, password)
	if response, text := s.send(t, http.MethodPost, "/api/v1/me/password", change, ann.header...); response.StatusCode != http.StatusNoContent {
		t.Fatalf("changing the password: %s", text)
	}
	if in(another) || !in(ann.header[1]) {
		t.Error("after a change of password the other session goes on, or the own one does not")
	}
	var me struct{ ID string }
	_, text := s.send(t, http.MethodGet, "/api/v1/me", "", ann.header...)
	if err := json.Unmarshal([]byte(text), &me); err != nil {
		t.Fatal(err)
	}
	s.must(t, http.MethodPut, "/api/v1/users/"+me.ID, `{"role":"viewer"}`, nil)
	if in(ann.header[1]) {
		t.Error("after a change of role the session goes on")
	}
}

func TestTheLiveStreamEndsWithTheSession(t *testing.T) {
	t.Parallel()
	s := setup(t)
	ann := s.account(t, "ann", auth.Viewer)
	admin := s.cookie
	s.cookie = ann.header[1]
	connection := s.live(t, `{"type":"subscribe","id":"1","sources":["*"]}`)
	next(t, connection, `"type"`)
	if response, text := s.send(t, http.MethodPost, "/api/v1/auth/logout", "", ann.header...); response.StatusCode != http.StatusOK {
		t.Fatalf("signing out: %s", text)
	}
	s.cookie = admin
	for {
		_, _, err := connection.Read(t.Context())
		if err == nil {
			continue // told before the end
		}
		if t.Context().Err() != nil {
			t.Fatal("the live stream goes on after signing out")
		}
		break
	}
	_, response, err := websocket.Dial(t.Context(), s.url+"/api/v1/live", nil)
	if err == nil || response.StatusCode != http.StatusUnauthorized {
		t.Fatalf("the live stream without a session: %v", err)
	}
	response.Body.Close()
}

func TestTricksWithPathsLeadNowhere(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.must(t, http.MethodPost, "/api/v1/sources", `{"plugin":"clock_monitor","id":"planted-source"}`, nil)
	for _, path := range []string{
		"//api/v1/sources", "/./api/v1/sources", "/x/../api/v1/sources", "/api//v1/sources", "/api%2fv1%2fsources", "/api/v1/%73ources",
		"/api/v1/sources/", "/api/v1/sources/../sources", "/API/v1/sources", "/api/v1/sources;x", "/api/v1/sources%00", "/health/../api/v1/sources",
		"/_app/../api/v1/sources", "//evil.example/%2e%2e", "/\\evil.example", "///evil.example",
	} {
		response, text := s.send(t, http.MethodGet, path, "")
		if strings.Contains(text, "planted-source") {
			t.Errorf("%s shows sources to nobody: %s", path, text)
		}
		if location := response.Header.Get("Location"); location != "" && (!strings.HasPrefix(location, "/") || strings.HasPrefix(location, "//") || strings.HasPrefix(location, "/\\")) {
			t.Errorf("%s leads to %q", path, location)
		}
	}
}

func TestTheCookieOfASessionIsOnlyForUnity(t *testing.T) {
	t.Parallel()
	s := setup(t)
	response, _ := s.send(t, http.MethodPost, "/api/v1/auth/login", adminLogin)
	cookie := response.Cookies[0]
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" || cookie.Domain != "" || len(cookie.Value) < 43 {
		t.Errorf("cookie %v", cookie)
	}
	// What a browser on another site sends along does nothing.
	if status, text := s.call(t, http.MethodPost, "/api/v1/tokens", `{"name":"x","scope":"admin"}`, "Origin", "https://evil.example"); status != http.StatusForbidden {
		t.Errorf("a request of another site: %d %s", status, text)
	}
}

func TestASelfMadeCertificateIsMadeOnceAndCookiesAreForTLSOnly(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	encrypted := func(settings *config.Config) { settings.TLS.SelfMade = true }
	s := start(t, data, encrypted)
	if !strings.HasPrefix(s.url, "https://") || !strings.HasPrefix(s.cookie, "__Host-unity_session=") {
		t.Errorf("it is at %s, with the cookie %s", s.url, s.cookie)
	}
	s.must(t, http.MethodGet, "/api/v1/me", "", nil)
	if response, _ := s.send(t, http.MethodGet, "/api/v1/me", "", "Cookie", strings.TrimPrefix(s.cookie, "__Host-")); response.StatusCode != http.StatusUnauthorized {
		t.Errorf("a cookie without the prefix over TLS: %s", response.Status)
	}
	s.stop()
	certificate, err := os.ReadFile(filepath.Join(data, "tls-certificate.pem"))
	if err != nil {
		t.Fatal(err)
	}
	start(t, data, encrypted)
	again, err := os.ReadFile(filepath.Join(data, "tls-certificate.pem"))
	if err != nil || string(again) != string(certificate) {
		t.Errorf("the certificate is another after a restart (%v)", err)
	}
	if info, err := os.Stat(filepath.Join(data, "tls-key.pem")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("its key has mode %v (%v)", info.Mode(), err)
	}
}

func TestOnlyATrustedProxyIsBelieved(t *testing.T) {
	t.Parallel()
	forwarded := []string{"X-Forwarded-For", "203.0.113.9, 10.1.1.1", "X-Forwarded-Proto", "https", "Remote-User", "Admin"}
	data := filepath.Join(t.TempDir(), "data")
	s := start(t, data)
	if response, _ := s.send(t, http.MethodGet, "/api/v1/me", "", forwarded...); response.StatusCode != http.StatusUnauthorized {
		t.Errorf("a header of anybody lets in: %s", response.Status)
	}
	s.stop()
	s = start(t, data, func(settings *config.Config) {
		settings.Auth.TrustedProxies, settings.Auth.ProxyUserHeader = []string{"127.0.0.1", "10.0.0.0/8"}, "Remote-User"
	})
	response, text := s.send(t, http.MethodGet, "/api/v1/me", "", forwarded...)
	if response.StatusCode != http.StatusOK || !strings.Contains(text, `"via":"proxy"`) {
		t.Errorf("a trusted proxy: %s %s", response.Status, text)
	}
	forwarded[5] = "stranger"
	if response, _ := s.send(t, http.MethodGet, "/api/v1/me", "", forwarded...); response.StatusCode != http.StatusUnauthorized {
		t.Errorf("a name without an account: %s", response.Status)
	}
	response, _ = s.send(t, http.MethodPost, "/api/v1/auth/login", adminLogin, forwarded[:4]...)
	if len(response.Cookies) != 1 || !response.Cookies[0].Secure || response.Cookies[0].Name != "__Host-unity_session" {
		t.Errorf("behind a proxy with TLS the cookie is %v", response.Cookies)
	}
	if _, text := s.call(t, http.MethodGet, "/api/v1/sessions", ""); !strings.Contains(text, `"address":"203.0.113.9"`) {
		t.Errorf("the login is not from the address that the proxy names: %s", text)
	}
}

func TestWhoDidWhatIsWrittenDown(t *testing.T) {
	t.Parallel()
	s := setup(t)
	ann := s.account(t, "ann", auth.Viewer)
	s.send(t, http.MethodDelete, "/api/v1/sources/clock_monitor", "", ann.header...)
	s.send(t, http.MethodPost, "/api/v1/auth/login", `{"name":"ann","password":"not the password"}`)
	s.must(t, http.MethodDelete, "/api/v1/sources/clock_monitor", "", nil)
	var audit struct {
		Items []struct {
			Name, Action, Target, Address string
			Refused                       bool
		}
	}
	s.must(t, http.MethodGet, "/api/v1/audit", "", &audit)
	var got []string
	for _, entry := range slices.Backward(audit.Items) {
		got = append(got, fmt.Sprintf("%s %s %s %v", entry.Name, entry.Action, entry.Target, entry.Refused))
		if entry.Address != "127.0.0.1" {
			t.Errorf("%s came from %q", entry.Action, entry.Address)
		}
	}
	want := []string{
		"admin setup admin false", "admin user.create ann false", "ann login  false", "ann source.delete clock_monitor true",
		"ann login  true", "admin source.delete clock_monitor false",
	}
	if !slices.Equal(got, want) {
		t.Errorf("written down is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
