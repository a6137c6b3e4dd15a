package app_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/unity-homelab/unity/internal/auth"
	"github.com/unity-homelab/unity/internal/config"
)

func TestATokenForSomeSourcesKnowsNoOthers(t *testing.T) {
	t.Parallel()
	s := setup(t)
	for _, id := range []string{"mine", "foreign"} {
		s.must(t, http.MethodPost, "/api/v1/sources", `{"plugin":"clock_monitor","interval_seconds":3600,"id":"`+id+`","name":"`+id+`"}`, nil)
		s.must(t, http.MethodPost, "/api/v1/sources/"+id+"/run", "", nil)
	}
	reader := s.token(t, "admin", auth.ScopeRead, auth.Viewer, "mine")
	for path, want := range map[string]string{
		"/api/v1/sources":                                                           `"id":"mine"`,
		"/api/v1/sources?q=foreign":                                                 `"items":[]`,
		"/api/v1/sources/mine/latest":                                               "clock_ticks_total",
		"/api/v1/sources/mine/history?metric=clock_ticks_total":                     `"points":[[`,
		"/api/v1/events?limit=1000":                                                 `"source":"mine"`,
		"/api/v1/events?source=foreign":                                             `"items":[]`,
		"/prometheus/api/v1/query?query=up":                                         `"source":"mine"`,
		"/prometheus/api/v1/query?query=up{source=~%22foreign%22}":                  `"result":[]`,
		"/prometheus/api/v1/query?query=count({__name__=~%22.%2B%22})%20by(source)": `"source":"mine"`,
		"/prometheus/api/v1/series?match[]=up":                                      `"source":"mine"`,
		"/prometheus/api/v1/label/source/values":                                    `["mine"]`,
		"/prometheus/api/v1/labels?match[]=up":                                      `"source"`,
	} {
		response, text := s.send(t, http.MethodGet, path, "", reader.header...)
		if response.StatusCode != http.StatusOK || !strings.Contains(text, want) || strings.Contains(text, "foreign") {
			t.Errorf("%s: %s %s, want %s and nothing of the other source", path, response.Status, text, want)
		}
	}
	for _, path := range []string{"/api/v1/sources/foreign", "/api/v1/sources/foreign/latest", "/api/v1/sources/nonsense", "/api/v1/summary", "/api/v1/hosts"} {
		response, text := s.send(t, http.MethodGet, path, "", reader.header...)
		if response.StatusCode != http.StatusForbidden || !strings.Contains(text, "it is for mine") {
			t.Errorf("%s: %s %s, want to be turned away", path, response.Status, text)
		}
	}
	writer := s.token(t, "admin", auth.ScopeWrite, auth.Editor, "mine")
	for path, want := range map[string]int{
		"/api/v1/sources/mine/disable": http.StatusOK, "/api/v1/sources/foreign/disable": http.StatusForbidden,
		"/api/v1/sources/mine/duplicate": http.StatusForbidden, "/api/v1/sources/bulk": http.StatusForbidden,
	} {
		if response, text := s.send(t, http.MethodPost, path, "", writer.header...); response.StatusCode != want {
			t.Errorf("%s: %s %s, want %d", path, response.Status, text, want)
		}
	}
	if status, text := s.call(t, http.MethodPost, "/api/v1/tokens", `{"name":"x","scope":"read","sources":["mine","nonsense"]}`); status != http.StatusUnprocessableEntity || !strings.Contains(text, `"path":"sources[1]"`) {
		t.Errorf("a token for a source that is not there: %d %s", status, text)
	}
}

func TestARevokedTokenLetsNobodyInHoweverManyUseItAtTheSameTime(t *testing.T) {
	t.Parallel()
	s := setup(t)
	token := s.token(t, "admin", auth.ScopeRead, auth.Viewer)
	var tokens struct{ Items []struct{ ID string } }
	s.must(t, http.MethodGet, "/api/v1/tokens", "", &tokens)
	use := func() (in, out int64) {
		var let, refused atomic.Int64
		var group sync.WaitGroup
		for range 100 {
			group.Go(func() {
				switch response, _ := s.send(t, http.MethodGet, "/api/v1/me", "", token.header...); response.StatusCode {
				case http.StatusOK:
					let.Add(1)
				case http.StatusUnauthorized:
					refused.Add(1)
				}
			})
		}
		group.Wait()
		return let.Load(), refused.Load()
	}
	if in, _ := use(); in != 100 {
		t.Errorf("%d of 100 are let in", in)
	}
	s.must(t, http.MethodDelete, "/api/v1/tokens/"+tokens.Items[0].ID, "", nil)
	if in, out := use(); in != 0 || out != 100 {
		t.Errorf("after it was revoked %d are let in and %d turned away", in, out)
	}
}

