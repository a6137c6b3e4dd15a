package smart

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/fault"
)

// answer is a document of smartctl --json, as far as it is used. Numbers are
// pointers: what a drive does not say is absent, not 0.
type answer struct {
	Smartctl struct {
		Version    []int     `json:"version"`
		Messages   []message `json:"messages"`
		ExitStatus *int      `json:"exit_status"`
	} `json:"smartctl"`
	Devices []scanned `json:"devices"` // of a scan

	Device struct {
		Type     string `json:"type"`
		Protocol string `json:"protocol"`
	} `json:"device"`
	ModelName      string     `json:"model_name"`
	SCSIModelName  string     `json:"scsi_model_name"` // until 7.3
	ModelFamily    string     `json:"model_family"`
	SerialNumber   string     `json:"serial_number"`
	Firmware       string     `json:"firmware_version"`
	SCSIRevision   string     `json:"scsi_revision"`
	WWN            *wwn       `json:"wwn"`
	LogicalUnitID  string     `json:"logical_unit_id"`
	Capacity       *capacity  `json:"user_capacity"`
	BlockSize      *float64   `json:"logical_block_size"`
	RotationRate   *float64   `json:"rotation_rate"`
	InterfaceSpeed *linkSpeed `json:"interface_speed"`
	Support        *struct {
		Available *bool `json:"available"`
		Enabled   *bool `json:"enabled"`
	} `json:"smart_support"`
	Status *struct {
		Passed *bool `json:"passed"`
	} `json:"smart_status"`
	PowerMode *struct {
		Name string `json:"name"`
	} `json:"power_mode"`
	Temperature *struct {
		Current   *float64 `json:"current"`
		DriveTrip *float64 `json:"drive_trip"`
	} `json:"temperature"`
	PowerOnTime *struct {
		Hours *float64 `json:"hours"`
	} `json:"power_on_time"`
	PowerCycles *float64  `json:"power_cycle_count"`
	Endurance   *percents `json:"endurance_used"`  // from 7.4
	Spare       *percents `json:"spare_available"` // likewise
	HostReads   *hostData `json:"host_reads"`      // from 7.5
	HostWrites  *hostData `json:"host_writes"`

	ata
	nvme
	scsi
}

// message is something that smartctl complains of.
type message struct {
	Text     string `json:"string"`
	Severity string `json:"severity"`
}

// scanned is one device of a scan.
type scanned struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

type wwn struct {
	NAA uint64 `json:"naa"`
	OUI uint64 `json:"oui"`
	ID  uint64 `json:"id"`
}

type capacity struct {
	Bytes *float64 `json:"bytes"`
}

type linkSpeed struct {
	Current *struct {
		Text string `json:"string"`
	} `json:"current"`
}

type percents struct {
	Current   *float64 `json:"current_percent"`
	Threshold *float64 `json:"threshold_percent"`
}

type hostData struct {
	Units        *float64 `json:"units"`
	BytesPerUnit *float64 `json:"bytes_per_unit"`
}

// bytes returns what was read or written, or nil.
func (h *hostData) bytes() *float64 {
	if h == nil {
		return nil
	}
	return product(h.Units, h.BytesPerUnit)
}

// ata is what drives with the ATA command set say.
type ata struct {
	Attributes *struct {
		Table []attribute `json:"table"`
	} `json:"ata_smart_attributes"`
	ErrorLog map[string]struct {
		Count *float64 `json:"count"`
	} `json:"ata_smart_error_log"`
	SelfTestLog map[string]struct {
		Table []ataSelfTest `json:"table"`
	} `json:"ata_smart_self_test_log"`
	Statistics *struct {
		Pages []statisticsPage `json:"pages"`
	} `json:"ata_device_statistics"`
}

type attribute struct {
	ID         int      `json:"id"`
	Name       string   `json:"name"`
	Value      *float64 `json:"value"`
	Worst      *float64 `json:"worst"`
	Threshold  *float64 `json:"thresh"`
	WhenFailed string   `json:"when_failed"` // "", now or past
	Flags      struct {
		PreFailure bool `json:"prefailure"`
	} `json:"flags"`
	Raw struct {
		Value *float64 `json:"value"`
		Text  string   `json:"string"`
	} `json:"raw"`
}

type ataSelfTest struct {
	Type struct {
		Text string `json:"string"`
	} `json:"type"`
	Status struct {
		Value  *int   `json:"value"`
		Text   string `json:"string"`
		Passed *bool  `json:"passed"`
	} `json:"status"`
	Hours *float64 `json:"lifetime_hours"`
}

type statisticsPage struct {
	Number int `json:"number"`
	Table  []struct {
		Name  string   `json:"name"`
		Value *float64 `json:"value"`
		Flags struct {
			Valid bool `json:"valid"`
		} `json:"flags"`
	} `json:"table"`
}

