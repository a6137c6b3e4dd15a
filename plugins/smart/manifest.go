package smart

import (
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func manifest() plugin.Manifest {
	return plugin.Manifest{
		ID:       "smart_monitor",
		Name:     "Disk health",
		Category: plugin.Storage,
		Summary:  "What disks say of their health: verdict, wear, bad sectors, temperature, self-tests.",
		Description: "Asks every hard disk, SSD, NVMe drive and SAS drive for its SMART data through smartctl, and reads the wear of eMMC memory. " +
			"Tells of new bad sectors, spent life, heat and self-tests that found something. A disk that sleeps is left asleep.",
		Tags:     []string{"smart", "disk", "ssd", "nvme", "sas", "wear", "health", "temperature"},
		Icon:     "activity",
		Interval: 10 * time.Minute,
		Timeout:  5 * time.Minute,
		Rights: plugin.Rights{
			Commands: []string{program},
			Paths:    []string{"/sys/block"},
			Notes:    "smartctl needs root, or a line in sudoers with use_sudo. The wear of eMMC is read without.",
		},
		Metrics: metrics(),
		Panels:  panels(),
		Tables:  tables(),
		Rules:   rules(),
	}
}

func metrics() []metric.Definition {
	gauge := func(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
		return metric.Definition{Name: name, Kind: metric.Gauge, Unit: unit, Labels: append([]string{"device"}, labels...), Help: help}
	}
	counter := func(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
		return metric.Definition{Name: name, Kind: metric.Counter, Unit: unit, Labels: append([]string{"device"}, labels...), Help: help}
	}
	return []metric.Definition{
		gauge("smart_device_info", metric.None, "1 for every disk; the labels say what it is. The label device is its model and serial number.", "path", "model", "serial", "firmware", "type", "kind"),
		gauge("smart_device_state", metric.Bool, "1 for what Unity makes of the disk: ok, warning, failing or unknown.", "state"),
		gauge("smart_device_healthy", metric.Bool, "The drive's own verdict: 1 passed, 0 failing; absent when it gives none."),
		gauge("smart_device_standby", metric.Bool, "1 while the disk sleeps and is left alone; what it had counted before is still shown."),
		gauge("smart_device_last_read_timestamp_seconds", metric.TimestampSeconds, "When the disk was last asked and answered."),
		gauge("smart_device_exit_status", metric.None, "Exit status of smartctl, a mask of bits."),
		gauge("smart_device_temperature_celsius", metric.Celsius, "Temperature."),
		gauge("smart_device_temperature_limit_celsius", metric.Celsius, "Temperature from which the shipped rules warn (level warning) and are critical, as configured.", "level"),
		gauge("smart_device_size_bytes", metric.Bytes, "Size."),
		counter("smart_device_power_on_seconds_total", metric.Seconds, "How long the disk has been switched on in its life; most count whole hours."),
		counter("smart_device_power_cycles_total", metric.None, "How often it was switched on."),
		counter("smart_device_unsafe_shutdowns_total", metric.None, "How often an SSD lost power without a warning."),
		gauge("smart_device_life_used_ratio", metric.Ratio, "How much of an SSD's expected life is used up; may exceed 1."),
		gauge("smart_device_available_spare_ratio", metric.Ratio, "Spare blocks that are left."),
		gauge("smart_device_available_spare_threshold_ratio", metric.Ratio, "Spare blocks below which the drive warns."),
		counter("smart_device_read_bytes_total", metric.Bytes, "Bytes read in its life."),
		counter("smart_device_written_bytes_total", metric.Bytes, "Bytes written in its life."),
		counter("smart_device_media_errors_total", metric.None, "Data that an NVMe drive could not read back."),
		counter("smart_device_error_log_entries_total", metric.None, "Entries in the drive's log of errors."),
		gauge("smart_device_critical_warning", metric.None, "Critical warnings of an NVMe drive, a mask of bits: 1 spare, 2 temperature, 4 reliability, 8 read-only, 16 backup, 32 persistent memory."),
		gauge("smart_device_reallocated_sectors", metric.None, "Bad sectors that were replaced."),
		gauge("smart_device_pending_sectors", metric.None, "Sectors that could not be read and wait to be written or replaced."),
		gauge("smart_device_offline_uncorrectable", metric.None, "Sectors found bad when the drive tested itself."),
		gauge("smart_device_reported_uncorrectable", metric.None, "Errors that the drive could not correct and told the computer of."),
		gauge("smart_device_command_timeouts", metric.None, "Commands that took too long, often because of power or cables; the lowest 16 bits of what the drive counts."),
		gauge("smart_device_crc_errors", metric.None, "Transfers that arrived damaged, nearly always because of the cable."),
		gauge("smart_device_grown_defects", metric.None, "Defects that a SAS drive has found since it was made."),
		counter("smart_device_uncorrected_errors_total", metric.None, "Errors that a SAS drive could not correct, by operation: read, write or verify.", "op"),
		gauge("smart_attribute_value", metric.None, "Normalised value of an ATA attribute; lower is worse.", "id", "name"),
		gauge("smart_attribute_worst", metric.None, "The worst that the value has been.", "id", "name"),
		gauge("smart_attribute_threshold", metric.None, "The value at which the attribute has failed.", "id", "name"),
		gauge("smart_attribute_raw", metric.None, "Raw value; what it means differs from maker to maker.", "id", "name"),
		gauge("smart_self_test_last_passed", metric.Bool, "1 when the last finished self-test found nothing."),
		gauge("smart_self_test_last_age_seconds", metric.Seconds, "How long the disk has been on since its last finished self-test."),
	}
}
