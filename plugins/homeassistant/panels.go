package homeassistant

import (
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func panels() []plugin.Panel {
	zero, one := plugin.Bound(0), plugin.Bound(1)
	return []plugin.Panel{
		{
			Title: "Unavailable entities", Kind: plugin.Stacked, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{{Metric: "homeassistant_entities_unavailable", Legend: "{domain}", Top: 8}},
		},
		{
			Title: "Repairs", Kind: plugin.Line, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{{Metric: "homeassistant_repairs", Legend: "{severity}"}},
		},
		{
			Title: "Integrations", Kind: plugin.Bar, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{{Metric: "homeassistant_config_entries", Legend: "{state}", Top: 4}},
		},
		{
			Title: "State", Kind: plugin.Timeline, Unit: metric.Bool, Wide: true,
			Queries: []plugin.Query{{Metric: "homeassistant_state", Legend: "{state}"}},
			Levels:  plugin.Levels{OK: []string{"running"}, Warning: []string{"starting", "stopping", "final_write"}, Critical: []string{"not_running"}},
		},
		{
			Title: "Updates", Kind: plugin.Stat, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{{Metric: "homeassistant_updates_available", Legend: "{kind}"}},
		},
		{
			Title: "Emptiest battery", Kind: plugin.Line, Unit: metric.Ratio, Min: zero, Max: one, Warning: plugin.Bound(0.15), Critical: plugin.Bound(0.05),
			Queries: []plugin.Query{{Metric: "homeassistant_battery_min_ratio", Legend: "charge"}},
		},
		{
			Title: "Entities", Kind: plugin.Line, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{{Metric: "homeassistant_entities", Legend: "{domain}", Top: 8}},
		},
		{
			Title: "Log", Kind: plugin.Line, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{{Metric: "homeassistant_log_entries", Legend: "{level}"}},
			Help:    "Lines since the last start, each as often as it came.",
		},
		{
			Title: "Waiting for the database", Kind: plugin.Line, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{{Metric: "homeassistant_recorder_backlog", Legend: "events"}},
		},
		{
			Title: "Kept values", Kind: plugin.Line, Unit: metric.None, Wide: true,
			Queries: []plugin.Query{{Metric: "homeassistant_sensor_value", Legend: "{entity_id} {unit}", Top: 12}},
			Help:    "Each in its own unit.",
		},
	}
}

func tables() []plugin.Table {
	text, code, number, at := plugin.TextColumn, plugin.CodeColumn, plugin.NumberColumn, plugin.TimeColumn
	status := plugin.StatusColumn
	return []plugin.Table{
		{Title: "Unavailable", Path: "unavailable", Empty: "Every entity is there.", Columns: []plugin.Column{
			text("name", "Name"), code("entity_id", "Entity"), at("since", "Since"), plugin.FlagColumn("gone", "Nothing provides it"),
		}},
		{Title: "Integrations that do not work", Path: "failed_integrations", Empty: "All of them work.", Columns: []plugin.Column{
			text("title", "Name"), code("domain", "Integration"),
			status("state", "State").With(plugin.Levels{Warning: []string{"setup_retry"}, Critical: []string{"setup_error", "migration_error", "failed_unload"}}), text("reason", "It says"),
		}},
		{Title: "Repairs", Path: "repairs", Empty: "Nothing is to be mended, or it is not asked for.", Columns: []plugin.Column{
			status("severity", "Severity"), code("domain", "Integration"), code("issue_id", "What"), at("created", "Since"), text("breaks_in", "Breaks in version"),
		}},
		{Title: "Updates", Path: "updates", Empty: "Everything is up to date.", Columns: []plugin.Column{
			text("name", "Of"), text("kind", "Kind"), code("installed", "Installed"), code("latest", "Newest"),
		}},
		{Title: "Low batteries", Path: "low_batteries", Empty: "None is low.", Columns: []plugin.Column{
			text("name", "Battery"), number("charge", "Charge", metric.Ratio),
		}},
		{Title: "Log", Path: "log", Empty: "It is empty, or the token may not see it.", Columns: []plugin.Column{
			status("level", "Level"), code("source", "From"), text("message", "It says"), number("count", "Times", metric.None), at("last", "Last"),
		}},
		{Title: "Kept values", Path: "exported", Empty: "Choose entities in the settings to keep their values.", Columns: []plugin.Column{
			code("entity_id", "Entity"), number("value", "Value", metric.None), text("unit", "Unit"),
		}},
		{Title: "Domains", Path: "domains", Columns: []plugin.Column{
			code("domain", "Domain"), number("total", "Entities", metric.None), number("unavailable", "Unavailable", metric.None), number("unknown", "Unknown", metric.None),
		}},
		{Title: "Backups", Path: "backups", Columns: []plugin.Column{at("last", "Last"), at("next", "Next"), text("state", "State")}},
	}
}
