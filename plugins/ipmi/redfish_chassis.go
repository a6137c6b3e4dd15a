package ipmi

import (
	"context"
	"strings"

	"github.com/unity-homelab/unity/fault"
)

// readChassis reads sensors and power of every chassis: in the documents that
// all have had for years, or in the many that took their place.
func (r *redfish) readChassis(ctx context.Context, m *machine, root node) error {
	all, err := r.members(ctx, root.link("Chassis"))
	if err != nil {
		return err
	}
	for _, chassis := range all {
		if _, there := chassis.state(); !there {
			continue
		}
		m.health("chassis", chassis)
		if r.wants(partChassis) && chassis.in("PhysicalSecurity").text("IntrusionSensor") != "" {
			open := !strings.EqualFold(chassis.in("PhysicalSecurity").text("IntrusionSensor"), "Normal")
			m.Faults = append(m.Faults, chassisFault{"intrusion", open})
		}
		for _, err := range []error{r.readThermal(ctx, m, chassis), r.readSupplies(ctx, m, chassis)} {
			if ctx.Err() != nil || fault.Of(err) == fault.Auth {
				return err
			}
			m.note(err)
		}
	}
	return nil
}

// take adds a sensor when it is to be shown.
func (r *redfish) take(m *machine, s sensor, there bool) {
	if !there || s.Name == "" || !r.filter.shows(s.Name) {
		return
	}
	if s.Value == nil {
		s.State = stateNA
	} else if s.State == "" {
		s.State = s.byThresholds()
	}
	m.add(s)
}

// byThresholds says how good a value is whose controller does not.
func (s *sensor) byThresholds() string {
	over := func(limit *float64) bool { return limit != nil && *s.Value >= *limit }
	under := func(limit *float64) bool { return limit != nil && *s.Value <= *limit }
	switch {
	case over(s.Upper.Critical), over(s.Upper.Fatal), under(s.Lower.Critical), under(s.Lower.Fatal):
		return stateCritical
	case over(s.Upper.Warning), under(s.Lower.Warning):
		return stateWarning
	default:
		return stateOK
	}
}

// oldThresholds reads those of a reading; a limit of 0 is one that was not set.
func oldThresholds(n node, prefix string) thresholds {
	read := func(name string) *float64 {
		if v := n.number(prefix + "Threshold" + name); v != nil && *v != 0 {
			return v
		}
		return nil
	}
	return thresholds{Warning: read("NonCritical"), Critical: read("Critical"), Fatal: read("Fatal")}
}

// reading makes a sensor of an entry of a list.
func reading(n node, entity, kind, unit string, names ...string) (sensor, bool) {
	state, there := n.state()
	return sensor{
		Name: n.text("Name", "FanName", "MemberId"), Entity: entity, Kind: kind, Type: kind, Unit: unit, State: state, Value: n.number(names...),
		Upper: oldThresholds(n, "Upper"), Lower: oldThresholds(n, "Lower"),
	}, there
}

// readThermal reads temperatures and fans.
func (r *redfish) readThermal(ctx context.Context, m *machine, chassis node) error {
	if !r.wants(partSensors) {
		return nil
	}
	entity := chassis.text("Id", "Name")
	path := chassis.link("Thermal")
	if path == "" {
		return r.readNewThermal(ctx, m, chassis, entity)
	}
	thermal, err := r.get(ctx, path)
	if err != nil {
		return err
	}
	for _, n := range thermal.list("Temperatures") {
		s, there := reading(n, entity, kindTemperature, "celsius", "ReadingCelsius")
		if s.Value != nil && *s.Value == 0 && s.State == "" {
			there = false // what is not plugged in
		}
		r.take(m, s, there)
	}
	for _, n := range thermal.list("Fans") {
		s, there := reading(n, entity, kindFan, "rpm", "Reading", "CurrentReading")
		if strings.EqualFold(n.text("ReadingUnits", "Units"), "percent") {
			s.toRatio()
		}
		r.take(m, s, there)
	}
	for _, n := range thermal.list("Redundancy") {
		m.redundant("fan", n)
	}
	return nil
}

// toRatio makes a ratio of a percentage.
func (s *sensor) toRatio() {
	const percent = 100
	s.Unit = "ratio"
	for _, v := range []**float64{&s.Value, &s.Upper.Warning, &s.Upper.Critical, &s.Upper.Fatal, &s.Lower.Warning, &s.Lower.Critical, &s.Lower.Fatal} {
		if *v != nil {
			*v = value(**v / percent)
		}
	}
}

// redundant takes an entry of a list of what may fail.
func (m *machine) redundant(kind string, n node) {
	state, there := n.state()
	if !there || state == "" {
		return
	}
	m.Redundancy = append(m.Redundancy, redundancy{Kind: kind, Name: n.text("Name", "MemberId", "RedundancyType"), OK: state == stateOK, Words: n.text("Mode", "RedundancyType")})
}

