package temperature

import (
	"path"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/hostfs"
)

// disks finds the disk that a chip belongs to, and knows which of them are best
// left alone: asking some hard disks for their temperature keeps them from
// spinning down, or wakes them.
type disks struct {
	files     plugin.Files
	idleAfter time.Duration
	seen      map[string]activity
}

// activity is what a disk had done, and when that last changed.
type activity struct {
	counters string
	changed  time.Time
}

// under returns the name of the disk that sits at the device, or "".
func (d *disks) under(device string) string {
	if entries, err := d.files.ReadDir(device + "/block"); err == nil && len(entries) > 0 {
		return entries[0].Name() // SCSI and SATA: …/2:0:0:0/block/sda
	}
	entries, err := d.files.ReadDir(device)
	if err != nil {
		return ""
	}
	// NVMe: …/nvme/nvme0 has the namespaces nvme0n1, nvme0n2 …
	controller := path.Base(device)
	for _, entry := range entries {
		if strings.HasPrefix(controller, "nvme") && strings.HasPrefix(entry.Name(), controller+"n") {
			return entry.Name()
		}
	}
	return ""
}

// idle reports whether the disk turns, and has done nothing for so long that it
// may want to sleep.
func (d *disks) idle(name string, now time.Time) bool {
	folder := "/sys/block/" + name
	if status, err := hostfs.Text(d.files, folder+"/device/power/runtime_status"); err == nil && status == "suspended" {
		return true
	}
	rotational, err := hostfs.Text(d.files, folder+"/queue/rotational")
	if err != nil || rotational != "1" || d.idleAfter <= 0 {
		return false
	}
	counters, err := hostfs.Text(d.files, folder+"/stat")
	if err != nil {
		return false
	}
	if d.seen == nil {
		d.seen = make(map[string]activity)
	}
	before, known := d.seen[name]
	switch {
	case !known:
		// It may sleep already; that it does not shows when it does something.
		d.seen[name] = activity{counters: counters}
		return true
	case before.counters != counters:
		d.seen[name] = activity{counters: counters, changed: now}
		return false
	default:
		return now.Sub(before.changed) >= d.idleAfter
	}
}
