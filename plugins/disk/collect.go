package disk

import (
	"context"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/delta"
)

// collector turns surveys into samples and a snapshot.
type collector struct {
	config  Config
	host    plugin.Host
	reader  *reader
	tracker delta.Tracker[counterKey]
}

// counterKey tells one counter from the others between two collections.
type counterKey struct{ device, what string }

// Collect implements [plugin.Collector].
func (c *collector) Collect(ctx context.Context, out *plugin.Batch) error {
	c.tracker.Start(c.host.Now())
	found, err := c.reader.look(ctx)
	if err != nil {
		return err
	}
	for _, problem := range found.Problems {
		out.Problem(problem)
	}
	shown := snapshot{FileSystems: []fileSystemRow{}, Disks: []diskRow{}, RAID: []raidRow{}}
	out.Add("filesystem_usage_limit_ratio", float64(c.config.WarnThreshold)/100, "level", "warning")
	out.Add("filesystem_usage_limit_ratio", float64(c.config.CriticalThreshold)/100, "level", "critical")
	for _, f := range found.FileSystems {
		addFileSystem(out, f)
		shown.FileSystems = append(shown.FileSystems, c.fileSystemRow(f))
	}
	for _, d := range found.Devices {
		shown.Disks = append(shown.Disks, c.addDevice(out, d))
	}
	for _, a := range found.Arrays {
		addArray(out, a)
		shown.RAID = append(shown.RAID, arrayRow(a))
	}
	addLVM(out, found.LVM)
	shown.LVM = found.LVM
	shown.Warnings = warnings(shown)
	out.SetSnapshot(shown)
	return nil
}

// addFileSystem adds the samples of one file system.
func addFileSystem(out *plugin.Batch, f fileSystem) {
	labels := []string{"mountpoint", f.Mountpoint, "device", f.Source, "fstype", f.Type}
	out.AddBool("filesystem_responsive", f.Usage != nil, labels...)
	out.AddBool("filesystem_readonly", f.ReadOnly, labels...)
	if f.AskedWritable {
		out.AddBool("filesystem_remounted_readonly", f.Remounted, labels...)
	}
	if f.Errors != nil {
		out.Add("filesystem_errors_total", float64(*f.Errors), "mountpoint", f.Mountpoint, "device", f.Source)
	}
	if f.Usage == nil {
		return
	}
	out.Add("filesystem_size_bytes", float64(f.Usage.SizeBytes), labels...)
	out.Add("filesystem_used_bytes", float64(f.usedBytes()), labels...)
	out.Add("filesystem_free_bytes", float64(f.Usage.FreeBytes), labels...)
	out.Add("filesystem_avail_bytes", float64(f.Usage.AvailBytes), labels...)
	if ratio, ok := f.ratio(); ok {
		out.Add("filesystem_usage_ratio", ratio, labels...)
	}
	if ratio, ok := f.inodesRatio(); ok {
		out.Add("filesystem_inodes", float64(f.Usage.Inodes), labels...)
		out.Add("filesystem_inodes_used", float64(f.Usage.Inodes-f.Usage.FreeInodes), labels...)
		out.Add("filesystem_inodes_free", float64(f.Usage.FreeInodes), labels...)
		out.Add("filesystem_inodes_usage_ratio", ratio, labels...)
	}
}

// addDevice adds the samples of one block device and returns its row.
func (c *collector) addDevice(out *plugin.Batch, d device) diskRow {
	rotational := "false"
	if d.Rotational {
		rotational = "true"
	}
	if d.SizeBytes > 0 {
		out.Add("disk_size_bytes", float64(d.SizeBytes), "device", d.Name, "model", d.Model, "rotational", rotational)
	}
	row := diskRow{
		Name: d.Name, Kernel: d.Kernel, Kind: d.Kind, Model: d.Model, Serial: d.Serial, SizeBytes: d.SizeBytes,
		Rotational: d.Rotational, Removable: d.Removable, ReadOnly: d.ReadOnly, Children: d.Children,
	}
	if d.Counters == nil {
		return row
	}
	n := d.Counters
	out.Add("disk_read_bytes_total", float64(n.ReadBytes), "device", d.Name)
	out.Add("disk_written_bytes_total", float64(n.WrittenBytes), "device", d.Name)
	out.Add("disk_reads_completed_total", float64(n.Reads), "device", d.Name)
	out.Add("disk_writes_completed_total", float64(n.Writes), "device", d.Name)
	out.Add("disk_read_time_seconds_total", n.ReadSeconds, "device", d.Name)
	out.Add("disk_write_time_seconds_total", n.WriteSeconds, "device", d.Name)
	if n.CountsQueue {
		out.Add("disk_reads_merged_total", float64(n.ReadsMerged), "device", d.Name)
		out.Add("disk_writes_merged_total", float64(n.WritesMerged), "device", d.Name)
		out.Add("disk_io_in_progress", float64(n.InProgress), "device", d.Name)
		out.Add("disk_io_time_seconds_total", n.IOSeconds, "device", d.Name)
		out.Add("disk_io_weighted_seconds_total", n.QueueSeconds, "device", d.Name)
	}
	if n.CountsDiscards {
		out.Add("disk_discards_completed_total", float64(n.Discards), "device", d.Name)
	}
	if n.CountsFlushes {
		out.Add("disk_flushes_completed_total", float64(n.Flushes), "device", d.Name)
	}
	c.addDerived(out, d, &row)
	return row
}

