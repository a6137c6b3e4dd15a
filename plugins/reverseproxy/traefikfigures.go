package reverseproxy

import (
	"slices"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin/exposition"
)

// wantedTraefik are the families that are looked at. Histograms have a line for
// each bucket, status, method and protocol of each service, which nobody reads.
func wantedTraefik(name string) bool {
	return strings.HasPrefix(name, "traefik_") && !strings.HasSuffix(name, "_bucket")
}

// traefikFigures takes requests, connections and certificates from the figures.
func traefikFigures(f exposition.Families, byRoute bool, s *survey) {
	s.reloads, s.reloadGood = f.Sum("traefik_config_reloads_total"), nil
	if at := f.Sum("traefik_config_last_reload_success"); at != nil && *at > 0 {
		s.reloadedAt = at
		// The latest failure is told up to Traefik 2, and only from then on.
		if failed := f.Sum("traefik_config_last_reload_failure"); failed != nil {
			good := 1.0
			if *failed > *at {
				good = 0
			}
			s.reloadGood = &good
		}
	}
	// Up to Traefik 2 the family has another name.
	for _, family := range []string{"traefik_open_connections", "traefik_entrypoint_open_connections"} {
		for _, p := range f[family] {
			if p.Labels["entrypoint"] != "" {
				add(&s.frontend(p.Labels["entrypoint"]).connections, p.Value)
			}
		}
	}
	for family, into := range map[string]func(*frontend) **float64{
		"traefik_entrypoint_request_duration_seconds_sum": func(f *frontend) **float64 { return &f.seconds },
		"traefik_entrypoint_requests_bytes_total":         func(f *frontend) **float64 { return &f.received },
		"traefik_entrypoint_responses_bytes_total":        func(f *frontend) **float64 { return &f.sent },
	} {
		for _, p := range f[family] {
			if p.Labels["entrypoint"] != "" {
				add(into(s.frontend(p.Labels["entrypoint"])), p.Value)
			}
		}
	}
	for _, p := range f["traefik_entrypoint_requests_total"] {
		if p.Labels["entrypoint"] != "" {
			tally(&s.frontend(p.Labels["entrypoint"]).requests, classOf(p.Labels["code"]), p.Value)
		}
	}
	traefikServiceFigures(f, s)
	if byRoute {
		traefikRouteFigures(f, s)
	}
	for _, p := range f["traefik_tls_certs_not_after"] {
		if p.Value <= 0 {
			continue
		}
		names := strings.FieldsFunc(p.Labels["sans"], func(r rune) bool { return r == ',' || r == ' ' })
		name := p.Labels["cn"]
		if name == "" && len(names) > 0 {
			name = names[0]
		}
		s.certificates = append(s.certificates, certificate{name: short(name), names: names, expires: time.Unix(int64(p.Value), 0).UTC()})
	}
}

// traefikServiceFigures takes what is known of services and their servers.
func traefikServiceFigures(f exposition.Families, s *survey) {
	of := func(p exposition.Point) *backend {
		name := p.Labels["service"]
		if name == "" || strings.HasSuffix(name, "@internal") {
			return nil
		}
		return s.backend(short(name))
	}
	each := func(family string, into func(b *backend, p exposition.Point)) {
		for _, p := range f[family] {
			if b := of(p); b != nil {
				into(b, p)
			}
		}
	}
	each("traefik_service_requests_total", func(b *backend, p exposition.Point) { tally(&b.requests, classOf(p.Labels["code"]), p.Value) })
	each("traefik_service_request_duration_seconds_sum", func(b *backend, p exposition.Point) { add(&b.seconds, p.Value) })
	each("traefik_service_request_duration_seconds_count", func(b *backend, p exposition.Point) { add(&b.timed, p.Value) })
	each("traefik_service_retries_total", func(b *backend, p exposition.Point) { tally(&b.errors, "retry", p.Value) })
	// Told of servers whose health is checked, and of no others.
	each("traefik_service_server_up", func(b *backend, p exposition.Point) {
		if address := p.Labels["url"]; address != "" {
			one := b.server(address)
			one.state = stateDown
			if p.Value == 1 {
				one.state = stateUp
			}
		}
	})
}

func traefikRouteFigures(f exposition.Families, s *survey) {
	for _, p := range f["traefik_router_requests_total"] {
		name := p.Labels["router"]
		i := slices.IndexFunc(s.routes, func(r *route) bool { return r.name == name })
		switch {
		case name == "" || strings.HasSuffix(name, "@internal"):
			continue
		case i < 0: // the API is off
			s.routes = append(s.routes, &route{name: name})
			i = len(s.routes) - 1
		}
		tally(&s.routes[i].requests, classOf(p.Labels["code"]), p.Value)
	}
}
