package temperature

import (
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func manifest() plugin.Manifest {
	return plugin.Manifest{
		ID:       "temperature_monitor",
		Name:     "Temperatures",
		Category: plugin.Hardware,
		Summary:  "Temperatures with their limits, fans, voltages, power, humidity and air pressure.",
		Description: "Reads every sensor that the kernel knows: processors, boards, disks, graphics cards, power supplies, " +
			"environmental sensors and 1-wire thermometers, each with the limits its chip gives, " +
			"and whether a Raspberry Pi gets enough voltage. Quiet hard disks are left alone, so that they can sleep.",
		Tags:     []string{"temperature", "fan", "sensors", "voltage", "power", "humidity", "raspberry pi"},
		Icon:     "thermometer",
		Interval: 30 * time.Second,
		Timeout:  15 * time.Second,
		Rights: plugin.Rights{
			Commands: []string{"sensors", "vcgencmd"},
			Paths: []string{
				"/sys/class/hwmon", "/sys/class/thermal", "/sys/bus/iio/devices", "/sys/bus/w1/devices", "/sys/devices",
				"/sys/block", "/proc/device-tree/model",
			},
			Notes: "Works for every user.",
		},
		Metrics: metrics(),
		Panels:  panels(),
		Tables:  tables(),
		Rules:   rules(),
	}
}

func metrics() []metric.Definition {
	gauge := func(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
		return metric.Definition{Name: name, Kind: metric.Gauge, Unit: unit, Labels: labels, Help: help}
	}
	return []metric.Definition{
		gauge("sensor_temperature_celsius", metric.Celsius, "Temperature.", "chip", "sensor", "device"),
		gauge("sensor_temperature_limit_celsius", metric.Celsius, "Limit that the chip gives: max, crit, emergency or min.", "chip", "sensor", "limit"),
		gauge("sensor_temperature_threshold_celsius", metric.Celsius, "Temperature from which the shipped rules warn (level warning) and are critical: the chip's limit where it gives a sensible one, else the configured one.", "chip", "sensor", "level"),
		gauge("sensor_temperature_alarm", metric.Bool, "1 when the chip raises an alarm for a temperature, or its sensor is broken.", "chip", "sensor"),
		gauge("sensor_temperature_max_celsius", metric.Celsius, "Highest of all temperatures."),
		gauge("sensor_fan_speed_rpm", metric.RPM, "Speed of a fan.", "chip", "sensor"),
		gauge("sensor_fan_min_rpm", metric.RPM, "Speed below which the chip raises an alarm.", "chip", "sensor"),
		gauge("sensor_fan_alarm", metric.Bool, "1 when the chip raises an alarm for a fan, or it is broken.", "chip", "sensor"),
		gauge("sensor_fan_pwm_ratio", metric.Ratio, "How hard a fan is driven.", "chip", "sensor"),
		gauge("sensor_voltage_volts", metric.Volts, "Voltage.", "chip", "sensor"),
		gauge("sensor_current_amperes", metric.Amperes, "Current.", "chip", "sensor"),
		gauge("sensor_power_watts", metric.Watts, "Power drawn.", "chip", "sensor"),
		{Name: "sensor_energy_joules_total", Kind: metric.Counter, Unit: metric.Joules, Labels: []string{"chip", "sensor"}, Help: "Energy drawn."},
		gauge("sensor_humidity_ratio", metric.Ratio, "Relative humidity of the air.", "chip", "sensor"),
		gauge("sensor_humidity_limit_ratio", metric.Ratio, "Humidity below (limit min) and above (limit max) which the shipped rules warn, as configured.", "limit"),
		gauge("sensor_pressure_pascals", metric.Pascals, "Air pressure.", "chip", "sensor"),
		gauge("sensor_cooling_state_ratio", metric.Ratio, "How much a cooling device does of what it can: a fan turning faster, or a processor running slower.", "device"),
		gauge("sensor_undervoltage", metric.Bool, "1 when a Raspberry Pi gets too little voltage."),
		gauge("sensor_throttled", metric.Bool, "1 when a Raspberry Pi runs slower than it could, for heat or for want of voltage."),
	}
}

func panels() []plugin.Panel {
	return []plugin.Panel{
		{
			Title: "Temperatures", Kind: plugin.Line, Unit: metric.Celsius, Wide: true,
			Warning: plugin.Bound(75), Critical: plugin.Bound(85),
			Queries: []plugin.Query{{Metric: "sensor_temperature_celsius", Legend: "{device} {chip} {sensor}", Top: 16}},
			Help:    "The warmest sixteen sensors. Each has limits of its own; see the table.",
		},
		{
			Title: "Warmest", Kind: plugin.Gauge, Unit: metric.Celsius, Min: plugin.Bound(0), Max: plugin.Bound(110),
			Warning: plugin.Bound(75), Critical: plugin.Bound(85),
			Queries: []plugin.Query{{Metric: "sensor_temperature_max_celsius"}},
		},
		{
			Title: "Fans", Kind: plugin.Line, Unit: metric.RPM, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "sensor_fan_speed_rpm", Legend: "{sensor}"}},
		},
		{
			Title: "Warn from", Kind: plugin.Bar, Unit: metric.Celsius, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "sensor_temperature_threshold_celsius", Match: map[string]string{"level": "warning"}, Legend: "{chip} {sensor}"}},
			Help:    "The temperature from which each sensor is worth a warning.",
		},
		{
			Title: "Power", Kind: plugin.Area, Unit: metric.Watts, Min: plugin.Bound(0),
			Queries: []plugin.Query{
				{Metric: "sensor_power_watts", Legend: "{chip} {sensor}"},
				{Metric: "sensor_energy_joules_total", Rate: true, Legend: "{chip} {sensor}"},
			},
		},
		{
			Title: "Voltages", Kind: plugin.Line, Unit: metric.Volts,
			Queries: []plugin.Query{{Metric: "sensor_voltage_volts", Legend: "{sensor}"}},
		},
		{
			Title: "Humidity", Kind: plugin.Line, Unit: metric.Ratio, Min: plugin.Bound(0), Max: plugin.Bound(1),
			Queries: []plugin.Query{{Metric: "sensor_humidity_ratio", Legend: "{chip}"}},
		},
		{
			Title: "Cooling at work", Kind: plugin.Line, Unit: metric.Ratio, Min: plugin.Bound(0), Max: plugin.Bound(1),
			Queries: []plugin.Query{{Metric: "sensor_cooling_state_ratio", Legend: "{device}"}},
		},
	}
}

