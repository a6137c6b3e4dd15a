package mongodb

import (
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

// panels are what a person looks at, the most wanted first.
func panels() []plugin.Panel {
	return []plugin.Panel{
		{
			Title: "Operations per second", Kind: plugin.Stacked, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "mongodb_operations_total", Rate: true, Legend: "{type}"}},
			Help:    "Commands are also what programs ask to see whether the server is there.",
		},
		{
			Title: "Connections", Kind: plugin.Line, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{
				{Metric: "mongodb_connections", Match: map[string]string{"state": "current"}, Legend: "current"},
				{Metric: "mongodb_connections", Match: map[string]string{"state": "active"}, Legend: "active"},
			},
		},
		{
			Title: "Cache", Kind: plugin.Line, Unit: metric.Bytes, Min: plugin.Bound(0),
			Queries: []plugin.Query{
				{Metric: "mongodb_wiredtiger_cache_used_bytes", Legend: "used"},
				{Metric: "mongodb_wiredtiger_cache_dirty_bytes", Legend: "not in files yet"},
				{Metric: "mongodb_wiredtiger_cache_max_bytes", Legend: "limit"},
			},
			Help: "Around 80 % of the limit is normal.",
		},
		{
			Title: "Time spent", Kind: plugin.Stacked, Unit: metric.Ratio, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "mongodb_operation_latency_seconds_total", Rate: true, Legend: "{type}"}},
			Help:    "Of the time that passes: at 100 % there is always one operation being worked on, above that there are several.",
		},
		{
			Title: "Sizes of databases", Kind: plugin.Stacked, Unit: metric.Bytes, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "mongodb_database_storage_bytes", Legend: "{db}", Top: 10}},
		},
		{
			Title: "Documents", Kind: plugin.Line, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "mongodb_database_objects", Legend: "{db}", Top: 10}},
		},
		{
			Title: "Behind the primary", Kind: plugin.Line, Unit: metric.Seconds, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "mongodb_replset_member_lag_seconds", Legend: "{member}"}},
		},
		{
			Title: "Network", Kind: plugin.Area, Unit: metric.BytesPerSecond,
			Queries: []plugin.Query{
				{Metric: "mongodb_network_receive_bytes_total", Rate: true, Legend: "received"},
				{Metric: "mongodb_network_transmit_bytes_total", Rate: true, Legend: "sent", Negative: true},
			},
		},
		{
			Title: "Memory", Kind: plugin.Area, Unit: metric.Bytes, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "mongodb_memory_resident_bytes", Legend: "in RAM"}},
		},
		{
			Title: "Waiting for locks", Kind: plugin.Stacked, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "mongodb_queued_operations", Legend: "{type}"}},
		},
		{
			Title: "Looked at per second", Kind: plugin.Line, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{
				{Metric: "mongodb_scanned_total", Rate: true, Legend: "{what}"},
				{Metric: "mongodb_documents_total", Match: map[string]string{"op": "returned"}, Rate: true, Legend: "returned"},
			},
			Help: "Many more documents (objects) looked at than returned: an index is missing.",
		},
		{
			Title: "Oplog reaches back", Kind: plugin.Area, Unit: metric.Seconds, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "mongodb_oplog_window_seconds", Legend: "window"}},
		},
		{
			Title: "Role", Kind: plugin.Timeline, Unit: metric.Bool, Wide: true, Levels: troubledMembers(),
			Queries: []plugin.Query{{Metric: "mongodb_replset_state", Legend: "{state}"}},
		},
		{
			Title: "Members that can be reached", Kind: plugin.Timeline, Unit: metric.Bool, Wide: true,
			Queries: []plugin.Query{{Metric: "mongodb_replset_member_health", Legend: "{member}"}},
		},
		{
			Title: "Failures of commands per second", Kind: plugin.Line, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "mongodb_command_failures_total", Rate: true, Legend: "{command}", Top: 8}},
		},
	}
}

// troubledMembers are the levels of what a member is while it cannot serve. What
// it is when all is well has no level, so that a timeline tells a primary from a
// secondary.
func troubledMembers() plugin.Levels {
	return plugin.Levels{
		Warning:  []string{"startup", "startup2", "recovering", "rollback"},
		Critical: []string{"unknown", "removed"},
	}
}

