package bitwarden

import (
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func manifest() plugin.Manifest {
	const none, bytes = metric.None, metric.Bytes
	return plugin.Manifest{
		ID: "bitwarden_monitor", Name: "Vaultwarden and Bitwarden", Category: plugin.Security, Icon: "key-round",
		Summary: "Whether a vault of passwords answers, who may register, second factors, sizes and backups.",
		Description: "Asks a Vaultwarden or Bitwarden whether its parts answer and whether strangers may register. Of Vaultwarden it also tells, with the token of the " +
			"administrator, how many users there are and lack a second factor, and with its data folder how much there is and when the newest backup was made.",
		Tags:     []string{"vaultwarden", "bitwarden", "passwords", "vault", "2fa", "secrets"},
		Interval: time.Minute, Timeout: 45 * time.Second,
		Rights: plugin.Rights{
			Network: true, Paths: []string{"/*"},
			Notes: "Nothing is needed for most of it. The token of the administrator may do everything: give it only to count users and to see settings. " +
				"The data folder is read where it is named, and nothing is written there. When you look for things to watch, ports 80, 8000, 8080 and 8222 of this machine are asked.",
		},
		Metrics: []metric.Definition{
			gauge("vaultwarden_info", none, "Always 1; its labels say what answers.", "kind", "version"),
			gauge("vaultwarden_check_up", metric.Bool, "1 while a part answers: alive (Vaultwarden asks its database for it), api, identity (Bitwarden), web_vault, and admin, which is asked in every slow interval.", "check"),
			gauge("vaultwarden_check_response_seconds", metric.Seconds, "How long the part took to answer.", "check"),
			gauge("vaultwarden_registration_open", metric.Bool, "1 while strangers may register."),
			gauge("vaultwarden_users", none, "Users by status: enabled, disabled or invited.", "status"),
			gauge("vaultwarden_users_without_2fa", none, "Enabled users without a second factor."),
			gauge("vaultwarden_users_inactive", none, "Enabled users that were not there for long."),
			gauge("vaultwarden_ciphers", none, "Entries that are not in the trash."),
			gauge("vaultwarden_ciphers_trashed", none, "Entries in the trash."),
			gauge("vaultwarden_organizations", none, "Organizations."),
			gauge("vaultwarden_collections", none, "Collections of organizations."),
			gauge("vaultwarden_devices", none, "Devices that are logged in."),
			gauge("vaultwarden_sends", none, "Sends."),
			gauge("vaultwarden_attachments", none, "Attachments."),
			gauge("vaultwarden_attachments_bytes", bytes, "Size of the attachments."),
			gauge("vaultwarden_sends_bytes", bytes, "Size of the files of sends."),
			gauge("vaultwarden_icon_cache_bytes", bytes, "Size of the icons of web sites that it keeps."),
			gauge("vaultwarden_database_bytes", bytes, "Size of the database and its log."),
			gauge("vaultwarden_database_backup_timestamp_seconds", metric.TimestampSeconds, "When the newest backup of the database in its folder was made."),
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
			Title: "Response time", Kind: plugin.Line, Unit: metric.Seconds, Min: zero, Warning: plugin.Bound(1), Critical: plugin.Bound(5),
			Queries: []plugin.Query{{Metric: "vaultwarden_check_response_seconds", Legend: "{check}"}},
		},
		{
			Title: "Parts", Kind: plugin.Timeline, Unit: metric.Bool, Queries: []plugin.Query{{Metric: "vaultwarden_check_up", Legend: "{check}"}},
			Help: "Vaultwarden says that it is alive only while it gets to its database.",
		},
		{
			Title: "Users without a second factor", Kind: plugin.Stat, Unit: metric.None, Warning: plugin.Bound(1),
			Queries: []plugin.Query{{Metric: "vaultwarden_users_without_2fa", Legend: "users"}},
		},
		{
			Title: "Registration", Kind: plugin.Timeline, Unit: metric.Bool, Queries: []plugin.Query{{Metric: "vaultwarden_registration_open", Legend: "open to strangers"}},
		},
		{
			Title: "Users", Kind: plugin.Stacked, Unit: metric.None, Min: zero, Queries: []plugin.Query{{Metric: "vaultwarden_users", Legend: "{status}"}},
		},
		{
			Title: "Entries", Kind: plugin.Line, Unit: metric.None,
			Queries: []plugin.Query{{Metric: "vaultwarden_ciphers", Legend: "entries"}, {Metric: "vaultwarden_ciphers_trashed", Legend: "in the trash"}},
		},
		{
			Title: "Storage", Kind: plugin.Stacked, Unit: metric.Bytes, Min: zero,
			Queries: []plugin.Query{
				{Metric: "vaultwarden_database_bytes", Legend: "database"},
				{Metric: "vaultwarden_attachments_bytes", Legend: "attachments"},
				{Metric: "vaultwarden_sends_bytes", Legend: "sends"},
				{Metric: "vaultwarden_icon_cache_bytes", Legend: "icons"},
			},
		},
	}
}

// rules are the alerts that ship with the plugin.
func rules() []plugin.Rule {
	const minute = time.Minute
	return []plugin.Rule{
		{
			ID: "vaultwarden_down", Name: "Vault does not answer", Severity: plugin.Critical, For: 2 * minute,
			Expr: `up == 0`, Summary: "{{.Labels.source}} does not answer usably.", Hint: "The source's last run says why. Clients go on with what they have.",
		},
		{
			ID: "vaultwarden_part_down", Name: "Part of the vault does not answer", Severity: plugin.Critical, For: 2 * minute,
			Expr: `vaultwarden_check_up{check=~"alive|api|identity"} == 0`, Summary: "The part {{.Labels.check}} of {{.Labels.source}} does not answer.",
			Hint: "When alive does not answer, see whether its database is there.",
		},
		{
			ID: "vaultwarden_web_vault_down", Name: "Web vault does not answer", Severity: plugin.Warning, For: 5 * minute,
			Expr: `vaultwarden_check_up{check="web_vault"} == 0`, Summary: "The page of {{.Labels.source}} in the browser does not answer.",
		},
		{
			ID: "vaultwarden_slow", Name: "Vault is slow", Severity: plugin.Warning, For: 10 * minute,
			Expr: `vaultwarden_check_response_seconds > 5`, Summary: "The part {{.Labels.check}} of {{.Labels.source}} takes {{.Value}} s to answer.",
		},
		{
			ID: "vaultwarden_open", Name: "Strangers may register", Severity: plugin.Warning, For: 10 * minute,
			Expr: `vaultwarden_registration_open == 1`, Summary: "Everybody may register at {{.Labels.source}}.", Hint: "Set SIGNUPS_ALLOWED=false, and invite users.",
		},
		{
			ID: "vaultwarden_single_factor", Name: "Users without a second factor", Severity: plugin.Info, For: 24 * time.Hour,
			Expr: `vaultwarden_users_without_2fa > 0`, Summary: "{{.Value}} users of {{.Labels.source}} have no second factor.",
		},
		{
			ID: "vaultwarden_backup_old", Name: "Backup of the vault is old", Severity: plugin.Warning, For: time.Hour,
			Expr: `time() - vaultwarden_database_backup_timestamp_seconds > 7 * 24 * 3600`, Summary: "The newest backup of {{.Labels.source}} is older than a week.",
			Hint: "See whether what makes it still runs.",
		},
	}
}
