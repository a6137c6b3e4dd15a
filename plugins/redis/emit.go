package redis

import (
	"cmp"
	"net"
	"slices"
	"strings"

	"github.com/unity-homelab/unity/plugin"
)

// figure is a metric that is one field of INFO.
type figure struct {
	metric, field string
	divisor       float64 // from the field's unit to the metric's
}

// figures are the fields that are metrics as they are; those that are absent or
// below zero are unknown.
func figures() []figure {
	const micro = 1e6
	return []figure{
		{"redis_uptime_seconds", "uptime_in_seconds", 1},
		{"redis_connected_clients", "connected_clients", 1},
		{"redis_blocked_clients", "blocked_clients", 1},
		{"redis_tracking_clients", "tracking_clients", 1},
		{"redis_max_clients", "maxclients", 1},
		{"redis_connections_received_total", "total_connections_received", 1},
		{"redis_connections_rejected_total", "rejected_connections", 1},
		{"redis_commands_processed_total", "total_commands_processed", 1},
		{"redis_error_replies_total", "total_error_replies", 1},
		{"redis_memory_used_bytes", "used_memory", 1},
		{"redis_memory_rss_bytes", "used_memory_rss", 1},
		{"redis_memory_peak_bytes", "used_memory_peak", 1},
		{"redis_memory_dataset_bytes", "used_memory_dataset", 1},
		{"redis_memory_overhead_bytes", "used_memory_overhead", 1},
		{"redis_memory_lua_bytes", "used_memory_lua", 1},
		{"redis_memory_system_bytes", "total_system_memory", 1},
		{"redis_memory_fragmentation_ratio", "mem_fragmentation_ratio", 1},
		{"redis_keyspace_hits_total", "keyspace_hits", 1},
		{"redis_keyspace_misses_total", "keyspace_misses", 1},
		{"redis_keys_expired_total", "expired_keys", 1},
		{"redis_keys_evicted_total", "evicted_keys", 1},
		{"redis_clients_evicted_total", "evicted_clients", 1},
		{"redis_network_receive_bytes_total", "total_net_input_bytes", 1},
		{"redis_network_transmit_bytes_total", "total_net_output_bytes", 1},
		{"redis_rdb_changes_since_save", "rdb_changes_since_last_save", 1},
		{"redis_rdb_last_duration_seconds", "rdb_last_bgsave_time_sec", 1},
		{"redis_rdb_current_duration_seconds", "rdb_current_bgsave_time_sec", 1},
		{"redis_aof_size_bytes", "aof_current_size", 1},
		{"redis_pubsub_channels", "pubsub_channels", 1},
		{"redis_pubsub_patterns", "pubsub_patterns", 1},
		{"redis_connected_replicas", "connected_slaves", 1},
		{"redis_replication_offset_bytes_total", "master_repl_offset", 1},
		{"redis_full_syncs_total", "sync_full", 1},
		{"redis_primary_last_io_seconds", "master_last_io_seconds_ago", 1},
		{"redis_fork_seconds", "latest_fork_usec", micro},
	}
}

// flags are the fields that are yes or no, with the word for yes.
func flags() []struct{ metric, field, yes string } {
	return []struct{ metric, field, yes string }{
		{"redis_rdb_last_save_ok", "rdb_last_bgsave_status", "ok"},
		{"redis_rdb_in_progress", "rdb_bgsave_in_progress", "1"},
		{"redis_aof_enabled", "aof_enabled", "1"},
		{"redis_aof_rewrite_in_progress", "aof_rewrite_in_progress", "1"},
		{"redis_loading", "loading", "1"},
		{"redis_primary_link_up", "master_link_status", "up"},
		{"redis_primary_sync_in_progress", "master_sync_in_progress", "1"},
	}
}

