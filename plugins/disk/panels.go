package disk

import (
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func panels() []plugin.Panel {
	return []plugin.Panel{
		{
			Title: "Fill", Kind: plugin.Gauge, Unit: metric.Ratio, Min: plugin.Bound(0), Max: plugin.Bound(1),
			Warning: plugin.Bound(0.80), Critical: plugin.Bound(0.95),
			Queries: []plugin.Query{{Metric: "filesystem_usage_ratio", Legend: "{mountpoint}"}},
			Help:    "Used part of each file system, as df shows it.",
		},
		{
			Title: "Throughput", Kind: plugin.Area, Unit: metric.BytesPerSecond,
			Queries: []plugin.Query{
				{Metric: "disk_read_bytes_total", Rate: true, Legend: "{device} read"},
				{Metric: "disk_written_bytes_total", Rate: true, Legend: "{device} written", Negative: true},
			},
			Help: "Read above the axis, written below it.",
		},
		{
			Title: "Utilisation", Kind: plugin.Line, Unit: metric.Ratio, Min: plugin.Bound(0), Max: plugin.Bound(1),
			Warning: plugin.Bound(0.98),
			Queries: []plugin.Query{{Metric: "disk_utilization_ratio", Legend: "{device}"}},
			Help:    "Part of the time with a request under way. A disk that is always busy holds everything up; an SSD can be busy and still have room.",
		},
		{
			Title: "Space available", Kind: plugin.Line, Unit: metric.Bytes, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "filesystem_avail_bytes", Legend: "{mountpoint}"}},
		},
		{
			Title: "Operations", Kind: plugin.Line, Unit: metric.None,
			Queries: []plugin.Query{
				{Metric: "disk_reads_completed_total", Rate: true, Legend: "{device} reads/s"},
				{Metric: "disk_writes_completed_total", Rate: true, Legend: "{device} writes/s", Negative: true},
			},
		},
		{
			Title: "Waiting time", Kind: plugin.Line, Unit: metric.Seconds, Min: plugin.Bound(0),
			Queries: []plugin.Query{
				{Metric: "disk_read_await_seconds", Legend: "{device} read"},
				{Metric: "disk_write_await_seconds", Legend: "{device} write"},
			},
			Help: "How long one request takes, queue included. A good SSD stays below 1 ms, a hard disk below 20 ms.",
		},
		{
			Title: "Inodes in use", Kind: plugin.Bar, Unit: metric.Ratio, Min: plugin.Bound(0), Max: plugin.Bound(1),
			Warning: plugin.Bound(inodesWarning), Critical: plugin.Bound(inodesCritical),
			Queries: []plugin.Query{{Metric: "filesystem_inodes_usage_ratio", Legend: "{mountpoint}"}},
			Help:    "A file system without free inodes takes no new file, however much space it has.",
		},
		{
			Title: "Answering", Kind: plugin.Timeline, Unit: metric.Bool,
			Queries: []plugin.Query{{Metric: "filesystem_responsive", Legend: "{mountpoint}"}},
		},
		{
			Title: "RAID rebuild or check", Kind: plugin.Line, Unit: metric.Ratio, Min: plugin.Bound(0), Max: plugin.Bound(1),
			Queries: []plugin.Query{{Metric: "md_sync_completed_ratio", Legend: "{array}"}},
		},
		{
			Title: "Thin pools", Kind: plugin.Line, Unit: metric.Ratio, Min: plugin.Bound(0), Max: plugin.Bound(1),
			Warning: plugin.Bound(0.85), Critical: plugin.Bound(0.95),
			Queries: []plugin.Query{
				{Metric: "lvm_thin_data_usage_ratio", Legend: "{vg}/{lv} data"},
				{Metric: "lvm_thin_metadata_usage_ratio", Legend: "{vg}/{lv} metadata"},
			},
		},
	}
}

