package reverseproxy

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// Pages of Traefik's lists.
const (
	pageSize = 100
	maxPages = 20
)

// readTraefik reads the API and the figures, which are switched on apart from
// each other.
func (c *collector) readTraefik(ctx context.Context, at place, s *survey) error {
	if !at.exposed {
		if err := c.traefikAPI(ctx, s); err != nil {
			return explainTraefik(err)
		}
	} else {
		s.note("Traefik's API is off; routes and services are not known (api.insecure, or a router for api@internal).")
	}
	f, err := c.figures(ctx, c.metricsPath(), wantedTraefik)
	switch {
	case err == nil && len(f) > 0:
		traefikFigures(f, c.config.RouteMetrics, s)
	case at.exposed:
		return err
	case err == nil, fault.Of(err) == fault.NotFound, fault.Of(err) == fault.WrongService:
		s.note("Traefik tells no figures at " + c.metrics.URL(c.metricsPath()) + ": switch them on (metrics.prometheus), or say where they are (metrics_url).")
	default:
		s.problems = append(s.problems, fault.Wrap(err, "reading Traefik's figures"))
	}
	return nil
}

func explainTraefik(err error) error {
	if fault.Of(err) != fault.NotFound {
		return err
	}
	return fault.As(fault.NotFound, err, "Traefik's API is not there").
		WithHint("switch it on: api.insecure, or a router for the service api@internal, and give its address")
}

type traefikVersion struct {
	Version  string     `json:"Version"`
	Codename string     `json:"Codename"`
	Started  *time.Time `json:"startDate"`
}

// traefikRouter is a router of any protocol.
type traefikRouter struct {
	Name        string   `json:"name"`
	Status      string   `json:"status"`
	Rule        string   `json:"rule"`
	Service     string   `json:"service"`
	EntryPoints []string `json:"entryPoints"`
	Using       []string `json:"using"`
	Middlewares []string `json:"middlewares"`
	Errors      []string `json:"error"`
	TLS         *struct {
		Resolver string `json:"certResolver"`
	} `json:"tls"`
}

type traefikService struct {
	Name         string   `json:"name"`
	Type         string   `json:"type"`
	Status       string   `json:"status"`
	Errors       []string `json:"error"`
	UsedBy       []string `json:"usedBy"`
	LoadBalancer *struct {
		Servers []struct {
			URL     string   `json:"url"`
			Address string   `json:"address"`
			Weight  *float64 `json:"weight"`
		} `json:"servers"`
		HealthCheck *struct {
			Path string `json:"path"`
		} `json:"healthCheck"`
	} `json:"loadBalancer"`
	ServerStatus map[string]string `json:"serverStatus"`
}

func (c *collector) traefikAPI(ctx context.Context, s *survey) error {
	var version traefikVersion
	if err := c.client.GetJSON(ctx, "/api/version", &version); err != nil {
		return err
	}
	if version.Version == "" {
		return fault.New(fault.WrongService, "%s says no version of Traefik", c.client.URL("/api/version")).WithHint("check the address")
	}
	s.version = version.Version
	if version.Started != nil && s.now.After(*version.Started) {
		up := s.now.Sub(*version.Started).Seconds()
		s.uptime = &up
	}
	if err := c.traefikOverview(ctx, s); err != nil {
		return err
	}
	var points []struct {
		Name    string `json:"name"`
		Address string `json:"address"`
		HTTP    struct {
			TLS *struct{} `json:"tls"`
		} `json:"http"`
	}
	if err := c.client.GetJSON(ctx, "/api/entrypoints", &points); err != nil {
		return err
	}
	for _, p := range points {
		if p.Name != "" {
			f := s.frontend(p.Name)
			f.addresses, f.tls = []string{p.Address}, p.HTTP.TLS != nil
		}
	}
	for _, protocol := range []string{"http", "tcp", "udp"} {
		if !s.has(protocol) {
			continue
		}
		if err := c.traefikServices(ctx, protocol, s); err != nil {
			return err
		}
		if !c.config.Routes && !c.config.RouteMetrics {
			continue
		}
		if err := c.traefikRouters(ctx, protocol, s); err != nil {
			return err
		}
	}
	return nil
}

// has reports whether there is anything of the protocol.
func (s *survey) has(protocol string) bool {
	return slices.ContainsFunc(slices.Concat(s.routed, s.offered), func(c count) bool { return c.protocol == protocol && c.n > 0 })
}

// traefikCounts are how many routers or services there are.
type traefikCounts struct{ Total, Warnings, Errors float64 }

