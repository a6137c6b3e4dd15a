package api

import (
	"maps"
	"net/http"
	"slices"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/auth"
)

// router puts the rule of a route in front of it.
type router struct {
	mux    *http.ServeMux
	rules  map[string]rule
	server *server
	routes []string
}

func newRouter(s *server) *router {
	return &router{mux: http.NewServeMux(), rules: rules(), server: s}
}

// HandleFunc adds a route. One that has no rule lets nobody in.
func (r *router) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	r.routes = append(r.routes, pattern)
	r.mux.HandleFunc(pattern, r.server.behind(pattern, r.rules[pattern], r.server.repeatable(pattern, tagged(pattern, handler))))
}

// ServeHTTP implements http.Handler.
func (r *router) ServeHTTP(w http.ResponseWriter, request *http.Request) { r.mux.ServeHTTP(w, request) }

// behind returns a handler that lets in whom the rule lets in, and writes down
// what was done.
func (s *server) behind(pattern string, rule rule, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if rule.open {
			next(w, r)
			return
		}
		visit := visitOf(r.Context())
		who, err := s.recognise(r)
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		visit.who = who
		lets, beyond := rule.lets(who), beyond(pattern, r, who)
		if rule.action != "" && (!lets || beyond) {
			s.Auth.Record(r.Context(), auth.Entry{
				User: who.User, Name: who.Name, Via: who.Via, Action: rule.action, Target: r.PathValue("id"),
				Address: visit.from.Address, Refused: true,
			})
		}
		if beyond {
			s.writeBeyond(w, who)
			return
		}
		if !lets {
			s.writeProblem(w, http.StatusForbidden, fault.Permission, who.Name+" may not do this as "+string(who.Role), rule.hint(who))
			return
		}
		if rule.action == "" {
			next(w, r)
			return
		}
		visit.target = r.PathValue("id")
		answer := &answer{ResponseWriter: w, status: http.StatusOK}
		next(answer, r)
		if answer.status < http.StatusBadRequest {
			s.Auth.Did(r.Context(), who, rule.action, visit.target, visit.from)
		}
	}
}

func (r rule) hint(who auth.Identity) string {
	if who.Via == auth.ViaToken {
		return "it needs a token of a user and with a scope that are worth the role " + string(r.leastToken)
	}
	return "it needs the role " + string(r.least) + "; an administrator can give it"
}

// refuse answers whoever was not recognised.
func (s *server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if kind := fault.Of(err); kind != fault.Auth {
		problem := s.problemOf(r.Context(), "recognise", err)
		s.writeProblem(w, problem.Status, problem.Kind, problem.Detail, problem.Hint)
		return
	}
	w.Header().Set("WWW-Authenticate", `Bearer realm="Unity"`)
	s.writeProblem(w, http.StatusUnauthorized, fault.Auth, err.Error(), fault.Hint(err))
}

// answer remembers the status of what was answered.
type answer struct {
	http.ResponseWriter

	status int
}

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	a.status = status
	a.ResponseWriter.WriteHeader(status)
}

// Flush implements http.Flusher, for answers that are streams.
func (a *answer) Flush() {
	if flusher, ok := a.ResponseWriter.(http.Flusher); ok {
		flusher.Flush()
	}
}

// Unwrap lets http.ResponseController reach what is below.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// Route is a route and who may use it, for documents and tests.
type Route struct {
	// Pattern is the method and the path as net/http has them.
	Pattern string
	// Ruled is false for a route that the table of rules does not have; it lets
	// nobody in.
	Ruled bool
	// Open lets in anybody; otherwise Role is the least role, and Token the least
	// that a token has to be worth.
	Open        bool
	Role, Token auth.Role
	// Personal is true for what belongs to whoever is signed in.
	Personal bool
	// Keeps is true for a route that a token for some sources may use for those.
	Keeps bool
}

// Routes lists every route, sorted, and the rules of the table that no route
// has.
func Routes() (routes []Route, stray []string) {
	r := newServer(Settings{Version: "dev"}).router
	for _, pattern := range r.routes {
		rule, ruled := r.rules[pattern]
		routes = append(routes, Route{
			Pattern: pattern, Ruled: ruled, Open: rule.open, Role: rule.least, Token: rule.leastToken,
			Personal: !rule.open && rule.least != rule.leastToken, Keeps: keeps(pattern),
		})
	}
	for _, pattern := range slices.Sorted(maps.Keys(r.rules)) {
		if !slices.Contains(r.routes, pattern) {
			stray = append(stray, pattern)
		}
	}
	slices.SortFunc(routes, func(a, b Route) int { return compare(a.Pattern, b.Pattern) })
	return routes, stray
}
