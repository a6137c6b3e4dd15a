package zfsbtrfs

import (
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

// panels are what a person looks at, the most wanted first. A machine mostly
// has one of the two kinds; panels of the other stay away.
func panels() []plugin.Panel {
	online := map[string]string{"state": "online"}
	return []plugin.Panel{
		{
			Title: "Full", Kind: plugin.Line, Unit: metric.Ratio, Min: plugin.Bound(0), Max: plugin.Bound(1), Warning: plugin.Bound(0.85), Critical: plugin.Bound(0.95),
			Queries: []plugin.Query{{Metric: "zfs_pool_usage_ratio", Legend: "{pool}"}},
			Help:    "Of ZFS; how much room is left on Btrfs is under Free.",
		},
		{
			Title: "Pools online", Kind: plugin.Timeline, Unit: metric.Bool,
			Queries: []plugin.Query{{Metric: "zfs_pool_state", Match: online, Legend: "{pool}"}},
			Help:    "A pool that lacks a device is degraded, and not online.",
		},
		{
			Title: "Devices online", Kind: plugin.Timeline, Unit: metric.Bool,
			Queries: []plugin.Query{{Metric: "zfs_vdev_healthy", Legend: "{pool} {vdev}"}},
			Help:    "Devices of ZFS pools, and groups of them such as mirrors.",
		},
		{
			Title: "Errors", Kind: plugin.Line, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{
				{Metric: "zfs_vdev_errors", Legend: "{vdev} {type}", Top: 8},
				{Metric: "btrfs_device_errors_total", Legend: "{label} {device} {type}", Top: 8},
			},
			Help: "What each device has counted; only growth matters.",
		},
		{
			Title: "Free", Kind: plugin.Line, Unit: metric.Bytes, Min: plugin.Bound(0),
			Queries: []plugin.Query{
				{Metric: "zfs_pool_free_bytes", Legend: "{pool}"},
				{Metric: "btrfs_free_estimated_bytes", Legend: "{label}"},
				{Metric: "btrfs_unallocated_bytes", Legend: "{label} unallocated"},
			},
		},
		{
			Title: "Devices missing", Kind: plugin.Timeline, Unit: metric.Bool,
			Queries: []plugin.Query{{Metric: "btrfs_device_missing", Legend: "{label} {device}"}},
			Help:    "Devices of Btrfs, by their number.",
		},
		{
			Title: "Used on the devices", Kind: plugin.Stacked, Unit: metric.Bytes, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "btrfs_allocation_disk_used_bytes", Legend: "{label} {type}", Top: 12}},
			Help:    "Of Btrfs, with all copies.",
		},
		{
			Title: "Used of what is set aside", Kind: plugin.Line, Unit: metric.Ratio, Min: plugin.Bound(0), Max: plugin.Bound(1),
			Queries: []plugin.Query{{Metric: "btrfs_allocation_usage_ratio", Legend: "{label} {type}"}},
			Help:    "Btrfs sets room aside in large pieces, for data and for metadata. They are often full; that matters only when nothing is left unallocated.",
		},
		{
			Title: "Largest datasets", Kind: plugin.Line, Unit: metric.Bytes, Min: plugin.Bound(0), Wide: true,
			Queries: []plugin.Query{{Metric: "zfs_dataset_referenced_bytes", Legend: "{dataset}", Top: 12}},
		},
		{
			Title: "Cache", Kind: plugin.Line, Unit: metric.Bytes, Min: plugin.Bound(0),
			Queries: []plugin.Query{
				{Metric: "zfs_arc_size_bytes", Legend: "size"}, {Metric: "zfs_arc_target_bytes", Legend: "target"}, {Metric: "zfs_arc_max_bytes", Legend: "largest"},
			},
		},
		{
			Title: "Found in the cache", Kind: plugin.Line, Unit: metric.Ratio, Min: plugin.Bound(0), Max: plugin.Bound(1),
			Queries: []plugin.Query{{Metric: "zfs_arc_hit_ratio"}},
		},
		{
			Title: "Scrubs and resilvers", Kind: plugin.Line, Unit: metric.Ratio, Min: plugin.Bound(0), Max: plugin.Bound(1),
			Queries: []plugin.Query{{Metric: "zfs_scan_progress_ratio", Legend: "{pool} {function}"}},
			Help:    "How much of one that goes on is done.",
		},
		{
			Title: "Snapshots use", Kind: plugin.Stacked, Unit: metric.Bytes, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "zfs_dataset_used_by_snapshots_bytes", Legend: "{dataset}", Top: 12}},
		},
		{
			Title: "Fragmentation", Kind: plugin.Line, Unit: metric.Ratio, Min: plugin.Bound(0), Max: plugin.Bound(1),
			Queries: []plugin.Query{{Metric: "zfs_pool_fragmentation_ratio", Legend: "{pool}"}},
		},
	}
}

