package emailserver

import (
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// rules are the alerts that ship with the plugin.
func rules() []plugin.Rule {
	const minute = time.Minute
	return []plugin.Rule{
		{
			ID: "mail_endpoint_down", Name: "Mail endpoint down", Severity: plugin.Critical, For: 3 * minute,
			Expr:    `mail_endpoint_up == 0`,
			Summary: "{{.Labels.endpoint}} of {{.Labels.source}} does not answer as it should.",
			Hint:    "The table of endpoints says why.",
		},
		{
			ID: "mail_stopped", Name: "Mail server stopped", Severity: plugin.Critical, For: 3 * minute,
			Expr:    `mail_mta_running == 0`,
			Summary: "The mail server {{.Labels.mta}} of {{.Labels.source}} does not run.",
			Hint:    "Start it, and see its log.",
		},
		{
			ID: "mail_queue_long", Name: "Mail waits", Severity: plugin.Warning, For: 15 * minute,
			Expr:    `mail_queue_messages{queue=~"deferred|queued|pending|all"} > 50 and mail_queue_messages{queue=~"deferred|queued|pending|all"} <= 500`,
			Summary: "{{.Value}} messages wait in {{.Labels.source}}.",
			Hint:    "The table of domains says for whom, and why.",
		},
		{
			ID: "mail_queue_very_long", Name: "Very much mail waits", Severity: plugin.Critical, For: 15 * minute,
			Expr:    `mail_queue_messages{queue=~"deferred|queued|pending|all"} > 500`,
			Summary: "{{.Value}} messages wait in {{.Labels.source}}.",
			Hint:    "Nothing gets out, or somebody sends spam through the server: look at the senders in the table of messages.",
		},
		{
			ID: "mail_queue_stuck", Name: "Mail is stuck", Severity: plugin.Warning, For: 15 * minute,
			Expr:    `mail_queue_oldest_seconds{queue=~"active|inflight"} > 3600`,
			Summary: "A message of {{.Labels.source}} has been on its way for more than an hour.",
			Hint:    "See the log for what the mail server waits for.",
		},
		{
			ID: "mail_held", Name: "Mail is held", Severity: plugin.Info, For: time.Hour,
			Expr:    `mail_queue_messages{queue=~"hold|frozen"} > 0`,
			Summary: "{{.Value}} messages of {{.Labels.source}} are held.",
			Hint:    "Somebody has to let them go, or delete them.",
		},
		{
			ID: "mail_certificate_ends", Name: "Mail certificate ends soon", Severity: plugin.Warning,
			Expr:    `(mail_tls_expiry_timestamp_seconds - time()) / 86400 < 14 and (mail_tls_expiry_timestamp_seconds - time()) / 86400 >= 3`,
			Summary: "The certificate of {{.Labels.endpoint}} of {{.Labels.source}} ends in {{.Value}} days.",
			Hint:    "Renew it, and let the mail server load it.",
		},
		{
			ID: "mail_certificate_ends_now", Name: "Mail certificate ends", Severity: plugin.Critical,
			Expr:    `(mail_tls_expiry_timestamp_seconds - time()) / 86400 < 3`,
			Summary: "The certificate of {{.Labels.endpoint}} of {{.Labels.source}} ends in {{.Value}} days.",
			Hint:    "Renew it, and let the mail server load it: a renewed one is of no use until then.",
		},
		{
			ID: "mail_bounces", Name: "Much mail bounces", Severity: plugin.Warning,
			Expr:    `sum without (transport) (increase(mail_deliveries_total{status="bounced"}[1h])) > 10`,
			Summary: "{{.Value}} messages of {{.Labels.source}} bounced within an hour.",
			Hint:    "See the log for who refuses them, and why.",
		},
		{
			ID: "mail_auth_failures", Name: "Somebody guesses mail passwords", Severity: plugin.Warning,
			Expr:    `increase(mail_auth_failures_total[15m]) > 100`,
			Summary: "{{.Value}} logins over {{.Labels.service}} were refused by {{.Labels.source}} within 15 minutes.",
			Hint:    "Let fail2ban watch the mail log.",
		},
		{
			ID: "mail_listed", Name: "Server is on a blocklist", Severity: plugin.Critical, For: 30 * minute,
			Expr:    `mail_dnsbl_listed == 1`,
			Summary: "The address of {{.Labels.source}} is listed in {{.Labels.zone}}.",
			Hint:    "Find out what was sent, mend it, then ask the list to be taken off.",
		},
		{
			ID: "mailcow_container_stopped", Name: "Container of mailcow stopped", Severity: plugin.Critical, For: 5 * minute,
			Expr:    `mailcow_container_running == 0`,
			Summary: "{{.Labels.container}} of mailcow does not run.",
			Hint:    "docker compose ps and docker compose logs in mailcow's folder say more.",
		},
		{
			ID: "mailcow_disk_full", Name: "Disk of mailcow fills up", Severity: plugin.Warning, For: 15 * minute,
			Expr:    `mailcow_vmail_used_ratio > 0.9`,
			Summary: "The disk with the mailboxes of {{.Labels.source}} is nearly full.",
		},
	}
}
