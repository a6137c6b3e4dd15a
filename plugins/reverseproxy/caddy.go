package reverseproxy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/exposition"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// healthyAfter is how long Caddy takes to say first whether its upstreams are
// healthy: until then its figures call them unhealthy.
const healthyAfter = 15 * time.Second

// readCaddy reads Caddy's configuration, what it knows of upstreams, and its
// figures.
func (c *collector) readCaddy(ctx context.Context, _ place, s *survey) error {
	var raw json.RawMessage
	if err := c.client.GetJSON(ctx, "/config/", &raw); err != nil {
		return explainCaddy(err)
	}
	known, err := parseCaddy(raw, s)
	if err != nil {
		return fault.Wrap(err, "reading %s", c.client.URL("/config/"))
	}
	if err := c.caddyUpstreams(ctx, s); err != nil {
		return err
	}
	f, err := c.figures(ctx, c.metricsPath(), func(name string) bool {
		return strings.HasPrefix(name, "caddy_") || name == "process_start_time_seconds" || name == "go_build_info"
	})
	switch {
	case err == nil:
		caddyFigures(f, known, s)
	case fault.Of(err) == fault.NotFound:
		s.note("Caddy tells no figures at " + c.metrics.URL(c.metricsPath()) + ".")
	default:
		s.problems = append(s.problems, explainCaddy(err))
	}
	return nil
}

// caddyUpstreams asks how busy the upstreams are.
func (c *collector) caddyUpstreams(ctx context.Context, s *survey) error {
	var upstreams []struct {
		Address  string   `json:"address"`
		Requests *float64 `json:"num_requests"`
		Fails    float64  `json:"fails"`
	}
	if err := c.client.GetJSON(ctx, "/reverse_proxy/upstreams", &upstreams); err != nil {
		if fault.Of(err) == fault.NotFound {
			return nil // nothing is handed to anybody
		}
		return err
	}
	for _, u := range upstreams {
		for _, b := range s.backends {
			for _, one := range b.servers {
				if one.address != u.Address {
					continue
				}
				one.sessions = u.Requests
				if u.Fails > 0 {
					one.check = fmt.Sprintf("%.0f of the latest requests went wrong", u.Fails)
				}
			}
		}
	}
	return nil
}

func explainCaddy(err error) error {
	status := (*fetch.StatusError)(nil)
	if errors.As(err, &status) && status.Status == http.StatusForbidden {
		return fault.As(fault.Permission, err, "Caddy's admin endpoint does not take the name it is asked by").
			WithHint("set the header Host to one that it takes, such as localhost:2019, or add the origin to admin in Caddy's global options")
	}
	return err
}

// caddyFigures takes requests and the health of upstreams from the figures.
func caddyFigures(f exposition.Families, known caddyKnown, s *survey) {
	if start := f.Sum("process_start_time_seconds"); start != nil && *start > 0 {
		if up := float64(s.now.UnixNano())/1e9 - *start; up >= 0 {
			s.uptime = &up
		}
	}
	s.reloadGood = f.Sum("caddy_config_last_reload_successful")
	s.reloadedAt = f.Sum("caddy_config_last_reload_success_timestamp_seconds")
	caddyRequests(f, known, s)
	if s.uptime == nil || *s.uptime < healthyAfter.Seconds() {
		return
	}
	for _, p := range f["caddy_reverse_proxy_upstreams_healthy"] {
		upstream := p.Labels["upstream"]
		if !known.checked[upstream] {
			continue // nobody checks it, and it is called healthy for that
		}
		for _, b := range s.backends {
			for _, one := range b.servers {
				if one.address == upstream {
					one.state = stateDown
					if p.Value == 1 {
						one.state = stateUp
					}
				}
			}
		}
	}
}

// caddyRequests counts requests by server. Caddy counts a request in every handler
// that it passes through on the way; only the outermost are counted here, and of
// these not the ones that hand it on, so that none is counted twice. What ended
// in an error before an answer was begun has no status code before Caddy 2.7.
func caddyRequests(f exposition.Families, known caddyKnown, s *survey) {
	counted, observed := make(map[string]float64), make(map[string]float64)
	for _, p := range f["caddy_http_requests_total"] {
		if known.outer[p.Labels["server"]][p.Labels["handler"]] {
			counted[p.Labels["server"]] += p.Value
		}
	}
	for _, p := range f["caddy_http_request_duration_seconds_count"] {
		if known.outer[p.Labels["server"]][p.Labels["handler"]] {
			tally(&s.frontend(p.Labels["server"]).requests, classOf(p.Labels["code"]), p.Value)
			observed[p.Labels["server"]] += p.Value
		}
	}
	for server, n := range counted {
		if more := n - observed[server]; more > 0 {
			tally(&s.frontend(server).requests, "other", more)
		}
	}
	for family, into := range map[string]func(*frontend) **float64{
		"caddy_http_request_duration_seconds_sum": func(f *frontend) **float64 { return &f.seconds },
		"caddy_http_request_size_bytes_sum":       func(f *frontend) **float64 { return &f.received },
		"caddy_http_response_size_bytes_sum":      func(f *frontend) **float64 { return &f.sent },
		"caddy_http_requests_in_flight":           func(f *frontend) **float64 { return &f.inFlight },
	} {
		for _, p := range f[family] {
			if known.outer[p.Labels["server"]][p.Labels["handler"]] {
				add(into(s.frontend(p.Labels["server"])), p.Value)
			}
		}
	}
	if len(f["caddy_http_requests_total"]) == 0 {
		s.note("Caddy counts no requests: write metrics into its global options (before 2.9: servers { metrics }).")
	}
}
