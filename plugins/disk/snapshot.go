package disk

import (
	"fmt"
	"strings"
)

// snapshot is the document of a collection.
type snapshot struct {
	FileSystems []fileSystemRow `json:"filesystems"`
	Disks       []diskRow       `json:"disks"`
	RAID        []raidRow       `json:"raid"`
	LVM         lvm             `json:"lvm"`
	Warnings    []string        `json:"warnings"`
}

// fileSystemRow is a file system as the table shows it. What it did not say is
// left out.
type fileSystemRow struct {
	Mountpoint  string   `json:"mountpoint"`
	Device      string   `json:"device"`
	Type        string   `json:"fstype"`
	Options     string   `json:"options"`
	TotalBytes  *uint64  `json:"total_bytes,omitempty"`
	UsedBytes   *uint64  `json:"used_bytes,omitempty"`
	AvailBytes  *uint64  `json:"avail_bytes,omitempty"`
	Ratio       *float64 `json:"ratio,omitempty"`
	Inodes      *uint64  `json:"inodes,omitempty"`
	FreeInodes  *uint64  `json:"free_inodes,omitempty"`
	InodesRatio *float64 `json:"inodes_ratio,omitempty"`
	ReadOnly    bool     `json:"readonly"`
	Errors      *int64   `json:"errors,omitempty"`
	LastError   int64    `json:"last_error,omitempty"`
	State       string   `json:"state"` // ok, warning, critical or unresponsive
	Reason      string   `json:"reason,omitempty"`
}

// diskRow is a block device as the table shows it.
type diskRow struct {
	Name        string   `json:"name"`
	Kernel      string   `json:"kernel"`
	Kind        string   `json:"kind"`
	Model       string   `json:"model,omitempty"`
	Serial      string   `json:"serial,omitempty"`
	SizeBytes   uint64   `json:"size_bytes"`
	Rotational  bool     `json:"rotational"`
	Removable   bool     `json:"removable"`
	ReadOnly    bool     `json:"readonly"`
	Children    []string `json:"children,omitempty"`
	ReadRate    *float64 `json:"read_bytes_per_second,omitempty"`
	WriteRate   *float64 `json:"written_bytes_per_second,omitempty"`
	IOPS        *float64 `json:"iops,omitempty"`
	Utilization *float64 `json:"utilization,omitempty"`
	Await       *float64 `json:"await_seconds,omitempty"`
}

// raidRow is a RAID array as the table shows it.
type raidRow struct {
	Name     string   `json:"name"`
	Level    string   `json:"level"`
	State    string   `json:"state"` // ok, degraded, rebuilding, checking or failed
	Required int64    `json:"required"`
	Missing  *int64   `json:"degraded,omitempty"`
	Members  []member `json:"members"`
	Disks    []string `json:"disks"` // the members in one line each
	Action   string   `json:"action,omitempty"`
	Progress *float64 `json:"progress,omitempty"`
	ETA      *float64 `json:"eta_seconds,omitempty"`
}

// inodesWarning and inodesCritical are the bounds of the rules that ship.
const (
	inodesWarning  = 0.9
	inodesCritical = 0.98
)

func (c *collector) fileSystemRow(f fileSystem) fileSystemRow {
	row := fileSystemRow{
		Mountpoint: f.Mountpoint, Device: f.Source, Type: f.Type, Options: strings.Join(f.Options, ","),
		ReadOnly: f.ReadOnly, Errors: f.Errors, LastError: f.LastError,
		State: "unresponsive", Reason: f.Trouble,
	}
	if f.Usage == nil {
		return row
	}
	used := f.usedBytes()
	row.TotalBytes, row.UsedBytes, row.AvailBytes = &f.Usage.SizeBytes, &used, &f.Usage.AvailBytes
	if ratio, ok := f.ratio(); ok {
		row.Ratio = &ratio
	}
	if ratio, ok := f.inodesRatio(); ok {
		row.InodesRatio, row.Inodes, row.FreeInodes = &ratio, &f.Usage.Inodes, &f.Usage.FreeInodes
	}
	row.State, row.Reason = c.judge(f, row)
	return row
}

// judge says how well a file system is, by the bounds of the rules that ship.
func (c *collector) judge(f fileSystem, row fileSystemRow) (state, reason string) {
	fill, inodes := 0.0, 0.0
	if row.Ratio != nil {
		fill = *row.Ratio
	}
	if row.InodesRatio != nil {
		inodes = *row.InodesRatio
	}
	full := fmt.Sprintf("%.0f %% full", fill*100)
	noInodes := fmt.Sprintf("%.0f %% of the inodes in use", inodes*100)
	if f.ReadOnly {
		fill, inodes = 0, 0 // it cannot fill up any more
	}
	switch {
	case f.Remounted:
		return "critical", "read-only, although /etc/fstab asks for writing"
	case fill > float64(c.config.CriticalThreshold)/100:
		return "critical", full
	case inodes > inodesCritical:
		return "critical", noInodes
	case f.Errors != nil && *f.Errors > 0:
		return "warning", fmt.Sprintf("%d errors counted since the last check with e2fsck", *f.Errors)
	case fill > float64(c.config.WarnThreshold)/100:
		return "warning", full
	case inodes > inodesWarning:
		return "warning", noInodes
	default:
		return "ok", ""
	}
}

func arrayRow(a array) raidRow {
	row := raidRow{
		Name: a.Name, Level: a.Level, State: a.condition(), Required: a.Required, Missing: a.Missing,
		Members: []member{}, Disks: []string{}, Action: a.Action, Progress: a.CompletedRatio, ETA: a.RemainingSeconds,
	}
	for _, m := range a.Members {
		row.Members = append(row.Members, m)
		line := m.Device + " " + m.State
		if m.Errors > 0 {
			line += fmt.Sprintf(" (%d corrected errors)", m.Errors)
		}
		row.Disks = append(row.Disks, line)
	}
	return row
}

// warnings puts what is not as it should be into sentences.
func warnings(s snapshot) []string {
	list := []string{}
	for _, f := range s.FileSystems {
		if f.State != "ok" {
			list = append(list, f.Mountpoint+": "+f.Reason)
		}
	}
	for _, a := range s.RAID {
		if a.State != "ok" && a.State != "checking" {
			list = append(list, a.Name+": "+a.State)
		}
	}
	return list
}
