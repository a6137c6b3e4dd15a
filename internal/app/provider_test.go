package app_test

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/internal/auth"
	"github.com/unity-homelab/unity/internal/config"
	"github.com/unity-homelab/unity/test/servers"
)

// withProvider lets people sign in with a provider.
func withProvider(issuer string) func(*config.Config) {
	return func(settings *config.Config) {
		settings.Auth.OIDC = config.OIDC{
			Name: "Keys", Issuer: issuer, ClientID: "unity", ClientSecret: "unity-secret", RoleClaim: "groups",
			Roles: []string{"admins=admin", "family=viewer"}, CreateAccounts: true, SignOut: true,
		}
	}
}

// stranger is a browser of somebody at the provider. It follows what it is told.
type stranger struct {
	http.Client

	s *server
}

func newStranger(t *testing.T, s *server) *stranger {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &stranger{http.Client{Jar: jar, Transport: &http.Transport{DisableKeepAlives: true}}, s}
}

// open goes to an address and returns where it ended.
func (b *stranger) open(t *testing.T, method, address, form string) *url.URL {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	if form != "" {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := b.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return response.Request.URL
}

// enter signs in with the provider, to see a page, and returns where it ended.
func (b *stranger) enter(t *testing.T, page, subject string) *url.URL {
	t.Helper()
	at := b.open(t, http.MethodGet, b.s.url+"/api/v1/auth/oidc?to="+url.QueryEscape(page), "")
	if !strings.HasPrefix(at.Path, "/interaction/") {
		return at
	}
	return b.open(t, http.MethodPost, at.String(), "do=enter&subject="+subject)
}

// cookie returns what the browser would send to Unity.
func (b *stranger) cookie(t *testing.T) string {
	t.Helper()
	address, err := url.Parse(b.s.url)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, cookie := range b.Jar.Cookies(address) {
		all = append(all, cookie.Name+"="+cookie.Value)
	}
	return strings.Join(all, "; ")
}

// person makes somebody known to the provider.
func person(t *testing.T, issuer, subject string, groups ...string) {
	t.Helper()
	body := fmt.Sprintf(`{"preferred_username":%q,"groups":["%s"]}`, subject, strings.Join(groups, `","`))
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, issuer+"/people/"+subject, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	response, err := transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
}

func TestPeopleSignInWithAProviderAndAreWhatItSays(t *testing.T) {
	t.Parallel()
	provider := servers.Start(t, servers.OIDC())
	data := filepath.Join(t.TempDir(), "data")
	s := start(t, data, withProvider(provider.URL()))
	if _, text := s.send(t, http.MethodGet, "/api/v1/auth", ""); !strings.Contains(text, `"provider":"Keys"`) {
		t.Errorf("the provider is not offered: %s", text)
	}
	me := func(b *stranger) string {
		_, text := s.send(t, http.MethodGet, "/api/v1/me", "", "Cookie", b.cookie(t))
		return text
	}
	person(t, provider.URL(), "ann", "admins", "family")
	ann := newStranger(t, s)
	if at := ann.enter(t, "/sources?q=x", "ann"); at.String() != s.url+"/sources?q=x" {
		t.Errorf("it ends at %s", at)
	}
	if text := me(ann); !strings.Contains(text, `"role":"admin"`) || !strings.Contains(text, `"linked_with":"`+provider.URL()) {
		t.Errorf("ann is %s", text)
	}
	if cookie := ann.cookie(t); strings.Contains(cookie, "unity_sign_in") || !strings.Contains(cookie, "unity_session") {
		t.Errorf("the browser keeps %q", cookie)
	}

	// A group less, and the next login makes her less, everywhere.
	person(t, provider.URL(), "ann", "family")
	again := newStranger(t, s)
	again.enter(t, "/", "ann")
	if text := me(again); !strings.Contains(text, `"role":"viewer"`) || strings.Contains(me(ann), `"role"`) {
		t.Errorf("with a group less ann is %s, and elsewhere %s", text, me(ann))
	}
	person(t, provider.URL(), "ann", "strangers")
	for page, want := range map[string]string{"/sources": "/sources?sign_in=role", "//evil.example": "/?sign_in=role", "/\\evil.example/": "/?sign_in=role"} {
		if at := newStranger(t, s).enter(t, page, "ann"); at.String() != s.url+want {
			t.Errorf("without a group it ends at %s, want %s", at, want)
		}
	}
	if text := me(again); strings.Contains(text, `"role"`) {
		t.Errorf("without a group the session goes on: %s", text)
	}

	// The name of another account is nobody's key.
	person(t, provider.URL(), "admin", "admins")
	if at := newStranger(t, s).enter(t, "/", "admin"); at.Query().Get("sign_in") != string(auth.Taken) {
		t.Errorf("somebody who is called as the administrator ends at %s", at)
	}

	// Signing out leads to the provider, and back.
	person(t, provider.URL(), "bob", "family")
	bob := newStranger(t, s)
	bob.enter(t, "/", "bob")
	kept := bob.cookie(t)
	if _, text := s.send(t, http.MethodPost, "/api/v1/auth/logout", "", "Cookie", kept); !strings.Contains(text, provider.URL()+"/session/end?") {
		t.Errorf("signing out leads to %s", text)
	}

	bob = newStranger(t, s)
	bob.enter(t, "/", "bob")
	kept = bob.cookie(t)
	s.stop()
	s = start(t, data) // without the provider
	if response, text := s.send(t, http.MethodGet, "/api/v1/me", "", "Cookie", kept); response.StatusCode != http.StatusUnauthorized {
		t.Errorf("the session goes on though the provider is gone: %s", text)
	}
	if response, _ := s.send(t, http.MethodGet, "/api/v1/auth/oidc", ""); response.StatusCode != http.StatusNotFound {
		t.Errorf("without a provider: %s", response.Status)
	}
	var audit struct {
		Items []struct{ Name, Action, Target string }
	}
	s.must(t, http.MethodGet, "/api/v1/audit?action=user.change", "", &audit)
	if len(audit.Items) != 1 || audit.Items[0].Target != "ann viewer" {
		t.Errorf("the change of role is written down as %+v", audit.Items)
	}
}

func TestAProviderThatIsAwayLeadsBackToTheLogin(t *testing.T) {
	t.Parallel()
	s := start(t, filepath.Join(t.TempDir(), "data"), withProvider("http://127.0.0.1:1"))
	response, _ := s.send(t, http.MethodGet, "/api/v1/auth/oidc?to=/events", "")
	if response.StatusCode != http.StatusSeeOther || response.Header.Get("Location") != "/events?sign_in=away" {
		t.Errorf("%s to %q", response.Status, response.Header.Get("Location"))
	}
	if response, text := s.send(t, http.MethodPost, "/api/v1/auth/login", adminLogin); response.StatusCode != http.StatusOK {
		t.Errorf("with a password: %s", text)
	}
}

func TestAnAccountIsLinkedInTheBrowserThatIsSignedIn(t *testing.T) {
	t.Parallel()
	provider := servers.Start(t, servers.OIDC())
	s := start(t, filepath.Join(t.TempDir(), "data"), withProvider(provider.URL()), func(settings *config.Config) {
		settings.Auth.OIDC.CreateAccounts, settings.Auth.OIDC.Roles = false, nil
	})
	person(t, provider.URL(), "boss")
	if at := newStranger(t, s).enter(t, "/", "boss"); at.Query().Get("sign_in") != string(auth.Stranger) {
		t.Errorf("somebody without an account ends at %s", at)
	}
	// The browser is signed in as the administrator.
	own := newStranger(t, s)
	base, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	name, value, _ := strings.Cut(s.cookie, "=")
	own.Jar.SetCookies(base, []*http.Cookie{{Name: name, Value: value, Path: "/"}})
	begin := func(b *stranger) string {
		response, text := s.send(t, http.MethodPost, "/api/v1/me/oidc", `{"current":"`+password+`"}`, "Cookie", s.cookie)
		if response.StatusCode != http.StatusOK {
			t.Fatalf("beginning to link: %s", text)
		}
		b.Jar.SetCookies(base, response.Cookies)
		_, rest, _ := strings.Cut(text, `"address":"`)
		address, _, _ := strings.Cut(rest, `"`)
		return strings.ReplaceAll(address, `\u0026`, "&")
	}
	finish := func(b *stranger, address string) *url.URL {
		return b.open(t, http.MethodPost, b.open(t, http.MethodGet, address, "").String(), "do=enter&subject=boss")
	}
	// Somebody else who is given the cookie links nothing.
	if at := finish(newStranger(t, s), begin(newStranger(t, s))); at.Query().Get("sign_in") != string(auth.Expired) {
		t.Errorf("a browser without the cookie ends at %s", at)
	}
	other := newStranger(t, s)
	if at := finish(other, begin(other)); at.String() != s.url+"/account?sign_in=expired" {
		t.Errorf("a browser that is not signed in ends at %s", at)
	}
	if at := finish(own, begin(own)); at.String() != s.url+"/account" {
		t.Errorf("linking ends at %s", at)
	}
	boss := newStranger(t, s)
	boss.enter(t, "/", "boss")
	if _, text := s.send(t, http.MethodGet, "/api/v1/me", "", "Cookie", boss.cookie(t)); !strings.Contains(text, `"name":"admin"`) {
		t.Errorf("signed in as %s", text)
	}
	if status, text := s.call(t, http.MethodPost, "/api/v1/me/oidc", `{"current":"wrong horse battery"}`); status != http.StatusUnprocessableEntity {
		t.Errorf("linking with a wrong password: %d %s", status, text)
	}
}
