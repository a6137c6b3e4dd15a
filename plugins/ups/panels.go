package ups

import (
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

// panels are what a person looks at: the first three first.
func panels() []plugin.Panel {
	zero, one := plugin.Bound(0), plugin.Bound(1)
	state := func(state, legend string) plugin.Query {
		return plugin.Query{Metric: "ups_status", Match: map[string]string{"state": state}, Legend: legend}
	}
	return []plugin.Panel{
		{
			Title: "Charge", Kind: plugin.Line, Unit: metric.Ratio, Min: zero, Max: one, Warning: plugin.Bound(0.5), Critical: plugin.Bound(0.2),
			Queries: []plugin.Query{{Metric: "ups_battery_charge_ratio", Legend: "{ups}"}},
		},
		{
			Title: "Runtime", Kind: plugin.Line, Unit: metric.Seconds, Min: zero, Warning: plugin.Bound(600), Critical: plugin.Bound(300),
			Queries: []plugin.Query{{Metric: "ups_battery_runtime_seconds", Legend: "{ups}"}},
			Help:    "How long the battery would last at the load of that moment, as the UPS estimates.",
		},
		{
			Title: "Load", Kind: plugin.Line, Unit: metric.Ratio, Min: zero, Max: one, Warning: plugin.Bound(0.8), Critical: plugin.Bound(0.95),
			Queries: []plugin.Query{{Metric: "ups_load_ratio", Legend: "{ups}"}},
		},
		{
			Title: "Status", Kind: plugin.Timeline, Unit: metric.Bool, Wide: true,
			Queries: []plugin.Query{
				state(stateOnline, "{ups}: on mains"), state(stateOnBattery, "{ups}: on battery"), state(stateLowBattery, "{ups}: battery low"),
				state(stateReplace, "{ups}: replace battery"), state(stateOverload, "{ups}: overload"), state(stateLost, "{ups}: lost"),
			},
			Levels: plugin.Levels{
				OK: []string{stateOnline}, Warning: []string{stateOnBattery, stateReplace, stateOverload}, Critical: []string{stateLowBattery, stateLost},
			},
		},
		{
			Title: "Power", Kind: plugin.Area, Unit: metric.Watts, Min: zero,
			Queries: []plugin.Query{{Metric: "ups_real_power_watts", Legend: "{ups}"}},
			Help:    "Most small UPS know only their load; then this is the load times what they are made for.",
		},
		{
			Title: "Mains", Kind: plugin.Line, Unit: metric.Volts,
			Queries: []plugin.Query{
				{Metric: "ups_input_voltage_volts", Legend: "{ups}: in"},
				{Metric: "ups_output_voltage_volts", Legend: "{ups}: out"},
				{Metric: "ups_input_transfer_low_volts", Legend: "{ups}: battery below"},
				{Metric: "ups_input_transfer_high_volts", Legend: "{ups}: battery above"},
			},
		},
		{
			Title: "Battery voltage", Kind: plugin.Line, Unit: metric.Volts,
			Queries: []plugin.Query{{Metric: "ups_battery_voltage_volts", Legend: "{ups}"}},
		},
		{
			Title: "Temperature", Kind: plugin.Line, Unit: metric.Celsius,
			Queries: []plugin.Query{
				{Metric: "ups_temperature_celsius", Legend: "{ups}"},
				{Metric: "ups_battery_temperature_celsius", Legend: "{ups}: battery"},
				{Metric: "ups_ambient_temperature_celsius", Legend: "{ups}: beside it"},
			},
		},
		{
			Title: "Frequency", Kind: plugin.Line, Unit: metric.Hertz,
			Queries: []plugin.Query{
				{Metric: "ups_input_frequency_hertz", Legend: "{ups}: in"},
				{Metric: "ups_output_frequency_hertz", Legend: "{ups}: out"},
			},
		},
		{
			Title: "Times on battery", Kind: plugin.Stat, Unit: metric.None,
			Queries: []plugin.Query{{Metric: "ups_transfers_total", Legend: "{ups}"}},
		},
	}
}

// tables show the lists of the snapshot.
func tables() []plugin.Table {
	column, amount := plugin.ColumnOf, plugin.NumberColumn
	return []plugin.Table{
		{Title: "UPS", Path: "devices", Columns: []plugin.Column{
			column(plugin.CellCode, "ups", "UPS"), column(plugin.CellStatus, "status", "Status"), column(plugin.CellList, "states", "States"),
			column(plugin.CellList, "warnings", "Warnings"), amount("charge", "Charge", metric.Ratio), column(plugin.CellDuration, "runtime_seconds", "Runtime"),
			amount("load", "Load", metric.Ratio), amount("watts", "Power", metric.Watts), amount("input_volts", "In", metric.Volts),
			amount("output_volts", "Out", metric.Volts),
		}},
		{Title: "What happened", Path: "history", Empty: "The power has not gone since Unity looks.", Columns: []plugin.Column{
			column(plugin.CellTime, "time", "Time"), column(plugin.CellCode, "ups", "UPS"), column(plugin.CellText, "title", "What"),
			column(plugin.CellStatus, "severity", "Severity"),
		}},
		{Title: "Devices", Path: "devices", Columns: []plugin.Column{
			column(plugin.CellCode, "ups", "UPS"), column(plugin.CellText, "description", "Description"), column(plugin.CellText, "manufacturer", "Maker"),
			column(plugin.CellText, "model", "Model"), column(plugin.CellCode, "serial", "Serial number"), column(plugin.CellText, "firmware", "Firmware"),
			column(plugin.CellTime, "battery_date", "Battery of"), column(plugin.CellText, "self_test", "Last self test"),
			column(plugin.CellText, "self_test_date", "When"), column(plugin.CellText, "last_transfer", "Last on battery because"),
		}},
		{Title: "Outlets", Path: "outlets", Empty: "The UPS has no outlets that can be switched.", Columns: []plugin.Column{
			column(plugin.CellCode, "ups", "UPS"), column(plugin.CellCode, "outlet", "Outlet"), column(plugin.CellText, "name", "Name"),
			column(plugin.CellFlag, "on", "On"),
		}},
		{Title: "Machines that are told", Path: "clients", Empty: "No machine waits for word to shut down, or the daemon does not list them: only NUT does.", Columns: []plugin.Column{
			column(plugin.CellCode, "ups", "UPS"), column(plugin.CellCode, "client", "Machine"),
		}},
		{Title: "Daemon", Path: "daemon", Columns: []plugin.Column{
			column(plugin.CellText, "name", "Daemon"), column(plugin.CellText, "version", "Version"), column(plugin.CellCode, "address", "Address"),
		}},
		{Title: "All that it says", Path: "variables", Columns: []plugin.Column{
			column(plugin.CellCode, "ups", "UPS"), column(plugin.CellCode, "name", "Variable"), column(plugin.CellText, "value", "Value"),
		}},
	}
}
