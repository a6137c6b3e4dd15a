package smart

import (
	"fmt"
	"strings"
	"time"
)

// disk is what is known of a disk, whatever command set it speaks. It is kept
// between runs, so that a disk that sleeps does not lose its figures.
type disk struct {
	ID        string   `json:"id"`
	Path      string   `json:"path"`
	Type      string   `json:"type,omitempty"` // of smartctl: sat, nvme, megaraid,3 …
	Kind      string   `json:"kind,omitempty"` // hdd, ssd, nvme or emmc
	Model     string   `json:"model,omitempty"`
	Family    string   `json:"family,omitempty"`
	Serial    string   `json:"serial,omitempty"`
	Firmware  string   `json:"firmware,omitempty"`
	Interface string   `json:"interface,omitempty"`
	WWN       string   `json:"wwn,omitempty"`
	Size      *float64 `json:"size,omitempty"`
	RPM       *float64 `json:"rpm,omitempty"`

	ReadAt  time.Time `json:"read_at"`
	Exit    int       `json:"exit"`
	Support *bool     `json:"support,omitempty"` // whether the drive has SMART at all
	Off     bool      `json:"off,omitempty"`     // it has, and it is switched off
	Passed  *bool     `json:"passed,omitempty"`

	Temperature     *float64 `json:"-"` // of now, or unknown
	PowerOnSeconds  *float64 `json:"power_on_seconds,omitempty"`
	PowerCycles     *float64 `json:"power_cycles,omitempty"`
	UnsafeShutdowns *float64 `json:"unsafe_shutdowns,omitempty"`
	LifeUsed        *float64 `json:"life_used,omitempty"`
	Spare           *float64 `json:"spare,omitempty"`
	SpareThreshold  *float64 `json:"spare_threshold,omitempty"`
	ReadBytes       *float64 `json:"read_bytes,omitempty"`
	WrittenBytes    *float64 `json:"written_bytes,omitempty"`
	MediaErrors     *float64 `json:"media_errors,omitempty"`
	ErrorLog        *float64 `json:"error_log,omitempty"`
	CriticalWarning *float64 `json:"critical_warning,omitempty"`
	Reallocated     *float64 `json:"reallocated,omitempty"`
	Pending         *float64 `json:"pending,omitempty"`
	Offline         *float64 `json:"offline_uncorrectable,omitempty"`
	Reported        *float64 `json:"reported_uncorrectable,omitempty"`
	Timeouts        *float64 `json:"command_timeouts,omitempty"`
	CRC             *float64 `json:"crc_errors,omitempty"`
	GrownDefects    *float64 `json:"grown_defects,omitempty"`
	EMMCEndOfLife   string   `json:"emmc_end_of_life,omitempty"` // normal, warning or urgent

	Uncorrected map[string]float64 `json:"uncorrected,omitempty"` // SCSI: read, write, verify
	Failing     []string           `json:"failing,omitempty"`     // attributes at or below their threshold now
	FailedOnce  []string           `json:"failed_once,omitempty"` // and those that were
	SelfTests   []selfTest         `json:"self_tests,omitempty"`  // the newest first
	Attributes  []attribute        `json:"-"`
}

// selfTest is a test that the drive has made of itself.
type selfTest struct {
	Kind   string   `json:"kind"`
	Result string   `json:"result"`
	Passed *bool    `json:"passed,omitempty"` // nil: not finished, or stopped
	Hours  *float64 `json:"hours,omitempty"`  // of being on, when it was made
}

// The kinds of disk.
const (
	kindHDD  = "hdd"
	kindSSD  = "ssd"
	kindNVMe = "nvme"
	kindEMMC = "emmc"
)

const (
	hourSeconds = 3600
	// maxSelfTests is how many are shown.
	maxSelfTests = 5
)

// newDisk makes of an answer what is known of the disk.
func newDisk(a *answer, path string, now time.Time) *disk {
	d := &disk{
		Path: path, Type: a.Device.Type, Model: first(a.ModelName, a.SCSIModelName), Family: a.ModelFamily,
		Serial: strings.TrimSpace(a.SerialNumber), Firmware: first(a.Firmware, a.SCSIRevision),
		WWN: a.identifier(), ReadAt: now, Exit: a.exit(),
	}
	d.Model = strings.Join(strings.Fields(d.Model), " ")
	d.ID = d.id()
	d.Kind = a.kind()
	if a.Capacity != nil {
		d.Size = positive(a.Capacity.Bytes)
	}
	if d.Size == nil {
		d.Size = positive(a.TotalCapacity)
	}
	if d.Kind == kindHDD {
		d.RPM = positive(a.RotationRate)
	}
	if a.InterfaceSpeed != nil && a.InterfaceSpeed.Current != nil {
		d.Interface = a.InterfaceSpeed.Current.Text
	}
	if a.Support != nil {
		d.Support = a.Support.Available
		d.Off = a.Support.Available != nil && *a.Support.Available && a.Support.Enabled != nil && !*a.Support.Enabled
	}
	if a.Status != nil {
		d.Passed = a.Status.Passed
	}
	if a.PowerOnTime != nil {
		d.PowerOnSeconds = scaled(natural(a.PowerOnTime.Hours), hourSeconds)
	}
	d.PowerCycles = natural(a.PowerCycles)
	d.readTemperature(a)
	switch a.Device.Protocol {
	case "NVMe":
		d.readNVMe(a)
	case "SCSI":
		d.readSCSI(a)
	default:
		d.readATA(a)
	}
	d.readGeneral(a)
	d.SelfTests = d.SelfTests[:min(len(d.SelfTests), maxSelfTests)]
	return d
}

