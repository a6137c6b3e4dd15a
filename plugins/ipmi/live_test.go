package ipmi_test

import (
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/ipmi"
)

// limits compares thresholds with the columns of ipmitool sensor.
func limits(t *testing.T, values map[string]float64, key string, row []string) {
	t.Helper()
	for metric, column := range map[string]int{"ipmi_sensor_lower_critical": 5, "ipmi_sensor_upper_critical": 8} {
		if got, want := values[metric+key], numberOf(t, row[column]); got != want {
			t.Errorf("%s%s is %v, ipmitool says %v", metric, key, got, want)
		}
	}
}

func TestFiguresAreThoseOfIpmitool(t *testing.T) {
	t.Parallel()
	m := start(t)
	values := plugintest.Values(plugintest.CollectAll(t, ipmi.Plugin(), m.collector(nil)))
	said := bars(m.ipmitool("sensor"))
	for name, at := range map[string]struct{ metric, entity string }{
		"CPU Temp": {"ipmi_temperature_celsius", "processor 1"}, "FAN1": {"ipmi_fan_speed_rpm", "fan 1"}, "12V": {"ipmi_voltage_volts", "system board 1"},
	} {
		key := `{entity="` + at.entity + `",sensor="` + name + `"}`
		got, there := values[at.metric+key]
		if want := numberOf(t, said[name][1]); !there || got != want {
			t.Errorf("%s%s is %v (%v), ipmitool says %v", at.metric, key, got, there, want)
		}
		limits(t, values, key, said[name])
	}
	for key, want := range map[string]float64{
		"ipmi_chassis_power_on": 0, "ipmi_sel_entries": 1, "ipmi_sel_free_bytes": 15984, `ipmi_psu_ok{psu="PS1 Status"}`: 1,
		`ipmi_redundancy_ok{kind="psu",name="PS Redundancy"}`: 1, `ipmi_sensors{state="ok"}`: 5,
		`ipmi_bmc_info{firmware="9.08",manufacturer="Made Up Inc.",model="Server 9000",protocol="ipmi"}`: 1,
	} {
		if got, there := values[key]; !there || got != want {
			t.Errorf("%s is %v (%v), want %v", key, got, there, want)
		}
	}
	// ipmitool as the interface makes the same of it.
	other := plugintest.Values(plugintest.CollectAll(t, ipmi.Plugin(), m.collector(plugintest.Settings{"interface": "tool"})))
	for _, key := range []string{
		`ipmi_temperature_celsius{entity="processor 1",sensor="CPU Temp"}`, `ipmi_fan_speed_rpm{entity="fan 1",sensor="FAN1"}`,
		`ipmi_voltage_volts{entity="system board 1",sensor="12V"}`, `ipmi_sensor_upper_critical{entity="processor 1",sensor="CPU Temp"}`,
		"ipmi_sel_entries", "ipmi_sel_free_bytes", "ipmi_chassis_power_on", `ipmi_psu_ok{psu="PS1 Status"}`, `ipmi_sensors{state="ok"}`,
		`ipmi_redundancy_ok{kind="psu",name="PS Redundancy"}`, `ipmi_chassis_fault{kind="drive"}`,
		`ipmi_bmc_info{firmware="9.08",manufacturer="Made Up Inc.",model="Server 9000",protocol="ipmi"}`,
	} {
		if got, there := other[key]; !there || got != values[key] {
			t.Errorf("%s is %v (%v) by ipmitool, %v without", key, got, there, values[key])
		}
	}
}

func TestWhatIsNewInTheLogIsToldOnce(t *testing.T) {
	t.Parallel()
	m := start(t)
	c := m.collector(nil)
	plugintest.CollectAll(t, ipmi.Plugin(), c)
	// Generator, revision, type, number, kind, offset and two values: upper critical.
	m.admin("raw", "0x0a", "0x44", "0", "0", "2", "0", "0", "0", "0", "0x20", "0", "4", "1", "1", "1", "0x59", "0x61", "0x5f")
	batch := plugintest.CollectAll(t, ipmi.Plugin(), c)
	if events := batch.Events(); len(events) != 1 || events[0].Kind != "ipmi_log" || events[0].Severity != plugin.Critical ||
		events[0].Title != "CPU Temp: upper critical going high, at 97 °C (threshold 95 °C)" {
		t.Errorf("events: %+v", events)
	}
	values := plugintest.Values(batch)
	if values[`ipmi_sel_events_total{severity="critical"}`] != 1 || values["ipmi_sel_entries"] != 2 {
		t.Errorf("it counts %v of %v", values[`ipmi_sel_events_total{severity="critical"}`], values["ipmi_sel_entries"])
	}
	if events := plugintest.CollectAll(t, ipmi.Plugin(), c).Events(); len(events) != 0 {
		t.Errorf("told again: %+v", events)
	}
	m.admin("sel", "clear")
	values = plugintest.Values(plugintest.CollectAll(t, ipmi.Plugin(), c))
	if values["ipmi_sel_entries"] != 0 || values[`ipmi_sel_events_total{severity="critical"}`] != 1 {
		t.Errorf("after it was cleared: %v entries, %v counted", values["ipmi_sel_entries"], values[`ipmi_sel_events_total{severity="critical"}`])
	}
}

func TestAControllerThatGoesAndComesBack(t *testing.T) {
	t.Parallel()
	m := start(t)
	c := m.collector(nil)
	plugintest.CollectAll(t, ipmi.Plugin(), c)
	attempt := func(c plugin.Collector) error {
		_, err := plugintest.Attempt(t, ipmi.Plugin(), c, time.Minute)
		return err
	}
	m.Kill()
	plugintest.WantFault(t, attempt(c), fault.Refused, "nothing listens at that UDP port", "IPMI over LAN")
	if err := m.Start(); err != nil {
		t.Fatal(err)
	}
	plugintest.CollectAll(t, ipmi.Plugin(), c)
	if err := m.Pause(); err != nil {
		t.Fatal(err)
	}
	quick := m.collector(plugintest.Settings{"timeout": "200ms"})
	plugintest.WantFault(t, attempt(quick), fault.Timeout, "no answer within 200ms", "UDP port 623")
	if err := m.Resume(); err != nil {
		t.Fatal(err)
	}
	plugintest.CollectAll(t, ipmi.Plugin(), c)

	wrong := m.collector(plugintest.Settings{"password": "another"})
	plugintest.WantFault(t, attempt(wrong), fault.Auth, "the password is not that of the user", "tried again at")
	plugintest.WantFault(t, attempt(m.collector(plugintest.Settings{"username": "nobody"})), fault.Auth, "logging in at "+m.host, "check user")
}
