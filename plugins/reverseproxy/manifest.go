package reverseproxy

import (
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func manifest() plugin.Manifest {
	return plugin.Manifest{
		ID: "reverse_proxy_monitor", Name: "Reverse proxy", Category: plugin.Web, Icon: "shuffle",
		Summary: "Traefik, Caddy, HAProxy and nginx: routes, the servers behind them, traffic and errors.",
		Description: "Reads what a reverse proxy says of itself: which requests come in and how many of them end in an error, which servers " +
			"are behind it and whether they are up, how many connections there are and how many there may be, which routes there are, and " +
			"when certificates end. Works with Traefik 2 and 3, Caddy 2, HAProxy and nginx. Nothing is sent through the proxy.",
		Tags:     []string{"traefik", "caddy", "haproxy", "nginx", "reverse proxy", "load balancer", "ingress"},
		Interval: 30 * time.Second, Timeout: 20 * time.Second,
		Rights: plugin.Rights{
			Network: true,
			Sockets: []string{"/run/haproxy/admin.sock", "/var/lib/haproxy/stats"},
			Paths:   []string{"/etc/haproxy/haproxy.cfg"},
			Notes:   "Traefik: its API. Caddy: its admin endpoint. HAProxy: the stats socket or page. nginx: a location with stub_status. See Set-up.",
		},
		Metrics: append(wholeMetrics(), partMetrics()...), Panels: panels(), Tables: tables(), Rules: rules(),
	}
}

func gauge(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
	return metric.Definition{Name: name, Kind: metric.Gauge, Unit: unit, Help: help, Labels: labels}
}

func counter(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
	return metric.Definition{Name: name, Kind: metric.Counter, Unit: unit, Help: help, Labels: labels}
}

// wholeMetrics are those of the proxy and of where requests come in.
func wholeMetrics() []metric.Definition {
	return []metric.Definition{
		gauge("proxy_info", metric.None, "Always 1; its labels say which proxy answers.", "type", "version"),
		gauge("proxy_uptime_seconds", metric.Seconds, "Time since the proxy was started."),
		counter("proxy_requests_total", metric.None, "Requests, by class of the answer's status; other is all else, any is where the proxy does not tell.", "frontend", "code_class"),
		counter("proxy_request_seconds_total", metric.Seconds, "Time spent on requests.", "frontend"),
		gauge("proxy_requests_in_flight", metric.None, "Requests that are being answered.", "frontend"),
		gauge("proxy_error_ratio", metric.Ratio, "Share of requests since the run before that ended with a status of 500 or more; absent below ten requests.", "frontend"),
		counter("proxy_receive_bytes_total", metric.Bytes, "Bytes received from clients.", "frontend"),
		counter("proxy_transmit_bytes_total", metric.Bytes, "Bytes sent to clients.", "frontend"),
		gauge("proxy_connections", metric.None, "Connections of clients, by state; frontend is all where the proxy tells the sum.", "frontend", "state"),
		counter("proxy_connections_total", metric.None, "Connections accepted."),
		counter("proxy_connections_dropped_total", metric.None, "Connections accepted and not handled, because a limit was reached."),
		gauge("proxy_connection_limit", metric.None, "How many connections there may be."),
		gauge("proxy_connection_usage_ratio", metric.Ratio, "Connections there are, of those there may be."),
		gauge("proxy_idle_ratio", metric.Ratio, "Share of the time in which the proxy has nothing to do."),
		counter("proxy_config_reloads_total", metric.None, "Times the configuration was loaded."),
		gauge("proxy_config_reload_success", metric.Bool, "1 while the latest configuration was taken."),
		gauge("proxy_config_reload_timestamp_seconds", metric.TimestampSeconds, "When a configuration was last taken."),
	}
}

// partMetrics are those of routes and of what is behind the proxy.
func partMetrics() []metric.Definition {
	return []metric.Definition{
		counter("proxy_backend_requests_total", metric.None, "Requests handed to a backend, by class of the answer's status.", "backend", "code_class"),
		gauge("proxy_backend_response_seconds", metric.Seconds, "How long a backend took to answer: since the run before, or on average of the latest 1024 requests for HAProxy.", "backend"),
		gauge("proxy_backend_up", metric.Bool, "1 while a backend has a server that can be used; absent where nobody checks.", "backend"),
		gauge("proxy_backend_servers", metric.None, "Servers of a backend, by state.", "backend", "state"),
		gauge("proxy_backend_queue", metric.None, "Requests that wait for a server.", "backend"),
		counter("proxy_backend_errors_total", metric.None, "What went wrong with a backend: connect, response, retry or redispatch.", "backend", "kind"),
		gauge("proxy_server_up", metric.Bool, "1 while the server passes its checks; absent where nobody checks, and in maintenance.", "backend", "server"),
		counter("proxy_server_check_failures_total", metric.None, "Checks that the server did not pass while it was up.", "backend", "server"),
		counter("proxy_server_downtime_seconds_total", metric.Seconds, "Time for which the server was down.", "backend", "server"),
		gauge("proxy_routes", metric.None, "Routes, by protocol and state.", "protocol", "state"),
		gauge("proxy_routes_tls", metric.None, "Routes with TLS."),
		counter("proxy_route_requests_total", metric.None, "Requests of a route, by class of the answer's status.", "route", "code_class"),
		gauge("proxy_services", metric.None, "Services that requests can be handed to, by protocol and state.", "protocol", "state"),
		gauge("proxy_cert_remaining_seconds", metric.Seconds, "Time until a certificate ends; below 0 it has.", "common_name"),
	}
}
