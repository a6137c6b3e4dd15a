package downloadmanager

import (
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// rules are the alerts that ship with the plugin.
func rules() []plugin.Rule {
	const minute, hour = time.Minute, time.Hour
	return []plugin.Rule{
		{
			ID: "down", Name: "Download manager does not answer", Severity: plugin.Critical, For: 5 * minute,
			Expr:    `up == 0`,
			Summary: "{{.Labels.source}} does not answer.",
			Hint:    "The source's last run says why.",
		},
		{
			ID: "wrong", Name: "Downloads went wrong", Severity: plugin.Warning, For: 15 * minute,
			Expr:    `download_manager_items{state="error"} > 0`,
			Summary: "{{.Value}} downloads of {{.Labels.source}} went wrong.",
			Hint:    "The table of downloads, or the history, says why.",
		},
		{
			ID: "stuck", Name: "Downloads are stuck", Severity: plugin.Warning, For: hour,
			Expr:    `download_manager_items_stuck > 0`,
			Summary: "{{.Value}} downloads of {{.Labels.source}} get nothing any more.",
			Hint:    "Nobody may have the rest; look for another source, or remove them.",
		},
		{
			ID: "little_room", Name: "Little room for downloads", Severity: plugin.Warning, For: 10 * minute,
			Expr:    `download_manager_free_space_bytes < 10 * 1024 * 1024 * 1024 and download_manager_free_space_bytes >= 2 * 1024 * 1024 * 1024`,
			Summary: "Less than 10 GiB are left for downloads of {{.Labels.source}}.",
		},
		{
			ID: "no_room", Name: "No room for downloads", Severity: plugin.Critical, For: 2 * minute,
			Expr:    `download_manager_free_space_bytes < 2 * 1024 * 1024 * 1024`,
			Summary: "Less than 2 GiB are left for downloads of {{.Labels.source}}.",
		},
		{
			ID: "not_connectable", Name: "Nobody can connect from outside", Severity: plugin.Warning, For: 30 * minute,
			Expr:    `download_manager_connectable == 0`,
			Summary: "Nobody can connect to {{.Labels.source}} from outside.",
			Hint:    "See whether its port is forwarded, and whether the VPN that it uses is up.",
		},
		{
			ID: "jobs_failed", Name: "Jobs go wrong", Severity: plugin.Warning,
			Expr:    `increase(download_manager_jobs_finished_total{result="failed"}[1h]) >= 3`,
			Summary: "Three or more jobs of {{.Labels.source}} went wrong within an hour.",
			Hint:    "The history says why; a news server may be out of retention or blocked.",
		},
		{
			ID: "paused", Name: "Downloads are paused", Severity: plugin.Info, For: 12 * hour,
			Expr:    `download_manager_paused == 1`,
			Summary: "{{.Labels.source}} has been paused for half a day.",
		},
		{
			ID: "server_inactive", Name: "News server is not in use", Severity: plugin.Warning, For: 15 * minute,
			Expr:    `download_manager_server_active == 0`,
			Summary: "The news server {{.Labels.server}} of {{.Labels.source}} is not in use.",
			Hint:    "See its account, and whether the provider blocks it.",
		},
	}
}
