package networkswitch_test

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/networkswitch"
	"github.com/unity-homelab/unity/test/servers"
)

// The columns that are compared.
const (
	ifTable     = ".1.3.6.1.2.1.2.2"
	ifXTable    = ".1.3.6.1.2.1.31.1.1"
	ifName      = ".1.3.6.1.2.1.31.1.1.1.1"
	ifOper      = ".1.3.6.1.2.1.2.2.1.8"
	ifAdmin     = ".1.3.6.1.2.1.2.2.1.7"
	ifHighSpeed = ".1.3.6.1.2.1.31.1.1.1.15"
	ifHCIn      = ".1.3.6.1.2.1.31.1.1.1.6"
	ifHCOut     = ".1.3.6.1.2.1.31.1.1.1.10"
	ifHCInPkts  = ".1.3.6.1.2.1.31.1.1.1.7"
	ifInErrors  = ".1.3.6.1.2.1.2.2.1.14"
	ifOutDrop   = ".1.3.6.1.2.1.2.2.1.19"
)

func number(t *testing.T, text string) float64 {
	t.Helper()
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestFiguresAreThoseOfSnmpwalk(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := plugintest.Live(t, networkswitch.Plugin(), s.config(nil))
	counters := map[string]string{
		"snmp_interface_receive_bytes_total{": ifHCIn, "snmp_interface_transmit_bytes_total{": ifHCOut,
		`snmp_interface_receive_packets_total{cast="unicast",`: ifHCInPkts, "snmp_interface_receive_errors_total{": ifInErrors,
		"snmp_interface_transmit_discards_total{": ifOutDrop,
	}
	before := s.walk(ifTable, ifXTable)
	values, batch := collect(t, c)
	after := s.walk(ifTable, ifXTable)
	names, oper, admin, speed := after[ifName], after[ifOper], after[ifAdmin], after[ifHighSpeed]
	compared := 0
	for prefix, column := range counters {
		for index, name := range names {
			least, there := before[column][index]
			got, known := values[prefix+`interface="`+name+`"}`]
			if !there {
				continue // it came meanwhile
			}
			if low, high := number(t, least), number(t, after[column][index]); !known || got < low || got > high {
				t.Errorf("%s of %s is %v (%v), snmpwalk says %v before and %v after", prefix, name, got, known, low, high)
			}
			compared++
		}
	}
	for index, name := range names {
		label := `{interface="` + name + `"}`
		if before[ifOper][index] != oper[index] || before[ifAdmin][index] != admin[index] || before[ifHighSpeed][index] != speed[index] {
			continue // it came or changed meanwhile
		}
		if got := values["snmp_interface_oper_up"+label]; got != map[bool]float64{true: 1}[oper[index] == "1"] {
			t.Errorf("%s works: %v, snmpwalk says %s", name, got, oper[index])
		}
		if got := values["snmp_interface_admin_up"+label]; got != map[bool]float64{true: 1}[admin[index] == "1"] {
			t.Errorf("%s is switched on: %v, snmpwalk says %s", name, got, admin[index])
		}
		if got, there := values["snmp_interface_speed_bits_per_second"+label]; there && number(t, speed[index]) > 0 && got != number(t, speed[index])*1e6 {
			t.Errorf("%s has %v bit/s, snmpwalk says %s Mbit/s", name, got, speed[index])
		}
	}
	if compared < len(counters) {
		t.Errorf("only %d values were compared", compared)
	}
	if memory := values["snmp_memory_used_ratio"]; memory <= 0 || memory >= 1 {
		t.Errorf("memory in use: %v", memory)
	}
	if values[`snmp_device_info{sys_name="lab",vendor="Net-SNMP"}`] != 1 || values["snmp_uptime_seconds"] <= 0 {
		t.Errorf("device: %v", values)
	}
	var seen struct {
		Device struct{ Location string }
		Ports  []struct{ Name string }
	}
	if err := json.Unmarshal(batch.Snapshot(), &seen); err != nil {
		t.Fatal(err)
	}
	if seen.Device.Location != "cellar" || len(seen.Ports) < 1 {
		t.Errorf("snapshot: %+v", seen)
	}
}

func TestTheLeastRightsOfVersion3AreEnough(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), leastRights+"\n") {
		t.Errorf("the README does not say: %s", leastRights)
	}
	s := start(t)
	p := networkswitch.Plugin()
	values, _ := collect(t, plugintest.Live(t, p, s.config(login(nil))))
	if values[`snmp_interface_oper_up{interface="lo"}`] != 1 {
		t.Error("the loopback is down, or unseen")
	}
	for name, wrong := range map[string]struct {
		change     settings
		kind       fault.Kind
		text, hint string
	}{
		"user":       {settings{"v3_user": "nobody"}, fault.Auth, "", "user"},
		"password":   {settings{"v3_auth_password": "mistaken-one"}, fault.Auth, "user or password are not accepted", "v3_auth_password"},
		"proof":      {settings{"v3_auth_protocol": "SHA512"}, fault.Auth, "user or password are not accepted", "v3_auth_protocol"},
		"encryption": {settings{"v3_priv_password": "mistaken-one"}, fault.Auth, "the password of the encryption is not accepted", "v3_priv_password"},
		"level":      {settings{"v3_level": "authNoPriv"}, fault.Permission, "the user may not see it", "higher level"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plugintest.WantFault(t, attempt(t, plugintest.Live(t, p, s.config(login(wrong.change)))), wrong.kind, wrong.text, wrong.hint)
		})
	}
}

