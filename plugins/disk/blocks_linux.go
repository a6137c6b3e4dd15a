package disk

import (
	"cmp"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/hostfs"
)

// describeAgain is how long what was read about a device holds. What it is
// does not change while it stays plugged in, but it can be renamed and
// partitioned.
const describeAgain = 10 * time.Minute

// blocks reads /sys/block. None of its files makes the kernel talk to a disk.
type blocks struct {
	files     plugin.Files
	known     map[string]block
	described time.Time
}

// block is what a device is.
type block struct {
	device

	sequence string // differs when another device gets the same name
	parts    []string
}

// readDevices puts the block devices and their counters into the survey.
func (r *reader) readDevices(s *survey) {
	data, err := r.host.Files.ReadFile("/proc/diskstats")
	if err != nil {
		s.addProblem(fault.Wrap(err, "reading device counters"))
		return
	}
	found, err := r.blocks.read(r.host.Now())
	if err != nil {
		s.addProblem(fault.Wrap(err, "listing block devices"))
		return
	}
	counted := make(map[string]*counters)
	for _, c := range parseDiskstats(data) {
		counted[c.Name] = &c
	}
	names := make(map[string]bool, len(found))
	for _, kernel := range slices.Sorted(maps.Keys(found)) {
		b := found[kernel]
		if b.SizeBytes == 0 || !r.config.wantsDevice(b.Kernel, b.Name) {
			continue // an empty card reader, an unused loop device
		}
		d := b.device
		if names[d.Name] {
			d.Name = d.Kernel
		}
		names[d.Name] = true
		d.Counters = counted[kernel]
		s.Devices = append(s.Devices, d)
		if r.config.Partitions {
			r.addPartitions(s, b, counted)
		}
	}
}

func (r *reader) addPartitions(s *survey, whole block, counted map[string]*counters) {
	for _, part := range whole.parts {
		sectors, err := hostfs.Int(r.host.Files, "/sys/block/"+whole.Kernel+"/"+part+"/size")
		if err != nil || sectors < 0 {
			continue
		}
		s.Devices = append(s.Devices, device{
			Name: part, Kernel: part, Kind: "partition", SizeBytes: uint64(sectors) * sectorBytes,
			Model: whole.Model, Rotational: whole.Rotational, ReadOnly: whole.ReadOnly, Counters: counted[part],
		})
	}
}

// read returns the whole devices by the kernel's name.
func (b *blocks) read(now time.Time) (map[string]block, error) {
	if now.Sub(b.described) >= describeAgain {
		b.known, b.described = nil, now
	}
	entries, err := b.files.ReadDir("/sys/block")
	if err != nil {
		return nil, err
	}
	found := make(map[string]block, len(entries))
	for _, entry := range entries {
		name := entry.Name()
		folder := "/sys/block/" + name
		sectors, err := hostfs.Int(b.files, folder+"/size")
		if err != nil || sectors < 0 {
			continue // unplugged a moment ago
		}
		size := uint64(sectors) * sectorBytes
		sequence, _ := hostfs.Text(b.files, folder+"/diskseq") // since Linux 5.15; without it the size has to do
		before, known := b.known[name]
		if !known || before.sequence != sequence || before.SizeBytes != size {
			before = b.describe(name, folder)
			before.sequence, before.SizeBytes = sequence, size
		}
		found[name] = before
	}
	b.known = found
	return found, nil
}

// describe reads what a device is.
func (b *blocks) describe(name, folder string) block {
	text := func(file string) string {
		s, err := hostfs.Text(b.files, folder+"/"+file)
		if err != nil {
			return ""
		}
		return strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " ")
	}
	d := block{device: device{
		Name: name, Kernel: name, Kind: "disk",
		Rotational: text("queue/rotational") == "1",
		Removable:  text("removable") == "1",
		ReadOnly:   text("ro") == "1",
		Serial:     cmp.Or(text("device/serial"), text("serial"), b.pageSerial(folder)),
	}}
	d.Model = strings.TrimSpace(model(text("device/vendor"), text("device/model")))
	entries, err := b.files.ReadDir(folder)
	if err != nil {
		return d
	}
	for _, entry := range entries {
		part := entry.Name()
		switch {
		case part == "md":
			d.Kind = "raid"
		case part == "dm":
			d.Kind = "mapper"
			if friendly := text("dm/name"); friendly != "" {
				d.Name = friendly
			}
		case strings.HasPrefix(part, name) && b.exists(folder+"/"+part+"/partition"):
			d.parts = append(d.parts, part)
			d.Children = append(d.Children, part)
			d.Children = append(d.Children, b.holders(folder+"/"+part+"/holders")...)
		}
	}
	d.Children = append(d.Children, b.holders(folder+"/holders")...)
	slices.Sort(d.Children)
	d.Children = slices.Compact(d.Children)
	return d
}

// pageSerial reads the serial number that a SCSI or SATA disk told the kernel
// when it was plugged in: page 0x80, four bytes of header and a text.
func (b *blocks) pageSerial(folder string) string {
	page, err := b.files.ReadFile(folder + "/device/vpd_pg80")
	if err != nil || len(page) <= 4 {
		return ""
	}
	return strings.TrimSpace(strings.ToValidUTF8(strings.TrimRight(string(page[4:]), "\x00"), ""))
}

// model joins vendor and model. SATA disks all say that their vendor is ATA, and
// virtual ones give a number.
func model(vendor, name string) string {
	if vendor == "ATA" || strings.HasPrefix(vendor, "0x") || strings.HasPrefix(name, vendor) {
		return name
	}
	return vendor + " " + name
}

func (b *blocks) exists(name string) bool {
	_, err := b.files.Stat(name)
	return err == nil
}

// holders returns what is built on top of a device, by its friendly name.
func (b *blocks) holders(folder string) []string {
	entries, err := b.files.ReadDir(folder)
	if err != nil {
		return nil
	}
	return names(entries, func(kernel string) string {
		if friendly, err := hostfs.Text(b.files, path.Join("/sys/block", kernel, "dm/name")); err == nil {
			return friendly
		}
		return kernel
	})
}

func names(entries []fs.DirEntry, friendly func(string) string) []string {
	list := make([]string, 0, len(entries))
	for _, entry := range entries {
		list = append(list, friendly(entry.Name()))
	}
	return list
}
