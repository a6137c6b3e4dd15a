package postgres

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
			ID: "server_down", Name: "PostgreSQL does not answer", Severity: plugin.Critical, For: time.Minute, Expr: `up == 0`,
			Summary: "PostgreSQL of {{.Labels.source}} does not answer.", Hint: "Look into the server's log; the source's page says what came back.",
		},
		{
			ID: "connections_high", Name: "Most connections are in use", Severity: plugin.Warning, For: 2 * time.Minute,
			Expr:    `postgres_connections_usage_ratio > 0.8`,
			Summary: "More than 80 % of the connections of {{.Labels.source}} are in use.",
			Hint:    "Find who keeps them, lower the size of pools, put PgBouncer in between, or raise max_connections.",
		},
		{
			ID: "connections_full", Name: "Nearly all connections are in use", Severity: plugin.Critical, For: 2 * time.Minute,
			Expr:    `postgres_connections_usage_ratio > 0.9`,
			Summary: "More than 90 % of the connections of {{.Labels.source}} are in use; soon nobody gets in.",
			Hint:    "Find who keeps them, lower the size of pools, put PgBouncer in between, or raise max_connections.",
		},
		{
			ID: "transaction_long", Name: "Transaction is open for an hour", Severity: plugin.Warning,
			Expr:    `postgres_longest_transaction_seconds > 3600`,
			Summary: "A transaction in {{.Labels.db}} has been open for more than an hour; vacuum cannot clean up behind it.",
			Hint:    "The table of sessions says whose it is; pg_terminate_backend(pid) ends it.",
		},
		{
			ID: "idle_in_transaction", Name: "Transaction is left open", Severity: plugin.Warning,
			Expr:    `postgres_longest_idle_in_transaction_seconds > 600`,
			Summary: "A session in {{.Labels.db}} has left its transaction open for more than ten minutes.",
			Hint:    "The program forgets to commit; idle_in_transaction_session_timeout ends such sessions.",
		},
		{
			ID: "blocked", Name: "Sessions are blocked", Severity: plugin.Warning, For: 5 * time.Minute, Expr: `postgres_blocked_backends > 0`,
			Summary: "{{.Value}} sessions of {{.Labels.source}} wait for another one.", Hint: "The table of blocked sessions says for whom.",
		},
		{
			ID: "deadlocks", Name: "Deadlocks", Severity: plugin.Warning, Expr: `increase(postgres_deadlocks_total[10m]) > 5`,
			Summary: "Transactions in {{.Labels.db}} run into deadlocks again and again.", Hint: "The server's log names the queries.",
		},
		{
			ID: "rollbacks", Name: "Many transactions are rolled back", Severity: plugin.Warning, For: 5 * time.Minute,
			Expr: `rate(postgres_transactions_total{result="rollback"}[5m]) > 1 and on(source, db) ` +
				`rate(postgres_transactions_total{result="rollback"}[5m]) / on(source, db) sum by(source, db) (rate(postgres_transactions_total[5m])) > 0.1`,
			Summary: "More than a tenth of the transactions in {{.Labels.db}} are rolled back.", Hint: "The server's log says why.",
		},
		{
			ID: "cache_misses", Name: "Cache is too small", Severity: plugin.Warning, For: 5 * time.Minute,
			Expr:    `avg_over_time(postgres_cache_hit_ratio[15m]) < 0.8 and on(source, db) rate(postgres_blocks_total{result="read"}[15m]) > 100`,
			Summary: "Less than 80 % of the blocks that {{.Labels.db}} needs are in the cache.", Hint: "Raise shared_buffers, or find queries that scan much.",
		},
		{
			ID: "locks_full", Name: "Room for locks runs out", Severity: plugin.Warning, Expr: `postgres_locks_usage_ratio > 0.5`,
			Summary: "More than half of the room for locks of {{.Labels.source}} is taken.", Hint: "Raise max_locks_per_transaction, or touch fewer tables at once.",
		},
		{
			ID: "checkpoints_requested", Name: "Checkpoints come too early", Severity: plugin.Info,
			Expr: `increase(postgres_checkpoints_total{type="requested"}[1h]) > on(source) increase(postgres_checkpoints_total{type="timed"}[1h]) ` +
				`and on(source) increase(postgres_checkpoints_total{type="requested"}[1h]) > 2`,
			Summary: "Most checkpoints of {{.Labels.source}} come before their time.", Hint: "Raise max_wal_size.",
		},
		{
			ID: "table_bloat", Name: "Table is full of dead rows", Severity: plugin.Info, For: time.Hour,
			Expr:    `postgres_table_dead_ratio > 0.4 and postgres_table_dead_rows > 10000`,
			Summary: "More than 40 % of the rows of {{.Labels.schema}}.{{.Labels.table}} in {{.Labels.db}} are dead.",
			Hint:    "See what keeps autovacuum from it: a transaction that is open for long, a slot, or its settings.",
		},
	}
}

