package ipmi

import (
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func manifest() plugin.Manifest {
	return plugin.Manifest{
		ID: "ipmi_monitor", Name: "IPMI and Redfish", Category: plugin.Hardware, Icon: "server",
		Summary: "The hardware of servers by their management controllers: sensors, power, drives and the event log.",
		Description: "Asks the management controller of a server (BMC, iDRAC, iLO, XCC) over IPMI 2.0 or Redfish how warm it is, how its fans turn, " +
			"what it draws, how its power supplies and drives are, and what its log says. It only reads, and a user that may only read suffices.",
		Tags:     []string{"ipmi", "redfish", "bmc", "idrac", "ilo", "supermicro", "server", "temperature", "fan", "power"},
		Interval: time.Minute, Timeout: 45 * time.Second,
		Rights: plugin.Rights{
			Network: true, Commands: []string{ipmitool}, Paths: append(devices(), dmiMaker, dmiChassis),
			Notes: "ipmitool is run only for the controller of this machine, and for interface tool and lan.",
		},
		Metrics: append(sensorMetrics(), machineMetrics()...), Panels: panels(), Tables: tables(), Rules: rules(),
	}
}

func gauge(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
	return metric.Definition{Name: name, Kind: metric.Gauge, Unit: unit, Help: help, Labels: labels}
}

// sensorMetrics are those of sensors.
func sensorMetrics() []metric.Definition {
	measured := func(name string, unit metric.Unit, help string) metric.Definition {
		return gauge(name, unit, help, "sensor", "entity")
	}
	return []metric.Definition{
		measured("ipmi_temperature_celsius", metric.Celsius, "Temperature at a sensor."),
		measured("ipmi_fan_speed_rpm", metric.RPM, "Turns of a fan per minute."),
		measured("ipmi_fan_speed_ratio", metric.Ratio, "Speed of a fan as part of what it can."),
		measured("ipmi_voltage_volts", metric.Volts, "Voltage at a sensor."),
		measured("ipmi_current_amperes", metric.Amperes, "Current at a sensor."),
		measured("ipmi_power_watts", metric.Watts, "Power at a sensor."),
		gauge("ipmi_sensor_value", metric.None, "Value of a sensor of another unit.", "sensor", "entity", "unit"),
		gauge("ipmi_sensor_state", metric.Bool, "1 for the state that a sensor is in; na is no reading.", "sensor", "entity", "type", "state"),
		measured("ipmi_sensor_upper_critical", metric.None, "From here on a value is critical, in the unit of the sensor."),
		measured("ipmi_sensor_lower_critical", metric.None, "Down from here a value is critical, in the unit of the sensor."),
		gauge("ipmi_sensors", metric.None, "Sensors by their state.", "state"),
	}
}

// machineMetrics are those of everything else.
func machineMetrics() []metric.Definition {
	return []metric.Definition{
		gauge("ipmi_bmc_info", metric.None, "Always 1; its labels say what controller it is.", "protocol", "firmware", "manufacturer", "model"),
		gauge("ipmi_chassis_power_on", metric.Bool, "1 while the machine is on."),
		gauge("ipmi_power_as_expected", metric.Bool, "0 while the machine is off and expected to be on."),
		gauge("ipmi_chassis_fault", metric.Bool, "1 while something of the chassis is wrong.", "kind"),
		gauge("ipmi_power_consumption_watts", metric.Watts, "What the machine draws."),
		gauge("ipmi_power_average_watts", metric.Watts, "What it drew on average in the controller's own window."),
		gauge("ipmi_power_max_watts", metric.Watts, "The most it drew in the controller's own window."),
		gauge("ipmi_power_limit_watts", metric.Watts, "What it is allowed to draw."),
		gauge("ipmi_psu_ok", metric.Bool, "1 while a power supply is well.", "psu"),
		gauge("ipmi_psu_output_watts", metric.Watts, "What a power supply gives.", "psu"),
		gauge("ipmi_psu_input_watts", metric.Watts, "What a power supply draws.", "psu"),
		gauge("ipmi_psu_input_volts", metric.Volts, "Voltage at the input of a power supply.", "psu"),
		gauge("ipmi_psu_capacity_watts", metric.Watts, "What a power supply can give.", "psu"),
		gauge("ipmi_redundancy_ok", metric.Bool, "1 while one of several power supplies or fans may fail.", "kind", "name"),
		gauge("ipmi_sel_entries", metric.None, "Entries in the event log."),
		gauge("ipmi_sel_free_bytes", metric.Bytes, "Room that the event log has left."),
		gauge("ipmi_sel_used_ratio", metric.Ratio, "Part of the event log that is full."),
		{Name: "ipmi_sel_events_total", Kind: metric.Counter, Unit: metric.None, Labels: []string{"severity"}, Help: "Entries that came into the event log since Unity looks."},
		gauge("ipmi_health", metric.Bool, "1 for the state that a component is in, as Redfish says.", "component", "state"),
		gauge("ipmi_drive_ok", metric.Bool, "1 while a drive is well.", "drive"),
		gauge("ipmi_drive_life_left_ratio", metric.Ratio, "Part of what an SSD can be written that is left.", "drive"),
		gauge("ipmi_drive_failure_predicted", metric.Bool, "1 while a drive is expected to fail.", "drive"),
		gauge("ipmi_memory_bytes", metric.Bytes, "Memory of the machine."),
		gauge("ipmi_processors", metric.None, "Processors of the machine."),
	}
}
