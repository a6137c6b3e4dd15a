package systeminfo_test

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/hostfs"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/systeminfo"
)

// systemd answers on a bus as the real one does, as far as it is asked.
type systemd struct{ failed atomic.Bool }

const (
	systemdName = "org.freedesktop.systemd1"
	unitPath    = dbus.ObjectPath("/org/freedesktop/systemd1/unit/backup_2eservice")
)

// Get answers to org.freedesktop.DBus.Properties.
func (s *systemd) Get(_, name string) (dbus.Variant, *dbus.Error) {
	switch name {
	case "NFailedUnits":
		n := uint32(0)
		if s.failed.Load() {
			n = 1
		}
		return dbus.MakeVariant(n), nil
	case "StateChangeTimestamp":
		return dbus.MakeVariant(uint64(1_772_010_000_123_456)), nil
	default:
		return dbus.Variant{}, dbus.NewError("org.freedesktop.DBus.Error.UnknownProperty", nil)
	}
}

type unit struct {
	Name, Description, Load, Active, Sub, Following string
	Path                                            dbus.ObjectPath
	JobID                                           uint32
	JobType                                         string
	JobPath                                         dbus.ObjectPath
}

// ListUnitsFiltered answers to the manager.
func (s *systemd) ListUnitsFiltered(states []string) ([]unit, *dbus.Error) {
	if len(states) != 1 || states[0] != "failed" || !s.failed.Load() {
		return nil, nil
	}
	return []unit{{
		Name: "backup.service", Description: "Nightly backup", Load: "loaded", Active: "failed", Sub: "failed",
		Path: unitPath, JobPath: "/",
	}}, nil
}

// startBus starts a real bus with a systemd on it and returns the machine that
// it belongs to.
func startBus(t *testing.T) (root string, fake *systemd) {
	t.Helper()
	daemon, err := exec.LookPath("dbus-daemon")
	if err != nil {
		plugintest.Skip(t, "dbus-daemon is not installed")
	}
	root = plugintest.Folder(t)
	for _, dir := range []string{"run/systemd/system", "run/dbus"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	socket := filepath.Join(root, "run/dbus/system_bus_socket")
	cmd := exec.CommandContext(t.Context(), daemon, "--session", "--nofork", "--nopidfile", "--print-address", "--address=unix:path="+socket)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	if _, err := out.Read(make([]byte, 1)); err != nil { // it prints when it listens
		plugintest.Skip(t, "dbus-daemon does not start here: %v", err)
	}
	conn, err := dbus.Connect("unix:path=" + socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	fake = &systemd{}
	for _, export := range []struct {
		path dbus.ObjectPath
		name string
	}{
		{"/org/freedesktop/systemd1", "org.freedesktop.DBus.Properties"},
		{"/org/freedesktop/systemd1", systemdName + ".Manager"},
		{unitPath, "org.freedesktop.DBus.Properties"},
	} {
		if err := conn.Export(fake, export.path, export.name); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := conn.RequestName(systemdName, dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	return root, fake
}

func TestFailedUnitsAreAskedOverOneConnectionToTheBus(t *testing.T) {
	t.Parallel()
	root, fake := startBus(t)
	host := thisMachine(t)
	host.Files = hostfs.New(hostfs.Options{Root: root, Proc: "/proc", Sys: "/sys", Etc: "/etc"})
	now := time.Now()
	host.Now = func() time.Time { return now }
	dials := 0
	dial := host.Dial
	host.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		dials++
		return dial(ctx, network, address)
	}
	collector := openHere(t, `{"check_reboot_required":false}`, host)
	for i, step := range []struct {
		fail bool
		want float64
	}{{false, 0}, {true, 1}, {false, 0}} {
		fake.failed.Store(step.fail)
		now = now.Add(time.Minute)
		got, batch := values(t, collector)
		if n, known := got["system_units_failed"]; !known || n != step.want {
			t.Errorf("step %d: %v failed units, want %v", i, n, step.want)
		}
		var document struct {
			FailedUnits []struct {
				Name  string    `json:"name"`
				Since time.Time `json:"since"`
			} `json:"failed_units"`
		}
		if err := json.Unmarshal(batch.Snapshot(), &document); err != nil {
			t.Fatal(err)
		}
		if step.fail && (len(document.FailedUnits) != 1 || document.FailedUnits[0].Name != "backup.service" ||
			document.FailedUnits[0].Since.Unix() != 1_772_010_000) {
			t.Errorf("the unit is shown as %+v", document.FailedUnits)
		}
	}
	if dials != 1 {
		t.Errorf("the bus was connected to %d times", dials)
	}
	fake.failed.Store(true)
	now = now.Add(5 * time.Second)
	if got, _ := values(t, collector); got["system_units_failed"] != 0 {
		t.Error("systemd is asked at every collection")
	}
}

func TestABusThatGoesAwayIsNoFailure(t *testing.T) {
	t.Parallel()
	root, _ := startBus(t)
	host := thisMachine(t)
	host.Files = hostfs.New(hostfs.Options{Root: root, Proc: "/proc", Sys: "/sys", Etc: "/etc"})
	now := time.Now()
	host.Now = func() time.Time { return now }
	var last net.Conn
	dial := host.Dial
	host.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		last = conn
		return conn, err
	}
	collector := openHere(t, `{"check_reboot_required":false}`, host)
	values(t, collector)
	if last == nil {
		t.Fatal("the bus was not connected to")
	}
	_ = last.Close()
	for range 2 { // at the latest the second time it connects anew
		now = now.Add(2 * time.Minute)
		batch := plugin.NewBatch(systeminfo.Plugin())
		if err := collector.Collect(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
	got, _ := values(t, collector)
	if got["system_uptime_seconds"] == 0 {
		t.Error("the rest is missing")
	}
	if got, known := got["system_units_failed"]; !known || got != 0 {
		t.Errorf("after the bus is back: %v failed units, known: %v", got, known)
	}
}
