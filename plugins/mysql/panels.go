package mysql

import (
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func panels() []plugin.Panel {
	return []plugin.Panel{
		{
			Title: "Queries", Kind: plugin.Line, Unit: metric.None, Help: "Per second.",
			Queries: []plugin.Query{
				{Metric: "mysql_questions_total", Rate: true, Legend: "all"}, {Metric: "mysql_slow_queries_total", Rate: true, Legend: "slow"},
			},
		},
		{
			Title: "Connections in use", Kind: plugin.Gauge, Unit: metric.Ratio, Min: plugin.Bound(0), Max: plugin.Bound(1),
			Warning: plugin.Bound(0.7), Critical: plugin.Bound(0.9),
			Queries: []plugin.Query{{Metric: "mysql_connections_usage_ratio", Legend: "in use"}},
		},
		{
			Title: "Threads", Kind: plugin.Line, Unit: metric.None,
			Queries: []plugin.Query{{Metric: "mysql_threads", Legend: "{state}"}},
		},
		{
			Title: "Statements", Kind: plugin.Stacked, Unit: metric.None, Help: "Per second, by kind.",
			Queries: []plugin.Query{{Metric: "mysql_commands_total", Rate: true, Legend: "{command}", Top: 8}},
		},
		{
			Title: "Traffic", Kind: plugin.Area, Unit: metric.BytesPerSecond,
			Queries: []plugin.Query{
				{Metric: "mysql_transmit_bytes_total", Rate: true, Legend: "sent"},
				{Metric: "mysql_receive_bytes_total", Rate: true, Legend: "received", Negative: true},
			},
		},
		{
			Title: "Pages found in the buffer pool", Kind: plugin.Line, Unit: metric.Ratio, Min: plugin.Bound(0), Max: plugin.Bound(1),
			Queries: []plugin.Query{{Metric: "mysql_innodb_buffer_pool_hit_ratio", Legend: "found"}},
		},
		{
			Title: "Buffer pool", Kind: plugin.Line, Unit: metric.Bytes, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "mysql_innodb_buffer_pool_bytes", Legend: "{state}"}},
		},
		{
			Title: "InnoDB on disk", Kind: plugin.Area, Unit: metric.BytesPerSecond,
			Queries: []plugin.Query{
				{Metric: "mysql_innodb_data_read_bytes_total", Rate: true, Legend: "read"},
				{Metric: "mysql_innodb_data_written_bytes_total", Rate: true, Legend: "written", Negative: true},
				{Metric: "mysql_innodb_log_written_bytes_total", Rate: true, Legend: "written to the redo log", Negative: true},
			},
			Help: "A change goes to the redo log at once, and to its table only some time later.",
		},
		{
			Title: "Row locks", Kind: plugin.Line, Unit: metric.None, Help: "Waits and deadlocks per second, and waits at the moment.",
			Queries: []plugin.Query{
				{Metric: "mysql_innodb_row_lock_waits_total", Rate: true, Legend: "waits"},
				{Metric: "mysql_innodb_deadlocks_total", Rate: true, Legend: "deadlocks"},
				{Metric: "mysql_innodb_row_lock_current_waits", Legend: "waiting now"},
			},
		},
		{
			Title: "Longest transaction and query", Kind: plugin.Line, Unit: metric.Seconds,
			Queries: []plugin.Query{
				{Metric: "mysql_innodb_longest_transaction_seconds", Legend: "transaction"}, {Metric: "mysql_longest_query_seconds", Legend: "query"},
			},
		},
		{
			Title: "Redo log in use", Kind: plugin.Line, Unit: metric.Ratio, Min: plugin.Bound(0), Warning: plugin.Bound(0.8),
			Queries: []plugin.Query{{Metric: "mysql_innodb_redo_usage_ratio", Legend: "in use"}},
		},
		{
			Title: "Replication lag", Kind: plugin.Line, Unit: metric.Seconds,
			Queries: []plugin.Query{{Metric: "mysql_replica_lag_seconds", Legend: "{channel}"}},
		},
		{
			Title: "Temporary tables", Kind: plugin.Line, Unit: metric.None, Help: "Per second.",
			Queries: []plugin.Query{
				{Metric: "mysql_tmp_tables_total", Rate: true, Legend: "all"}, {Metric: "mysql_tmp_disk_tables_total", Rate: true, Legend: "on disk"},
			},
		},
		{
			Title: "Sizes", Kind: plugin.Line, Unit: metric.Bytes, Min: plugin.Bound(0),
			Queries: []plugin.Query{
				{Metric: "mysql_schema_data_bytes", Legend: "{schema}", Top: 12}, {Metric: "mysql_binlog_size_bytes", Legend: "binary log"},
			},
		},
	}
}
