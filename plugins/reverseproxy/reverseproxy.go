// Package reverseproxy watches a reverse proxy: Traefik, Caddy, HAProxy or
// nginx. They share a purpose and no interface; what each tells of itself is
// brought under one set of metrics, and what one does not know is absent.
//
// Nothing is changed and no request is sent through the proxy.
package reverseproxy

import (
	"context"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// The kinds of proxy.
const (
	auto    = "auto"
	traefik = "traefik"
	caddy   = "caddy"
	haproxy = "haproxy"
	nginx   = "nginx"
)

// config is what a person can set.
type config struct {
	Type string `json:"type" title:"Proxy" help:"Which proxy it is; auto finds out." enum:"auto,traefik,caddy,haproxy,nginx"`
	fetch.Config
	StatusPath string `json:"status_path" title:"Path of the status page" help:"Where nginx or HAProxy tells its figures, when that is not in the address: behind a socket, or because it has a question mark in it." example:"/haproxy?stats"`
	MetricsURL string `json:"metrics_url" title:"Address of the figures" help:"Where the proxy tells Prometheus its figures, when that is not /metrics below the address. User, password and token are sent there, too." format:"uri" example:"http://192.168.1.10:8082/metrics" group:"advanced"`

	Routes       bool `json:"collect_routes" title:"Routes" help:"List what is routed where; for Traefik and Caddy."`
	RouteMetrics bool `json:"per_route_metrics" title:"Figures by route" help:"Keep requests of every route of Traefik as series of their own; Traefik has to be told, too: addRoutersLabels." group:"advanced"`
}

func defaults() config {
	return config{Type: auto, Config: fetch.Defaults(), Routes: true}
}

// Validate checks what the schema cannot.
func (c config) Validate() error {
	if err := c.Config.Validate(); err != nil {
		return err
	}
	if c.StatusPath != "" && !strings.HasPrefix(c.StatusPath, "/") {
		return plugin.Invalid("status_path", "must begin with /")
	}
	if c.MetricsURL == "" {
		return nil
	}
	if strings.HasPrefix(c.MetricsURL, "unix:") {
		return plugin.Invalid("metrics_url", "must begin with http:// or https://")
	}
	other := c.Config
	other.URL = c.MetricsURL
	if err := other.Validate(); err != nil {
		return plugin.Invalid("metrics_url", "must be an address such as http://192.168.1.10:8082/metrics, without a login, query or fragment")
	}
	return nil
}

// Plugin declares the plugin reverse_proxy_monitor.
func Plugin() plugin.Plugin {
	return plugin.Define(manifest(), defaults(), open, plugin.WithDetect(detect))
}

// open makes a collector. Nothing is contacted yet: the proxy may be away.
func open(_ context.Context, config config, host plugin.Host) (plugin.Collector, error) {
	c := &collector{config: config, host: host}
	if path, ok := strings.CutPrefix(config.URL, "unix://"); ok {
		c.socket = &socket{host: host, path: path, timeout: config.Timeout.Std()}
	}
	var err error
	if c.client, err = fetch.New(config.Config, host); err != nil {
		return nil, err
	}
	c.metrics = c.client
	if config.MetricsURL != "" {
		at := config.Config
		at.URL = config.MetricsURL
		if c.metrics, err = fetch.New(at, host); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// detectTimeout bounds one place: detection is for what answers at once.
const detectTimeout = 2 * time.Second