func TestAChangeOfTheSecondFactorEndsTheOtherSessions(t *testing.T) {
	t.Parallel()
	s := setup(t)
	ann := s.account(t, "ann", auth.Viewer)
	other := s.login(t, "ann", password)
	s.factor(t, ann)
	for cookie, want := range map[string]int{other: http.StatusUnauthorized, ann.header[1]: http.StatusOK} {
		if response, _ := s.send(t, http.MethodGet, "/api/v1/me", "", "Cookie", cookie); response.StatusCode != want {
			t.Errorf("a session: %s, want %d", response.Status, want)
		}
	}
}

// TestWhoMayOnlyLookCannotMakeUnityConnectAnywhere is about requests that Unity
// would send into the network for somebody, and whose answers it would show.
func TestWhoMayOnlyLookCannotMakeUnityConnectAnywhere(t *testing.T) {
	t.Parallel()
	s := setup(t)
	var asked atomic.Int64
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	t.Cleanup(target.Close)
	config := fmt.Sprintf(`{"plugin":"clock_monitor","config":{"token":%q}}`, target.URL)
	for _, who := range []visitor{
		{name: "nobody"},
		s.account(t, "viewer", auth.Viewer), s.token(t, "admin", auth.ScopeRead, auth.Viewer),
		s.token(t, "admin", auth.ScopeAdmin, auth.Admin, "clock_monitor"),
	} {
		for path, method := range map[string]string{
			"/api/v1/sources/test": http.MethodPost, "/api/v1/sources": http.MethodPost, "/api/v1/detections": http.MethodGet,
			"/api/v1/sources/bulk": http.MethodPost,
		} {
			response, text := s.send(t, method, path, config, who.header...)
			if response.StatusCode != http.StatusForbidden && response.StatusCode != http.StatusUnauthorized {
				t.Errorf("%s %s as %s: %s %s", method, path, who.name, response.Status, text)
			}
		}
	}
	if asked.Load() != 0 {
		t.Errorf("Unity connected %d times", asked.Load())
	}
}

func TestANameThatAProxyForwardsHasToBeOneOfOurs(t *testing.T) {
	t.Parallel()
	s := start(t, filepath.Join(t.TempDir(), "data"), func(settings *config.Config) {
		settings.Hosts, settings.Auth.TrustedProxies = []string{"unity.example.org"}, []string{"127.0.0.1"}
	})
	for _, test := range []struct {
		name   string
		header []string
		want   int
	}{
		{"a name of ours", []string{"X-Forwarded-Host", "unity.example.org"}, http.StatusOK},
		{"the last of several", []string{"X-Forwarded-Host", "evil.example, unity.example.org"}, http.StatusOK},
		{"a name of another", []string{"X-Forwarded-Host", "evil.example"}, http.StatusMisdirectedRequest},
		{"a page of another that names ours", []string{"Host", "evil.example", "X-Forwarded-Host", "unity.example.org"}, http.StatusMisdirectedRequest},
		{"a page of ours", []string{"X-Forwarded-Host", "unity.example.org", "Origin", "https://unity.example.org"}, http.StatusOK},
		{"a page of another site", []string{"X-Forwarded-Host", "unity.example.org", "Origin", "https://evil.example"}, http.StatusForbidden},
	} {
		method := http.MethodGet
		if strings.Contains(strings.Join(test.header, " "), "Origin") {
			method = http.MethodPost
		}
		path := map[string]string{http.MethodGet: "/api/v1/me", http.MethodPost: "/api/v1/auth/logout"}[method]
		if status, text := s.call(t, method, path, "", test.header...); status != test.want {
			t.Errorf("%s: %d %s, want %d", test.name, status, text, test.want)
		}
		s.cookie = s.login(t, "admin", password)
	}
}
