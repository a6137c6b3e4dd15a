package proxmox

import (
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func manifest() plugin.Manifest {
	return plugin.Manifest{
		ID: "proxmox_monitor", Name: "Proxmox VE", Category: plugin.Virtualization, Icon: "server",
		Summary: "Nodes, virtual machines, containers, storages, backups and tasks of Proxmox VE.",
		Description: "Asks one host or a whole cluster of Proxmox VE for its nodes, guests, storages, backups, tasks, replication, high availability, " +
			"disks, pools and certificates, with one API token that may only read.",
		Tags:     []string{"proxmox", "pve", "hypervisor", "virtual machine", "kvm", "qemu", "lxc", "container", "cluster", "vzdump", "ceph"},
		Interval: time.Minute, Timeout: 50 * time.Second,
		Rights: plugin.Rights{
			Network: true,
			Notes: "An API token with the role PVEAuditor on /. To see what backups there are it needs more, which its page shows. " +
				"When you look for things to watch, port 8006 of this machine is asked without it.",
		},
		Metrics: metrics(), Panels: panels(), Tables: tables(), Rules: rules(),
	}
}

func metrics() []metric.Definition {
	gauge := func(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
		return metric.Definition{Name: name, Kind: metric.Gauge, Unit: unit, Labels: labels, Help: help}
	}
	guest := func(name string, unit metric.Unit, help string, more ...string) metric.Definition {
		return gauge(name, unit, help, append([]string{"node", "type", "vmid", "name"}, more...)...)
	}
	counter := func(name, help string) metric.Definition {
		d := guest(name, metric.Bytes, help)
		d.Kind = metric.Counter
		return d
	}
	return []metric.Definition{
		gauge("proxmox_info", metric.Bool, "1 with the version of the node that is asked.", "version"),
		gauge("proxmox_cluster_quorate", metric.Bool, "1 while the cluster has a quorum; absent where there is a lone host.", "cluster"),
		gauge("proxmox_node_up", metric.Bool, "1 while the cluster calls the node online.", "node"),
		gauge("proxmox_node_cpu_usage_ratio", metric.Ratio, "Use of all CPUs of the node.", "node"),
		gauge("proxmox_node_io_wait_ratio", metric.Ratio, "Share of the time in which its CPUs waited for disks.", "node"),
		gauge("proxmox_node_cpus", metric.None, "CPUs of the node.", "node"),
		gauge("proxmox_node_load1", metric.None, "Load of the last minute.", "node"),
		gauge("proxmox_node_load5", metric.None, "Load of the last 5 minutes.", "node"),
		gauge("proxmox_node_load15", metric.None, "Load of the last 15 minutes.", "node"),
		gauge("proxmox_node_memory_used_bytes", metric.Bytes, "Memory of the node in use.", "node"),
		gauge("proxmox_node_memory_total_bytes", metric.Bytes, "Memory of the node.", "node"),
		gauge("proxmox_node_swap_used_bytes", metric.Bytes, "Swap of the node in use.", "node"),
		gauge("proxmox_node_swap_total_bytes", metric.Bytes, "Swap of the node.", "node"),
		gauge("proxmox_node_rootfs_used_bytes", metric.Bytes, "Space in use on the root file system of the node.", "node"),
		gauge("proxmox_node_rootfs_total_bytes", metric.Bytes, "Size of the root file system of the node.", "node"),
		gauge("proxmox_node_uptime_seconds", metric.Seconds, "Time since the node was started.", "node"),
		gauge("proxmox_node_ksm_shared_bytes", metric.Bytes, "Memory that guests share, as KSM found.", "node"),
		gauge("proxmox_node_updates", metric.None, "Packages that can be updated, when asked for.", "node"),
		gauge("proxmox_guests", metric.None, "Guests by node, type (qemu or lxc) and state, without templates.", "node", "type", "status"),
		guest("proxmox_guest_up", metric.Bool, "1 while the guest runs; absent where its node does not say."),
		guest("proxmox_guest_expected", metric.Bool, "1 for a guest that is to run, because it starts with its node, high availability keeps it started, or it has the tag monitor; absent for others."),
		guest("proxmox_guest_cpu_usage_ratio", metric.Ratio, "Use of the guest's own CPUs."),
		guest("proxmox_guest_cpus", metric.None, "CPUs of the guest."),
		guest("proxmox_guest_memory_used_bytes", metric.Bytes, "Memory in use, as the node tells it; since version 9 that of containers includes their page cache."),
		guest("proxmox_guest_memory_total_bytes", metric.Bytes, "Memory of the guest."),
		guest("proxmox_guest_disk_used_bytes", metric.Bytes, "Space in use: of containers their root, of virtual machines what their agent says of all file systems."),
		guest("proxmox_guest_disk_size_bytes", metric.Bytes, "Size of the root disk of the guest."),
		counter("proxmox_guest_network_receive_bytes_total", "Received since the guest was started."),
		counter("proxmox_guest_network_transmit_bytes_total", "Sent since the guest was started."),
		counter("proxmox_guest_disk_read_bytes_total", "Read since the guest was started."),
		counter("proxmox_guest_disk_written_bytes_total", "Written since the guest was started."),
		guest("proxmox_guest_uptime_seconds", metric.Seconds, "Time since the guest was started."),
		guest("proxmox_guest_locked", metric.Bool, "1 while the guest is locked, by a backup or a migration for example.", "lock"),
		gauge("proxmox_guest_last_backup_timestamp_seconds", metric.TimestampSeconds, "When the newest backup of the guest was made, over all storages.", "vmid", "name"),
		gauge("proxmox_guest_last_backup_bytes", metric.Bytes, "Size of that backup.", "vmid", "name"),
		gauge("proxmox_guest_snapshots", metric.None, "Snapshots of the guest.", "vmid", "name"),
		gauge("proxmox_guest_oldest_snapshot_timestamp_seconds", metric.TimestampSeconds, "When the oldest of them was made.", "vmid", "name"),
		gauge("proxmox_guests_without_backup_job", metric.None, "Guests that are in no backup job."),
		gauge("proxmox_guests_backup_stale", metric.None, "Guests whose newest backup is older than the setting says."),
		gauge("proxmox_storage_used_bytes", metric.Bytes, "Space in use on the storage; a shared one has no node.", "storage", "node", "plugintype"),
		gauge("proxmox_storage_size_bytes", metric.Bytes, "Size of the storage.", "storage", "node", "plugintype"),
		gauge("proxmox_storage_active", metric.Bool, "1 while the node can use the storage; absent where it is switched off.", "storage", "node", "plugintype"),
		gauge("proxmox_tasks", metric.None, "Tasks of the last day, or of the window that is set, by type and result: ok, warning, error or running.", "type", "result"),
		gauge("proxmox_replication_last_sync_timestamp_seconds", metric.TimestampSeconds, "When the guest was last copied to the other node.", "replication", "guest"),
		gauge("proxmox_replication_failures", metric.None, "How often in a row that did not succeed.", "replication", "guest"),
		gauge("proxmox_replication_duration_seconds", metric.Seconds, "How long the last copy took.", "replication", "guest"),
		gauge("proxmox_ha_state", metric.Bool, "1 for the state that high availability has a guest in.", "sid", "state"),
		gauge("proxmox_disk_health_ok", metric.Bool, "1 while the disk calls itself well, by SMART; absent where it does not say.", "node", "device", "model"),
		gauge("proxmox_disk_wear_remaining_ratio", metric.Ratio, "What is left of an SSD before it is worn; 1 is new.", "node", "device", "model"),
		gauge("proxmox_zfs_pool_healthy", metric.Bool, "1 while the pool is online.", "node", "pool"),
		gauge("proxmox_zfs_pool_size_bytes", metric.Bytes, "Size of the pool.", "node", "pool"),
		gauge("proxmox_zfs_pool_allocated_bytes", metric.Bytes, "Space of the pool that is allocated.", "node", "pool"),
		gauge("proxmox_zfs_fragmentation_ratio", metric.Ratio, "How scattered the free space of the pool is.", "node", "pool"),
		gauge("proxmox_certificate_expiry_timestamp_seconds", metric.TimestampSeconds, "When a certificate of the node ends.", "node", "file"),
		gauge("proxmox_service_running", metric.Bool, "1 while a service without which the node is not well runs.", "node", "service"),
		gauge("proxmox_ceph_health", metric.Bool, "1 for the health of Ceph: ok, warn or err.", "state"),
	}
}
