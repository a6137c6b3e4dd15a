package mediaserver

import (
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

// panels are what a person looks at, the most wanted first.
func panels() []plugin.Panel {
	zero := plugin.Bound(0)
	return []plugin.Panel{
		{
			Title: "Streams", Kind: plugin.Stacked, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{{Metric: "media_server_streams", Legend: "{method}"}},
			Help:    "A transcode keeps the server busy; direct play and direct stream do not.",
		},
		{
			Title: "Bandwidth", Kind: plugin.Stacked, Unit: metric.BitsPerSecond, Min: zero,
			Queries: []plugin.Query{{Metric: "media_server_stream_bandwidth_bits_per_second", Legend: "{location}"}},
		},
		{
			Title: "Where they are", Kind: plugin.Stacked, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{{Metric: "media_server_streams_by_location", Legend: "{location}"}},
		},
		{
			Title: "What is played", Kind: plugin.Stacked, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{{Metric: "media_server_streams_by_type", Legend: "{media_type}"}},
		},
		{
			Title: "What they do", Kind: plugin.Stacked, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{{Metric: "media_server_sessions", Legend: "{state}"}},
		},
		{
			Title: "Slowest transcode", Kind: plugin.Line, Unit: metric.Ratio, Min: zero, Warning: plugin.Bound(1), Critical: plugin.Bound(0.9),
			Queries: []plugin.Query{{Metric: "media_server_transcode_speed_min_ratio", Legend: "speed"}},
			Help:    "Of the speed at which it is watched; below 100 % the viewer waits.",
		},
		{
			Title: "Libraries", Kind: plugin.Line, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{{Metric: "media_server_library_items", Legend: "{library}: {item_type}", Top: 10}},
		},
		{
			Title: "Size of libraries", Kind: plugin.Stacked, Unit: metric.Bytes, Min: zero,
			Queries: []plugin.Query{{Metric: "media_server_library_bytes", Legend: "{library}", Top: 10}},
		},
		{
			Title: "CPU", Kind: plugin.Line, Unit: metric.Ratio, Min: zero,
			Queries: []plugin.Query{{Metric: "media_server_cpu_usage_ratio", Legend: "{scope}"}},
		},
		{
			Title: "Sent", Kind: plugin.Area, Unit: metric.BytesPerSecond, Min: zero,
			Queries: []plugin.Query{{Metric: "media_server_transmit_bytes_total", Rate: true, Legend: "{location}"}},
		},
		{
			Title: "Free space", Kind: plugin.Line, Unit: metric.Bytes, Min: zero,
			Queries: []plugin.Query{{Metric: "media_server_storage_free_bytes", Legend: "{folder}", Top: 10}},
		},
		{
			Title: "Tasks that went well", Kind: plugin.Timeline, Unit: metric.Bool, Wide: true,
			Queries: []plugin.Query{{Metric: "media_server_task_last_success", Legend: "{task}"}},
		},
	}
}

// tables show the lists of the snapshot.
func tables() []plugin.Table {
	text, amount := plugin.TextColumn, plugin.NumberColumn
	return []plugin.Table{
		{Title: "Sessions", Path: "sessions", Empty: "Nobody is watching.", Columns: []plugin.Column{
			text("user", "Who"), text("title", "What"), text("subtitle", "Of it"),
			plugin.StatusColumn("state", "State").With(plugin.Levels{OK: []string{playing}, Warning: []string{buffering}}),
			plugin.StatusColumn("method", "How").With(plugin.Levels{OK: []string{words(directPlay), words(directStream)}, Warning: []string{transcode}}),
			plugin.ListColumn("reason", "Why"), amount("progress", "At", metric.Ratio), text("location", "Where"), amount("bandwidth_bps", "Bandwidth", metric.BitsPerSecond),
			text("client", "Client"), text("device", "Device"), plugin.CodeColumn("address", "Address"),
		}},
		{Title: "Pictures", Path: "sessions", Empty: "Nobody is watching.", Columns: []plugin.Column{
			text("user", "Who"), text("title", "What"), text("video.resolution", "Picture"), text("video.from", "From"), text("video.to", "To"),
			plugin.FlagColumn("hw", "Hardware"), amount("speed", "Speed", metric.Ratio),
		}},
		{Title: "Libraries", Path: "libraries", Empty: "There are none, or they are not counted.", Columns: []plugin.Column{
			text("name", "Library"), text("type", "Kind"), amount("items", "Items", metric.None), amount("bytes", "Size", metric.Bytes),
			plugin.FlagColumn("scanning", "Being scanned"), plugin.TimeColumn("last_scan", "Last scan"),
		}},
		{Title: "Tasks", Path: "tasks", Empty: "None are told.", Columns: []plugin.Column{
			text("name", "Task"), plugin.StatusColumn("state", "State"), amount("progress", "At", metric.Ratio),
			plugin.StatusColumn("last_status", "Latest run").With(plugin.Levels{Warning: []string{"cancelled"}, Critical: []string{"aborted"}}),
			plugin.TimeColumn("last_end", "Ended"), text("error", "What went wrong"),
		}},
		{Title: "Storage", Path: "storage", Empty: "The server does not say.", Columns: []plugin.Column{
			plugin.CodeColumn("folder", "Folder"), amount("free_bytes", "Free", metric.Bytes), amount("used_bytes", "Used", metric.Bytes),
		}},
		{Title: "Server", Path: "server", Columns: []plugin.Column{
			text("kind", "Server"), text("name", "Name"), text("version", "Version"), text("platform", "Platform"),
		}},
	}
}
