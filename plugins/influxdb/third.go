package influxdb

import (
	"context"
	"net/url"
	"slices"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/exposition"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// collect3 asks InfluxDB 3, which wants a token for everything.
func (c *collector) collect3(ctx context.Context, out *plugin.Batch, doc *document) error {
	f, err := c.readMetrics(ctx, "3")
	if err != nil {
		return err
	}
	c.health(ctx, "3", out, doc)
	if c.config.Buckets {
		names, err := c.databases3(ctx)
		out.Problem(err)
		if err == nil {
			out.Add("influxdb_databases", float64(len(names)))
		}
		for _, name := range names {
			doc.row(name)
		}
	}
	if start := f.Sum("process_start_time_seconds"); start != nil && *start > 0 {
		if up := float64(c.host.Now().UnixMilli())/1e3 - *start; up >= 0 {
			doc.Server.Uptime = &up
			out.Add("influxdb_uptime_seconds", up)
		}
	}
	c.emit3(f, out, doc)
	return nil
}

// emit3 makes samples of what the server tells Prometheus. Its families change
// from version to version: each is taken where it is there, over all labels that
// are not known.
func (c *collector) emit3(f exposition.Families, out *plugin.Batch, doc *document) {
	requests := emitRequests(f, "http_requests_total", "http_request_duration_seconds_sum", out)
	refused := f.Sum("http_requests_total", "status", "server_error")
	if requests != nil {
		for class, status := range map[string]string{"client": "client_error", "server": "server_error"} {
			out.Add("influxdb_http_errors_total", orZero(f.Sum("http_requests_total", "status", status)), "class", class)
		}
	}
	lines := f.Sum("influxdb3_write_lines_total")
	emit(out, "influxdb_write_points_total", lines, "result", "ok")
	emit(out, "influxdb_write_points_total", f.Sum("influxdb3_write_lines_rejected_total"), "result", "error")
	for metric, family := range map[string]string{
		"influxdb_write_bytes_total":   "influxdb3_write_bytes_total",
		"influxdb_query_seconds_total": "influxdb_iox_query_log_end2end_duration_seconds_sum",
		"influxdb_queries_total":       "influxdb_iox_query_log_end2end_duration_seconds_count",
		"influxdb_query_oom_total":     "query_datafusion_query_execution_ooms_total",
		"influxdb_panics_total":        "thread_panic_count_total",
	} {
		emit(out, metric, f.Sum(family))
	}
	for _, state := range []string{"limit", "reserved"} {
		emit(out, "influxdb_query_memory_pool_bytes", f.Sum("datafusion_mem_pool_bytes", "state", state), "state", state)
	}
	const hits, access = "cached", "influxdb3_parquet_cache_access_total"
	emit(out, "influxdb_parquet_cache_hits_total", f.Sum(access, "status", hits))
	if len(f[access]) > 0 {
		out.Add("influxdb_parquet_cache_misses_total",
			orZero(f.SumOf(access, func(labels map[string]string) bool { return labels["status"] != hits })))
	}
	for op, count := range f.By("object_store_op_duration_seconds_count", "op") {
		out.Add("influxdb_object_store_operations_total", count, "op", op)
	}
	for op, bytes := range f.By("object_store_transfer_bytes_total", "op") {
		out.Add("influxdb_object_store_bytes_total", bytes, "op", op)
	}
	memory := f.Sum("jemalloc_memstats_bytes", "stat", "resident")
	emit(out, "influxdb_memory_bytes", memory)
	doc.Throughput = c.throughput(lines, requests, refused, nil)
	doc.Runtime = &runtimePart{Memory: memory}
}

// databases3 lists the databases.
func (c *collector) databases3(ctx context.Context) ([]string, error) {
	var answer []map[string]any
	err := c.ask(ctx, "3", fetch.Request{Path: "/api/v3/configure/database", Query: url.Values{"format": {"json"}}}, &answer)
	if err != nil {
		return nil, fault.Wrap(err, "listing databases")
	}
	var names []string
	for _, row := range answer {
		if name, ok := row["iox::database"].(string); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// wanted are the families of InfluxDB 2 and 3 that are looked at.
func wanted(name string) bool {
	switch name {
	case "influxdb_uptime_seconds", "influxdb_organizations_total", "influxdb_users_total", "influxdb_tokens_total",
		"influxdb_dashboards_total", "influxdb_buckets_total",
		"http_api_requests_total", "http_api_request_duration_seconds_sum", "http_write_request_bytes", "http_query_response_bytes",
		"qc_all_duration_seconds_sum", "qc_compiling_active", "qc_queueing_active", "qc_executing_active", "qc_requests_total",
		"storage_writer_ok_points_sum", "storage_writer_err_points_sum", "storage_writer_dropped_points_sum", "storage_writer_timeouts",
		"storage_bucket_series_num", "storage_bucket_measurement_num", "storage_shard_disk_size", "storage_tsm_files_total",
		"storage_wal_size", "storage_wal_writes_err", "storage_cache_inuse_bytes",
		"storage_compactions_active", "storage_compactions_queued", "storage_compactions_failed",
		"task_executor_total_runs_active", "task_executor_total_runs_complete",
		"go_memstats_sys_bytes", "go_goroutines", "go_gc_duration_seconds_sum",

		"http_requests_total", "http_request_duration_seconds_sum",
		"influxdb3_write_lines_total", "influxdb3_write_lines_rejected_total", "influxdb3_write_bytes_total",
		"influxdb_iox_query_log_end2end_duration_seconds_sum", "influxdb_iox_query_log_end2end_duration_seconds_count",
		"query_datafusion_query_execution_ooms_total", "thread_panic_count_total", "datafusion_mem_pool_bytes",
		"influxdb3_parquet_cache_access_total", "object_store_op_duration_seconds_count", "object_store_transfer_bytes_total",
		"jemalloc_memstats_bytes", "process_start_time_seconds":
		return true
	default:
		return false
	}
}
