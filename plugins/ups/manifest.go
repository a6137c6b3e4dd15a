package ups

import (
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func manifest() plugin.Manifest {
	return plugin.Manifest{
		ID: "ups_monitor", Name: "UPS", Category: plugin.Power, Icon: "battery-charging",
		Summary: "Uninterruptible power supplies: mains or battery, charge, runtime and load.",
		Description: "Asks the daemon that looks after a UPS, Network UPS Tools or apcupsd, whether mains are there, how full the battery is, " +
			"how long it would last and how much hangs on it. Says when the power goes and when it comes back, and when a battery wants to be replaced. " +
			"Nothing is switched or set.",
		Tags:     []string{"ups", "power", "battery", "nut", "apcupsd", "apc", "eaton", "cyberpower"},
		Interval: 15 * time.Second, Timeout: 10 * time.Second,
		Rights: plugin.Rights{
			Network: true, Paths: []string{nutConfig, apcupsdConfig, usbDevices},
			Notes: "Reading needs no login. The paths are looked at only to find a UPS whose daemon does not run.",
		},
		Metrics: metrics(), Panels: panels(), Tables: tables(), Rules: rules(),
	}
}

func gauge(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
	return metric.Definition{Name: name, Kind: metric.Gauge, Unit: unit, Help: help, Labels: append([]string{"ups"}, labels...)}
}

func counter(name string, unit metric.Unit, help string) metric.Definition {
	return metric.Definition{Name: name, Kind: metric.Counter, Unit: unit, Help: help, Labels: []string{"ups"}}
}

func metrics() []metric.Definition { return append(stateMetrics(), powerMetrics()...) }

// stateMetrics tell how the UPS and its battery are.
func stateMetrics() []metric.Definition {
	return []metric.Definition{
		gauge("ups_info", metric.None, "Always 1; its labels say what UPS it is.", "model", "manufacturer", "serial", "firmware", "driver"),
		gauge("ups_status", metric.Bool, "1 for each state that the UPS is in; several at once.", "state"),
		gauge("ups_battery_charge_ratio", metric.Ratio, "How full the battery is."),
		gauge("ups_battery_charge_low_ratio", metric.Ratio, "The charge below which the UPS says that little battery is left."),
		gauge("ups_battery_runtime_seconds", metric.Seconds, "How long the battery would last at this load."),
		gauge("ups_battery_runtime_low_seconds", metric.Seconds, "The runtime below which the UPS says that little battery is left."),
		gauge("ups_runtime_on_battery_seconds", metric.Seconds, "How long the battery will last; only while it is in use."),
		gauge("ups_battery_voltage_volts", metric.Volts, "Voltage of the battery."),
		gauge("ups_battery_voltage_nominal_volts", metric.Volts, "Voltage that the battery is made for."),
		gauge("ups_battery_temperature_celsius", metric.Celsius, "Temperature of the battery."),
		gauge("ups_battery_date_timestamp_seconds", metric.TimestampSeconds, "When the battery was put in, or made, as somebody has told the UPS."),
		gauge("ups_temperature_celsius", metric.Celsius, "Temperature inside the UPS."),
		gauge("ups_self_test", metric.Bool, "1 for the result of the last self test.", "state"),
		counter("ups_transfers_total", metric.None, "How often the UPS went on battery: as apcupsd counts, or with NUT as was seen."),
		gauge("ups_time_on_battery_seconds", metric.Seconds, "For how long it has been on battery; 0 on mains."),
		counter("ups_time_on_battery_seconds_total", metric.Seconds, "Time on battery in all: as apcupsd counts, or with NUT as was seen."),
		gauge("ups_clients", metric.None, "Machines that NUT tells when to shut down."),
		gauge("ups_outlet_on", metric.Bool, "1 while the outlet is switched on.", "outlet"),
		gauge("ups_variable", metric.None, "A further number of the daemon, as extra_variables asks for.", "variable"),
	}
}

// powerMetrics tell what goes in and out.
func powerMetrics() []metric.Definition {
	return []metric.Definition{
		gauge("ups_load_ratio", metric.Ratio, "Part of what the UPS can carry that hangs on it."),
		gauge("ups_real_power_watts", metric.Watts, "Power drawn from the UPS; computed from the load where the UPS does not measure it."),
		gauge("ups_real_power_nominal_watts", metric.Watts, "Power that the UPS can give."),
		gauge("ups_apparent_power_voltamperes", metric.None, "Apparent power drawn, in VA; computed from the load where the UPS does not measure it."),
		gauge("ups_apparent_power_nominal_voltamperes", metric.None, "Apparent power that the UPS can give, in VA."),
		gauge("ups_input_voltage_volts", metric.Volts, "Voltage of the mains."),
		gauge("ups_input_voltage_nominal_volts", metric.Volts, "Voltage that the mains should have."),
		gauge("ups_input_frequency_hertz", metric.Hertz, "Frequency of the mains."),
		gauge("ups_input_current_amperes", metric.Amperes, "Current drawn from the mains."),
		gauge("ups_input_transfer_low_volts", metric.Volts, "The voltage below which the UPS goes on battery."),
		gauge("ups_input_transfer_high_volts", metric.Volts, "The voltage above which the UPS goes on battery."),
		gauge("ups_output_voltage_volts", metric.Volts, "Voltage that the UPS gives."),
		gauge("ups_output_frequency_hertz", metric.Hertz, "Frequency that the UPS gives."),
		gauge("ups_output_current_amperes", metric.Amperes, "Current that the UPS gives."),
		gauge("ups_efficiency_ratio", metric.Ratio, "Part of the power drawn from the mains that the UPS gives on."),
		gauge("ups_ambient_temperature_celsius", metric.Celsius, "Temperature at a sensor beside the UPS."),
		gauge("ups_ambient_humidity_ratio", metric.Ratio, "Humidity at a sensor beside the UPS."),
	}
}
