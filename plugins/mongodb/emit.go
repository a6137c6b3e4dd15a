package mongodb

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

const (
	mebibyte = 1 << 20
	micro    = 1e-6
)

// figure is a metric that is one field of serverStatus.
type figure struct {
	metric string
	path   string  // with slashes, because names of fields hold dots and blanks
	scale  float64 // from the field's unit to the metric's
	labels []string
}

func plainFigures() []figure {
	return []figure{
		{"mongodb_uptime_seconds", "uptime", 1, nil},
		{"mongodb_connections_created_total", "connections/totalCreated", 1, nil},
		{"mongodb_network_receive_bytes_total", "network/bytesIn", 1, nil},
		{"mongodb_network_transmit_bytes_total", "network/bytesOut", 1, nil},
		{"mongodb_network_requests_total", "network/numRequests", 1, nil},
		{"mongodb_memory_resident_bytes", "mem/resident", mebibyte, nil},
		{"mongodb_memory_virtual_bytes", "mem/virtual", mebibyte, nil},
		{"mongodb_page_faults_total", "extra_info/page_faults", 1, nil},
		{"mongodb_scan_and_order_total", "metrics/operation/scanAndOrder", 1, nil},
		{"mongodb_write_conflicts_total", "metrics/operation/writeConflicts", 1, nil},
		{"mongodb_cursors_timed_out_total", "metrics/cursor/timedOut", 1, nil},
		{"mongodb_ttl_deleted_total", "metrics/ttl/deletedDocuments", 1, nil},
		{"mongodb_wiredtiger_cache_used_bytes", "wiredTiger/cache/bytes currently in the cache", 1, nil},
		{"mongodb_wiredtiger_cache_dirty_bytes", "wiredTiger/cache/tracked dirty bytes in the cache", 1, nil},
		{"mongodb_wiredtiger_cache_max_bytes", "wiredTiger/cache/maximum bytes configured", 1, nil},
		{"mongodb_wiredtiger_cache_pages_read_total", "wiredTiger/cache/pages read into cache", 1, nil},
		{"mongodb_wiredtiger_cache_pages_written_total", "wiredTiger/cache/pages written from cache", 1, nil},
		{"mongodb_transactions_open", "transactions/currentOpen", 1, nil},
	}
}

// labelled are figures of which several make one metric.
func labelled() []figure {
	var all []figure
	each := func(metric, label, path string, scale float64, values ...string) {
		for _, value := range values { // "name of the field=value of the label", or both alike
			name, shown, renamed := strings.Cut(value, "=")
			if !renamed {
				shown = name
			}
			all = append(all, figure{metric, strings.ReplaceAll(path, "*", name), scale, []string{label, shown}})
		}
	}
	each("mongodb_connections", "state", "connections/*", 1, "current", "available", "active")
	each("mongodb_operations_total", "type", "opcounters/*", 1, "insert", "query", "update", "delete", "getmore", "command")
	each("mongodb_repl_operations_total", "type", "opcountersRepl/*", 1, "insert", "query", "update", "delete", "getmore", "command")
	each("mongodb_operation_latency_seconds_total", "type", "opLatencies/*/latency", micro, "reads", "writes", "commands")
	each("mongodb_operation_latency_ops_total", "type", "opLatencies/*/ops", 1, "reads", "writes", "commands")
	each("mongodb_documents_total", "op", "metrics/document/*", 1, "inserted", "updated", "deleted", "returned")
	each("mongodb_scanned_total", "what", "metrics/queryExecutor/*", 1, "scanned=keys", "scannedObjects=objects")
	each("mongodb_queued_operations", "type", "globalLock/currentQueue/*", 1, "readers", "writers")
	each("mongodb_active_clients", "type", "globalLock/activeClients/*", 1, "readers", "writers")
	each("mongodb_cursors_open", "kind", "metrics/cursor/open/*", 1, "total", "pinned", "noTimeout=no_timeout")
	each("mongodb_asserts_total", "type", "asserts/*", 1, "regular", "warning", "msg", "user", "rollovers")
	each("mongodb_wiredtiger_cache_pages_evicted_total", "kind", "wiredTiger/cache/* pages evicted", 1, "unmodified", "modified")
	each("mongodb_transactions_total", "result", "transactions/*", 1, "totalCommitted=committed", "totalAborted=aborted")
	return all
}

