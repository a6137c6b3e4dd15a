package networkswitch

import (
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

// panels are what a person looks at: the first three first.
func panels() []plugin.Panel {
	zero, one := plugin.Bound(0), plugin.Bound(1)
	return []plugin.Panel{
		{
			Title: "Traffic", Kind: plugin.Line, Unit: metric.BytesPerSecond, Wide: true,
			Queries: []plugin.Query{
				{Metric: "snmp_interface_receive_bytes_total", Rate: true, Legend: "{interface} received", Top: 8},
				{Metric: "snmp_interface_transmit_bytes_total", Rate: true, Legend: "{interface} sent", Negative: true, Top: 8},
			},
			Help: "The busiest ports. Received is what came into the device.",
		},
		{
			Title: "Ports", Kind: plugin.Stacked, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{{Metric: "snmp_interfaces", Legend: "{state}"}},
		},
		{
			Title: "How full lines are", Kind: plugin.Line, Unit: metric.Ratio, Min: zero, Max: one, Warning: plugin.Bound(0.9),
			Queries: []plugin.Query{{Metric: "snmp_interface_utilization_ratio", Legend: "{interface} {direction}", Top: 8}},
		},
		{
			Title: "Up and down", Kind: plugin.Timeline, Unit: metric.Bool, Wide: true,
			Queries: []plugin.Query{{Metric: "snmp_interface_oper_up", Legend: "{interface}"}},
		},
		{
			Title: "Packets gone wrong", Kind: plugin.Line, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{
				{Metric: "snmp_interface_receive_errors_total", Rate: true, Legend: "{interface} received", Top: 6},
				{Metric: "snmp_interface_transmit_errors_total", Rate: true, Legend: "{interface} sent", Top: 6},
			},
			Help: "Per second. On a good cable there are none.",
		},
		{
			Title: "Packets thrown away", Kind: plugin.Line, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{
				{Metric: "snmp_interface_receive_discards_total", Rate: true, Legend: "{interface} received", Top: 6},
				{Metric: "snmp_interface_transmit_discards_total", Rate: true, Legend: "{interface} sent", Top: 6},
			},
			Help: "Per second. Some are normal where a fast port feeds a slow one.",
		},
		{
			Title: "Power over Ethernet", Kind: plugin.Line, Unit: metric.Watts, Min: zero,
			Queries: []plugin.Query{
				{Metric: "snmp_poe_power_used_watts", Legend: "given, group {group}"},
				{Metric: "snmp_poe_power_budget_watts", Legend: "available, group {group}"},
			},
		},
		{
			Title: "Temperature", Kind: plugin.Line, Unit: metric.Celsius, Warning: plugin.Bound(75),
			Queries: []plugin.Query{{Metric: "snmp_sensor_celsius", Legend: "{sensor}"}},
		},
		{
			Title: "Processor and memory", Kind: plugin.Line, Unit: metric.Ratio, Min: zero, Max: one,
			Queries: []plugin.Query{
				{Metric: "snmp_cpu_ratio", Legend: "processor"},
				{Metric: "snmp_memory_used_ratio", Legend: "memory"},
			},
		},
		{
			Title: "Fans", Kind: plugin.Line, Unit: metric.RPM, Min: zero,
			Queries: []plugin.Query{{Metric: "snmp_sensor_rpm", Legend: "{sensor}"}},
		},
		{
			Title: "Broadcasts", Kind: plugin.Line, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{{
				Metric: "snmp_interface_receive_packets_total", Match: map[string]string{"cast": "broadcast"}, Rate: true, Legend: "{interface}", Top: 6,
			}},
			Help: "Packets per second that everybody gets. Thousands of them mean a loop.",
		},
		{
			Title: "Up for", Kind: plugin.Stat, Unit: metric.Seconds,
			Queries: []plugin.Query{{Metric: "snmp_uptime_seconds"}},
		},
	}
}

// tables show the lists of the snapshot.
func tables() []plugin.Table {
	column, amount := plugin.ColumnOf, plugin.NumberColumn
	return []plugin.Table{
		{Title: "Ports", Path: "ports", Empty: "The device lists no ports, or the settings leave all of them out.", Columns: []plugin.Column{
			column(plugin.CellCode, "name", "Port"), column(plugin.CellText, "alias", "Description"), column(plugin.CellStatus, "state", "State"),
			amount("speed", "Speed", metric.BitsPerSecond), amount("received", "Received", metric.BitsPerSecond), amount("sent", "Sent", metric.BitsPerSecond),
			amount("errors", "Gone wrong", metric.None), amount("discards", "Thrown away", metric.None), column(plugin.CellText, "neighbor", "Other end"),
			amount("addresses", "Machines", metric.None), amount("pvid", "VLAN", metric.None), column(plugin.CellText, "poe", "PoE"),
			column(plugin.CellTime, "changed", "Changed"), column(plugin.CellText, "duplex", "Duplex"), column(plugin.CellText, "stp", "STP"),
		}},
		{Title: "Neighbours", Path: "neighbors", Empty: "Nobody at the other end of a cable says who it is (LLDP).", Columns: []plugin.Column{
			column(plugin.CellCode, "port", "Port"), column(plugin.CellText, "name", "Neighbour"), column(plugin.CellCode, "remote_port", "Its port"),
			column(plugin.CellCode, "chassis", "Its address"), column(plugin.CellCode, "management", "Managed at"), column(plugin.CellList, "capabilities", "What it is"),
		}},
		{Title: "Virtual networks", Path: "vlans", Empty: "The device has none, or does not tell.", Columns: []plugin.Column{
			column(plugin.CellCode, "id", "VLAN"), column(plugin.CellText, "name", "Name"), column(plugin.CellList, "untagged", "Untagged"),
			column(plugin.CellList, "tagged", "Tagged"),
		}},
		{Title: "Machines", Path: "mac_table", Empty: "The device does not say which machines it has seen.", Columns: []plugin.Column{
			column(plugin.CellCode, "mac", "Address"), column(plugin.CellCode, "vlan", "VLAN"), column(plugin.CellCode, "port", "Port"),
		}},
		{Title: "Sensors", Path: "sensors", Empty: "The device has no sensors that it tells of.", Columns: []plugin.Column{
			column(plugin.CellText, "name", "Sensor"), amount("value", "Value", metric.None), column(plugin.CellText, "unit", "Unit"),
			column(plugin.CellStatus, "status", "Status"),
		}},
		{Title: "Device", Path: "device", Columns: []plugin.Column{
			column(plugin.CellText, "name", "Name"), column(plugin.CellText, "description", "Description"), column(plugin.CellText, "vendor", "Maker"),
			column(plugin.CellText, "model", "Model"), column(plugin.CellCode, "serial", "Serial number"), column(plugin.CellText, "software", "Software"),
			column(plugin.CellText, "location", "Place"), amount("ports_up", "Ports up", metric.None), amount("ports_down", "Ports down", metric.None),
		}},
		{Title: "Parts", Path: "inventory", Empty: "The device does not list its parts.", Columns: []plugin.Column{
			column(plugin.CellText, "name", "Part"), column(plugin.CellText, "model", "Model"), column(plugin.CellCode, "serial", "Serial number"),
			column(plugin.CellText, "software", "Software"),
		}},
	}
}
