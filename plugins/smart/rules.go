package smart

import (
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// rules are the alerts that ship with the plugin.
func rules() []plugin.Rule {
	const replace = "Make sure that there is a backup, and replace the disk."
	grown := func(name string) string { return name + ` > min_over_time(` + name + `[1d])` }
	return []plugin.Rule{
		{
			ID: "failing", Name: "Disk says that it is failing", Severity: plugin.Critical,
			Expr:    `smart_device_healthy == 0`,
			Summary: "{{.Labels.device}} says that it is failing.",
			Hint:    replace,
		},
		{
			ID: "critical_warning", Name: "NVMe drive gives a critical warning", Severity: plugin.Critical,
			Expr:    `smart_device_critical_warning > 0`,
			Summary: "{{.Labels.device}} gives the critical warning {{.Value}}.",
			Hint:    "The table of disks says what it means. Unless it is the temperature: " + replace,
		},
		{
			ID: "new_bad_sectors", Name: "New bad sectors", Severity: plugin.Warning,
			Expr:    grown("smart_device_reallocated_sectors") + ` or ` + grown("smart_device_grown_defects"),
			Summary: "{{.Labels.device}} has replaced sectors within the last day, {{.Value}} in all.",
			Hint:    "A disk that goes on doing so is about to fail. smartctl -t long tests it.",
		},
		{
			ID: "many_bad_sectors", Name: "Many bad sectors", Severity: plugin.Critical,
			Expr:    `smart_device_reallocated_sectors > 50`,
			Summary: "{{.Labels.device}} has replaced {{.Value}} sectors.",
			Hint:    replace,
		},
		{
			ID: "unreadable_sectors", Name: "Sectors cannot be read", Severity: plugin.Warning, For: time.Hour,
			Expr:    `smart_device_pending_sectors > 0 or smart_device_offline_uncorrectable > 0`,
			Summary: "{{.Labels.device}} has {{.Value}} sectors that it cannot read.",
			Hint:    "Scrub or check what is on it, then test the disk with smartctl -t long.",
		},
		{
			ID: "uncorrectable_errors", Name: "New uncorrectable errors", Severity: plugin.Critical,
			Expr: grown("smart_device_reported_uncorrectable") +
				` or increase(smart_device_media_errors_total[1d]) > 0 or increase(smart_device_uncorrected_errors_total[1d]) > 0`,
			Summary: "{{.Labels.device}} had errors within the last day that it could not correct.",
			Hint:    "Data may be damaged: check what is on it. " + replace,
		},
		{
			ID: "spare_used_up", Name: "Spare blocks used up", Severity: plugin.Critical,
			Expr:    `smart_device_available_spare_ratio < smart_device_available_spare_threshold_ratio`,
			Summary: "{{.Labels.device}} has fewer spare blocks than it should.",
			Hint:    replace,
		},
		{
			ID: "wearing_out", Name: "SSD is wearing out", Severity: plugin.Warning,
			Expr:    `smart_device_life_used_ratio >= 0.9 and smart_device_life_used_ratio < 1`,
			Summary: "{{.Labels.device}} has used up nearly all of its expected life.",
			Hint:    "Plan for another one. It does not fail at once, but nobody promises anything any more.",
		},
		{
			ID: "worn_out", Name: "SSD is worn out", Severity: plugin.Critical,
			Expr:    `smart_device_life_used_ratio >= 1`,
			Summary: "{{.Labels.device}} has used up its expected life.",
			Hint:    replace,
		},
		{
			ID: "cable", Name: "Damaged transfers", Severity: plugin.Warning,
			Expr:    `smart_device_crc_errors - min_over_time(smart_device_crc_errors[1h]) > 5`,
			Summary: "Transfers to {{.Labels.device}} arrive damaged.",
			Hint:    "Check the cable and its plugs.",
		},
		{
			ID: "hot", Name: "Disk is hot", Severity: plugin.Critical, For: 10 * time.Minute,
			Expr: `smart_device_temperature_celsius >= on(host, source, device)` +
				` smart_device_temperature_limit_celsius{level="critical"}`,
			Summary: "{{.Labels.device}} has {{.Value}} °C.",
			Hint:    "See whether its fan turns and air gets there.",
		},
		{
			ID: "warm", Name: "Disk is warm", Severity: plugin.Warning, For: 10 * time.Minute,
			Expr: `smart_device_temperature_celsius >= on(host, source, device)` +
				` smart_device_temperature_limit_celsius{level="warning"}` +
				` unless on(host, source, device) smart_device_temperature_celsius >= on(host, source, device)` +
				` smart_device_temperature_limit_celsius{level="critical"}`,
			Summary: "{{.Labels.device}} has {{.Value}} °C.",
			Hint:    "See whether its fan turns and air gets there.",
		},
		{
			ID: "self_test_failed", Name: "Self-test found something", Severity: plugin.Critical,
			Expr:    `smart_self_test_last_passed == 0`,
			Summary: "The last self-test of {{.Labels.device}} found something.",
			Hint:    replace,
		},
		{
			ID: "self_test_overdue", Name: "No self-test for long", Severity: plugin.Info,
			Expr:    `smart_self_test_last_age_seconds > 60 * 24 * 3600`,
			Summary: "{{.Labels.device}} has not tested itself for 60 days of being on.",
			Hint:    "smartctl -t long starts a test; smartd can do so regularly.",
		},
	}
}
