package redis

import (
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

// panels are what a person looks at, the most wanted first.
func panels() []plugin.Panel {
	return []plugin.Panel{
		{
			Title: "Commands per second", Kind: plugin.Area, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "redis_commands_processed_total", Rate: true, Legend: "commands"}},
		},
		{
			Title: "Memory", Kind: plugin.Line, Unit: metric.Bytes, Min: plugin.Bound(0),
			Queries: []plugin.Query{
				{Metric: "redis_memory_used_bytes", Legend: "used"},
				{Metric: "redis_memory_rss_bytes", Legend: "of the process"},
				{Metric: "redis_memory_max_bytes", Legend: "limit"},
			},
		},
		{
			Title: "Hit ratio", Kind: plugin.Line, Unit: metric.Ratio, Min: plugin.Bound(0), Max: plugin.Bound(1),
			Queries: []plugin.Query{{Metric: "redis_keyspace_hit_ratio", Legend: "found"}},
			Help:    "The part of lookups that found their key. A gap means that nobody looked anything up.",
		},
		{
			Title: "Keys", Kind: plugin.Stacked, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "redis_keys", Legend: "database {db}"}},
		},
		{
			Title: "Clients", Kind: plugin.Line, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{
				{Metric: "redis_connected_clients", Legend: "connected"},
				{Metric: "redis_blocked_clients", Legend: "blocked"},
			},
		},
		{
			Title: "Network", Kind: plugin.Area, Unit: metric.BytesPerSecond,
			Queries: []plugin.Query{
				{Metric: "redis_network_receive_bytes_total", Rate: true, Legend: "received"},
				{Metric: "redis_network_transmit_bytes_total", Rate: true, Legend: "sent", Negative: true},
			},
		},
		{
			Title: "Time by command", Kind: plugin.Stacked, Unit: metric.Ratio, Wide: true, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "redis_command_seconds_total", Rate: true, Legend: "{command}", Top: 8}},
			Help:    "The server works at one command at a time: at 100 % it is busy all the time.",
		},
		{
			Title: "Calls per second", Kind: plugin.Line, Unit: metric.None, Wide: true, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "redis_command_calls_total", Rate: true, Legend: "{command}", Top: 8}},
		},
		{
			Title: "Answer to PING", Kind: plugin.Line, Unit: metric.Seconds, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "redis_ping_latency_seconds", Legend: "median"}},
			Help:    "The network is in it.",
		},
		{
			Title: "Lengths of keys", Kind: plugin.Line, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "redis_key_length", Legend: "{key}"}},
		},
		{
			Title: "Keys removed per second", Kind: plugin.Line, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{
				{Metric: "redis_keys_expired_total", Rate: true, Legend: "time over"},
				{Metric: "redis_keys_evicted_total", Rate: true, Legend: "memory full"},
			},
		},
		{
			Title: "Refusals per second", Kind: plugin.Line, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "redis_errors_total", Rate: true, Legend: "{error}", Top: 8}},
		},
		{
			Title: "CPU", Kind: plugin.Stacked, Unit: metric.Cores, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "redis_cpu_seconds_total", Rate: true, Legend: "{mode}"}},
		},
		{
			Title: "Changes not saved", Kind: plugin.Area, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "redis_rdb_changes_since_save", Legend: "changes"}},
			Help:    "What a crash would lose when there is no append-only file.",
		},
		{
			Title: "Replicas behind", Kind: plugin.Line, Unit: metric.Bytes, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "redis_replica_offset_lag_bytes", Legend: "{replica}"}},
		},
		{
			Title: "Role", Kind: plugin.Timeline, Unit: metric.Bool, Wide: true,
			Queries: []plugin.Query{{Metric: "redis_role", Legend: "{state}"}},
		},
		{
			Title: "Primaries", Kind: plugin.Timeline, Unit: metric.Bool, Wide: true,
			Queries: []plugin.Query{{Metric: "redis_sentinel_primary_ok", Legend: "{primary}"}},
			Help:    "What a Sentinel thinks of the primaries that it watches.",
		},
	}
}

