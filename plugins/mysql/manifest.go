package mysql

import (
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func manifest() plugin.Manifest {
	return plugin.Manifest{
		ID: "mysql_monitor", Name: "MySQL and MariaDB", Category: plugin.Database, Icon: "database",
		Summary: "Queries, connections, InnoDB, replication and sizes of a MySQL or MariaDB server.",
		Description: "Watches a whole server of MySQL (5.7 and newer), MariaDB (10.3 and newer) or Percona over one connection: " +
			"what it is asked and how it answers, who works for how long, buffer pool, redo log, locks and deadlocks of InnoDB, " +
			"replication and the binary log, sizes of schemas, and the state of a Galera node.",
		Tags:     []string{"mysql", "mariadb", "percona", "galera", "sql", "database", "replication"},
		Interval: 30 * time.Second, Timeout: 20 * time.Second,
		Rights: plugin.Rights{
			Network: true, Sockets: []string{"/run/mysqld", "/var/lib/mysql", "/tmp"},
			Paths: []string{"/etc/mysql", "/root/.my.cnf"},
			Notes: "The rights PROCESS and REPLICATION CLIENT (MariaDB: PROCESS, BINLOG MONITOR, SLAVE MONITOR) show everything and read no table. " +
				"An option file is read only when it is set as defaults_file; detection looks whether there is one.",
		},
		Metrics: metrics(), Panels: panels(), Tables: tables(), Rules: rules(),
	}
}

func gauge(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
	return metric.Definition{Name: name, Kind: metric.Gauge, Unit: unit, Help: help, Labels: labels}
}

func counter(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
	return metric.Definition{Name: name, Kind: metric.Counter, Unit: unit, Help: help, Labels: labels}
}

func metrics() []metric.Definition {
	all := connectionMetrics()
	all = append(all, workMetrics()...)
	all = append(all, innodbMetrics()...)
	return append(all, otherMetrics()...)
}

func connectionMetrics() []metric.Definition {
	return []metric.Definition{
		gauge("mysql_info", metric.None, "Always 1; its labels say what server answers.", "version", "flavor"),
		gauge("mysql_uptime_seconds", metric.Seconds, "Time since the server was started."),
		gauge("mysql_read_only", metric.Bool, "1 while the server takes no changes from ordinary users."),
		counter("mysql_connections_total", metric.None, "Attempts to connect."),
		counter("mysql_connections_aborted_total", metric.None, "Connections that ended without a farewell (client), and attempts that did not succeed (connect).", "type"),
		counter("mysql_connection_errors_total", metric.None, "Connections lost to the server itself, by reason.", "reason"),
		counter("mysql_access_denied_total", metric.None, "Refused logins and statements (MariaDB)."),
		gauge("mysql_threads", metric.None, "Connections that are open (connected), that work (running), and threads kept for later (cached).", "state"),
		counter("mysql_threads_created_total", metric.None, "Threads made for connections."),
		gauge("mysql_connections_max", metric.None, "Connections that may be open at once."),
		gauge("mysql_connections_max_used", metric.None, "The most that were open at once since the start."),
		gauge("mysql_connections_usage_ratio", metric.Ratio, "Open connections as a share of those that may be."),
		gauge("mysql_processes", metric.None, "Connections and threads by what they do; Unity's own is left out.", "command"),
		gauge("mysql_longest_query_seconds", metric.Seconds, "For how long the statement that runs longest has."),
	}
}

func workMetrics() []metric.Definition {
	return []metric.Definition{
		counter("mysql_queries_total", metric.None, "Statements run, those within stored programs included."),
		counter("mysql_questions_total", metric.None, "Statements sent by clients."),
		counter("mysql_slow_queries_total", metric.None, "Statements that took longer than long_query_time."),
		counter("mysql_commands_total", metric.None, "Statements by kind.", "command"),
		counter("mysql_receive_bytes_total", metric.Bytes, "Bytes received from clients."),
		counter("mysql_transmit_bytes_total", metric.Bytes, "Bytes sent to clients."),
		counter("mysql_handlers_total", metric.None, "Requests to storage engines; many read_rnd_next mean scans of whole tables.", "handler"),
		counter("mysql_tmp_tables_total", metric.None, "Temporary tables made for statements."),
		counter("mysql_tmp_disk_tables_total", metric.None, "Those of them that were made on disk."),
		counter("mysql_tmp_files_total", metric.None, "Temporary files."),
		counter("mysql_select_full_join_total", metric.None, "Joins that scanned a table because no index fits."),
		counter("mysql_select_scan_total", metric.None, "Queries that scanned all of their first table."),
		counter("mysql_select_range_check_total", metric.None, "Joins that looked for an index again for every row."),
		counter("mysql_sort_merge_passes_total", metric.None, "Passes of sorting that did not fit into sort_buffer_size."),
		counter("mysql_sort_rows_total", metric.None, "Rows sorted."),
		counter("mysql_sort_scan_total", metric.None, "Sorts of scanned tables."),
		counter("mysql_sort_range_total", metric.None, "Sorts of ranges."),
		counter("mysql_table_locks_total", metric.None, "Table locks that were given at once or had to be waited for.", "result"),
		gauge("mysql_open_tables", metric.None, "Tables that are open."),
		counter("mysql_opened_tables_total", metric.None, "Tables opened."),
		counter("mysql_table_open_cache_hits_total", metric.None, "Tables found open."),
		counter("mysql_table_open_cache_misses_total", metric.None, "Tables not found open."),
		counter("mysql_table_open_cache_overflows_total", metric.None, "Tables closed because the cache was full."),
		gauge("mysql_open_files", metric.None, "Files that are open, those of InnoDB left out."),
		gauge("mysql_open_files_limit", metric.None, "Files that may be open."),
		counter("mysql_key_read_requests_total", metric.None, "Index blocks of MyISAM asked for."),
		counter("mysql_key_reads_total", metric.None, "Those that had to be read from disk."),
		counter("mysql_qcache_hits_total", metric.None, "Answers from the query cache, where it is on."),
		counter("mysql_qcache_inserts_total", metric.None, "Answers put into it."),
		counter("mysql_qcache_lowmem_prunes_total", metric.None, "Answers thrown out of it for lack of room."),
	}
}

func innodbMetrics() []metric.Definition {
	return []metric.Definition{
		gauge("mysql_innodb_buffer_pool_bytes", metric.Bytes, "What fills the buffer pool; dirty is part of data.", "state"),
		counter("mysql_innodb_buffer_pool_read_requests_total", metric.None, "Pages asked of the buffer pool."),
		counter("mysql_innodb_buffer_pool_reads_total", metric.None, "Those that had to be read from disk."),
		counter("mysql_innodb_buffer_pool_wait_free_total", metric.None, "How often a page had to be written before another could be read."),
		gauge("mysql_innodb_buffer_pool_hit_ratio", metric.Ratio, "Share of pages that were in the buffer pool since the run before."),
		counter("mysql_innodb_data_read_bytes_total", metric.Bytes, "Bytes read."),
		counter("mysql_innodb_data_written_bytes_total", metric.Bytes, "Bytes written."),
		counter("mysql_innodb_data_reads_total", metric.None, "Reads."),
		counter("mysql_innodb_data_writes_total", metric.None, "Writes."),
		counter("mysql_innodb_data_fsyncs_total", metric.None, "How often data was forced to disk."),
		counter("mysql_innodb_log_written_bytes_total", metric.Bytes, "Bytes written to the redo log."),
		counter("mysql_innodb_log_waits_total", metric.None, "How often the log buffer was full."),
		counter("mysql_innodb_row_lock_waits_total", metric.None, "Waits for row locks."),
		counter("mysql_innodb_row_lock_time_seconds_total", metric.Seconds, "Time spent waiting for row locks."),
		gauge("mysql_innodb_row_lock_current_waits", metric.None, "Row locks that are waited for now."),
		counter("mysql_innodb_deadlocks_total", metric.None, "Deadlocks."),
		counter("mysql_innodb_rows_total", metric.None, "Rows read and changed; absent where the server does not count them.", "op"),
		gauge("mysql_innodb_checkpoint_age_bytes", metric.Bytes, "Redo log since the last checkpoint."),
		gauge("mysql_innodb_redo_usage_ratio", metric.Ratio, "That as a share of what there is room for."),
		gauge("mysql_innodb_history_list_length", metric.None, "Old versions of rows that wait to be purged."),
		gauge("mysql_innodb_transactions", metric.None, "Open transactions."),
		gauge("mysql_innodb_longest_transaction_seconds", metric.Seconds, "Age of the oldest open transaction."),
	}
}

func otherMetrics() []metric.Definition {
	return []metric.Definition{
		gauge("mysql_replica_io_running", metric.Bool, "1 while this server receives from its source.", "channel"),
		gauge("mysql_replica_sql_running", metric.Bool, "1 while it applies what it received.", "channel"),
		gauge("mysql_replica_lag_seconds", metric.Seconds, "How far it is behind; absent while it does not replicate.", "channel"),
		gauge("mysql_replicas_connected", metric.None, "Servers that replicate from this one (MariaDB)."),
		gauge("mysql_binlog_files", metric.None, "Files of the binary log."),
		gauge("mysql_binlog_size_bytes", metric.Bytes, "Their size."),
		counter("mysql_binlog_cache_disk_use_total", metric.None, "Transactions too large for binlog_cache_size."),
		gauge("mysql_schema_data_bytes", metric.Bytes, "Size of the tables of a schema, or of its files where the tables may not be seen; every ten minutes.", "schema"),
		gauge("mysql_schema_index_bytes", metric.Bytes, "Size of its indexes.", "schema"),
		gauge("mysql_schema_free_bytes", metric.Bytes, "Room within its files that is free.", "schema"),
		gauge("mysql_schema_tables", metric.None, "Its tables.", "schema"),
		gauge("mysql_galera_cluster_size", metric.None, "Nodes in the cluster that this node belongs to."),
		gauge("mysql_galera_primary", metric.Bool, "1 while this node belongs to the part of the cluster that works."),
		gauge("mysql_galera_ready", metric.Bool, "1 while this node answers queries."),
		gauge("mysql_galera_connected", metric.Bool, "1 while this node is connected to others."),
		gauge("mysql_galera_local_state", metric.Bool, "1 for the state that this node is in.", "state"),
		gauge("mysql_galera_flow_control_paused_ratio", metric.Ratio, "Share of time for which the node stopped the others since the last look."),
		gauge("mysql_galera_recv_queue", metric.None, "Changes that wait to be applied."),
		gauge("mysql_galera_send_queue", metric.None, "Changes that wait to be sent."),
		counter("mysql_galera_cert_failures_total", metric.None, "Transactions that lost against one of another node."),
		counter("mysql_galera_bf_aborts_total", metric.None, "Transactions that were ended for one of another node."),
	}
}
