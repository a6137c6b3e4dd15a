package homeassistant

import (
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// emit makes samples of what is seen.
func (c *collector) emit(s *sight, out *plugin.Batch) {
	out.Add("homeassistant_info", 1, "version", plugin.Shorten(s.settings.Version, 40))
	if s.settings.State != "" {
		out.AddState("homeassistant_state", s.state(), coreStates())
	}
	out.AddBool("homeassistant_safe_mode", bool(s.settings.Safe))
	out.AddBool("homeassistant_recovery_mode", bool(s.settings.Recovery))
	s.entities.emit(out)
	if s.known {
		s.emitEntries(out)
	}
	s.talk.emit(out)
	migrating := s.talk.migrating
	if migrating == nil && s.core.Recorder != nil {
		is := bool(s.core.Recorder.Migrating)
		migrating = &is
	}
	if migrating != nil {
		out.AddBool("homeassistant_recorder_migration", *migrating)
	}
	made := c.backupsOf(s)
	if !made.last.IsZero() {
		out.Add("homeassistant_backup_last_success_timestamp_seconds", float64(made.last.Unix()))
		out.AddBool("homeassistant_backup_old", s.now.Sub(made.last) > c.config.MaxAge.Std())
	}
	if !made.next.IsZero() {
		out.Add("homeassistant_backup_next_timestamp_seconds", float64(made.next.Unix()))
	}
}

// backupsOf is what is known of backups: what entities tell, else what was told of
// all there are.
func (c *collector) backupsOf(s *sight) backups {
	made := c.backups
	if e := s.entities; !e.last.IsZero() || e.manager != "" {
		made = backups{last: e.last, next: e.next, state: e.manager}
	}
	return made
}

func (all *entities) emit(out *plugin.Batch) {
	for _, one := range all.largest() {
		out.Add("homeassistant_entities", one.all, "domain", one.Name)
		out.Add("homeassistant_entities_unavailable", one.unavailable, "domain", one.Name)
		out.Add("homeassistant_entities_unknown", one.unknown, "domain", one.Name)
	}
	for state, n := range all.automations {
		out.Add("homeassistant_automations", n, "state", state)
	}
	updates := make(map[string]float64)
	for _, one := range all.updates {
		updates[one.Kind]++
	}
	if all.domains["update"] != nil {
		for _, kind := range updateKinds() {
			out.Add("homeassistant_updates_available", updates[kind], "kind", kind)
		}
	}
	if all.batteries {
		out.Add("homeassistant_batteries_low", float64(len(all.low)))
	}
	if all.least != nil {
		out.Add("homeassistant_battery_min_ratio", *all.least)
	}
	for _, one := range all.exported {
		labels := []string{"entity_id", plugin.Shorten(one.ID, 120)}
		if one.Unit != "" {
			labels = append(labels, "unit", one.Unit)
		}
		if one.Class != "" {
			labels = append(labels, "device_class", one.Class)
		}
		out.Add("homeassistant_sensor_value", one.Value, labels...)
	}
}

func (s *sight) emitEntries(out *plugin.Batch) {
	states, domains := make(map[string]float64), make(map[string]bool)
	for _, one := range s.entries {
		states[one.State]++
		domains[one.Domain] = true
	}
	for _, state := range entryStates() {
		out.Add("homeassistant_config_entries", states[state], "state", state)
	}
	out.Add("homeassistant_integrations", float64(len(domains)))
}

func (t *talk) emit(out *plugin.Batch) {
	if t.repairsKnown {
		count := make(map[string]float64)
		for _, one := range t.repairs {
			count[one.Severity]++
		}
		for _, severity := range severities() {
			out.Add("homeassistant_repairs", count[severity], "severity", severity)
		}
	}
	if t.notifications != nil {
		out.Add("homeassistant_notifications", *t.notifications)
	}
	if t.backlog != nil {
		out.Add("homeassistant_recorder_backlog", *t.backlog)
	}
	if t.logKnown {
		count := make(map[string]float64)
		for _, one := range t.log {
			count[one.level()] += one.count()
		}
		for _, level := range severities() { // its levels are called the same
			out.Add("homeassistant_log_entries", count[level], "level", level)
		}
	}
}

// at is a time for the page, or nil.
func at(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
