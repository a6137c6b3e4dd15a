package reverseproxy

import (
	"math"
	"slices"
	"strings"
	"time"
)

// Lists of the snapshot end somewhere.
const (
	maxRows  = 500
	maxNotes = 50
)

// document is what a person sees.
type document struct {
	Summary      summary          `json:"summary"`
	Frontends    []frontendRow    `json:"entrypoints"`
	Services     []serviceRow     `json:"services"`
	Servers      []serverRow      `json:"servers"`
	Routes       []routeRow       `json:"routes"`
	Certificates []certificateRow `json:"certificates,omitempty"`
	Notes        []noteRow        `json:"warnings,omitempty"`
}

type summary struct {
	Type       string   `json:"type"`
	Version    string   `json:"version,omitempty"`
	Uptime     *float64 `json:"uptime,omitempty"`
	Routes     *int     `json:"routes,omitempty"` // absent where the proxy does not tell of them, like what follows
	RoutesTLS  *int     `json:"routes_tls,omitempty"`
	Services   *int     `json:"services,omitempty"`
	Unhealthy  *int     `json:"unhealthy,omitempty"`
	Rate       *float64 `json:"requests_per_second,omitempty"`
	ErrorRatio *float64 `json:"error_ratio,omitempty"`
}

type frontendRow struct {
	Name        string   `json:"name"`
	Addresses   []string `json:"addresses,omitempty"`
	TLS         *bool    `json:"tls,omitempty"`
	Status      string   `json:"status,omitempty"`
	Connections *float64 `json:"connections,omitempty"`
	Limit       *float64 `json:"limit,omitempty"`
	Requests    *float64 `json:"requests,omitempty"`
	Rate        *float64 `json:"requests_per_second,omitempty"`
	ErrorRatio  *float64 `json:"error_ratio,omitempty"`
}

type serviceRow struct {
	Name     string   `json:"name"`
	Protocol string   `json:"protocol,omitempty"`
	Status   string   `json:"status"`
	Servers  int      `json:"servers"`
	Usable   int      `json:"usable"`
	Requests *float64 `json:"requests,omitempty"`
	Response *float64 `json:"response_seconds,omitempty"`
	Queue    *float64 `json:"queue,omitempty"`
	UsedBy   []string `json:"used_by,omitempty"`
}

type serverRow struct {
	Backend  string   `json:"backend"`
	Name     string   `json:"name"`
	Address  string   `json:"address,omitempty"`
	Status   string   `json:"status"`
	Says     string   `json:"says,omitempty"`
	Check    string   `json:"check,omitempty"`
	Weight   *float64 `json:"weight,omitempty"`
	Sessions *float64 `json:"sessions,omitempty"`
	Changed  *float64 `json:"changed_seconds,omitempty"`
	Failures *float64 `json:"check_failures,omitempty"`
}

type routeRow struct {
	Name        string   `json:"name"`
	Protocol    string   `json:"protocol,omitempty"`
	Hosts       []string `json:"hosts,omitempty"`
	Paths       []string `json:"paths,omitempty"`
	Rule        string   `json:"rule,omitempty"`
	EntryPoints []string `json:"entrypoints,omitempty"`
	Service     string   `json:"service,omitempty"`
	TLS         bool     `json:"tls"`
	Resolver    string   `json:"resolver,omitempty"`
	Middlewares []string `json:"middlewares,omitempty"`
	Status      string   `json:"status"`
	Errors      []string `json:"errors,omitempty"`
}

type certificateRow struct {
	Name    string    `json:"name"`
	Names   []string  `json:"names,omitempty"`
	Expires time.Time `json:"expires"`
	Days    float64   `json:"days_left"`
}

type noteRow struct {
	Text string `json:"text"`
}

func newDocument(s *survey) *document {
	doc := &document{
		Summary:   summary{Type: s.kind, Version: s.version, Uptime: s.uptime},
		Frontends: []frontendRow{}, Services: []serviceRow{}, Servers: []serverRow{}, Routes: []routeRow{},
	}
	routed := s.kind != haproxy && s.kind != nginx
	if routed {
		doc.Summary.Routes, doc.Summary.RoutesTLS = new(int), new(int)
	}
	if s.kind != nginx {
		doc.Summary.Services, doc.Summary.Unhealthy = new(int), new(int)
	}
	for _, f := range s.frontends {
		var secure *bool
		if routed { // the others do not tell
			secure = &f.tls
		}
		doc.Frontends = append(doc.Frontends, frontendRow{
			Name: f.name, Addresses: f.addresses, TLS: secure, Status: f.status, Connections: f.connections, Limit: f.limit, Requests: total(f.requests),
		})
	}
	for _, b := range s.backends {
		doc.add(b)
	}
	for _, r := range s.routes {
		*doc.Summary.Routes++
		if r.tls {
			*doc.Summary.RoutesTLS++
		}
		doc.Routes = append(doc.Routes, routeRow{
			Name: r.name, Protocol: r.protocol, Hosts: r.hosts, Paths: r.paths, Rule: r.rule, EntryPoints: r.entryPoints, Service: r.service,
			TLS: r.tls, Resolver: r.resolver, Middlewares: r.middlewares, Status: r.status, Errors: r.errors,
		})
	}
	for _, one := range s.certificates {
		left := math.Floor(one.expires.Sub(s.now).Hours() / 24)
		doc.Certificates = append(doc.Certificates, certificateRow{Name: one.name, Names: one.names, Expires: one.expires, Days: left})
	}
	slices.SortFunc(doc.Certificates, func(a, b certificateRow) int { return a.Expires.Compare(b.Expires) })
	doc.Servers = doc.Servers[:min(len(doc.Servers), maxRows)]
	doc.Routes = doc.Routes[:min(len(doc.Routes), maxRows)]
	doc.Certificates = doc.Certificates[:min(len(doc.Certificates), maxRows)]
	for _, text := range s.notes[:min(len(s.notes), maxNotes)] {
		doc.Notes = append(doc.Notes, noteRow{text})
	}
	return doc
}

// add puts a backend and its servers into the lists.
func (d *document) add(b *backend) {
	row := serviceRow{
		Name: b.name, Protocol: b.protocol, Status: "unchecked", Servers: len(b.servers), Requests: total(b.requests), Queue: b.queue, UsedBy: b.usedBy,
	}
	up, known := b.usable()
	for _, one := range b.servers {
		if one.state == stateUp || one.state == stateUnchecked {
			row.Usable++
		}
		d.Servers = append(d.Servers, serverRow{
			Backend: b.name, Name: one.name, Address: one.address, Status: one.state, Says: one.says, Check: one.check,
			Weight: one.weight, Sessions: one.sessions, Changed: one.changed, Failures: one.failures,
		})
	}
	switch {
	case known && !up:
		row.Status = stateDown
		*d.Summary.Unhealthy++
	case known && row.Usable < row.Servers:
		row.Status = "degraded"
	case known:
		row.Status = stateUp
	case strings.EqualFold(b.status, "disabled"):
		row.Status = "error"
	}
	*d.Summary.Services++
	d.Services = append(d.Services, row)
}
