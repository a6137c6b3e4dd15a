package webservice

import (
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func manifest() plugin.Manifest {
	return plugin.Manifest{
		ID:       "web_service_monitor",
		Name:     "Web service",
		Category: plugin.Web,
		Summary:  "Whether a site, API, port, WebSocket or host answers, how fast, and how long its certificate lasts.",
		Description: "Checks one endpoint as a visitor would: status, content, headers and values in JSON, the time of each " +
			"phase, redirects, and the certificate of the same connection. Or a TCP port, a WebSocket, or a host by ping. " +
			"An endpoint that is down is a finding with a reason.",
		Tags:     []string{"http", "uptime", "website", "tls", "ping", "tcp", "websocket"},
		Icon:     "globe",
		Interval: time.Minute,
		Timeout:  45 * time.Second,
		Rights: plugin.Rights{
			Paths:   []string{"/proc/net/tcp", "/proc/net/tcp6"},
			Network: true,
			Notes: "Ping needs the user's group in `net.ipv4.ping_group_range`, or `CAP_NET_RAW`. The two files are read only " +
				"when you look for things to watch.",
		},
		Metrics: metrics(),
		Panels:  panels(),
		Tables:  tables(),
		Rules:   rules(),
	}
}

func metrics() []metric.Definition {
	gauge := func(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
		return metric.Definition{Name: name, Kind: metric.Gauge, Unit: unit, Help: help, Labels: labels}
	}
	return []metric.Definition{
		gauge("probe_success", metric.Bool, "1 when the endpoint answered as expected; its average over time is the uptime.", "type"),
		gauge("probe_state", metric.Bool, "1 for the state the endpoint is in: up, degraded (slow, or its certificate ends soon) or down.", "state"),
		gauge("probe_duration_seconds", metric.Seconds, "Time that the last attempt took.", "type"),
		gauge("probe_phase_duration_seconds", metric.Seconds, "Time of each phase (dns, connect, tls, processing, transfer), redirects added up.", "phase"),
		gauge("probe_http_status_code", metric.None, "Status of the answer; absent without one."),
		gauge("probe_http_redirects", metric.None, "Redirects followed."),
		gauge("probe_http_response_bytes", metric.Bytes, "Size of the answer as read, unpacked."),
		gauge("probe_http_version", metric.None, "Version of HTTP spoken: 1, 1.1 or 2."),
		gauge("probe_ip_protocol", metric.None, "Version of IP used: 4 or 6."),
		gauge("probe_assertion_success", metric.Bool,
			"1 for each configured expectation that is met: status, keyword, regex, json, header, expect, latency, certificate.", "assertion"),
		gauge("probe_failure", metric.Bool, "1 with the reason while the endpoint is down; absent while it is not.", "reason"),
		gauge("probe_attempts", metric.None, "Attempts that the check needed."),
		gauge("probe_tls_cert_expiry_timestamp_seconds", metric.TimestampSeconds, "When the first certificate of the served chain ends."),
		gauge("probe_tls_cert_remaining_seconds", metric.Seconds, "Time until then; negative when it is over."),
		gauge("probe_tls_info", metric.Bool, "1 with the version and cipher of TLS.", "version", "cipher"),
		gauge("probe_icmp_rtt_seconds", metric.Seconds, "Round trip of the pings.", "stat"),
		gauge("probe_icmp_packet_loss_ratio", metric.Ratio, "Part of the pings without an answer."),
		{
			Name: "probe_checks_total", Kind: metric.Counter, Labels: []string{"result"},
			Help: "Checks since the source was started, by result: success or failure.",
		},
	}
}

func panels() []plugin.Panel {
	return []plugin.Panel{
		{
			Title: "Response time", Kind: plugin.Area, Unit: metric.Seconds, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "probe_duration_seconds", Legend: "response"}},
		},
		{
			Title: "State", Kind: plugin.Timeline, Unit: metric.Bool,
			Queries: []plugin.Query{{Metric: "probe_state", Legend: "{state}"}},
		},
		{
			Title: "Certificate ends in", Kind: plugin.Stat, Unit: metric.Seconds,
			Warning: plugin.Bound(14 * 86400), Critical: plugin.Bound(3 * 86400),
			Queries: []plugin.Query{{Metric: "probe_tls_cert_remaining_seconds", Legend: "left"}},
		},
		{
			Title: "Phases", Kind: plugin.Stacked, Unit: metric.Seconds, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "probe_phase_duration_seconds", Legend: "{phase}"}},
			Help:    "Where the time goes: name lookup, connecting, TLS, waiting for the answer, reading it.",
		},
		{
			Title: "Checks failed", Kind: plugin.Line, Unit: metric.Hertz, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "probe_checks_total", Match: map[string]string{"result": "failure"}, Rate: true, Legend: "failures"}},
		},
		{
			Title: "Status", Kind: plugin.Line, Unit: metric.None,
			Queries: []plugin.Query{{Metric: "probe_http_status_code", Legend: "status"}},
		},
		{
			Title: "Answer size", Kind: plugin.Line, Unit: metric.Bytes, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "probe_http_response_bytes", Legend: "size"}},
		},
		{
			Title: "Round trip", Kind: plugin.Line, Unit: metric.Seconds, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "probe_icmp_rtt_seconds", Legend: "{stat}"}},
		},
		{
			Title: "Packet loss", Kind: plugin.Line, Unit: metric.Ratio, Min: plugin.Bound(0), Max: plugin.Bound(1),
			Queries: []plugin.Query{{Metric: "probe_icmp_packet_loss_ratio", Legend: "lost"}},
		},
	}
}

