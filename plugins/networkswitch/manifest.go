package networkswitch

import (
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func manifest() plugin.Manifest {
	return plugin.Manifest{
		ID: "network_switch_monitor", Name: "Network switch", Category: plugin.Network, Icon: "network",
		Summary: "Switches, routers and access points over SNMP: ports, traffic, PoE, neighbours and sensors.",
		Description: "Asks a device by SNMP (1, 2c or 3) which ports are up, what goes through them and what goes wrong, how much power " +
			"its ports give, who is at the other end of each cable, how warm and how busy it is. Says when a port goes down or comes up. " +
			"Works with whatever has the usual tables: managed switches, routers, access points, and computers that run snmpd. Nothing is set.",
		Tags:     []string{"snmp", "switch", "router", "poe", "lldp", "vlan", "cisco", "mikrotik", "unifi", "netgear", "tp-link"},
		Interval: time.Minute, Timeout: 30 * time.Second,
		Rights: plugin.Rights{
			Network: true, Notes: "A community or user that may only read is enough; see Set-up.",
		},
		Metrics: metrics(), Panels: panels(), Tables: tables(), Rules: rules(),
	}
}

func gauge(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
	return metric.Definition{Name: name, Kind: metric.Gauge, Unit: unit, Help: help, Labels: labels}
}

func metrics() []metric.Definition { return append(deviceMetrics(), portMetrics()...) }

// deviceMetrics are those of the device as a whole.
func deviceMetrics() []metric.Definition {
	return []metric.Definition{
		gauge("snmp_device_info", metric.None, "Always 1; its labels say what device it is.", "sys_name", "model", "vendor", "software"),
		gauge("snmp_uptime_seconds", metric.Seconds, "Time since the device was started, or only its SNMP agent where it says no more."),
		gauge("snmp_interfaces", metric.None, "Ports by state; disabled ones are switched off in the settings.", "state"),
		gauge("snmp_uplink_up", metric.Bool, "1 while a port that has to be up is up; only those of uplink_ports.", "interface"),
		gauge("snmp_poe_power_budget_watts", metric.Watts, "Power that the device can give to its ports.", "group"),
		gauge("snmp_poe_power_used_watts", metric.Watts, "Power that its ports give.", "group"),
		gauge("snmp_poe_usage_ratio", metric.Ratio, "Part of that power that is given.", "group"),
		gauge("snmp_lldp_neighbors", metric.None, "Devices at the other ends of cables that say who they are."),
		gauge("snmp_mac_addresses", metric.None, "Addresses of machines that the device has seen behind its ports."),
		gauge("snmp_vlans", metric.None, "Virtual networks."),
		{
			Name: "snmp_stp_topology_changes_total", Kind: metric.Counter, Unit: metric.None,
			Help: "How often the spanning tree has changed.",
		},
		gauge("snmp_sensor_celsius", metric.Celsius, "Temperature.", "sensor"),
		gauge("snmp_sensor_volts", metric.Volts, "Voltage.", "sensor"),
		gauge("snmp_sensor_amperes", metric.Amperes, "Current.", "sensor"),
		gauge("snmp_sensor_watts", metric.Watts, "Power.", "sensor"),
		gauge("snmp_sensor_hertz", metric.Hertz, "Frequency.", "sensor"),
		gauge("snmp_sensor_rpm", metric.RPM, "Speed of a fan.", "sensor"),
		gauge("snmp_sensor_humidity_ratio", metric.Ratio, "Humidity.", "sensor"),
		gauge("snmp_sensor_ok", metric.Bool, "1 while the device can read the sensor.", "sensor"),
		gauge("snmp_cpu_ratio", metric.Ratio, "How busy the processors of the device are, on average."),
		gauge("snmp_memory_used_ratio", metric.Ratio, "Part of the memory of the device that is in use."),
		gauge("snmp_storage_used_ratio", metric.Ratio, "Part of a disk of the device that is in use.", "storage"),
		gauge("snmp_custom", metric.None, "A value of custom_oids that goes up and down.", "name", "index"),
		{
			Name: "snmp_custom_total", Kind: metric.Counter, Unit: metric.None, Help: "A value of custom_oids that only grows.",
			Labels: []string{"name", "index"},
		},
	}
}

// portMetrics are those of one port.
func portMetrics() []metric.Definition {
	port := func(kind metric.Kind, name string, unit metric.Unit, help string, labels ...string) metric.Definition {
		return metric.Definition{
			Name: "snmp_" + name, Kind: kind, Unit: unit, Help: help, Labels: append([]string{"interface", "alias"}, labels...),
		}
	}
	const value, count = metric.Gauge, metric.Counter
	return []metric.Definition{
		port(value, "interface_oper_up", metric.Bool, "1 while something is connected and works."),
		port(value, "interface_admin_up", metric.Bool, "0 when the port is switched off in the settings."),
		port(value, "interface_speed_bits_per_second", metric.BitsPerSecond, "Speed of the port; only while it is up."),
		port(value, "interface_full_duplex", metric.Bool, "0 when the two ends take turns, most often a bad cable or old device; only while it is up."),
		port(count, "interface_receive_bytes_total", metric.Bytes, "Bytes received."),
		port(count, "interface_transmit_bytes_total", metric.Bytes, "Bytes sent."),
		port(count, "interface_receive_packets_total", metric.None, "Packets received.", "cast"),
		port(count, "interface_transmit_packets_total", metric.None, "Packets sent.", "cast"),
		port(count, "interface_receive_errors_total", metric.None, "Packets received that were broken."),
		port(count, "interface_transmit_errors_total", metric.None, "Packets that could not be sent."),
		port(count, "interface_receive_discards_total", metric.None, "Good packets received that were thrown away."),
		port(count, "interface_transmit_discards_total", metric.None, "Good packets thrown away in place of being sent, because the line was full."),
		port(count, "interface_fcs_errors_total", metric.None, "Packets received whose checksum was wrong: most often a bad cable."),
		port(value, "interface_utilization_ratio", metric.Ratio, "Part of the speed of the port that was used since the run before.", "direction"),
		port(value, "interface_error_ratio", metric.Ratio, "Part of the packets since the run before that went wrong; absent when there were none.", "direction"),
		port(value, "interface_last_change_timestamp_seconds", metric.TimestampSeconds, "When the port went down or came up the last time."),
		port(count, "interface_flaps_total", metric.None, "How often the port went down or came up, as was seen."),
		port(value, "poe_port_delivering", metric.Bool, "1 while the port gives power."),
		port(value, "poe_port_fault", metric.Bool, "1 while the port would give power and cannot."),
		port(value, "poe_port_class", metric.None, "Class of what is powered, which says how much it may take."),
		port(value, "stp_port_state", metric.Bool, "1 for what the spanning tree lets the port do; only while it is up.", "state"),
	}
}
