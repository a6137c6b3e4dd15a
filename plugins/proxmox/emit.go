package proxmox

import (
	"cmp"
	"slices"
	"strings"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/lenient"
)

// join puts what was asked of guests in turns beside what is asked in every run,
// and the reports in order.
func (c *collector) join(s *sight) {
	for _, g := range s.guests {
		g.detail, g.backup = c.round[g.ID], c.slow.backups[g.ID]
	}
	for _, r := range []*report{&s.report, &c.medium.report, &c.slow.report} {
		slices.Sort(r.leftOut)
		slices.SortStableFunc(r.problems, func(a, b error) int { return cmp.Compare(a.Error(), b.Error()) })
	}
}

// adder adds samples whose labels are the same.
type adder struct {
	out    *plugin.Batch
	labels []string
}

func (a adder) number(name string, n lenient.Number) {
	if value, known := n.Get(); known && value >= 0 {
		a.out.Add(name, value, a.labels...)
	}
}

func (a adder) pointer(name string, value *float64) {
	if value != nil {
		a.out.Add(name, *value, a.labels...)
	}
}

func (a adder) space(used, total string, of space) {
	if of.Total.Positive() != nil {
		a.number(used, of.Used)
	}
	a.pointer(total, of.Total.Positive())
}

// emit makes samples of what is seen.
func (c *collector) emit(s *sight, out *plugin.Batch) {
	out.Add("proxmox_info", 1, "version", plugin.Shorten(cmp.Or(s.version.Version, s.version.Release), 40))
	if s.cluster != nil {
		out.AddBool("proxmox_cluster_quorate", s.cluster.Quorate, "cluster", s.cluster.Name)
	}
	for _, n := range s.nodes {
		n.emit(out)
	}
	s.countGuests(out)
	for _, g := range s.guests {
		g.emit(out)
	}
	for _, one := range s.distinct() {
		if !one.available() || one.MaxDisk.Positive() == nil {
			continue
		}
		labels := []string{"storage", one.Name, "plugintype", plugin.Shorten(one.Plugin, 40)}
		if !one.Shared {
			labels = append(labels, "node", one.Node)
		}
		a := adder{out, labels}
		a.number("proxmox_storage_used_bytes", one.Disk)
		a.number("proxmox_storage_size_bytes", one.MaxDisk)
	}
	c.medium.emit(s, out)
	c.slow.emit(s, c.config, out)
}

func (n *node) emit(out *plugin.Batch) {
	if n.Online != nil {
		out.AddBool("proxmox_node_up", *n.Online, "node", n.Name)
	}
	if n.Online != nil && !*n.Online {
		return // figures of it are old
	}
	a := adder{out, []string{"node", n.Name}}
	cpu, cpus, uptime := n.status.CPU, n.status.CPUs.Count, n.status.Uptime
	memory, root := n.status.Memory, n.status.Root
	if _, known := uptime.Get(); !known {
		// The node itself did not answer; the cluster knows something of it.
		cpu, cpus, uptime = n.CPU, n.MaxCPU, n.Uptime
		memory, root = space{n.Memory, n.MaxMemory}, space{n.Disk, n.MaxDisk}
	}
	if cpus.Positive() != nil {
		a.number("proxmox_node_cpu_usage_ratio", cpu)
		a.number("proxmox_node_cpus", cpus)
	}
	a.number("proxmox_node_io_wait_ratio", n.status.Wait)
	for i, name := range []string{"proxmox_node_load1", "proxmox_node_load5", "proxmox_node_load15"} {
		if i < len(n.status.Load) {
			a.number(name, n.status.Load[i])
		}
	}
	a.space("proxmox_node_memory_used_bytes", "proxmox_node_memory_total_bytes", memory)
	a.space("proxmox_node_swap_used_bytes", "proxmox_node_swap_total_bytes", n.status.Swap)
	a.space("proxmox_node_rootfs_used_bytes", "proxmox_node_rootfs_total_bytes", root)
	a.pointer("proxmox_node_uptime_seconds", uptime.Positive())
	a.number("proxmox_node_ksm_shared_bytes", n.status.KSM.Shared)
	seen := make(map[string]bool)
	for _, one := range n.storages {
		if name := plugin.Shorten(one.Name, 60); bool(one.Enabled) && !seen[name] {
			seen[name] = true
			out.AddBool("proxmox_storage_active", bool(one.Active), "storage", name, "node", n.Name, "plugintype", plugin.Shorten(one.Type, 40))
		}
	}
}