// tables show the lists of the snapshot.
func tables() []plugin.Table {
	column, amount := plugin.ColumnOf, plugin.NumberColumn
	return []plugin.Table{
		{Title: "Databases", Path: "keyspace", Empty: "The server holds no keys.", Columns: []plugin.Column{
			column(plugin.CellCode, "db", "Database"), amount("keys", "Keys", metric.None),
			amount("expires", "With a time to live", metric.None), column(plugin.CellDuration, "avg_ttl", "Left of it on average"),
		}},
		{Title: "Commands", Path: "top_commands", Empty: "The server keeps no figures by command, or the setting Commands is off.", Columns: []plugin.Column{
			column(plugin.CellCode, "name", "Command"), amount("calls", "Calls", metric.None), column(plugin.CellDuration, "seconds", "Time in all"),
			column(plugin.CellDuration, "per_call", "Per call"), column(plugin.CellDuration, "p99", "99 of 100 within"),
			amount("failures", "Refused", metric.None),
		}},
		{Title: "Slow commands", Path: "slowlog", Empty: "The log of slow commands is empty.", Columns: []plugin.Column{
			column(plugin.CellTime, "time", "Time"), column(plugin.CellDuration, "duration", "Took"), column(plugin.CellCode, "command", "Command"),
			column(plugin.CellCode, "client", "Client"), column(plugin.CellText, "name", "Name"),
		}},
		{Title: "Delays seen by the server", Path: "latency", Empty: "None, or its latency monitor is off (latency-monitor-threshold).", Columns: []plugin.Column{
			column(plugin.CellCode, "event", "What"), column(plugin.CellTime, "time", "Last"), column(plugin.CellDuration, "latest", "Took"),
			column(plugin.CellDuration, "worst", "Worst"),
		}},
		{Title: "Clients", Path: "clients", Empty: "Clients are listed when the setting Clients is on.", Columns: []plugin.Column{
			column(plugin.CellCode, "address", "Address"), column(plugin.CellText, "name", "Name"), column(plugin.CellText, "user", "User"),
			amount("db", "Database", metric.None), column(plugin.CellCode, "command", "Last command"), column(plugin.CellDuration, "age", "Connected for"),
			column(plugin.CellDuration, "idle", "Idle for"), amount("memory", "Memory", metric.Bytes), column(plugin.CellText, "library", "Library"),
		}},
		{Title: "Memory", Path: "memory", Empty: "The server does not say.", Columns: []plugin.Column{
			amount("used_bytes", "Used", metric.Bytes), amount("peak_bytes", "Most so far", metric.Bytes), amount("max_bytes", "Limit", metric.Bytes),
			column(plugin.CellCode, "maxmemory_policy", "When it is full"), amount("rss_bytes", "In RAM", metric.Bytes),
			amount("clients_bytes", "For clients", metric.Bytes), amount("system_bytes", "RAM of the machine", metric.Bytes),
			column(plugin.CellText, "allocator", "Allocator"),
		}},
		{Title: "Persistence", Path: "persistence", Empty: "The server does not say.", Columns: []plugin.Column{
			column(plugin.CellTime, "last_save", "Last saved"), plugin.StatusColumn("last_save_status", "Result").With(plugin.Levels{Critical: []string{"err"}}),
			amount("changes_since_save", "Changes since", metric.None), column(plugin.CellText, "append_only_file", "Append-only file"),
			amount("append_only_file_bytes", "Its size", metric.Bytes),
		}},
		{Title: "Server", Path: "server", Columns: []plugin.Column{
			column(plugin.CellText, "name", "Kind"), column(plugin.CellText, "version", "Version"),
			column(plugin.CellText, "compatible_with_redis", "Compatible with Redis"), column(plugin.CellText, "mode", "Mode"),
			column(plugin.CellText, "role", "Role"), column(plugin.CellDuration, "uptime_seconds", "Up for"), column(plugin.CellText, "loading", "Reads its data"),
			column(plugin.CellText, "os", "System"), column(plugin.CellCode, "config_file", "Settings in"),
		}},
		{Title: "Lengths of keys", Path: "keys", Empty: "No keys are chosen in the settings.", Columns: []plugin.Column{
			amount("db", "Database", metric.None), column(plugin.CellCode, "key", "Key"), column(plugin.CellText, "type", "Type"),
			amount("length", "Length", metric.None),
		}},
		{Title: "Replicas", Path: "replication.replicas", Empty: "The server has no replicas.", Columns: []plugin.Column{
			column(plugin.CellCode, "address", "Replica"), plugin.StatusColumn("state", "State").With(plugin.Levels{Warning: []string{"wait_bgsave", "send_bulk"}}),
			column(plugin.CellDuration, "lag", "Heard of"), amount("behind", "Behind", metric.Bytes),
		}},
		{Title: "Primaries", Path: "primaries", Empty: "Only a Sentinel has these.", Columns: []plugin.Column{
			column(plugin.CellText, "name", "Name"),
			plugin.StatusColumn("status", "Status").With(plugin.Levels{Warning: []string{"sdown"}, Critical: []string{"odown"}}),
			column(plugin.CellCode, "address", "Address"),
			amount("replicas", "Replicas", metric.None), amount("sentinels", "Sentinels", metric.None),
		}},
	}
}
