package postgres

import (
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func panels() []plugin.Panel {
	return []plugin.Panel{
		{
			Title: "Transactions", Kind: plugin.Line, Unit: metric.None, Help: "Per second, by database and how they ended.",
			Queries: []plugin.Query{{Metric: "postgres_transactions_total", Rate: true, Legend: "{db} {result}", Top: 12}},
		},
		{
			Title: "Connections in use", Kind: plugin.Gauge, Unit: metric.Ratio, Min: plugin.Bound(0), Max: plugin.Bound(1),
			Warning: plugin.Bound(0.8), Critical: plugin.Bound(0.9),
			Queries: []plugin.Query{{Metric: "postgres_connections_usage_ratio", Legend: "in use"}},
		},
		{
			Title: "Sessions", Kind: plugin.Stacked, Unit: metric.None,
			Queries: []plugin.Query{{Metric: "postgres_connections", Legend: "{db} {state}", Top: 12}},
		},
		{
			Title: "Cache hits", Kind: plugin.Line, Unit: metric.Ratio, Min: plugin.Bound(0), Max: plugin.Bound(1),
			Help:    "Share of blocks that were in the server's own cache; the rest may still be in the operating system's.",
			Queries: []plugin.Query{{Metric: "postgres_cache_hit_ratio", Legend: "{db}"}},
		},
		{
			Title: "Longest transaction", Kind: plugin.Line, Unit: metric.Seconds,
			Queries: []plugin.Query{{Metric: "postgres_longest_transaction_seconds", Legend: "{db}"}},
		},
		{
			Title: "Blocked and waiting", Kind: plugin.Line, Unit: metric.None,
			Queries: []plugin.Query{
				{Metric: "postgres_blocked_backends", Legend: "blocked"}, {Metric: "postgres_connections_waiting_on_lock", Legend: "waiting for a lock"},
			},
		},
		{
			Title: "Rows changed", Kind: plugin.Line, Unit: metric.None, Help: "Per second.",
			Queries: []plugin.Query{
				{Metric: "postgres_rows_total", Rate: true, Match: map[string]string{"op": "inserted"}, Legend: "{db} inserted"},
				{Metric: "postgres_rows_total", Rate: true, Match: map[string]string{"op": "updated"}, Legend: "{db} updated"},
				{Metric: "postgres_rows_total", Rate: true, Match: map[string]string{"op": "deleted"}, Legend: "{db} deleted"},
			},
		},
		{
			Title: "Rows read", Kind: plugin.Line, Unit: metric.None, Help: "Per second.",
			Queries: []plugin.Query{
				{Metric: "postgres_rows_total", Rate: true, Match: map[string]string{"op": "returned"}, Legend: "{db} scanned"},
				{Metric: "postgres_rows_total", Rate: true, Match: map[string]string{"op": "fetched"}, Legend: "{db} fetched"},
			},
		},
		{
			Title: "Database sizes", Kind: plugin.Line, Unit: metric.Bytes, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "postgres_database_size_bytes", Legend: "{db}"}},
		},
		{
			Title: "Write-ahead log written", Kind: plugin.Area, Unit: metric.BytesPerSecond,
			Queries: []plugin.Query{{Metric: "postgres_wal_position_bytes_total", Rate: true, Legend: "written"}},
		},
		{
			Title: "Write-ahead log kept", Kind: plugin.Line, Unit: metric.Bytes, Min: plugin.Bound(0),
			Queries: []plugin.Query{
				{Metric: "postgres_wal_size_bytes", Legend: "on disk"}, {Metric: "postgres_replication_slot_retained_bytes", Legend: "for slot {slot}"},
			},
		},
		{
			Title: "Replication lag", Kind: plugin.Line, Unit: metric.Seconds,
			Queries: []plugin.Query{
				{Metric: "postgres_replication_lag_seconds", Match: map[string]string{"stage": "replay"}, Legend: "{replica}"},
				{Metric: "postgres_standby_lag_seconds", Legend: "this standby"},
			},
		},
		{
			Title: "Checkpoints", Kind: plugin.Line, Unit: metric.None, Help: "Per second. Many that were requested mean that max_wal_size is small.",
			Queries: []plugin.Query{{Metric: "postgres_checkpoints_total", Rate: true, Legend: "{type}"}},
		},
		{
			Title: "Transaction IDs used up", Kind: plugin.Bar, Unit: metric.Ratio, Min: plugin.Bound(0), Max: plugin.Bound(1),
			Warning: plugin.Bound(0.5), Critical: plugin.Bound(0.9),
			Queries: []plugin.Query{{Metric: "postgres_xid_exhaustion_ratio", Legend: "{db}"}},
		},
		{
			Title: "Input and output", Kind: plugin.Line, Unit: metric.BytesPerSecond, Wide: true,
			Queries: []plugin.Query{
				{Metric: "postgres_io_read_bytes_total", Rate: true, Legend: "{backend_type}, {context}", Top: 8},
				{Metric: "postgres_io_written_bytes_total", Rate: true, Negative: true, Legend: "{backend_type}, {context}", Top: 8},
			},
		},
	}
}
