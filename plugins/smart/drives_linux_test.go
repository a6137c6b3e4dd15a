package smart_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/smart"
)

// said is what smartctl itself says of a drive.
type said struct {
	Serial   string `json:"serial_number"`
	Status   *struct{ Passed bool }
	Capacity struct{ Bytes *float64 }   `json:"user_capacity"`
	Current  struct{ Current *float64 } `json:"temperature"`
	Hours    struct{ Hours *float64 }   `json:"power_on_time"`
	Cycles   *float64                   `json:"power_cycle_count"`
	Exit     struct {
		Status *float64 `json:"exit_status"`
	} `json:"smartctl"`
	SATA struct {
		Table []struct {
			ID    float64
			Value float64
			Raw   struct{ Value float64 }
		}
	} `json:"ata_smart_attributes"`
	NVMe *struct {
		Warning   *float64 `json:"critical_warning"`
		Used      *float64 `json:"percentage_used"`
		Spare     *float64 `json:"available_spare"`
		Threshold *float64 `json:"available_spare_threshold"`
		Media     *float64 `json:"media_errors"`
		Unsafe    *float64 `json:"unsafe_shutdowns"`
		Errors    *float64 `json:"num_err_log_entries"`
	} `json:"nvme_smart_health_information_log"`
}

// ask asks smartctl as a person would.
func ask(t *testing.T, args ...string) said {
	t.Helper()
	out, _ := exec.CommandContext(t.Context(), "smartctl", append([]string{"--json", "--xall"}, args...)...).Output() // its exit code says other things
	var s said
	if err := json.Unmarshal(out, &s); err != nil {
		t.Fatalf("smartctl %v: %v\n%s", args, err, out)
	}
	return s
}

// figures are the samples that one drive should have.
func (s said) figures(device string) map[string]float64 {
	want := make(map[string]float64)
	put := func(name string, value *float64, factor float64) {
		if value != nil {
			want[fmt.Sprintf("%s{device=%q}", name, device)] = *value * factor
		}
	}
	put("smart_device_size_bytes", s.Capacity.Bytes, 1)
	if at := s.Current.Current; at != nil && *at != 0 { // 0 is a drive without a thermometer
		put("smart_device_temperature_celsius", at, 1)
	}
	put("smart_device_power_on_seconds_total", s.Hours.Hours, 3600)
	put("smart_device_power_cycles_total", s.Cycles, 1)
	put("smart_device_exit_status", s.Exit.Status, 1)
	for _, a := range s.SATA.Table {
		if a.ID == 5 {
			put("smart_device_reallocated_sectors", &a.Raw.Value, 1)
		}
	}
	if n := s.NVMe; n != nil {
		put("smart_device_critical_warning", n.Warning, 1)
		put("smart_device_life_used_ratio", n.Used, 0.01)
		put("smart_device_available_spare_ratio", n.Spare, 0.01)
		put("smart_device_available_spare_threshold_ratio", n.Threshold, 0.01)
		put("smart_device_media_errors_total", n.Media, 1)
		put("smart_device_unsafe_shutdowns_total", n.Unsafe, 1)
		put("smart_device_error_log_entries_total", n.Errors, 1)
	}
	return want
}

// The drives are those that tools/smart-cases.sh has QEMU pretend to have; this
// test runs inside. When it has said "=== now", the NVMe drive is told to give
// critical warnings.
func TestDrivesOfAVirtualMachine(t *testing.T) {
	t.Parallel()
	if os.Getenv("UNITY_TEST_SMART_DRIVES") == "" {
		t.Skip("unavoidable: needs the machine that make smart-cases starts")
	}
	c := plugintest.Live(t, smart.Plugin(), `{}`)
	drives := map[string][]string{
		"QEMU_HARDDISK_SATATEST01":      {"/dev/sda"},
		"QEMU_QEMU_HARDDISK_SCSITEST01": {"/dev/sdb"},
		"QEMU_NVMe_Ctrl_NVMETEST01":     {"/dev/nvme0"},
	}
	agrees := func() *plugin.Batch {
		t.Helper()
		batch := plugintest.Collect(t, smart.Plugin(), c)
		values := plugintest.Values(batch)
		for device, args := range drives {
			s := ask(t, args...)
			if !strings.HasSuffix(device, s.Serial) {
				t.Fatalf("%v is %q, want %s", args, s.Serial, device)
			}
			compared := 0
			for name, want := range s.figures(device) {
				if got, there := values[name]; !there || got != want {
					t.Errorf("%s is %v (%v), smartctl says %v", name, got, there, want)
				}
				compared++
			}
			t.Logf("%s: %d figures compared", device, compared)
		}
		return batch
	}
	agrees()

	_, _ = fmt.Println("=== now")
	const of = `{device="QEMU_NVMe_Ctrl_NVMETEST01"`
	for {
		batch := plugintest.Collect(t, smart.Plugin(), c)
		if plugintest.Values(batch)["smart_device_critical_warning"+of+"}"] == 0 && t.Context().Err() == nil {
			continue // smartctl takes its time
		}
		var told []string
		for _, event := range batch.Events() {
			told = append(told, event.Kind)
		}
		if !slices.Contains(told, "smart_failing") || !slices.Contains(told, "smart_critical_warning") {
			t.Errorf("events: %v", told)
		}
		break
	}
	values := plugintest.Values(agrees())
	if values["smart_device_critical_warning"+of+"}"] != 20 || values["smart_device_state"+of+`,state="failing"}`] != 1 {
		t.Errorf("the drive fails, and the values are %v", values)
	}
}
