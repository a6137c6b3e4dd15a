package ups

import (
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// rules are the alerts that ship with the plugin.
func rules() []plugin.Rule { return append(powerRules(), batteryRules()...) }

func powerRules() []plugin.Rule {
	const minute = time.Minute
	return []plugin.Rule{
		{
			ID: "on_battery", Name: "The power is out", Severity: plugin.Warning, For: 30 * time.Second,
			Expr:    `ups_status{state="on_battery"} == 1`,
			Summary: "{{.Labels.ups}} runs on battery.",
			Hint:    "Save what is open; machines that watch the UPS shut down when little is left.",
		},
		{
			ID: "low_battery", Name: "The battery is almost empty", Severity: plugin.Critical,
			Expr:    `ups_status{state="low_battery"} == 1`,
			Summary: "{{.Labels.ups}} says that little battery is left.",
			Hint:    "Shut down what hangs on it now.",
		},
		{
			ID: "runtime_short", Name: "Minutes of battery left", Severity: plugin.Critical,
			Expr:    `ups_runtime_on_battery_seconds < 300`,
			Summary: "{{.Labels.ups}} runs on battery, for {{.Value}} more seconds.",
			Hint:    "Shut down what hangs on it now.",
		},
		{
			ID: "forced_shutdown", Name: "UPS is about to switch off", Severity: plugin.Critical,
			Expr:    `ups_status{state="forced_shutdown"} == 1`,
			Summary: "{{.Labels.ups}} is shutting down what hangs on it.",
		},
		{
			ID: "overload", Name: "UPS is overloaded", Severity: plugin.Critical, For: minute,
			Expr:    `ups_status{state="overload"} == 1`,
			Summary: "More hangs on {{.Labels.ups}} than it can carry.",
			Hint:    "Take something off it: it will not last, and may switch off.",
		},
		{
			ID: "load_high", Name: "UPS carries a lot", Severity: plugin.Warning, For: 10 * minute,
			Expr:    `ups_load_ratio > 0.8 and ups_load_ratio <= 0.95`,
			Summary: "{{.Labels.ups}} is loaded to more than 80 %.",
		},
		{
			ID: "load_full", Name: "UPS carries all it can", Severity: plugin.Critical, For: 10 * minute,
			Expr:    `ups_load_ratio > 0.95`,
			Summary: "{{.Labels.ups}} is loaded to more than 95 %.",
			Hint:    "Take something off it before the power goes.",
		},
		{
			ID: "daemon_down", Name: "Nobody looks after the UPS", Severity: plugin.Critical, For: 3 * minute,
			Expr:    `up == 0`,
			Summary: "The daemon of {{.Labels.source}} does not answer: nothing would be shut down when the power goes.",
			Hint:    "The source's last run says why.",
		},
		{
			ID: "lost", Name: "UPS is lost", Severity: plugin.Critical, For: 3 * minute,
			Expr:    `ups_status{state="comm_lost"} == 1`,
			Summary: "The daemon does not reach {{.Labels.ups}}: nothing would be shut down when the power goes.",
			Hint:    "See the cable, and the driver: upsdrvctl start.",
		},
	}
}

func batteryRules() []plugin.Rule {
	const minute = time.Minute
	return []plugin.Rule{
		{
			ID: "replace_battery", Name: "The battery is worn", Severity: plugin.Warning, For: 10 * minute,
			Expr:    `ups_status{state="replace_battery"} == 1`,
			Summary: "{{.Labels.ups}} wants a new battery.",
		},
		{
			ID: "charge_low", Name: "The battery is half empty", Severity: plugin.Warning, For: 5 * minute,
			Expr:    `ups_battery_charge_ratio < 0.5`,
			Summary: "The battery of {{.Labels.ups}} is less than half full.",
			Hint:    "Normal for some hours after the power was out.",
		},
		{
			ID: "self_test_failed", Name: "The self test did not pass", Severity: plugin.Warning,
			Expr:    `ups_self_test{state="failed"} == 1`,
			Summary: "The last self test of {{.Labels.ups}} did not pass.",
			Hint:    "Most often the battery is worn. Charge it fully and test again.",
		},
		{
			ID: "battery_old", Name: "The battery is old", Severity: plugin.Info,
			Expr:    `time() - ups_battery_date_timestamp_seconds > 4 * 365.25 * 86400`,
			Summary: "The battery of {{.Labels.ups}} is older than four years.",
			Hint:    "Replace it, and set battery.date (BATTDATE) to the day.",
		},
		{
			ID: "hot", Name: "UPS is hot", Severity: plugin.Warning, For: 10 * minute,
			Expr:    `ups_temperature_celsius > 45 or ups_battery_temperature_celsius > 45`,
			Summary: "{{.Labels.ups}} has {{.Value}} °C.",
			Hint:    "Heat ages batteries: see its fan and the air around it.",
		},
	}
}
