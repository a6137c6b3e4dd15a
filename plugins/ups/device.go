package ups

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// The states that others look at.
const (
	stateOnline     = "online"
	stateOnBattery  = "on_battery"
	stateLowBattery = "low_battery"
	stateReplace    = "replace_battery"
	stateOverload   = "overload"
	stateShutdown   = "forced_shutdown"
	stateLost       = "comm_lost"
	stateOff        = "off"
)

// states are what a UPS can be; several at once.
func states() []string {
	return []string{
		stateOnline, stateOnBattery, stateLowBattery, "high_battery", stateReplace, "charging", "discharging", "bypass", "calibrating",
		stateOff, stateOverload, "trim", "boost", stateShutdown, "alarm", stateLost, "no_battery", "overheated", "eco", "testing",
	}
}

// device is one UPS as its daemon tells of it.
type device struct {
	Name, Description                             string
	Model, Manufacturer, Serial, Firmware, Driver string
	States                                        []string
	Lost                                          string // why nothing is known of it, or empty
	Alarm                                         string
	Values                                        map[string]float64 // of metrics that carry the UPS as their only label
	Test                                          selfTest
	Outlets                                       []outlet
	Clients                                       []string
	ClientsKnown                                  bool
	LastTransfer                                  string // why it went on battery the last time
	Variables                                     map[string]string
	Extra                                         map[string]float64
}

// outlet is one socket of a UPS that can be switched.
type outlet struct {
	Name string
	On   bool
}

// selfTest is what the last test of the battery gave.
type selfTest struct {
	State string // of testStates; empty when the UPS does not say
	Text  string
	Date  string
}

// The results of a test.
const (
	testPassed     = "passed"
	testWarning    = "warning"
	testFailed     = "failed"
	testInProgress = "in_progress"
	testNone       = "none"
	testUnknown    = "unknown"
)

func testStates() []string {
	return []string{testPassed, testWarning, testFailed, testInProgress, testNone, testUnknown}
}

// is reports whether the UPS is in the state.
func (d *device) is(state string) bool { return slices.Contains(d.States, state) }

// add puts the UPS in a state.
func (d *device) add(state string) {
	if !d.is(state) {
		d.States = append(d.States, state)
	}
}

// lose says that the daemon knows nothing of the UPS.
func (d *device) lose(why string) {
	d.Lost, d.States, d.Values, d.Extra, d.Outlets = why, []string{stateLost}, nil, nil, nil
	d.Test, d.Alarm = selfTest{}, ""
}

// ordered returns the states in the order in which they are listed.
func (d *device) ordered() []string {
	ordered := make([]string, 0, len(d.States))
	for _, state := range states() {
		if d.is(state) {
			ordered = append(ordered, state)
		}
	}
	return ordered
}

// value returns what a metric says of the UPS.
func (d *device) value(metric string) (float64, bool) {
	value, ok := d.Values[metric]
	return value, ok
}

// valueOrNil is value for a document.
func (d *device) valueOrNil(metric string) *float64 {
	if value, ok := d.Values[metric]; ok {
		return &value
	}
	return nil
}

// figure is a metric that is one variable of a daemon.
type figure struct {
	metric string
	// names are the variables that say it, the best first.
	names []string
	// factor makes base units of it.
	factor float64
	// positive figures are unknown at 0, as daemons say it of what they do not
	// know.
	positive bool
}

// fill computes the values out of the variables.
func (d *device) fill(figures []figure) {
	d.Values = make(map[string]float64, len(figures))
	for _, f := range figures {
		for _, name := range f.names {
			value, ok := number(d.Variables[name])
			if !ok || value < 0 && !canBeNegative(f.metric) || value == 0 && f.positive || value < -100 {
				continue
			}
			// Not value*0.01: 0.29 is nicer than 0.29000000000000004.
			if f.factor < 1 {
				d.Values[f.metric] = value / math.Round(1/f.factor)
			} else {
				d.Values[f.metric] = value * f.factor
			}
			break
		}
	}
	d.derive()
}

// canBeNegative reports whether below zero is a value: of a temperature, and of
// nothing else.
func canBeNegative(metric string) bool { return strings.HasSuffix(metric, "_celsius") }

// derive computes what follows from other values. Most small ones know the load
// and what they are made for, not the watts.
func (d *device) derive() {
	load, known := d.Values["ups_load_ratio"]
	for _, power := range []struct{ metric, nominal string }{
		{"ups_real_power_watts", "ups_real_power_nominal_watts"},
		{"ups_apparent_power_voltamperes", "ups_apparent_power_nominal_voltamperes"},
	} {
		_, told := d.Values[power.metric]
		if nominal, ok := d.Values[power.nominal]; ok && known && !told {
			d.Values[power.metric] = math.Round(load*nominal*100) / 100
		}
	}
	if left, ok := d.Values["ups_battery_runtime_seconds"]; ok && d.is(stateOnBattery) {
		d.Values["ups_runtime_on_battery_seconds"] = left
	}
}

// maxExtra bounds the series of further variables.
const maxExtra = 200

// fillExtra takes the further numbers that the config asks for.
func (d *device) fillExtra(wanted plugin.Globs) {
	d.Extra = make(map[string]float64)
	for name, text := range d.Variables {
		if value, ok := number(text); ok && wanted.Match(name) && len(d.Extra) < maxExtra {
			d.Extra[name] = value
		}
	}
}

// setBatteryDate keeps the date of the battery in whichever form it is written.
func (d *device) setBatteryDate(texts ...string) {
	for _, text := range texts {
		for _, layout := range []string{"2006-01-02", "2006/01/02", "01/02/2006", "01/02/06", "02.01.2006", "2006.01.02"} {
			at, err := time.Parse(layout, strings.TrimSpace(text))
			// Before there were any it is what a UPS has for "never set".
			if err == nil && at.Year() >= 1990 {
				d.Values["ups_battery_date_timestamp_seconds"] = float64(at.Unix())
				return
			}
		}
	}
}

// number reads the number that a text begins with; a unit may follow it.
func number(text string) (float64, bool) {
	text, _, _ = strings.Cut(strings.TrimSpace(text), " ")
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(value) || math.IsInf(value, 0) || strings.ContainsAny(text, "xXpPiInN_") {
		return 0, false
	}
	return value, true
}
