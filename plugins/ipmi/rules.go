package ipmi

import (
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// rules are the alerts that ship with the plugin.
func rules() []plugin.Rule {
	const minute = time.Minute
	return []plugin.Rule{
		{
			ID: "silent", Name: "Controller does not answer", Severity: plugin.Warning, For: 10 * minute,
			Expr:    `up == 0`,
			Summary: "The controller of {{.Labels.source}} does not answer: nobody would notice that the machine gets hot.",
			Hint:    "The source's last run says why. A controller can be restarted without the machine.",
		},
		{
			ID: "sensor_critical", Name: "Sensor is critical", Severity: plugin.Critical, For: 2 * minute,
			Expr:    `ipmi_sensor_state{state="critical"} == 1`,
			Summary: "{{.Labels.sensor}} ({{.Labels.entity}}) of {{.Labels.source}} is beyond what it may be.",
			Hint:    "See the sensor on the source's page, and the log of the controller.",
		},
		{
			ID: "sensor_warning", Name: "Sensor warns", Severity: plugin.Warning, For: 10 * minute,
			Expr:    `ipmi_sensor_state{state="warning"} == 1`,
			Summary: "{{.Labels.sensor}} ({{.Labels.entity}}) of {{.Labels.source}} is not as it should be.",
		},
		{
			ID: "chassis_fault", Name: "Chassis has a fault", Severity: plugin.Critical, For: 2 * minute,
			Expr:    `ipmi_chassis_fault{kind!="intrusion"} == 1`,
			Summary: "The chassis of {{.Labels.source}} says: {{.Labels.kind}}.",
		},
		{
			ID: "intrusion", Name: "Chassis was opened", Severity: plugin.Warning, For: 2 * minute,
			Expr:    `ipmi_chassis_fault{kind="intrusion"} == 1`,
			Summary: "The chassis of {{.Labels.source}} is open, or was, and the controller was not told that this is fine.",
		},
		{
			ID: "psu", Name: "Power supply is not well", Severity: plugin.Critical, For: 2 * minute,
			Expr:    `ipmi_psu_ok == 0`,
			Summary: "{{.Labels.psu}} of {{.Labels.source}} is not well.",
			Hint:    "See its cable first, then its light.",
		},
		{
			ID: "redundancy", Name: "Redundancy is lost", Severity: plugin.Warning, For: 5 * minute,
			Expr:    `ipmi_redundancy_ok == 0`,
			Summary: "{{.Labels.name}} of {{.Labels.source}} is not redundant any more: the next one that fails switches it off.",
		},
		{
			ID: "log_critical", Name: "Log has something critical", Severity: plugin.Critical,
			Expr:    `increase(ipmi_sel_events_total{severity="critical"}[15m]) > 0`,
			Summary: "The controller of {{.Labels.source}} has written something critical into its log.",
			Hint:    "The source's page shows the newest entries.",
		},
		{
			ID: "log_full", Name: "Log is almost full", Severity: plugin.Warning,
			Expr:    `ipmi_sel_used_ratio > 0.9`,
			Summary: "The log of {{.Labels.source}} is almost full; then nothing more is written into it.",
			Hint:    "Keep what you need of it and clear it: ipmitool sel clear.",
		},
		{
			ID: "drive_failing", Name: "Drive is about to fail", Severity: plugin.Critical,
			Expr:    `ipmi_drive_failure_predicted == 1`,
			Summary: "{{.Labels.drive}} of {{.Labels.source}} is expected to fail.",
			Hint:    "See that there is a backup, and replace it.",
		},
		{
			ID: "off", Name: "Machine is off", Severity: plugin.Warning, For: 5 * minute,
			Expr:    `ipmi_power_as_expected == 0`,
			Summary: "{{.Labels.source}} is off.",
			Hint:    "Where that is as it should be, switch off expect_power_on.",
		},
		{
			ID: "health", Name: "Component is critical", Severity: plugin.Critical, For: 5 * minute,
			Expr:    `ipmi_health{state="critical"} == 1`,
			Summary: "The {{.Labels.component}} of {{.Labels.source}} is critical.",
			Hint:    "The source's page shows which part it is, and the log of the controller why.",
		},
	}
}