func memberLevels() plugin.Levels {
	levels := troubledMembers()
	levels.OK = []string{"primary", "secondary", "arbiter"}
	return levels
}

// tables show the lists of the snapshot.
func tables() []plugin.Table {
	column, amount := plugin.ColumnOf, plugin.NumberColumn
	return []plugin.Table{
		{Title: "Databases", Path: "databases", Empty: "There are none, or the setting Databases is off.", Columns: []plugin.Column{
			column(plugin.CellText, "name", "Name"), amount("objects", "Documents", metric.None), amount("data", "Data", metric.Bytes),
			amount("storage", "On disk", metric.Bytes), amount("index", "Indexes", metric.Bytes),
			amount("collections", "Collections", metric.None), amount("indexes", "Number of indexes", metric.None),
		}},
		{Title: "Largest collections", Path: "collections", Empty: "The setting Largest collections is 0, or there are none.", Columns: []plugin.Column{
			column(plugin.CellText, "db", "Database"), column(plugin.CellText, "name", "Collection"), amount("documents", "Documents", metric.None),
			amount("data", "Data", metric.Bytes), amount("storage", "On disk", metric.Bytes), amount("index", "Indexes", metric.Bytes),
			amount("indexes", "Number of indexes", metric.None), amount("average", "Mean document", metric.Bytes),
		}},
		{Title: "Members of the set", Path: "replication.members", Empty: "The server is in no replica set.", Columns: []plugin.Column{
			column(plugin.CellCode, "name", "Member"), plugin.StatusColumn("state", "State").With(memberLevels()), column(plugin.CellFlag, "healthy", "Reached"),
			column(plugin.CellDuration, "lag", "Behind"), column(plugin.CellDuration, "ping", "Ping"), column(plugin.CellDuration, "uptime", "Up for"),
		}},
		{Title: "Long operations", Path: "slow_ops", Empty: "None runs for long.", Columns: []plugin.Column{
			column(plugin.CellDuration, "secs", "For"), column(plugin.CellText, "op", "What"), column(plugin.CellCode, "ns", "Collection"),
			column(plugin.CellText, "plan", "Plan"), column(plugin.CellCode, "client", "Client"), column(plugin.CellText, "application", "Application"),
			column(plugin.CellCode, "opid", "ID"),
		}},
		{Title: "Busiest collections", Path: "busiest", Empty: "The setting Busiest collections is off, or the server does not count it.", Columns: []plugin.Column{
			column(plugin.CellCode, "ns", "Collection"), column(plugin.CellDuration, "seconds", "Time in all"), amount("reads", "Reads", metric.None),
			column(plugin.CellDuration, "read_seconds", "Reading"), amount("writes", "Writes", metric.None),
			column(plugin.CellDuration, "write_seconds", "Writing"),
		}},
		{Title: "Server", Path: "server", Columns: []plugin.Column{
			column(plugin.CellText, "version", "Version"), column(plugin.CellText, "engine", "Kept by"), column(plugin.CellText, "process", "Program"),
			column(plugin.CellDuration, "uptime_seconds", "Up for"), column(plugin.CellText, "feature_compatibility_version", "Compatible with"),
			column(plugin.CellCode, "host", "Host"), column(plugin.CellCode, "address", "Address"),
		}},
		{Title: "Memory", Path: "memory", Empty: "The server does not say.", Columns: []plugin.Column{
			amount("resident_bytes", "In RAM", metric.Bytes), amount("cache_bytes", "Cache", metric.Bytes),
			amount("cache_max_bytes", "Limit of the cache", metric.Bytes), amount("cache_dirty_bytes", "Not in files yet", metric.Bytes),
		}},
		{Title: "Oplog", Path: "replication.oplog", Empty: "There is none, or the setting Oplog is off.", Columns: []plugin.Column{
			column(plugin.CellDuration, "window_seconds", "Reaches back"), amount("size_bytes", "Size", metric.Bytes),
			amount("max_bytes", "Limit", metric.Bytes), column(plugin.CellTime, "oldest", "Oldest"), column(plugin.CellTime, "latest", "Latest"),
		}},
	}
}
