package disk

import (
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func manifest() plugin.Manifest {
	return plugin.Manifest{
		ID:       "disk_monitor",
		Name:     "Disks",
		Category: plugin.Storage,
		Summary:  "How full file systems are, what disks do, and whether RAID and LVM are well.",
		Description: "Watches every file system that holds data, with its inodes, errors and sudden read-only state, " +
			"the traffic and waiting times of every disk, software RAID arrays and LVM thin pools. " +
			"A file system whose server is gone is reported and never holds the others up; a sleeping disk is never woken.",
		Tags:     []string{"disk", "file system", "storage", "raid", "lvm", "inodes"},
		Icon:     "hard-drive",
		Interval: 30 * time.Second,
		Timeout:  20 * time.Second,
		Rights: plugin.Rights{
			Commands: []string{"lvs", "vgs"},
			Paths: []string{
				"/proc/1/mountinfo", "/proc/self/mountinfo", "/proc/diskstats", "/sys/block", "/sys/dev/block",
				"/sys/fs/ext4", "/etc/fstab",
			},
			Notes: "LVM (off unless found by root) needs root. Everything else works for every user.",
		},
		Metrics: metrics(),
		Panels:  panels(),
		Tables:  tables(),
		Rules:   rules(),
	}
}

func metrics() []metric.Definition {
	fileSystem := []string{"mountpoint", "device", "fstype"}
	device := []string{"device"}
	array := []string{"array"}
	gauge := func(name string, unit metric.Unit, labels []string, help string) metric.Definition {
		return metric.Definition{Name: name, Kind: metric.Gauge, Unit: unit, Labels: labels, Help: help}
	}
	counter := func(name string, unit metric.Unit, labels []string, help string) metric.Definition {
		return metric.Definition{Name: name, Kind: metric.Counter, Unit: unit, Labels: labels, Help: help}
	}
	return []metric.Definition{
		gauge("filesystem_usage_ratio", metric.Ratio, fileSystem, "Used part of what ordinary users can use, as df shows it."),
		gauge("filesystem_size_bytes", metric.Bytes, fileSystem, "Size of the file system."),
		gauge("filesystem_used_bytes", metric.Bytes, fileSystem, "Space in use."),
		gauge("filesystem_free_bytes", metric.Bytes, fileSystem, "Free space, including what is kept for root."),
		gauge("filesystem_avail_bytes", metric.Bytes, fileSystem, "Free space that ordinary users can use."),
		gauge("filesystem_usage_limit_ratio", metric.Ratio, []string{"level"}, "Fill from which the shipped rules warn (level warning) and are critical, as configured."),
		gauge("filesystem_inodes", metric.None, fileSystem, "Inodes, where their number is fixed."),
		gauge("filesystem_inodes_used", metric.None, fileSystem, "Inodes in use."),
		gauge("filesystem_inodes_free", metric.None, fileSystem, "Free inodes."),
		gauge("filesystem_inodes_usage_ratio", metric.Ratio, fileSystem, "Used part of the inodes."),
		gauge("filesystem_responsive", metric.Bool, fileSystem, "1 when the file system says how full it is, 0 when the question hangs or is turned down."),
		gauge("filesystem_readonly", metric.Bool, fileSystem, "1 when nothing can be written."),
		gauge("filesystem_remounted_readonly", metric.Bool, fileSystem, "1 when nothing can be written although /etc/fstab asks for writing, as after an error; only for what /etc/fstab names."),
		counter("filesystem_errors_total", metric.None, []string{"mountpoint", "device"}, "Errors that an ext4 file system has counted since its last check."),

		counter("disk_read_bytes_total", metric.Bytes, device, "Bytes read."),
		counter("disk_written_bytes_total", metric.Bytes, device, "Bytes written."),
		counter("disk_reads_completed_total", metric.None, device, "Reads completed."),
		counter("disk_writes_completed_total", metric.None, device, "Writes completed."),
		counter("disk_reads_merged_total", metric.None, device, "Reads joined with a neighbour before they reached the device."),
		counter("disk_writes_merged_total", metric.None, device, "Writes joined with a neighbour before they reached the device."),
		counter("disk_discards_completed_total", metric.None, device, "Discards (TRIM) completed."),
		counter("disk_flushes_completed_total", metric.None, device, "Cache flushes completed."),
		counter("disk_read_time_seconds_total", metric.Seconds, device, "Time that reads took, added up."),
		counter("disk_write_time_seconds_total", metric.Seconds, device, "Time that writes took, added up."),
		counter("disk_io_time_seconds_total", metric.Seconds, device, "Time with at least one request under way."),
		counter("disk_io_weighted_seconds_total", metric.Seconds, device, "Time multiplied by the number of requests under way."),
		gauge("disk_io_in_progress", metric.None, device, "Requests under way."),
		gauge("disk_utilization_ratio", metric.Ratio, device, "Part of the time since the collection before with a request under way."),
		gauge("disk_read_await_seconds", metric.Seconds, device, "Mean time a read took since the collection before; absent when there was none."),
		gauge("disk_write_await_seconds", metric.Seconds, device, "Mean time a write took since the collection before; absent when there was none."),
		gauge("disk_size_bytes", metric.Bytes, []string{"device", "model", "rotational"}, "Size of the device."),

		gauge("md_disks", metric.None, []string{"array", "state"}, "Disks of a RAID array by state: required, active, failed, spare, rebuilding."),
		gauge("md_degraded", metric.None, array, "Disks that the array lacks."),
		gauge("md_sync_in_progress", metric.Bool, []string{"array", "action"}, "1 for what the array is doing: resync, recover, check, repair or reshape."),
		gauge("md_sync_completed_ratio", metric.Ratio, array, "How much of the current action is done."),
		gauge("md_sync_speed_bytes_per_second", metric.BytesPerSecond, array, "Speed of the current action."),
		gauge("md_mismatch_count", metric.None, array, "Sectors found to differ between the disks in the last check."),

		gauge("lvm_vg_size_bytes", metric.Bytes, []string{"vg"}, "Size of an LVM volume group."),
		gauge("lvm_vg_free_bytes", metric.Bytes, []string{"vg"}, "Space of an LVM volume group that no volume has."),
		gauge("lvm_thin_data_usage_ratio", metric.Ratio, []string{"vg", "lv"}, "Used part of an LVM thin pool."),
		gauge("lvm_thin_metadata_usage_ratio", metric.Ratio, []string{"vg", "lv"}, "Used part of the metadata of an LVM thin pool."),
	}
}
