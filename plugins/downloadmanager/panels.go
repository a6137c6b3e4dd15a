package downloadmanager

import (
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

// panels are what a person looks at, the most wanted first.
func panels() []plugin.Panel {
	zero := plugin.Bound(0)
	const prefix = "download_manager_"
	const gibibyte = 1 << 30
	return []plugin.Panel{
		{
			Title: "Speed", Kind: plugin.Area, Unit: metric.BytesPerSecond,
			Queries: []plugin.Query{
				{Metric: prefix + "download_rate_bytes_per_second", Legend: "received"},
				{Metric: prefix + "upload_rate_bytes_per_second", Legend: "sent", Negative: true},
			},
		},
		{
			Title: "Downloads", Kind: plugin.Stacked, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{{Metric: prefix + "items", Legend: "{state}"}},
		},
		{
			Title: "Room", Kind: plugin.Line, Unit: metric.Bytes, Min: zero, Warning: plugin.Bound(10 * gibibyte), Critical: plugin.Bound(2 * gibibyte),
			Queries: []plugin.Query{{Metric: prefix + "free_space_bytes", Legend: "{path_role}"}},
		},
		{
			Title: "Still to come", Kind: plugin.Area, Unit: metric.Bytes, Min: zero,
			Queries: []plugin.Query{{Metric: prefix + "remaining_bytes", Legend: "remaining"}},
		},
		{
			Title: "Stuck or wrong", Kind: plugin.Line, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{
				{Metric: prefix + "items_stuck", Legend: "stuck"},
				{Metric: prefix + "items", Match: map[string]string{"state": failed}, Legend: "wrong"},
				{Metric: prefix + "tracker_errors", Legend: "tracker {tracker}", Top: 8},
			},
		},
		{
			Title: "By category", Kind: plugin.Line, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{{Metric: prefix + "items_by_category", Legend: "{category}", Top: 12}},
		},
		{
			Title: "Peers", Kind: plugin.Line, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{{Metric: prefix + "peers", Legend: "peers"}, {Metric: prefix + "dht_nodes", Legend: "DHT nodes"}},
		},
		{
			Title: "News servers", Kind: plugin.Timeline, Unit: metric.Bool,
			Queries: []plugin.Query{{Metric: prefix + "server_active", Legend: "{server}"}},
		},
	}
}

// tables show the lists of the snapshot.
func tables() []plugin.Table {
	text, amount, moment := plugin.TextColumn, plugin.NumberColumn, plugin.TimeColumn
	return []plugin.Table{
		{Title: "Downloads", Path: "items", Empty: "There are none.", Columns: []plugin.Column{
			text("name", "Name"), plugin.StatusColumn("state", "State").With(levels()), amount("progress", "Done", metric.Ratio),
			amount("size", "Size", metric.Bytes), amount("remaining", "To come", metric.Bytes), amount("down", "Down", metric.BytesPerSecond),
			amount("up", "Up", metric.BytesPerSecond), plugin.DurationColumn("eta_seconds", "Ends in"), amount("ratio", "Ratio", metric.None),
			text("category", "Category"), moment("added", "Added"), moment("last_activity", "Last activity"), text("error", "Why"),
		}},
		{Title: "History", Path: "history", Empty: "There is none; torrents stay in the list of downloads.", Columns: []plugin.Column{
			text("name", "Name"), plugin.StatusColumn("result", "Result"), moment("finished", "Ended"), amount("size", "Size", metric.Bytes),
			text("category", "Category"), text("reason", "Why"),
		}},
		{Title: "Categories", Path: "categories", Empty: "There are no downloads.", Columns: []plugin.Column{
			text("name", "Category"), amount("downloads", "Downloads", metric.None),
		}},
		{Title: "Disks", Path: "disks", Empty: "It does not say.", Columns: []plugin.Column{
			text("role", "For"), amount("free", "Free", metric.Bytes), amount("size", "Size", metric.Bytes),
		}},
		{Title: "News servers", Path: "servers", Empty: "There are none; torrents need none.", Columns: []plugin.Column{
			text("name", "Server"), plugin.FlagColumn("active", "In use"), amount("downloaded", "Received", metric.Bytes),
		}},
		{Title: "Download manager", Path: "summary", Columns: []plugin.Column{
			text("client", "Client"), text("version", "Version"), amount("downloads", "Downloads", metric.None), amount("active", "Active", metric.None),
			amount("errors", "Went wrong", metric.None), amount("stuck", "Stuck", metric.None), amount("remaining_bytes", "Still to come", metric.Bytes),
			amount("download_bytes_per_second", "Receives", metric.BytesPerSecond), amount("upload_bytes_per_second", "Sends", metric.BytesPerSecond),
			plugin.FlagColumn("paused", "Paused"), amount("shown", "Shown above", metric.None),
		}},
	}
}
