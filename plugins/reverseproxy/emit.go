package reverseproxy

import (
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// leastRequests is how many requests between two runs make a share of errors
// worth telling: of three requests one is no third of anything.
const leastRequests = 10

// emit makes samples and a document of what was learned.
func (c *collector) emit(s *survey, out *plugin.Batch) *document {
	doc := newDocument(s)
	labels := []string{"type", s.kind}
	if s.version != "" {
		labels = append(labels, "version", s.version)
	}
	out.Add("proxy_info", 1, labels...)
	emit(out, "proxy_uptime_seconds", s.uptime)
	emit(out, "proxy_connection_limit", s.limit)
	emit(out, "proxy_connections_total", s.accepted)
	emit(out, "proxy_connections_dropped_total", s.dropped)
	emit(out, "proxy_idle_ratio", s.idle)
	emit(out, "proxy_config_reloads_total", s.reloads)
	emit(out, "proxy_config_reload_success", s.reloadGood)
	emit(out, "proxy_config_reload_timestamp_seconds", s.reloadedAt)
	if s.open != nil {
		out.Add("proxy_connections", *s.open, "frontend", "all", "state", "active")
		if s.limit != nil && *s.limit > 0 {
			out.Add("proxy_connection_usage_ratio", *s.open / *s.limit)
		}
	}
	for state, n := range s.connections {
		out.Add("proxy_connections", n, "frontend", "all", "state", state)
	}
	c.emitFrontends(s, out, doc)
	c.emitBackends(s, out, doc)
	c.emitRoutes(s, out)
	for _, one := range s.certificates {
		out.Add("proxy_cert_remaining_seconds", one.expires.Sub(s.now).Round(time.Second).Seconds(), "common_name", one.name)
	}
	doc.Services = doc.Services[:min(len(doc.Services), maxRows)]
	return doc
}

func emit(out *plugin.Batch, name string, value *float64, labels ...string) {
	if value != nil {
		out.Add(name, *value, labels...)
	}
}

func (c *collector) emitFrontends(s *survey, out *plugin.Batch, doc *document) {
	var rate, wrong, all float64
	known := false
	for i, f := range s.frontends {
		row := &doc.Frontends[i]
		for class, n := range f.requests {
			out.Add("proxy_requests_total", n, "frontend", f.name, "code_class", class)
		}
		emit(out, "proxy_request_seconds_total", f.seconds, "frontend", f.name)
		emit(out, "proxy_requests_in_flight", f.inFlight, "frontend", f.name)
		emit(out, "proxy_receive_bytes_total", f.received, "frontend", f.name)
		emit(out, "proxy_transmit_bytes_total", f.sent, "frontend", f.name)
		emit(out, "proxy_connections", f.connections, "frontend", f.name, "state", "active")
		requests := total(f.requests)
		if requests == nil {
			continue
		}
		more, ok := c.tracker.Increase("requests "+f.name, *requests)
		if elapsed := c.tracker.Elapsed().Seconds(); ok && elapsed > 0 {
			perSecond := more / elapsed
			row.Rate = &perSecond
			rate, known = rate+perSecond, true
		}
		bad, okBad := c.tracker.Increase("errors "+f.name, f.requests["5xx"])
		if _, told := f.requests["any"]; !ok || !okBad || told {
			continue
		}
		wrong, all = wrong+bad, all+more
		if more >= leastRequests {
			ratio := bad / more
			row.ErrorRatio = &ratio
			out.Add("proxy_error_ratio", ratio, "frontend", f.name)
		}
	}
	if known {
		doc.Summary.Rate = &rate
	}
	if all >= leastRequests {
		ratio := wrong / all
		doc.Summary.ErrorRatio = &ratio
	}
}

func (c *collector) emitBackends(s *survey, out *plugin.Batch, doc *document) {
	for i, b := range s.backends {
		for class, n := range b.requests {
			out.Add("proxy_backend_requests_total", n, "backend", b.name, "code_class", class)
		}
		response := b.response
		if b.seconds != nil && b.timed != nil {
			if mean, ok := c.tracker.Ratio("response "+b.name, *b.seconds, *b.timed); ok {
				response = &mean
			}
		}
		doc.Services[i].Response = response
		emit(out, "proxy_backend_response_seconds", response, "backend", b.name)
		if up, known := b.usable(); known {
			out.AddBool("proxy_backend_up", up, "backend", b.name)
		}
		emit(out, "proxy_backend_queue", b.queue, "backend", b.name)
		for kind, n := range b.errors {
			out.Add("proxy_backend_errors_total", n, "backend", b.name, "kind", kind)
		}
		if len(b.servers) == 0 {
			continue
		}
		counts := make(map[string]float64)
		for _, one := range b.servers {
			counts[one.state]++
			labels := []string{"backend", b.name, "server", one.name}
			if one.known() {
				out.AddBool("proxy_server_up", one.state == stateUp, labels...)
			}
			emit(out, "proxy_server_check_failures_total", one.failures, labels...)
			emit(out, "proxy_server_downtime_seconds_total", one.downtime, labels...)
		}
		for _, state := range serverStates() {
			out.Add("proxy_backend_servers", counts[state], "backend", b.name, "state", state)
		}
	}
}

func (c *collector) emitRoutes(s *survey, out *plugin.Batch) {
	routed, counted := s.routed, c.config.Routes && s.kind != haproxy && s.kind != nginx
	if len(routed) == 0 && len(s.routes) > 0 {
		routed = []count{{"http", "enabled", float64(len(s.routes))}}
	}
	for _, n := range routed {
		out.Add("proxy_routes", n.n, "protocol", n.protocol, "state", n.state)
	}
	for _, n := range s.offered {
		out.Add("proxy_services", n.n, "protocol", n.protocol, "state", n.state)
	}
	secure := 0.0
	for _, r := range s.routes {
		if r.tls {
			secure++
		}
		for class, n := range r.requests {
			if c.config.RouteMetrics {
				out.Add("proxy_route_requests_total", n, "route", short(r.name), "code_class", class)
			}
		}
	}
	if counted && len(routed) > 0 {
		out.Add("proxy_routes_tls", secure)
	}
}
