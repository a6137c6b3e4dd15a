package ups

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// percent is what makes a ratio of it.
const percent = 0.01

// nutFigures are the variables of NUT that are metrics.
func nutFigures() []figure {
	one := func(metric string, names ...string) figure { return figure{metric: metric, names: names, factor: 1} }
	nominal := func(metric string, names ...string) figure {
		return figure{metric: metric, names: names, factor: 1, positive: true}
	}
	ratio := func(metric, name string) figure {
		return figure{metric: metric, names: []string{name}, factor: percent}
	}
	return []figure{
		ratio("ups_battery_charge_ratio", "battery.charge"),
		ratio("ups_battery_charge_low_ratio", "battery.charge.low"),
		one("ups_battery_runtime_seconds", "battery.runtime"),
		one("ups_battery_runtime_low_seconds", "battery.runtime.low"),
		one("ups_battery_voltage_volts", "battery.voltage"),
		nominal("ups_battery_voltage_nominal_volts", "battery.voltage.nominal"),
		one("ups_battery_temperature_celsius", "battery.temperature"),
		one("ups_temperature_celsius", "ups.temperature"),
		ratio("ups_load_ratio", "ups.load"),
		one("ups_real_power_watts", "ups.realpower"),
		nominal("ups_real_power_nominal_watts", "ups.realpower.nominal"),
		one("ups_apparent_power_voltamperes", "ups.power"),
		nominal("ups_apparent_power_nominal_voltamperes", "ups.power.nominal"),
		one("ups_input_voltage_volts", "input.voltage"),
		nominal("ups_input_voltage_nominal_volts", "input.voltage.nominal"),
		one("ups_input_frequency_hertz", "input.frequency"),
		one("ups_input_current_amperes", "input.current"),
		nominal("ups_input_transfer_low_volts", "input.transfer.low"),
		nominal("ups_input_transfer_high_volts", "input.transfer.high"),
		one("ups_output_voltage_volts", "output.voltage"),
		one("ups_output_frequency_hertz", "output.frequency"),
		one("ups_output_current_amperes", "output.current"),
		ratio("ups_efficiency_ratio", "ups.efficiency"),
		one("ups_ambient_temperature_celsius", "ambient.temperature", "ambient.1.temperature"),
		ratio("ups_ambient_humidity_ratio", "ambient.humidity"),
	}
}

// nutFlag returns the state that a word of ups.status stands for, or "".
func nutFlag(word string) string {
	switch word {
	case "OL":
		return stateOnline
	case "OB":
		return stateOnBattery
	case "LB":
		return stateLowBattery
	case "HB":
		return "high_battery"
	case "RB":
		return stateReplace
	case "CHRG":
		return "charging"
	case "DISCHRG":
		return "discharging"
	case "BYPASS":
		return "bypass"
	case "CAL":
		return "calibrating"
	case "OFF":
		return stateOff
	case "OVER":
		return stateOverload
	case "TRIM":
		return "trim"
	case "BOOST":
		return "boost"
	case "FSD":
		return stateShutdown
	case "ALARM":
		return "alarm"
	case "COMM", "COMMBAD":
		return stateLost
	case "OVERHEAT":
		return "overheated"
	case "ECO", "ESS", "HE":
		return "eco"
	case "TEST":
		return "testing"
	default:
		return ""
	}
}

// nutTest says what ups.test.result means.
func nutTest(text string) string {
	lower := strings.ToLower(text)
	switch {
	case text == "":
		return ""
	case strings.Contains(lower, "progress"):
		return testInProgress
	case strings.Contains(lower, "passed"):
		return testPassed
	case strings.Contains(lower, "warning"):
		return testWarning
	case strings.Contains(lower, "error"), strings.Contains(lower, "fail"):
		return testFailed
	case strings.Contains(lower, "no test"), strings.Contains(lower, "not tested"), strings.Contains(lower, "not initiated"):
		return testNone
	default:
		return testUnknown
	}
}

// fromNUT makes a device of the variables of NUT.
func fromNUT(name, description string, variables map[string]string, extra plugin.Globs) *device {
	d := &device{
		Name: name, Description: description, Variables: variables,
		Model: first(variables, "device.model", "ups.model"), Manufacturer: first(variables, "device.mfr", "ups.mfr"),
		Serial: first(variables, "device.serial", "ups.serial"), Firmware: first(variables, "ups.firmware"), Driver: first(variables, "driver.name"),
		Alarm: variables["ups.alarm"], LastTransfer: variables["input.transfer.reason"],
		Test: selfTest{State: nutTest(variables["ups.test.result"]), Text: variables["ups.test.result"], Date: variables["ups.test.date"]},
	}
	if description == "Description unavailable" || description == "Unavailable" {
		d.Description = "" // upsd says so of a UPS without a description
	}
	for _, word := range strings.Fields(variables["ups.status"]) {
		if state := nutFlag(word); state != "" {
			d.add(state)
		}
	}
	if d.is(stateLost) {
		d.lose("the UPS does not answer its driver")
		return d
	}
	d.fill(nutFigures())
	d.setBatteryDate(variables["battery.date"], variables["battery.mfr.date"])
	d.fillExtra(extra)
	for name, value := range variables {
		number, ok := strings.CutPrefix(name, "outlet.")
		number, is := strings.CutSuffix(number, ".status")
		value = strings.ToLower(value)
		if ok && is && !strings.Contains(number, ".") && (value == "on" || value == "off") {
			d.Outlets = append(d.Outlets, outlet{Name: number, On: value == "on"})
		}
	}
	slices.SortFunc(d.Outlets, func(a, b outlet) int { return strings.Compare(a.Name, b.Name) })
	return d
}

