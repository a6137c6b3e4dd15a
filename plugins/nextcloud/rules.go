package nextcloud

import (
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// rules are the alerts that ship with the plugin.
func rules() []plugin.Rule {
	const minute, day = time.Minute, 24 * time.Hour
	return []plugin.Rule{
		{
			ID: "nextcloud_down", Name: "Nextcloud does not answer", Severity: plugin.Critical, For: 3 * minute,
			Expr: `up == 0`, Summary: "{{.Labels.source}} does not answer usably.", Hint: "The source's last run says why.",
		},
		{
			ID: "nextcloud_in_maintenance", Name: "Nextcloud stays in maintenance", Severity: plugin.Warning, For: 30 * minute,
			Expr: `nextcloud_maintenance == 1`, Summary: "{{.Labels.source}} has been in maintenance for half an hour.",
			Hint: "After an update that went wrong: see its log, then occ maintenance:mode --off.",
		},
		{
			ID: "nextcloud_upgrade_needed", Name: "Nextcloud wants an upgrade", Severity: plugin.Critical, For: 5 * minute,
			Expr: `nextcloud_needs_db_upgrade == 1`, Summary: "{{.Labels.source}} cannot be used until its database is upgraded.", Hint: "occ upgrade",
		},
		{
			ID: "nextcloud_space_low", Name: "Nextcloud is nearly full", Severity: plugin.Warning, For: 15 * minute,
			Expr: `nextcloud_free_space_bytes < 10 * 1024 * 1024 * 1024`, Summary: "Less than 10 GiB are free for the data of {{.Labels.source}}.",
			Hint: "The trash and old versions of files take space: occ trashbin:cleanup --all-users, occ versions:cleanup.",
		},
		{
			ID: "nextcloud_update", Name: "A newer Nextcloud", Severity: plugin.Info, For: day,
			Expr: `nextcloud_server_update_available == 1`, Summary: "There is a newer version for {{.Labels.source}}.",
		},
		{
			ID: "nextcloud_app_updates", Name: "Updates of apps of Nextcloud", Severity: plugin.Info, For: 3 * day,
			Expr: `nextcloud_app_updates_available > 0`, Summary: "{{.Value}} apps of {{.Labels.source}} can be updated.", Hint: "occ app:update --all",
		},
		{
			ID: "nextcloud_opcache_full", Name: "OPcache of Nextcloud is full", Severity: plugin.Warning, For: time.Hour,
			Expr: `nextcloud_opcache_full == 1`, Summary: "OPcache of {{.Labels.source}} takes no more scripts, which makes it slow.", Hint: "Raise opcache.memory_consumption for PHP.",
		},
		{
			ID: "nextcloud_php_exhausted", Name: "PHP of Nextcloud is exhausted", Severity: plugin.Warning,
			Expr: `increase(nextcloud_fpm_max_children_reached_total[15m]) > 0`, Summary: "PHP-FPM of {{.Labels.source}} had no more processes to give.",
			Hint: "Raise pm.max_children of its pool, if there is memory for it.",
		},
	}
}
