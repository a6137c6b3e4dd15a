package temperature

import (
	"context"

	"github.com/unity-homelab/unity/plugin"
)

// collector turns surveys into samples and a snapshot.
type collector struct {
	config Config
	reader *reader
}

// Collect implements [plugin.Collector].
func (c *collector) Collect(ctx context.Context, out *plugin.Batch) error {
	found, err := c.reader.look(ctx)
	if err != nil {
		return err
	}
	for _, problem := range found.Problems {
		out.Problem(problem)
	}
	report := report{config: c.config, out: out, shown: snapshot{
		Chips: []chipRow{}, Readings: []readingRow{}, Cooling: []cooler{}, Board: found.Board,
		Thresholds: thresholds{Warning: c.config.Warning, Critical: c.config.Critical},
	}}
	out.Add("sensor_humidity_limit_ratio", c.config.HumidityMin/100, "limit", "min")
	out.Add("sensor_humidity_limit_ratio", c.config.HumidityMax/100, "limit", "max")
	for _, one := range found.Chips {
		report.addChip(one)
	}
	for _, one := range found.Cooling {
		out.Add("sensor_cooling_state_ratio", one.Ratio, "device", one.Device)
		report.shown.Cooling = append(report.shown.Cooling, one)
	}
	if b := found.Board; b != nil {
		out.AddBool("sensor_undervoltage", b.UnderVoltage)
		out.AddBool("sensor_throttled", b.Throttled || b.Capped || b.SoftLimit)
	}
	if s := report.shown.Summary; s.Max != nil {
		out.Add("sensor_temperature_max_celsius", *s.Max)
	}
	report.finish()
	out.SetSnapshot(report.shown)
	return nil
}

// report gathers what one collection gives.
type report struct {
	config Config
	out    *plugin.Batch
	shown  snapshot
}

// addChip adds the samples and rows of one chip.
func (r *report) addChip(c chip) {
	row := chipRow{ID: c.ID, Name: c.Name, Device: c.Device, Idle: c.Idle, Readings: []readingRow{}}
	for _, one := range c.Readings {
		if !plugin.Selects(r.config.Include, r.config.Exclude, c.ID+"/"+one.Label) {
			continue
		}
		if !one.Silent && one.Kind == temperature && !r.believable(one.Value) {
			continue // nothing is connected to this input
		}
		shown := r.addReading(c, one)
		row.Readings = append(row.Readings, shown)
		r.shown.Readings = append(r.shown.Readings, shown)
	}
	if len(row.Readings) > 0 || c.Idle {
		r.shown.Chips = append(r.shown.Chips, row)
	}
}

func (r *report) believable(celsius float64) bool {
	return celsius >= r.config.MinValid && celsius <= r.config.MaxValid
}

// addReading adds the samples of one sensor and returns its row.
func (r *report) addReading(c chip, one reading) readingRow {
	labels := []string{"chip", c.ID, "sensor", one.Label}
	row := readingRow{
		Chip: c.ID, Device: c.Device, Label: one.Label, Kind: one.Kind, State: "ok",
		Limits: map[string]float64{},
	}
	if one.Alarm != nil && *one.Alarm {
		row.State = "warning"
	}
	if one.Fault {
		row.State = "fault"
	}
	r.shown.Summary.Sensors++
	if one.Kind == temperature {
		r.addTemperature(c, one, labels, &row)
		return row
	}
	if one.Kind == fan {
		r.shown.Summary.Fans++
		if one.Alarm != nil {
			r.out.AddBool("sensor_fan_alarm", *one.Alarm, labels...)
		}
		if low, ok := one.Limits["min"]; ok {
			row.Limits["min"] = low
			r.out.Add("sensor_fan_min_rpm", low, labels...)
		}
	}
	if one.Silent {
		return row
	}
	value := one.Value
	row.Value = &value
	row.show(one.Kind)
	switch one.Kind {
	case fan:
		r.out.Add("sensor_fan_speed_rpm", value, labels...)
	case pwm:
		r.out.Add("sensor_fan_pwm_ratio", value, labels...)
	case voltage:
		r.out.Add("sensor_voltage_volts", value, labels...)
	case current:
		r.out.Add("sensor_current_amperes", value, labels...)
	case power:
		r.out.Add("sensor_power_watts", value, labels...)
	case energy:
		r.out.Add("sensor_energy_joules_total", value, labels...)
	case humidity:
		r.out.Add("sensor_humidity_ratio", value, labels...)
	case pressure:
		r.out.Add("sensor_pressure_pascals", value, labels...)
	}
	return row
}

// addTemperature adds the samples of one thermometer.
func (r *report) addTemperature(c chip, one reading, labels []string, row *readingRow) {
	r.shown.Summary.Temperatures++
	if one.Alarm != nil {
		r.out.AddBool("sensor_temperature_alarm", *one.Alarm, labels...)
	}
	if one.Silent {
		return
	}
	withDevice := labels
	if c.Device != "" {
		withDevice = append(append([]string{}, labels...), "device", c.Device)
	}
	r.out.Add("sensor_temperature_celsius", one.Value, withDevice...)
	for _, limit := range []string{"max", "crit", "emergency", "min"} {
		if at, ok := one.Limits[limit]; ok && r.believable(at) {
			r.out.Add("sensor_temperature_limit_celsius", at, append(append([]string{}, labels...), "limit", limit)...)
			row.Limits[limit] = r.shownTemperature(at)
		}
	}
	warning, critical := r.config.limitsOf(one)
	r.out.Add("sensor_temperature_threshold_celsius", warning, append(append([]string{}, labels...), "level", "warning")...)
	r.out.Add("sensor_temperature_threshold_celsius", critical, append(append([]string{}, labels...), "level", "critical")...)
	switch {
	case row.State == "fault":
	case one.Value >= critical:
		row.State = "critical"
	case one.Value >= warning:
		row.State = "warning"
	}
	value := r.shownTemperature(one.Value)
	row.Value, row.Unit = &value, "°C"
	if r.config.Unit == "fahrenheit" {
		row.Unit = "°F"
	}
	warnAt, criticalAt := r.shownTemperature(warning), r.shownTemperature(critical)
	row.Warning, row.Critical = &warnAt, &criticalAt
	if s := &r.shown.Summary; s.Max == nil || one.Value > *s.Max {
		highest := one.Value
		s.Max, s.MaxSensor = &highest, c.ID+"/"+one.Label
	}
}

// shownTemperature converts for people.
func (r *report) shownTemperature(celsius float64) float64 {
	if r.config.Unit == "fahrenheit" {
		return celsius*9/5 + 32
	}
	return celsius
}

// limitsOf returns from where a temperature is worth a warning, and critical.
// The chip knows best, if its limits make sense: many boards leave them at 0 or
// at 127.
func (c Config) limitsOf(one reading) (warning, critical float64) {
	warning, critical = c.Warning, c.Critical
	if !c.UseChipLimits {
		return warning, critical
	}
	sensible := func(name string) (float64, bool) {
		const lowest, highest = 30, 125
		at, ok := one.Limits[name]
		return at, ok && at >= lowest && at <= highest
	}
	most, hasMost := sensible("max")
	crit, hasCrit := sensible("crit")
	// Critical begins a little before the chip switches itself off.
	const margin, distance = 2, 10
	switch {
	case hasMost && hasCrit && most < crit:
		return most, max(most, crit-margin)
	case hasCrit: // processors that give only where they switch off
		return min(critical, crit-distance), crit - margin
	case hasMost:
		return most, max(most, critical)
	default:
		return warning, critical
	}
}
