package reverseproxy

import (
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// rules are the alerts that ship with the plugin.
func rules() []plugin.Rule {
	const minute = time.Minute
	return []plugin.Rule{
		{
			ID: "down", Name: "Reverse proxy does not answer", Severity: plugin.Critical, For: 2 * minute,
			Expr:    `up == 0`,
			Summary: "{{.Labels.source}} does not answer.",
			Hint:    "The source's last run says why.",
		},
		{
			ID: "backend_down", Name: "Nothing behind the proxy", Severity: plugin.Critical, For: minute,
			Expr:    `proxy_backend_up == 0`,
			Summary: "{{.Labels.backend}} behind {{.Labels.source}} has no server left.",
			Hint:    "The table of servers says what their checks found.",
		},
		{
			ID: "server_down", Name: "Server behind the proxy is down", Severity: plugin.Warning, For: 5 * minute,
			Expr:    `proxy_server_up == 0`,
			Summary: "{{.Labels.server}} of {{.Labels.backend}} behind {{.Labels.source}} is down.",
			Hint:    "The table of servers says what its checks found.",
		},
		{
			ID: "errors", Name: "Requests end in errors", Severity: plugin.Warning, For: 5 * minute,
			Expr:    `proxy_error_ratio > 0.05 and proxy_error_ratio <= 0.2`,
			Summary: "Of the requests to {{.Labels.frontend}} of {{.Labels.source}} a share of {{.Value}} ends with a status of 500 or more.",
			Hint:    "See the log of the proxy, and of the services behind it.",
		},
		{
			ID: "many_errors", Name: "Many requests end in errors", Severity: plugin.Critical, For: 5 * minute,
			Expr:    `proxy_error_ratio > 0.2`,
			Summary: "Of the requests to {{.Labels.frontend}} of {{.Labels.source}} a share of {{.Value}} ends with a status of 500 or more.",
			Hint:    "See the log of the proxy, and of the services behind it.",
		},
		{
			ID: "routes_broken", Name: "Route of the proxy is broken", Severity: plugin.Warning, For: 10 * minute,
			Expr:    `proxy_routes{state="error"} > 0`,
			Summary: "{{.Value}} routes of {{.Labels.source}} ({{.Labels.protocol}}) are not served because something is wrong with them.",
			Hint:    "The table To know says what.",
		},
		{
			ID: "reload_failed", Name: "Configuration of the proxy was refused", Severity: plugin.Warning, For: 5 * minute,
			Expr:    `proxy_config_reload_success == 0`,
			Summary: "{{.Labels.source}} did not take its new configuration and goes on with the old one.",
			Hint:    "Its log says what is wrong with it.",
		},
		{
			ID: "queue", Name: "Requests wait for a server", Severity: plugin.Warning, For: 5 * minute,
			Expr:    `proxy_backend_queue > 0`,
			Summary: "{{.Value}} requests wait for a server of {{.Labels.backend}} behind {{.Labels.source}}.",
			Hint:    "Its servers have as many connections as they may (maxconn), or are slow.",
		},
		{
			ID: "connections", Name: "Proxy has hardly a connection left", Severity: plugin.Warning, For: 5 * minute,
			Expr:    `proxy_connection_usage_ratio > 0.9`,
			Summary: "{{.Labels.source}} uses a share of {{.Value}} of the connections it may have.",
			Hint:    "Raise maxconn, or see who keeps so many connections.",
		},
		{
			ID: "connections_dropped", Name: "nginx drops connections", Severity: plugin.Warning, For: 5 * minute,
			Expr:    `increase(proxy_connections_dropped_total[10m]) > 0`,
			Summary: "{{.Labels.source}} accepted connections and could not handle them.",
			Hint:    "Raise worker_connections.",
		},
		{
			ID: "certificate_ends", Name: "Certificate of the proxy ends soon", Severity: plugin.Warning,
			Expr:    `proxy_cert_remaining_seconds < 604800`,
			Summary: "The certificate for {{.Labels.common_name}} of {{.Labels.source}} ends within a week.",
			Hint:    "It should have been renewed by itself; the log of the proxy says why it was not.",
		},
	}
}