func safetyRules() []plugin.Rule {
	return []plugin.Rule{
		{
			ID: "replica_lag", Name: "Standby is behind", Severity: plugin.Warning, For: 5 * time.Minute,
			Expr:    `postgres_replication_lag_bytes{stage="replay"} > 64 * 1024 * 1024 or postgres_replication_lag_seconds{stage="replay"} > 30`,
			Summary: "The standby {{.Labels.replica}} is behind.", Hint: "See what holds it up: its disk, the network, or a query that runs there.",
		},
		{
			ID: "replica_lag_large", Name: "Standby is far behind", Severity: plugin.Critical, For: 5 * time.Minute,
			Expr:    `postgres_replication_lag_bytes{stage="replay"} > 1024 * 1024 * 1024 or postgres_replication_lag_seconds{stage="replay"} > 300`,
			Summary: "The standby {{.Labels.replica}} is far behind.", Hint: "See what holds it up: its disk, the network, or a query that runs there.",
		},
		{
			ID: "standby_disconnected", Name: "Standby receives nothing", Severity: plugin.Warning, For: 5 * time.Minute,
			Expr:    `postgres_wal_receiver_streaming == 0`,
			Summary: "The standby {{.Labels.source}} is not connected to its primary.", Hint: "Its log says why.",
		},
		{
			ID: "slot_idle", Name: "Unused slot fills the disk", Severity: plugin.Warning,
			Expr:    `postgres_replication_slot_retained_bytes > 5 * 1024 * 1024 * 1024 and postgres_replication_slot_active == 0`,
			Summary: "The slot {{.Labels.slot}} keeps more than 5 GiB and nobody reads from it.", Hint: "Bring its reader back, or pg_drop_replication_slot.",
		},
		{
			ID: "slot_lost", Name: "Slot has lost what its reader needs", Severity: plugin.Critical,
			Expr:    `postgres_replication_slot_wal_status{state="lost"} == 1`,
			Summary: "The slot {{.Labels.slot}} has lost write-ahead log that its reader needs.", Hint: "The standby has to be made anew.",
		},
		{
			ID: "archive_failing", Name: "Archiving does not succeed", Severity: plugin.Warning, Expr: `increase(postgres_wal_archive_failures_total[1h]) > 0`,
			Summary: "{{.Labels.source}} cannot archive its write-ahead log.", Hint: "The server's log says why; until then the log stays on its disk.",
		},
		{
			ID: "xid_half", Name: "Transaction IDs run out", Severity: plugin.Warning, Expr: `postgres_xid_exhaustion_ratio > 0.5`,
			Summary: "Half of the transaction IDs of {{.Labels.db}} are used up.", Hint: "See what keeps vacuum from freezing: a transaction or slot that is old, a prepared transaction.",
		},
		{
			ID: "xid_end", Name: "Transaction IDs have nearly run out", Severity: plugin.Critical, Expr: `postgres_xid_exhaustion_ratio > 0.9`,
			Summary: "{{.Labels.db}} is about to refuse writing.", Hint: "End what is old, and VACUUM the oldest tables now.",
		},
		{
			ID: "checksum_failures", Name: "Damaged pages", Severity: plugin.Critical, Expr: `postgres_checksum_failures_total > 0`,
			Summary: "Pages of {{.Labels.db}} are damaged.", Hint: "Check disk and memory, and have a backup at hand; pg_stat_database says when it was seen last.",
		},
	}
}