// nvme is what NVMe drives say.
type nvme struct {
	// TotalCapacity is told of a drive with several namespaces.
	TotalCapacity *float64 `json:"nvme_total_capacity"`
	Health        *struct {
		CriticalWarning *float64 `json:"critical_warning"`
		Temperature     *float64 `json:"temperature"`
		Spare           *float64 `json:"available_spare"`
		SpareThreshold  *float64 `json:"available_spare_threshold"`
		PercentageUsed  *float64 `json:"percentage_used"`
		UnitsRead       *float64 `json:"data_units_read"`
		UnitsWritten    *float64 `json:"data_units_written"`
		PowerCycles     *float64 `json:"power_cycles"`
		PowerOnHours    *float64 `json:"power_on_hours"`
		UnsafeShutdowns *float64 `json:"unsafe_shutdowns"`
		MediaErrors     *float64 `json:"media_errors"`
		ErrorLogEntries *float64 `json:"num_err_log_entries"`
	} `json:"nvme_smart_health_information_log"`
	NVMeSelfTests *struct {
		// An entry that was never used is null.
		Table []*struct {
			Code   codeText `json:"self_test_code"`
			Result codeText `json:"self_test_result"`
			Hours  *float64 `json:"power_on_hours"`
		} `json:"table"`
	} `json:"nvme_self_test_log"`
}

type codeText struct {
	Value *int   `json:"value"`
	Text  string `json:"string"`
}

// scsi is what drives with the SCSI command set say.
type scsi struct {
	GrownDefects   *float64 `json:"scsi_grown_defect_list"`
	PercentageUsed *float64 `json:"scsi_percentage_used_endurance_indicator"`
	ErrorCounters  map[string]struct {
		Uncorrected *float64 `json:"total_uncorrected_errors"`
		Gigabytes   string   `json:"gigabytes_processed"`
	} `json:"scsi_error_counter_log"`
	// SCSITests holds scsi_self_test_0 and so on, the newest first.
	SCSITests []scsiSelfTest `json:"-"`
}

type scsiSelfTest struct {
	Code        codeText `json:"code"`
	Result      codeText `json:"result"`
	PowerOnTime *struct {
		Hours *float64 `json:"hours"`
	} `json:"power_on_time"`
}

// maxSCSITests is how many self-tests the log of a SCSI drive holds.
const maxSCSITests = 20

// parseAnswer reads what smartctl printed. A part that has another shape than
// expected is left out; what is no document at all is a fault.
func parseAnswer(text []byte) (*answer, error) {
	a := new(answer)
	var shape *json.UnmarshalTypeError
	if err := json.Unmarshal(text, a); err != nil && !errors.As(err, &shape) {
		return nil, fault.As(fault.BadAnswer, err, "reading what smartctl says")
	}
	if a.Smartctl.ExitStatus == nil && len(a.Smartctl.Version) == 0 {
		return nil, fault.New(fault.BadAnswer, "reading what smartctl says: it is not a document of smartctl")
	}
	if a.Device.Protocol == "SCSI" {
		a.SCSITests = scsiTests(text)
	}
	return a, nil
}

func scsiTests(text []byte) []scsiSelfTest {
	var parts map[string]json.RawMessage
	if json.Unmarshal(text, &parts) != nil {
		return nil
	}
	var tests []scsiSelfTest
	for n := range maxSCSITests {
		part, there := parts["scsi_self_test_"+strconv.Itoa(n)]
		if !there {
			break
		}
		var test scsiSelfTest
		if json.Unmarshal(part, &test) == nil {
			tests = append(tests, test)
		}
	}
	return tests
}

// complaint returns the first error that smartctl tells of, or "".
func (a *answer) complaint() string {
	for _, m := range a.Smartctl.Messages {
		if m.Severity == "error" {
			return strings.TrimSpace(m.Text)
		}
	}
	return ""
}

// asleep reports whether smartctl left the drive alone because it sleeps.
func (a *answer) asleep() bool {
	const openOrAsleep = 1 << 1
	if a.exit()&openOrAsleep == 0 {
		return false
	}
	for _, m := range a.Smartctl.Messages {
		text := strings.ToUpper(m.Text)
		if strings.Contains(text, "DEVICE IS IN") && strings.Contains(text, " MODE") {
			return true
		}
	}
	// Older versions give no message, newer ones the mode as well.
	return a.PowerMode != nil && a.complaint() == ""
}

// exit returns the exit status, a mask of bits.
func (a *answer) exit() int {
	if a.Smartctl.ExitStatus == nil {
		return 0
	}
	return *a.Smartctl.ExitStatus
}
