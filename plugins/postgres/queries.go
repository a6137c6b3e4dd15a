package postgres

import (
	"fmt"
	"strings"
)

// The questions. Views whose columns differ by version are asked for whole and
// read by name.
const (
	serverQuery = `SELECT current_setting('server_version_num') AS version_num, current_setting('server_version') AS version,
 extract(epoch FROM pg_postmaster_start_time()) AS started, extract(epoch FROM clock_timestamp()) AS now,
 pg_is_in_recovery() AS in_recovery, current_database() AS db,
 pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS reads_stats`

	settingsQuery = `SELECT name, setting, unit, pending_restart FROM pg_settings WHERE pending_restart OR name IN (
 'archive_mode', 'autovacuum', 'autovacuum_freeze_max_age', 'data_checksums', 'data_directory', 'effective_cache_size', 'max_connections',
 'max_locks_per_transaction', 'max_prepared_transactions', 'max_wal_size', 'reserved_connections', 'shared_buffers',
 'shared_preload_libraries', 'superuser_reserved_connections', 'track_io_timing', 'wal_level', 'work_mem') ORDER BY name`

	activityQuery = `SELECT coalesce(datname, '') AS db, coalesce(state, '') AS state, coalesce(backend_type, '') AS backend_type,
 count(*) AS backends, count(*) FILTER (WHERE wait_event_type = 'Lock') AS waiting,
 max(extract(epoch FROM clock_timestamp() - xact_start)) FILTER (WHERE state <> 'idle') AS transaction,
 max(extract(epoch FROM clock_timestamp() - query_start)) FILTER (WHERE state = 'active') AS query,
 max(extract(epoch FROM clock_timestamp() - state_change)) FILTER (WHERE state LIKE 'idle in transaction%') AS idle
 FROM pg_stat_activity WHERE pid <> pg_backend_pid() GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`

	sessionsQuery = `SELECT pid, coalesce(datname, '') AS db, coalesce(usename, '') AS username, coalesce(application_name, '') AS application,
 coalesce(host(client_addr), 'local') AS client, state, concat_ws(': ', wait_event_type, wait_event) AS wait,
 extract(epoch FROM clock_timestamp() - coalesce(xact_start, query_start)) AS seconds, left(query, 1000) AS query
 FROM pg_stat_activity WHERE backend_type = 'client backend' AND state <> 'idle' AND pid <> pg_backend_pid()
 ORDER BY coalesce(xact_start, query_start) NULLS LAST, pid LIMIT 20`

	databasesQuery = `SELECT s.*, d.datname AS db, d.datconnlimit AS connection_limit, age(d.datfrozenxid) AS xid_age, mxid_age(d.datminmxid) AS mxid_age
 FROM pg_database d LEFT JOIN pg_stat_database s ON s.datid = d.oid ORDER BY d.datname`

	sizesQuery = `SELECT datname AS db, pg_database_size(oid) AS size FROM pg_database
 WHERE has_database_privilege(oid, 'CONNECT') OR pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') ORDER BY datname`

	locksQuery = `SELECT coalesce(d.datname, '') AS db, l.mode, l.granted, count(*) AS locks
 FROM pg_locks l LEFT JOIN pg_database d ON d.oid = l.database WHERE l.pid IS DISTINCT FROM pg_backend_pid() GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`

	bgwriterQuery     = `SELECT * FROM pg_stat_bgwriter`
	checkpointerQuery = `SELECT * FROM pg_stat_checkpointer`

	walQuery = `SELECT * FROM pg_stat_wal`

	positionQuery = `SELECT pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN coalesce(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())
 ELSE pg_current_wal_lsn() END, '0/0') AS position`

	walFilesQuery  = `SELECT count(*) AS files, coalesce(sum(size), 0) AS size FROM pg_ls_waldir()`
	archiverQuery  = `SELECT * FROM pg_stat_archiver`
	archiveBacklog = `SELECT count(*) AS pending FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'`

	ioQuery = `SELECT * FROM pg_stat_io`

	currentLSN = `(SELECT CASE WHEN pg_is_in_recovery() THEN coalesce(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) ELSE pg_current_wal_lsn() END AS lsn) now`

	replicasQuery = `SELECT pid, coalesce(application_name, '') AS name, coalesce(host(client_addr), 'local') AS client, state, sync_state,
 pg_wal_lsn_diff(now.lsn, write_lsn) AS write_bytes, pg_wal_lsn_diff(now.lsn, flush_lsn) AS flush_bytes, pg_wal_lsn_diff(now.lsn, replay_lsn) AS replay_bytes,
 extract(epoch FROM write_lag) AS write_seconds, extract(epoch FROM flush_lag) AS flush_seconds, extract(epoch FROM replay_lag) AS replay_seconds
 FROM pg_stat_replication, ` + currentLSN + ` WHERE state IS DISTINCT FROM 'backup' ORDER BY application_name, client_addr, pid`

	slotsQuery = `SELECT s.*, pg_wal_lsn_diff(now.lsn, s.restart_lsn) AS retained FROM pg_replication_slots s, ` + currentLSN + ` ORDER BY s.slot_name`

	// A standby that is not connected does not know how far behind it is; the age
	// of what it replayed last is then the best that can be said.
	standbyQuery = `SELECT extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) AS age, r.status,
 pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() AS caught_up FROM (SELECT 1) one LEFT JOIN pg_stat_wal_receiver r ON true`

	tablesQuery = `SELECT schemaname AS schema, relname AS name, n_live_tup AS live, n_dead_tup AS dead, seq_scan, idx_scan,
 extract(epoch FROM greatest(last_vacuum, last_autovacuum)) AS vacuumed, extract(epoch FROM greatest(last_analyze, last_autoanalyze)) AS analyzed,
 pg_total_relation_size(relid) AS size, pg_indexes_size(relid) AS index_size
 FROM pg_stat_user_tables ORDER BY size DESC, 1, 2 LIMIT %d`

	indexesQuery = `SELECT i.schemaname AS schema, i.relname AS name, i.indexrelname AS index, x.indisvalid AS valid, pg_relation_size(i.indexrelid) AS size
 FROM pg_stat_user_indexes i JOIN pg_index x ON x.indexrelid = i.indexrelid
 WHERE NOT x.indisvalid OR (i.idx_scan = 0 AND NOT x.indisunique) ORDER BY x.indisvalid, size DESC, 1, 3 LIMIT 50`
)

