package nginxproxymanager

import (
	"context"
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

func manifest() plugin.Manifest {
	return plugin.Manifest{
		ID: "nginx_proxy_manager_monitor", Name: "Nginx Proxy Manager", Category: plugin.Web, Icon: "waypoints",
		Summary: "Hosts and streams of Nginx Proxy Manager, whether nginx took them, and its certificates.",
		Description: "Asks the API of Nginx Proxy Manager for its proxies, redirections, streams and 404 hosts, whether nginx accepted what is set, and when " +
			"certificates end. Tells when a host goes offline and when a certificate was renewed.",
		Tags:     []string{"npm", "nginx", "proxy", "certificates", "letsencrypt"},
		Interval: time.Minute, Timeout: 30 * time.Second,
		Rights: plugin.Rights{Network: true, Notes: "A user of its own that may view all and change nothing; see Set-up."},
		Metrics: []metric.Definition{
			gauge("npm_info", metric.None, "Always 1; its label says the version.", "version"),
			gauge("npm_hosts", metric.None, "Hosts by kind (proxy, redirection, stream, dead) and state.", "kind", "state"),
			gauge("npm_hosts_with_tls", metric.None, "Hosts that have a certificate.", "kind"),
			gauge("npm_hosts_tls_forced", metric.None, "Hosts that send everybody to HTTPS.", "kind"),
			gauge("npm_hosts_offline", metric.None, "Hosts that are enabled and that nginx did not take.", "kind"),
			gauge("npm_host_nginx_online", metric.Bool, "1 while nginx took what is set for an enabled host; it says nothing of what is behind.", "kind", "site"),
			gauge("npm_host_certificate_missing", metric.None, "Hosts whose certificate does not exist."),
			gauge("npm_certificates", metric.None, "Certificates by where they come from.", "provider"),
			gauge("npm_certificate_expiry_timestamp_seconds", metric.TimestampSeconds, "When a certificate ends.", "name", "provider"),
			gauge("npm_certificate_remaining_seconds", metric.Seconds, "Time until a certificate ends; below 0 after that.", "name", "provider"),
			gauge("npm_certificates_expiring", metric.None, "Certificates that end soon, and have not yet."),
			gauge("npm_certificates_expired", metric.None, "Certificates that have ended."),
			gauge("npm_certificates_unused", metric.None, "Certificates that no host uses; absent where not all hosts may be seen."),
			gauge("npm_access_lists", metric.None, "Access lists."),
			gauge("npm_users", metric.None, "Users; only an administrator may see them."),
		},
		Panels: panels(), Tables: tables(), Rules: rules(),
	}
}

func gauge(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
	return metric.Definition{Name: name, Kind: metric.Gauge, Unit: unit, Help: help, Labels: labels}
}

// panels are what a person looks at, the most wanted first.
func panels() []plugin.Panel {
	zero := plugin.Bound(0)
	return []plugin.Panel{
		{
			Title: "Offline", Kind: plugin.Line, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{{Metric: "npm_hosts_offline", Legend: "{kind}"}},
		},
		{
			Title: "Hosts", Kind: plugin.Timeline, Unit: metric.Bool, Wide: true,
			Queries: []plugin.Query{{Metric: "npm_host_nginx_online", Legend: "{site}", Top: 40}},
			Help:    "Whether nginx took what is set; it says nothing of the service behind.",
		},
		{
			Title: "Certificates end in", Kind: plugin.Bar, Unit: metric.Seconds,
			Warning: plugin.Bound(14 * 86400), Critical: plugin.Bound(3 * 86400),
			Queries: []plugin.Query{{Metric: "npm_certificate_remaining_seconds", Legend: "{name}"}},
		},
		{
			Title: "Enabled", Kind: plugin.Stat, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{{Metric: "npm_hosts", Match: map[string]string{"state": "enabled"}, Legend: "{kind}"}},
		},
		{
			Title: "Certificates", Kind: plugin.Line, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{
				{Metric: "npm_certificates_expiring", Legend: "end soon"}, {Metric: "npm_certificates_expired", Legend: "ended"}, {Metric: "npm_certificates_unused", Legend: "unused"},
			},
		},
	}
}

// tables show the lists of the snapshot.
func tables() []plugin.Table {
	text, code, list := plugin.TextColumn, plugin.CodeColumn, plugin.ListColumn
	return []plugin.Table{
		{Title: "Hosts", Path: "hosts", Empty: "There are none, or the user may not see them.", Columns: []plugin.Column{
			text("name", "Host"), plugin.StatusColumn("status", "Status").With(plugin.Levels{OK: []string{"online"}, Critical: []string{"offline"}}), text("error", "nginx says"),
			text("kind", "Kind"), code("target", "Goes to"), text("certificate", "Certificate"), list("domains", "Names"), plugin.FlagColumn("ssl_forced", "HTTPS forced"),
			plugin.FlagColumn("http2", "HTTP/2"), plugin.FlagColumn("hsts", "HSTS"), plugin.FlagColumn("websockets", "WebSockets"), text("access_list", "Access list"),
			plugin.TimeColumn("modified", "Changed"),
		}},
		{Title: "Certificates", Path: "certificates", Empty: "There are none, or the user may not see them.", Columns: []plugin.Column{
			text("name", "Certificate"), plugin.StatusColumn("status", "Status").With(plugin.Levels{OK: []string{"valid"}, Warning: []string{"expiring"}, Critical: []string{"expired"}}),
			plugin.TimeColumn("expires", "Ends"), plugin.DurationColumn("remaining_seconds", "Left"), text("provider", "From"), list("domains", "Names"), list("used_by", "Used by"),
		}},
	}
}

// rules are the alerts that ship with the plugin.
func rules() []plugin.Rule {
	return []plugin.Rule{
		{
			ID: "down", Name: "Nginx Proxy Manager does not answer", Severity: plugin.Critical, For: 3 * time.Minute,
			Expr:    `up == 0`,
			Summary: "{{.Labels.source}} does not answer; what it serves may go on.",
			Hint:    "The source's last run says why.",
		},
		{
			ID: "host_offline", Name: "nginx does not take a host", Severity: plugin.Critical, For: 5 * time.Minute,
			Expr:    `npm_host_nginx_online == 0`,
			Summary: "nginx does not take the settings of {{.Labels.site}}.",
			Hint:    "The table of hosts shows what nginx says, often a name that cannot be resolved or a certificate that is gone.",
		},
		{
			ID: "certificate_ending", Name: "Certificate ends soon", Severity: plugin.Warning, For: time.Hour,
			Expr:    `npm_certificate_remaining_seconds < 1209600`,
			Summary: "The certificate {{.Labels.name}} ends within two weeks.",
			Hint:    "Those of Let's Encrypt are renewed 30 days before: see the log of the container.",
		},
		{
			ID: "certificate_ends", Name: "Certificate ends at once", Severity: plugin.Critical, For: time.Hour,
			Expr:    `npm_certificate_remaining_seconds < 259200`,
			Summary: "The certificate {{.Labels.name}} ends within three days, or has ended.",
			Hint:    "Renew it by hand in the list of certificates.",
		},
		{
			ID: "certificate_unused", Name: "Certificate that nothing uses", Severity: plugin.Info, For: 7 * 24 * time.Hour,
			Expr:    `npm_certificates_unused > 0`,
			Summary: "{{.Value}} certificates of {{.Labels.source}} are used by no host.",
			Hint:    "Delete them: their renewal may fail and be taken for trouble.",
		},
	}
}

// detect asks at the port where its interface is by default. Nothing is sent but a
// question for the version.
func detect(ctx context.Context, host plugin.Host) ([]plugin.Finding, error) {
	settings := defaults().Config
	settings.Timeout = plugin.Duration(2 * time.Second)
	client, err := fetch.New(settings, host)
	if err != nil {
		return nil, err
	}
	c := &collector{Client: client, host: host}
	defer func() { _ = c.Close() }()
	version, err := c.version(ctx)
	if err != nil {
		return nil, nil // it is not there
	}
	return []plugin.Finding{{
		Config: map[string]any{"url": settings.URL}, Evidence: "Nginx Proxy Manager " + version + " at port 81", Missing: "the e-mail and password of a user",
	}}, nil
}
