package mysql

import (
	"time"

	"github.com/unity-homelab/unity/plugin"
)

func rules() []plugin.Rule {
	return append(loadRules(), safetyRules()...)
}

func loadRules() []plugin.Rule {
	return []plugin.Rule{
		{
			ID: "server_down", Name: "Server does not answer", Severity: plugin.Critical, For: time.Minute, Expr: `up == 0`,
			Summary: "The server {{.Labels.source}} does not answer.", Hint: "Look into its log; the source's page says what came back.",
		},
		{
			ID: "connections_high", Name: "Most connections are in use", Severity: plugin.Warning, For: 2 * time.Minute, Expr: `mysql_connections_usage_ratio > 0.7`,
			Summary: "More than 70 % of the connections of {{.Labels.source}} are in use.", Hint: "Find who keeps them, or raise max_connections.",
		},
		{
			ID: "connections_full", Name: "Nearly all connections are in use", Severity: plugin.Critical, For: 2 * time.Minute, Expr: `mysql_connections_usage_ratio > 0.9`,
			Summary: "More than 90 % of the connections of {{.Labels.source}} are in use; soon nobody gets in.", Hint: "Find who keeps them, or raise max_connections.",
		},
		{
			ID: "slow_queries", Name: "Many slow queries", Severity: plugin.Warning, For: 10 * time.Minute, Expr: `rate(mysql_slow_queries_total[5m]) > 1`,
			Summary: "{{.Labels.source}} has more than one slow query per second.", Hint: "The slow query log and the list of queries say which.",
		},
		{
			ID: "aborted_connects", Name: "Connections do not come about", Severity: plugin.Warning, For: 10 * time.Minute,
			Expr:    `rate(mysql_connections_aborted_total{type="connect"}[5m]) > 1`,
			Summary: "More than one attempt per second to connect to {{.Labels.source}} does not succeed.", Hint: "Somebody has a wrong password, or tries passwords.",
		},
		{
			ID: "table_locks", Name: "Table locks are waited for", Severity: plugin.Warning, For: 10 * time.Minute,
			Expr:    `rate(mysql_table_locks_total{result="waited"}[10m]) / on(source) sum by(source) (rate(mysql_table_locks_total[10m])) > 0.1`,
			Summary: "More than a tenth of the table locks of {{.Labels.source}} have to be waited for.", Hint: "Move the tables from MyISAM to InnoDB.",
		},
		{
			ID: "cache_misses", Name: "Buffer pool is too small", Severity: plugin.Info, For: 30 * time.Minute,
			Expr:    `mysql_innodb_buffer_pool_hit_ratio < 0.95 and rate(mysql_innodb_buffer_pool_read_requests_total[5m]) > 100`,
			Summary: "{{.Labels.source}} reads more than 5 % of its pages from disk.", Hint: "Raise innodb_buffer_pool_size.",
		},
		{
			ID: "tmp_disk_tables", Name: "Temporary tables go to disk", Severity: plugin.Info, For: 30 * time.Minute,
			Expr:    `rate(mysql_tmp_disk_tables_total[10m]) / rate(mysql_tmp_tables_total[10m]) > 0.5 and rate(mysql_tmp_disk_tables_total[10m]) > 1`,
			Summary: "More than half of the temporary tables of {{.Labels.source}} are made on disk.", Hint: "Raise tmp_table_size and max_heap_table_size, or add an index.",
		},
		{
			ID: "deadlocks", Name: "Deadlocks", Severity: plugin.Warning, Expr: `increase(mysql_innodb_deadlocks_total[10m]) > 5`,
			Summary: "Transactions of {{.Labels.source}} run into deadlocks again and again.", Hint: "SHOW ENGINE INNODB STATUS shows the last one.",
		},
		{
			ID: "transaction_long", Name: "Transaction is open for an hour", Severity: plugin.Warning, Expr: `mysql_innodb_longest_transaction_seconds > 3600`,
			Summary: "A transaction of {{.Labels.source}} has been open for more than an hour; old rows cannot be purged.", Hint: "information_schema.innodb_trx says whose it is.",
		},
		{
			ID: "history_long", Name: "Old rows are not purged", Severity: plugin.Warning, For: 30 * time.Minute, Expr: `mysql_innodb_history_list_length > 1e6`,
			Summary: "More than a million old versions of rows wait to be purged on {{.Labels.source}}.", Hint: "See which transaction is open for long.",
		},
		{
			ID: "redo_full", Name: "Redo log is nearly full", Severity: plugin.Warning, For: 5 * time.Minute, Expr: `mysql_innodb_redo_usage_ratio > 0.8`,
			Summary: "The redo log of {{.Labels.source}} is more than 80 % full; writing will be held up.", Hint: "Raise innodb_log_file_size or innodb_redo_log_capacity.",
		},
		{
			ID: "open_files", Name: "Open files run out", Severity: plugin.Warning, For: 5 * time.Minute, Expr: `mysql_open_files / mysql_open_files_limit > 0.9`,
			Summary: "{{.Labels.source}} has opened more than 90 % of the files it may.", Hint: "Raise open_files_limit (with systemd: LimitNOFILE).",
		},
	}
}

func safetyRules() []plugin.Rule {
	return []plugin.Rule{
		{
			ID: "replication_stopped", Name: "Replication has stopped", Severity: plugin.Critical, For: time.Minute,
			Expr:    `mysql_replica_io_running == 0 or mysql_replica_sql_running == 0`,
			Summary: "{{.Labels.source}} does not replicate any more (channel {{.Labels.channel}}).", Hint: "The table of replication shows why.",
		},
		{
			ID: "replication_lag", Name: "Replica is behind", Severity: plugin.Warning, For: 5 * time.Minute, Expr: `mysql_replica_lag_seconds > 30`,
			Summary: "{{.Labels.source}} is {{.Value}} seconds behind its source.", Hint: "See what it applies, and how busy its disk is.",
		},
		{
			ID: "replication_lag_large", Name: "Replica is far behind", Severity: plugin.Critical, For: 5 * time.Minute, Expr: `mysql_replica_lag_seconds > 300`,
			Summary: "{{.Labels.source}} is {{.Value}} seconds behind its source.", Hint: "See what it applies, and how busy its disk is.",
		},
		{
			ID: "galera_cut_off", Name: "Galera node is cut off", Severity: plugin.Critical, Expr: `mysql_galera_primary == 0 or mysql_galera_ready == 0`,
			Summary: "The node {{.Labels.source}} does not belong to a working cluster and refuses queries.", Hint: "See the network between the nodes, and how many are left.",
		},
		{
			ID: "galera_smaller", Name: "Galera cluster became smaller", Severity: plugin.Critical,
			Expr:    `mysql_galera_cluster_size < max_over_time(mysql_galera_cluster_size[1h])`,
			Summary: "A node of the cluster of {{.Labels.source}} is missing.", Hint: "See which one, and why.",
		},
	}
}
