package networkswitch_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/networkswitch"
	"github.com/unity-homelab/unity/test/servers"
)

// The recipe of the README, with passwords in it.
const (
	leastRights  = "createUser unity SHA-256 \"PASSWORD\" AES \"PASSWORD2\"\nrouser unity authPriv"
	authPassword = "only-for-tests"
	privPassword = "only-for-tests-2"
)

// settings is a config in the making.
type settings = plugintest.Settings

// server is a real agent, and the vendor's own tool for it.
type server struct {
	*servers.Server
	t testing.TB
}

// start starts snmpd with both ways to ask it.
func start(t testing.TB) *server {
	t.Helper()
	lines := []string{"rocommunity public 127.0.0.1", "sysName lab", "sysLocation cellar"}
	recipe := strings.NewReplacer("PASSWORD2", privPassword, "PASSWORD", authPassword).Replace(leastRights)
	return &server{servers.Start(t, servers.SNMPD(), append(lines, strings.Split(recipe, "\n")...)...), t}
}

// walk is what snmpwalk says of tables: by column, and then by row.
func (s *server) walk(tables ...string) map[string]map[string]string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	said := make(map[string]map[string]string)
	for _, table := range tables {
		out, err := exec.CommandContext(ctx, "snmpwalk", "-v2c", "-c", "public", "-m", "", "-Oqn", "-Ot", s.Address(), table).Output()
		if err != nil {
			s.t.Fatalf("snmpwalk %s: %v", table, err)
		}
		for line := range strings.Lines(string(out)) {
			oid, value, _ := strings.Cut(strings.TrimSpace(line), " ")
			dot := strings.LastIndexByte(oid, '.')
			if said[oid[:dot]] == nil {
				said[oid[:dot]] = make(map[string]string)
			}
			said[oid[:dot]][oid[dot+1:]] = strings.Trim(value, `"`)
		}
	}
	return said
}

// config points at the server.
func (s *server) config(more settings) string {
	s.t.Helper()
	config := settings{"host": "127.0.0.1", "port": s.Port(), "interface_exclude": ""}
	for name, value := range more {
		config[name] = value
	}
	raw, err := json.Marshal(config)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(raw)
}

// login is a config of version 3.
func login(more settings) settings {
	config := settings{
		"version": "3", "v3_user": "unity", "v3_auth_protocol": "SHA256", "v3_auth_password": authPassword, "v3_priv_password": privPassword,
	}
	for name, value := range more {
		config[name] = value
	}
	return config
}

// collect collects once and wants no problems.
func collect(t *testing.T, c plugin.Collector) (map[string]float64, *plugin.Batch) {
	t.Helper()
	batch := plugintest.CollectAll(t, networkswitch.Plugin(), c)
	return plugintest.Values(batch), batch
}

// bigSwitch is the recording of a switch with 48 ports and two uplinks that has
// everything.
func bigSwitch() []string {
	const ports = 50
	lines := make(map[string]string)
	add := func(oid, kind string, value any) { lines[oid] = fmt.Sprintf("%s|%s|%v", oid, kind, value) }
	const text, whole, reference, counter32, gauge, ticks, counter64 = "4", "2", "6", "65", "66", "67", "70"
	add("1.3.6.1.2.1.1.1.0", text, "A switch of 48 ports")
	add("1.3.6.1.2.1.1.2.0", reference, "1.3.6.1.4.1.9.1.1208")
	add("1.3.6.1.2.1.1.3.0", ticks, 123456789)
	add("1.3.6.1.2.1.1.5.0", text, "big")
	for i := 1; i <= ports; i++ {
		entry := func(column string) string { return "1.3.6.1.2.1." + column + "." + strconv.Itoa(i) }
		add(entry("2.2.1.2"), text, fmt.Sprintf("GigabitEthernet0/%d", i))
		add(entry("2.2.1.3"), whole, 6)
		add(entry("2.2.1.4"), whole, 1500)
		add(entry("2.2.1.6"), "4x", fmt.Sprintf("0200000000%02x", i))
		add(entry("2.2.1.7"), whole, 1)
		add(entry("2.2.1.8"), whole, 1+i%2)
		add(entry("2.2.1.9"), ticks, 1000*i)
		for _, column := range []int{13, 14, 19, 20} {
			add(entry("2.2.1."+strconv.Itoa(column)), counter32, i)
		}
		add(entry("31.1.1.1.1"), text, fmt.Sprintf("Gi0/%d", i))
		for column := 6; column <= 13; column++ {
			add(entry("31.1.1.1."+strconv.Itoa(column)), counter64, 1_000_000_000_000+i)
		}
		add(entry("31.1.1.1.15"), gauge, 1000)
		add(entry("31.1.1.1.18"), text, fmt.Sprintf("Room %d", i))
		add(entry("10.7.2.1.3"), counter32, 0)
		add(entry("10.7.2.1.19"), whole, 3)
		add(entry("17.1.4.1.2"), whole, i)
		add(entry("17.2.15.1.3"), whole, 5)
		add(entry("105.1.1.1.3.1"), whole, 1)
		add(entry("105.1.1.1.6.1"), whole, 2+i%2)
		add(entry("105.1.1.1.10.1"), whole, 1+i%5)
	}
	add("1.3.6.1.2.1.105.1.3.1.1.2.1", gauge, 740)
	add("1.3.6.1.2.1.105.1.3.1.1.4.1", gauge, 212)
	oids := make([]string, 0, len(lines))
	for oid := range lines {
		oids = append(oids, oid)
	}
	slices.SortFunc(oids, func(a, b string) int { return slices.Compare(numbersOf(a), numbersOf(b)) })
	recording := make([]string, len(oids))
	for i, oid := range oids {
		recording[i] = lines[oid]
	}
	return recording
}

// attempt collects once and returns what went wrong.
func attempt(t *testing.T, c plugin.Collector) error {
	t.Helper()
	_, err := plugintest.Attempt(t, networkswitch.Plugin(), c, time.Minute)
	return err
}