// traefikOverview counts routers and services.
func (c *collector) traefikOverview(ctx context.Context, s *survey) error {
	type protocol struct{ Routers, Services *traefikCounts }
	var overview struct{ HTTP, TCP, UDP protocol }
	if err := c.client.GetJSON(ctx, "/api/overview", &overview); err != nil {
		return err
	}
	for _, of := range []struct {
		name string
		protocol
	}{{"http", overview.HTTP}, {"tcp", overview.TCP}, {"udp", overview.UDP}} {
		s.routed = append(s.routed, of.Routers.counts(of.name)...)
		s.offered = append(s.offered, of.Services.counts(of.name)...)
	}
	return nil
}

// counts takes those with trouble out of all.
func (t *traefikCounts) counts(protocol string) []count {
	if t == nil || t.Warnings < 0 || t.Errors < 0 || t.Warnings+t.Errors > t.Total {
		return nil
	}
	return []count{
		{protocol, "enabled", t.Total - t.Warnings - t.Errors}, {protocol, "warning", t.Warnings}, {protocol, "error", t.Errors},
	}
}

// pages calls read for one page after another of a list.
func (c *collector) pages(ctx context.Context, path string, read func(list io.Reader) error) error {
	next := "1"
	for range maxPages {
		answer, err := c.client.Do(ctx, fetch.Request{Path: path + fmt.Sprintf("?page=%s&per_page=%d", next, pageSize)})
		if err != nil {
			return err
		}
		err = read(answer.Body)
		_ = answer.Body.Close()
		if err != nil {
			return err
		}
		// After the last page comes the first.
		next = answer.Header.Get("X-Next-Page")
		if next == "" || next == "1" || strings.Trim(next, "0123456789") != "" {
			return nil
		}
	}
	return nil
}

func (c *collector) traefikServices(ctx context.Context, protocol string, s *survey) error {
	path := "/api/" + protocol + "/services"
	return c.pages(ctx, path, func(list io.Reader) error {
		var services []traefikService
		if err := decode(list, &services, c.client.URL(path)); err != nil {
			return err
		}
		for _, one := range services {
			if one.Name == "" || one.internal() {
				continue
			}
			b := s.backend(short(one.Name))
			b.protocol, b.status, b.usedBy = protocol, one.Status, one.UsedBy
			for _, text := range one.Errors {
				s.note("Service " + one.Name + ": " + text)
			}
			one.servers(b)
		}
		return nil
	})
}

// internal reports whether the service is Traefik's own: its API, its dashboard.
func (t traefikService) internal() bool { return strings.HasSuffix(t.Name, "@internal") }

func (t traefikService) servers(b *backend) {
	if t.LoadBalancer == nil {
		return
	}
	for _, one := range t.LoadBalancer.Servers {
		address := one.URL
		if address == "" {
			address = one.Address
		}
		if address == "" {
			continue
		}
		server := b.server(address)
		server.weight, server.says = one.Weight, t.ServerStatus[address]
		// Without a health check every server is said to be up.
		switch {
		case t.LoadBalancer.HealthCheck == nil:
		case server.says == "UP":
			server.state = stateUp
		case server.says == "DOWN":
			server.state = stateDown
		}
	}
}

func (c *collector) traefikRouters(ctx context.Context, protocol string, s *survey) error {
	path := "/api/" + protocol + "/routers"
	return c.pages(ctx, path, func(list io.Reader) error {
		var routers []traefikRouter
		if err := decode(list, &routers, c.client.URL(path)); err != nil {
			return err
		}
		for _, one := range routers {
			if one.Name == "" || strings.HasSuffix(one.Name, "@internal") {
				continue
			}
			r := &route{
				name: one.Name, protocol: protocol, rule: one.Rule, service: one.Service, middlewares: one.Middlewares,
				entryPoints: one.EntryPoints, status: one.status(), errors: one.Errors, tls: one.TLS != nil,
				hosts: wordsOf(one.Rule, "Host"), paths: wordsOf(one.Rule, "Path"),
			}
			if len(r.entryPoints) == 0 {
				r.entryPoints = one.Using
			}
			if one.TLS != nil {
				r.resolver = one.TLS.Resolver
			}
			s.routes = append(s.routes, r)
			if r.status == "error" {
				s.note("Router " + one.Name + ": " + strings.Join(one.Errors, "; "))
			}
		}
		return nil
	})
}

// status maps Traefik's words for a router: one with an error is disabled.
func (r traefikRouter) status() string {
	switch r.Status {
	case "warning":
		return "warning"
	case "disabled":
		return "error"
	default:
		return "enabled"
	}
}
