package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/internal/api"
	"github.com/unity-homelab/unity/internal/auth"
)

func TestEveryRouteHasARuleAndEveryRuleARoute(t *testing.T) {
	t.Parallel()
	routes, stray := api.Routes()
	for _, route := range routes {
		if !route.Ruled {
			t.Errorf("%s has no rule: say in internal/api/guard_rules.go who may use it", route.Pattern)
		}
	}
	for _, pattern := range stray {
		t.Errorf("there is a rule for %s, which is no route", pattern)
	}
}

// visitor is somebody who sends requests.
type visitor struct {
	name   string
	header []string
	user   string    // whose session or token it is
	role   auth.Role // what it is worth; none for nobody
	token  bool
	// sources are those that the token is for; nil for all.
	sources []string
}

// TestEveryRouteLetsInWhomItsRuleLetsIn asks every route that the router has as
// everybody there can be, about what is theirs and what is not. What belongs to a
// person is made for each request, for some requests end it.
func TestEveryRouteLetsInWhomItsRuleLetsIn(t *testing.T) {
	t.Parallel()
	s := setup(t)
	for _, id := range []string{"mine", "other"} {
		s.must(t, http.MethodPost, "/api/v1/sources", `{"plugin":"clock_monitor","interval_seconds":3600,"id":"`+id+`"}`, nil)
	}
	visitors := []visitor{
		{name: "nobody"},
		{name: "a session that is none", header: []string{"Cookie", "unity_session=nonsense"}},
		{name: "a token that is none", header: []string{"Authorization", "Bearer unity_nonsense"}},
		{name: "a session as a token", header: []string{"Authorization", "Bearer " + strings.TrimPrefix(s.cookie, "unity_session=")}},
		s.account(t, "viewer", auth.Viewer), s.account(t, "editor", auth.Editor),
		{name: "admin", header: []string{"Cookie", s.cookie}, user: "admin", role: auth.Admin},
		s.token(t, "admin", auth.ScopeRead, auth.Viewer),
		s.token(t, "admin", auth.ScopeWrite, auth.Editor),
		s.token(t, "admin", auth.ScopeAdmin, auth.Admin),
		s.token(t, "viewer", auth.ScopeAdmin, auth.Viewer),
		s.token(t, "editor", auth.ScopeAdmin, auth.Editor),
		s.token(t, "admin", auth.ScopeRead, auth.Viewer, "mine"),
		s.token(t, "admin", auth.ScopeWrite, auth.Editor, "mine"),
		s.token(t, "admin", auth.ScopeAdmin, auth.Admin, "mine"),
		s.token(t, "viewer", auth.ScopeAdmin, auth.Viewer, "mine"),
	}
	routes, _ := api.Routes()
	for _, route := range routes {
		method, path, ok := strings.Cut(route.Pattern, " ")
		if !ok {
			method, path = http.MethodGet, route.Pattern
		}
		for _, who := range visitors {
			if path == "/api/v1/auth/logout" {
				who = s.passing(t, who)
			}
			for _, own := range []bool{true, false} {
				if !own && !strings.Contains(path, "{") {
					continue
				}
				s.visit(t, route, method, s.about(t, route, path, who, own), who, own)
			}
		}
	}
}

// passing returns the visitor with a session of its own, which may end: that of
// the others is still needed.
func (s *server) passing(t *testing.T, who visitor) visitor {
	t.Helper()
	if who.role != "" && !who.token {
		who.header = []string{"Cookie", s.login(t, who.user, password)}
	}
	return who
}

// visit sends a request and looks whether it is let in as it should.
func (s *server) visit(t *testing.T, route api.Route, method, path string, who visitor, own bool) {
	t.Helper()
	response, text := s.send(t, method, path, "", who.header...)
	got, what := response.StatusCode, fmt.Sprintf("%s as %s, own %v", route.Pattern, who.name, own)
	least := route.Role
	if who.token {
		least = route.Token
	}
	beyond := who.sources != nil && (!route.Keeps || strings.Contains(route.Pattern, "/sources/{id}") && !own)
	refused := got == http.StatusUnauthorized || got == http.StatusForbidden
	switch {
	case route.Pattern == "POST /api/v1/auth/logout":
		if got != http.StatusOK {
			t.Errorf("%s: %d %s", what, got, text)
		}
		if who.role != "" && !who.token {
			if again, text := s.send(t, http.MethodGet, "/api/v1/me", "", who.header...); again.StatusCode != http.StatusUnauthorized {
				t.Errorf("%s: the session goes on: %d %s", what, again.StatusCode, text)
			}
		}
	case route.Open:
		if refused && !slices.Contains([]string{"/api/v1/auth/setup", "/api/v1/auth/login"}, path) {
			t.Errorf("%s: %d %s", what, got, text)
		}
	case who.role == "":
		if got != http.StatusUnauthorized || !strings.Contains(text, `"hint":`) || response.Header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: %d %s, want 401 with a hint", what, got, text)
		}
	case beyond || !who.role.Includes(least):
		if got != http.StatusForbidden || !strings.Contains(text, `"hint":`) {
			t.Errorf("%s: %d %s, want 403 with a hint", what, got, text)
		}
	case route.Personal && strings.Contains(route.Pattern, "{id}") && !own && who.role != auth.Admin:
		if got != http.StatusNotFound {
			t.Errorf("%s: %d %s, want 404", what, got, text)
		}
	case route.Personal && strings.Contains(route.Pattern, "{id}"):
		if got >= http.StatusBadRequest {
			t.Errorf("%s: %d %s", what, got, text)
		}
	case refused || got >= http.StatusInternalServerError && got != http.StatusBadGateway:
		t.Errorf("%s: %d %s", what, got, text)
	}
}