// blockedQuery lists who waits for whom. Only sessions that wait for a lock are
// asked who blocks them, for that question stops the lock manager for a moment.
func blockedQuery(version int) string {
	since := "a.query_start"
	if version >= 14_00_00 {
		since = "coalesce((SELECT min(l.waitstart) FROM pg_locks l WHERE l.pid = a.pid AND NOT l.granted), a.query_start)"
	}
	return `SELECT b.*, count(*) OVER () AS sessions FROM (SELECT a.pid, array_to_string(pg_blocking_pids(a.pid), ' ') AS blockers, coalesce(a.datname, '') AS db,
 coalesce(a.usename, '') AS username, extract(epoch FROM clock_timestamp() - ` + since + `) AS seconds, left(a.query, 1000) AS query
 FROM pg_stat_activity a WHERE a.wait_event_type = 'Lock') b WHERE b.blockers <> '' ORDER BY b.seconds DESC, b.pid LIMIT 20`
}

// statementsQuery lists the queries that took most time.
func statementsQuery(version int) string {
	total := "total_exec_time"
	if version < 13_00_00 {
		total = "total_time"
	}
	return strings.ReplaceAll(`SELECT coalesce(d.datname, '') AS db, left(s.query, 1000) AS query, s.calls, s.TOTAL / 1000 AS seconds,
 s.TOTAL / 1000 / greatest(s.calls, 1) AS mean, s.rows, s.shared_blks_hit, s.shared_blks_read
 FROM pg_stat_statements s LEFT JOIN pg_database d ON d.oid = s.dbid ORDER BY s.TOTAL DESC LIMIT 20`, "TOTAL", total)
}

func largestTables(limit int) string { return fmt.Sprintf(tablesQuery, limit) }
