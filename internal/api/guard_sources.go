package api

import (
	"net/http"
	"slices"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/auth"
)

// sourceRoute is how the routes of one source begin.
const sourceRoute = "/api/v1/sources/{id}"

// keeps reports whether a route keeps a token for some sources to those. Such a
// token is turned away from every other, so that a new route shows nothing by
// mistake.
func keeps(pattern string) bool {
	method, path, _ := strings.Cut(pattern, " ")
	if path == sourceRoute || strings.HasPrefix(path, sourceRoute+"/") {
		// The guard itself looks at the source. What makes another source of this
		// one is not in the list.
		return method == http.MethodGet || slices.Contains([]string{
			"PUT " + sourceRoute, "DELETE " + sourceRoute, "POST " + sourceRoute + "/enable", "POST " + sourceRoute + "/disable",
			"POST " + sourceRoute + "/run",
		}, pattern)
	}
	for _, query := range []string{"query", "query_range", "series", "labels", "label/{name}/values"} {
		if path == prometheusPath+"/api/v1/"+query {
			return true
		}
	}
	return slices.Contains([]string{
		// Their handlers leave out what is of other sources.
		"GET /api/v1/sources", "GET /api/v1/events", "GET /api/v1/live",
		// These are of no source.
		"GET /api/docs", "GET /api/openapi.json", "GET /api/openapi.yaml", "GET /api/openapi-3.0.json", "GET /api/openapi-3.0.yaml",
		"GET /api/v1/me", "GET /api/v1/plugins", "GET /api/v1/plugins/{id}",
		"GET " + prometheusPath + "/api/v1/metadata", "GET " + prometheusPath + "/api/v1/status/buildinfo",
		"GET " + prometheusPath + "/api/v1/format_query", "POST " + prometheusPath + "/api/v1/format_query",
	}, pattern)
}

// beyond reports whether a route, or the source that its path names, is beyond a
// token for some sources.
func beyond(pattern string, r *http.Request, who auth.Identity) bool {
	if !who.Restricted() {
		return false
	}
	return !keeps(pattern) || strings.Contains(pattern, sourceRoute) && !who.Sees(r.PathValue("id"))
}

// writeBeyond answers somebody for whom a route or a source is beyond the token,
// whether the source is there or not.
func (s *server) writeBeyond(w http.ResponseWriter, who auth.Identity) {
	s.writeProblem(w, http.StatusForbidden, fault.Permission, "the token is for some sources only, and this is beyond them",
		"it is for "+strings.Join(who.Sources, ", ")+"; use a token for all")
}
