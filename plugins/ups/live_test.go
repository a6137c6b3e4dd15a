package ups_test

import (
	"encoding/json"
	"math"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/ups"
	"github.com/unity-homelab/unity/test/servers"
)

// same wants a metric to be what the vendor's tool says, in base units.
func same(t *testing.T, values map[string]float64, metric, said string, factor float64) {
	t.Helper()
	text, _, _ := strings.Cut(said, " ")
	want, err := strconv.ParseFloat(text, 64)
	got, there := values[metric]
	if err != nil || !there || math.Abs(got-want*factor) > 1e-9*math.Abs(want)+1e-12 {
		t.Errorf("%s is %v (%v), the tool says %q", metric, got, there, said)
	}
}

func TestFiguresAreThoseOfUpsc(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := plugintest.Live(t, ups.Plugin(), s.config(nil))
	values, batch := collect(t, c)
	said := s.upsc()
	for metric, at := range map[string]struct {
		variable string
		factor   float64
	}{
		"ups_battery_charge_ratio": {"battery.charge", 0.01}, "ups_battery_charge_low_ratio": {"battery.charge.low", 0.01},
		"ups_battery_runtime_seconds": {"battery.runtime", 1}, "ups_battery_voltage_volts": {"battery.voltage", 1},
		"ups_battery_voltage_nominal_volts": {"battery.voltage.nominal", 1}, "ups_input_voltage_volts": {"input.voltage", 1},
		"ups_input_voltage_nominal_volts": {"input.voltage.nominal", 1}, "ups_input_transfer_low_volts": {"input.transfer.low", 1},
		"ups_input_transfer_high_volts": {"input.transfer.high", 1}, "ups_output_voltage_volts": {"output.voltage", 1},
		"ups_load_ratio": {"ups.load", 0.01}, "ups_real_power_nominal_watts": {"ups.realpower.nominal", 1}, "ups_temperature_celsius": {"ups.temperature", 1},
	} {
		same(t, values, metric+`{ups="rack"}`, said[at.variable], at.factor)
	}
	for key, want := range map[string]float64{
		`ups_status{state="online",ups="rack"}`: 1, `ups_status{state="charging",ups="rack"}`: 1, `ups_status{state="on_battery",ups="rack"}`: 0,
		`ups_self_test{state="passed",ups="rack"}`: 1, `ups_real_power_watts{ups="rack"}`: 64.8, `ups_clients{ups="rack"}`: 0,
		`ups_battery_date_timestamp_seconds{ups="rack"}`: 1762041600,
		`ups_info{driver="dummy-ups",firmware="879.L4",manufacturer="Dummy Manufacturer",model="Dummy UPS",serial="0764ABC123",ups="rack"}`: 1,
	} {
		if got, there := values[key]; !there || got != want {
			t.Errorf("%s is %v (%v), want %v", key, got, there, want)
		}
	}
	var seen struct {
		Daemon  struct{ Name, Version string }
		Devices []struct{ Description, Status string }
	}
	if err := json.Unmarshal(batch.Snapshot(), &seen); err != nil {
		t.Fatal(err)
	}
	if seen.Daemon.Name != "NUT" || seen.Daemon.Version == "" || len(seen.Devices) != 1 || seen.Devices[0].Description != "The rack" || seen.Devices[0].Status != "ok" {
		t.Errorf("snapshot: %+v", seen)
	}
}

// wantEvent wants one event of the kind.
func wantEvent(t *testing.T, events []plugin.Event, kind string) {
	t.Helper()
	if len(events) != 1 || events[0].Kind != kind {
		t.Errorf("events: %+v, want %s", events, kind)
	}
}

func TestAnOutageIsTold(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := plugintest.Live(t, ups.Plugin(), s.config(nil))
	collect(t, c)
	is := func(state string, want float64) func(map[string]float64) bool {
		return func(values map[string]float64) bool {
			return values[`ups_status{state="`+state+`",ups="rack"}`] == want
		}
	}
	s.play("ups.status", "OB DISCHRG")
	values, events := until(t, c, is("on_battery", 1))
	wantEvent(t, events, "ups_on_battery")
	if values[`ups_runtime_on_battery_seconds{ups="rack"}`] != 2346 || values[`ups_transfers_total{ups="rack"}`] != 1 {
		t.Errorf("on battery: %v", values)
	}
	s.play("ups.status", "OB DISCHRG LB")
	_, events = until(t, c, is("low_battery", 1))
	wantEvent(t, events, "ups_low_battery")
	s.play("ups.status", "OL CHRG")
	values, events = until(t, c, is("online", 1))
	wantEvent(t, events, "ups_on_mains")
	if _, there := values[`ups_runtime_on_battery_seconds{ups="rack"}`]; there {
		t.Error("on mains it says how long the battery will last")
	}
	s.play("ups.status", "OL RB")
	_, events = until(t, c, is("replace_battery", 1))
	wantEvent(t, events, "ups_replace_battery")
	// Nothing more happens: nothing more is told.
	if _, batch := collect(t, c); len(batch.Events()) != 0 {
		t.Errorf("events: %+v", batch.Events())
	}
}

