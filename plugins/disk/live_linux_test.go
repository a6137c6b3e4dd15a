package disk_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/disk"
)

// volume is a file system of the test's own, on a loop device.
type volume struct{ mountpoint, device string }

// newVolume makes and mounts an ext4 file system of 32 MiB.
func newVolume(t *testing.T, options ...string) volume {
	t.Helper()
	if os.Geteuid() != 0 {
		plugintest.Skip(t, "mounting a loop device needs root")
	}
	for _, program := range []string{"mkfs.ext4", "losetup", "mount", "umount"} {
		if _, err := exec.LookPath(program); err != nil {
			plugintest.Skip(t, "%s is not installed", program)
		}
	}
	folder := t.TempDir()
	image := filepath.Join(folder, "image")
	if err := os.WriteFile(image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(image, 32<<20); err != nil {
		t.Fatal(err)
	}
	plugintest.Output(t, "mkfs.ext4", append(append([]string{"-q", "-F"}, options...), image)...)
	attached, err := exec.CommandContext(t.Context(), "losetup", "--find", "--show", image).CombinedOutput()
	if err != nil {
		plugintest.Skip(t, "no loop device can be had: %s", attached)
	}
	v := volume{mountpoint: filepath.Join(folder, "a volume"), device: strings.TrimSpace(string(attached))}
	plugintest.AtEnd(t, "losetup", "--detach", v.device)
	if err := os.Mkdir(v.mountpoint, 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "mount", v.device, v.mountpoint).CombinedOutput(); err != nil {
		plugintest.Skip(t, "loop devices cannot be mounted here: %s", out)
	}
	plugintest.AtEnd(t, "umount", "--lazy", v.mountpoint)
	return v
}

// labels are those of the volume's file system.
func (v volume) labels() string {
	return fmt.Sprintf(`{device=%q,fstype="ext4",mountpoint=%q}`, v.device, v.mountpoint)
}

// watch opens a collector for this volume only.
func (v volume) watch(t *testing.T) func() (map[string]float64, *plugin.Batch) {
	t.Helper()
	config := fmt.Sprintf(`{"mount_include": [%q], "mount_exclude": [], "device_exclude": [], "device_include": [%q]}`,
		v.mountpoint, filepath.Base(v.device))
	collector := plugintest.Live(t, disk.Plugin(), config)
	return func() (map[string]float64, *plugin.Batch) {
		batch := plugintest.Collect(t, disk.Plugin(), collector)
		return plugintest.Values(batch), batch
	}
}

// dfRow is what df says of a file system, in its own words.
type dfRow struct {
	size, used, avail, inodes, inodesUsed, inodesFree float64
	percent                                           string
}

// df asks df about a mount point.
func df(t *testing.T, mountpoint string) dfRow {
	t.Helper()
	out := plugintest.Output(t, "df", "-B1", "--output=size,used,avail,pcent,itotal,iused,iavail", mountpoint)
	_, line, _ := strings.Cut(strings.TrimSpace(out), "\n")
	fields := strings.Fields(line)
	if len(fields) != 7 {
		t.Fatalf("df says %q", out)
	}
	number := func(i int) float64 {
		n, err := strconv.ParseFloat(fields[i], 64)
		if err != nil {
			t.Fatalf("df says %q", out)
		}
		return n
	}
	return dfRow{
		size: number(0), used: number(1), avail: number(2), percent: fields[3],
		inodes: number(4), inodesUsed: number(5), inodesFree: number(6),
	}
}

// agree compares samples with df.
func agree(t *testing.T, values map[string]float64, labels string, want dfRow) {
	t.Helper()
	for name, value := range map[string]float64{
		"filesystem_size_bytes": want.size, "filesystem_used_bytes": want.used, "filesystem_avail_bytes": want.avail,
		"filesystem_inodes": want.inodes, "filesystem_inodes_used": want.inodesUsed, "filesystem_inodes_free": want.inodesFree,
	} {
		if got := values[name+labels]; got != value {
			t.Errorf("%s%s is %.0f, df says %.0f", name, labels, got, value)
		}
	}
	// df rounds up to the next percent.
	ratio := values["filesystem_usage_ratio"+labels]
	if got := fmt.Sprintf("%.0f%%", math.Ceil(ratio*100-1e-9)); got != want.percent {
		t.Errorf("filesystem_usage_ratio%s is %v, df says %s", labels, ratio, want.percent)
	}
}

func TestAVolumeIsMeasuredAsDfMeasuresIt(t *testing.T) {
	t.Parallel()
	v := newVolume(t)
	collect := v.watch(t)

	values, _ := collect()
	agree(t, values, v.labels(), df(t, v.mountpoint))
	if got := values["filesystem_errors_total"+fmt.Sprintf(`{device=%q,mountpoint=%q}`, v.device, v.mountpoint)]; got != 0 {
		t.Errorf("a fresh file system has counted %v errors", got)
	}

	// Fill it to the last block that root may have.
	file, err := os.Create(filepath.Join(v.mountpoint, "large"))
	if err != nil {
		t.Fatal(err)
	}
	block := make([]byte, 1<<20)
	for err == nil {
		_, err = file.Write(block)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	plugintest.Output(t, "sync", "--file-system", v.mountpoint)
	values, batch := collect()
	agree(t, values, v.labels(), df(t, v.mountpoint))
	if ratio := values["filesystem_usage_ratio"+v.labels()]; ratio != 1 {
		t.Errorf("the full file system is used to %v", ratio)
	}
	var shown struct {
		FileSystems []struct{ State, Reason string } `json:"filesystems"`
	}
	if err := json.Unmarshal(batch.Snapshot(), &shown); err != nil {
		t.Fatal(err)
	}
	if len(shown.FileSystems) != 1 || shown.FileSystems[0].State != "critical" {
		t.Errorf("the snapshot says %+v of the full file system", shown.FileSystems)
	}

	plugintest.Output(t, "mount", "-o", "remount,ro", v.mountpoint)
	values, _ = collect()
	if values["filesystem_readonly"+v.labels()] != 1 || values["filesystem_responsive"+v.labels()] != 1 {
		t.Error("the file system that was made read-only is not shown as such")
	}

	plugintest.Output(t, "umount", v.mountpoint)
	values, batch = collect()
	if _, there := values["filesystem_size_bytes"+v.labels()]; there || len(batch.Problems()) != 0 {
		t.Errorf("after it was unmounted: %v, %v", values, batch.Problems())
	}
}

func TestInodesRunOut(t *testing.T) {
	t.Parallel()
	v := newVolume(t, "-N", "64")
	var err error
	for i := 0; err == nil; i++ {
		err = os.WriteFile(filepath.Join(v.mountpoint, strconv.Itoa(i)), nil, 0o600)
	}
	values, _ := v.watch(t)()
	agree(t, values, v.labels(), df(t, v.mountpoint))
	if values["filesystem_inodes_free"+v.labels()] != 0 || values["filesystem_inodes_usage_ratio"+v.labels()] != 1 {
		t.Errorf("inodes left: %v, used to %v", values["filesystem_inodes_free"+v.labels()],
			values["filesystem_inodes_usage_ratio"+v.labels()])
	}
}

// TestEveryFileSystemIsMeasuredAsDfMeasuresIt asks df before and after, since
// others write meanwhile: each figure lies between the two answers.
func TestEveryFileSystemIsMeasuredAsDfMeasuresIt(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("df"); err != nil {
		plugintest.Skip(t, "df is not installed")
	}
	collector := plugintest.Live(t, disk.Plugin(), `{"collect_raid": false}`)
	before := df(t, "/")
	batch := plugintest.Collect(t, disk.Plugin(), collector)
	after := df(t, "/")
	compared := 0
	for _, sample := range batch.Samples() {
		if sample.Labels.Get("mountpoint") != "/" {
			continue
		}
		var from, to float64
		switch sample.Name {
		case "filesystem_size_bytes":
			from, to = before.size, after.size
		case "filesystem_used_bytes":
			from, to = before.used, after.used
		case "filesystem_avail_bytes":
			from, to = before.avail, after.avail
		case "filesystem_inodes":
			from, to = before.inodes, after.inodes
		default:
			continue
		}
		compared++
		// Between two moments it may also have been higher or lower than at both.
		const slack = 64 << 20
		if sample.Value < min(from, to)-slack || sample.Value > max(from, to)+slack {
			t.Errorf("%s is %.0f, df says %.0f before and %.0f after", sample.Name, sample.Value, from, to)
		}
		t.Logf("%-24s unity %15.0f   df %15.0f … %15.0f", sample.Name, sample.Value, from, to)
	}
	if compared == 0 {
		t.Skip("unavoidable: / is of a type that is left out, as in a container")
	}
}

// kernelCounters reads what /proc/diskstats says of a device.
func kernelCounters(t *testing.T, device string) []float64 {
	t.Helper()
	data, err := os.ReadFile("/proc/diskstats")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		if len(fields) > 3 && fields[2] == filepath.Base(device) {
			values := make([]float64, 0, len(fields)-3)
			for _, field := range fields[3:] {
				n, err := strconv.ParseFloat(field, 64)
				if err != nil {
					t.Fatal(err)
				}
				values = append(values, n)
			}
			return values
		}
	}
	plugintest.Skip(t, "/proc/diskstats does not know %s", device)
	return nil
}

func TestADeviceIsCountedAsTheKernelCountsIt(t *testing.T) {
	t.Parallel()
	v := newVolume(t)
	collect := v.watch(t)
	name := filepath.Base(v.device)
	labels := fmt.Sprintf(`{device=%q}`, name)
	first, _ := collect()

	const written = 8 << 20
	plugintest.Output(t, "dd", "if=/dev/zero", "of="+filepath.Join(v.mountpoint, "file"), "bs=1M", "count=8", "conv=fsync", "status=none")
	plugintest.Output(t, "sync", "--file-system", v.mountpoint)
	kernel := kernelCounters(t, v.device)
	second, batch := collect()
	if again := kernelCounters(t, v.device); fmt.Sprint(again) != fmt.Sprint(kernel) {
		t.Skip("unavoidable: the kernel still writes; nothing to compare with")
	}
	for metric, want := range map[string]float64{
		"disk_reads_completed_total": kernel[0], "disk_read_bytes_total": kernel[2] * 512,
		"disk_writes_completed_total": kernel[4], "disk_written_bytes_total": kernel[6] * 512,
		"disk_write_time_seconds_total": kernel[7] / 1000, "disk_io_time_seconds_total": kernel[9] / 1000,
	} {
		if got := second[metric+labels]; got != want {
			t.Errorf("%s is %v, the kernel says %v", metric, got, want)
		}
	}
	delta := second["disk_written_bytes_total"+labels] - first["disk_written_bytes_total"+labels]
	if delta < written || delta > 2*written {
		t.Errorf("dd wrote %d bytes, and %.0f are counted", written, delta)
	}
	t.Logf("dd wrote %d bytes; counted %.0f (file system included), busy %.3f",
		written, delta, second["disk_utilization_ratio"+labels])
	if size := second[fmt.Sprintf(`disk_size_bytes{device=%q,model="",rotational="false"}`, name)] +
		second[fmt.Sprintf(`disk_size_bytes{device=%q,model="",rotational="true"}`, name)]; size != 32<<20 {
		t.Errorf("the device is %.0f bytes large, not 32 MiB: %v", size, batch.Samples())
	}
}
