package homeassistant

import (
	"time"

	"github.com/unity-homelab/unity/plugin"
)

func rules() []plugin.Rule {
	const minute, hour, day = time.Minute, time.Hour, 24 * time.Hour
	return []plugin.Rule{
		{
			ID: "homeassistant_away", Name: "Home Assistant does not answer", Severity: plugin.Critical, For: 5 * minute,
			Expr: `up == 0`, Summary: "{{.Labels.source}} does not answer usably.", Hint: "The source's last run says why; a restart takes a few minutes.",
		},
		{
			ID: "homeassistant_not_running", Name: "Home Assistant does not get going", Severity: plugin.Warning, For: 15 * minute,
			Expr: `homeassistant_state{state="running"} == 0`, Summary: "{{.Labels.source}} answers, but has not started for 15 minutes.", Hint: "An integration may hold it up: see its log.",
		},
		{
			ID: "homeassistant_recovery", Name: "Home Assistant is in recovery mode", Severity: plugin.Critical,
			Expr: `homeassistant_recovery_mode == 1`, Summary: "{{.Labels.source}} runs in recovery mode: no automation works.", Hint: "Its configuration could not be read; see its log.",
		},
		{
			ID: "homeassistant_integration", Name: "Integration does not work", Severity: plugin.Warning, For: 10 * minute,
			Expr: `homeassistant_config_entries{state=~"setup_error|migration_error"} > 0`, Summary: "{{.Value}} integrations of {{.Labels.source}} could not be set up.",
			Hint: "The table of integrations shows which, and what they say.",
		},
		{
			ID: "homeassistant_repairs", Name: "Something is to be mended", Severity: plugin.Warning, For: 10 * minute,
			Expr: `homeassistant_repairs{severity=~"error|critical"} > 0`, Summary: "{{.Value}} things are to be mended in {{.Labels.source}}.", Hint: "Settings, System, Repairs.",
		},
		{
			ID: "homeassistant_entities_away", Name: "Many entities are unavailable", Severity: plugin.Warning, For: 15 * minute,
			Expr:    `sum by (host, source) (homeassistant_entities_unavailable) / sum by (host, source) (homeassistant_entities) > 0.25`,
			Summary: "More than a quarter of the entities of {{.Labels.source}} is unavailable.", Hint: "A hub or a radio may have gone; entities that are away by nature can be left out.",
		},
		{
			ID: "homeassistant_backup", Name: "Backup is old", Severity: plugin.Warning, For: hour,
			Expr: `homeassistant_backup_old == 1`, Summary: "The last backup of {{.Labels.source}} is too old.", Hint: "Settings, System, Backups.",
		},
		{
			ID: "homeassistant_recorder", Name: "Database does not keep up", Severity: plugin.Warning, For: 10 * minute,
			Expr: `homeassistant_recorder_backlog > 5000`, Summary: "{{.Value}} events of {{.Labels.source}} wait for the database.", Hint: "The disk may be slow or full; history is lost beyond a limit.",
		},
		{
			ID: "homeassistant_batteries", Name: "Battery is low", Severity: plugin.Info, For: hour,
			Expr: `homeassistant_batteries_low > 0`, Summary: "{{.Value}} batteries are low.", Hint: "The table of batteries shows which.",
		},
		{
			ID: "homeassistant_updates", Name: "Updates wait", Severity: plugin.Info, For: 7 * day,
			Expr: `homeassistant_updates_available > 0`, Summary: "{{.Value}} updates ({{.Labels.kind}}) have waited for a week.", Hint: "",
		},
	}
}
