package zfsbtrfs_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/zfsbtrfs"
)

// daemon is zfs-fuse: ZFS as an ordinary program. There can be one on a
// machine, and so there is one test.
type daemon struct{ pidfile string }

// start returns when the daemon answers: it goes to the background then.
func (d daemon) start(t *testing.T) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "zfs-fuse", "--no-kstat-mount", "--pidfile", d.pidfile).CombinedOutput(); err != nil {
		plugintest.Skip(t, "zfs-fuse does not start here: %v: %s", err, out)
	}
}

func (d daemon) kill(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile(d.pidfile)
	if err != nil {
		return
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if err = syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Logf("ending zfs-fuse: %v", err)
	}
	_ = os.Remove(d.pidfile)
	// It is no child of the test; this ends when it has ended.
	// The test's own context may have ended by then.
	ended := exec.CommandContext(context.Background(), "tail", "--pid="+strconv.Itoa(pid), "-s", "0.05", "-f", "/dev/null")
	if err = ended.Run(); err != nil {
		t.Errorf("waiting for zfs-fuse to end: %v", err)
	}
}

func TestZFSIsAsItsOwnProgramsSay(t *testing.T) {
	t.Parallel()
	need(t, "zfs-fuse", "zpool", "zfs")
	if _, err := os.Stat("/dev/fuse"); err != nil {
		plugintest.Skip(t, "/dev/fuse is missing")
	}
	if exec.CommandContext(t.Context(), "zpool", "list").Run() == nil {
		plugintest.Skip(t, "ZFS is in use here")
	}
	folder := t.TempDir()
	fuse := daemon{filepath.Join(folder, "pid")}
	c := plugintest.Live(t, zfsbtrfs.Plugin(), `{"filesystem_types": ["zfs"]}`)
	wantAway(t, c)
	fuse.start(t)
	t.Cleanup(func() { fuse.kill(t) })

	pool := "unity" + strconv.Itoa(os.Getpid())
	first, second := image(t, filepath.Join(folder, "first"), 100), image(t, filepath.Join(folder, "second"), 100)
	mounted := filepath.Join(folder, "pool")
	plugintest.Output(t, "zpool", "create", "-o", "cachefile=none", "-m", mounted, pool, "mirror", first, second)
	plugintest.AtEnd(t, "zpool", "destroy", "-f", pool)
	plugintest.Output(t, "zfs", "create", "-o", "quota=64M", pool+"/data")
	fill(t, filepath.Join(mounted, "data", "file"), 30)
	plugintest.Output(t, "zfs", "snapshot", pool+"/data@now")
	plugintest.Output(t, "sync")

	values, _ := look(t, c)
	compareWithZFS(t, pool, values)
	wantValues(t, values, map[string]float64{
		`zfs_pool_state{pool="` + pool + `",state="online"}`:                      1,
		`zfs_vdev_healthy{pool="` + pool + `",role="data",vdev="` + second + `"}`: 1,
		`zfs_vdev_healthy{pool="` + pool + `",role="data",vdev="mirror-0"}`:       1,
		`zfs_pool_errors{pool="` + pool + `",type="data"}`:                        0,
		`zfs_snapshots{dataset="` + pool + `/data"}`:                              1,
		`zfs_scan_in_progress{function="scrub",pool="` + pool + `"}`:              0,
	})

	plugintest.Output(t, "zpool", "offline", pool, second)
	values, batch := look(t, c)
	wantValues(t, values, map[string]float64{
		`zfs_pool_state{pool="` + pool + `",state="degraded"}`:                    1,
		`zfs_vdev_healthy{pool="` + pool + `",role="data",vdev="` + second + `"}`: 0,
	})
	wantEvents(t, batch, "zfs_pool_degraded", "zfs_device_lost")

	plugintest.Output(t, "zpool", "online", pool, second)
	damage(t, second, 10, 60)
	plugintest.Output(t, "zpool", "scrub", pool)
	values, batch = look(t, c)
	said := plugintest.Output(t, "zpool", "status", pool)
	if errors := values[`zfs_vdev_errors{pool="`+pool+`",role="data",type="checksum",vdev="`+second+`"}`]; errors == 0 && strings.Contains(said, "repaired") {
		t.Errorf("no checksum errors, and yet:\n%s", said)
	}
	var kinds []string
	for _, e := range batch.Events() {
		kinds = append(kinds, e.Kind)
	}
	if !strings.Contains(strings.Join(kinds, " "), "zfs_pool_online zfs_device_online") {
		t.Errorf("events %v", kinds)
	}

	fuse.kill(t)
	wantAway(t, c)
	for _, at := range []string{filepath.Join(mounted, "data"), mounted} { // nobody answers there any more
		plugintest.Output(t, "umount", "--lazy", at)
	}
	fuse.start(t)
	plugintest.Output(t, "zpool", "import", "-o", "cachefile=none", "-d", folder, pool)
	values, _ = look(t, c)
	wantValues(t, values, map[string]float64{`zfs_pool_state{pool="` + pool + `",state="online"}`: 1})
}

// wantAway checks what is said while the daemon does not run.
func wantAway(t *testing.T, c plugin.Collector) {
	t.Helper()
	err := c.Collect(t.Context(), plugin.NewBatch(zfsbtrfs.Plugin()))
	if fault.Of(err) != fault.NotFound || !strings.Contains(fault.Hint(err), "start zfs-fuse") {
		t.Errorf("without a daemon: %s: %v (%s)", fault.Of(err), err, fault.Hint(err))
	}
}

// compareWithZFS compares figures with those that ZFS prints, which are rounded
// to three digits.
func compareWithZFS(t *testing.T, pool string, values map[string]float64) {
	t.Helper()
	suffixes := map[byte]float64{'K': 1 << 10, 'M': 1 << 20, 'G': 1 << 30}
	exact := func(text string) float64 {
		factor := 1.0
		if f, found := suffixes[text[len(text)-1]]; found {
			factor, text = f, text[:len(text)-1]
		}
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatal(err)
		}
		return n * factor
	}
	list := strings.Fields(plugintest.Output(t, "zpool", "list", "-H", "-o", "size,allocated,free", pool))
	for i, name := range []string{"size", "allocated", "free"} {
		got, want := values["zfs_pool_"+name+`_bytes{pool="`+pool+`"}`], exact(list[i])
		// What is being written meanwhile may come to the disk between the two.
		if got < want*0.9 || got > want*1.1 {
			t.Errorf("%s is %v, zpool says %s", name, got, list[i])
		}
	}
	data := strings.Fields(plugintest.Output(t, "zfs", "list", "-H", "-o", "used,referenced,quota", pool+"/data"))
	labels := `{dataset="` + pool + `/data",pool="` + pool + `"}`
	wantValues(t, values, map[string]float64{
		"zfs_dataset_used_bytes" + labels:        exact(data[0]),
		"zfs_dataset_referenced_bytes" + labels:  exact(data[1]),
		"zfs_dataset_quota_usage_ratio" + labels: exact(data[0]) / exact(data[2]),
	})
}