// emit makes samples of what a run learned.
func (c *collector) emit(s *survey, out *plugin.Batch) {
	out.Add("mongodb_info", 1, c.infoLabels(s)...)
	for _, f := range append(plainFigures(), labelled()...) {
		if value, ok := s.status.number(strings.Split(f.path, "/")...); ok {
			out.Add(f.metric, value*f.scale, f.labels...)
		}
	}
	ratio := func(metric string, part, whole float64, known bool) {
		if known && whole > 0 {
			out.Add(metric, part/whole)
		}
	}
	current, knowsCurrent := s.status.number("connections", "current")
	available, knowsAvailable := s.status.number("connections", "available")
	ratio("mongodb_connections_usage_ratio", current, current+available, knowsCurrent && knowsAvailable)
	cache := s.status.document("wiredTiger", "cache")
	most, knowsMost := cache.number("maximum bytes configured")
	used, knowsUsed := cache.number("bytes currently in the cache")
	ratio("mongodb_wiredtiger_cache_usage_ratio", used, most, knowsUsed && knowsMost)
	dirty, knowsDirty := cache.number("tracked dirty bytes in the cache")
	ratio("mongodb_wiredtiger_cache_dirty_ratio", dirty, most, knowsDirty && knowsMost)
	if lagged, known := s.status.flag("flowControl", "isLagged"); known {
		out.AddBool("mongodb_flow_control_lagged", lagged)
	}
	emitTickets(s.status, out)
	emitFailures(s.status, out)
	emitSet(s, out)
	for metric, value := range map[string]*float64{
		"mongodb_oplog_window_seconds": s.oplog.Window, "mongodb_oplog_size_bytes": s.oplog.Size, "mongodb_oplog_max_bytes": s.oplog.Max,
		"mongodb_shards": s.shards, "mongodb_sharded_collections": s.sharded,
		"mongodb_filesystem_used_bytes": c.filesystem[0], "mongodb_filesystem_total_bytes": c.filesystem[1],
	} {
		if value != nil {
			out.Add(metric, *value)
		}
	}
	if s.slow != nil {
		out.Add("mongodb_long_operations", float64(len(s.slow)))
	}
	for _, row := range c.databases {
		for metric, value := range map[string]*float64{
			"mongodb_database_data_bytes": row.Data, "mongodb_database_storage_bytes": row.Storage, "mongodb_database_index_bytes": row.Index,
			"mongodb_database_collections": row.Collections, "mongodb_database_views": row.Views, "mongodb_database_objects": row.Objects,
			"mongodb_database_indexes": row.Indexes,
		} {
			if value != nil {
				out.Add(metric, *value, "db", row.Name)
			}
		}
	}
	for _, row := range c.collections {
		for metric, value := range map[string]*float64{
			"mongodb_collection_size_bytes": row.Data, "mongodb_collection_storage_bytes": row.Storage,
			"mongodb_collection_index_bytes": row.Index, "mongodb_collection_documents": row.Documents,
		} {
			if value != nil {
				out.Add(metric, *value, "db", row.Database, "collection", row.Name)
			}
		}
	}
}

// infoLabels say what the server is; what it does not tell is left out.
func (c *collector) infoLabels(s *survey) []string {
	var labels []string
	for _, label := range [][2]string{
		{"version", c.version(s)},
		{"engine", c.engine(s)},
		{"process", s.status.text("process")},
		{"set", s.hello.text("setName")},
		{"fcv", c.feature},
	} {
		if label[1] != "" {
			labels = append(labels, label[0], plugin.Shorten(label[1], 60))
		}
	}
	return labels
}

func (c *collector) version(s *survey) string {
	return cmp.Or(s.status.text("version"), c.build.text("version"))
}

// engine is what keeps the data. FerretDB says who it is in its build.
func (c *collector) engine(s *survey) string {
	if version := c.build.text("ferretdb", "version"); version != "" || c.build["ferretdb"] != nil || c.build["ferretdbVersion"] != nil {
		return "ferretdb"
	}
	return s.status.text("storageEngine", "name")
}

