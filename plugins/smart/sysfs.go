package smart

import (
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/hostfs"
)

// What an eMMC says about its reserved blocks.
const (
	emmcNormal  = "normal"
	emmcWarning = "warning"
	emmcUrgent  = "urgent"
)

// readEMMC reads the wear of built-in memory. SD cards do not tell.
func (c *collector) readEMMC(now time.Time) []*reading {
	var found []*reading
	if !c.config.EMMC || len(c.config.Devices) > 0 {
		return nil
	}
	for _, name := range blockDevices(c.host.Files, "mmcblk") {
		folder := "/sys/block/" + name + "/"
		life, err := hostfs.Text(c.host.Files, folder+"device/life_time")
		if err != nil || strings.Contains(name, "boot") || strings.Contains(name, "rpmb") {
			continue
		}
		text := func(file string) string {
			said, err := hostfs.Text(c.host.Files, folder+file)
			if err != nil {
				return ""
			}
			return said
		}
		d := &disk{
			Path: "/dev/" + name, Type: kindEMMC, Kind: kindEMMC, Model: text("device/name"), Serial: text("device/serial"),
			Firmware: text("device/fwrev"), ReadAt: now, LifeUsed: emmcLife(life),
		}
		d.ID = d.id()
		if sectors := number(text("size")); sectors != nil {
			d.Size = scaled(positive(sectors), 512)
		}
		switch end, err := strconv.ParseUint(strings.TrimPrefix(text("device/pre_eol_info"), "0x"), 16, 8); {
		case err != nil:
		case end == 1:
			d.EMMCEndOfLife = emmcNormal
		case end == 2:
			d.EMMCEndOfLife = emmcWarning
		case end == 3:
			d.EMMCEndOfLife = emmcUrgent
		}
		r := &reading{disk: d}
		if !c.leftOut(d) {
			found = append(found, r)
		}
	}
	return found
}

// emmcLife reads the estimates for the two kinds of memory cells, in tenths:
// 1 is up to 10 % used, 11 is more than all. What is surely used of the more
// worn kind counts.
func emmcLife(text string) *float64 {
	var used *float64
	for word := range strings.FieldsSeq(text) {
		step, err := strconv.ParseUint(strings.TrimPrefix(word, "0x"), 16, 8)
		if err != nil || step < 1 || step > 11 {
			continue // 0 is not defined
		}
		if part := float64(step-1) / 10; used == nil || part > *used {
			used = &part
		}
	}
	return used
}

// blockDevices returns the block devices whose names begin so.
func blockDevices(files plugin.Files, prefixes ...string) []string {
	entries, err := files.ReadDir("/sys/block")
	if err != nil {
		return nil
	}
	var names []string
	for _, entry := range entries {
		for _, prefix := range prefixes {
			if strings.HasPrefix(entry.Name(), prefix) {
				names = append(names, entry.Name())
			}
		}
	}
	return names
}

// hidden returns the disks that the kernel has and a scan of smartctl does not
// list, as those behind a USB bridge that it does not know.
func (c *collector) hidden(targets []target) []string {
	if len(c.config.Devices) > 0 {
		return nil
	}
	listed := make(map[string]bool)
	for _, t := range targets {
		listed[t.Path] = true
	}
	var names []string
	for _, name := range blockDevices(c.host.Files, "sd") {
		device := "/dev/" + name
		// A card reader without a card has size 0.
		size, err := hostfs.Int(c.host.Files, "/sys/block/"+name+"/size")
		if err == nil && size > 0 && !listed[device] && !c.config.Exclude.Match(device) {
			names = append(names, device)
		}
	}
	return names
}
