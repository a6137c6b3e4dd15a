package mongodb

import (
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func manifest() plugin.Manifest {
	return plugin.Manifest{
		ID: "mongodb_monitor", Name: "MongoDB", Category: plugin.Database, Icon: "database",
		Summary: "MongoDB: connections, operations, cache, replication, oplog and sizes of databases.",
		Description: "Asks a mongod, mongos or FerretDB for its own figures: connections, operations and how long they take, the cache of its " +
			"engine, members of the replica set and how far they are behind, how far back the oplog reaches, sizes of databases, and " +
			"operations that run for long. Works with MongoDB 3.6 and later, as UniFi's controller brings it. No document is read.",
		Tags:     []string{"mongodb", "mongo", "mongod", "mongos", "ferretdb", "unifi", "nosql"},
		Interval: 30 * time.Second, Timeout: 20 * time.Second,
		Rights: plugin.Rights{
			Sockets: []string{"/tmp/mongodb-27017.sock"}, Network: true,
			Notes: "A user with the role clusterMonitor is enough; the window of the oplog needs read on the database local as well.",
		},
		Metrics: append(serverMetrics(), dataMetrics()...), Panels: panels(), Tables: tables(), Rules: rules(),
	}
}

func gauge(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
	return metric.Definition{Name: name, Kind: metric.Gauge, Unit: unit, Help: help, Labels: labels}
}

func counter(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
	return metric.Definition{Name: name, Kind: metric.Counter, Unit: unit, Help: help, Labels: labels}
}

// serverMetrics are those of the server as a process, its clients and its engine.
func serverMetrics() []metric.Definition {
	return []metric.Definition{
		gauge("mongodb_info", metric.None, "Always 1; its labels say what server answers.", "version", "engine", "process", "set", "fcv"),
		gauge("mongodb_uptime_seconds", metric.Seconds, "Time since the server was started."),

		gauge("mongodb_connections", metric.None, "Connections: current ones, those among them that are active, and how many more could be made.", "state"),
		gauge("mongodb_connections_usage_ratio", metric.Ratio, "Part of the possible connections that are in use."),
		counter("mongodb_connections_created_total", metric.None, "Connections made."),
		counter("mongodb_network_receive_bytes_total", metric.Bytes, "Bytes received."),
		counter("mongodb_network_transmit_bytes_total", metric.Bytes, "Bytes sent."),
		counter("mongodb_network_requests_total", metric.None, "Requests received."),

		counter("mongodb_operations_total", metric.None, "Operations, by type.", "type"),
		counter("mongodb_repl_operations_total", metric.None, "Operations repeated from the primary, by type.", "type"),
		counter("mongodb_operation_latency_seconds_total", metric.Seconds, "Time spent on reads, writes and commands.", "type"),
		counter("mongodb_operation_latency_ops_total", metric.None, "Reads, writes and commands whose time was measured.", "type"),
		counter("mongodb_documents_total", metric.None, "Documents inserted, updated, deleted and returned.", "op"),
		counter("mongodb_scanned_total", metric.None, "Keys of indexes, and documents (objects), that queries looked at.", "what"),
		counter("mongodb_scan_and_order_total", metric.None, "Queries that had to sort what no index had in order."),
		counter("mongodb_write_conflicts_total", metric.None, "Writes that had to be tried again because another was first."),
		counter("mongodb_command_failures_total", metric.None, "Failures of a command, for those that have any.", "command"),
		counter("mongodb_asserts_total", metric.None, "Assertions raised, by type; user ones are mistakes of clients.", "type"),
		gauge("mongodb_long_operations", metric.None, "Operations that have run for longer than slow_op_seconds; at most twenty are counted."),

		gauge("mongodb_queued_operations", metric.None, "Operations that wait for a lock.", "type"),
		gauge("mongodb_active_clients", metric.None, "Clients that read or write now.", "type"),
		gauge("mongodb_cursors_open", metric.None, "Open cursors.", "kind"),
		counter("mongodb_cursors_timed_out_total", metric.None, "Cursors closed because nobody asked them for more."),
		gauge("mongodb_transactions_open", metric.None, "Transactions that are open."),
		counter("mongodb_transactions_total", metric.None, "Transactions that ended, by result.", "result"),
		counter("mongodb_ttl_deleted_total", metric.None, "Documents deleted because their time was over."),

		gauge("mongodb_memory_resident_bytes", metric.Bytes, "Memory of the process that is in RAM."),
		gauge("mongodb_memory_virtual_bytes", metric.Bytes, "Addresses that the process has taken."),
		counter("mongodb_page_faults_total", metric.None, "Pages of memory that had to be read from disk."),
		gauge("mongodb_wiredtiger_cache_used_bytes", metric.Bytes, "Data in the engine's cache."),
		gauge("mongodb_wiredtiger_cache_dirty_bytes", metric.Bytes, "Data in the cache that is not in files yet."),
		gauge("mongodb_wiredtiger_cache_max_bytes", metric.Bytes, "How large the cache may be."),
		gauge("mongodb_wiredtiger_cache_usage_ratio", metric.Ratio, "Part of the cache that is in use."),
		gauge("mongodb_wiredtiger_cache_dirty_ratio", metric.Ratio, "Part of the cache that is not in files yet."),
		counter("mongodb_wiredtiger_cache_pages_read_total", metric.None, "Pages read into the cache."),
		counter("mongodb_wiredtiger_cache_pages_written_total", metric.None, "Pages written from the cache."),
		counter("mongodb_wiredtiger_cache_pages_evicted_total", metric.None, "Pages thrown out of the cache.", "kind"),
		gauge("mongodb_wiredtiger_tickets", metric.None, "Operations that are in the engine (out), and how many more may go in (available).", "type", "state"),
	}
}

// dataMetrics are those of replication, sharding and databases.
func dataMetrics() []metric.Definition {
	return []metric.Definition{
		gauge("mongodb_replset_state", metric.Bool, "1 for what this server is in its replica set.", "state"),
		gauge("mongodb_replset_has_primary", metric.Bool, "1 while this server sees a primary."),
		gauge("mongodb_replset_member_health", metric.Bool, "1 while this server can reach the member.", "member"),
		gauge("mongodb_replset_member_lag_seconds", metric.Seconds, "How far a secondary is behind the primary.", "member"),
		gauge("mongodb_replset_member_ping_seconds", metric.Seconds, "How long a message to the member and back takes.", "member"),
		gauge("mongodb_flow_control_lagged", metric.Bool, "1 while the primary slows down writes, because secondaries are behind."),
		gauge("mongodb_oplog_window_seconds", metric.Seconds, "How far back the log of changes reaches: a secondary that was away for longer has to copy everything."),
		gauge("mongodb_oplog_size_bytes", metric.Bytes, "Size of the log of changes."),
		gauge("mongodb_oplog_max_bytes", metric.Bytes, "How large the log of changes may grow."),

		gauge("mongodb_database_data_bytes", metric.Bytes, "Size of a database's documents, not compressed.", "db"),
		gauge("mongodb_database_storage_bytes", metric.Bytes, "Size of a database's documents on disk.", "db"),
		gauge("mongodb_database_index_bytes", metric.Bytes, "Size of a database's indexes on disk.", "db"),
		gauge("mongodb_database_collections", metric.None, "Collections of a database.", "db"),
		gauge("mongodb_database_views", metric.None, "Views of a database.", "db"),
		gauge("mongodb_database_objects", metric.None, "Documents of a database.", "db"),
		gauge("mongodb_database_indexes", metric.None, "Indexes of a database.", "db"),
		gauge("mongodb_collection_size_bytes", metric.Bytes, "Size of a collection's documents, not compressed.", "db", "collection"),
		gauge("mongodb_collection_storage_bytes", metric.Bytes, "Size of a collection's documents on disk.", "db", "collection"),
		gauge("mongodb_collection_index_bytes", metric.Bytes, "Size of a collection's indexes on disk.", "db", "collection"),
		gauge("mongodb_collection_documents", metric.None, "Documents of a collection.", "db", "collection"),
		gauge("mongodb_filesystem_used_bytes", metric.Bytes, "What is used of the disk that holds the databases."),
		gauge("mongodb_filesystem_total_bytes", metric.Bytes, "Size of the disk that holds the databases."),
		gauge("mongodb_shards", metric.None, "Shards of the cluster; told by a mongos."),
		gauge("mongodb_sharded_collections", metric.None, "Collections spread over shards; told by a mongos."),
	}
}
