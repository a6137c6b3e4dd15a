package zfsbtrfs_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/zfsbtrfs"
)

// mirror is a file system of Btrfs on two loop devices.
type mirror struct {
	images, devices [2]string
	at, uuid        string
}

func newMirror(t *testing.T) *mirror {
	t.Helper()
	need(t, "mkfs.btrfs", "btrfs", "losetup", "mount", "umount")
	if kinds, err := os.ReadFile("/proc/filesystems"); err != nil || !strings.Contains(string(kinds), "\tbtrfs\n") {
		// Loading a module is nothing that a test should do.
		t.Skip("unavoidable: the kernel has no Btrfs")
	}
	folder := t.TempDir()
	m := &mirror{at: filepath.Join(folder, "a mirror")}
	for i := range m.images {
		m.images[i] = image(t, filepath.Join(folder, "image"+strconv.Itoa(i)), 256)
	}
	plugintest.Output(t, "mkfs.btrfs", "-q", "-L", "unity test", "-d", "raid1", "-m", "raid1", m.images[0], m.images[1])
	for i := range m.images {
		m.attach(t, i)
	}
	if err := os.Mkdir(m.at, 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := m.mount(t); err != nil {
		plugintest.Skip(t, "Btrfs cannot be mounted here: %s", out)
	}
	plugintest.AtEnd(t, "umount", "--lazy", m.at)
	m.uuid = regexp.MustCompile(`[0-9a-f-]{36}`).FindString(plugintest.Output(t, "btrfs", "filesystem", "show", m.at))
	t.Cleanup(func() { _ = os.Remove("/var/lib/btrfs/scrub.status." + m.uuid) })
	return m
}

func (m *mirror) attach(t *testing.T, i int) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "losetup", "--find", "--show", m.images[i]).CombinedOutput()
	if err != nil {
		plugintest.Skip(t, "no loop device can be had: %s", out)
	}
	m.devices[i] = strings.TrimSpace(string(out))
	plugintest.AtEnd(t, "losetup", "--detach", m.devices[i])
}

func (m *mirror) mount(t *testing.T, options ...string) ([]byte, error) {
	t.Helper()
	args := append([]string{"device=" + m.devices[0]}, options...)
	if m.devices[1] != "" {
		args = append(args, "device="+m.devices[1])
	}
	return exec.CommandContext(t.Context(), "mount", "-t", "btrfs", "-o", strings.Join(args, ","), m.devices[0], m.at).CombinedOutput()
}

// unmount returns when the kernel has let the file system go. A mount namespace that
// another program made meanwhile, as containers do, holds it until that one ends.
func (m *mirror) unmount(t *testing.T) {
	t.Helper()
	plugintest.Output(t, "umount", m.at)
	plugintest.Await(t, "the file system is let go", gone("/sys/fs/btrfs/"+m.uuid))
}

// detach takes a device away. The kernel only notes that it is to go while anybody
// has it open, were it to look what is on it.
func (m *mirror) detach(t *testing.T, i int) {
	t.Helper()
	plugintest.Output(t, "losetup", "--detach", m.devices[i])
	plugintest.Await(t, m.devices[i]+" is detached", gone("/sys/block/"+filepath.Base(m.devices[i])+"/loop"))
	m.devices[i] = ""
}

// gone tells whether there is nothing at a path.
func gone(path string) func() bool {
	return func() bool {
		_, err := os.Lstat(path)
		return errors.Is(err, fs.ErrNotExist)
	}
}

