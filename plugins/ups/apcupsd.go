package ups

import (
	"context"
	"encoding/binary"
	"io"
	"slices"
	"strings"

	"github.com/unity-homelab/unity/plugin"
)

// Bounds of an answer of apcupsd; a status has some 50 records of 80 bytes.
const (
	maxRecord  = 4 << 10
	maxRecords = 1000
)

// apcupsd asks apcupsd's network information server.
type apcupsd struct {
	link
	config config
}

func newApcupsd(config config, host plugin.Host) *apcupsd {
	address, _, _ := config.address(portApcupsd) // Validate has looked at it
	return &apcupsd{config: config, link: link{host: host, address: address, timeout: config.Timeout.Std()}}
}

// read asks for the one UPS.
func (a *apcupsd) read(ctx context.Context) (*reading, error) {
	var text string
	err := a.exchange(ctx, func() (err error) {
		text, err = a.status(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	records := parseRecords(text)
	for _, clock := range []string{"DATE", "END APC"} {
		delete(records, clock) // tells nothing, and is another each time
	}
	if records["STATUS"] == "" {
		err := &malformed{start: text}
		a.answered = false // whatever it was, it was no status
		defer a.disconnect()
		return nil, a.explain(ctx, err)
	}
	return &reading{daemon: "apcupsd", version: version(records["VERSION"]), devices: []*device{fromApcupsd(records, a.config.Extra)}}, nil
}

// version is the first word: "3.14.14 (31 May 2016) debian".
func version(text string) string {
	text, _, _ = strings.Cut(text, " ")
	return shorten(text)
}

// status asks for everything and returns the records, one a line. Each comes in
// a frame: its length in two bytes, and the record; one without length ends.
func (a *apcupsd) status(ctx context.Context) (string, error) {
	const question = "status"
	if _, err := a.conn.Write(append([]byte{0, byte(len(question))}, question...)); err != nil {
		return "", err
	}
	var text strings.Builder
	for range maxRecords {
		var head [2]byte
		if _, err := io.ReadFull(a.reader, head[:]); err != nil {
			return "", err
		}
		length := binary.BigEndian.Uint16(head[:])
		switch {
		case length == 0:
			plugin.Observed(ctx, question, func() []byte { return []byte(text.String()) })
			return text.String(), nil
		case length > maxRecord:
			rest, _ := a.reader.Peek(min(a.reader.Buffered(), 40)) // it is there already
			return "", &malformed{start: string(head[:]) + string(rest)}
		}
		record := make([]byte, length)
		if _, err := io.ReadFull(a.reader, record); err != nil {
			return "", err
		}
		a.answered = true
		text.WriteString(strings.TrimRight(string(record), "\n") + "\n")
	}
	return "", &malformed{start: "more records than any status has"}
}

// parseRecords reads "LINEV    : 230.0 Volts" by its key.
func parseRecords(text string) map[string]string {
	records := make(map[string]string)
	for line := range strings.Lines(text) {
		key, value, ok := strings.Cut(line, ":")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if ok && key != "" && value != "" && value != "N/A" {
			records[key] = value
		}
	}
	return records
}

// apcupsdFigures are the records of apcupsd that are metrics.
func apcupsdFigures() []figure {
	const minute = 60
	one := func(metric, name string) figure {
		return figure{metric: metric, names: []string{name}, factor: 1}
	}
	nominal := func(metric, name string) figure {
		return figure{metric: metric, names: []string{name}, factor: 1, positive: true}
	}
	ratio := func(metric, name string) figure {
		return figure{metric: metric, names: []string{name}, factor: percent}
	}
	return []figure{
		ratio("ups_battery_charge_ratio", "BCHARGE"),
		ratio("ups_battery_charge_low_ratio", "MBATTCHG"),
		{metric: "ups_battery_runtime_seconds", names: []string{"TIMELEFT"}, factor: minute},
		{metric: "ups_battery_runtime_low_seconds", names: []string{"MINTIMEL"}, factor: minute},
		one("ups_battery_voltage_volts", "BATTV"),
		nominal("ups_battery_voltage_nominal_volts", "NOMBATTV"),
		one("ups_temperature_celsius", "ITEMP"),
		ratio("ups_load_ratio", "LOADPCT"),
		nominal("ups_real_power_nominal_watts", "NOMPOWER"),
		nominal("ups_apparent_power_nominal_voltamperes", "NOMAPNT"),
		one("ups_input_voltage_volts", "LINEV"),
		nominal("ups_input_voltage_nominal_volts", "NOMINV"),
		one("ups_input_frequency_hertz", "LINEFREQ"),
		nominal("ups_input_transfer_low_volts", "LOTRANS"),
		nominal("ups_input_transfer_high_volts", "HITRANS"),
		one("ups_output_voltage_volts", "OUTPUTV"),
		one("ups_output_current_amperes", "OUTCURNT"),
		one("ups_ambient_temperature_celsius", "AMBTEMP"),
		ratio("ups_ambient_humidity_ratio", "HUMIDITY"),
		one("ups_transfers_total", "NUMXFERS"),
		one("ups_time_on_battery_seconds", "TONBATT"),
		one("ups_time_on_battery_seconds_total", "CUMONBATT"),
	}
}

// apcupsdFlag returns the state that a word of STATUS stands for, or "".
func apcupsdFlag(word string) string {
	switch word {
	case "ONLINE":
		return stateOnline
	case "ONBATT":
		return stateOnBattery
	case "LOWBATT":
		return stateLowBattery
	case "REPLACEBATT":
		return stateReplace
	case "OVERLOAD":
		return stateOverload
	case "TRIM":
		return "trim"
	case "BOOST":
		return "boost"
	case "CAL":
		return "calibrating"
	case "COMMLOST":
		return stateLost
	case "SHUTTING":
		return stateShutdown
	case "NOBATT":
		return "no_battery"
	case "SELFTEST":
		return "testing"
	default:
		return ""
	}
}

// apcupsdTest says what SELFTEST means.
func apcupsdTest(text string) string {
	switch text {
	case "OK":
		return testPassed
	case "WN":
		return testWarning
	case "BT", "NG":
		return testFailed
	case "IP":
		return testInProgress
	case "NO":
		return testNone
	case "":
		return ""
	default:
		return testUnknown
	}
}

// fromApcupsd makes a device of the records of apcupsd.
func fromApcupsd(records map[string]string, extra plugin.Globs) *device {
	name := first(records, "UPSNAME", "HOSTNAME")
	if name == "" {
		name = "ups"
	}
	d := &device{
		Name: shorten(name), Variables: records, Model: first(records, "MODEL", "APCMODEL"), Serial: first(records, "SERIALNO"),
		Firmware: first(records, "FIRMWARE"), Driver: first(records, "DRIVER"), LastTransfer: records["LASTXFER"],
		Test: selfTest{State: apcupsdTest(records["SELFTEST"]), Text: records["SELFTEST"], Date: records["LASTSTEST"]},
	}
	for _, word := range strings.Fields(records["STATUS"]) {
		if state := apcupsdFlag(word); state != "" {
			d.add(state)
		}
	}
	if d.is(stateLost) {
		d.lose("the UPS does not answer apcupsd")
		return d
	}
	d.fill(apcupsdFigures())
	if d.is("no_battery") {
		for _, metric := range []string{"ups_battery_charge_ratio", "ups_battery_runtime_seconds", "ups_runtime_on_battery_seconds"} {
			delete(d.Values, metric)
		}
	}
	d.setBatteryDate(records["BATTDATE"])
	d.fillExtra(extra)
	slices.Sort(d.States)
	return d
}
