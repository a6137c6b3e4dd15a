package proxmox

import (
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func panels() []plugin.Panel {
	zero, one := plugin.Bound(0), plugin.Bound(1)
	return []plugin.Panel{
		{
			Title: "CPU of the nodes", Kind: plugin.Line, Unit: metric.Ratio, Min: zero, Max: one, Warning: plugin.Bound(0.9),
			Queries: []plugin.Query{{Metric: "proxmox_node_cpu_usage_ratio", Legend: "{node}"}},
		},
		{
			Title: "Memory of the nodes", Kind: plugin.Line, Unit: metric.Bytes, Min: zero,
			Queries: []plugin.Query{{Metric: "proxmox_node_memory_used_bytes", Legend: "{node}"}},
		},
		{
			Title: "Guests", Kind: plugin.Timeline, Unit: metric.Bool, Wide: true,
			Queries: []plugin.Query{{Metric: "proxmox_guest_up", Legend: "{name}", Top: 40}},
		},
		{
			Title: "CPU of the guests", Kind: plugin.Line, Unit: metric.Ratio, Min: zero,
			Queries: []plugin.Query{{Metric: "proxmox_guest_cpu_usage_ratio", Legend: "{name}", Top: 8}},
			Help:    "Of each guest's own CPUs.",
		},
		{
			Title: "Memory of the guests", Kind: plugin.Line, Unit: metric.Bytes, Min: zero,
			Queries: []plugin.Query{{Metric: "proxmox_guest_memory_used_bytes", Legend: "{name}", Top: 8}},
		},
		{
			Title: "Network of the guests", Kind: plugin.Line, Unit: metric.BytesPerSecond,
			Queries: []plugin.Query{
				{Metric: "proxmox_guest_network_receive_bytes_total", Rate: true, Legend: "{name} in", Top: 6},
				{Metric: "proxmox_guest_network_transmit_bytes_total", Rate: true, Legend: "{name} out", Top: 6, Negative: true},
			},
		},
		{
			Title: "Disks of the guests", Kind: plugin.Line, Unit: metric.BytesPerSecond,
			Queries: []plugin.Query{
				{Metric: "proxmox_guest_disk_read_bytes_total", Rate: true, Legend: "{name} read", Top: 6},
				{Metric: "proxmox_guest_disk_written_bytes_total", Rate: true, Legend: "{name} written", Top: 6, Negative: true},
			},
		},
		{
			Title: "Space in use on storages", Kind: plugin.Bar, Unit: metric.Bytes, Min: zero,
			Queries: []plugin.Query{{Metric: "proxmox_storage_used_bytes", Legend: "{storage} {node}"}},
		},
		{
			Title: "Waiting for disks", Kind: plugin.Line, Unit: metric.Ratio, Min: zero, Warning: plugin.Bound(0.3),
			Queries: []plugin.Query{{Metric: "proxmox_node_io_wait_ratio", Legend: "{node}"}},
		},
		{
			Title: "Nodes", Kind: plugin.Timeline, Unit: metric.Bool,
			Queries: []plugin.Query{{Metric: "proxmox_node_up", Legend: "{node}"}, {Metric: "proxmox_cluster_quorate", Legend: "quorum of {cluster}"}},
		},
		{
			Title: "Tasks", Kind: plugin.Bar, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{{Metric: "proxmox_tasks", Legend: "{type} {result}", Top: 12}},
			Help:    "In the last day, or in the window that is set.",
		},
		{
			Title: "Left of the SSDs", Kind: plugin.Line, Unit: metric.Ratio, Min: zero, Max: one, Warning: plugin.Bound(0.2), Critical: plugin.Bound(0.1),
			Queries: []plugin.Query{{Metric: "proxmox_disk_wear_remaining_ratio", Legend: "{node} {device}"}},
		},
	}
}

func tables() []plugin.Table {
	text, code, list, number := plugin.TextColumn, plugin.CodeColumn, plugin.ListColumn, plugin.NumberColumn
	at, flag, status := plugin.TimeColumn, plugin.FlagColumn, plugin.StatusColumn
	return []plugin.Table{
		{Title: "Guests", Path: "guests", Empty: "There are none, or the token may not see them.", Columns: []plugin.Column{
			code("vmid", "Number"), text("name", "Name"), status("status", "Status"), text("type", "Type"), text("node", "Node"), number("cpu", "CPU", metric.Ratio),
			number("memory", "Memory", metric.Ratio), number("disk_used", "Disk used", metric.Bytes), number("disk_size", "Disk", metric.Bytes),
			plugin.DurationColumn("uptime", "Up for"), list("tags", "Tags"), status("ha", "HA").With(plugin.Levels{OK: []string{"started"}, Critical: []string{"fence"}}), text("lock", "Locked by"),
		}},
		{Title: "Nodes", Path: "nodes", Columns: []plugin.Column{
			text("name", "Node"), status("status", "Status"), number("cpu", "CPU", metric.Ratio), number("memory", "Memory", metric.Ratio), number("rootfs", "Root", metric.Ratio),
			number("load", "Load", metric.None), plugin.DurationColumn("uptime", "Up for"), code("pve_version", "Version"), code("kernel", "Kernel"), number("updates", "Updates", metric.None),
		}},
		{Title: "Storages", Path: "storages", Columns: []plugin.Column{
			text("name", "Storage"), status("status", "Status").With(plugin.Levels{Critical: []string{"inactive"}}), text("type", "Type"), number("full", "Full", metric.Ratio),
			number("used", "Used", metric.Bytes), number("size", "Size", metric.Bytes), list("nodes", "Nodes"), list("content", "For"),
		}},
		{Title: "Tasks", Path: "tasks", Empty: "Nothing was done.", Columns: []plugin.Column{
			text("type", "Task"), code("id", "Of"), status("result", "Result"), text("node", "Node"), text("user", "User"), at("start", "Started"), at("end", "Ended"), text("said", "It says"),
		}},
		{Title: "Backups of guests", Path: "guests", Empty: "There are none, or the token may not see them.", Columns: []plugin.Column{
			code("vmid", "Number"), text("name", "Name"), at("last_backup", "Last backup"), flag("backup_stale", "Too old"), number("snapshots", "Snapshots", metric.None),
		}},
		{Title: "In no backup job", Path: "unprotected", Empty: "Every guest is in a backup job, or the token may not see the jobs.", Columns: []plugin.Column{
			code("vmid", "Number"), text("name", "Name"), text("type", "Type"),
		}},
		{Title: "Replication", Path: "replication", Empty: "There is none.", Columns: []plugin.Column{
			code("id", "Job"), code("guest", "Guest"), text("from", "From"), text("to", "To"), at("last", "Last"), at("next", "Next"),
			plugin.DurationColumn("duration", "Took"), number("failures", "Failures", metric.None), text("error", "It says"),
		}},
		{Title: "Disks", Path: "disks", Empty: "They are not asked for, or the token may not see them.", Columns: []plugin.Column{
			text("node", "Node"), code("device", "Disk"), status("health", "Health").With(plugin.Levels{OK: []string{"passed"}}), number("remaining", "Left", metric.Ratio), text("type", "Type"),
			number("size", "Size", metric.Bytes), text("model", "Model"), code("serial", "Serial number"), text("used", "Used for"),
		}},
		{Title: "ZFS pools", Path: "zfs", Empty: "There are none, or the token may not see them.", Columns: []plugin.Column{
			text("node", "Node"), text("name", "Pool"), status("health", "Health").With(plugin.Levels{Critical: []string{"faulted", "unavail"}}),
			number("used", "Used", metric.Bytes), number("size", "Size", metric.Bytes),
		}},
		{Title: "Certificates", Path: "certificates", Empty: "They are not asked for.", Columns: []plugin.Column{
			text("node", "Node"), code("file", "File"), at("ends", "Ends"), text("subject", "For"), text("issuer", "From"),
		}},
	}
}
