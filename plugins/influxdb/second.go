package influxdb

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/exposition"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// collect2 asks InfluxDB 2: its figures need no token as a rule, its names do.
func (c *collector) collect2(ctx context.Context, out *plugin.Batch, doc *document) error {
	f, err := c.readMetrics(ctx, "2")
	if err != nil {
		return err
	}
	c.health(ctx, "2", out, doc)
	names := make(map[string]string) // of buckets by their ID
	if !c.config.Token.Empty() {
		if c.config.Buckets {
			buckets, err := c.buckets2(ctx)
			out.Problem(err)
			for _, bucket := range buckets {
				names[bucket.ID] = bucket.Name
				doc.bucket(bucket.ID, bucket.Name).keep(bucket.seconds())
			}
			if err == nil {
				out.Add("influxdb_databases", float64(len(buckets)))
			}
		}
		if c.config.Tasks {
			out.Problem(c.tasks2(ctx, out, doc))
		}
	} else {
		doc.Server.Note = "without a token buckets are known by their IDs only, and tasks not at all"
		emit(out, "influxdb_databases", f.Sum("influxdb_buckets_total"))
	}
	c.emitServer2(f, out, doc)
	c.emitStorage2(f, names, out, doc)
	return nil
}

// emitServer2 makes samples of the server as a whole.
func (c *collector) emitServer2(f exposition.Families, out *plugin.Batch, doc *document) {
	doc.Server.Uptime = f.Sum("influxdb_uptime_seconds")
	for metric, from := range map[string]string{
		"influxdb_uptime_seconds": "influxdb_uptime_seconds", "influxdb_organizations": "influxdb_organizations_total",
		"influxdb_users": "influxdb_users_total", "influxdb_tokens": "influxdb_tokens_total", "influxdb_dashboards": "influxdb_dashboards_total",
		"influxdb_write_bytes_total": "http_write_request_bytes", "influxdb_query_response_bytes_total": "http_query_response_bytes",
		"influxdb_query_seconds_total": "qc_all_duration_seconds_sum", "influxdb_write_timeouts_total": "storage_writer_timeouts",
		"influxdb_task_runs_active": "task_executor_total_runs_active", "influxdb_memory_bytes": "go_memstats_sys_bytes",
		"influxdb_goroutines": "go_goroutines", "influxdb_gc_seconds_total": "go_gc_duration_seconds_sum",
	} {
		emit(out, metric, f.Sum(from))
	}
	requests := emitRequests(f, "http_api_requests_total", "http_api_request_duration_seconds_sum", out)
	class := func(first string) *float64 {
		return f.SumOf("http_api_requests_total", func(labels map[string]string) bool {
			return strings.HasPrefix(labels["response_code"], first) || strings.HasPrefix(labels["status"], first)
		})
	}
	if requests != nil {
		for name, first := range map[string]string{"client": "4", "server": "5"} {
			out.Add("influxdb_http_errors_total", orZero(class(first)), "class", name)
		}
		out.Add("influxdb_auth_failures_total", orZero(f.Sum("http_api_requests_total", "response_code", "401")))
	}
	for result, name := range map[string]string{"ok": "ok", "error": "err", "dropped": "dropped"} {
		emit(out, "influxdb_write_points_total", f.Sum("storage_writer_"+name+"_points_sum"), "result", result)
	}
	var active *float64
	for _, state := range []string{"compiling", "queueing", "executing"} {
		value := f.Sum("qc_" + state + "_active")
		if value != nil {
			add(&active, *value)
		}
		emit(out, "influxdb_queries_active", value, "state", state)
	}
	for result, count := range f.By("qc_requests_total", "result") {
		out.Add("influxdb_queries_total", count, "result", result)
	}
	for result, count := range f.By("task_executor_total_runs_complete", "status") {
		out.Add("influxdb_task_runs_total", count, "result", result)
	}
	doc.Throughput = c.throughput(f.Sum("storage_writer_ok_points_sum"), requests, class("5"), active)
	doc.Runtime = &runtimePart{Memory: f.Sum("go_memstats_sys_bytes"), Goroutines: f.Sum("go_goroutines")}
}

// emitRequests tells requests by what they are for, and returns how many there
// were in all.
func emitRequests(f exposition.Families, count, seconds string, out *plugin.Batch) *float64 {
	for _, kind := range []string{"write", "query", "other"} {
		ofKind := func(labels map[string]string) bool { return kindOf(labels["path"]) == kind }
		emit(out, "influxdb_http_requests_total", f.SumOf(count, ofKind), "kind", kind)
		emit(out, "influxdb_http_request_seconds_total", f.SumOf(seconds, ofKind), "kind", kind)
	}
	return f.Sum(count)
}

// kindOf says what a path is for.
func kindOf(path string) string {
	switch path {
	case "/write", "/api/v2/write", "/api/v3/write_lp":
		return "write"
	case "/query", "/api/v2/query", "/api/v3/query_sql", "/api/v3/query_influxql":
		return "query"
	default:
		return "other"
	}
}

