package syncthing

import (
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

// panels are what a person looks at, the most wanted first.
func panels() []plugin.Panel {
	zero, one := plugin.Bound(0), plugin.Bound(1)
	return []plugin.Panel{
		{
			Title: "Traffic", Kind: plugin.Area, Unit: metric.BytesPerSecond,
			Queries: []plugin.Query{
				{Metric: "syncthing_receive_bytes_total", Rate: true, Legend: "received"},
				{Metric: "syncthing_transmit_bytes_total", Rate: true, Legend: "sent", Negative: true},
			},
		},
		{
			Title: "Missing here", Kind: plugin.Area, Unit: metric.Bytes, Min: zero,
			Queries: []plugin.Query{{Metric: "syncthing_folder_need_bytes", Legend: "{name}", Top: 12}},
			Help:    "What other devices have and this one does not have yet.",
		},
		{
			Title: "Devices connected", Kind: plugin.Timeline, Unit: metric.Bool, Wide: true,
			Queries: []plugin.Query{{Metric: "syncthing_device_connected", Legend: "{name}", Top: 40}},
		},
		{
			Title: "State of folders", Kind: plugin.Timeline, Unit: metric.Bool, Wide: true, Levels: levels(),
			Queries: []plugin.Query{{Metric: "syncthing_folder_state", Legend: "{name} {state}"}},
		},
		{
			Title: "How far devices are", Kind: plugin.Line, Unit: metric.Ratio, Min: zero, Max: one,
			Queries: []plugin.Query{{Metric: "syncthing_device_completion_ratio", Legend: "{name}", Top: 12}},
		},
		{
			Title: "Files that could not be synced", Kind: plugin.Line, Unit: metric.None, Min: zero, Warning: one,
			Queries: []plugin.Query{{Metric: "syncthing_folder_errors", Legend: "{name}", Top: 12}},
		},
		{
			Title: "Size of folders", Kind: plugin.Line, Unit: metric.Bytes, Min: zero,
			Queries: []plugin.Query{{Metric: "syncthing_folder_local_bytes", Legend: "{name}", Top: 12}},
		},
		{
			Title: "Traffic of devices", Kind: plugin.Area, Unit: metric.BytesPerSecond,
			Queries: []plugin.Query{
				{Metric: "syncthing_device_receive_bytes_total", Rate: true, Legend: "{name} received", Top: 8},
				{Metric: "syncthing_device_transmit_bytes_total", Rate: true, Legend: "{name} sent", Top: 8, Negative: true},
			},
		},
		{
			Title: "Memory", Kind: plugin.Line, Unit: metric.Bytes, Min: zero,
			Queries: []plugin.Query{{Metric: "syncthing_memory_alloc_bytes", Legend: "in use"}},
		},
	}
}

// tables show the lists of the snapshot.
func tables() []plugin.Table {
	text, code, amount, moment := plugin.TextColumn, plugin.CodeColumn, plugin.NumberColumn, plugin.TimeColumn
	return []plugin.Table{
		{Title: "Folders", Path: "folders", Empty: "No folder is shared.", Columns: []plugin.Column{
			text("name", "Folder"), plugin.StatusColumn("state", "State").With(levels()), amount("completion", "In sync", metric.Ratio),
			amount("size", "Size", metric.Bytes), amount("need", "Missing here", metric.Bytes), amount("errors", "Errors", metric.None),
			text("error", "Why"), moment("since", "Since"), moment("last_scan", "Last scan"), text("last_file", "Last file"), moment("last_file_at", "Received"),
		}},
		{Title: "Devices", Path: "devices", Empty: "Folders are shared with nobody.", Columns: []plugin.Column{
			text("name", "Device"), plugin.StatusColumn("status", "Status").With(plugin.Levels{OK: []string{"connected"}, Warning: []string{"away", "paused", "stale"}, Critical: []string{"missing"}}),
			amount("completion", "Has", metric.Ratio), amount("need", "Lacks", metric.Bytes), moment("last_seen", "Last seen"),
			amount("received", "Received", metric.Bytes), amount("sent", "Sent", metric.Bytes), text("type", "Connection"),
			code("address", "Address"), text("version", "Version"), text("error", "Why not"), code("id", "ID"),
		}},
		{Title: "Files that could not be synced", Path: "files", Empty: "Every file could be synced.", Columns: []plugin.Column{
			text("folder", "Folder"), code("path", "File"), text("error", "Why"),
		}},
		{Title: "Waiting to be let in", Path: "pending", Empty: "Nobody asks.", Columns: []plugin.Column{
			text("kind", "What"), text("name", "Name"), text("from", "From"), moment("since", "Since"), code("id", "ID"),
		}},
		{Title: "Reachable at", Path: "services", Columns: []plugin.Column{
			code("name", "Address"), text("kind", "What"), plugin.StatusColumn("status", "Status"), text("error", "Why not"),
		}},
		{Title: "Where folders are", Path: "folders", Empty: "No folder is shared.", Columns: []plugin.Column{
			text("name", "Folder"), text("type", "Kind"), code("path", "Path"), code("id", "ID"),
		}},
		{Title: "Notices", Path: "notices", Empty: "There are none.", Columns: []plugin.Column{
			moment("when", "When"), text("message", "Notice"),
		}},
		{Title: "Syncthing", Path: "summary", Columns: []plugin.Column{
			code("id", "ID"), text("version", "Version"), text("platform", "Platform"), plugin.DurationColumn("uptime_seconds", "Up for"),
			amount("folders", "Folders", metric.None), amount("folders_in_sync", "In sync", metric.None), amount("missing_bytes", "Missing here", metric.Bytes),
			amount("devices", "Devices", metric.None), amount("devices_connected", "Connected", metric.None), plugin.FlagColumn("update_available", "Update available"),
		}},
	}
}
