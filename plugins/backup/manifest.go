package backup

import (
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func manifest() plugin.Manifest {
	return plugin.Manifest{
		ID: "backup_monitor", Name: "Backups", Category: plugin.Backup, Icon: "database-backup",
		Summary: "When each thing was last backed up, what has no backup, and what is getting staler.",
		Description: "Asks repositories of restic and Borg, Duplicati, Proxmox Backup Server, or the files that a script leaves behind, for the last " +
			"restorable point of each thing. Warns when one is late, stale, missing, smaller than it should be or did not succeed, when a lock was " +
			"forgotten or a repository is damaged, and when nothing can be learned at all.",
		Tags:     []string{"restic", "borg", "borgmatic", "duplicati", "proxmox", "pbs", "rsync", "dump", "snapshot", "restore"},
		Interval: 15 * time.Minute, Timeout: 5 * time.Minute,
		Rights: plugin.Rights{
			Commands: []string{kindRestic, kindBorg},
			Paths:    []string{"/*"},
			Network:  true,
			Notes: "Reads the repository or the files that are named and writes nothing to them. The user that runs Unity must be able to read them; see " +
				"Set-up. When you look for things to watch it also looks for borgmatic's settings, the repositories that Borg remembers, and which programs there are.",
		},
		Metrics: append(metrics(), serverMetrics()...), Panels: panels(), Tables: tables(), Rules: rules(),
	}
}

func gauge(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
	return metric.Definition{Name: name, Kind: metric.Gauge, Unit: unit, Labels: labels, Help: help}
}

func metrics() []metric.Definition {
	return []metric.Definition{
		gauge("backup_last_success_timestamp_seconds", metric.TimestampSeconds, "When the newest restorable point of a thing was made. The label group is the thing: host and paths, a guest, a job, a folder.", "group"),
		gauge("backup_age_seconds", metric.Seconds, "How old the newest restorable point is.", "group"),
		gauge("backup_usual_interval_seconds", metric.Seconds, "How far apart its backups are, as a rule: the median of the last seven gaps.", "group"),
		gauge("backup_state", metric.Bool, "1 for the state of a thing: ok, late, stale, failed (the newest attempt made no backup) or none (there is none).", "group", "state"),
		gauge("backup_groups", metric.None, "Number of things in each state.", "state"),
		gauge("backup_snapshots", metric.None, "Restorable points of a thing.", "group"),
		gauge("backup_last_failed", metric.Bool, "1 while the newest attempt made no backup, where attempts are known.", "group"),
		gauge("backup_last_duration_seconds", metric.Seconds, "How long the newest backup took.", "group"),
		gauge("backup_last_size_bytes", metric.Bytes, "What the newest backup restores.", "group"),
		gauge("backup_last_added_bytes", metric.Bytes, "What it added to the repository.", "group"),
		gauge("backup_last_files", metric.None, "Files in the newest backup; restic before 0.17 counts folders too.", "group"),
		gauge("backup_shrunk", metric.Bool, "1 while the newest backup is much smaller than those before it, or than the smallest size that is set.", "group"),
		gauge("backup_warning_age_seconds", metric.Seconds, "Age from which a thing is late, as set for most things."),
		gauge("backup_critical_age_seconds", metric.Seconds, "Age from which a thing is stale, as set for most things."),
		gauge("backup_repository_bytes", metric.Bytes, "Size of the repository, or of all files that were looked at."),
		gauge("backup_repository_uncompressed_bytes", metric.Bytes, "What is stored in it, each piece once, without compression."),
		gauge("backup_compression_ratio", metric.Ratio, "How much smaller compression makes it: 2 is half."),
		gauge("backup_dedup_ratio", metric.Ratio, "How often each piece is used, on average."),
		gauge("backup_repository_locks", metric.None, "Locks on the repository."),
		gauge("backup_lock_age_seconds", metric.Seconds, "Age of the oldest lock; 0 without one."),
		gauge("backup_check_success", metric.Bool, "1 when the last check found no damage."),
		gauge("backup_check_timestamp_seconds", metric.TimestampSeconds, "When the repository was last checked."),
		gauge("backup_free_bytes", metric.Bytes, "Free space where the backups are, where it is told."),
		gauge("backup_info", metric.Bool, "1 with what makes the backups.", "tool", "version"),
	}
}

func serverMetrics() []metric.Definition {
	return []metric.Definition{
		gauge("pbs_datastore_size_bytes", metric.Bytes, "Size of the file system of a datastore.", "datastore"),
		gauge("pbs_datastore_used_bytes", metric.Bytes, "Space in use on it.", "datastore"),
		gauge("pbs_datastore_available_bytes", metric.Bytes, "Space that is free on it.", "datastore"),
		gauge("pbs_datastore_full_timestamp_seconds", metric.TimestampSeconds, "When the datastore will be full, as the server estimates.", "datastore"),
		gauge("pbs_datastore_dedup_ratio", metric.Ratio, "How often each chunk is used, on average.", "datastore"),
		gauge("pbs_datastore_broken", metric.Bool, "1 while the server cannot tell how full a datastore is.", "datastore"),
		gauge("pbs_gc_pending_bytes", metric.Bytes, "What the next garbage collection can free.", "datastore"),
		gauge("pbs_tasks", metric.None, "Tasks of the last 24 hours by type and result: ok, warning, error or running.", "type", "result"),
		gauge("pbs_job_last_ok", metric.Bool, "1 when the last run of a job (verify, sync, prune, gc) went well. The label name is the job.", "kind", "name"),
		gauge("pbs_job_last_run_timestamp_seconds", metric.TimestampSeconds, "When a job last ended.", "kind", "name"),
		gauge("pbs_snapshots_unverified", metric.None, "Snapshots that were never verified.", "datastore"),
		gauge("pbs_snapshots_verify_failed", metric.None, "Snapshots that are damaged, as their verification says.", "datastore"),
		gauge("pbs_cpu_usage_ratio", metric.Ratio, "Used part of the server's processors."),
		gauge("pbs_memory_used_bytes", metric.Bytes, "Memory in use."),
		gauge("pbs_memory_total_bytes", metric.Bytes, "Memory of the server."),
		gauge("pbs_uptime_seconds", metric.Seconds, "Time since the server was started."),
	}
}