func tables() []plugin.Table {
	return []plugin.Table{
		{
			Title: "Sensors", Path: "readings", Empty: "No sensor is watched; see sensor_include and sensor_exclude.",
			Columns: []plugin.Column{
				plugin.StatusColumn("state", "State").With(plugin.Levels{Critical: []string{"fault"}}),
				{Key: "device", Title: "Device", Kind: plugin.CellCode},
				{Key: "chip", Title: "Chip", Kind: plugin.CellCode},
				{Key: "label", Title: "Sensor", Kind: plugin.CellText},
				{Key: "value", Title: "Reading", Kind: plugin.CellNumber},
				{Key: "unit", Title: "Unit", Kind: plugin.CellText},
				{Key: "warning", Title: "Warn from", Kind: plugin.CellNumber},
				{Key: "critical", Title: "Critical from", Kind: plugin.CellNumber},
			},
		},
		{
			Title: "Cooling", Path: "cooling", Empty: "The kernel controls no cooling here.",
			Columns: []plugin.Column{
				{Key: "device", Title: "Device", Kind: plugin.CellCode},
				{Key: "type", Title: "Type", Kind: plugin.CellText},
				{Key: "ratio", Title: "At work", Kind: plugin.CellNumber, Unit: metric.Ratio},
			},
		},
	}
}

// rules are the alerts that ship with the plugin. A temperature is compared
// with the threshold of its own sensor.
func rules() []plugin.Rule {
	const at = ` >= on(host, source, chip, sensor) group_left() `
	return []plugin.Rule{
		{
			ID: "temperature_high", Name: "Temperature high", For: 5 * time.Minute, Severity: plugin.Warning,
			Expr:    `sensor_temperature_celsius` + at + `sensor_temperature_threshold_celsius{level="warning"}`,
			Summary: "{{.Labels.sensor}} of {{.Labels.chip}} has {{.Value}} °C",
			Hint:    "Dust, a fan that stands still, or warm air around the machine.",
		},
		{
			ID: "temperature_critical", Name: "Temperature critical", For: time.Minute, Severity: plugin.Critical,
			Expr:    `sensor_temperature_celsius` + at + `sensor_temperature_threshold_celsius{level="critical"}`,
			Summary: "{{.Labels.sensor}} of {{.Labels.chip}} has {{.Value}} °C, close to what it bears",
			Hint:    "Take load off the machine now and see to its cooling.",
		},
		{
			ID: "temperature_alarm", Name: "Alarm of a chip", For: time.Minute, Severity: plugin.Warning,
			Expr:    `sensor_temperature_alarm == 1`,
			Summary: "{{.Labels.chip}} raises an alarm for {{.Labels.sensor}}",
		},
		{
			ID: "fan_stopped", Name: "Fan stopped", For: 2 * time.Minute, Severity: plugin.Critical,
			Expr: `sensor_fan_speed_rpm == 0 and (max_over_time(sensor_fan_speed_rpm[1d]) > 0` +
				` or on(host, source, chip, sensor) sensor_fan_min_rpm > 0)`,
			Summary: "{{.Labels.sensor}} of {{.Labels.chip}} stands still",
			Hint:    "Graphics cards and quiet boards stop fans on purpose while it is cool; leave such a sensor out with sensor_exclude.",
		},
		{
			ID: "humidity_out_of_range", Name: "Air too dry or too damp", For: 30 * time.Minute, Severity: plugin.Warning,
			Expr: `sensor_humidity_ratio > on(host, source) group_left() sensor_humidity_limit_ratio{limit="max"}` +
				` or sensor_humidity_ratio < on(host, source) group_left() sensor_humidity_limit_ratio{limit="min"}`,
			Summary: "the humidity at {{.Labels.chip}} is out of its range",
		},
		{
			ID: "humidity_critical", Name: "Air very damp", For: 30 * time.Minute, Severity: plugin.Critical,
			Expr:    `sensor_humidity_ratio > 0.8`,
			Summary: "the air at {{.Labels.chip}} is very damp",
			Hint:    "Water may condense on what is colder than the air.",
		},
		{
			ID: "undervoltage", Name: "Voltage too low", For: time.Minute, Severity: plugin.Warning,
			Expr:    `sensor_undervoltage == 1`,
			Summary: "the board gets too little voltage",
			Hint:    "Use the official power supply and a short, thick cable; SD cards break from this.",
		},
	}
}