// countGuests counts guests by node, type and state; running and stopped are told
// wherever there is a guest of the type.
func (s *sight) countGuests(out *plugin.Batch) {
	count := make(map[[3]string]float64)
	for _, g := range s.guests {
		if g.template {
			continue
		}
		for _, state := range []string{running, stopped, g.Status} {
			count[[3]string{g.Node, g.Type, state}] += 0
		}
		count[[3]string{g.Node, g.Type, g.Status}]++
	}
	for key, n := range count {
		out.Add("proxmox_guests", n, "node", key[0], "type", key[1], "status", key[2])
	}
}

func (g *guest) emit(out *plugin.Batch) {
	a := adder{out, []string{"node", g.Node, "type", g.Type, "vmid", g.ID, "name", g.Name}}
	if g.Lock != "" {
		out.Add("proxmox_guest_locked", 1, append(slices.Clone(a.labels), "lock", plugin.Shorten(g.Lock, 40))...)
	}
	a.pointer("proxmox_guest_disk_size_bytes", g.MaxDisk.Positive())
	short := adder{out, []string{"vmid", g.ID, "name", g.Name}}
	if g.backup != nil {
		short.number("proxmox_guest_last_backup_timestamp_seconds", g.backup.Time)
		short.pointer("proxmox_guest_last_backup_bytes", g.backup.Size.Positive())
	}
	if g.detail != nil {
		short.pointer("proxmox_guest_snapshots", g.detail.snapshots)
		short.pointer("proxmox_guest_oldest_snapshot_timestamp_seconds", g.detail.oldest)
	}
	if g.Status == unknown || g.template {
		return // what its node does not tell is not known to be down
	}
	out.AddBool("proxmox_guest_up", g.running(), a.labels...)
	if g.expected() {
		out.Add("proxmox_guest_expected", 1, a.labels...)
	}
	if !g.running() {
		return // the rest would be 0 without meaning it
	}
	if g.MaxCPU.Positive() != nil {
		a.number("proxmox_guest_cpu_usage_ratio", g.CPU)
		a.number("proxmox_guest_cpus", g.MaxCPU)
	}
	if g.MaxMemory.Positive() != nil {
		a.number("proxmox_guest_memory_used_bytes", g.Memory)
		a.number("proxmox_guest_memory_total_bytes", g.MaxMemory)
	}
	a.pointer("proxmox_guest_disk_used_bytes", g.diskUsed())
	a.number("proxmox_guest_network_receive_bytes_total", g.In)
	a.number("proxmox_guest_network_transmit_bytes_total", g.Out)
	a.number("proxmox_guest_disk_read_bytes_total", g.Read)
	a.number("proxmox_guest_disk_written_bytes_total", g.Written)
	a.pointer("proxmox_guest_uptime_seconds", g.Uptime.Positive())
}

// diskUsed is what the file systems of a guest hold. Proxmox VE knows that of
// containers; of virtual machines only their agent does.
func (g *guest) diskUsed() *float64 {
	switch {
	case g.Type == typeContainer:
		return g.Disk.Positive()
	case g.detail != nil:
		return g.detail.used
	default:
		return nil
	}
}

