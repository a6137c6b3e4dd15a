package zfsbtrfs

import (
	"slices"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// poolWords are the states of a pool, the best first.
func poolWords() []string {
	return []string{"online", "degraded", "offline", "removed", "unavail", "faulted", "suspended"}
}

// sink puts samples in that are known.
type sink struct{ *plugin.Batch }

func (s sink) put(name string, value *float64, labels ...string) {
	if value != nil {
		s.Add(name, *value, labels...)
	}
}

func (s sink) moment(name string, at *time.Time, labels ...string) {
	if at != nil {
		s.Add(name, float64(at.Unix()), labels...)
	}
}

// emit makes samples of what was found.
func (c *collector) emit(s *sight, batch *plugin.Batch) {
	out := sink{batch}
	for _, p := range s.pools {
		p.emit(out)
	}
	for _, d := range s.datasets {
		d.emit(out)
	}
	for _, one := range s.snapshots {
		out.Add("zfs_snapshots", float64(one.Count), "dataset", one.Dataset)
		out.put("zfs_snapshots_used_bytes", one.Used, "dataset", one.Dataset)
		out.moment("zfs_snapshot_newest_timestamp_seconds", one.Newest, "dataset", one.Dataset)
	}
	for _, t := range s.traffic {
		out.put("zfs_dataset_reads_total", t.reads, "dataset", t.dataset)
		out.put("zfs_dataset_writes_total", t.writes, "dataset", t.dataset)
		out.put("zfs_dataset_read_bytes_total", t.readBytes, "dataset", t.dataset)
		out.put("zfs_dataset_written_bytes_total", t.written, "dataset", t.dataset)
	}
	emitARC(s, out)
	for _, v := range s.volumes {
		v.emit(out)
	}
	out.Add("zfs_scrub_max_age_seconds", c.config.ScrubAge.Std().Seconds())
}

func (p *poolSight) emit(out sink) {
	labels := []string{"pool", p.Name}
	if slices.Contains(poolWords(), p.State) {
		out.AddState("zfs_pool_state", p.State, poolWords(), labels...)
	}
	out.put("zfs_pool_size_bytes", p.Size, labels...)
	out.put("zfs_pool_allocated_bytes", p.Allocated, labels...)
	out.put("zfs_pool_free_bytes", p.Free, labels...)
	out.put("zfs_pool_freeing_bytes", p.Freeing, labels...)
	out.put("zfs_pool_leaked_bytes", p.Leaked, labels...)
	out.put("zfs_pool_usage_ratio", p.Usage, labels...)
	out.put("zfs_pool_fragmentation_ratio", p.Fragments, labels...)
	out.put("zfs_pool_dedup_ratio", p.Dedup, labels...)
	if p.ReadOnly != nil {
		out.AddBool("zfs_pool_readonly", *p.ReadOnly, labels...)
	}
	if p.lastScrub != nil {
		out.moment("zfs_scan_last_end_timestamp_seconds", p.lastScrub, "pool", p.Name, "function", scrub)
	}
	if p.status == nil {
		return
	}
	if root := p.status.Root; root != nil {
		out.put("zfs_pool_errors", root.Read, "pool", p.Name, "type", "read")
		out.put("zfs_pool_errors", root.Write, "pool", p.Name, "type", "write")
		out.put("zfs_pool_errors", root.Checksum, "pool", p.Name, "type", "checksum")
	}
	out.put("zfs_pool_errors", p.status.DataErrors, "pool", p.Name, "type", "data")
	p.status.emitVdevs(out)
	p.status.Scan.emit(out, p.Name, p.lastScrub != nil)
}

func (p *poolStatus) emitVdevs(out sink) {
	seen := make(map[string]bool)
	for _, v := range p.Vdevs {
		if seen[v.key()] || v.State == "" {
			continue
		}
		seen[v.key()] = true
		of := []string{"pool", p.Name, "vdev", v.Name, "role", v.Role}
		out.AddBool("zfs_vdev_healthy", v.well(), of...)
		for _, errors := range []struct {
			kind  string
			value *float64
		}{{"read", v.Read}, {"write", v.Write}, {"checksum", v.Checksum}, {"slow", v.Slow}} {
			out.put("zfs_vdev_errors", errors.value, append(slices.Clip(of), "type", errors.kind)...)
		}
	}
}

// key tells the devices of a pool apart: a spare stands among the spares and
// where it is in use.
func (v vdev) key() string { return v.Role + " " + v.Name }

// emit tells of the scan. When the last scrub ended is told elsewhere.
func (s *scan) emit(out sink, pool string, scrubKnown bool) {
	for _, function := range []string{scrub, resilver} {
		out.AddBool("zfs_scan_in_progress", s != nil && s.Function == function && s.State == scanRunning, "pool", pool, "function", function)
	}
	if s == nil {
		return
	}
	labels := []string{"pool", pool, "function", s.Function}
	out.put("zfs_scan_progress_ratio", s.Progress, labels...)
	if s.State != scanFinished {
		return
	}
	out.put("zfs_scan_last_errors", s.Errors, labels...)
	out.put("zfs_scan_last_duration_seconds", s.Duration, labels...)
	if s.Function != scrub || !scrubKnown {
		out.moment("zfs_scan_last_end_timestamp_seconds", s.Ended, labels...)
	}
}

func (d dataset) emit(out sink) {
	labels := []string{"pool", d.pool(), "dataset", d.Name}
	out.put("zfs_dataset_used_bytes", d.Used, labels...)
	out.put("zfs_dataset_available_bytes", d.Available, labels...)
	out.put("zfs_dataset_referenced_bytes", d.Referenced, labels...)
	out.put("zfs_dataset_logical_used_bytes", d.LogicalUsed, labels...)
	out.put("zfs_dataset_used_by_snapshots_bytes", d.BySnapshots, labels...)
	out.put("zfs_dataset_compress_ratio", d.Ratio, labels...)
	out.put("zfs_dataset_quota_usage_ratio", d.quotaUsage(), labels...)
}

func emitARC(s *sight, out sink) {
	for _, figure := range []struct{ name, of string }{
		{"zfs_arc_size_bytes", "size"},
		{"zfs_arc_target_bytes", "c"},
		{"zfs_arc_min_bytes", "c_min"},
		{"zfs_arc_max_bytes", "c_max"},
		{"zfs_arc_mru_bytes", "mru_size"},
		{"zfs_arc_mfu_bytes", "mfu_size"},
		{"zfs_arc_hits_total", "hits"},
		{"zfs_arc_misses_total", "misses"},
		{"zfs_arc_memory_throttles_total", "memory_throttle_count"},
		{"zfs_l2arc_size_bytes", "l2_size"},
		{"zfs_l2arc_hits_total", "l2_hits"},
		{"zfs_l2arc_misses_total", "l2_misses"},
		{"zfs_l2arc_read_bytes_total", "l2_read_bytes"},
		{"zfs_l2arc_written_bytes_total", "l2_write_bytes"},
		{"zfs_l2arc_io_errors_total", "l2_io_error"},
		{"zfs_l2arc_checksum_errors_total", "l2_cksum_bad"},
	} {
		if value, there := s.arc[figure.of]; there {
			out.Add(figure.name, value)
		}
	}
	for name, of := range map[string]string{"zfs_arc_demand_hits_total": "hits", "zfs_arc_demand_misses_total": "misses"} {
		data, known := s.arc["demand_data_"+of]
		metadata, also := s.arc["demand_metadata_"+of]
		if known && also {
			out.Add(name, data+metadata)
		}
	}
	out.put("zfs_arc_hit_ratio", s.arcRatio)
}

func (v *volumeSight) emit(out sink) {
	labels := []string{"uuid", v.UUID, "label", v.title()}
	with := func(more ...string) []string { return append(slices.Clip(labels), more...) }
	out.put("btrfs_device_size_bytes", v.SizeBytes, labels...)
	out.put("btrfs_unallocated_bytes", v.unallocated(), labels...)
	out.put("btrfs_free_estimated_bytes", v.estimatedFree(), labels...)
	for _, s := range v.Space {
		of := with("type", s.Type, "profile", s.Profile)
		out.put("btrfs_allocation_used_bytes", s.Used, of...)
		out.put("btrfs_allocation_total_bytes", s.Total, of...)
		out.put("btrfs_allocation_disk_used_bytes", s.DiskUsed, of...)
		out.put("btrfs_allocation_disk_total_bytes", s.DiskTotal, of...)
		out.put("btrfs_allocation_reserved_bytes", s.Reserved, of...)
		if s.Used != nil && s.Total != nil && *s.Total > 0 {
			out.Add("btrfs_allocation_usage_ratio", *s.Used / *s.Total, of...)
		}
	}
	out.Add("btrfs_devices", float64(len(v.Devices)), labels...)
	for _, m := range v.Devices {
		out.AddBool("btrfs_device_missing", m.Missing, with("device", m.ID)...)
		for _, kind := range errorTypes() {
			if n, there := m.Errors[kind]; there {
				out.Add("btrfs_device_errors_total", n, with("device", m.ID, "type", kind)...)
			}
		}
	}
	if slices.Contains(operations(), v.Operation) {
		for _, operation := range operations() {
			out.AddBool("btrfs_exclusive_operation", operation == v.Operation, with("operation", operation)...)
		}
	}
	out.put("btrfs_commits_total", v.Commits, labels...)
	out.put("btrfs_commit_max_seconds", v.MaxCommit, labels...)
	if r := v.scrub; r != nil {
		out.AddBool("btrfs_scrub_in_progress", r.State == scanRunning, labels...)
		out.Add("btrfs_scrub_errors", r.Errors, labels...)
		out.Add("btrfs_scrub_uncorrectable_errors", r.Uncorrectable, labels...)
		if r.State == scanFinished {
			out.moment("btrfs_scrub_last_end_timestamp_seconds", r.Ended, labels...)
		}
	}
	if v.more != nil {
		out.Add("btrfs_subvolumes", float64(v.more.Count), labels...)
		out.Add("btrfs_snapshots", float64(v.more.Snapshots), labels...)
	}
}
