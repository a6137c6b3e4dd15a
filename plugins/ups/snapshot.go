package ups

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxVariables bounds the table of everything that a UPS says.
const maxVariables = 500

// document is what a person wants to see.
type document struct {
	Daemon    daemonRow     `json:"daemon"`
	Devices   []deviceRow   `json:"devices"`
	History   []happening   `json:"history"`
	Outlets   []outletRow   `json:"outlets"`
	Clients   []clientRow   `json:"clients"`
	Variables []variableRow `json:"variables"`
}

type daemonRow struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	Address string `json:"address"`
}

type deviceRow struct {
	UPS          string     `json:"ups"`
	Description  string     `json:"description,omitempty"`
	Status       string     `json:"status"` // ok, warning, failed
	States       []string   `json:"states"`
	Warnings     []string   `json:"warnings"`
	Charge       *float64   `json:"charge,omitempty"`
	Runtime      *float64   `json:"runtime_seconds,omitempty"`
	Load         *float64   `json:"load,omitempty"`
	Watts        *float64   `json:"watts,omitempty"`
	Input        *float64   `json:"input_volts,omitempty"`
	Output       *float64   `json:"output_volts,omitempty"`
	Model        string     `json:"model,omitempty"`
	Manufacturer string     `json:"manufacturer,omitempty"`
	Serial       string     `json:"serial,omitempty"`
	Firmware     string     `json:"firmware,omitempty"`
	BatteryDate  *time.Time `json:"battery_date,omitempty"`
	SelfTest     string     `json:"self_test,omitempty"`
	SelfTestDate string     `json:"self_test_date,omitempty"`
	LastTransfer string     `json:"last_transfer,omitempty"`
}

type outletRow struct {
	UPS    string `json:"ups"`
	Outlet string `json:"outlet"`
	Name   string `json:"name,omitempty"`
	On     bool   `json:"on"`
}

type clientRow struct {
	UPS    string `json:"ups"`
	Client string `json:"client"`
}

type variableRow struct {
	UPS   string `json:"ups"`
	Name  string `json:"name"`
	Value string `json:"value"`
}

func (c *collector) document(r *reading, kept *memory, now time.Time) document {
	doc := document{
		Daemon:  daemonRow{Name: r.daemon, Version: r.version, Address: c.daemons[0].where()},
		Devices: []deviceRow{}, History: kept.Events, Outlets: []outletRow{}, Clients: []clientRow{}, Variables: []variableRow{},
	}
	if doc.History == nil {
		doc.History = []happening{}
	}
	for _, d := range r.devices {
		doc.Devices = append(doc.Devices, c.row(d, now))
		for _, o := range d.Outlets {
			name := d.Variables["outlet."+o.Name+".desc"]
			doc.Outlets = append(doc.Outlets, outletRow{d.Name, o.Name, shorten(name), o.On})
		}
		for _, client := range d.Clients {
			doc.Clients = append(doc.Clients, clientRow{d.Name, client})
		}
		for _, name := range slices.Sorted(maps.Keys(d.Variables)) {
			if len(doc.Variables) < maxVariables && !private(name) {
				doc.Variables = append(doc.Variables, variableRow{d.Name, shorten(name), shorten(d.Variables[name])})
			}
		}
	}
	return doc
}

// private reports whether a variable may hold a secret: drivers tell their
// settings, the password of a network card among them.
func private(name string) bool {
	name = strings.ToLower(name)
	for _, word := range []string{"pass", "community", "secret", "login", "key"} {
		if strings.HasPrefix(name, "driver.") && strings.Contains(name, word) {
			return true
		}
	}
	return false
}

func (c *collector) row(d *device, now time.Time) deviceRow {
	row := deviceRow{
		UPS: d.Name, Description: d.Description, States: d.ordered(),
		Charge: d.valueOrNil("ups_battery_charge_ratio"), Runtime: d.valueOrNil("ups_battery_runtime_seconds"),
		Load: d.valueOrNil("ups_load_ratio"), Watts: d.valueOrNil("ups_real_power_watts"),
		Input: d.valueOrNil("ups_input_voltage_volts"), Output: d.valueOrNil("ups_output_voltage_volts"),
		Model: d.Model, Manufacturer: d.Manufacturer, Serial: d.Serial, Firmware: d.Firmware,
		SelfTest: d.Test.Text, SelfTestDate: d.Test.Date, LastTransfer: d.LastTransfer,
	}
	if at, ok := d.value("ups_battery_date_timestamp_seconds"); ok {
		date := time.Unix(int64(at), 0).UTC()
		row.BatteryDate = &date
	}
	row.Warnings = c.warnings(d, now)
	switch {
	case d.Lost != "" || d.is(stateLowBattery) || d.is(stateShutdown) || d.is(stateOverload):
		row.Status = "failed"
	case len(row.Warnings) > 0:
		row.Status = "warning"
	default:
		row.Status = "ok"
	}
	return row
}

// batteryYears is how long a battery lasts, more or less.
const batteryYears = 4

// warnings say in words what is not as it should be.
func (c *collector) warnings(d *device, now time.Time) []string {
	warnings := []string{}
	if d.Lost != "" {
		return append(warnings, d.Lost)
	}
	for _, one := range []struct{ state, words string }{
		{stateOnBattery, "on battery"},
		{stateLowBattery, "little battery left"},
		{stateShutdown, "shuts down"},
		{stateReplace, "wants a new battery"},
		{stateOverload, "overload"},
		{"no_battery", "no battery"},
		{"overheated", "too hot"},
		{stateOff, "off"},
	} {
		if d.is(one.state) {
			warnings = append(warnings, one.words)
		}
	}
	if charge, ok := d.value("ups_battery_charge_ratio"); ok && charge < c.config.BatteryWarning {
		warnings = append(warnings, "charge below "+strconv.FormatFloat(c.config.BatteryWarning*100, 'f', -1, 64)+" %")
	}
	if runtime, ok := d.value("ups_battery_runtime_seconds"); ok && runtime < c.config.RuntimeWarning.Std().Seconds() {
		warnings = append(warnings, "runtime below "+c.config.RuntimeWarning.String())
	}
	if d.Test.State == testFailed {
		warnings = append(warnings, "the self test did not pass")
	}
	if at, ok := d.value("ups_battery_date_timestamp_seconds"); ok && time.Unix(int64(at), 0).AddDate(batteryYears, 0, 0).Before(now) {
		warnings = append(warnings, "the battery is older than "+strconv.Itoa(batteryYears)+" years")
	}
	if d.Alarm != "" {
		warnings = append(warnings, shorten(d.Alarm))
	}
	return warnings
}
