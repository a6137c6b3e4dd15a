package ipmi_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/ipmi"
	"github.com/unity-homelab/unity/test/servers"
)

const password = "only-for-tests"

// record is the description of a sensor as the controller has it.
func record(id, number, sensorType, unit, entity byte, name string, m, exponents byte, limits [6]byte) string {
	raw := []byte{id, 0, 0x51, 0x01, 0, 0x20, 0, number, entity, 1, 0x7f, 0x68, sensorType, 1, 0x95, 0x7a, 0x95, 0x7a, 0x3f, 0x3f, 0, unit, 0}
	raw = append(raw, 0, m, 0, 0, 0, 0, exponents, 0, 0, 0, 0, 0xff, 0)
	raw = append(raw, limits[:]...)
	raw = append(raw, 2, 2, 0, 0, 0, 0xc0|byte(len(name)))
	raw = append(raw, name...)
	raw[4] = byte(len(raw) - 5)
	return "main_sdr_add 0x20" + bytesOf(raw)
}

// discrete is the description of a sensor that has states.
func discrete(id, number, sensorType, kind, entity byte, name string) string {
	raw := []byte{id, 0, 0x51, 0x02, 0, 0x20, 0, number, entity, 1, 0x67, 0x40, sensorType, kind, 0xff, 0x7f, 0xff, 0x7f, 0xff, 0x7f, 0xc0, 0, 0}
	raw = append(raw, 1, 0, 0, 0, 0, 0, 0, 0, 0xc0|byte(len(name)))
	raw = append(raw, name...)
	raw[4] = byte(len(raw) - 5)
	return "main_sdr_add 0x20" + bytesOf(raw)
}

func bytesOf(raw []byte) string {
	var text strings.Builder
	for _, b := range raw {
		fmt.Fprintf(&text, " 0x%02x", b)
	}
	return text.String()
}

// inventory is what the parts of the machine are, as it is stored.
func inventory() string {
	field := func(text string) []byte { return append([]byte{0xc0 | byte(len(text))}, text...) }
	product := []byte{1, 0, 0}
	for _, text := range []string{"Made Up Inc.", "Server 9000", "PN-9000", "rev 2", "SN-0815"} {
		product = append(product, field(text)...)
	}
	product = append(product, 0xc1)
	for len(product)%8 != 7 {
		product = append(product, 0)
	}
	product[1] = byte(len(product)/8 + 1)
	sum := func(data []byte) byte {
		var total byte
		for _, b := range data {
			total -= b
		}
		return total
	}
	product = append(product, sum(product))
	header := []byte{1, 0, 0, 0, 1, 0, 0}
	all := append(append(header, sum(header)), product...)
	return fmt.Sprintf("mc_add_fru_data 0x20 0 %d data%s", len(all), bytesOf(all))
}

// machine is the simulated controller, and ipmitool for it.
type machine struct {
	*servers.Server
	t    testing.TB
	host string
}

// start starts a controller whose user unity may do nothing but read, also after it
// was started again.
func start(t testing.TB) *machine {
	t.Helper()
	return startWith(t, `lan.conf: user 3 true "unity" "`+password+`" user 10 none md2 md5 straight`)
}

// startWith starts a controller with three sensors that are files, a power supply
// and a log with one entry, and with a user besides the administrator, or none.
func startWith(t testing.TB, user string) *machine {
	t.Helper()
	s := servers.Start(t, servers.IPMISim(),
		`lan.conf: user 2 true "admin" "admin-secret" admin 10 none md2 md5 straight`, user,
		`mc_setbmc 0x20`,
		`mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x2a7c 0xf02 persist_sdr`,
		`sel_enable 0x20 1000 0x0a`,
		record(1, 1, 1, 1, 3, "CPU Temp", 1, 0, [6]byte{100, 95, 85, 0, 5, 10}),
		record(2, 2, 4, 18, 29, "FAN1", 100, 0, [6]byte{250, 240, 230, 2, 4, 6}),
		record(3, 3, 2, 4, 7, "12V", 63, 0xd0, [6]byte{215, 210, 205, 165, 170, 175}),
		discrete(4, 4, 8, 0x6f, 10, "PS1 Status"),
		discrete(5, 5, 9, 0x0b, 19, "PS Redundancy"),
		`sensor_add 0x20 0 1 1 1`, `sensor_set_value 0x20 0 1 42 0`,
		`sensor_add 0x20 0 2 4 1`, `sensor_set_value 0x20 0 2 12 0`,
		`sensor_add 0x20 0 3 2 1`, `sensor_set_value 0x20 0 3 193 0`,
		`sensor_set_threshold 0x20 0 1 settable 111111 100 95 85 0 5 10`,
		`sensor_set_threshold 0x20 0 2 settable 111111 250 240 230 2 4 6`,
		`sensor_set_threshold 0x20 0 3 settable 111111 215 210 205 165 170 175`,
		`sensor_add 0x20 0 4 8 0x6f`, `sensor_set_bit 0x20 0 4 0 1 0`,
		`sensor_add 0x20 0 5 9 0x0b`, `sensor_set_bit 0x20 0 5 0 1 0`,
		inventory(),
		`sel_add 0x20 2 0 0 0 0 0x20 0x00 0x04 0x01 0x01 0x01 0x59 0x60 0x5f`,
		`mc_enable 0x20`)
	return &machine{Server: s, t: t, host: strings.TrimPrefix(s.URL(), "ipmi://")}
}

// run runs ipmitool as a user.
func (m *machine) run(user, secret, level string, words ...string) string {
	m.t.Helper()
	out, err := m.try(user, secret, level, words...)
	if err != nil {
		m.t.Fatalf("ipmitool %v: %v\n%s", words, err, out)
	}
	return out
}

// try runs ipmitool as a user, who may not be let.
func (m *machine) try(user, secret, level string, words ...string) (string, error) {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), time.Minute)
	defer cancel()
	host, port, _ := strings.Cut(m.host, ":")
	args := append([]string{"-I", "lanplus", "-C", "3", "-H", host, "-p", port, "-U", user, "-L", level, "-E"}, words...)
	command := exec.CommandContext(ctx, "ipmitool", args...)
	command.Env = append(os.Environ(), "IPMI_PASSWORD="+secret)
	out, err := command.Output()
	return string(out), err
}

// ipmitool asks as the user that may only read.
func (m *machine) ipmitool(words ...string) string {
	m.t.Helper()
	return m.run("unity", password, "USER", words...)
}

// admin does something as the user that may do everything.
func (m *machine) admin(words ...string) string {
	m.t.Helper()
	return m.run("admin", "admin-secret", "ADMINISTRATOR", words...)
}

func (m *machine) settings(more plugintest.Settings) string {
	m.t.Helper()
	return plugintest.Settings{"protocol": "ipmi", "host": m.host, "username": "unity", "password": password, "timeout": "15s"}.With(more).JSON(m.t)
}

func (m *machine) collector(more plugintest.Settings) plugin.Collector {
	m.t.Helper()
	return plugintest.Live(m.t, ipmi.Plugin(), m.settings(more))
}

// bars reads the lines of ipmitool whose columns are parted by bars, by the first.
func bars(text string) map[string][]string {
	rows := make(map[string][]string)
	for line := range strings.Lines(text) {
		row := strings.Split(line, "|")
		for i := range row {
			row[i] = strings.TrimSpace(row[i])
		}
		rows[row[0]] = row
	}
	return rows
}

func numberOf(t *testing.T, text string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
