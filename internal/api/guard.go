package api

import (
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/unity-homelab/unity/fault"
)

// guard stands before every route: who Unity may be called, requests that other
// sites make a browser send, and headers for what is served. Who may use a route
// is looked at by the route itself (guard_router.go).
func (s *server) guard(next http.Handler, local bool) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s.writeProblem(w, http.StatusForbidden, fault.Permission, "the request comes from a page of another site", "")
	}))
	protected := protection.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = s.visiting(r, local)
		if !s.knownHost(r.Host) || !s.knownHost(visitOf(r.Context()).called) {
			s.writeProblem(w, http.StatusMisdirectedRequest, fault.Permission,
				"Unity is not called "+strings.ToValidUTF8(r.Host, "?"),
				"open it by its IP address, or add the name to the setting hosts")
			return
		}
		header := w.Header()
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("X-Frame-Options", "DENY")
		header.Set("Referrer-Policy", "same-origin")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		if strings.HasPrefix(r.URL.Path, "/api/") {
			header.Set("Cache-Control", "no-store")
		}
		protected.ServeHTTP(w, r)
	})
}

// knownHost reports whether a Host header names this server. A page of another
// site whose name was pointed at this machine is refused by it: such a name is
// no address, and none that only a local network has.
func (s *server) knownHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	if _, err := netip.ParseAddr(host); err == nil || host == "localhost" {
		return true
	}
	matches := func(name string) bool {
		return host == name || strings.HasPrefix(name, ".") && strings.HasSuffix(host, name)
	}
	return slices.ContainsFunc([]string{".localhost", ".local", ".lan", ".home.arpa"}, matches) ||
		slices.ContainsFunc(s.Hosts, matches)
}

func (s *server) writeProblem(w http.ResponseWriter, status int, kind fault.Kind, detail, hint string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	// The client may be gone; there is nobody left to tell.
	_ = json.NewEncoder(w).Encode(Problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status, Kind: kind, Detail: detail, Hint: hint,
	})
}

func (s *server) noSuchRoute(w http.ResponseWriter, r *http.Request) {
	s.writeProblem(w, http.StatusNotFound, fault.NotFound, "there is no "+r.Method+" "+r.URL.Path, "see /api/openapi.json for what there is")
}

func (s *server) health(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("alive\n"))
}

func (s *server) ready(w http.ResponseWriter, r *http.Request) {
	if err := s.System.Ready(r.Context()); err != nil {
		// Why is nothing for strangers.
		if _, unknown := s.recognise(r); unknown != nil {
			s.writeProblem(w, http.StatusServiceUnavailable, fault.Of(err), "Unity is not ready", "sign in to see why")
			return
		}
		s.writeProblem(w, http.StatusServiceUnavailable, fault.Of(err), err.Error(), fault.Hint(err))
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	text := "ready\n" + s.fileNotice()
	if problem := s.System.Figures(r.Context()).CacheProblem; problem != nil {
		text += "without Redis\n" // which nothing here needs
	}
	_, _ = w.Write([]byte(text))
}