// about returns the path of a route with an object that is a visitor's own, or
// somebody else's.
func (s *server) about(t *testing.T, route api.Route, path string, who visitor, own bool) string {
	t.Helper()
	owner := who.user
	if !own || owner == "" {
		owner = map[bool]string{true: "editor", false: "viewer"}[who.user != "editor"]
	}
	id := "nonsense"
	switch {
	case !strings.Contains(path, "{id}"):
	case strings.HasPrefix(path, "/api/v1/sources/"):
		id = map[bool]string{true: "mine", false: "other"}[own]
	case strings.HasPrefix(path, "/api/v1/plugins/"):
		id = "clock_monitor"
	case who.role == "":
	case strings.HasPrefix(path, "/api/v1/tokens/"):
		id = s.tokenOf(t, owner)
	case strings.HasPrefix(path, "/api/v1/sessions/"):
		id = s.sessionOf(t, owner)
	case route.Personal:
		t.Errorf("%s is about something personal: say in this test how one is made", route.Pattern)
	}
	return strings.NewReplacer("{id}", id, "{name}", "source").Replace(path)
}

// tokenOf makes a token of a user and returns its ID.
func (s *server) tokenOf(t *testing.T, user string) string {
	t.Helper()
	var made struct{ ID string }
	s.must(t, http.MethodPost, "/api/v1/tokens", fmt.Sprintf(`{"name":"x","scope":"read","user":%q}`, user), &made)
	return made.ID
}

// sessionOf signs a user in and returns the ID of the session.
func (s *server) sessionOf(t *testing.T, user string) string {
	t.Helper()
	var sessions struct {
		Items []struct {
			ID      string
			Current bool
		}
	}
	_, text := s.send(t, http.MethodGet, "/api/v1/sessions", "", "Cookie", s.login(t, user, password))
	if err := json.Unmarshal([]byte(text), &sessions); err != nil {
		t.Fatal(err)
	}
	for _, session := range sessions.Items {
		if session.Current {
			return session.ID
		}
	}
	t.Fatalf("the session is not in the list: %s", text)
	return ""
}

// account makes an account and signs in there.
func (s *server) account(t *testing.T, name string, role auth.Role) visitor {
	t.Helper()
	s.must(t, http.MethodPost, "/api/v1/users", fmt.Sprintf(`{"name":%q,"role":%q,"password":%q}`, name, role, password), nil)
	return visitor{name: name, header: []string{"Cookie", s.login(t, name, password)}, user: name, role: role}
}

// login signs in and returns the cookie.
func (s *server) login(t *testing.T, name, password string) string {
	t.Helper()
	response, text := s.send(t, http.MethodPost, "/api/v1/auth/login", fmt.Sprintf(`{"name":%q,"password":%q}`, name, password))
	if response.StatusCode != http.StatusOK || len(response.Cookies) != 1 {
		t.Fatalf("signing in as %s: %s %s", name, response.Status, text)
	}
	return response.Cookies[0].Name + "=" + response.Cookies[0].Value
}

// token makes a token of a user, which is worth a role, for some sources or all.
func (s *server) token(t *testing.T, user string, scope auth.Scope, worth auth.Role, sources ...string) visitor {
	t.Helper()
	list, err := json.Marshal(append([]string{}, sources...))
	if err != nil {
		t.Fatal(err)
	}
	var made struct{ Secret string }
	s.must(t, http.MethodPost, "/api/v1/tokens", fmt.Sprintf(`{"name":"test","user":%q,"scope":%q,"sources":%s}`, user, scope, list), &made)
	return visitor{
		name: fmt.Sprintf("token of %s for %s of %q", user, scope, sources), header: []string{"Authorization", "Bearer " + made.Secret},
		user: user, role: worth, token: true, sources: sources,
	}
}
