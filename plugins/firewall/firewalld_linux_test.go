package firewall_test

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/firewall"
)

// busConfig is a bus that asks for no user of its own, with what firewalld allows.
const busConfig = `<busconfig>
  <type>system</type>
  <listen>unix:path=/run/dbus/system_bus_socket</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow send_type="signal"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <allow send_destination="org.freedesktop.DBus"/>
  </policy>
  <includedir>/usr/share/dbus-1/system.d</includedir>
</busconfig>
`

// zoned is a place with a bus and a firewalld of its own.
type zoned struct {
	t      *testing.T
	folder string
}

func newZoned(t *testing.T) *zoned {
	t.Helper()
	if _, err := os.Stat("/usr/sbin/firewalld"); err != nil {
		plugintest.Skip(t, "needs firewalld")
	}
	z := &zoned{t: t, folder: t.TempDir()}
	err := os.MkdirAll(filepath.Join(z.folder, "run", "dbus"), 0o755)
	if err == nil {
		err = os.WriteFile(filepath.Join(z.folder, "bus.conf"), []byte(busConfig), 0o644)
	}
	if err == nil {
		err = os.CopyFS(filepath.Join(z.folder, "settings"), os.DirFS("testdata/firewalld"))
	}
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// files are what such a place has in place of the machine's.
func (z *zoned) files() map[string]string {
	return map[string]string{"/run": filepath.Join(z.folder, "run")}
}

// start starts a program that ends with the thread that started it, and returns
// what it writes.
func (z *zoned) start(name string, args ...string) (*exec.Cmd, *bufio.Reader) {
	z.t.Helper()
	command := exec.CommandContext(z.t.Context(), name, args...)
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	output, err := command.StdoutPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		z.t.Fatal(err)
	}
	z.t.Cleanup(func() { _ = command.Wait() }) // it was killed
	return command, bufio.NewReader(output)
}

func (z *zoned) startBus() {
	z.t.Helper()
	_, output := z.start("dbus-daemon", "--config-file", filepath.Join(z.folder, "bus.conf"), "--nofork", "--nopidfile", "--print-address")
	if _, err := output.ReadString('\n'); err != nil {
		z.t.Fatalf("the bus does not start: %v", err)
	}
}

func (z *zoned) startFirewalld() *exec.Cmd {
	z.t.Helper()
	daemon, _ := z.start("/usr/sbin/firewalld", "--nofork", "--nopid", "--log-target", "file", "--log-file", filepath.Join(z.folder, "log"),
		"--system-config", filepath.Join(z.folder, "settings"))
	return daemon
}

func TestZonesAreThoseOfFirewalld(t *testing.T) {
	t.Parallel()
	z := newZoned(t)
	c := open(t, plugintest.Settings{})
	plugintest.Sandbox{Network: true, Files: z.files()}.Run(t, nil, func() {
		is := func(state float64) func(map[string]float64) bool {
			return func(values map[string]float64) bool { return values["firewall_active"] == state }
		}
		z.startBus()
		want(t, plugintest.Values(plugintest.CollectAll(t, firewall.Plugin(), c)), map[string]float64{"firewall_active": 0})
		daemon := z.startFirewalld()
		_, events := plugintest.Until(t, firewall.Plugin(), c, "it runs", is(1))
		wantEvents(t, events, "firewall_on", "")
		run(t, "firewall-cmd", "--zone=home", "--add-port=8080/tcp")
		batch := plugintest.CollectAll(t, firewall.Plugin(), c)
		wantEvents(t, batch.Events(), "rules_changed", "1 added, 0 removed")
		for _, name := range []string{"home", "drop"} {
			if diff := cmp.Diff(saidOf(run(t, "firewall-cmd", "--zone="+name, "--list-all")), shownOf(t, batch.Snapshot(), name)); diff != "" {
				t.Errorf("zone %s (-firewall-cmd +unity):\n%s", name, diff)
			}
		}
		want(t, plugintest.Values(batch), map[string]float64{
			"firewall_active": 1, `firewall_default_policy{direction="input",family="ip",policy="reject"}`: 1,
			`firewall_info{backend="firewalld",version="` + strings.TrimSpace(run(t, "firewall-cmd", "--version")) + `"}`: 1,
		})
		if !strings.Contains(string(batch.Snapshot()), `"logging":"unicast"`) {
			t.Errorf("what is logged is missing: %s", batch.Snapshot())
		}
		if err := daemon.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		_ = daemon.Wait() // how it ended does not matter
		batch = plugintest.CollectAll(t, firewall.Plugin(), c)
		wantEvents(t, batch.Events(), "firewall_off", "")
	})
}

// saidOf are the lines that firewall-cmd --list-all has of what Unity shows.
func saidOf(text string) map[string]string {
	said := make(map[string]string)
	key := ""
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "\t") {
			said[key] += strings.TrimSpace(line)
			continue
		}
		name, value, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok {
			said["zone"] = name
			continue
		}
		switch key = name; name {
		case "target", "interfaces", "sources", "services", "ports", "masquerade", "forward-ports", "rich rules":
			said[name] = strings.TrimSpace(value)
		}
	}
	return said
}

// shownOf is the same of a zone in the snapshot.
func shownOf(t *testing.T, snapshot []byte, name string) map[string]string {
	t.Helper()
	var document struct {
		Zones []struct {
			Name, Target                                   string
			Active, Default, Masquerade                    bool
			Interfaces, Sources, Services, Ports, Forwards []string
			Rich                                           []string `json:"rich_rules"`
		}
	}
	if err := json.Unmarshal(snapshot, &document); err != nil {
		t.Fatal(err)
	}
	for _, zone := range document.Zones {
		if zone.Name != name {
			continue
		}
		title := name
		if zone.Active {
			title += " (active)"
		}
		masquerade := map[bool]string{true: "yes", false: "no"}[zone.Masquerade]
		words := func(list []string) string { return strings.Join(list, " ") }
		return map[string]string{
			"zone": title, "target": zone.Target, "interfaces": words(zone.Interfaces), "sources": words(zone.Sources), "services": words(zone.Services),
			"ports": words(zone.Ports), "masquerade": masquerade, "forward-ports": words(zone.Forwards), "rich rules": words(zone.Rich),
		}
	}
	return nil
}

func TestTheLinesForSudoAreEnoughForFirewalld(t *testing.T) {
	t.Parallel()
	run(t, "sudo", "--version")
	z := newZoned(t)
	settings := plugintest.Settings{"type": "firewalld"}
	allowed, refused := open(t, settings.With(plugintest.Settings{"use_sudo": true})), open(t, settings)
	place := plugintest.Sandbox{Network: true, User: true, Files: z.files(), Sudoers: plugintest.ReadmeLines(t, "unity ALL=")}
	place.Run(t, func() {
		z.startBus()
		z.startFirewalld()
	}, func() {
		plugintest.Until(t, firewall.Plugin(), allowed, "it runs", func(values map[string]float64) bool { return values["firewall_active"] == 1 })
		_, err := plugintest.Attempt(t, firewall.Plugin(), refused, firewall.Plugin().Manifest().Timeout)
		plugintest.WantFault(t, err, fault.Permission, "firewalld answers root only", "switch on use_sudo")
	})
}
