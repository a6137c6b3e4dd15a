package postgres

import (
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func manifest() plugin.Manifest {
	return plugin.Manifest{
		ID: "postgres_monitor", Name: "PostgreSQL", Category: plugin.Database, Icon: "database",
		Summary: "Connections, queries, locks, replication and slow dangers of a PostgreSQL server.",
		Description: "Watches a whole PostgreSQL server (10 and newer, TimescaleDB and others built on it included) over one connection: " +
			"sessions and who blocks whom, what each database does, cache, checkpoints, the write-ahead log and its archive, standbys and slots, " +
			"and how far transaction IDs have run out. Tables, indexes and the costliest queries on request.",
		Tags:     []string{"postgresql", "sql", "database", "timescaledb", "replication"},
		Interval: 30 * time.Second, Timeout: 20 * time.Second,
		Rights: plugin.Rights{
			Network: true, Sockets: []string{"/var/run/postgresql", "/tmp"},
			Notes: "A user with the right pg_monitor sees everything and can read no table. All questions are asked in read-only transactions.",
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
	all := serverMetrics()
	all = append(all, databaseMetrics()...)
	all = append(all, writingMetrics()...)
	all = append(all, replicationMetrics()...)
	return append(all, tableMetrics()...)
}

func serverMetrics() []metric.Definition {
	return []metric.Definition{
		gauge("postgres_info", metric.None, "Always 1; its labels say what server answers.", "version", "role"),
		gauge("postgres_start_timestamp_seconds", metric.TimestampSeconds, "When the server was started."),
		gauge("postgres_in_recovery", metric.Bool, "1 while the server is a standby or recovers."),
		gauge("postgres_pending_restart", metric.None, "Settings that were changed and need a restart to count."),
		gauge("postgres_connections", metric.None, "Sessions of clients by what they do; Unity's own is left out.", "db", "state"),
		gauge("postgres_connections_max", metric.None, "Connections that ordinary users may have."),
		gauge("postgres_connections_usage_ratio", metric.Ratio, "Share of those that is in use, Unity's own included."),
		gauge("postgres_connections_waiting_on_lock", metric.None, "Sessions that wait for a lock."),
		gauge("postgres_blocked_backends", metric.None, "Sessions that another one holds up."),
		gauge("postgres_longest_transaction_seconds", metric.Seconds, "Age of the oldest transaction that is open.", "db"),
		gauge("postgres_longest_query_seconds", metric.Seconds, "Age of the oldest query that runs.", "db"),
		gauge("postgres_longest_idle_in_transaction_seconds", metric.Seconds, "For how long a session has left its transaction open without a query.", "db"),
		gauge("postgres_autovacuum_workers", metric.None, "Autovacuum workers that run."),
		gauge("postgres_locks", metric.None, "Locks that are held (granted true) or waited for, by mode.", "db", "mode", "granted"),
		gauge("postgres_locks_usage_ratio", metric.Ratio, "Locks as a share of the room that the server has for them."),
	}
}

func databaseMetrics() []metric.Definition {
	return []metric.Definition{
		counter("postgres_transactions_total", metric.None, "Transactions that ended, by how.", "db", "result"),
		counter("postgres_blocks_total", metric.None, "Blocks found in the cache (hit) or asked of the operating system (read).", "db", "result"),
		gauge("postgres_cache_hit_ratio", metric.Ratio, "Share of blocks that were in the cache since the run before.", "db"),
		counter("postgres_block_read_seconds_total", metric.Seconds, "Time spent reading blocks; only with track_io_timing.", "db"),
		counter("postgres_block_write_seconds_total", metric.Seconds, "Time spent writing blocks; only with track_io_timing.", "db"),
		counter("postgres_rows_total", metric.None, "Rows read and changed, by operation.", "db", "op"),
		counter("postgres_deadlocks_total", metric.None, "Deadlocks.", "db"),
		counter("postgres_conflicts_total", metric.None, "Queries cancelled on a standby because of what was replayed.", "db"),
		counter("postgres_checksum_failures_total", metric.None, "Damaged pages that were found; only where checksums are on.", "db"),
		counter("postgres_temp_files_total", metric.None, "Temporary files that queries made for lack of work_mem.", "db"),
		counter("postgres_temp_bytes_total", metric.Bytes, "Size of those files.", "db"),
		counter("postgres_sessions_total", metric.None, "Sessions: all, and those that ended badly (PostgreSQL 14 and newer).", "db", "end"),
		gauge("postgres_database_size_bytes", metric.Bytes, "Size on disk, asked for every five minutes.", "db"),
		gauge("postgres_xid_age", metric.None, "Age of the oldest transaction ID that is not frozen.", "db"),
		gauge("postgres_xid_exhaustion_ratio", metric.Ratio, "That age as a share of the two thousand million at which the server stops.", "db"),
		gauge("postgres_autovacuum_freeze_ratio", metric.Ratio, "That age as a share of the one at which autovacuum freezes by force; about 1 is normal.", "db"),
		gauge("postgres_mxid_age", metric.None, "Age of the oldest multixact ID.", "db"),
	}
}

func writingMetrics() []metric.Definition {
	return []metric.Definition{
		counter("postgres_checkpoints_total", metric.None, "Checkpoints, by whether time or the size of the log asked for them.", "type"),
		counter("postgres_checkpoint_write_seconds_total", metric.Seconds, "Time spent writing at checkpoints."),
		counter("postgres_checkpoint_sync_seconds_total", metric.Seconds, "Time spent forcing to disk at checkpoints."),
		counter("postgres_buffers_written_total", metric.None, "Buffers written, by whom; backend only before PostgreSQL 17.", "by"),
		counter("postgres_buffers_allocated_total", metric.None, "Buffers given out."),
		counter("postgres_bgwriter_halts_total", metric.None, "How often the background writer stopped because it had written enough at once."),
		counter("postgres_wal_bytes_total", metric.Bytes, "Write-ahead log written (PostgreSQL 14 and newer)."),
		counter("postgres_wal_records_total", metric.None, "Records in it."),
		counter("postgres_wal_full_page_images_total", metric.None, "Whole pages in it."),
		counter("postgres_wal_buffers_full_total", metric.None, "How often it was written because its buffers were full."),
		counter("postgres_wal_position_bytes_total", metric.Bytes, "Position in the write-ahead log: written, or on a standby received."),
		gauge("postgres_wal_files", metric.None, "Files of the write-ahead log on disk."),
		gauge("postgres_wal_size_bytes", metric.Bytes, "Size of those files."),
		gauge("postgres_wal_archive_pending", metric.None, "Files that wait to be archived (PostgreSQL 12 and newer)."),
		counter("postgres_wal_archived_total", metric.None, "Files archived."),
		counter("postgres_wal_archive_failures_total", metric.None, "Attempts to archive that did not succeed."),
		counter("postgres_io_read_bytes_total", metric.Bytes, "Bytes read, by kind of process and purpose (PostgreSQL 16 and newer).", "backend_type", "context"),
		counter("postgres_io_written_bytes_total", metric.Bytes, "Bytes written.", "backend_type", "context"),
		counter("postgres_io_extended_bytes_total", metric.Bytes, "Bytes by which files were extended.", "backend_type", "context"),
		counter("postgres_io_evictions_total", metric.None, "Buffers emptied to make room.", "backend_type", "context"),
	}
}

func replicationMetrics() []metric.Definition {
	return []metric.Definition{
		gauge("postgres_replicas", metric.None, "Standbys that are connected."),
		gauge("postgres_replication_lag_bytes", metric.Bytes, "How far a standby is behind in writing, flushing and replaying.", "replica", "stage"),
		gauge("postgres_replication_lag_seconds", metric.Seconds, "How long a standby took for the same.", "replica", "stage"),
		gauge("postgres_standby_lag_seconds", metric.Seconds, "On a standby: age of what was replayed last; 0 when all that was received is replayed."),
		gauge("postgres_wal_receiver_streaming", metric.Bool, "On a standby: 1 while it receives from its primary."),
		gauge("postgres_replication_slot_active", metric.Bool, "1 while something reads from the slot.", "slot"),
		gauge("postgres_replication_slot_retained_bytes", metric.Bytes, "Write-ahead log that is kept for the slot.", "slot"),
		gauge("postgres_replication_slot_wal_status", metric.Bool, "1 for the state of what the slot keeps (PostgreSQL 13 and newer).", "slot", "state"),
	}
}

func tableMetrics() []metric.Definition {
	of := func(d metric.Definition) metric.Definition {
		d.Labels = append([]string{"db", "schema", "table"}, d.Labels...)
		return d
	}
	return []metric.Definition{
		of(gauge("postgres_table_size_bytes", metric.Bytes, "Size of a table with indexes; with collect_table_stats, as all that follow.")),
		of(gauge("postgres_table_index_size_bytes", metric.Bytes, "Size of its indexes.")),
		of(gauge("postgres_table_live_rows", metric.None, "Rows, as the server estimates.")),
		of(gauge("postgres_table_dead_rows", metric.None, "Dead rows that vacuum has not removed yet.")),
		of(gauge("postgres_table_dead_ratio", metric.Ratio, "Share of rows that are dead.")),
		of(counter("postgres_table_scans_total", metric.None, "Scans of the table, by type.", "type")),
		of(gauge("postgres_table_last_vacuum_timestamp_seconds", metric.TimestampSeconds, "When it was vacuumed last.")),
		of(gauge("postgres_table_last_analyze_timestamp_seconds", metric.TimestampSeconds, "When it was analyzed last.")),
	}
}
