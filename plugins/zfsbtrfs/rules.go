package zfsbtrfs

import (
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// rules are the alerts that ship with the plugin.
func rules() []plugin.Rule {
	const minute = time.Minute
	grown := func(selector, window string) string {
		return selector + ` > min_over_time(` + selector + `[` + window + `])`
	}
	return []plugin.Rule{
		{
			ID: "pool_degraded", Name: "Pool is degraded", Severity: plugin.Warning,
			Expr:    `zfs_pool_state{state="degraded"} == 1`,
			Summary: "The pool {{.Labels.pool}} works without some of its redundancy.",
			Hint:    "zpool status says which device is lost; replace it with zpool replace.",
		},
		{
			ID: "pool_unusable", Name: "Pool does not work", Severity: plugin.Critical,
			Expr:    `zfs_pool_state{state=~"offline|removed|unavail|faulted|suspended"} == 1`,
			Summary: "The pool {{.Labels.pool}} is {{.Labels.state}}.",
			Hint:    "See whether its disks are there and reachable; zpool status says what to do.",
		},
		{
			ID: "device_lost", Name: "Device of a pool is lost", Severity: plugin.Warning, For: 5 * minute,
			Expr:    `zfs_vdev_healthy == 0`,
			Summary: "{{.Labels.vdev}} of the pool {{.Labels.pool}} is not online.",
			Hint:    "See zpool status. After the cause is mended: zpool online or zpool replace.",
		},
		{
			ID: "device_errors", Name: "New errors of a device", Severity: plugin.Warning,
			Expr:    grown(`zfs_vdev_errors{type!="slow"}`, "1h"),
			Summary: "{{.Labels.vdev}} of the pool {{.Labels.pool}} has new {{.Labels.type}} errors, {{.Value}} by now.",
			Hint:    "Check its cable and its SMART data.",
		},
		{
			ID: "data_errors", Name: "Data of a pool is damaged", Severity: plugin.Critical,
			Expr:    `zfs_pool_errors{type="data"} > 0`,
			Summary: "The pool {{.Labels.pool}} has {{.Value}} damaged files or blocks.",
			Hint:    "zpool status -v names them; bring them back from a backup.",
		},
		{
			ID: "pool_filling", Name: "Pool is filling up", Severity: plugin.Warning, For: 10 * minute,
			Expr:    `zfs_pool_usage_ratio > 0.85 and zfs_pool_usage_ratio <= 0.95`,
			Summary: "The pool {{.Labels.pool}} is filling up.",
			Hint:    "ZFS gets slow when it is nearly full. Old snapshots hold space as well.",
		},
		{
			ID: "pool_full", Name: "Pool is nearly full", Severity: plugin.Critical, For: 10 * minute,
			Expr:    `zfs_pool_usage_ratio > 0.95`,
			Summary: "The pool {{.Labels.pool}} is nearly full.",
			Hint:    "Free space now; on a pool that is really full even deleting can be refused.",
		},
		{
			ID: "fragmented", Name: "Pool is fragmented", Severity: plugin.Info, For: 24 * time.Hour,
			Expr:    `zfs_pool_fragmentation_ratio > 0.6`,
			Summary: "The free space of the pool {{.Labels.pool}} is scattered, which makes writing slow.",
		},
		{
			ID: "scrub_errors", Name: "Scrub could not mend everything", Severity: plugin.Critical,
			Expr:    `zfs_scan_last_errors > 0 or btrfs_scrub_uncorrectable_errors > 0`,
			Summary: "The last scrub found {{.Value}} errors that it could not mend.",
			Hint:    "zpool status -v, or the kernel log for Btrfs, names the files; bring them back from a backup.",
		},
		{
			ID: "scrub_overdue", Name: "Scrub is overdue", Severity: plugin.Warning, For: time.Hour,
			Expr: `time() - zfs_scan_last_end_timestamp_seconds{function="scrub"} > on(host, source) group_left() zfs_scrub_max_age_seconds` +
				` or time() - btrfs_scrub_last_end_timestamp_seconds > on(host, source) group_left() zfs_scrub_max_age_seconds`,
			Summary: "The last scrub is {{.Value}} s ago.",
			Hint:    "Start one with zpool scrub or btrfs scrub start, and let a timer do so every month.",
		},
		{
			ID: "memory_throttled", Name: "ZFS waits for memory", Severity: plugin.Warning,
			Expr:    `increase(zfs_arc_memory_throttles_total[10m]) > 0`,
			Summary: "ZFS waited for memory {{.Value}} times within ten minutes.",
		},
		{
			ID: "second_cache_errors", Name: "Second cache gives errors", Severity: plugin.Warning,
			Expr:    `increase(zfs_l2arc_io_errors_total[1h]) > 0 or increase(zfs_l2arc_checksum_errors_total[1h]) > 0`,
			Summary: "The disk of the second cache (L2ARC) gives errors.",
			Hint:    "Nothing is lost. Check or replace the disk.",
		},
		{
			ID: "snapshots_stopped", Name: "No new snapshots", Severity: plugin.Info,
			Expr:    `time() - zfs_snapshot_newest_timestamp_seconds > 2 * 24 * 3600 and time() - zfs_snapshot_newest_timestamp_seconds < 30 * 24 * 3600`,
			Summary: "{{.Labels.dataset}} got its last snapshot more than two days ago.",
			Hint:    "See whether what makes them still runs.",
		},
		{
			ID: "btrfs_device_missing", Name: "Btrfs device is missing", Severity: plugin.Critical,
			Expr:    `btrfs_device_missing == 1`,
			Summary: "Device {{.Labels.device}} of {{.Labels.label}} is missing.",
			Hint:    "btrfs replace start puts another one in its place.",
		},
		{
			ID: "btrfs_errors", Name: "New errors on Btrfs", Severity: plugin.Critical,
			Expr:    `increase(btrfs_device_errors_total{type=~"write|flush|corruption"}[10m]) > 0`,
			Summary: "Device {{.Labels.device}} of {{.Labels.label}} has new {{.Labels.type}} errors.",
			Hint:    "Check the disk and its cable, then btrfs scrub start. btrfs device stats -z sets the counts back.",
		},
		{
			ID: "btrfs_read_errors", Name: "New read errors on Btrfs", Severity: plugin.Warning,
			Expr:    `increase(btrfs_device_errors_total{type=~"read|generation"}[10m]) > 0`,
			Summary: "Device {{.Labels.device}} of {{.Labels.label}} has new {{.Labels.type}} errors.",
			Hint:    "Check the disk and its cable, then btrfs scrub start.",
		},
		{
			ID: "btrfs_no_room", Name: "Btrfs runs out of room", Severity: plugin.Critical, For: 10 * minute,
			Expr: `btrfs_allocation_usage_ratio{type=~"data|metadata"} > 0.95` +
				` and on(host, source, uuid) btrfs_unallocated_bytes < 0.02 * btrfs_device_size_bytes`,
			Summary: "The space for {{.Labels.type}} of {{.Labels.label}} is full and cannot grow; writing will fail, whatever df shows.",
			Hint:    "Delete something, or give space back with btrfs balance start -dusage=20.",
		},
	}
}
