package zfsbtrfs_test

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/zfsbtrfs"
)

// need skips the test on a machine that lacks root or a program.
func need(t *testing.T, programs ...string) {
	t.Helper()
	if os.Geteuid() != 0 {
		plugintest.Skip(t, "making file systems needs root")
	}
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			plugintest.Skip(t, "%s is not installed", program)
		}
	}
}

// image makes an empty file of so many MiB.
func image(t *testing.T, name string, mib int64) string {
	t.Helper()
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(name, mib<<20); err != nil {
		t.Fatal(err)
	}
	return name
}

// fill writes so many MiB that do not repeat.
func fill(t *testing.T, name string, mib int) {
	t.Helper()
	plugintest.Output(t, "dd", "if=/dev/urandom", "of="+name, "bs=1M", "count="+strconv.Itoa(mib), "status=none", "conv=fsync")
}

// damage overwrites the middle of an image.
func damage(t *testing.T, name string, seek, mib int) {
	t.Helper()
	plugintest.Output(t, "dd", "if=/dev/zero", "of="+name, "bs=1M", "seek="+strconv.Itoa(seek), "count="+strconv.Itoa(mib), "status=none", "conv=notrunc,fsync")
}

// look collects once.
func look(t *testing.T, c plugin.Collector) (map[string]float64, *plugin.Batch) {
	t.Helper()
	batch := plugintest.Collect(t, zfsbtrfs.Plugin(), c)
	return plugintest.Values(batch), batch
}

// wantEvents checks the kinds of events that the batch tells of, in order.
func wantEvents(t *testing.T, batch *plugin.Batch, kinds ...string) {
	t.Helper()
	var got []string
	for _, e := range batch.Events() {
		got = append(got, e.Kind)
	}
	if strings.Join(got, " ") != strings.Join(kinds, " ") {
		t.Errorf("events %v, want %v", got, kinds)
	}
}

// wantValues checks samples.
func wantValues(t *testing.T, got, want map[string]float64) {
	t.Helper()
	for name, value := range want {
		if there, known := got[name]; !known || there != value {
			t.Errorf("%s is %v (there: %v), want %v", name, there, known, value)
		}
	}
}
