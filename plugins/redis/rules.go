package redis

import (
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// rules are the alerts that ship with the plugin. A cache that throws keys out
// when memory is full does what it is there for: only where writes would be
// refused does full memory matter.
func rules() []plugin.Rule {
	return append(limitRules(), safetyRules()...)
}

func limitRules() []plugin.Rule {
	const minute = time.Minute
	return []plugin.Rule{
		{
			ID: "down", Name: "Redis does not answer", Severity: plugin.Critical, For: minute,
			Expr:    `up == 0`,
			Summary: "{{.Labels.source}} does not answer.",
			Hint:    "The source's last run says why.",
		},
		{
			ID: "memory_high", Name: "Redis is close to its memory limit", Severity: plugin.Warning, For: 5 * minute,
			Expr:    `redis_memory_usage_ratio > 0.9 and redis_memory_eviction == 0`,
			Summary: "{{.Labels.source}} uses more than 90 % of its memory limit and may not throw keys out.",
			Hint:    "Raise maxmemory, remove keys, or choose another maxmemory-policy.",
		},
		{
			ID: "memory_full", Name: "Redis is at its memory limit", Severity: plugin.Critical, For: minute,
			Expr:    `redis_memory_usage_ratio > 0.98 and redis_memory_eviction == 0`,
			Summary: "{{.Labels.source}} has used up its memory limit: writes are refused, or will be.",
			Hint:    "Raise maxmemory, remove keys, or choose another maxmemory-policy.",
		},
		{
			ID: "writes_refused", Name: "Redis refuses writes", Severity: plugin.Critical,
			Expr:    `increase(redis_errors_total{error=~"OOM|MISCONF"}[5m]) > 0`,
			Summary: "{{.Labels.source}} refused {{.Value}} writes within five minutes ({{.Labels.error}}).",
			Hint:    "OOM: memory is full, and nothing may or can be thrown out. MISCONF: data cannot be saved to disk; see the server's log.",
		},
		{
			ID: "fragmentation", Name: "Redis wastes memory", Severity: plugin.Info, For: time.Hour,
			Expr:    `redis_memory_fragmentation_ratio > 1.8 and redis_memory_rss_bytes > 200 * 1024 * 1024`,
			Summary: "{{.Labels.source}} holds {{.Value}} times the memory that its data needs.",
			Hint:    "Set activedefrag yes, or restart it at a quiet time.",
		},
		{
			ID: "evictions", Name: "Redis throws keys out", Severity: plugin.Info, For: 10 * minute,
			Expr:    `rate(redis_keys_evicted_total[10m]) > 0`,
			Summary: "{{.Labels.source}} throws out {{.Value}} keys a second because memory is full.",
			Hint:    "Normal for a cache; data that must stay needs more memory.",
		},
		{
			ID: "connections_rejected", Name: "Redis turns clients away", Severity: plugin.Warning,
			Expr:    `increase(redis_connections_rejected_total[5m]) > 0`,
			Summary: "{{.Labels.source}} turned {{.Value}} connections away within five minutes: it has as many clients as it takes.",
			Hint:    "See who keeps so many connections (CLIENT LIST), or raise maxclients.",
		},
		{
			ID: "clients_high", Name: "Redis has almost as many clients as it takes", Severity: plugin.Warning, For: 5 * minute,
			Expr:    `redis_clients_usage_ratio > 0.85`,
			Summary: "{{.Labels.source}} has more than 85 % of the clients that it takes.",
			Hint:    "See who keeps so many connections (CLIENT LIST), or raise maxclients.",
		},
		{
			ID: "hit_ratio_low", Name: "Redis finds little", Severity: plugin.Info,
			Expr: `avg_over_time(redis_keyspace_hit_ratio[30m]) < 0.5` +
				` and (rate(redis_keyspace_hits_total[30m]) + rate(redis_keyspace_misses_total[30m])) > 10`,
			Summary: "More than half of the lookups at {{.Labels.source}} have found nothing for half an hour.",
			Hint:    "Normal where absence is what is asked for; for a cache, look at times to live and evictions.",
		},
	}
}

func safetyRules() []plugin.Rule {
	const minute = time.Minute
	return []plugin.Rule{
		{
			ID: "save_failed", Name: "Redis cannot save its data", Severity: plugin.Critical,
			Expr:    `redis_rdb_last_save_ok == 0`,
			Summary: "The last snapshot of {{.Labels.source}} could not be saved.",
			Hint:    "See the server's log; most often the disk is full, the folder may not be written, or there is no memory to fork.",
		},
		{
			ID: "save_old", Name: "Redis has not saved its data for a day", Severity: plugin.Warning,
			Expr: `redis_rdb_changes_since_save > 0 and time() - redis_rdb_last_save_timestamp_seconds > 86400` +
				` and redis_rdb_last_duration_seconds >= 0 and redis_aof_enabled == 0`,
			Summary: "{{.Labels.source}} has changes that have not been saved for more than a day.",
			Hint:    "See the save lines of its configuration. A server that never saved a snapshot is taken for one that is not meant to.",
		},
		{
			ID: "save_slow", Name: "Redis takes long to save its data", Severity: plugin.Warning,
			Expr:    `redis_rdb_current_duration_seconds > 600`,
			Summary: "{{.Labels.source}} has been saving a snapshot for {{.Value}} seconds.",
			Hint:    "See whether its disk is slow or its machine is short of memory.",
		},
		{
			ID: "aof_write_failed", Name: "Redis cannot write its append-only file", Severity: plugin.Critical,
			Expr:    `redis_aof_last_write_ok == 0`,
			Summary: "{{.Labels.source}} could not write to its append-only file.",
			Hint:    "Most often the disk is full; see the server's log.",
		},
		{
			ID: "loading", Name: "Redis is still loading", Severity: plugin.Warning, For: 10 * minute,
			Expr:    `redis_loading == 1`,
			Summary: "{{.Labels.source}} has been reading its data for more than ten minutes and refuses most commands.",
		},
		{
			ID: "primary_lost", Name: "Replica has lost its primary", Severity: plugin.Critical, For: minute,
			Expr:    `redis_primary_link_up == 0`,
			Summary: "{{.Labels.source}} is a replica and not connected to its primary.",
			Hint:    "See whether the primary runs, and whether masterauth is still right.",
		},
		{
			ID: "replica_lag", Name: "Replica falls behind", Severity: plugin.Warning, For: 5 * minute,
			Expr:    `redis_replica_lag_seconds > 30`,
			Summary: "{{.Labels.source}} has not heard of its replica {{.Labels.replica}} for {{.Value}} seconds.",
			Hint:    "See the replica and the network between the two.",
		},
		{
			ID: "cluster_down", Name: "Redis Cluster does not serve all keys", Severity: plugin.Critical, For: minute,
			Expr:    `redis_cluster_state_ok == 0`,
			Summary: "The cluster of {{.Labels.source}} does not serve all keys.",
			Hint:    "See redis-cli --cluster check.",
		},
		{
			ID: "sentinel_primary_down", Name: "Sentinel sees a primary down", Severity: plugin.Critical, For: minute,
			Expr:    `redis_sentinel_primary_ok == 0`,
			Summary: "The Sentinel {{.Labels.source}} thinks that the primary {{.Labels.primary}} is down.",
		},
	}
}