func (m *medium) emit(s *sight, out *plugin.Batch) {
	if m.tasksKnown {
		count := make(map[[2]string]float64)
		for _, result := range taskResults() {
			count[[2]string{"vzdump", result}] = 0
		}
		for _, t := range m.tasks {
			count[[2]string{plugin.Shorten(string(t.Type), 40), t.result()}]++
		}
		for key, n := range count {
			out.Add("proxmox_tasks", n, "type", key[0], "result", key[1])
		}
	}
	if m.jobsKnown {
		out.Add("proxmox_guests_without_backup_job", float64(len(m.without(s))))
	}
	for _, job := range m.replication {
		a := adder{out, []string{"replication", plugin.Shorten(job.ID, 40), "guest", plugin.Shorten(string(job.Guest), 20)}}
		if last := job.Last.Positive(); last != nil {
			a.out.Add("proxmox_replication_last_sync_timestamp_seconds", *last, a.labels...)
		}
		a.number("proxmox_replication_failures", job.Failures)
		a.number("proxmox_replication_duration_seconds", job.Duration)
	}
	for _, one := range m.ha {
		state := one.State
		if !slices.Contains(haStates(), state) {
			state = other
		}
		out.AddState("proxmox_ha_state", state, haStates(), "sid", plugin.Shorten(one.SID, 40))
	}
	if m.ceph != "" {
		out.AddState("proxmox_ceph_health", m.ceph, []string{"ok", "warn", "err"})
	}
}

// without are the guests that are looked at and are in no backup job.
func (m *medium) without(s *sight) []unprotected {
	there := make(map[string]bool, len(s.guests))
	for _, g := range s.guests {
		there[g.ID] = !g.template
	}
	var all []unprotected
	for _, one := range m.unprotected {
		if there[string(one.VMID)] {
			all = append(all, one)
		}
	}
	return all
}

func (l *slow) emit(s *sight, config config, out *plugin.Batch) {
	for _, d := range l.disks {
		labels := []string{"node", d.Node, "device", plugin.Shorten(d.Path, 60), "model", plugin.Shorten(string(d.Model), 60)}
		if well, known := d.ok(); known {
			out.AddBool("proxmox_disk_health_ok", well, labels...)
		}
		adder{out, labels}.pointer("proxmox_disk_wear_remaining_ratio", d.remaining())
	}
	for _, p := range l.pools {
		a := adder{out, []string{"node", p.Node, "pool", plugin.Shorten(p.Name, 60)}}
		if p.Health != "" {
			out.AddBool("proxmox_zfs_pool_healthy", p.Health == "ONLINE", a.labels...)
		}
		a.number("proxmox_zfs_pool_size_bytes", p.Size)
		a.number("proxmox_zfs_pool_allocated_bytes", p.Allocated)
		if percent, known := p.Fragmentation.Get(); known && percent >= 0 && percent <= 100 {
			out.Add("proxmox_zfs_fragmentation_ratio", percent/100, a.labels...)
		}
	}
	for _, one := range l.certificates {
		adder{out, []string{"node", one.Node, "file", plugin.Shorten(one.File, 60)}}.pointer("proxmox_certificate_expiry_timestamp_seconds", one.Ends.Positive())
	}
	for _, one := range l.services {
		out.AddBool("proxmox_service_running", strings.EqualFold(one.State, running), "node", one.Node, "service", one.Name)
	}
	for name, n := range l.updates {
		out.Add("proxmox_node_updates", n, "node", name)
	}
	if len(l.backups) > 0 {
		out.Add("proxmox_guests_backup_stale", float64(len(s.stale(config))))
	}
}

// stale are the guests whose newest backup is too old.
func (s *sight) stale(config config) []*guest {
	var old []*guest
	for _, g := range s.guests {
		if g.backup != nil && !g.template && s.now.Unix()-int64(g.backup.Time.Or(0)) > int64(config.MaxAge.Std().Seconds()) {
			old = append(old, g)
		}
	}
	return old
}
