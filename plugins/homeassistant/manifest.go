package homeassistant

import (
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func manifest() plugin.Manifest {
	return plugin.Manifest{
		ID: "home_assistant_monitor", Name: "Home Assistant", Category: plugin.IoT, Icon: "house",
		Summary: "Entities, integrations, repairs, updates, backups and batteries of Home Assistant.",
		Description: "Asks Home Assistant for entities that went away, integrations that could not be set up, repairs, updates, backups, " +
			"low batteries, its log and its recorder, and keeps the values of chosen entities.",
		Tags:     []string{"home assistant", "hass", "smart home", "entities", "automation", "zigbee", "battery"},
		Interval: time.Minute, Timeout: 50 * time.Second,
		Rights: plugin.Rights{
			Network: true,
			Notes:   "A long-lived access token; one of an administrator for the log, to know updates of add-ons without a picture and, before 2025, for backups. When you look for things to watch, port 8123 of this machine is asked without it.",
		},
		Metrics: metrics(), Panels: panels(), Tables: tables(), Rules: rules(),
	}
}

func metrics() []metric.Definition {
	gauge := func(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
		return metric.Definition{Name: name, Kind: metric.Gauge, Unit: unit, Labels: labels, Help: help}
	}
	return []metric.Definition{
		gauge("homeassistant_info", metric.Bool, "1 with the version.", "version"),
		gauge("homeassistant_state", metric.Bool, "1 for the state of the core: not_running, starting, running, stopping or final_write.", "state"),
		gauge("homeassistant_safe_mode", metric.Bool, "1 in safe mode, without custom integrations."),
		gauge("homeassistant_recovery_mode", metric.Bool, "1 in recovery mode: the configuration could not be read."),
		gauge("homeassistant_entities", metric.None, "Entities by domain; of more than 30 domains the smaller ones are taken together as other.", "domain"),
		gauge("homeassistant_entities_unavailable", metric.None, "Of these, unavailable for longer than the grace.", "domain"),
		gauge("homeassistant_entities_unknown", metric.None, "Of these, in an unknown state for longer than the grace.", "domain"),
		gauge("homeassistant_automations", metric.None, "Automations by state: on, off or unavailable.", "state"),
		gauge("homeassistant_config_entries", metric.None, "Integrations that were set up, by state; those that are disabled or ignored are not counted.", "state"),
		gauge("homeassistant_integrations", metric.None, "Different integrations among them."),
		gauge("homeassistant_repairs", metric.None, "Things to mend, by severity; those that somebody ignores are not counted.", "severity"),
		gauge("homeassistant_notifications", metric.None, "Notifications that nobody has dismissed."),
		gauge("homeassistant_updates_available", metric.None, "Updates by what they are of: core, os, supervisor, addon or other.", "kind"),
		gauge("homeassistant_batteries_low", metric.None, "Batteries that are low."),
		gauge("homeassistant_battery_min_ratio", metric.Ratio, "Charge of the emptiest battery."),
		gauge("homeassistant_log_entries", metric.None, "Lines in the log of the interface by level, each as often as it came, since the last start.", "level"),
		gauge("homeassistant_backup_last_success_timestamp_seconds", metric.TimestampSeconds, "When the last backup was made."),
		gauge("homeassistant_backup_next_timestamp_seconds", metric.TimestampSeconds, "When the next automatic backup is due."),
		gauge("homeassistant_backup_old", metric.Bool, "1 when the last backup is older than the setting says."),
		gauge("homeassistant_recorder_backlog", metric.None, "Events that wait to be written to the database."),
		gauge("homeassistant_recorder_migration", metric.Bool, "1 while the database is changed to a new form."),
		gauge("homeassistant_sensor_value", metric.None, "Value of an entity that is to be kept, in its own unit; on is 1 and off is 0.", "entity_id", "unit", "device_class"),
	}
}