// emitStorage2 adds up what is told by bucket and by shard.
func (c *collector) emitStorage2(f exposition.Families, names map[string]string, out *plugin.Batch, doc *document) {
	row := func(labels map[string]string) *databaseRow {
		id := labels["bucket"]
		if id == "" {
			return nil
		}
		name := names[id]
		if name == "" {
			name = id
		}
		return doc.bucket(id, name)
	}
	each := func(family string, into func(*databaseRow, float64)) {
		for _, p := range f[family] {
			if r := row(p.Labels); r != nil {
				into(r, p.Value)
			}
		}
	}
	each("storage_bucket_series_num", func(r *databaseRow, v float64) { add(&r.Series, v) })
	each("storage_bucket_measurement_num", func(r *databaseRow, v float64) { add(&r.Measurements, v) })
	each("storage_shard_disk_size", func(r *databaseRow, v float64) { add(&r.Disk, v); add(&r.Shards, 1) })
	each("storage_tsm_files_total", func(r *databaseRow, v float64) { add(&r.files, v) })
	each("storage_wal_size", func(r *databaseRow, v float64) { add(&r.wal, v) })
	each("storage_cache_inuse_bytes", func(r *databaseRow, v float64) { add(&r.cache, v) })
	for family, metric := range map[string]string{
		"storage_compactions_active": "influxdb_compactions_active", "storage_compactions_queued": "influxdb_compactions_queued",
	} {
		for level, count := range f.By(family, "level") {
			out.Add(metric, count, "level", level)
		}
	}
	doc.Storage = &storagePart{Compacted: f.Sum("storage_compactions_active")}
	levels := make(map[string]map[string]float64)
	for _, p := range f["storage_compactions_failed"] {
		level := p.Labels["level"]
		if levels[level] == nil {
			levels[level] = make(map[string]float64)
		}
		levels[level][p.Labels["bucket"]+"/"+p.Labels["id"]] += p.Value
	}
	for level, parts := range levels {
		if level != "" {
			out.Add("influxdb_compaction_errors_total", c.count("compaction "+level, parts), "level", level)
		}
	}
	parts := make(map[string]float64)
	for _, p := range f["storage_wal_writes_err"] {
		parts[p.Labels["bucket"]+"/"+p.Labels["id"]] += p.Value
	}
	if len(parts) > 0 {
		out.Add("influxdb_wal_errors_total", c.count("wal", parts))
	}
}

// bucket returns the row of a bucket, made if it is new. Two organizations may
// have buckets of one name; the second is called by its ID as well.
func (d *document) bucket(id, name string) *databaseRow {
	taken := false
	for _, row := range d.Databases {
		if row.ID == id {
			return row
		}
		taken = taken || row.Name == name
	}
	if taken {
		name += " (" + id + ")"
	}
	row := &databaseRow{Name: name, ID: id}
	d.Databases = append(d.Databases, row)
	return row
}

// bucket2 is a bucket as InfluxDB 2 lists it.
type bucket2 struct {
	ID, Name       string
	RetentionRules []struct{ EverySeconds float64 }
}

// seconds is for how long the bucket keeps its data; 0 is for ever.
func (b bucket2) seconds() float64 {
	for _, rule := range b.RetentionRules {
		return max(0, rule.EverySeconds)
	}
	return 0
}

const (
	pageOfBuckets = 100 // the most that the server gives at once
	mostPages     = 20
)

// buckets2 lists the buckets that the token may see.
func (c *collector) buckets2(ctx context.Context) ([]bucket2, error) {
	var all []bucket2
	for page := range mostPages {
		query := url.Values{"limit": {strconv.Itoa(pageOfBuckets)}, "offset": {strconv.Itoa(page * pageOfBuckets)}}
		if c.config.Org != "" {
			query.Set("org", c.config.Org)
		}
		var answer struct{ Buckets []bucket2 }
		if err := c.ask(ctx, "2", fetch.Request{Path: "/api/v2/buckets", Query: query}, &answer); err != nil {
			return all, fault.Wrap(err, "listing buckets")
		}
		all = append(all, answer.Buckets...)
		if len(answer.Buckets) < pageOfBuckets {
			break
		}
	}
	return all, nil
}

// maxTasks bounds the tasks with a series of their own.
const maxTasks = 100

// tasks2 lists tasks and how their latest run ended.
func (c *collector) tasks2(ctx context.Context, out *plugin.Batch, doc *document) error {
	query := url.Values{"limit": {"500"}}
	if c.config.Org != "" {
		query.Set("org", c.config.Org)
	}
	var answer struct {
		Tasks []struct {
			ID, Name, Status, LastRunStatus, LastRunError string
			LatestCompleted                               time.Time
		}
	}
	if err := c.ask(ctx, "2", fetch.Request{Path: "/api/v2/tasks", Query: query}, &answer); err != nil {
		return fault.Wrap(err, "listing tasks")
	}
	out.Add("influxdb_tasks", float64(len(answer.Tasks)))
	seen := make(map[string]bool)
	for _, task := range answer.Tasks[:min(len(answer.Tasks), maxTasks)] {
		row := taskRow{Name: plugin.Shorten(task.Name, 80), Status: task.Status, LastState: task.LastRunStatus, Error: plugin.Shorten(task.LastRunError, 200)}
		if seen[row.Name] {
			row.Name += " (" + task.ID + ")"
		}
		seen[row.Name] = true
		if !task.LatestCompleted.IsZero() {
			row.LastRun = &task.LatestCompleted
		}
		if task.LastRunStatus != "" {
			out.AddBool("influxdb_task_last_run_failed", task.LastRunStatus == "failed", "task", row.Name)
		}
		doc.Tasks = append(doc.Tasks, row)
	}
	return nil
}

func orZero(value *float64) float64 {
	if value == nil {
		return 0
	}
	return *value
}
