package influxdb

import (
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

// panels are what a person looks at, the most wanted first.
func panels() []plugin.Panel {
	return []plugin.Panel{
		{
			Title: "Points written per second", Kind: plugin.Area, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "influxdb_write_points_total", Rate: true, Legend: "{result}"}},
		},
		{
			Title: "Disk", Kind: plugin.Stacked, Unit: metric.Bytes, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "influxdb_disk_bytes", Legend: "{database}", Top: 10}},
		},
		{
			Title: "Requests per second", Kind: plugin.Stacked, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "influxdb_http_requests_total", Rate: true, Legend: "{kind}"}},
		},
		{
			Title: "Series", Kind: plugin.Line, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "influxdb_series", Legend: "{database}", Top: 10}},
			Help:    "Many series need much memory. A line that climbs without end comes from tags whose values never repeat.",
		},
		{
			Title: "Queries at work", Kind: plugin.Stacked, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "influxdb_queries_active", Legend: "{state}"}},
		},
		{
			Title: "Requests refused per second", Kind: plugin.Line, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{
				{Metric: "influxdb_http_errors_total", Rate: true, Legend: "by the {class}'s fault"},
				{Metric: "influxdb_auth_failures_total", Rate: true, Legend: "wrong login"},
			},
		},
		{
			Title: "Time spent on requests", Kind: plugin.Stacked, Unit: metric.Ratio, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "influxdb_http_request_seconds_total", Rate: true, Legend: "{kind}"}},
			Help:    "Of the time that passes: at 100 % there is always one being worked on, above that there are several.",
		},
		{
			Title: "Memory", Kind: plugin.Line, Unit: metric.Bytes, Min: plugin.Bound(0),
			Queries: []plugin.Query{
				{Metric: "influxdb_memory_bytes", Legend: "server"},
				{Metric: "influxdb_cache_bytes", Legend: "cache of {database}", Top: 5},
				{Metric: "influxdb_query_memory_pool_bytes", Legend: "queries: {state}"},
			},
		},
		{
			Title: "Compactions", Kind: plugin.Line, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{
				{Metric: "influxdb_compactions_active", Legend: "level {level} at work", Top: 5},
				{Metric: "influxdb_compactions_queued", Legend: "level {level} waiting", Top: 5},
			},
		},
		{
			Title: "Write-ahead log", Kind: plugin.Stacked, Unit: metric.Bytes, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "influxdb_wal_bytes", Legend: "{database}", Top: 10}},
		},
		{
			Title: "Network", Kind: plugin.Area, Unit: metric.BytesPerSecond,
			Queries: []plugin.Query{
				{Metric: "influxdb_write_bytes_total", Rate: true, Legend: "written"},
				{Metric: "influxdb_query_response_bytes_total", Rate: true, Legend: "answered", Negative: true},
			},
		},
		{
			Title: "Runs of tasks per second", Kind: plugin.Line, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{
				{Metric: "influxdb_task_runs_total", Rate: true, Legend: "{result}"},
				{Metric: "influxdb_continuous_queries_total", Rate: true, Legend: "continuous queries: {result}"},
			},
		},
		{
			Title: "Tasks whose latest run went wrong", Kind: plugin.Timeline, Unit: metric.Bool, Wide: true,
			Queries: []plugin.Query{{Metric: "influxdb_task_last_run_failed", Legend: "{task}"}},
		},
		{
			Title: "Query of your choice", Kind: plugin.Line, Unit: metric.Seconds, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "influxdb_probe_query_seconds", Legend: "took"}},
		},
		{
			Title: "Object store", Kind: plugin.Line, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "influxdb_object_store_operations_total", Rate: true, Legend: "{op}", Top: 8}},
			Help:    "Operations per second; InfluxDB 3 keeps its data there.",
		},
	}
}

// tables show the lists of the snapshot.
func tables() []plugin.Table {
	column, amount := plugin.ColumnOf, plugin.NumberColumn
	return []plugin.Table{
		{Title: "Databases", Path: "databases", Empty: "There are none, or the login may see none.", Columns: []plugin.Column{
			column(plugin.CellText, "name", "Name"), amount("disk", "On disk", metric.Bytes), amount("series", "Series", metric.None),
			amount("measurements", "Measurements", metric.None), amount("shards", "Shards", metric.None),
			column(plugin.CellText, "keeps", "Keeps data"), column(plugin.CellCode, "id", "ID"),
		}},
		{Title: "Tasks", Path: "tasks", Empty: "There are none, or the token may see none. Only InfluxDB 2 has tasks.", Columns: []plugin.Column{
			column(plugin.CellText, "name", "Name"), column(plugin.CellStatus, "status", "Status"), column(plugin.CellTime, "last_run", "Last run"),
			plugin.StatusColumn("last_status", "Result").With(plugin.Levels{Warning: []string{"canceled"}}), column(plugin.CellText, "error", "What went wrong"),
		}},
		{Title: "Throughput", Path: "throughput", Empty: "The server does not say.", Columns: []plugin.Column{
			amount("points_s", "Points per second", metric.None), amount("requests_s", "Requests per second", metric.None),
			amount("errors_s", "Refused per second", metric.None), amount("queries_active", "Queries at work", metric.None),
		}},
		{Title: "Storage", Path: "storage", Empty: "The server does not say.", Columns: []plugin.Column{
			amount("wal_bytes", "Write-ahead log", metric.Bytes), amount("cache_bytes", "Cache", metric.Bytes),
			amount("tsm_files", "Files of points", metric.None), amount("compactions_active", "Compactions at work", metric.None),
		}},
		{Title: "Server", Path: "server", Columns: []plugin.Column{
			column(plugin.CellText, "version", "Version"), column(plugin.CellText, "build", "Build"), column(plugin.CellDuration, "uptime_seconds", "Up for"),
			plugin.StatusColumn("health", "Health").With(plugin.Levels{OK: []string{"pass"}, Critical: []string{"fail"}}), column(plugin.CellText, "message", "It says"), column(plugin.CellText, "note", "Note"),
		}},
	}
}