// emit makes samples of what a run learned.
func (c *collector) emit(s *survey, out *plugin.Batch) {
	i := s.fields
	out.Add("redis_info", 1, infoLabels(i)...)
	if role := i.role(); role != "" {
		out.AddState("redis_role", role, []string{rolePrimary, roleReplica, roleSentinel})
	}
	if s.pinged {
		out.Add("redis_ping_latency_seconds", s.latency.Seconds())
	}
	for _, f := range figures() {
		value, ok := i.number(f.field)
		if !ok || f.metric == "redis_fork_seconds" && value == 0 { // it never forked
			continue
		}
		out.Add(f.metric, value/f.divisor)
	}
	for _, f := range flags() {
		if yes, known := i.is(f.field, f.yes); known {
			out.AddBool(f.metric, yes)
		}
	}
	emitMemory(i, out)
	c.emitKeyspace(i, out)
	emitReplication(i, out)
	emitProcess(i, out)
	c.emitCommands(i, out)
	if s.slowKept >= 0 {
		out.Add("redis_slowlog_length", float64(s.slowKept))
	}
	emitCluster(s.cluster, out)
	emitSentinel(i, out)
	for _, row := range s.keys {
		out.Add("redis_key_length", float64(row.Length), "db", database(row.DB), "key", row.Key)
	}
}

// infoLabels say what the server is; what it does not tell is left out.
func infoLabels(i info) []string {
	name, version := i.product()
	labels := []string{"server", name}
	for label, value := range map[string]string{"version": version, "mode": i.mode(), "os": i["os"]} {
		if value != "" {
			labels = append(labels, label, plugin.Shorten(value, 80))
		}
	}
	return labels
}

// emitMemory tells how close the server is to its limits.
func emitMemory(i info, out *plugin.Batch) {
	if most, ok := i.number("maxmemory"); ok && most > 0 {
		out.Add("redis_memory_max_bytes", most)
		if used, ok := i.number("used_memory"); ok {
			out.Add("redis_memory_usage_ratio", used/most)
		}
	}
	if policy := i["maxmemory_policy"]; policy != "" {
		out.AddBool("redis_memory_eviction", policy != "noeviction")
	}
	if bytes, ok := i.signed("mem_fragmentation_bytes"); ok {
		out.Add("redis_memory_fragmentation_bytes", bytes)
	}
	clients, ok := i.number("connected_clients")
	if most, known := i.number("maxclients"); ok && known && most > 0 {
		out.Add("redis_clients_usage_ratio", clients/most)
	}
}

// emitKeyspace tells what the databases hold. One that held keys and is empty
// now is not listed any more; it has 0.
func (c *collector) emitKeyspace(i info, out *plugin.Batch) {
	if i.role() == roleSentinel {
		return
	}
	found := i.numbered("db")
	for number := range found {
		c.databases[number] = true
	}
	if _, whole := i["cluster_enabled"]; whole { // the section before the databases
		c.databases[0] = true
		for number := range c.databases {
			if found[number] == nil {
				found[number] = info{"keys": "0", "expires": "0"}
			}
		}
	}
	for number, fields := range found {
		db := database(number)
		if keys, ok := fields.number("keys"); ok {
			out.Add("redis_keys", keys, "db", db)
		}
		expiring, ok := fields.number("expires")
		if !ok {
			continue
		}
		out.Add("redis_keys_expiring", expiring, "db", db)
		if left, ok := fields.number("avg_ttl"); ok && expiring > 0 && left > 0 {
			out.Add("redis_keys_avg_ttl_seconds", left/1e3, "db", db)
		}
	}
	if ratio, ok := c.hitRatio(i); ok {
		out.Add("redis_keyspace_hit_ratio", ratio)
	}
}

// emitReplication tells how replicas keep up.
func emitReplication(i info, out *plugin.Batch) {
	// Before Redis 7 a replica that was never connected has been alone since 1970.
	const longest = 1e9
	if alone, ok := i.number("master_link_down_since_seconds"); ok && alone < longest {
		out.Add("redis_primary_link_down_seconds", alone)
	}
	for _, r := range replicas(i) {
		if r.Lag != nil {
			out.Add("redis_replica_lag_seconds", float64(*r.Lag), "replica", r.Address)
		}
		if r.Behind != nil {
			out.Add("redis_replica_offset_lag_bytes", float64(*r.Behind), "replica", r.Address)
		}
	}
}

// replicaRow is one replica of a primary.
type replicaRow struct {
	Address string `json:"address"`
	State   string `json:"state"`
	Lag     *int64 `json:"lag,omitempty"`    // seconds since it was heard of
	Behind  *int64 `json:"behind,omitempty"` // bytes
}