func tables() []plugin.Table {
	text, code, at, status := plugin.TextColumn, plugin.CodeColumn, plugin.TimeColumn, plugin.StatusColumn
	number := plugin.NumberColumn
	pools := plugin.Levels{Critical: []string{"unavail", "suspended", "removed"}}
	const noZFS, noBtrfs = "There is no pool of ZFS here.", "There is no file system of Btrfs here."
	return []plugin.Table{
		{
			Title: "ZFS pools", Path: "zfs.pools", Empty: noZFS,
			Columns: []plugin.Column{
				status("state", "State").With(pools), code("name", "Pool"), number("usage", "Full", metric.Ratio), number("free", "Free", metric.Bytes),
				number("size", "Size", metric.Bytes), number("fragmentation", "Fragmentation", metric.Ratio),
				number("dedup", "Deduplication", metric.None), text("scan_text", "Last scan"), at("last_scrub", "Last scrub"),
				text("status_text", "What is wrong"), text("action", "What to do"), text("errors_text", "Errors"),
			},
		},
		{
			Title: "ZFS devices", Path: "zfs.vdevs", Empty: noZFS,
			Columns: []plugin.Column{
				status("state", "State").With(pools), code("name", "Device"), text("pool", "Pool"), text("group", "Part of"), text("role", "For"),
				number("read", "Read errors", metric.None), number("write", "Write errors", metric.None),
				number("checksum", "Checksum errors", metric.None), number("slow", "Slow", metric.None), text("note", "Note"),
			},
		},
		{
			Title: "Btrfs", Path: "btrfs.volumes", Empty: noBtrfs,
			Columns: []plugin.Column{
				status("state", "State"), code("name", "Name"),
				{Key: "mounts", Title: "Mounted at", Kind: plugin.CellList},
				number("free_estimated", "Free", metric.Bytes), number("unallocated", "Unallocated", metric.Bytes), number("size", "Devices", metric.Bytes),
				text("operation", "Doing"), text("scrub_state", "Last scrub"), at("scrub_ended", "Ended"),
				number("subvolumes", "Subvolumes", metric.None), number("snapshots", "Snapshots", metric.None), code("uuid", "UUID"),
			},
		},
		{
			Title: "Btrfs devices", Path: "btrfs.devices", Empty: noBtrfs,
			Columns: []plugin.Column{
				status("state", "State").With(plugin.Levels{Warning: []string{"errors"}, Critical: []string{"missing"}}), code("name", "File system"), code("id", "Number"), code("path", "Device"),
				number("error_count", "Errors", metric.None),
			},
		},
		{
			Title: "Btrfs space", Path: "btrfs.space", Empty: noBtrfs,
			Columns: []plugin.Column{
				code("name", "File system"), text("type", "For"), text("profile", "Profile"), number("used", "Used", metric.Bytes),
				number("total", "Set aside", metric.Bytes), number("on_disk", "On the devices", metric.Bytes),
			},
		},
		{
			Title: "ZFS datasets", Path: "zfs.datasets", Empty: "No dataset of ZFS is watched.",
			Columns: []plugin.Column{
				code("name", "Dataset"), number("used", "Used", metric.Bytes), number("available", "Available", metric.Bytes),
				number("referenced", "Referenced", metric.Bytes), number("used_by_snapshots", "By snapshots", metric.Bytes),
				number("compress_ratio", "Compression", metric.None), number("quota", "Quota", metric.Bytes),
				code("mountpoint", "Mounted at"), text("encryption", "Encryption"), text("type", "Type"),
			},
		},
		{
			Title: "ZFS snapshots", Path: "zfs.snapshots", Empty: "There are no snapshots of ZFS.",
			Columns: []plugin.Column{
				code("dataset", "Dataset"), number("count", "Snapshots", metric.None), number("used", "Used", metric.Bytes),
				at("newest", "Newest"), at("oldest", "Oldest"),
			},
		},
	}
}
