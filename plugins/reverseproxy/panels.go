package reverseproxy

import (
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

// panels are what a person looks at, the most wanted first.
func panels() []plugin.Panel {
	zero := plugin.Bound(0)
	return []plugin.Panel{
		{
			Title: "Requests per second", Kind: plugin.Stacked, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{{Metric: "proxy_requests_total", Rate: true, Legend: "{frontend}: {code_class}", Top: 12}},
		},
		{
			Title: "Servers", Kind: plugin.Timeline, Unit: metric.Bool,
			Queries: []plugin.Query{{Metric: "proxy_server_up", Legend: "{backend}: {server}", Top: 30}},
			Help:    "Only servers that the proxy checks are here.",
		},
		{
			Title: "Share of requests that end in an error", Kind: plugin.Line, Unit: metric.Ratio, Min: zero, Warning: plugin.Bound(0.05), Critical: plugin.Bound(0.2),
			Queries: []plugin.Query{{Metric: "proxy_error_ratio", Legend: "{frontend}"}},
			Help:    "Answers with a status of 500 or more. There is no line while there are few requests.",
		},
		{
			Title: "Connections", Kind: plugin.Line, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{
				{Metric: "proxy_connections", Legend: "{frontend}: {state}", Top: 10},
				{Metric: "proxy_requests_in_flight", Legend: "{frontend}: requests at work", Top: 5},
			},
		},
		{
			Title: "Traffic", Kind: plugin.Area, Unit: metric.BytesPerSecond,
			Queries: []plugin.Query{
				{Metric: "proxy_receive_bytes_total", Rate: true, Legend: "{frontend} received", Top: 6},
				{Metric: "proxy_transmit_bytes_total", Rate: true, Legend: "{frontend} sent", Top: 6, Negative: true},
			},
		},
		{
			Title: "Response time of backends", Kind: plugin.Line, Unit: metric.Seconds, Min: zero,
			Queries: []plugin.Query{{Metric: "proxy_backend_response_seconds", Legend: "{backend}", Top: 10}},
		},
		{
			Title: "Requests to backends per second", Kind: plugin.Stacked, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{{Metric: "proxy_backend_requests_total", Rate: true, Legend: "{backend} {code_class}", Top: 12}},
		},
		{
			Title: "What goes wrong with backends per second", Kind: plugin.Line, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{
				{Metric: "proxy_backend_errors_total", Rate: true, Legend: "{backend} {kind}", Top: 10},
				{Metric: "proxy_server_check_failures_total", Rate: true, Legend: "{server} checks", Top: 5},
			},
		},
		{
			Title: "Requests that wait", Kind: plugin.Line, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{{Metric: "proxy_backend_queue", Legend: "{backend}", Top: 10}},
		},
		{
			Title: "Connections used", Kind: plugin.Gauge, Unit: metric.Ratio, Min: zero, Max: plugin.Bound(1), Warning: plugin.Bound(0.9), Critical: plugin.Bound(0.98),
			Queries: []plugin.Query{{Metric: "proxy_connection_usage_ratio", Legend: "of the limit"}},
		},
		{
			Title: "Routes", Kind: plugin.Stat, Unit: metric.None,
			Queries: []plugin.Query{{Metric: "proxy_routes", Legend: "{protocol} {state}"}},
		},
		{
			Title: "Certificates end in", Kind: plugin.Bar, Unit: metric.Seconds,
			Queries: []plugin.Query{{Metric: "proxy_cert_remaining_seconds", Legend: "{common_name}", Top: 20}},
		},
	}
}

// tables show the lists of the snapshot.
func tables() []plugin.Table {
	text, code, status, amount, words := plugin.TextColumn, plugin.CodeColumn, plugin.StatusColumn, plugin.NumberColumn, plugin.ListColumn
	return []plugin.Table{
		{Title: "Servers", Path: "servers", Empty: "The proxy hands requests to nobody, or does not say to whom.", Columns: []plugin.Column{
			text("backend", "Backend"), code("name", "Server"), status("status", "Status"), text("says", "The proxy says"), text("check", "Latest check"),
			plugin.DurationColumn("changed_seconds", "For"), amount("sessions", "Sessions", metric.None), amount("weight", "Weight", metric.None),
			amount("check_failures", "Checks failed", metric.None), code("address", "Address"),
		}},
		{Title: "Routes", Path: "routes", Empty: "The proxy has none, does not tell, or the setting Routes is off.", Columns: []plugin.Column{
			text("name", "Route"), words("hosts", "Hosts"), words("paths", "Paths"), text("service", "Goes to"), plugin.FlagColumn("tls", "TLS"),
			text("resolver", "Certificates by"), words("entrypoints", "Comes in at"), words("middlewares", "Through"), status("status", "Status"),
			words("errors", "What is wrong"), code("rule", "Rule"),
		}},
		{Title: "Services", Path: "services", Empty: "The proxy hands requests to nobody, or does not say to whom.", Columns: []plugin.Column{
			text("name", "Service"), status("status", "Status"), amount("servers", "Servers", metric.None), amount("usable", "Usable", metric.None),
			amount("requests", "Requests so far", metric.None), plugin.DurationColumn("response_seconds", "Answers within"),
			amount("queue", "Waiting", metric.None), text("protocol", "Protocol"), words("used_by", "Used by"),
		}},
		{Title: "Where requests come in", Path: "entrypoints", Empty: "The proxy does not say.", Columns: []plugin.Column{
			text("name", "Name"), words("addresses", "Listens on"), plugin.FlagColumn("tls", "TLS"), status("status", "Status"),
			amount("connections", "Connections", metric.None), amount("limit", "At most", metric.None), amount("requests", "Requests so far", metric.None),
			amount("requests_per_second", "Per second", metric.None), amount("error_ratio", "Errors", metric.Ratio),
		}},
		{Title: "Certificates", Path: "certificates", Empty: "Only Traefik tells; for the others there is the plugin for certificates.", Columns: []plugin.Column{
			text("name", "Name"), plugin.TimeColumn("expires", "Ends"), amount("days_left", "Days left", metric.None), words("names", "Names"),
		}},
		{Title: "To know", Path: "warnings", Empty: "Nothing.", Columns: []plugin.Column{text("text", "What")}},
		{Title: "Proxy", Path: "summary", Columns: []plugin.Column{
			text("type", "Proxy"), text("version", "Version"), plugin.DurationColumn("uptime", "Up for"), amount("routes", "Routes", metric.None),
			amount("services", "Services", metric.None), amount("unhealthy", "Of these down", metric.None),
			amount("requests_per_second", "Requests per second", metric.None), amount("error_ratio", "Errors", metric.Ratio),
		}},
	}
}