// replicas lists the replicas in the order of their addresses. Two behind one
// address, as with a proxy, are told as the first.
func replicas(i info) []replicaRow {
	var rows []replicaRow
	for _, word := range []string{"slave", "replica"} {
		for _, fields := range i.numbered(word) {
			row := replicaRow{Address: net.JoinHostPort(fields["ip"], fields["port"]), State: fields["state"]}
			theirs, ours := fields.whole("offset"), i.whole("master_repl_offset")
			if row.State == "online" {
				row.Lag = fields.whole("lag")
				if theirs != nil && ours != nil {
					behind := max(0, *ours-*theirs)
					row.Behind = &behind
				}
			}
			rows = append(rows, row)
		}
	}
	slices.SortStableFunc(rows, func(a, b replicaRow) int { return strings.Compare(a.Address, b.Address) })
	return slices.CompactFunc(rows, func(a, b replicaRow) bool { return a.Address == b.Address })
}

// emitProcess tells what the server uses of the machine, and of its files.
func emitProcess(i info, out *plugin.Batch) {
	for mode, field := range map[string]string{
		"user": "used_cpu_user", "system": "used_cpu_sys",
		"user_children": "used_cpu_user_children", "system_children": "used_cpu_sys_children",
	} {
		if seconds, ok := i.number(field); ok {
			out.Add("redis_cpu_seconds_total", seconds, "mode", mode)
		}
	}
	if at, ok := i.number("rdb_last_save_time"); ok && at > 0 {
		out.Add("redis_rdb_last_save_timestamp_seconds", at)
	}
	// Without an append-only file these say ok of what does not happen.
	if i["aof_enabled"] != "1" {
		return
	}
	for metric, field := range map[string]string{
		"redis_aof_last_write_ok": "aof_last_write_status", "redis_aof_last_rewrite_ok": "aof_last_bgrewrite_status",
	} {
		if ok, known := i.is(field, "ok"); known {
			out.AddBool(metric, ok)
		}
	}
}

func emitCluster(i info, out *plugin.Batch) {
	if state := i["cluster_state"]; state != "" {
		out.AddBool("redis_cluster_state_ok", state == "ok")
	}
	for _, state := range []string{"assigned", "ok", "pfail", "fail"} {
		if slots, ok := i.number("cluster_slots_" + state); ok {
			out.Add("redis_cluster_slots", slots, "state", state)
		}
	}
	if nodes, ok := i.number("cluster_known_nodes"); ok {
		out.Add("redis_cluster_known_nodes", nodes)
	}
}

// primaryRow is a primary that a Sentinel watches.
type primaryRow struct {
	Name      string `json:"name"`
	Status    string `json:"status"` // ok, odown (all agree that it is down), sdown (this Sentinel thinks so)
	Address   string `json:"address"`
	Replicas  *int64 `json:"replicas,omitempty"`
	Sentinels *int64 `json:"sentinels,omitempty"`
}

// primaries lists what a Sentinel watches.
func primaries(i info) []primaryRow {
	var rows []primaryRow
	for _, fields := range i.numbered("master") {
		if fields["name"] == "" {
			continue
		}
		row := primaryRow{Name: fields["name"], Status: fields["status"], Address: fields["address"], Sentinels: fields.whole("sentinels")}
		row.Replicas = cmp.Or(fields.whole("slaves"), fields.whole("replicas"))
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b primaryRow) int { return strings.Compare(a.Name, b.Name) })
	return slices.CompactFunc(rows, func(a, b primaryRow) bool { return a.Name == b.Name })
}

func emitSentinel(i info, out *plugin.Batch) {
	for _, row := range primaries(i) {
		out.AddBool("redis_sentinel_primary_ok", row.Status == "ok", "primary", row.Name)
		if row.Replicas != nil {
			out.Add("redis_sentinel_known_replicas", float64(*row.Replicas), "primary", row.Name)
		}
		if row.Sentinels != nil {
			out.Add("redis_sentinel_known_sentinels", float64(*row.Sentinels), "primary", row.Name)
		}
	}
}
