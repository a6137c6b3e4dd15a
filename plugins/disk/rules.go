package disk

import (
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// rules are the alerts that ship with the plugin. Where two series meet they
// are matched on source and host, which every series carries.
func rules() []plugin.Rule {
	return []plugin.Rule{
		{
			ID: "filesystem_filling", Name: "File system filling up", For: 5 * time.Minute, Severity: plugin.Warning,
			Expr: `filesystem_usage_ratio > on(host, source) group_left() filesystem_usage_limit_ratio{level="warning"}` +
				` unless filesystem_readonly == 1`,
			Summary: "{{.Labels.mountpoint}} is filling up",
			Hint:    "Look for what grew with du -xh --max-depth=2, sorted by size.",
		},
		{
			ID: "filesystem_full", Name: "File system full", For: 5 * time.Minute, Severity: plugin.Critical,
			Expr: `filesystem_usage_ratio > on(host, source) group_left() filesystem_usage_limit_ratio{level="critical"}` +
				` unless filesystem_readonly == 1`,
			Summary: "{{.Labels.mountpoint}} is nearly full",
			Hint:    "Free space now: logs, old container images (docker system prune), package caches.",
		},
		{
			ID: "filesystem_full_in_a_day", Name: "File system full within a day", For: time.Hour, Severity: plugin.Warning,
			Expr:    `predict_linear(filesystem_avail_bytes[6h], 24 * 3600) < 0 and filesystem_usage_ratio > 0.6`,
			Summary: "{{.Labels.mountpoint}} will be full within a day if it goes on like this",
		},
		{
			ID: "filesystem_full_in_hours", Name: "File system full within four hours", For: 15 * time.Minute, Severity: plugin.Critical,
			Expr:    `predict_linear(filesystem_avail_bytes[1h], 4 * 3600) < 0 and filesystem_usage_ratio > 0.6`,
			Summary: "{{.Labels.mountpoint}} will be full within four hours if it goes on like this",
		},
		{
			ID: "inodes_low", Name: "Inodes running out", For: 5 * time.Minute, Severity: plugin.Warning,
			Expr:    `filesystem_inodes_usage_ratio > 0.9`,
			Summary: "{{.Labels.mountpoint}} is running out of inodes",
			Hint:    "Many small files use them up; du --inodes -x shows where they are.",
		},
		{
			ID: "inodes_out", Name: "No inodes left", For: 5 * time.Minute, Severity: plugin.Critical,
			Expr:    `filesystem_inodes_usage_ratio > 0.98`,
			Summary: "{{.Labels.mountpoint}} has nearly no inodes left and will take no new files",
		},
		{
			ID: "filesystem_turned_readonly", Name: "File system turned read-only", For: 5 * time.Minute, Severity: plugin.Critical,
			Expr: `filesystem_remounted_readonly == 1 or` +
				` (filesystem_readonly == 1 and min_over_time(filesystem_readonly[1d]) == 0)`,
			Summary: "{{.Labels.mountpoint}} can no longer be written",
			Hint:    "The kernel does this after an error of the disk or the file system; see dmesg.",
		},
		{
			ID: "filesystem_unresponsive", Name: "File system does not answer", For: 5 * time.Minute, Severity: plugin.Critical,
			Expr:    `filesystem_responsive == 0`,
			Summary: "{{.Labels.mountpoint}} ({{.Labels.device}}) does not answer",
			Hint:    "Is the server reachable? umount -l takes away a mount that is gone for good.",
		},
		{
			ID: "filesystem_errors", Name: "File system errors", Severity: plugin.Critical,
			Expr:    `increase(filesystem_errors_total[1h]) > 0`,
			Summary: "{{.Labels.mountpoint}} has new errors",
			Hint:    "See dmesg for the cause, make a backup, then check it unmounted with e2fsck -f.",
		},
		{
			ID: "disk_saturated", Name: "Disk saturated", For: 10 * time.Minute, Severity: plugin.Warning,
			Expr:    `avg_over_time(disk_utilization_ratio[10m]) > 0.98`,
			Summary: "{{.Labels.device}} has been busy all the time",
		},
		{
			ID: "disk_slow", Name: "Disk slow", For: 10 * time.Minute, Severity: plugin.Warning,
			Expr:    slowExpr("disk_read_await_seconds") + " or " + slowExpr("disk_write_await_seconds"),
			Summary: "requests to {{.Labels.device}} take {{.Value}} s each",
			Hint:    "An SSD answers within 0.1 s, a hard disk within 0.5 s even when it is busy; slower ones may be about to fail.",
		},
		{
			ID: "raid_degraded", Name: "RAID degraded", Severity: plugin.Critical,
			Expr:    `md_degraded > 0`,
			Summary: "{{.Labels.array}} lacks {{.Value}} of its disks",
			Hint:    "mdadm --detail shows which; replace it and add the new one with mdadm --add.",
		},
		{
			ID: "raid_disk_failed", Name: "RAID disk failed", Severity: plugin.Critical,
			Expr:    `md_disks{state="failed"} > 0`,
			Summary: "{{.Labels.array}} has {{.Value}} failed disks",
		},
		{
			ID: "raid_mismatches", Name: "RAID disks differ", Severity: plugin.Warning,
			Expr:    `md_mismatch_count > 1024`,
			Summary: "the disks of {{.Labels.array}} differ in {{.Value}} sectors",
			Hint:    "Start a repair: echo repair > /sys/block/NAME/md/sync_action. On RAID 1 and 10 with swap on them some mismatches are normal.",
		},
		{
			ID: "thin_pool_filling", Name: "Thin pool filling up", For: 5 * time.Minute, Severity: plugin.Warning,
			Expr:    `lvm_thin_data_usage_ratio > 0.85 or lvm_thin_metadata_usage_ratio > 0.85`,
			Summary: "the thin pool {{.Labels.vg}}/{{.Labels.lv}} is filling up",
		},
		{
			ID: "thin_pool_full", Name: "Thin pool full", For: time.Minute, Severity: plugin.Critical,
			Expr:    `lvm_thin_data_usage_ratio > 0.95 or lvm_thin_metadata_usage_ratio > 0.95`,
			Summary: "the thin pool {{.Labels.vg}}/{{.Labels.lv}} is nearly full; its volumes will fail when it is",
			Hint:    "Extend it with lvextend (--poolmetadatasize for metadata), or trim what is in it.",
		},
	}
}

// slowExpr is true for SSDs slower than 0.1 s and hard disks slower than 0.5 s.
func slowExpr(wait string) string {
	mean := `avg_over_time(` + wait + `[10m])`
	return mean + ` > 0.1 and on(host, source, device) disk_size_bytes{rotational="false"} or ` +
		mean + ` > 0.5 and on(host, source, device) disk_size_bytes{rotational="true"}`
}