// readNewThermal reads sensors one by one, as newer models have them, and fans
// where those are not among them.
func (r *redfish) readNewThermal(ctx context.Context, m *machine, chassis node, entity string) error {
	sensors, err := r.members(ctx, chassis.link("Sensors"))
	if err != nil {
		return err
	}
	before := len(m.Sensors)
	fans := false
	for _, n := range sensors {
		unit := unitOfRedfish(n.text("ReadingUnits"))
		s, there := reading(n, entity, kindOfUnit(unit), unit, "Reading")
		s.Upper, s.Lower = newThresholds(n, "Upper"), newThresholds(n, "Lower")
		if unit == "percent" {
			s.toRatio()
			if strings.EqualFold(n.text("PhysicalContext"), "Fan") || strings.Contains(strings.ToLower(s.Name), "fan") {
				s.Kind, s.Type = kindFan, kindFan
			}
		}
		fans = fans || s.Kind == kindFan
		r.take(m, s, there)
	}
	path := chassis.link("ThermalSubsystem")
	if path == "" {
		return nil
	}
	thermal, err := r.get(ctx, path)
	if err != nil {
		return err
	}
	for _, n := range thermal.list("FanRedundancy") {
		m.redundant("fan", n)
	}
	if !fans {
		list, err := r.members(ctx, thermal.link("Fans"))
		m.note(err)
		for _, n := range list {
			s, there := reading(n, entity, kindFan, "rpm", "Reading")
			if s.Value = n.in("SpeedPercent").number("SpeedRPM"); s.Value == nil {
				s.Value = n.number("SpeedPercent")
				s.toRatio()
			}
			r.take(m, s, there)
		}
	}
	if len(m.Sensors) > before && len(sensors) > 0 {
		return nil
	}
	path = thermal.link("ThermalMetrics")
	if path == "" {
		return nil
	}
	metrics, err := r.get(ctx, path)
	if err != nil {
		return err
	}
	for _, n := range metrics.list("TemperatureReadingsCelsius") {
		r.take(m, sensor{Name: n.text("DeviceName", "DataSourceUri"), Entity: entity, Kind: kindTemperature, Type: kindTemperature, Unit: "celsius", Value: n.number("Reading")}, true)
	}
	return nil
}

// newThresholds reads those of a sensor of the newer model.
func newThresholds(n node, side string) thresholds {
	read := func(name string) *float64 { return n.in("Thresholds", side+name).number("Reading") }
	return thresholds{Warning: read("Caution"), Critical: read("Critical"), Fatal: read("Fatal")}
}

// unitOfRedfish translates the units that Redfish takes of UCUM.
func unitOfRedfish(unit string) string {
	switch unit {
	case "Cel":
		return "celsius"
	case "V":
		return "volts"
	case "A":
		return "amperes"
	case "W":
		return "watts"
	case "RPM", "{rev}/min":
		return "rpm"
	case "%":
		return "percent"
	case "Hz":
		return "hertz"
	case "J":
		return "joules"
	case "[ft_i]3/min":
		return "cfm"
	case "kW.h":
		return "kilowatt_hours"
	default:
		return strings.ToLower(strings.Trim(unit, "{}"))
	}
}

// readSupplies reads what a chassis draws, its power supplies and voltages.
func (r *redfish) readSupplies(ctx context.Context, m *machine, chassis node) error {
	path := chassis.link("Power")
	if path == "" {
		return r.readNewSupplies(ctx, m, chassis)
	}
	power, err := r.get(ctx, path)
	if err != nil {
		return err
	}
	if r.wants(partSensors) {
		for _, n := range power.list("Voltages") {
			s, there := reading(n, chassis.text("Id", "Name"), kindVoltage, "volts", "ReadingVolts")
			r.take(m, s, there)
		}
	}
	if !r.wants(partPower) {
		return nil
	}
	for i, n := range power.list("PowerControl") {
		if i > 0 || m.Watts.Now != nil {
			break // the first is the machine, the others its parts
		}
		metrics := n.in("PowerMetrics")
		m.Watts = consumption{
			Now: n.number("PowerConsumedWatts"), Average: metrics.number("AverageConsumedWatts"), Max: metrics.number("MaxConsumedWatts"),
			Limit: n.in("PowerLimit").number("LimitInWatts"),
		}
	}
	for _, n := range power.list("PowerSupplies") {
		m.supply(n, supply{
			Output: n.number("LastPowerOutputWatts", "PowerOutputWatts"), Input: n.number("PowerInputWatts"), Volts: n.number("LineInputVoltage"),
			Capacity: n.number("PowerCapacityWatts"),
		})
	}
	for _, n := range power.list("Redundancy") {
		m.redundant("psu", n)
	}
	return nil
}

// supply takes a power supply that is there.
func (m *machine) supply(n node, s supply) {
	state, there := n.state()
	s.Name, s.Model, s.Serial = n.text("Name", "MemberId", "Id"), n.text("Model"), n.text("SerialNumber")
	if !there || s.Name == "" {
		return
	}
	for i := range m.Supplies {
		if m.Supplies[i].Name == s.Name {
			s.Name += " (" + n.text("MemberId", "Id") + ")"
			break
		}
	}
	s.State, s.known = state, state != ""
	m.Supplies = append(m.Supplies, s)
}

func (r *redfish) readNewSupplies(ctx context.Context, m *machine, chassis node) error {
	path := chassis.link("PowerSubsystem")
	if path == "" || !r.wants(partPower) {
		return nil
	}
	power, err := r.get(ctx, path)
	if err != nil {
		return err
	}
	supplies, err := r.members(ctx, power.link("PowerSupplies"))
	m.note(err)
	for _, n := range supplies {
		s := supply{Capacity: n.number("PowerCapacityWatts")}
		if path := n.link("Metrics"); path != "" {
			metrics, err := r.get(ctx, path)
			m.note(err)
			s.Output, s.Input, s.Volts = metrics.number("OutputPowerWatts"), metrics.number("InputPowerWatts"), metrics.number("InputVoltage")
		}
		m.supply(n, s)
	}
	for _, n := range power.list("PowerSupplyRedundancy") {
		m.redundant("psu", n)
	}
	if path = chassis.link("EnvironmentMetrics"); path == "" || m.Watts.Now != nil {
		return nil
	}
	environment, err := r.get(ctx, path)
	if err != nil {
		return err
	}
	m.Watts = consumption{Now: environment.number("PowerWatts"), Limit: environment.in("PowerLimitWatts").number("SetPoint")}
	return nil
}