func TestADaemonThatGoesAndComesBack(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := plugintest.Live(t, ups.Plugin(), s.config(nil))
	collect(t, c)

	s.Kill()
	plugintest.WantFault(t, attempt(t, c), fault.Refused, "connecting to "+s.host+": connection refused", "LISTEN in upsd.conf")
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	online := func(values map[string]float64) bool { return values[`ups_status{state="online",ups="rack"}`] == 1 }
	until(t, c, online)
	// Restarted between two runs: the next one notices nothing.
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	s.awaitDriver()
	if _, batch := collect(t, c); len(batch.Events()) != 0 {
		t.Errorf("a restart of the daemon is told as %+v", batch.Events())
	}

	if err := s.Pause(); err != nil {
		t.Fatal(err)
	}
	quick := plugintest.Live(t, ups.Plugin(), s.config(settings{"timeout": "200ms"}))
	plugintest.WantFault(t, attempt(t, quick), fault.Timeout, "no answer within 200ms", "hangs")
	if err := s.Resume(); err != nil {
		t.Fatal(err)
	}
	until(t, c, online)

	gone := plugintest.Live(t, ups.Plugin(), s.config(settings{"ups": []string{"hall"}}))
	plugintest.WantFault(t, attempt(t, gone), fault.NotFound, "for the UPS hall: there is none of that name", "upsd has: rack")
	secure := plugintest.Live(t, ups.Plugin(), s.config(settings{"starttls": "require"}))
	plugintest.WantFault(t, attempt(t, secure), fault.TLS, "does not encrypt", "CERTFILE")
	tried := plugintest.Live(t, ups.Plugin(), s.config(settings{"starttls": "try", "username": "unity", "password": "whatever"}))
	collect(t, tried)
	other := plugintest.Live(t, ups.Plugin(), s.config(settings{"type": "apcupsd", "timeout": "500ms"}))
	plugintest.WantFault(t, attempt(t, other), fault.Timeout, "no answer within 500ms", "")
}

func TestFiguresAreThoseOfApcaccess(t *testing.T) {
	t.Parallel()
	s := servers.Start(t, servers.Apcupsd(), "UPSNAME office")
	host := strings.TrimPrefix(s.URL(), "apcupsd://")
	c := plugintest.Live(t, ups.Plugin(), `{"type": "apcupsd", "host": "`+host+`"}`)
	untilAnswered(t, c)
	program, err := exec.LookPath("apcaccess")
	if err != nil {
		program = filepath.Join("..", "..", "test", "servers", "apcupsd", "sbin", "apcaccess")
	}
	out, err := exec.CommandContext(t.Context(), program, "status", host).Output()
	if err != nil {
		t.Fatal(err)
	}
	values, _ := collect(t, c)
	said := make(map[string]string)
	for line := range strings.Lines(string(out)) {
		if key, value, ok := strings.Cut(line, ":"); ok {
			said[strings.TrimSpace(key)] = strings.TrimSpace(value)
		}
	}
	// The driver for tests lets these alone; voltages and load it makes up each time.
	for metric, at := range map[string]struct {
		key    string
		factor float64
	}{
		"ups_battery_charge_low_ratio": {"MBATTCHG", 0.01}, "ups_battery_runtime_low_seconds": {"MINTIMEL", 60},
		"ups_battery_voltage_volts": {"BATTV", 1}, "ups_battery_voltage_nominal_volts": {"NOMBATTV", 1}, "ups_input_transfer_low_volts": {"LOTRANS", 1},
		"ups_input_transfer_high_volts": {"HITRANS", 1}, "ups_input_frequency_hertz": {"LINEFREQ", 1}, "ups_output_current_amperes": {"OUTCURNT", 1},
		"ups_transfers_total": {"NUMXFERS", 1}, "ups_time_on_battery_seconds": {"TONBATT", 1}, "ups_time_on_battery_seconds_total": {"CUMONBATT", 1},
		"ups_ambient_temperature_celsius": {"AMBTEMP", 1}, "ups_ambient_humidity_ratio": {"HUMIDITY", 0.01},
	} {
		same(t, values, metric+`{ups="office"}`, said[at.key], at.factor)
	}
	for key, want := range map[string]float64{
		`ups_status{state="online",ups="office"}`: 1, `ups_status{state="no_battery",ups="office"}`: 1, `ups_self_test{state="passed",ups="office"}`: 1,
		`ups_battery_date_timestamp_seconds{ups="office"}`: 1001030400,
	} {
		if got, there := values[key]; !there || got != want {
			t.Errorf("%s is %v (%v), want %v", key, got, there, want)
		}
	}
	// It has no battery, and so no charge, whatever it says.
	if _, there := values[`ups_battery_charge_ratio{ups="office"}`]; there {
		t.Error("a UPS without battery tells how full it is")
	}
	s.Kill()
	plugintest.WantFault(t, attempt(t, c), fault.Refused, "connecting to "+host, "NETSERVER")
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	untilAnswered(t, c)
}

// untilAnswered collects until it is not refused any more: apcupsd says that it
// runs a moment before it listens.
func untilAnswered(t *testing.T, c plugin.Collector) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		err := attempt(t, c)
		if err == nil {
			return
		}
		if fault.Of(err) != fault.Refused {
			t.Fatal(err)
		}
	}
	t.Fatal("it never listens")
}
