package influxdb

import (
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func manifest() plugin.Manifest {
	return plugin.Manifest{
		ID: "influxdb_monitor", Name: "InfluxDB", Category: plugin.Database, Icon: "database",
		Summary: "InfluxDB 1, 2 and 3: writes, queries, series, disk use, compactions and tasks.",
		Description: "Reads what an InfluxDB says of itself: how much is written and refused, how many requests and queries there are and " +
			"how long they take, how many series and bytes each database or bucket has, whether compactions keep up, and whether tasks " +
			"succeed. Works with InfluxDB 1.x, 2.x and 3 (Core and Enterprise). No points are read.",
		Tags:     []string{"influxdb", "influx", "time series", "flux", "influxql"},
		Interval: 30 * time.Second, Timeout: 20 * time.Second,
		Rights: plugin.Rights{
			Network: true,
			Notes:   "InfluxDB 1.x: a user with READ on the databases. 2.x: a token that reads buckets, tasks and organizations. 3: any token.",
		},
		Metrics: append(serverMetrics(), storageMetrics()...), Panels: panels(), Tables: tables(), Rules: rules(),
	}
}

func gauge(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
	return metric.Definition{Name: name, Kind: metric.Gauge, Unit: unit, Help: help, Labels: labels}
}

func counter(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
	return metric.Definition{Name: name, Kind: metric.Counter, Unit: unit, Help: help, Labels: labels}
}

// serverMetrics are those of the server as a whole.
func serverMetrics() []metric.Definition {
	return []metric.Definition{
		gauge("influxdb_info", metric.None, "Always 1; its labels say which InfluxDB answers.", "version", "major"),
		gauge("influxdb_uptime_seconds", metric.Seconds, "Time since the server was started."),
		gauge("influxdb_healthy", metric.Bool, "1 while the server says of itself that it is well; absent before 1.8."),
		counter("influxdb_http_requests_total", metric.None, "Requests, by what they are for: write, query or other.", "kind"),
		counter("influxdb_http_request_seconds_total", metric.Seconds, "Time spent on requests.", "kind"),
		counter("influxdb_http_errors_total", metric.None, "Requests refused: through the client's fault (4xx) or the server's (5xx).", "class"),
		counter("influxdb_auth_failures_total", metric.None, "Requests refused because of a wrong login."),
		counter("influxdb_write_points_total", metric.None, "Points written (ok), refused (error), or left out of a write that was otherwise taken (dropped).", "result"),
		counter("influxdb_write_bytes_total", metric.Bytes, "Bytes of write requests."),
		counter("influxdb_write_timeouts_total", metric.None, "Writes that took too long."),
		counter("influxdb_query_response_bytes_total", metric.Bytes, "Bytes of answers to queries."),
		gauge("influxdb_queries_active", metric.None, "Queries at work, by state: compiling, queueing or executing.", "state"),
		counter("influxdb_queries_total", metric.None, "Queries that have ended; with their result where the server tells it.", "result"),
		counter("influxdb_query_seconds_total", metric.Seconds, "Time spent on queries."),
		counter("influxdb_query_oom_total", metric.None, "Queries ended because they wanted too much memory."),
		gauge("influxdb_query_memory_pool_bytes", metric.Bytes, "Memory that queries may use (limit) and hold (reserved).", "state"),
		gauge("influxdb_probe_query_seconds", metric.Seconds, "How long the query of your choice took."),
		counter("influxdb_continuous_queries_total", metric.None, "Runs of continuous queries, by result.", "result"),
		gauge("influxdb_organizations", metric.None, "Organizations."),
		gauge("influxdb_users", metric.None, "Users."),
		gauge("influxdb_tokens", metric.None, "Tokens."),
		gauge("influxdb_dashboards", metric.None, "Dashboards."),
		gauge("influxdb_tasks", metric.None, "Tasks that the token may see."),
		gauge("influxdb_task_runs_active", metric.None, "Tasks that run now."),
		counter("influxdb_task_runs_total", metric.None, "Runs of tasks, by result.", "result"),
		gauge("influxdb_task_last_run_failed", metric.Bool, "1 when the latest run of the task went wrong.", "task"),
		gauge("influxdb_memory_bytes", metric.Bytes, "Memory that the server has taken from the system."),
		gauge("influxdb_goroutines", metric.None, "Goroutines of the server."),
		counter("influxdb_gc_seconds_total", metric.Seconds, "Time for which collecting garbage stopped the server."),
		counter("influxdb_panics_total", metric.None, "Panics inside the server that it survived."),
	}
}

// storageMetrics are those of databases and of what is on disk.
func storageMetrics() []metric.Definition {
	return []metric.Definition{
		gauge("influxdb_databases", metric.None, "Databases, or buckets, that the login may see."),
		gauge("influxdb_series", metric.None, "Series of a database.", "database"),
		gauge("influxdb_measurements", metric.None, "Measurements of a database.", "database"),
		gauge("influxdb_disk_bytes", metric.Bytes, "Size of a database on disk.", "database"),
		gauge("influxdb_shards", metric.None, "Shards of a database.", "database"),
		gauge("influxdb_tsm_files", metric.None, "Files of a database that hold its data.", "database"),
		gauge("influxdb_wal_bytes", metric.Bytes, "Size of the write-ahead log of a database.", "database"),
		gauge("influxdb_cache_bytes", metric.Bytes, "Memory of points that are not in files yet.", "database"),
		gauge("influxdb_retention_seconds", metric.Seconds, "For how long a database keeps its data; absent when for ever.", "database"),
		gauge("influxdb_compactions_active", metric.None, "Compactions that run.", "level"),
		gauge("influxdb_compactions_queued", metric.None, "Compactions that wait.", "level"),
		counter("influxdb_compaction_errors_total", metric.None, "Compactions that went wrong, counted since watching began.", "level"),
		counter("influxdb_wal_errors_total", metric.None, "Writes to the write-ahead log that went wrong, counted since watching began."),
		counter("influxdb_parquet_cache_hits_total", metric.None, "Reads of Parquet files that were found in memory."),
		counter("influxdb_parquet_cache_misses_total", metric.None, "Reads of Parquet files that were not."),
		counter("influxdb_object_store_operations_total", metric.None, "Operations on the object store.", "op"),
		counter("influxdb_object_store_bytes_total", metric.Bytes, "Bytes moved to and from the object store.", "op"),
	}
}
