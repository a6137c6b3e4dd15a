package disk

import (
	"slices"

	"github.com/unity-homelab/unity/plugin"
)

// survey is what one look at the machine found, before anything is worked out
// from it. Every platform makes one.
type survey struct {
	FileSystems []fileSystem
	Devices     []device
	Arrays      []array
	LVM         lvm
	Problems    []error
}

// fileSystem is a mounted file system and how full it is.
type fileSystem struct {
	Mountpoint string
	Source     string
	Type       string
	Options    []string
	ReadOnly   bool
	// Remounted reports that it is read-only although /etc/fstab does not ask
	// for it; AskedWritable that fstab says anything about it.
	Remounted     bool
	AskedWritable bool
	// Usage is nil when the file system did not answer; Trouble says why.
	Usage   *plugin.Usage
	Trouble string
	// Errors is nil where the file system does not count them.
	Errors    *int64
	LastError int64 // seconds since 1970, 0 for never
}

// usedBytes is what is in use, what is kept for root left out.
func (f fileSystem) usedBytes() uint64 {
	return f.Usage.SizeBytes - min(f.Usage.FreeBytes, f.Usage.SizeBytes)
}

// ratio is the used part of what ordinary users could use, as df has it.
func (f fileSystem) ratio() (float64, bool) {
	usable := f.usedBytes() + f.Usage.AvailBytes
	if usable == 0 {
		return 0, false
	}
	return float64(f.usedBytes()) / float64(usable), true
}

// inodesRatio is the used part of the inodes, where their number is fixed.
func (f fileSystem) inodesRatio() (float64, bool) {
	if f.Usage.Inodes == 0 || f.Usage.FreeInodes > f.Usage.Inodes {
		return 0, false
	}
	return float64(f.Usage.Inodes-f.Usage.FreeInodes) / float64(f.Usage.Inodes), true
}

// device is a block device with what was counted for it.
type device struct {
	Name       string // as people know it: sda, vg0-root
	Kernel     string // as the kernel does: sda, dm-0
	Kind       string // disk, partition, raid or mapper
	Model      string
	Serial     string
	SizeBytes  uint64
	Rotational bool
	Removable  bool
	ReadOnly   bool
	Children   []string
	Counters   *counters
}

// array is a software RAID array.
type array struct {
	Name             string
	Level            string
	State            string // array_state of the kernel: clean, active, inactive, broken …
	Required         int64  // disks it is made for
	Missing          *int64 // of those, nil where the level knows no redundancy
	Members          []member
	Action           string // idle, resync, recover, check, repair, reshape
	CompletedRatio   *float64
	SpeedBytes       *float64 // per second
	RemainingSeconds *float64
	Mismatches       *int64
}

// member is a disk of an array.
type member struct {
	Device string `json:"device"`
	State  string `json:"state"` // active, failed, spare or rebuilding
	Errors int64  `json:"errors"`
}

// count returns how many members are in the state.
func (a array) count(state string) int {
	n := 0
	for _, m := range a.Members {
		if m.State == state {
			n++
		}
	}
	return n
}

// condition is the state of the array in one word for people.
func (a array) condition() string {
	switch {
	case slices.Contains([]string{"broken", "inactive", "clear"}, a.State):
		return "failed"
	case a.Action == "recover" || a.Action == "reshape":
		return "rebuilding"
	case a.Missing != nil && *a.Missing > 0:
		return "degraded"
	case slices.Contains([]string{"resync", "check", "repair"}, a.Action):
		return "checking"
	default:
		return "ok"
	}
}

// lvm is what the logical volume manager says.
type lvm struct {
	Groups []volumeGroup `json:"groups,omitempty"`
	Pools  []thinPool    `json:"pools,omitempty"`
}

// volumeGroup is a group of physical volumes.
type volumeGroup struct {
	Name      string `json:"name"`
	SizeBytes uint64 `json:"size_bytes"`
	FreeBytes uint64 `json:"free_bytes"`
}

// thinPool is a pool that thin volumes take their space from.
type thinPool struct {
	Group         string   `json:"group"`
	Name          string   `json:"name"`
	SizeBytes     uint64   `json:"size_bytes"`
	DataRatio     *float64 `json:"data_ratio,omitempty"`
	MetadataRatio *float64 `json:"metadata_ratio,omitempty"`
}

func (s *survey) addProblem(err error) {
	if err != nil {
		s.Problems = append(s.Problems, err)
	}
}
