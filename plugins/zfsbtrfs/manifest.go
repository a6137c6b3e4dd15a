package zfsbtrfs

import (
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func manifest() plugin.Manifest {
	return plugin.Manifest{
		ID:       "zfs_btrfs_monitor",
		Name:     "ZFS and Btrfs",
		Category: plugin.Storage,
		Summary:  "Pools of ZFS and file systems of Btrfs: redundancy, errors, scrubs, space, snapshots.",
		Description: "Tells when a pool is degraded, a device is lost or counts errors, when a scrub found something or is overdue, and when space " +
			"runs out, which on Btrfs can happen while df still shows room. Watches datasets, snapshots and the cache of ZFS as well.",
		Tags:     []string{"zfs", "btrfs", "raid", "pool", "scrub", "snapshot", "arc", "storage"},
		Icon:     "layers",
		Interval: time.Minute,
		Timeout:  45 * time.Second,
		Rights: plugin.Rights{
			Commands: []string{"zpool", "zfs", "btrfs", "sysctl"},
			Paths:    []string{kstats, sysfs, scrubFolder, "/proc/1/mountinfo", "/proc/self/mountinfo", freeBSD},
			Notes:    "Nothing for ZFS on Linux and for most of Btrfs; root for the result of a Btrfs scrub, for subvolumes and for the names of devices.",
		},
		Metrics: append(zfsMetrics(), btrfsMetrics()...),
		Panels:  panels(),
		Tables:  tables(),
		Rules:   rules(),
	}
}

func gauge(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
	return metric.Definition{Name: name, Kind: metric.Gauge, Unit: unit, Labels: labels, Help: help}
}

func counter(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
	return metric.Definition{Name: name, Kind: metric.Counter, Unit: unit, Labels: labels, Help: help}
}

func zfsMetrics() []metric.Definition {
	return []metric.Definition{
		gauge("zfs_pool_state", metric.Bool, "1 for the state of the pool: online, degraded, offline, removed, unavail, faulted or suspended.", "pool", "state"),
		gauge("zfs_pool_size_bytes", metric.Bytes, "Size of the pool, as zpool list shows it: with parity in RAID-Z.", "pool"),
		gauge("zfs_pool_allocated_bytes", metric.Bytes, "Space in use.", "pool"),
		gauge("zfs_pool_free_bytes", metric.Bytes, "Space that is free.", "pool"),
		gauge("zfs_pool_freeing_bytes", metric.Bytes, "Space that is being given back after something was destroyed.", "pool"),
		gauge("zfs_pool_leaked_bytes", metric.Bytes, "Space that could not be given back because of damage.", "pool"),
		gauge("zfs_pool_usage_ratio", metric.Ratio, "Used part of the pool.", "pool"),
		gauge("zfs_pool_fragmentation_ratio", metric.Ratio, "How scattered the free space is.", "pool"),
		gauge("zfs_pool_dedup_ratio", metric.Ratio, "How often blocks are shared by deduplication; 1 without it.", "pool"),
		gauge("zfs_pool_readonly", metric.Bool, "1 when the pool was imported for reading only.", "pool"),
		gauge("zfs_pool_errors", metric.None, "Errors since the last zpool clear by type: read, write and checksum of the pool as a whole, and data, which is damaged files.", "pool", "type"),
		gauge("zfs_vdev_healthy", metric.Bool, "1 while a device, or a group of them, is online or stands by as a spare.", "pool", "vdev", "role"),
		gauge("zfs_vdev_errors", metric.None, "Errors of a device since the last zpool clear by type: read, write, checksum and slow.", "pool", "vdev", "role", "type"),
		gauge("zfs_scan_in_progress", metric.Bool, "1 while a scrub or resilver goes on.", "pool", "function"),
		gauge("zfs_scan_progress_ratio", metric.Ratio, "How much of it is done.", "pool", "function"),
		gauge("zfs_scan_last_errors", metric.None, "Errors that the last finished scrub or resilver could not mend.", "pool", "function"),
		gauge("zfs_scan_last_end_timestamp_seconds", metric.TimestampSeconds, "When a scrub or resilver was last finished.", "pool", "function"),
		gauge("zfs_scan_last_duration_seconds", metric.Seconds, "How long it took.", "pool", "function"),
		gauge("zfs_scrub_max_age_seconds", metric.Seconds, "Age of a scrub from which the shipped rules warn, as configured."),
		gauge("zfs_dataset_used_bytes", metric.Bytes, "Space that a dataset uses, with its children and snapshots.", "pool", "dataset"),
		gauge("zfs_dataset_available_bytes", metric.Bytes, "Space that it may still use.", "pool", "dataset"),
		gauge("zfs_dataset_referenced_bytes", metric.Bytes, "Data that is reachable in it.", "pool", "dataset"),
		gauge("zfs_dataset_logical_used_bytes", metric.Bytes, "What it would use without compression.", "pool", "dataset"),
		gauge("zfs_dataset_used_by_snapshots_bytes", metric.Bytes, "What destroying all its snapshots would give back.", "pool", "dataset"),
		gauge("zfs_dataset_compress_ratio", metric.Ratio, "How much smaller compression makes it: 2 is half.", "pool", "dataset"),
		gauge("zfs_dataset_quota_usage_ratio", metric.Ratio, "Used part of its quota, where it has one.", "pool", "dataset"),
		counter("zfs_dataset_reads_total", metric.None, "Reads of a dataset.", "dataset"),
		counter("zfs_dataset_writes_total", metric.None, "Writes to a dataset.", "dataset"),
		counter("zfs_dataset_read_bytes_total", metric.Bytes, "Bytes read from a dataset.", "dataset"),
		counter("zfs_dataset_written_bytes_total", metric.Bytes, "Bytes written to a dataset.", "dataset"),
		gauge("zfs_snapshots", metric.None, "Snapshots of a dataset.", "dataset"),
		gauge("zfs_snapshots_used_bytes", metric.Bytes, "Space that each of its snapshots uses alone, added up.", "dataset"),
		gauge("zfs_snapshot_newest_timestamp_seconds", metric.TimestampSeconds, "When its newest snapshot was made.", "dataset"),
		gauge("zfs_arc_size_bytes", metric.Bytes, "Size of the cache in memory."),
		gauge("zfs_arc_target_bytes", metric.Bytes, "Size that the cache wants to have."),
		gauge("zfs_arc_min_bytes", metric.Bytes, "Smallest size of the cache."),
		gauge("zfs_arc_max_bytes", metric.Bytes, "Largest size of the cache."),
		gauge("zfs_arc_mru_bytes", metric.Bytes, "What of the cache was used recently."),
		gauge("zfs_arc_mfu_bytes", metric.Bytes, "What of the cache is used often."),
		counter("zfs_arc_hits_total", metric.None, "What was found in the cache."),
		counter("zfs_arc_misses_total", metric.None, "What was not found there."),
		counter("zfs_arc_demand_hits_total", metric.None, "What somebody waited for and was found."),
		counter("zfs_arc_demand_misses_total", metric.None, "What somebody waited for and was not found."),
		gauge("zfs_arc_hit_ratio", metric.Ratio, "Part of what was looked for since the collection before that was found."),
		counter("zfs_arc_memory_throttles_total", metric.None, "How often ZFS had to wait because memory was short."),
		gauge("zfs_l2arc_size_bytes", metric.Bytes, "Size of what the second cache, on a disk, holds."),
		counter("zfs_l2arc_hits_total", metric.None, "What was found in the second cache."),
		counter("zfs_l2arc_misses_total", metric.None, "What was not found there."),
		counter("zfs_l2arc_read_bytes_total", metric.Bytes, "Bytes read from it."),
		counter("zfs_l2arc_written_bytes_total", metric.Bytes, "Bytes written to it."),
		counter("zfs_l2arc_io_errors_total", metric.None, "Reads from it that did not succeed."),
		counter("zfs_l2arc_checksum_errors_total", metric.None, "What it gave back damaged."),
	}
}

func btrfsMetrics() []metric.Definition {
	volume := []string{"uuid", "label"}
	with := func(more ...string) []string { return append(append([]string{}, volume...), more...) }
	return []metric.Definition{
		gauge("btrfs_device_size_bytes", metric.Bytes, "Size of all devices of a file system together. The label label is its label, or else where it is mounted.", volume...),
		gauge("btrfs_unallocated_bytes", metric.Bytes, "Space of the devices that is set aside for nothing yet.", volume...),
		gauge("btrfs_free_estimated_bytes", metric.Bytes, "How much more data fits, with the present profile.", volume...),
		gauge("btrfs_allocation_used_bytes", metric.Bytes, "Space in use, by type: data, metadata or system.", with("type", "profile")...),
		gauge("btrfs_allocation_total_bytes", metric.Bytes, "Space set aside for the type.", with("type", "profile")...),
		gauge("btrfs_allocation_usage_ratio", metric.Ratio, "Used part of the space set aside.", with("type", "profile")...),
		gauge("btrfs_allocation_disk_used_bytes", metric.Bytes, "The same on the devices, with all copies.", with("type", "profile")...),
		gauge("btrfs_allocation_disk_total_bytes", metric.Bytes, "Space set aside on the devices, with all copies.", with("type", "profile")...),
		gauge("btrfs_allocation_reserved_bytes", metric.Bytes, "Space promised to writes that go on.", with("type", "profile")...),
		gauge("btrfs_devices", metric.None, "Devices of the file system, missing ones too.", volume...),
		gauge("btrfs_device_missing", metric.Bool, "1 while a device is missing; the label device is its number.", with("device")...),
		counter("btrfs_device_errors_total", metric.None, "Errors that a device has counted, by type: write, read, flush, corruption and generation.", with("device", "type")...),
		gauge("btrfs_exclusive_operation", metric.Bool, "1 for what the file system does that lets nothing else of the kind begin.", with("operation")...),
		counter("btrfs_commits_total", metric.None, "Commits since it was mounted.", volume...),
		gauge("btrfs_commit_max_seconds", metric.Seconds, "The longest of them.", volume...),
		gauge("btrfs_scrub_in_progress", metric.Bool, "1 while a scrub goes on.", volume...),
		gauge("btrfs_scrub_errors", metric.None, "Errors that the last scrub found.", volume...),
		gauge("btrfs_scrub_uncorrectable_errors", metric.None, "Errors that it could not mend.", volume...),
		gauge("btrfs_scrub_last_end_timestamp_seconds", metric.TimestampSeconds, "When it was finished.", volume...),
		gauge("btrfs_subvolumes", metric.None, "Subvolumes, snapshots too.", volume...),
		gauge("btrfs_snapshots", metric.None, "Subvolumes that are snapshots.", volume...),
	}
}
