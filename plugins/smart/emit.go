package smart

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// emit makes samples of what is known of a disk. What a sleeping disk counted
// when it was last read still holds; its temperature does not.
func (c *collector) emit(r *reading, now time.Time, out *plugin.Batch) {
	put := func(name string, value *float64) {
		if value != nil {
			out.Add(name, *value, "device", r.ID)
		}
	}
	out.Add("smart_device_info", 1, "device", r.ID, "path", r.Path, "model", r.Model, "serial", r.Serial,
		"firmware", r.Firmware, "type", r.Type, "kind", r.Kind)
	out.AddState("smart_device_state", r.verdict, verdicts(), "device", r.ID)
	out.AddBool("smart_device_standby", r.asleep, "device", r.ID)
	switch {
	case r.Passed != nil:
		out.AddBool("smart_device_healthy", *r.Passed, "device", r.ID)
	case r.EMMCEndOfLife != "":
		out.AddBool("smart_device_healthy", r.EMMCEndOfLife != emmcUrgent, "device", r.ID)
	}
	if !r.ReadAt.IsZero() {
		out.Add("smart_device_last_read_timestamp_seconds", float64(r.ReadAt.Unix()), "device", r.ID)
	}
	if r.Kind != kindEMMC && !r.ReadAt.IsZero() {
		out.Add("smart_device_exit_status", float64(r.Exit), "device", r.ID)
	}
	if r.Temperature != nil && !r.asleep {
		put("smart_device_temperature_celsius", r.Temperature)
		warm, hot := c.limits(r.disk)
		out.Add("smart_device_temperature_limit_celsius", warm, "device", r.ID, "level", "warning")
		out.Add("smart_device_temperature_limit_celsius", hot, "device", r.ID, "level", "critical")
	}
	put("smart_device_size_bytes", r.Size)
	put("smart_device_power_on_seconds_total", r.PowerOnSeconds)
	put("smart_device_power_cycles_total", r.PowerCycles)
	put("smart_device_unsafe_shutdowns_total", r.UnsafeShutdowns)
	put("smart_device_life_used_ratio", r.LifeUsed)
	put("smart_device_available_spare_ratio", r.Spare)
	put("smart_device_available_spare_threshold_ratio", r.SpareThreshold)
	put("smart_device_read_bytes_total", r.ReadBytes)
	put("smart_device_written_bytes_total", r.WrittenBytes)
	put("smart_device_media_errors_total", r.MediaErrors)
	put("smart_device_error_log_entries_total", r.ErrorLog)
	put("smart_device_critical_warning", r.CriticalWarning)
	put("smart_device_reallocated_sectors", r.Reallocated)
	put("smart_device_pending_sectors", r.Pending)
	put("smart_device_offline_uncorrectable", r.Offline)
	put("smart_device_reported_uncorrectable", r.Reported)
	put("smart_device_command_timeouts", r.Timeouts)
	put("smart_device_crc_errors", r.CRC)
	put("smart_device_grown_defects", r.GrownDefects)
	for _, op := range []string{"read", "write", "verify"} {
		if n, there := r.Uncorrected[op]; there {
			out.Add("smart_device_uncorrected_errors_total", n, "device", r.ID, "op", op)
		}
	}
	if test := r.lastTest(); test != nil {
		out.AddBool("smart_self_test_last_passed", *test.Passed, "device", r.ID)
		put("smart_self_test_last_age_seconds", r.lastTestAge())
	}
	c.emitAttributes(r, out)
}

func (c *collector) emitAttributes(r *reading, out *plugin.Batch) {
	if c.config.AttributeMetrics == metricsNone {
		return
	}
	seen := make(map[int]bool)
	for _, a := range r.Attributes {
		if a.ID <= 0 || seen[a.ID] || c.config.AttributeMetrics != metricsAll && !slices.Contains(keyAttributes(), a.ID) {
			continue
		}
		seen[a.ID] = true
		labels := []string{"device", r.ID, "id", strconv.Itoa(a.ID), "name", a.title()}
		for _, figure := range []struct {
			name  string
			value *float64
		}{
			{"smart_attribute_value", a.Value},
			{"smart_attribute_worst", a.Worst},
			{"smart_attribute_threshold", a.Threshold},
			{"smart_attribute_raw", a.Raw.Value},
		} {
			if value := natural(figure.value); value != nil {
				out.Add(figure.name, *value, labels...)
			}
		}
	}
}

// title returns what the attribute is called.
func (a attribute) title() string {
	if a.Name == "" {
		return fmt.Sprintf("Attribute_%d", a.ID)
	}
	return a.Name
}
