package emailserver

import (
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

// panels are what a person looks at, the most wanted first.
func panels() []plugin.Panel {
	zero := plugin.Bound(0)
	return []plugin.Panel{
		{
			Title: "Messages in the queue", Kind: plugin.Stacked, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{{Metric: "mail_queue_messages", Legend: "{queue}"}},
		},
		{
			Title: "Endpoints", Kind: plugin.Timeline, Unit: metric.Bool,
			Queries: []plugin.Query{{Metric: "mail_endpoint_up", Legend: "{endpoint}"}},
		},
		{
			Title: "Deliveries per second", Kind: plugin.Line, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{{Metric: "mail_deliveries_total", Rate: true, Legend: "{status} by {transport}"}},
		},
		{
			Title: "Oldest message", Kind: plugin.Line, Unit: metric.Seconds, Min: zero,
			Queries: []plugin.Query{{Metric: "mail_queue_oldest_seconds", Legend: "{queue}"}},
		},
		{
			Title: "Received and refused per second", Kind: plugin.Line, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{
				{Metric: "mail_received_total", Rate: true, Legend: "received"},
				{Metric: "mail_connections_total", Rate: true, Legend: "connections"},
				{Metric: "mail_rejects_total", Rate: true, Legend: "refused by {by}: {code}", Top: 8},
			},
		},
		{
			Title: "Refused logins per second", Kind: plugin.Line, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{{Metric: "mail_auth_failures_total", Rate: true, Legend: "{service}"}},
		},
		{
			Title: "Sessions", Kind: plugin.Line, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{
				{Metric: "dovecot_sessions", Legend: "{service}"},
				{Metric: "dovecot_users_online", Legend: "users"},
			},
		},
		{
			Title: "Time to answer", Kind: plugin.Line, Unit: metric.Seconds, Min: zero,
			Queries: []plugin.Query{{Metric: "mail_endpoint_phase_seconds", Legend: "{endpoint}: {phase}", Top: 10}},
		},
		{
			Title: "Waiting before delivery", Kind: plugin.Line, Unit: metric.Ratio, Min: zero,
			Queries: []plugin.Query{{Metric: "mail_delivery_delay_seconds_total", Rate: true, Legend: "waited"}},
			Help:    "Time that delivered messages had waited, of the time that passes: at 100 % one message was waiting all the time.",
		},
		{
			Title: "rspamd per second", Kind: plugin.Stacked, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{{Metric: "rspamd_actions_total", Rate: true, Legend: "{action}"}},
		},
		{
			Title: "Size of the queue", Kind: plugin.Stacked, Unit: metric.Bytes, Min: zero,
			Queries: []plugin.Query{{Metric: "mail_queue_bytes", Legend: "{queue}"}},
		},
		{
			Title: "Disk of mailcow", Kind: plugin.Line, Unit: metric.Ratio, Min: zero, Max: plugin.Bound(1), Warning: plugin.Bound(0.9),
			Queries: []plugin.Query{{Metric: "mailcow_vmail_used_ratio", Legend: "mailboxes"}},
		},
		{
			Title: "Containers of mailcow", Kind: plugin.Timeline, Unit: metric.Bool, Wide: true,
			Queries: []plugin.Query{{Metric: "mailcow_container_running", Legend: "{container}"}},
		},
	}
}

// tables show the lists of the snapshot.
func tables() []plugin.Table {
	text, code, amount, length := plugin.TextColumn, plugin.CodeColumn, plugin.NumberColumn, plugin.DurationColumn
	return []plugin.Table{
		{Title: "Endpoints", Path: "endpoints", Empty: "None is set.", Columns: []plugin.Column{
			text("name", "Name"), plugin.StatusColumn("state", "State").With(plugin.Levels{Warning: []string{stateRefusing}, Critical: []string{stateDown}}),
			code("at", "At"), text("protocol", "Protocol"), length("seconds", "Took"), text("banner", "It says"), text("tls_version", "TLS"),
			text("certificate", "Certificate"), plugin.TimeColumn("not_after", "Ends"), text("issuer", "Signed by"), plugin.ListColumn("auth", "Logins"),
			text("error", "What is wrong"), text("hint", "What to do"),
		}},
		{Title: "Queues", Path: "queue.by_queue", Empty: "No queue can be read.", Columns: []plugin.Column{
			text("queue", "Queue"), amount("messages", "Messages", metric.None), amount("bytes", "Size", metric.Bytes), length("oldest_seconds", "Oldest"),
		}},
		{Title: "Domains that wait", Path: "queue.top_domains", Empty: "For nobody does mail wait.", Columns: []plugin.Column{
			text("domain", "Domain"), amount("count", "Recipients", metric.None), text("reason", "Why"),
		}},
		{Title: "Messages that wait longest", Path: "queue.messages", Empty: "No message waits.", Columns: []plugin.Column{
			code("id", "ID"), text("queue", "Queue"), length("age_seconds", "Age"), amount("bytes", "Size", metric.Bytes),
			text("sender_domain", "From"), text("recipient_domain", "To"), text("reason", "Why"),
		}},
		{Title: "Deliveries of the last hour", Path: "deliveries", Empty: "No log is read.", Columns: []plugin.Column{
			amount("sent", "Sent", metric.None), amount("deferred", "Deferred", metric.None),
			amount("bounced", "Bounced", metric.None), amount("expired", "Expired", metric.None),
		}},
		{Title: "Dovecot", Path: "dovecot", Empty: "Dovecot is not asked.", Columns: []plugin.Column{
			text("service", "Service"), amount("sessions", "Sessions", metric.None),
		}},
		{Title: "rspamd", Path: "rspamd", Empty: "rspamd is not asked.", Columns: []plugin.Column{
			text("action", "Action"), amount("messages", "Messages", metric.None),
		}},
		{Title: "Containers of mailcow", Path: "mailcow.containers", Empty: "mailcow is not asked.", Columns: []plugin.Column{
			text("name", "Name"), plugin.StatusColumn("state", "State"), code("image", "Image"),
		}},
		{Title: "Fullest mailboxes", Path: "mailcow.mailboxes", Empty: "mailcow is not asked, or no mailbox has a quota.", Columns: []plugin.Column{
			text("address", "Mailbox"), amount("used_ratio", "Full", metric.Ratio), amount("used_bytes", "Used", metric.Bytes),
			amount("quota_bytes", "Quota", metric.Bytes), amount("messages", "Messages", metric.None),
		}},
		{Title: "Blocklists", Path: "dnsbl", Empty: "None is asked.", Columns: []plugin.Column{
			code("zone", "Blocklist"), plugin.FlagColumn("listed", "Listed"), text("answer", "Answer"),
		}},
		{Title: "Server", Path: "server", Columns: []plugin.Column{
			text("mta", "Mail server"), text("version", "Version"), text("rspamd", "rspamd"), text("mailcow", "mailcow"),
		}},
	}
}
