package systeminfo

import "time"

// document is the snapshot. What is not known is left out.
type document struct {
	Host           hostFacts          `json:"host"`
	CPU            cpuFacts           `json:"cpu"`
	Memory         memoryFacts        `json:"memory"`
	Swap           *swapFacts         `json:"swap,omitempty"`
	Load           []float64          `json:"load,omitempty"`
	Pressure       map[string]float64 `json:"pressure,omitempty"`
	UptimeSeconds  float64            `json:"uptime_s,omitempty"`
	BootTime       *time.Time         `json:"boot_time,omitempty"`
	RootDisk       *diskFacts         `json:"root_disk,omitempty"`
	FailedUnits    []failedUnit       `json:"failed_units,omitempty"`
	Updates        *updateFacts       `json:"updates,omitempty"`
	RebootRequired *rebootFacts       `json:"reboot_required,omitempty"`
	Time           *clockFacts        `json:"time,omitempty"`
	Users          []session          `json:"users,omitempty"`
	Supplies       []supply           `json:"power_supplies,omitempty"`
}

type hostFacts struct {
	Hostname       string `json:"hostname"`
	OS             string `json:"os,omitempty"`
	Kernel         string `json:"kernel,omitempty"`
	Arch           string `json:"arch,omitempty"`
	MachineID      string `json:"machine_id,omitempty"`
	Virtualization string `json:"virtualization,omitempty"`
	Container      string `json:"container,omitempty"`
	Vendor         string `json:"vendor,omitempty"`
	Model          string `json:"model,omitempty"`
	Board          string `json:"board,omitempty"`
	Serial         string `json:"serial,omitempty"`
	BIOS           string `json:"bios,omitempty"`
	Note           string `json:"note,omitempty"`
}

type cpuFacts struct {
	Model    string             `json:"model,omitempty"`
	Logical  float64            `json:"logical,omitempty"`
	Physical int                `json:"physical,omitempty"`
	MHz      float64            `json:"mhz,omitempty"`
	Usage    *float64           `json:"usage,omitempty"`
	Modes    map[string]float64 `json:"modes,omitempty"`
	PerCore  []float64          `json:"per_core,omitempty"`
}

type memoryFacts struct {
	Total     uint64  `json:"total"`
	Used      uint64  `json:"used"`
	Available uint64  `json:"available"`
	Free      uint64  `json:"free"`
	Cached    uint64  `json:"cached"`
	Buffers   uint64  `json:"buffers"`
	Shared    uint64  `json:"shared"`
	ARC       uint64  `json:"zfs_arc_reclaimable,omitempty"`
	Ratio     float64 `json:"ratio"`
}

type swapFacts struct {
	Total uint64  `json:"total"`
	Used  uint64  `json:"used"`
	Free  uint64  `json:"free"`
	Ratio float64 `json:"ratio"`
}

type diskFacts struct {
	Total     uint64  `json:"total"`
	Used      uint64  `json:"used"`
	Available uint64  `json:"avail"`
	Ratio     float64 `json:"ratio"`
}

type failedUnit struct {
	Name        string     `json:"name"`
	Description string     `json:"description,omitempty"`
	Since       *time.Time `json:"since,omitempty"`
}

type updateFacts struct {
	All      int             `json:"all"`
	Security *int            `json:"security,omitempty"`
	Packages []packageUpdate `json:"packages,omitempty"`
	Checked  time.Time       `json:"checked"`
}

type packageUpdate struct {
	Name     string `json:"name"`
	Current  string `json:"current,omitempty"`
	New      string `json:"new,omitempty"`
	Security bool   `json:"security"`
}

type rebootFacts struct {
	Required bool     `json:"required"`
	Packages []string `json:"packages,omitempty"`
	Reason   string   `json:"reason,omitempty"`
}

type clockFacts struct {
	Synchronized  bool    `json:"synchronized"`
	OffsetSeconds float64 `json:"offset_s"`
}

type session struct {
	Name  string     `json:"name"`
	TTY   string     `json:"tty,omitempty"`
	From  string     `json:"from,omitempty"`
	Since *time.Time `json:"since,omitempty"`
}

type supply struct {
	Name   string   `json:"name"`
	Kind   string   `json:"type"`
	Status string   `json:"status,omitempty"`
	Charge *float64 `json:"charge,omitempty"`
	Online *bool    `json:"online,omitempty"`
}
