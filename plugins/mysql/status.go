package mysql

import "strings"

// general adds what every server says of itself.
func (r *run) general() {
	r.out.Add("mysql_info", 1, "version", r.server.name, "flavor", r.server.flavor())
	r.put(r.status, statusVariables())
	if most, ok := r.variables.number("max_connections"); ok && most > 0 {
		r.out.Add("mysql_connections_max", most)
		if now, ok := r.status.number("threads_connected"); ok {
			r.out.Add("mysql_connections_usage_ratio", now/most)
		}
	}
	if readOnly, ok := r.variables.number("read_only"); ok {
		r.out.AddBool("mysql_read_only", readOnly == 1 || r.variables.on("super_read_only"))
	}
	if limit, ok := r.variables.number("open_files_limit"); ok && limit > 0 {
		r.out.Add("mysql_open_files_limit", limit)
	}
	if size, ok := r.variables.number("query_cache_size"); ok && size > 0 && r.variables.on("query_cache_type") {
		r.put(r.status, []variable{
			plain("mysql_qcache_hits_total", "qcache_hits"), plain("mysql_qcache_inserts_total", "qcache_inserts"),
			plain("mysql_qcache_lowmem_prunes_total", "qcache_lowmem_prunes"),
		})
	}
	d := &r.document
	d.Server.Version, d.Server.Flavor, d.Server.Comment = r.server.name, r.server.flavor(), r.server.comment
	d.Server.Uptime, d.Server.DataDirectory = r.status.optional("uptime"), r.variables["datadir"]
	d.Server.ReadOnly = r.variables.on("read_only")
	d.Connections.Open, d.Connections.Running = r.status.optional("threads_connected"), r.status.optional("threads_running")
	d.Connections.Max, d.Connections.Peak = r.variables.optional("max_connections"), r.status.optional("max_used_connections")
	for _, rate := range []struct {
		name string
		into **float64
	}{
		{"questions", &d.Throughput.Questions},
		{"bytes_received", &d.Throughput.Received},
		{"bytes_sent", &d.Throughput.Sent},
		{"slow_queries", &d.Throughput.Slow},
	} {
		if value, ok := r.status.number(rate.name); ok {
			if perSecond, ok := r.rates.Rate(rate.name, value); ok {
				*rate.into = &perSecond
			}
		}
	}
}

// statusVariables are the metrics that SHOW GLOBAL STATUS has.
func statusVariables() []variable {
	all := []variable{
		plain("mysql_uptime_seconds", "uptime"),
		plain("mysql_connections_total", "connections"),
		plain("mysql_connections_aborted_total", "aborted_clients", "type", "client"),
		plain("mysql_connections_aborted_total", "aborted_connects", "type", "connect"),
		plain("mysql_access_denied_total", "access_denied_errors"),
		plain("mysql_threads", "threads_connected", "state", "connected"),
		plain("mysql_threads", "threads_running", "state", "running"),
		plain("mysql_threads", "threads_cached", "state", "cached"),
		plain("mysql_threads_created_total", "threads_created"),
		plain("mysql_connections_max_used", "max_used_connections"),
		plain("mysql_queries_total", "queries"),
		plain("mysql_questions_total", "questions"),
		plain("mysql_slow_queries_total", "slow_queries"),
		plain("mysql_receive_bytes_total", "bytes_received"),
		plain("mysql_transmit_bytes_total", "bytes_sent"),
		plain("mysql_tmp_tables_total", "created_tmp_tables"),
		plain("mysql_tmp_disk_tables_total", "created_tmp_disk_tables"),
		plain("mysql_tmp_files_total", "created_tmp_files"),
		plain("mysql_select_full_join_total", "select_full_join"),
		plain("mysql_select_scan_total", "select_scan"),
		plain("mysql_select_range_check_total", "select_range_check"),
		plain("mysql_sort_merge_passes_total", "sort_merge_passes"),
		plain("mysql_sort_rows_total", "sort_rows"),
		plain("mysql_sort_scan_total", "sort_scan"),
		plain("mysql_sort_range_total", "sort_range"),
		plain("mysql_table_locks_total", "table_locks_immediate", "result", "immediate"),
		plain("mysql_table_locks_total", "table_locks_waited", "result", "waited"),
		plain("mysql_open_tables", "open_tables"),
		plain("mysql_opened_tables_total", "opened_tables"),
		plain("mysql_table_open_cache_hits_total", "table_open_cache_hits"),
		plain("mysql_table_open_cache_misses_total", "table_open_cache_misses"),
		plain("mysql_table_open_cache_overflows_total", "table_open_cache_overflows"),
		plain("mysql_open_files", "open_files"),
		plain("mysql_key_read_requests_total", "key_read_requests"),
		plain("mysql_key_reads_total", "key_reads"),
		plain("mysql_binlog_cache_disk_use_total", "binlog_cache_disk_use"),
	}
	for _, command := range []string{"select", "insert", "update", "delete", "replace", "commit", "rollback", "call_procedure", "alter_table"} {
		all = append(all, plain("mysql_commands_total", "com_"+command, "command", strings.TrimSuffix(command, "_procedure")))
	}
	for _, handler := range []string{"commit", "delete", "read_first", "read_key", "read_next", "read_rnd", "read_rnd_next", "rollback", "update", "write"} {
		all = append(all, plain("mysql_handlers_total", "handler_"+handler, "handler", handler))
	}
	for _, reason := range []string{"accept", "internal", "max_connections", "peer_address", "select", "tcpwrap"} {
		all = append(all, plain("mysql_connection_errors_total", "connection_errors_"+reason, "reason", reason))
	}
	return all
}

// galeraStates are the states of a node, as the server numbers them.
func galeraStates() []string {
	return []string{"initialized", "joining", "donor", "joined", "synced"}
}

// galera adds the state of a Galera node, where there is one.
func (r *run) galera() {
	size, ok := r.status.number("wsrep_cluster_size")
	if !ok || size == 0 && !r.variables.on("wsrep_on") {
		return
	}
	r.out.Add("mysql_galera_cluster_size", size)
	r.put(r.status, []variable{
		plain("mysql_galera_ready", "wsrep_ready"), plain("mysql_galera_connected", "wsrep_connected"),
		plain("mysql_galera_flow_control_paused_ratio", "wsrep_flow_control_paused"),
		plain("mysql_galera_recv_queue", "wsrep_local_recv_queue"), plain("mysql_galera_send_queue", "wsrep_local_send_queue"),
		plain("mysql_galera_cert_failures_total", "wsrep_local_cert_failures"), plain("mysql_galera_bf_aborts_total", "wsrep_local_bf_aborts"),
	})
	primary := strings.EqualFold(r.status["wsrep_cluster_status"], "primary")
	r.out.AddBool("mysql_galera_primary", primary)
	state := "unknown"
	if number, ok := r.status.number("wsrep_local_state"); ok && number >= 0 && number < float64(len(galeraStates())) {
		state = galeraStates()[int(number)]
		r.out.AddState("mysql_galera_local_state", state, galeraStates())
	}
	r.document.Galera = &galeraDocument{
		Size: size, Status: r.status["wsrep_cluster_status"], State: state, Ready: r.status.on("wsrep_ready"),
		Addresses: r.status["wsrep_incoming_addresses"],
	}
}
