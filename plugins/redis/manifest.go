package redis

import (
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func manifest() plugin.Manifest {
	return plugin.Manifest{
		ID: "redis_monitor", Name: "Redis", Category: plugin.Database, Icon: "database",
		Summary: "Redis and Valkey: memory, commands, hit ratio, persistence and replication.",
		Description: "Asks a server for its own figures: memory against its limit, commands and how long they take, cache hits, " +
			"keys, clients, whether data is saved to disk, and how replicas keep up. Works with Redis 4 and later, Valkey, KeyDB, " +
			"Dragonfly and Sentinel. Lengths of chosen keys can be measured, such as queues; no value is ever read.",
		Tags:     []string{"redis", "valkey", "keydb", "dragonfly", "sentinel", "cache", "queue"},
		Interval: 15 * time.Second, Timeout: 10 * time.Second,
		Rights: plugin.Rights{
			Sockets: []string{
				"/run/redis/redis-server.sock", "/run/redis/redis.sock", "/run/redis-socket/redis.sock",
				"/run/valkey/valkey-server.sock", "/run/valkey/valkey.sock",
			},
			Network: true,
			Notes:   "An ACL user with a handful of commands and no keys is enough; see Set-up.",
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
	return append(append(serverMetrics(), dataMetrics()...), replicationMetrics()...)
}

// serverMetrics are those of the server as a process and of its clients.
func serverMetrics() []metric.Definition {
	return []metric.Definition{
		gauge("redis_info", metric.None, "Always 1; its labels say what server answers.", "server", "version", "mode", "os"),
		gauge("redis_uptime_seconds", metric.Seconds, "Time since the server was started."),
		gauge("redis_ping_latency_seconds", metric.Seconds, "Median time of a few PINGs, the way there and back included."),
		gauge("redis_loading", metric.Bool, "1 while the server reads its data from disk and refuses most commands."),
		counter("redis_cpu_seconds_total", metric.Seconds, "CPU time used, also by the child processes that save data.", "mode"),
		gauge("redis_fork_seconds", metric.Seconds, "How long the server stood still for the latest fork."),

		gauge("redis_connected_clients", metric.None, "Connected clients, replicas not counted."),
		gauge("redis_blocked_clients", metric.None, "Clients that wait in a blocking command such as BLPOP."),
		gauge("redis_tracking_clients", metric.None, "Clients that are told when a key they read changes."),
		gauge("redis_max_clients", metric.None, "How many clients may be connected."),
		gauge("redis_clients_usage_ratio", metric.Ratio, "Part of the allowed clients that are connected."),
		counter("redis_connections_received_total", metric.None, "Connections taken."),
		counter("redis_connections_rejected_total", metric.None, "Connections refused because there were too many clients."),
		counter("redis_clients_evicted_total", metric.None, "Clients disconnected because all of them took too much memory."),

		counter("redis_commands_processed_total", metric.None, "Commands processed."),
		counter("redis_command_calls_total", metric.None, "Calls of a command, for those that took most of the time.", "command"),
		counter("redis_command_seconds_total", metric.Seconds, "Time spent in a command.", "command"),
		counter("redis_command_failures_total", metric.None, "Calls of a command that were rejected or went wrong.", "command"),
		counter("redis_error_replies_total", metric.None, "Commands answered with a refusal."),
		counter("redis_errors_total", metric.None, "Refusals by their code, such as OOM, NOAUTH or WRONGTYPE; the twenty most frequent.", "error"),
		gauge("redis_slowlog_length", metric.None, "Commands in the log of slow ones; at most what slowlog-max-len says."),
		counter("redis_network_receive_bytes_total", metric.Bytes, "Bytes received."),
		counter("redis_network_transmit_bytes_total", metric.Bytes, "Bytes sent."),
		gauge("redis_pubsub_channels", metric.None, "Channels that somebody listens to."),
		gauge("redis_pubsub_patterns", metric.None, "Patterns of channels that somebody listens to."),
	}
}

// dataMetrics are those of memory, keys and files.
func dataMetrics() []metric.Definition {
	return []metric.Definition{
		gauge("redis_memory_used_bytes", metric.Bytes, "Memory that the server has asked for: data and what it needs around it."),
		gauge("redis_memory_rss_bytes", metric.Bytes, "Memory of the process as the system sees it."),
		gauge("redis_memory_peak_bytes", metric.Bytes, "The most that was in use since the start."),
		gauge("redis_memory_dataset_bytes", metric.Bytes, "Memory of the data itself."),
		gauge("redis_memory_overhead_bytes", metric.Bytes, "Memory for keeping the data: tables, clients, replication."),
		gauge("redis_memory_lua_bytes", metric.Bytes, "Memory of the engine that runs scripts."),
		gauge("redis_memory_system_bytes", metric.Bytes, "Memory of the machine."),
		gauge("redis_memory_max_bytes", metric.Bytes, "The limit, maxmemory; absent without one."),
		gauge("redis_memory_usage_ratio", metric.Ratio, "Part of the limit that is in use; absent without a limit."),
		gauge("redis_memory_eviction", metric.Bool, "1 when keys are thrown out at the limit; 0 with the policy noeviction, where writes are refused."),
		gauge("redis_memory_fragmentation_ratio", metric.Ratio, "Memory of the process over memory asked for; far above 1 much is wasted, below 1 it is swapped out."),
		gauge("redis_memory_fragmentation_bytes", metric.Bytes, "The difference of the two; it can be below zero."),

		gauge("redis_keys", metric.None, "Keys of a database.", "db"),
		gauge("redis_keys_expiring", metric.None, "Keys that have a time to live.", "db"),
		gauge("redis_keys_avg_ttl_seconds", metric.Seconds, "The server's estimate of how long those keys will live on average.", "db"),
		counter("redis_keyspace_hits_total", metric.None, "Lookups that found their key."),
		counter("redis_keyspace_misses_total", metric.None, "Lookups that found nothing."),
		gauge("redis_keyspace_hit_ratio", metric.Ratio, "Part of the lookups since the run before that found their key; absent when there were none."),
		counter("redis_keys_expired_total", metric.None, "Keys removed because their time was over."),
		counter("redis_keys_evicted_total", metric.None, "Keys thrown out because memory was full."),
		gauge("redis_key_length", metric.None, "Length of a chosen key: elements of a list, stream, set or hash, bytes of a text.", "db", "key"),

		gauge("redis_rdb_changes_since_save", metric.None, "Changes since the last snapshot was saved to disk."),
		gauge("redis_rdb_last_save_timestamp_seconds", metric.TimestampSeconds, "When the last snapshot was saved; the start of the server when there was none."),
		gauge("redis_rdb_last_save_ok", metric.Bool, "1 when the last attempt to save a snapshot went well."),
		gauge("redis_rdb_in_progress", metric.Bool, "1 while a snapshot is saved."),
		gauge("redis_rdb_last_duration_seconds", metric.Seconds, "How long saving the last snapshot took; absent when none was saved since the start."),
		gauge("redis_rdb_current_duration_seconds", metric.Seconds, "For how long the snapshot in progress is being saved."),
		gauge("redis_aof_enabled", metric.Bool, "1 when an append-only file is written."),
		gauge("redis_aof_last_write_ok", metric.Bool, "1 when the last write to the append-only file went well."),
		gauge("redis_aof_last_rewrite_ok", metric.Bool, "1 when the last rewrite of the append-only file went well."),
		gauge("redis_aof_size_bytes", metric.Bytes, "Size of the append-only file."),
		gauge("redis_aof_rewrite_in_progress", metric.Bool, "1 while the append-only file is rewritten."),
	}
}

// replicationMetrics are those of servers that belong together.
func replicationMetrics() []metric.Definition {
	return []metric.Definition{
		gauge("redis_role", metric.Bool, "1 for what the server is to others: primary, replica or sentinel.", "state"),
		gauge("redis_connected_replicas", metric.None, "Replicas of this server."),
		gauge("redis_replica_lag_seconds", metric.Seconds, "Time since the primary heard of the replica.", "replica"),
		gauge("redis_replica_offset_lag_bytes", metric.Bytes, "How much of what was written the replica has not acknowledged.", "replica"),
		gauge("redis_primary_link_up", metric.Bool, "1 when the replica is connected to its primary."),
		gauge("redis_primary_last_io_seconds", metric.Seconds, "Time since the replica heard of its primary."),
		gauge("redis_primary_link_down_seconds", metric.Seconds, "For how long the replica has been without its primary."),
		gauge("redis_primary_sync_in_progress", metric.Bool, "1 while the replica copies all data from its primary."),
		counter("redis_replication_offset_bytes_total", metric.Bytes, "What was written to replicas, as a position in the stream."),
		counter("redis_full_syncs_total", metric.None, "How often a replica had to copy all data."),
		gauge("redis_cluster_state_ok", metric.Bool, "1 when the cluster serves all keys."),
		gauge("redis_cluster_slots", metric.None, "Slots of the cluster by state.", "state"),
		gauge("redis_cluster_known_nodes", metric.None, "Nodes of the cluster that this one knows."),
		gauge("redis_sentinel_primary_ok", metric.Bool, "1 when the Sentinel thinks well of the primary.", "primary"),
		gauge("redis_sentinel_known_replicas", metric.None, "Replicas of the primary that the Sentinel knows.", "primary"),
		gauge("redis_sentinel_known_sentinels", metric.None, "Sentinels that watch the primary, this one included.", "primary"),
	}
}
