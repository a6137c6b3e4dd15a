package influxdb

import (
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// rules are the alerts that ship with the plugin.
func rules() []plugin.Rule {
	const minute = time.Minute
	return []plugin.Rule{
		{
			ID: "down", Name: "InfluxDB does not answer", Severity: plugin.Critical, For: minute,
			Expr:    `up == 0`,
			Summary: "{{.Labels.source}} does not answer.",
			Hint:    "The source's last run says why.",
		},
		{
			ID: "unhealthy", Name: "InfluxDB is not well", Severity: plugin.Critical, For: minute,
			Expr:    `influxdb_healthy == 0`,
			Summary: "{{.Labels.source}} says of itself that it is not well.",
			Hint:    "Its page shows the message under Server; see its log.",
		},
		{
			ID: "points_lost", Name: "InfluxDB refuses points", Severity: plugin.Warning, For: 10 * minute,
			Expr:    `rate(influxdb_write_points_total{result=~"error|dropped"}[10m]) > 0`,
			Summary: "{{.Labels.source}} takes only part of what is written to it ({{.Labels.result}}).",
			Hint:    "Often a field changed its type, or points are older than the database keeps data; the log says which.",
		},
		{
			ID: "write_timeouts", Name: "InfluxDB is too slow to write", Severity: plugin.Critical,
			Expr:    `increase(influxdb_write_timeouts_total[5m]) > 0`,
			Summary: "Writes to {{.Labels.source}} took too long.",
			Hint:    "See whether its disk is busy.",
		},
		{
			ID: "server_errors", Name: "InfluxDB answers with errors", Severity: plugin.Warning, For: 5 * minute,
			Expr:    `rate(influxdb_http_errors_total{class="server"}[5m]) > 0.1`,
			Summary: "{{.Labels.source}} answers {{.Value}} requests a second with an error of its own.",
			Hint:    "See its log.",
		},
		{
			ID: "many_series", Name: "InfluxDB has very many series", Severity: plugin.Warning, For: time.Hour,
			Expr:    `influxdb_series > 1e6 and influxdb_series <= 1e7`,
			Summary: "The database {{.Labels.database}} of {{.Labels.source}} has {{.Value}} series.",
			Hint:    "Look for tags whose values never repeat, such as IDs, and make fields of them.",
		},
		{
			ID: "too_many_series", Name: "InfluxDB has too many series", Severity: plugin.Critical, For: time.Hour,
			Expr:    `influxdb_series > 1e7`,
			Summary: "The database {{.Labels.database}} of {{.Labels.source}} has {{.Value}} series.",
			Hint:    "Look for tags whose values never repeat, such as IDs, and make fields of them.",
		},
		{
			ID: "compactions_failed", Name: "InfluxDB cannot compact", Severity: plugin.Warning,
			Expr:    `increase(influxdb_compaction_errors_total[1h]) > 0`,
			Summary: "Compactions of {{.Labels.source}} went wrong (level {{.Labels.level}}).",
			Hint:    "Most often the disk is full or a file is damaged; see its log.",
		},
		{
			ID: "compactions_wait", Name: "InfluxDB does not keep up with compactions", Severity: plugin.Info, For: time.Hour,
			Expr:    `influxdb_compactions_queued > 10`,
			Summary: "{{.Value}} compactions of {{.Labels.source}} wait (level {{.Labels.level}}).",
		},
		{
			ID: "wal_failed", Name: "InfluxDB cannot write its log", Severity: plugin.Critical,
			Expr:    `increase(influxdb_wal_errors_total[15m]) > 0`,
			Summary: "{{.Labels.source}} could not write to its write-ahead log.",
			Hint:    "Most often the disk is full.",
		},
		{
			ID: "task_failed", Name: "Task of InfluxDB went wrong", Severity: plugin.Warning,
			Expr:    `influxdb_task_last_run_failed == 1`,
			Summary: "The latest run of the task {{.Labels.task}} of {{.Labels.source}} went wrong.",
			Hint:    "The table of tasks says why.",
		},
		{
			ID: "queries_out_of_memory", Name: "Queries of InfluxDB want too much memory", Severity: plugin.Warning,
			Expr:    `increase(influxdb_query_oom_total[1h]) > 0`,
			Summary: "{{.Value}} queries of {{.Labels.source}} were ended within an hour because memory ran out.",
			Hint:    "Narrow their time range, or give queries more memory (exec-mem-pool-bytes).",
		},
		{
			ID: "queries_pile_up", Name: "Queries pile up in InfluxDB", Severity: plugin.Warning, For: 10 * minute,
			Expr:    `influxdb_queries_active > 20`,
			Summary: "{{.Value}} queries of {{.Labels.source}} are {{.Labels.state}}.",
		},
		{
			ID: "panics", Name: "InfluxDB panics", Severity: plugin.Critical,
			Expr:    `increase(influxdb_panics_total[15m]) > 0`,
			Summary: "Something inside {{.Labels.source}} panicked.",
			Hint:    "See its log for the stack, and whether there is a newer version.",
		},
	}
}
