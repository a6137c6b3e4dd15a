package backup

import (
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// emit makes samples of what was told.
func emit(r *report, config config, now time.Time, out *plugin.Batch) {
	count := make(map[string]float64)
	for _, t := range r.things {
		emitThing(t, now, out)
		count[t.State]++
	}
	for _, state := range states() {
		out.Add("backup_groups", count[state], "state", state)
	}
	out.Add("backup_warning_age_seconds", config.Warn.Std().Seconds())
	out.Add("backup_critical_age_seconds", config.Critical.Std().Seconds())
	info := []string{"tool", r.tool}
	if r.version != "" {
		info = append(info, "version", plugin.Shorten(r.version, 40))
	}
	out.Add("backup_info", 1, info...)
	for name, value := range map[string]*float64{
		"backup_repository_bytes": r.bytes, "backup_repository_uncompressed_bytes": r.uncompressed,
		"backup_compression_ratio": r.compression, "backup_dedup_ratio": r.dedup, "backup_free_bytes": r.free,
	} {
		addKnown(out, name, value)
	}
	if r.locksKnown {
		out.Add("backup_repository_locks", float64(len(r.locks)))
		out.Add("backup_lock_age_seconds", oldest(r.locks, now).Seconds())
	}
	if r.check != nil {
		out.AddBool("backup_check_success", r.check.OK)
		out.Add("backup_check_timestamp_seconds", float64(r.check.At.Unix()))
	}
	if r.server != nil {
		r.server.emit(out)
	}
}

func emitThing(t *thing, now time.Time, out *plugin.Batch) {
	out.AddState("backup_state", t.State, states(), "group", t.Name)
	if t.Count != nil {
		out.Add("backup_snapshots", *t.Count, "group", t.Name)
	}
	if t.State != stateNone {
		out.AddBool("backup_last_failed", t.Failed, "group", t.Name)
	}
	if len(t.Points) == 0 {
		return
	}
	out.Add("backup_last_success_timestamp_seconds", float64(t.last().Unix()), "group", t.Name)
	out.Add("backup_age_seconds", max(0, now.Sub(t.last()).Round(time.Second).Seconds()), "group", t.Name)
	if t.Usual > 0 {
		out.Add("backup_usual_interval_seconds", t.Usual.Seconds(), "group", t.Name)
	}
	if t.Doubted {
		out.AddBool("backup_shrunk", t.Shrunk, "group", t.Name)
	}
	for name, value := range map[string]*float64{
		"backup_last_size_bytes": t.size(), "backup_last_added_bytes": t.Added, "backup_last_files": t.Files, "backup_last_duration_seconds": t.Duration,
	} {
		addKnown(out, name, value, "group", t.Name)
	}
}

// addKnown puts in a value that is known.
func addKnown(out *plugin.Batch, name string, value *float64, labels ...string) {
	if value != nil {
		out.Add(name, *value, labels...)
	}
}

// oldest is the age of the oldest lock; 0 where there is none.
func oldest(locks []lock, now time.Time) time.Duration {
	var age time.Duration
	for _, l := range locks {
		if !l.Since.IsZero() {
			age = max(age, now.Sub(l.Since))
		}
	}
	return age.Round(time.Second)
}