func tables() []plugin.Table {
	return []plugin.Table{
		{
			Title: "File systems", Path: "filesystems", Empty: "No file system of a watched type is mounted.",
			Columns: []plugin.Column{
				plugin.StatusColumn("state", "State").With(plugin.Levels{Critical: []string{"unresponsive"}}),
				{Key: "mountpoint", Title: "Mounted at", Kind: plugin.CellCode},
				{Key: "ratio", Title: "Full", Kind: plugin.CellNumber, Unit: metric.Ratio},
				{Key: "avail_bytes", Title: "Available", Kind: plugin.CellNumber, Unit: metric.Bytes},
				{Key: "used_bytes", Title: "Used", Kind: plugin.CellNumber, Unit: metric.Bytes},
				{Key: "total_bytes", Title: "Size", Kind: plugin.CellNumber, Unit: metric.Bytes},
				{Key: "inodes_ratio", Title: "Inodes", Kind: plugin.CellNumber, Unit: metric.Ratio},
				{Key: "device", Title: "Device", Kind: plugin.CellCode},
				{Key: "fstype", Title: "Type", Kind: plugin.CellText},
				{Key: "readonly", Title: "Read-only", Kind: plugin.CellFlag},
				{Key: "reason", Title: "Why", Kind: plugin.CellText},
			},
		},
		{
			Title: "Disks", Path: "disks", Empty: "No block device is to be seen; containers need the host's /sys.",
			Columns: []plugin.Column{
				{Key: "name", Title: "Device", Kind: plugin.CellCode},
				{Key: "kind", Title: "Kind", Kind: plugin.CellText},
				{Key: "model", Title: "Model", Kind: plugin.CellText},
				{Key: "size_bytes", Title: "Size", Kind: plugin.CellNumber, Unit: metric.Bytes},
				{Key: "rotational", Title: "Spins", Kind: plugin.CellFlag},
				{Key: "read_bytes_per_second", Title: "Reading", Kind: plugin.CellNumber, Unit: metric.BytesPerSecond},
				{Key: "written_bytes_per_second", Title: "Writing", Kind: plugin.CellNumber, Unit: metric.BytesPerSecond},
				{Key: "iops", Title: "Operations/s", Kind: plugin.CellNumber},
				{Key: "utilization", Title: "Busy", Kind: plugin.CellNumber, Unit: metric.Ratio},
				{Key: "await_seconds", Title: "Wait", Kind: plugin.CellNumber, Unit: metric.Seconds},
				{Key: "serial", Title: "Serial", Kind: plugin.CellCode},
				{Key: "children", Title: "Parts", Kind: plugin.CellList},
			},
		},
		{
			Title: "RAID", Path: "raid", Empty: "No software RAID array.",
			Columns: []plugin.Column{
				{Key: "state", Title: "State", Kind: plugin.CellStatus},
				{Key: "name", Title: "Array", Kind: plugin.CellCode},
				{Key: "level", Title: "Level", Kind: plugin.CellText},
				{Key: "required", Title: "Disks", Kind: plugin.CellNumber},
				{Key: "degraded", Title: "Missing", Kind: plugin.CellNumber},
				{Key: "disks", Title: "Members", Kind: plugin.CellList},
				{Key: "action", Title: "Doing", Kind: plugin.CellText},
				{Key: "progress", Title: "Done", Kind: plugin.CellNumber, Unit: metric.Ratio},
				{Key: "eta_seconds", Title: "Left", Kind: plugin.CellDuration},
			},
		},
		{
			Title: "Thin pools", Path: "lvm.pools", Empty: "No LVM thin pool, or LVM is not collected.",
			Columns: []plugin.Column{
				{Key: "group", Title: "Volume group", Kind: plugin.CellCode},
				{Key: "name", Title: "Pool", Kind: plugin.CellCode},
				{Key: "size_bytes", Title: "Size", Kind: plugin.CellNumber, Unit: metric.Bytes},
				{Key: "data_ratio", Title: "Data", Kind: plugin.CellNumber, Unit: metric.Ratio},
				{Key: "metadata_ratio", Title: "Metadata", Kind: plugin.CellNumber, Unit: metric.Ratio},
			},
		},
	}
}