// emitTickets tells how many operations may go into the engine at once.
func emitTickets(status document, out *plugin.Batch) {
	at := status.document("wiredTiger", "concurrentTransactions")
	if at == nil {
		at = status.document("queues", "execution") // since 8.0
	}
	for _, kind := range []string{"read", "write"} {
		for _, state := range []string{"out", "available"} {
			if value, ok := at.number(kind, state); ok {
				out.Add("mongodb_wiredtiger_tickets", value, "type", kind, "state", state)
			}
		}
	}
}

// emitFailures counts failures of those commands that have any. There are a few
// hundred commands, and no more.
func emitFailures(status document, out *plugin.Batch) {
	commands := status.document("metrics", "commands")
	for name := range commands {
		if name == "<UNKNOWN>" {
			continue
		}
		if failed, ok := commands.number(name, "failed"); ok && failed > 0 {
			out.Add("mongodb_command_failures_total", failed, "command", plugin.Shorten(name, 60))
		}
	}
}

// memberStates are the states of a member of a replica set, by their codes.
func memberStates() []string {
	return []string{"startup", "primary", "secondary", "recovering", "", "startup2", "unknown", "arbiter", "down", "rollback", "removed"}
}

func stateOf(code float64, ok bool) string {
	states := memberStates()
	if !ok || code < 0 || code >= float64(len(states)) || states[int(code)] == "" {
		return "unknown"
	}
	return states[int(code)]
}

// emitSet tells how the replica set is, as this member sees it.
func emitSet(s *survey, out *plugin.Batch) {
	if s.set == nil {
		return
	}
	code, ok := s.set.number("myState")
	var known []string
	for _, state := range memberStates() {
		if state != "" {
			known = append(known, state)
		}
	}
	out.AddState("mongodb_replset_state", stateOf(code, ok), known)
	rows := members(s.set)
	out.AddBool("mongodb_replset_has_primary", primaryOf(rows) != nil)
	for _, row := range rows {
		out.AddBool("mongodb_replset_member_health", row.Healthy, "member", row.Name)
		if row.Lag != nil {
			out.Add("mongodb_replset_member_lag_seconds", *row.Lag, "member", row.Name)
		}
		if row.Ping != nil {
			out.Add("mongodb_replset_member_ping_seconds", *row.Ping, "member", row.Name)
		}
	}
}

// members lists the members of a set.
func members(set document) []memberRow {
	var rows []memberRow
	var primaryAt time.Time
	optimes := make(map[string]time.Time)
	for _, member := range set.documents("members") {
		name := plugin.Shorten(member.text("name"), 120)
		if _, again := optimes[name]; name == "" || again {
			continue
		}
		health, _ := member.number("health")
		code, ok := member.number("state")
		row := memberRow{Name: name, State: stateOf(code, ok), Healthy: health > 0, Uptime: member.amount("uptime")}
		if row.Healthy {
			row.Ping = scaled(member.amount("pingMs"), 1e-3)
		}
		at, known := moment(member.at("optimeDate"))
		if !known {
			at = time.Time{}
		}
		optimes[name] = at
		if row.State == "primary" && at.After(primaryAt) {
			primaryAt = at
		}
		rows = append(rows, row)
	}
	for i := range rows {
		// Only a secondary that can be reached has a lag; an arbiter holds no data.
		at := optimes[rows[i].Name]
		if rows[i].State == "secondary" && rows[i].Healthy && !primaryAt.IsZero() && !at.IsZero() {
			lag := max(0, primaryAt.Sub(at).Seconds())
			rows[i].Lag = &lag
		}
	}
	return rows
}

func primaryOf(rows []memberRow) *memberRow {
	for i := range rows {
		if rows[i].State == "primary" && rows[i].Healthy {
			return &rows[i]
		}
	}
	return nil
}

func scaled(value *float64, by float64) *float64 {
	if value == nil {
		return nil
	}
	changed := *value * by
	return &changed
}

// numberText writes a number as a text; what is none is empty.
func numberText(value any) string {
	n, ok := number(value)
	if !ok {
		return ""
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}
