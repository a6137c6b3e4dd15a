package reverseproxy

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// caddyConfig is what is looked at of Caddy's configuration.
type caddyConfig struct {
	Apps struct {
		HTTP struct {
			Servers map[string]caddyServer `json:"servers"`
		} `json:"http"`
		TLS struct {
			Automation struct {
				Policies []struct {
					Subjects []string `json:"subjects"`
					Issuers  []struct {
						Module string `json:"module"`
					} `json:"issuers"`
				} `json:"policies"`
			} `json:"automation"`
		} `json:"tls"`
	} `json:"apps"`
}

type caddyServer struct {
	Listen   []string     `json:"listen"`
	Routes   []caddyRoute `json:"routes"`
	Policies []struct{}   `json:"tls_connection_policies"`
	Auto     struct {
		Disable bool `json:"disable"`
	} `json:"automatic_https"`
}

type caddyRoute struct {
	Match []struct {
		Host []string `json:"host"`
		Path []string `json:"path"`
	} `json:"match"`
	Handle []caddyHandler `json:"handle"`
}

type caddyHandler struct {
	Handler   string       `json:"handler"`
	Routes    []caddyRoute `json:"routes"`
	Upstreams []struct {
		Dial string `json:"dial"`
	} `json:"upstreams"`
	Dynamic struct {
		Source string `json:"source"`
	} `json:"dynamic_upstreams"`
	Checks struct {
		Active  json.RawMessage `json:"active"`
		Passive json.RawMessage `json:"passive"`
	} `json:"health_checks"`
}

// maxDepth bounds how deep routes are followed into each other, and maxRoutes
// how many are kept.
const (
	maxDepth  = 20
	maxRoutes = 2000
)

// caddyWalk goes through the routes of one server.
type caddyWalk struct {
	s       *survey
	server  string
	tls     bool
	policy  map[string]string // issuer by subject
	checked map[string]bool   // upstreams that somebody checks
}

// caddyKnown is what the configuration says about how to read the figures.
type caddyKnown struct {
	checked map[string]bool            // upstreams that somebody checks
	outer   map[string]map[string]bool // the handlers of each server that no other is around
}

// parseCaddy puts what the configuration says into the survey.
func parseCaddy(raw []byte, s *survey) (caddyKnown, error) {
	var read caddyConfig
	known := caddyKnown{make(map[string]bool), make(map[string]map[string]bool)}
	if bytes.Equal(bytes.TrimSpace(raw), []byte("null")) {
		s.note("Caddy runs without a configuration.")
		return known, nil
	}
	if err := json.Unmarshal(raw, &read); err != nil {
		return known, fault.New(fault.BadAnswer, "the configuration is not what was expected: %v", err)
	}
	policy := make(map[string]string)
	for _, p := range read.Apps.TLS.Automation.Policies {
		for _, subject := range p.Subjects {
			policy[subject] = "acme"
			if len(p.Issuers) > 0 {
				policy[subject] = p.Issuers[0].Module
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(read.Apps.HTTP.Servers)) {
		server := read.Apps.HTTP.Servers[name]
		f := s.frontend(name)
		f.addresses, f.mode = server.Listen, "http"
		named := slices.ContainsFunc(server.Routes, func(r caddyRoute) bool { hosts, _ := r.names(); return len(hosts) > 0 })
		f.tls = len(server.Policies) > 0 || slices.ContainsFunc(server.Listen, func(at string) bool { return strings.HasSuffix(at, ":443") }) ||
			named && !server.Auto.Disable && !slices.ContainsFunc(server.Listen, func(at string) bool { return strings.HasSuffix(at, ":80") })
		walk := caddyWalk{s: s, server: name, tls: f.tls, policy: policy, checked: known.checked}
		walk.routes(server.Routes, nil, nil, nil, 0)
		known.outer[name] = make(map[string]bool)
		for _, r := range server.Routes {
			for _, h := range r.Handle {
				known.outer[name][h.Handler] = h.Handler == "subroute" || answering(h.Handler)
			}
		}
	}
	return known, nil
}

// names are the hosts and paths that a route is for.
func (r caddyRoute) names() (hosts, paths []string) {
	for _, m := range r.Match {
		hosts, paths = append(hosts, m.Host...), append(paths, m.Path...)
	}
	return hosts, paths
}

// routes follows routes. What a route does not say of hosts and paths is as the
// one around it says; middlewares are those passed on the way.
func (w *caddyWalk) routes(routes []caddyRoute, hosts, paths, passed []string, depth int) {
	for _, r := range routes {
		ownHosts, ownPaths := r.names()
		if len(ownHosts) == 0 {
			ownHosts = hosts
		}
		if len(ownPaths) == 0 {
			ownPaths = paths
		}
		through := slices.Clone(passed)
		for _, h := range r.Handle {
			switch {
			case h.Handler == "subroute" && depth < maxDepth:
				w.routes(h.Routes, ownHosts, ownPaths, through, depth+1)
			case answering(h.Handler):
				w.answer(h, ownHosts, ownPaths, through)
			case h.Handler != "" && h.Handler != "subroute":
				through = append(through, h.Handler)
			}
		}
	}
}

// answering reports whether a handler ends a request.
func answering(handler string) bool {
	return slices.Contains([]string{"reverse_proxy", "static_response", "file_server", "error", "metrics", "acme_server", "webdav", "cgi"}, handler)
}

// answer keeps a route that ends here.
func (w *caddyWalk) answer(h caddyHandler, hosts, paths, passed []string) {
	if len(w.s.routes) >= maxRoutes {
		return
	}
	place := strings.Join(hosts, ",")
	if place == "" {
		place = w.server
	}
	if len(paths) > 0 {
		place += " " + strings.Join(paths, ",")
	}
	r := &route{
		name: place, protocol: "http", hosts: hosts, paths: paths, entryPoints: []string{w.server}, service: h.Handler,
		tls: w.tls, middlewares: passed, status: "enabled",
	}
	for _, host := range hosts {
		if r.resolver == "" && w.tls {
			r.resolver = w.policy[host]
		}
	}
	w.s.routes = append(w.s.routes, r)
	if h.Handler != "reverse_proxy" {
		return
	}
	addresses := make([]string, 0, len(h.Upstreams))
	for _, u := range h.Upstreams {
		addresses = append(addresses, u.Dial)
	}
	r.service = strings.Join(addresses, ", ")
	if h.Dynamic.Source != "" {
		r.service = "found by " + h.Dynamic.Source
	}
	b := w.s.backend(short(place))
	b.protocol = "http"
	b.usedBy = []string{w.server}
	for _, address := range addresses {
		b.server(address)
		// A configured check with an empty object is one.
		if len(h.Checks.Active) > 0 || len(h.Checks.Passive) > 0 {
			w.checked[address] = true
		}
	}
}

// short bounds what becomes a label.
func short(text string) string { return plugin.Shorten(text, 100) }
