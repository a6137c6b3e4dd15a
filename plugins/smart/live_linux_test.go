package smart_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/smart"
)

// needSmartctl skips the test where smartctl is not installed.
func needSmartctl(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("smartctl"); err != nil {
		if _, err = exec.LookPath("/usr/sbin/smartctl"); err != nil {
			plugintest.Skip(t, "smartctl is not installed")
		}
	}
}

func TestSmartctlListsTheDisksOfThisMachine(t *testing.T) {
	t.Parallel()
	needSmartctl(t)
	out, err := exec.CommandContext(t.Context(), "smartctl", "--scan").Output()
	if err != nil {
		t.Fatal(err)
	}
	// A machine whose disks may not be asked fails as a whole.
	batch := plugin.NewBatch(smart.Plugin())
	err = plugintest.Live(t, smart.Plugin(), `{"emmc": false}`).Collect(t.Context(), batch)
	if err != nil && fault.Of(err) != fault.Permission {
		t.Fatalf("%s: %v", fault.Of(err), err)
	}
	infos := 0
	for _, sample := range batch.Samples() {
		if sample.Name == "smart_device_info" {
			infos++
		}
	}
	if listed := strings.Count(string(out), "\n"); err == nil && infos+len(batch.Problems()) != listed {
		t.Errorf("%d disks and %d problems, smartctl lists\n%s", infos, len(batch.Problems()), out)
	}
}

func TestWhatSmartctlRefusesIsToldApart(t *testing.T) {
	t.Parallel()
	needSmartctl(t)
	for config, want := range map[string]struct {
		kind       fault.Kind
		text, hint string
	}{
		`{"devices": [{"path": "/dev/null"}]}`: {
			fault.Unsupported, "Unable to detect device type", "virtual disks have no health",
		},
		`{"devices": [{"path": "/dev/sdzz", "type": "sat"}]}`: {
			fault.NotFound, "No such device", "was the disk taken out?",
		},
		`{"devices": [{"path": "/dev/sdzz", "type": "sat,nonsense"}]}`: {
			fault.Config, "Option '-d sat", "lists the types",
		},
	} {
		t.Run(config, func(t *testing.T) {
			t.Parallel()
			c := plugintest.Live(t, smart.Plugin(), config)
			err := c.Collect(t.Context(), plugin.NewBatch(smart.Plugin()))
			if fault.Of(err) != want.kind || !strings.Contains(err.Error(), want.text) || !strings.Contains(fault.Hint(err), want.hint) {
				t.Errorf("%s: %v (%s)", fault.Of(err), err, fault.Hint(err))
			}
		})
	}
}