func tables() []plugin.Table {
	return []plugin.Table{
		{
			Title: "Expectations", Path: "assertions", Empty: "Nothing was answered that could be judged.",
			Columns: []plugin.Column{
				{Key: "name", Title: "Expectation", Kind: plugin.CellText},
				{Key: "ok", Title: "Met", Kind: plugin.CellFlag},
				{Key: "detail", Title: "Detail", Kind: plugin.CellText},
			},
		},
		{
			Title: "Redirects", Path: "redirects", Empty: "The answer came without a redirect.",
			Columns: []plugin.Column{
				{Key: "status", Title: "Status", Kind: plugin.CellNumber},
				{Key: "from", Title: "From", Kind: plugin.CellCode},
				{Key: "to", Title: "To", Kind: plugin.CellCode},
			},
		},
		{
			Title: "Certificates", Path: "certificates", Empty: "The endpoint does not speak TLS.",
			Columns: []plugin.Column{
				{Key: "subject", Title: "For", Kind: plugin.CellText},
				{Key: "names", Title: "Names", Kind: plugin.CellList},
				{Key: "issuer", Title: "Signed by", Kind: plugin.CellText},
				{Key: "not_after", Title: "Ends", Kind: plugin.CellTime},
			},
		},
	}
}

func rules() []plugin.Rule {
	return []plugin.Rule{
		{
			ID: "endpoint_down", Name: "Endpoint down", Severity: plugin.Critical, For: 3 * time.Minute,
			Expr:    `probe_success == 0`,
			Summary: "{{.Labels.source}} is down.",
			Hint:    "The source's page says which expectation was not met, and why.",
		},
		{
			ID: "endpoint_degraded", Name: "Endpoint degraded", Severity: plugin.Warning, For: 15 * time.Minute,
			Expr:    `probe_state{state="degraded"} == 1`,
			Summary: "{{.Labels.source}} answers, and is slow or has a certificate that ends soon.",
		},
		{
			ID: "endpoint_slow", Name: "Endpoint slow", Severity: plugin.Warning, For: 10 * time.Minute,
			Expr:    `probe_duration_seconds > 5 and probe_success == 1`,
			Summary: "{{.Labels.source}} takes {{.Value}} s to answer.",
			Hint:    "The phases say whether the name, the network or the service takes the time.",
		},
		{
			ID: "certificate_ends_soon", Name: "Certificate ends soon", Severity: plugin.Warning, For: time.Hour,
			Expr:    `probe_tls_cert_remaining_seconds < 1209600 and probe_tls_cert_remaining_seconds >= 259200`,
			Summary: "The certificate of {{.Labels.source}} ends in less than 14 days.",
			Hint:    "See why it was not renewed by itself.",
		},
		{
			ID: "certificate_ends_now", Name: "Certificate ends in three days", Severity: plugin.Critical, For: 10 * time.Minute,
			Expr:    `probe_tls_cert_remaining_seconds < 259200`,
			Summary: "The certificate of {{.Labels.source}} ends in less than three days, or is over.",
			Hint:    "Renew it now.",
		},
		{
			ID: "endpoint_flapping", Name: "Endpoint flapping", Severity: plugin.Info,
			Expr:    `changes(probe_success[30m]) >= 4 and probe_success == 1`,
			Summary: "{{.Labels.source}} went down and up {{.Value}} times in half an hour.",
		},
	}
}
