package networkswitch

import (
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// rules are the alerts that ship with the plugin.
func rules() []plugin.Rule { return append(deviceRules(), portRules()...) }

func deviceRules() []plugin.Rule {
	const minute = time.Minute
	return []plugin.Rule{
		{
			ID: "down", Name: "Device does not answer", Severity: plugin.Critical, For: 3 * minute,
			Expr:    `up == 0`,
			Summary: "{{.Labels.source}} does not answer.",
			Hint:    "The source's last run says why.",
		},
		{
			ID: "restarted", Name: "Device was restarted", Severity: plugin.Info,
			Expr:    `snmp_uptime_seconds < 600`,
			Summary: "{{.Labels.source}} was started {{.Value}} seconds ago.",
		},
		{
			ID: "poe_high", Name: "Almost all power over Ethernet is used", Severity: plugin.Warning, For: 10 * minute,
			Expr:    `snmp_poe_usage_ratio > 0.9`,
			Summary: "{{.Labels.source}} gives more than 90 % of the power that it has for its ports.",
			Hint:    "What is plugged in next may get none.",
		},
		{
			ID: "hot", Name: "Device is hot", Severity: plugin.Warning, For: 10 * minute,
			Expr:    `snmp_sensor_celsius > 75`,
			Summary: "{{.Labels.sensor}} of {{.Labels.source}} has {{.Value}} °C.",
			Hint:    "See its fans and the air around it. Lasers in transceivers may be that warm.",
		},
		{
			ID: "cpu_high", Name: "Device is busy", Severity: plugin.Warning, For: 15 * minute,
			Expr:    `snmp_cpu_ratio > 0.9`,
			Summary: "The processor of {{.Labels.source}} is more than 90 % busy.",
			Hint:    "A loop or a flood of broadcasts does this, and so does asking it too often.",
		},
		{
			ID: "topology", Name: "The spanning tree keeps changing", Severity: plugin.Warning,
			Expr:    `increase(snmp_stp_topology_changes_total[10m]) >= 5`,
			Summary: "The spanning tree of {{.Labels.source}} changed {{.Value}} times within ten minutes.",
			Hint:    "A port that goes up and down does this, or a loop.",
		},
	}
}

func portRules() []plugin.Rule {
	const minute = time.Minute
	return []plugin.Rule{
		{
			ID: "uplink_down", Name: "Uplink is down", Severity: plugin.Warning, For: 2 * minute,
			Expr:    `snmp_uplink_up == 0`,
			Summary: "The uplink {{.Labels.interface}} of {{.Labels.source}} is down.",
			Hint:    "See the cable and the device at its other end.",
		},
		{
			ID: "errors", Name: "Packets go wrong", Severity: plugin.Warning, For: 10 * minute,
			Expr:    `snmp_interface_error_ratio > 0.01`,
			Summary: "More than 1 % of the packets at {{.Labels.interface}} of {{.Labels.source}} go wrong ({{.Labels.direction}}).",
			Hint:    "Most often the cable or the transceiver; or two ends that do not agree on duplex.",
		},
		{
			ID: "flaps", Name: "Port goes up and down", Severity: plugin.Warning,
			Expr:    `increase(snmp_interface_flaps_total[10m]) >= 3`,
			Summary: "{{.Labels.interface}} of {{.Labels.source}} went up or down {{.Value}} times within ten minutes.",
			Hint:    "See the cable, and the sleep settings of the device at its other end.",
		},
		{
			ID: "half_duplex", Name: "Port runs at half duplex", Severity: plugin.Warning, For: 10 * minute,
			Expr:    `snmp_interface_full_duplex == 0 and snmp_interface_speed_bits_per_second >= 100000000`,
			Summary: "{{.Labels.interface}} of {{.Labels.source}} runs at half duplex.",
			Hint:    "Set both ends to automatic.",
		},
		{
			ID: "full", Name: "Line is full", Severity: plugin.Warning, For: 15 * minute,
			Expr:    `snmp_interface_utilization_ratio > 0.9`,
			Summary: "{{.Labels.interface}} of {{.Labels.source}} is more than 90 % full ({{.Labels.direction}}).",
		},
		{
			ID: "poe_fault", Name: "Port cannot give power", Severity: plugin.Warning, For: 5 * minute,
			Expr:    `snmp_poe_port_fault == 1`,
			Summary: "{{.Labels.interface}} of {{.Labels.source}} would give power and cannot.",
			Hint:    "See what is plugged in, the cable, and whether power is left.",
		},
	}
}