func TestADeviceThatGoesAndComesBack(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := networkswitch.Plugin()
	c := plugintest.Live(t, p, s.config(nil))
	third := plugintest.Live(t, p, s.config(login(nil)))
	collect(t, c)
	collect(t, third)

	s.Kill()
	address := s.Address()
	plugintest.WantFault(t, attempt(t, c), fault.Refused, "asking "+address+" for its name: connection refused", "SNMP is switched on")
	plugintest.WantFault(t, attempt(t, third), fault.Refused, "connection refused", "SNMP is switched on")
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	collect(t, c)
	collect(t, third)

	// Restarted between two runs: a new engine of SNMPv3, which the next run finds.
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	collect(t, c)
	collect(t, third)

	if err := s.Pause(); err != nil {
		t.Fatal(err)
	}
	quick := plugintest.Live(t, p, s.config(settings{"timeout": "300ms", "retries": 0}))
	plugintest.WantFault(t, attempt(t, quick), fault.Timeout, "no answer", "the device is down")
	if err := s.Resume(); err != nil {
		t.Fatal(err)
	}
	collect(t, c)

	wrong := plugintest.Live(t, p, s.config(settings{"community": "mistaken", "timeout": "300ms", "retries": 1}))
	plugintest.WantFault(t, attempt(t, wrong), fault.Timeout, "no answer in 2 tries", "the community is wrong")
}

func TestASwitchOf48PortsIsReadAsAWhole(t *testing.T) {
	t.Parallel()
	s := &server{servers.Start(t, servers.SNMPSim(), bigSwitch()...), t}
	c := plugintest.Live(t, networkswitch.Plugin(), s.config(settings{"uplink_ports": []string{"Gi0/49", "Gi0/50"}}))
	values, batch := collect(t, c)
	for i := 1; i <= 50; i++ {
		label := `alias="Room ` + strconv.Itoa(i) + `",interface="Gi0/` + strconv.Itoa(i) + `"}`
		for metric, want := range map[string]float64{
			"snmp_interface_oper_up{":              float64((i + 1) % 2),
			"snmp_interface_receive_bytes_total{":  1_000_000_000_000 + float64(i),
			"snmp_interface_transmit_bytes_total{": 1_000_000_000_000 + float64(i),
			"snmp_poe_port_delivering{":            float64(i % 2),
		} {
			if got, there := values[metric+label]; !there || got != want {
				t.Errorf("%s%s is %v (%v), want %v", metric, label, got, there, want)
			}
		}
	}
	for key, want := range map[string]float64{
		`snmp_interfaces{state="up"}`: 25, `snmp_interfaces{state="down"}`: 25, `snmp_poe_power_used_watts{group="1"}`: 212,
		`snmp_uplink_up{interface="Gi0/49"}`: 0, `snmp_uplink_up{interface="Gi0/50"}`: 1,
	} {
		if got, there := values[key]; !there || got != want {
			t.Errorf("%s is %v (%v), want %v", key, got, there, want)
		}
	}
	// Unity cuts what is beyond 2,000 series of a source; 48 ports are to fit.
	if n := len(batch.Samples()); n > 2000 {
		t.Errorf("it has %d series", n)
	}
}
