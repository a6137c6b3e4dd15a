package ipmi

import (
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func panels() []plugin.Panel {
	zero := plugin.Bound(0)
	return []plugin.Panel{
		{Title: "Temperatures", Kind: plugin.Line, Unit: metric.Celsius, Queries: []plugin.Query{{Metric: "ipmi_temperature_celsius", Legend: "{sensor}", Top: 16}}},
		{Title: "Power", Kind: plugin.Area, Unit: metric.Watts, Min: zero, Queries: []plugin.Query{
			{Metric: "ipmi_power_consumption_watts", Legend: "drawn"}, {Metric: "ipmi_power_limit_watts", Legend: "limit"},
		}, Help: "What the whole machine draws. Many small controllers do not measure it."},
		{Title: "Fans", Kind: plugin.Line, Unit: metric.RPM, Min: zero, Queries: []plugin.Query{{Metric: "ipmi_fan_speed_rpm", Legend: "{sensor}", Top: 16}}},
		{Title: "Sensors", Kind: plugin.Stacked, Unit: metric.None, Queries: []plugin.Query{
			{Metric: "ipmi_sensors", Match: map[string]string{"state": stateOK}, Legend: "ok"},
			{Metric: "ipmi_sensors", Match: map[string]string{"state": stateWarning}, Legend: "warning"},
			{Metric: "ipmi_sensors", Match: map[string]string{"state": stateCritical}, Legend: "critical"},
		}},
		{Title: "Machine", Kind: plugin.Timeline, Unit: metric.Bool, Wide: true, Queries: []plugin.Query{
			{Metric: "ipmi_chassis_power_on", Legend: "on"}, {Metric: "ipmi_psu_ok", Legend: "{psu} well"}, {Metric: "ipmi_redundancy_ok", Legend: "{name} redundant"},
		}},
		{Title: "Health", Kind: plugin.Timeline, Unit: metric.Bool, Queries: []plugin.Query{
			{Metric: "ipmi_health", Legend: "{component}: {state}"},
		}, Help: "Only Redfish tells it."},
		{Title: "Power supplies", Kind: plugin.Line, Unit: metric.Watts, Min: zero, Queries: []plugin.Query{
			{Metric: "ipmi_psu_output_watts", Legend: "{psu}: gives"}, {Metric: "ipmi_psu_input_watts", Legend: "{psu}: draws"},
		}},
		{Title: "Voltages", Kind: plugin.Line, Unit: metric.Volts, Queries: []plugin.Query{{Metric: "ipmi_voltage_volts", Legend: "{sensor}", Top: 16}}},
		{Title: "Fan speed", Kind: plugin.Line, Unit: metric.Ratio, Min: zero, Queries: []plugin.Query{{Metric: "ipmi_fan_speed_ratio", Legend: "{sensor}", Top: 16}}},
		{Title: "Event log", Kind: plugin.Gauge, Unit: metric.Ratio, Min: zero, Max: plugin.Bound(1), Warning: plugin.Bound(0.9), Queries: []plugin.Query{
			{Metric: "ipmi_sel_used_ratio", Legend: "full"},
		}},
	}
}

func tables() []plugin.Table {
	text, code, number := plugin.TextColumn, plugin.CodeColumn, plugin.NumberColumn
	measured := func(title, path, empty string, unit metric.Unit) plugin.Table {
		return plugin.Table{Title: title, Path: path, Empty: empty, Columns: []plugin.Column{
			code("name", "Sensor"), text("entity", "Where"), number("value", "Value", unit), plugin.StatusColumn("state", "State"),
			number("lower_critical", "Critical below", unit), number("upper_critical", "Critical above", unit),
		}}
	}
	return []plugin.Table{
		{Title: "Machine", Path: "summary", Columns: []plugin.Column{
			text("vendor", "Maker"), text("model", "Model"), code("serial", "Serial number"), text("bios", "BIOS"), text("firmware", "Firmware"), text("protocol", "Protocol"),
			code("address", "Address"), text("power", "Power"), plugin.StatusColumn("health", "Health"), text("hottest", "Hottest"), number("fans", "Fans", metric.None),
			text("draws", "Draws"), number("log_entries", "Log entries", metric.None), text("memory", "Memory"), number("processors", "Processors", metric.None),
			plugin.ListColumn("problems", "Problems"),
		}},
		{Title: "Newest entries of the log", Path: "events", Empty: "The log is empty, or is not asked for.", Columns: []plugin.Column{
			plugin.TimeColumn("time", "Time"), plugin.StatusColumn("severity", "Severity"), code("sensor", "Sensor"), text("text", "What"),
		}},
		measured("Temperatures", "temperatures", "It has no sensors of temperature.", metric.Celsius),
		{Title: "Fans", Path: "fans", Empty: "It has no fans, or does not measure them.", Columns: []plugin.Column{
			code("name", "Fan"), text("entity", "Where"), number("value", "Speed", metric.None), text("unit", "In"), plugin.StatusColumn("state", "State"),
		}},
		{Title: "Power supplies", Path: "power_supplies", Empty: "The controller does not tell of power supplies.", Columns: []plugin.Column{
			code("name", "Power supply"), plugin.StatusColumn("state", "State"), number("output_watts", "Gives", metric.Watts), number("input_watts", "Draws", metric.Watts),
			number("input_volts", "Input", metric.Volts), number("capacity_watts", "Can give", metric.Watts), text("model", "Model"), code("serial", "Serial number"),
		}},
		{Title: "Drives", Path: "drives", Empty: "Only Redfish tells of drives, and only of those at a controller that it knows.", Columns: []plugin.Column{
			code("name", "Drive"), plugin.StatusColumn("state", "State"), text("model", "Model"), code("serial", "Serial number"), text("media", "Kind"),
			number("size_bytes", "Size", metric.Bytes), number("life_left", "Life left", metric.Ratio), plugin.FlagColumn("failure_predicted", "About to fail"),
		}},
		{Title: "Health", Path: "health", Empty: "Only Redfish tells of it.", Columns: []plugin.Column{text("component", "Component"), plugin.StatusColumn("state", "State")}},
		{Title: "Redundancy", Path: "redundancy", Empty: "Nothing of it is redundant, or the controller does not say.", Columns: []plugin.Column{
			text("kind", "Of"), code("name", "Group"), plugin.FlagColumn("ok", "One may fail"), text("says", "It says"),
		}},
		measured("Voltages", "voltages", "It has no sensors of voltage.", metric.Volts),
		{Title: "Other sensors", Path: "other_sensors", Empty: "There are no others.", Columns: []plugin.Column{
			code("name", "Sensor"), text("entity", "Where"), text("type", "Of"), number("value", "Value", metric.None), text("unit", "In"),
			plugin.ListColumn("states", "Says"), plugin.StatusColumn("state", "State"),
		}},
		{Title: "Chassis", Path: "chassis", Empty: "The controller does not tell more of it.", Columns: []plugin.Column{text("name", "What"), text("value", "Is")}},
		{Title: "Parts", Path: "fru", Empty: "It has no inventory.", Columns: []plugin.Column{
			text("name", "Part"), text("manufacturer", "Maker"), text("product", "Product"), code("part_number", "Part number"), code("serial", "Serial number"),
		}},
	}
}