// addDerived adds what follows from this collection and the one before.
func (c *collector) addDerived(out *plugin.Batch, d device, row *diskRow) {
	n := d.Counters
	key := func(what string) counterKey { return counterKey{d.Kernel, what} }
	if busy, ok := c.tracker.Rate(key("busy"), n.IOSeconds); ok && n.CountsQueue {
		busy = min(busy, 1) // the kernel counts in ticks, which can be one too many
		out.Add("disk_utilization_ratio", busy, "device", d.Name)
		row.Utilization = &busy
	}
	if wait, ok := c.tracker.Ratio(key("read wait"), n.ReadSeconds, float64(n.Reads)); ok {
		out.Add("disk_read_await_seconds", wait, "device", d.Name)
	}
	if wait, ok := c.tracker.Ratio(key("write wait"), n.WriteSeconds, float64(n.Writes)); ok {
		out.Add("disk_write_await_seconds", wait, "device", d.Name)
	}
	if wait, ok := c.tracker.Ratio(key("wait"), n.ReadSeconds+n.WriteSeconds, float64(n.Reads+n.Writes)); ok {
		row.Await = &wait
	}
	if rate, ok := c.tracker.Rate(key("read"), float64(n.ReadBytes)); ok {
		row.ReadRate = &rate
	}
	if rate, ok := c.tracker.Rate(key("written"), float64(n.WrittenBytes)); ok {
		row.WriteRate = &rate
	}
	if rate, ok := c.tracker.Rate(key("operations"), float64(n.Reads+n.Writes)); ok {
		row.IOPS = &rate
	}
}

// addArray adds the samples of one RAID array.
func addArray(out *plugin.Batch, a array) {
	out.Add("md_disks", float64(a.Required), "array", a.Name, "state", "required")
	for _, state := range []string{"active", "failed", "spare", "rebuilding"} {
		out.Add("md_disks", float64(a.count(state)), "array", a.Name, "state", state)
	}
	if a.Missing != nil {
		out.Add("md_degraded", float64(*a.Missing), "array", a.Name)
	}
	if a.Action != "" {
		for _, action := range []string{"resync", "recover", "check", "repair", "reshape"} {
			out.AddBool("md_sync_in_progress", a.Action == action, "array", a.Name, "action", action)
		}
	}
	if a.CompletedRatio != nil {
		out.Add("md_sync_completed_ratio", *a.CompletedRatio, "array", a.Name)
	}
	if a.SpeedBytes != nil {
		out.Add("md_sync_speed_bytes_per_second", *a.SpeedBytes, "array", a.Name)
	}
	if a.Mismatches != nil {
		out.Add("md_mismatch_count", float64(*a.Mismatches), "array", a.Name)
	}
}

// addLVM adds the samples of volume groups and thin pools.
func addLVM(out *plugin.Batch, found lvm) {
	for _, g := range found.Groups {
		out.Add("lvm_vg_size_bytes", float64(g.SizeBytes), "vg", g.Name)
		out.Add("lvm_vg_free_bytes", float64(g.FreeBytes), "vg", g.Name)
	}
	for _, p := range found.Pools {
		if p.DataRatio != nil {
			out.Add("lvm_thin_data_usage_ratio", *p.DataRatio, "vg", p.Group, "lv", p.Name)
		}
		if p.MetadataRatio != nil {
			out.Add("lvm_thin_metadata_usage_ratio", *p.MetadataRatio, "vg", p.Group, "lv", p.Name)
		}
	}
}
