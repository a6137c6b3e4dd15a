package mysql

import "fmt"

const (
	serverQuery = `SELECT VERSION() AS version, @@version_comment AS comment, CURRENT_USER() AS account`
	statusQuery = `SHOW GLOBAL STATUS`

	variablesQuery = `SHOW GLOBAL VARIABLES WHERE Variable_name IN ('max_connections', 'open_files_limit', 'read_only', 'super_read_only', 'log_bin',
 'datadir', 'performance_schema', 'innodb_buffer_pool_size', 'innodb_page_size', 'innodb_log_file_size', 'innodb_flush_log_at_trx_commit', 'sync_binlog',
 'table_open_cache', 'query_cache_size', 'query_cache_type', 'userstat', 'server_id', 'gtid_mode', 'wsrep_on', 'tmp_table_size', 'slow_query_log', 'long_query_time')`

	transactionsQuery = `SELECT COUNT(*) AS transactions, MAX(TIMESTAMPDIFF(SECOND, trx_started, NOW())) AS longest FROM information_schema.innodb_trx`

	innodbMetricsQuery = `SELECT * FROM information_schema.innodb_metrics
 WHERE name IN ('lock_deadlocks', 'trx_rseg_history_len', 'dml_reads', 'dml_inserts', 'dml_updates', 'dml_deletes')`

	binlogQuery = `SHOW BINARY LOGS`

	systemSchemas = `('information_schema', 'performance_schema', 'mysql', 'sys')`

	schemasQuery = `SELECT table_schema AS name, SUM(data_length) AS data, SUM(index_length) AS indexes, SUM(data_free) AS free, COUNT(*) AS tables
 FROM information_schema.tables WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ` + systemSchemas + ` GROUP BY table_schema ORDER BY table_schema`

	digestsQuery = `SELECT COALESCE(schema_name, '') AS db, LEFT(digest_text, 1000) AS query, count_star AS calls, sum_timer_wait / 1e12 AS seconds,
 avg_timer_wait / 1e12 AS mean, sum_rows_sent AS sent, sum_rows_examined AS examined, sum_no_index_used AS unindexed
 FROM performance_schema.events_statements_summary_by_digest ORDER BY sum_timer_wait DESC LIMIT 20`

	usersQuery = `SHOW USER_STATISTICS`
)

// tablespacesQuery adds up files, for which the right PROCESS is enough.
func tablespacesQuery(mariadb bool) string {
	view := "information_schema.innodb_tablespaces"
	if mariadb {
		view = "information_schema.innodb_sys_tablespaces"
	}
	return `SELECT SUBSTRING_INDEX(name, '/', 1) AS name, SUM(file_size) AS data, COUNT(DISTINCT SUBSTRING_INDEX(SUBSTRING_INDEX(name, '/', -1), '#', 1)) AS tables
 FROM ` + view + ` WHERE name LIKE '%/%' AND SUBSTRING_INDEX(name, '/', 1) NOT IN ` + systemSchemas + ` GROUP BY 1 ORDER BY 1`
}

func tablesQuery(limit int) string {
	return fmt.Sprintf(`SELECT table_schema AS db, table_name AS name, engine, data_length AS data, index_length AS indexes, data_free AS free, table_rows AS live
 FROM information_schema.tables WHERE table_type = 'BASE TABLE' AND table_schema NOT IN %s ORDER BY data_length + index_length DESC, 1, 2 LIMIT %d`, systemSchemas, limit)
}

// processesOf is the view of the processes. The newer one takes no lock that
// other connections wait for.
func processesOf(s server, variables values) string {
	if !s.mariadb && s.version >= 8_00_22 && variables.on("performance_schema") {
		return "performance_schema.processlist"
	}
	return "information_schema.processlist"
}

// workers are processes of the server itself and of replication, and those that
// do nothing.
const workers = `('Sleep', 'Daemon', 'Binlog Dump', 'Binlog Dump GTID', 'Slave_IO', 'Slave_SQL', 'Slave_worker', 'Connect')`

func commandsQuery(view string) string {
	return `SELECT COALESCE(command, '') AS command, COUNT(*) AS processes,
 MAX(IF(command IN ` + workers + ` OR user IN ('system user', 'event_scheduler'), NULL, time)) AS longest
 FROM ` + view + ` WHERE id <> CONNECTION_ID() GROUP BY 1 ORDER BY 1`
}

func processesQuery(view string) string {
	return `SELECT id, COALESCE(user, '') AS user, COALESCE(host, '') AS client, COALESCE(db, '') AS db, command, time AS seconds, COALESCE(state, '') AS state,
 LEFT(info, 1000) AS query FROM ` + view + ` WHERE id <> CONNECTION_ID() AND command NOT IN ` + workers + `
 AND user NOT IN ('system user', 'event_scheduler') ORDER BY time DESC, id LIMIT 20`
}

// replicaQuery asks what this server replicates, in the words of its version.
func replicaQuery(s server) string {
	switch {
	case s.mariadb:
		return "SHOW ALL SLAVES STATUS"
	case s.version >= 8_00_22:
		return "SHOW REPLICA STATUS"
	default:
		return "SHOW SLAVE STATUS"
	}
}