// id returns a name that stays the same when the disk is plugged in elsewhere.
func (d *disk) id() string {
	name := d.Path
	switch {
	case d.Serial != "" && d.Model != "":
		name = d.Model + "_" + d.Serial
	case d.Serial != "":
		name = d.Serial
	case d.WWN != "":
		name = d.WWN
	case strings.Contains(d.Type, ","): // one of several behind one path
		name += "_" + d.Type
	}
	return strings.Join(strings.Fields(strings.TrimPrefix(name, "/dev/")), "_")
}

// identifier returns the world-wide name, or "".
func (a *answer) identifier() string {
	if a.WWN != nil && a.WWN.NAA != 0 {
		return fmt.Sprintf("%x%06x%09x", a.WWN.NAA, a.WWN.OUI, a.WWN.ID)
	}
	return strings.TrimPrefix(a.LogicalUnitID, "0x")
}

func (a *answer) kind() string {
	switch {
	case a.Device.Protocol == "NVMe":
		return kindNVMe
	case a.RotationRate != nil && *a.RotationRate > 1:
		return kindHDD
	case a.Device.Protocol == "" || a.RotationRate == nil && a.Device.Protocol == "SCSI":
		return "" // it does not say
	default:
		return kindSSD
	}
}

// readTemperature takes the temperature. SCSI drives without a thermometer say
// that it is 0 and may not rise above 0.
func (d *disk) readTemperature(a *answer) {
	t := a.Temperature
	if t == nil || t.Current == nil || *t.Current < -60 || *t.Current > 200 {
		return
	}
	if a.Device.Protocol == "SCSI" && *t.Current == 0 {
		return
	}
	d.Temperature = t.Current
}

// readGeneral takes what newer versions of smartctl say the same way of every
// kind of drive. It is preferred: quirks of vendors are known there.
func (d *disk) readGeneral(a *answer) {
	if e := a.Endurance; e != nil && e.Current != nil {
		d.LifeUsed = percent(e.Current)
	}
	if s := a.Spare; s != nil && s.Current != nil && d.Kind != kindHDD {
		d.Spare = percent(s.Current)
		if s.Threshold != nil {
			d.SpareThreshold = percent(s.Threshold)
		}
	}
	if read := natural(a.HostReads.bytes()); read != nil {
		d.ReadBytes = read
	}
	if written := natural(a.HostWrites.bytes()); written != nil {
		d.WrittenBytes = written
	}
}

func (d *disk) readNVMe(a *answer) {
	if h := a.Health; h != nil {
		const unit = 512_000 // bytes: thousands of 512
		d.CriticalWarning = natural(h.CriticalWarning)
		d.Spare, d.SpareThreshold = percent(h.Spare), percent(h.SpareThreshold)
		d.LifeUsed = percent(h.PercentageUsed)
		d.ReadBytes, d.WrittenBytes = scaled(natural(h.UnitsRead), unit), scaled(natural(h.UnitsWritten), unit)
		d.UnsafeShutdowns, d.MediaErrors = natural(h.UnsafeShutdowns), natural(h.MediaErrors)
		d.ErrorLog = natural(h.ErrorLogEntries)
		if d.PowerCycles == nil {
			d.PowerCycles = natural(h.PowerCycles)
		}
		if d.PowerOnSeconds == nil {
			d.PowerOnSeconds = scaled(natural(h.PowerOnHours), hourSeconds)
		}
	}
	if a.NVMeSelfTests == nil {
		return
	}
	for _, t := range a.NVMeSelfTests.Table {
		if t == nil || t.Result.Value == nil {
			continue
		}
		test := selfTest{Kind: t.Code.Text, Result: t.Result.Text, Hours: natural(t.Hours)}
		switch *t.Result.Value {
		case 0:
			test.Passed = new(true)
		case 5, 6, 7:
			test.Passed = new(false)
		}
		d.SelfTests = append(d.SelfTests, test)
	}
}

func (d *disk) readSCSI(a *answer) {
	d.GrownDefects = natural(a.GrownDefects)
	d.LifeUsed = percent(a.PercentageUsed)
	for _, op := range []string{"read", "write", "verify"} {
		counters, there := a.ErrorCounters[op]
		if !there {
			continue
		}
		if n := natural(counters.Uncorrected); n != nil {
			if d.Uncorrected == nil {
				d.Uncorrected = make(map[string]float64)
			}
			d.Uncorrected[op] = *n
		}
		const gigabyte = 1e9
		switch processed := scaled(natural(number(counters.Gigabytes)), gigabyte); op {
		case "read":
			d.ReadBytes = processed
		case "write":
			d.WrittenBytes = processed
		}
	}
	for _, t := range a.SCSITests {
		if t.Result.Value == nil {
			continue
		}
		test := selfTest{Kind: t.Code.Text, Result: t.Result.Text}
		if t.PowerOnTime != nil {
			test.Hours = natural(t.PowerOnTime.Hours)
		}
		switch result := *t.Result.Value; {
		case result == 0:
			test.Passed = new(true)
		case result >= 3 && result <= 7:
			test.Passed = new(false)
		}
		d.SelfTests = append(d.SelfTests, test)
	}
}
