package proxmox

import (
	"time"

	"github.com/unity-homelab/unity/plugin"
)

func rules() []plugin.Rule {
	const minute, hour, day = time.Minute, time.Hour, 24 * time.Hour
	rule := func(id, name string, severity plugin.Severity, after time.Duration, expr, summary, hint string) plugin.Rule {
		return plugin.Rule{ID: id, Name: name, Severity: severity, For: after, Expr: expr, Summary: summary, Hint: hint}
	}
	const critical, warning, info = plugin.Critical, plugin.Warning, plugin.Info
	return []plugin.Rule{
		rule("proxmox_away", "Proxmox VE does not answer", critical, 2*minute, `up == 0`,
			"{{.Labels.source}} does not answer usably.", "The source's last run says why."),
		rule("proxmox_node_down", "Node is offline", critical, 2*minute, `proxmox_node_up == 0`,
			"The node {{.Labels.node}} is offline.", ""),
		rule("proxmox_no_quorum", "Cluster has no quorum", critical, minute, `proxmox_cluster_quorate == 0`,
			"The cluster {{.Labels.cluster}} has no quorum: nothing can be started or changed.", "See which nodes are offline, and the network between them: pvecm status."),
		rule("proxmox_node_memory", "Node is short of memory", warning, 15*minute, `proxmox_node_memory_used_bytes / proxmox_node_memory_total_bytes > 0.92`,
			"More than 92 % of the memory of {{.Labels.node}} is in use.", "ZFS gives its cache back only slowly; see what the guests use."),
		rule("proxmox_node_root", "Root of a node fills up", warning, 15*minute, `proxmox_node_rootfs_used_bytes / proxmox_node_rootfs_total_bytes > 0.85`,
			"The root file system of {{.Labels.node}} is more than 85 % full.", "Old kernels, images and backups under /var/lib/vz are the usual cause."),
		rule("proxmox_node_root_full", "Root of a node is full", critical, 15*minute, `proxmox_node_rootfs_used_bytes / proxmox_node_rootfs_total_bytes > 0.95`,
			"The root file system of {{.Labels.node}} is more than 95 % full.", "Old kernels, images and backups under /var/lib/vz are the usual cause."),
		rule("proxmox_io_wait", "Node waits for its disks", warning, 15*minute, `proxmox_node_io_wait_ratio > 0.3`,
			"The CPUs of {{.Labels.node}} wait for disks for more than 30 % of the time.", ""),
		rule("proxmox_storage_fills", "Storage fills up", warning, 30*minute, `proxmox_storage_used_bytes / proxmox_storage_size_bytes > 0.85`,
			"The storage {{.Labels.storage}} is more than 85 % full.", ""),
		rule("proxmox_storage_full", "Storage is full", critical, 30*minute, `proxmox_storage_used_bytes / proxmox_storage_size_bytes > 0.95`,
			"The storage {{.Labels.storage}} is more than 95 % full.", "Guests on a thin pool that is full stop, and may be damaged."),
		rule("proxmox_storage_inactive", "Storage cannot be used", critical, 5*minute, `proxmox_storage_active == 0`,
			"{{.Labels.node}} cannot use the storage {{.Labels.storage}}.", "See whether the server behind it is there: pvesm status."),
		rule("proxmox_guest_stopped", "Guest does not run", critical, 5*minute, `proxmox_guest_up == 0 and proxmox_guest_expected == 1`,
			"{{.Labels.name}} ({{.Labels.vmid}}) is to run and does not.", "It starts with its node, is kept started by high availability, or has the tag monitor."),
		rule("proxmox_backup_unsuccessful", "Backup did not succeed", critical, 0, `proxmox_tasks{type="vzdump",result="error"} > 0`,
			"{{.Value}} backups did not succeed.", "The table of tasks shows which, and what they say."),
		rule("proxmox_backup_stale", "Backup is old", warning, hour, `proxmox_guests_backup_stale > 0`,
			"The newest backup of {{.Value}} guests is too old.", "The table of guests shows which."),
		rule("proxmox_no_backup_job", "Guest in no backup job", info, day, `proxmox_guests_without_backup_job > 0`,
			"{{.Value}} guests are in no backup job.", "Add them to one, or accept that they can be lost."),
		rule("proxmox_replication", "Replication does not succeed", warning, 30*minute, `proxmox_replication_failures > 0`,
			"The replication {{.Labels.replication}} did not succeed {{.Value}} times in a row.", ""),
		rule("proxmox_disk_unhealthy", "Disk is not well", critical, 0, `proxmox_disk_health_ok == 0`,
			"The disk {{.Labels.device}} ({{.Labels.model}}) of {{.Labels.node}} says that it is about to die.", "Replace it."),
		rule("proxmox_disk_worn", "SSD is nearly worn", warning, hour, `proxmox_disk_wear_remaining_ratio < 0.1`,
			"Less than 10 % is left of {{.Labels.device}} of {{.Labels.node}}.", "Plan its replacement."),
		rule("proxmox_pool_unhealthy", "ZFS pool is not well", critical, minute, `proxmox_zfs_pool_healthy == 0`,
			"The pool {{.Labels.pool}} of {{.Labels.node}} is not online as it should be.", "zpool status on the node says which disk."),
		rule("proxmox_certificate", "Certificate ends soon", warning, hour, `proxmox_certificate_expiry_timestamp_seconds - time() < 1209600`,
			"The certificate {{.Labels.file}} of {{.Labels.node}} ends within two weeks.", "pvecm updatecerts makes new ones of the cluster's own."),
		rule("proxmox_snapshot_old", "Forgotten snapshot", info, hour, `time() - proxmox_guest_oldest_snapshot_timestamp_seconds > 2592000`,
			"A snapshot of {{.Labels.name}} is older than 30 days.", "Snapshots grow; remove what is not needed."),
		rule("proxmox_ceph", "Ceph is not well", warning, 10*minute, `proxmox_ceph_health{state="ok"} == 0`,
			"Ceph of {{.Labels.source}} is not well.", "ceph health detail says why."),
	}
}