// first returns the first of the variables that says something.
func first(variables map[string]string, names ...string) string {
	for _, name := range names {
		if text := strings.TrimSpace(variables[name]); text != "" && !strings.EqualFold(text, "unknown") && !strings.EqualFold(text, "n/a") {
			return text
		}
	}
	return ""
}

// read asks for every UPS.
func (n *nut) read(ctx context.Context) (*reading, error) {
	rows, told, err := n.ask(ctx)
	if err != nil {
		return nil, err
	}
	r := &reading{daemon: "NUT", version: n.version}
	var names []string
	for _, row := range rows {
		names = append(names, row[0])
	}
	for _, name := range n.config.UPS {
		if !slices.Contains(names, name) {
			r.problems = append(r.problems, fault.New(fault.NotFound, "asking %s for the UPS %s: there is none of that name", n.address, name).
				WithHint("%s", has(names)))
		}
	}
	for _, row := range rows {
		if !n.wanted(row[0]) {
			continue
		}
		d, err := n.device(row, told)
		if err != nil {
			r.problems = append(r.problems, err)
			continue
		}
		r.devices = append(r.devices, d)
	}
	switch {
	case len(r.devices) > 0:
		return r, nil
	case len(r.problems) > 0:
		return nil, r.problems[0]
	default:
		return nil, fault.New(fault.NotFound, "asking %s for its UPS: it has none", n.address).WithHint("add one to ups.conf on that machine, and start its driver")
	}
}

// wanted reports whether a UPS is to be watched.
func (n *nut) wanted(name string) bool {
	return len(n.config.UPS) == 0 || slices.Contains(n.config.UPS, name)
}

// ask asks which UPS there are, and for all that they say: at once, as far as they
// are those of the run before. What was told is by question.
func (n *nut) ask(ctx context.Context) (rows [][]string, told map[string]answer, err error) {
	told = make(map[string]answer)
	ask := func(questions [][]string) error {
		answers, err := n.lists(ctx, questions)
		for i, answer := range answers {
			told[strings.Join(questions[i], " ")] = answer
		}
		return err
	}
	first := [][]string{{"UPS"}}
	for _, name := range n.names {
		first = append(first, []string{"VAR", name}, []string{"CLIENT", name})
	}
	if err := ask(first); err != nil {
		return nil, nil, err
	}
	if refused := told["UPS"].err; refused != nil {
		return nil, nil, refused
	}
	rows, n.names = told["UPS"].rows, nil
	var more [][]string
	for _, row := range rows {
		name := row[0]
		if !n.wanted(name) {
			continue
		}
		n.names = append(n.names, name)
		if _, known := told["VAR "+name]; !known {
			more = append(more, []string{"VAR", name}, []string{"CLIENT", name})
		}
	}
	if len(more) > 0 {
		if err := ask(more); err != nil {
			return nil, nil, err
		}
	}
	if n.version == "" { // a new connection, and perhaps another upsd
		version, err := n.one(ctx, "VER")
		if err != nil && n.conn == nil {
			return nil, nil, err
		}
		n.version = nutVersion(version)
	}
	return rows, told, nil
}

// has tells which names there are.
func has(names []string) string {
	if len(names) == 0 {
		return "upsd has none; add one to ups.conf"
	}
	return "upsd has: " + strings.Join(names, ", ")
}

// device makes a device of what was told of one UPS.
func (n *nut) device(row []string, told map[string]answer) (*device, error) {
	name, description := row[0], ""
	if len(row) > 1 {
		description = row[1]
	}
	said := told["VAR "+name]
	if refused := (*refusal)(nil); errors.As(said.err, &refused) {
		if why, lost := refused.lost(); lost {
			d := &device{Name: name, Description: description}
			d.lose(why)
			return d, nil
		}
	}
	if said.err != nil {
		return nil, said.err
	}
	variables := make(map[string]string, len(said.rows))
	for _, row := range said.rows {
		if len(row) == 2 {
			variables[row[0]] = row[1]
		}
	}
	if len(variables) == 0 {
		return nil, fault.New(fault.BadAnswer, "asking %s for LIST VAR %s: it has no variables", n.address, name).
			WithHint("the driver may have just been started")
	}
	d := fromNUT(name, description, variables, n.config.Extra)
	// Servers before 2.4 do not know the question.
	clients := told["CLIENT "+name]
	d.ClientsKnown = clients.err == nil
	for _, row := range clients.rows {
		d.Clients = append(d.Clients, row[0])
	}
	slices.Sort(d.Clients)
	return d, nil
}

// nutVersion takes the version out of "Network UPS Tools upsd 2.8.0 - https://…".
func nutVersion(text string) string {
	for _, word := range strings.Fields(text) {
		if word[0] >= '0' && word[0] <= '9' {
			return shorten(word)
		}
	}
	return ""
}