// usage returns a figure of btrfs filesystem usage.
func usage(t *testing.T, text, pattern string) float64 {
	t.Helper()
	found := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("no %s in\n%s", pattern, text)
	}
	n, err := strconv.ParseFloat(found[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestBtrfsIsAsItsOwnProgramSays(t *testing.T) {
	t.Parallel()
	m := newMirror(t)
	fill(t, filepath.Join(m.at, "file"), 60)
	plugintest.Output(t, "btrfs", "subvolume", "create", filepath.Join(m.at, "one"))
	plugintest.Output(t, "btrfs", "subvolume", "snapshot", "-r", m.at, filepath.Join(m.at, "copy"))
	plugintest.Output(t, "btrfs", "filesystem", "sync", m.at)

	c := plugintest.Live(t, zfsbtrfs.Plugin(), `{"filesystem_types": ["btrfs"], "pools": ["`+m.uuid+`"]}`)
	values, batch := look(t, c)
	said := plugintest.Output(t, "btrfs", "filesystem", "usage", "-b", m.at)
	of := `{label="unity test",uuid="` + m.uuid + `"}`
	data := `{label="unity test",profile="raid1",type="data",uuid="` + m.uuid + `"}`
	metadata := strings.Replace(data, "data", "metadata", 1)
	wantValues(t, values, map[string]float64{
		"btrfs_device_size_bytes" + of:             usage(t, said, `Device size:\s+(\d+)`),
		"btrfs_unallocated_bytes" + of:             usage(t, said, `Device unallocated:\s+(\d+)`),
		"btrfs_free_estimated_bytes" + of:          usage(t, said, `Free \(estimated\):\s+(\d+)`),
		"btrfs_allocation_total_bytes" + data:      usage(t, said, `Data,RAID1: Size:(\d+)`),
		"btrfs_allocation_used_bytes" + data:       usage(t, said, `Data,RAID1: Size:\d+, Used:(\d+)`),
		"btrfs_allocation_total_bytes" + metadata:  usage(t, said, `Metadata,RAID1: Size:(\d+)`),
		"btrfs_allocation_used_bytes" + metadata:   usage(t, said, `Metadata,RAID1: Size:\d+, Used:(\d+)`),
		"btrfs_allocation_disk_total_bytes" + data: 2 * usage(t, said, `Data,RAID1: Size:(\d+)`),
		"btrfs_devices" + of:                       2,
		"btrfs_subvolumes" + of:                    2,
		"btrfs_snapshots" + of:                     1,
		`btrfs_exclusive_operation{label="unity test",operation="none",uuid="` + m.uuid + `"}`: 1,
	})
	if !strings.Contains(string(batch.Snapshot()), m.devices[1]) {
		t.Errorf("the snapshot does not name the device %s: %s", m.devices[1], batch.Snapshot())
	}
}

func TestMostOfBtrfsNeedsNoRights(t *testing.T) {
	t.Parallel()
	m := newMirror(t)
	plugintest.Output(t, "btrfs", "scrub", "start", "-B", m.at)
	config := `{"filesystem_types": ["btrfs"], "btrfs_use_cli": %t, "pools": ["` + m.uuid + `"]}`
	of := `{label="unity test",uuid="` + m.uuid + `"}`
	for _, asks := range []bool{false, true} {
		c := plugintest.Live(t, zfsbtrfs.Plugin(), fmt.Sprintf(config, asks))
		asNobody(t, func() {
			values, batch := look(t, c)
			wantValues(t, values, map[string]float64{
				"btrfs_devices" + of:           2,
				"btrfs_device_size_bytes" + of: 512 << 20,
				`btrfs_device_errors_total{device="2",label="unity test",type="write",uuid="` + m.uuid + `"}`: 0,
			})
			problems := batch.Problems()
			if !asks && len(problems) > 0 {
				t.Errorf("problems: %v", problems)
			}
			if asks && (len(problems) == 0 || fault.Of(problems[0]) != fault.Permission ||
				!strings.Contains(fault.Hint(problems[0]), "switch btrfs_use_cli off")) {
				t.Errorf("problems: %v", problems)
			}
		})
	}
}

// asNobody calls the function with nobody's rights on files. Rights are those of
// a thread, which ends with it.
func asNobody(t *testing.T, do func()) {
	t.Helper()
	const nobody = 65534
	plugintest.OnOwnThread(func() {
		if err := errors.Join(syscall.Setfsgid(nobody), syscall.Setfsuid(nobody)); err != nil {
			t.Error(err)
			return
		}
		do()
	})
}

func TestADamagedBtrfsIsTold(t *testing.T) {
	t.Parallel()
	m := newMirror(t)
	c := plugintest.Live(t, zfsbtrfs.Plugin(), `{"filesystem_types": ["btrfs"], "pools": ["`+m.uuid+`"]}`)
	fill(t, filepath.Join(m.at, "file"), 100)
	look(t, c)

	m.unmount(t)
	damage(t, m.images[1], 80, 100)
	if out, err := m.mount(t); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	plugintest.Output(t, "btrfs", "scrub", "start", "-B", m.at)
	values, batch := look(t, c)
	stats := plugintest.Output(t, "btrfs", "device", "stats", m.devices[1])
	counted := usage(t, stats, `corruption_errs\s+(\d+)`)
	if counted == 0 {
		t.Fatalf("nothing was damaged:\n%s", stats)
	}
	of := `{label="unity test",uuid="` + m.uuid + `"}`
	wantValues(t, values, map[string]float64{
		`btrfs_device_errors_total{device="2",label="unity test",type="corruption",uuid="` + m.uuid + `"}`: counted,
		`btrfs_device_errors_total{device="1",label="unity test",type="corruption",uuid="` + m.uuid + `"}`: 0,
		"btrfs_scrub_uncorrectable_errors" + of: 0,
		"btrfs_scrub_in_progress" + of:          0,
	})
	scrubbed := plugintest.Output(t, "btrfs", "scrub", "status", "-R", m.at)
	found := usage(t, scrubbed, `csum_errors: (\d+)`) + usage(t, scrubbed, `super_errors: (\d+)`) +
		usage(t, scrubbed, `read_errors: (\d+)`) + usage(t, scrubbed, `verify_errors: (\d+)`)
	if values["btrfs_scrub_errors"+of] != found {
		t.Errorf("the scrub found %v, btrfs says %v:\n%s", values["btrfs_scrub_errors"+of], found, scrubbed)
	}
	wantEvents(t, batch, "btrfs_device_errors", "btrfs_scrub_finished")

	// One of the two devices is taken away.
	m.unmount(t)
	m.detach(t, 1)
	plugintest.Output(t, "btrfs", "device", "scan", "--forget")
	if out, err := m.mount(t, "degraded"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	values, batch = look(t, c)
	wantValues(t, values, map[string]float64{
		`btrfs_device_missing{device="1",label="unity test",uuid="` + m.uuid + `"}`: 0,
		`btrfs_device_missing{device="2",label="unity test",uuid="` + m.uuid + `"}`: 1,
		"btrfs_devices" + of: 2,
	})
	wantEvents(t, batch, "btrfs_device_missing")
}
