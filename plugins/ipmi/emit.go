package ipmi

import (
	"math"

	"github.com/unity-homelab/unity/plugin"
)

// roundTo rounds to a fraction of one.
func roundTo(v, parts float64) float64 { return math.Round(v*parts) / parts }

// put adds a value that is known.
func put(out *plugin.Batch, name string, v *float64, labels ...string) {
	if v != nil {
		out.Add(name, *v, labels...)
	}
}

// emit makes samples of what the controller told.
func (c *collector) emit(m *machine, kept *memory, out *plugin.Batch) {
	labels := []string{"protocol", m.Protocol}
	for _, label := range []struct{ name, value string }{{"firmware", m.Firmware}, {"manufacturer", m.Manufacturer}, {"model", m.Model}} {
		if label.value != "" {
			labels = append(labels, label.name, label.value)
		}
	}
	out.Add("ipmi_bmc_info", 1, labels...)
	if m.PowerOn != nil {
		out.AddBool("ipmi_chassis_power_on", *m.PowerOn)
		if c.config.ExpectsOn {
			out.AddBool("ipmi_power_as_expected", *m.PowerOn)
		}
	}
	faults := make(map[string]bool)
	for _, f := range m.Faults {
		faults[f.kind] = faults[f.kind] || f.is // of any chassis
	}
	for kind, is := range faults {
		out.AddBool("ipmi_chassis_fault", is, "kind", kind)
	}
	emitSensors(m, out)
	put(out, "ipmi_power_consumption_watts", m.Watts.Now)
	put(out, "ipmi_power_average_watts", m.Watts.Average)
	put(out, "ipmi_power_max_watts", m.Watts.Max)
	put(out, "ipmi_power_limit_watts", m.Watts.Limit)
	for _, s := range m.Supplies {
		if s.known {
			out.AddBool("ipmi_psu_ok", s.State == stateOK, "psu", s.Name)
		}
		put(out, "ipmi_psu_output_watts", s.Output, "psu", s.Name)
		put(out, "ipmi_psu_input_watts", s.Input, "psu", s.Name)
		put(out, "ipmi_psu_input_volts", s.Volts, "psu", s.Name)
		put(out, "ipmi_psu_capacity_watts", s.Capacity, "psu", s.Name)
	}
	type group struct{ kind, name string }
	redundant := make(map[group]bool)
	for _, r := range m.Redundancy {
		at := group{r.Kind, r.Name}
		was, known := redundant[at]
		redundant[at] = r.OK && (was || !known)
	}
	for at, ok := range redundant {
		out.AddBool("ipmi_redundancy_ok", ok, "kind", at.kind, "name", at.name)
	}
	for component, state := range m.Health {
		out.AddState("ipmi_health", state, healthStates(), "component", component)
	}
	for _, d := range m.Drives {
		if d.State != "" {
			out.AddBool("ipmi_drive_ok", d.State == stateOK, "drive", d.Name)
		}
		put(out, "ipmi_drive_life_left_ratio", d.LifeLeft, "drive", d.Name)
		if d.Failing != nil {
			out.AddBool("ipmi_drive_failure_predicted", *d.Failing, "drive", d.Name)
		}
	}
	put(out, "ipmi_memory_bytes", m.MemoryBytes)
	put(out, "ipmi_processors", m.Processors)
	if m.Log == nil {
		return
	}
	put(out, "ipmi_sel_entries", m.Log.Entries)
	put(out, "ipmi_sel_free_bytes", m.Log.FreeBytes)
	put(out, "ipmi_sel_used_ratio", m.Log.Used)
	for _, severity := range severities() {
		out.Add("ipmi_sel_events_total", kept.Counts[severity], "severity", severity)
	}
}

// emitSensors makes samples of sensors: of the value, the limits, and the state.
func emitSensors(m *machine, out *plugin.Batch) {
	counts := make(map[string]float64)
	for _, s := range m.Sensors {
		at := []string{"sensor", s.Name, "entity", s.Entity}
		counts[s.State]++
		out.AddState("ipmi_sensor_state", s.State, sensorStates(), append(at, "type", s.Type)...)
		put(out, "ipmi_sensor_upper_critical", s.Upper.Critical, at...)
		put(out, "ipmi_sensor_lower_critical", s.Lower.Critical, at...)
		if s.Value == nil {
			continue
		}
		switch {
		case s.Kind == kindTemperature:
			out.Add("ipmi_temperature_celsius", *s.Value, at...)
		case s.Kind == kindFan && s.Unit == "ratio":
			out.Add("ipmi_fan_speed_ratio", *s.Value, at...)
		case s.Kind == kindFan:
			out.Add("ipmi_fan_speed_rpm", *s.Value, at...)
		case s.Kind == kindVoltage:
			out.Add("ipmi_voltage_volts", *s.Value, at...)
		case s.Kind == kindCurrent:
			out.Add("ipmi_current_amperes", *s.Value, at...)
		case s.Kind == kindPower:
			out.Add("ipmi_power_watts", *s.Value, at...)
		case s.Unit == "ratio" && s.Type == "fan":
			out.Add("ipmi_fan_speed_ratio", *s.Value, at...)
		default:
			out.Add("ipmi_sensor_value", *s.Value, append(at, "unit", s.Unit)...)
		}
	}
	if len(m.Sensors) > 0 {
		for _, state := range sensorStates() {
			out.Add("ipmi_sensors", counts[state], "state", state)
		}
	}
}
