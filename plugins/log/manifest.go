package log

import (
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func manifest() plugin.Manifest {
	return plugin.Manifest{
		ID: "log_monitor", Name: "Logs", Category: plugin.System, Icon: "file-text",
		Summary: "What logs say: errors, patterns of your own, silence, and requests of web servers.",
		Description: "Follows log files through every kind of rotation, or the journal of systemd, and counts lines by severity " +
			"and by pattern. It remembers its place over restarts: no line is counted twice, none is missed. " +
			"A line that matters becomes an event.",
		Tags: []string{"logs", "syslog", "journald", "access log"},
		Rights: plugin.Rights{
			Commands: []string{"journalctl"},
			Paths:    []string{"/var/log", "/run/log/journal"},
			Notes:    "The user that runs Unity must be able to read the files: on Debian the group adm may read most logs, and systemd-journal the journal.",
		},
		Interval: 30 * time.Second, Timeout: 20 * time.Second,
		Metrics: metrics(), Panels: panels(), Tables: tables(), Rules: rules(),
	}
}

func metrics() []metric.Definition {
	file := []string{"file"}
	of := []string{"pattern"}
	counter := func(name, help string, labels ...string) metric.Definition {
		return metric.Definition{Name: name, Kind: metric.Counter, Labels: labels, Help: help}
	}
	return []metric.Definition{
		{Name: "log_readable", Kind: metric.Gauge, Unit: metric.Bool, Labels: file, Help: "1 while the file can be read."},
		counter("log_lines_total", "Lines read since the source was made.", file...),
		{Name: "log_bytes_total", Kind: metric.Counter, Unit: metric.Bytes, Labels: file, Help: "Bytes read since the source was made."},
		counter("log_matches_total", "Lines that match the pattern; a line counts once for each pattern that it matches.", "pattern", "severity"),
		counter("log_severity_total", "Lines by how bad they are: by the level that a line names itself, else by the worst pattern it matches.", "severity"),
		counter("log_alerts_total", "Lines that match a pattern with an alert.", of...),
		{Name: "log_pattern_value", Kind: metric.Gauge, Labels: of, Help: "The number that the pattern captured last."},
		{Name: "log_pattern_value_average", Kind: metric.Gauge, Labels: of, Help: "The average of the numbers that the pattern captured since the run before."},
		counter("log_pattern_values_total", "How many numbers the pattern captured.", of...),
		counter("log_cut_lines_total", "Lines longer than max_line_bytes, of which only the beginning was looked at.", file...),
		counter("log_rotations_total", "How often the file was rotated or emptied.", file...),
		counter("log_rotations_lost_total", "Rotations after which the earlier file could not be found again, so that its last lines may be missing.", file...),
		{Name: "log_lag_bytes", Kind: metric.Gauge, Unit: metric.Bytes, Labels: file, Help: "How much is left for the next run, because it was more than one run reads."},
		{Name: "log_file_size_bytes", Kind: metric.Gauge, Unit: metric.Bytes, Labels: file, Help: "How large the file is."},
		{Name: "log_last_line_age_seconds", Kind: metric.Gauge, Unit: metric.Seconds, Labels: file, Help: "How long ago the last line came."},
		{Name: "log_silence_seconds", Kind: metric.Gauge, Unit: metric.Seconds, Help: "How long ago the last line came in any file of the source."},
		{Name: "log_silence_limit_seconds", Kind: metric.Gauge, Unit: metric.Seconds, Help: "The silence that is too long (silence_after)."},
		counter("log_unparsed_lines_total", "Lines of an access log that are no requests in its form."),
		counter("weblog_requests_total", "Requests by class of their status and by method.", "code_class", "method"),
		counter("weblog_responses_total", "Requests by status.", "code"),
		counter("weblog_vhost_requests_total", "Requests by the host they were for; beyond 50 hosts the rest is other.", "vhost"),
		{Name: "weblog_transmit_bytes_total", Kind: metric.Counter, Unit: metric.Bytes, Help: "Bytes of the answers."},
		{Name: "weblog_request_duration_seconds", Kind: metric.Gauge, Unit: metric.Seconds, Labels: []string{"percentile"}, Help: "Within what time 50, 95 and 99 of 100 requests since the run before were answered."},
		{Name: "weblog_unique_clients", Kind: metric.Gauge, Help: "Addresses that made requests since the run before, counted up to 10,000."},
		{Name: "weblog_server_errors_ratio", Kind: metric.Gauge, Unit: metric.Ratio, Help: "Share of the requests since the run before that were answered with a status of 500 and above; absent below 10 requests."},
	}
}

func panels() []plugin.Panel {
	return []plugin.Panel{
		{
			Title: "Lines by severity", Kind: plugin.Stacked, Unit: metric.None, Wide: true,
			Queries: []plugin.Query{
				{Metric: "log_severity_total", Match: map[string]string{"severity": "critical"}, Rate: true, Legend: "critical"},
				{Metric: "log_severity_total", Match: map[string]string{"severity": "error"}, Rate: true, Legend: "error"},
				{Metric: "log_severity_total", Match: map[string]string{"severity": "warning"}, Rate: true, Legend: "warning"},
			},
			Help: "Lines a second that name themselves a warning or worse, or match a pattern that is.",
		},
		{
			Title: "Matches", Kind: plugin.Line, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "log_matches_total", Rate: true, Legend: "{pattern}", Top: 8}},
			Help:    "Lines a second that match a pattern.",
		},
		{
			Title: "Lines", Kind: plugin.Line, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "log_lines_total", Rate: true, Legend: "{file}", Top: 10}},
			Help:    "Lines a second.",
		},
		{
			Title: "Requests", Kind: plugin.Stacked, Unit: metric.None,
			Queries: []plugin.Query{{Metric: "weblog_requests_total", Rate: true, Legend: "{code_class} {method}"}},
			Help:    "Requests a second in an access log.",
		},
		{
			Title: "Answering time", Kind: plugin.Line, Unit: metric.Seconds, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "weblog_request_duration_seconds", Legend: "{percentile} of 100"}},
		},
		{
			Title: "Server errors", Kind: plugin.Line, Unit: metric.Ratio, Min: plugin.Bound(0), Warning: plugin.Bound(0.05),
			Queries: []plugin.Query{{Metric: "weblog_server_errors_ratio", Legend: "5xx"}},
		},
		{
			Title: "Captured numbers", Kind: plugin.Line, Unit: metric.None,
			Queries: []plugin.Query{{Metric: "log_pattern_value", Legend: "{pattern}"}},
		},
		{
			Title: "Not read yet", Kind: plugin.Line, Unit: metric.Bytes, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "log_lag_bytes", Legend: "{file}", Top: 10}},
			Help:    "What a run left for the next one.",
		},
		{
			Title: "Readable", Kind: plugin.Timeline, Unit: metric.Bool,
			Queries: []plugin.Query{{Metric: "log_readable", Legend: "{file}"}},
		},
	}
}

func tables() []plugin.Table {
	return []plugin.Table{
		{
			Title: "Latest matches", Path: "recent_matches", Empty: "No line matched a pattern yet.",
			Columns: []plugin.Column{
				{Key: "severity", Title: "Severity", Kind: plugin.CellStatus},
				{Key: "time", Title: "Time", Kind: plugin.CellTime},
				{Key: "pattern", Title: "Pattern", Kind: plugin.CellText},
				{Key: "text", Title: "Line", Kind: plugin.CellText},
				{Key: "file", Title: "From", Kind: plugin.CellCode},
			},
		},
		{
			Title: "What they say", Path: "top_messages", Empty: "No line matched a pattern yet.",
			Columns: []plugin.Column{
				{Key: "severity", Title: "Severity", Kind: plugin.CellStatus},
				{Key: "count", Title: "Times", Kind: plugin.CellNumber},
				{Key: "template", Title: "Line, with # for what differs", Kind: plugin.CellText},
				{Key: "first", Title: "First", Kind: plugin.CellTime},
				{Key: "last", Title: "Last", Kind: plugin.CellTime},
			},
		},
		{
			Title: "Files", Path: "files", Empty: "No file matches.",
			Columns: []plugin.Column{
				{Key: "state", Title: "State", Kind: plugin.CellStatus},
				{Key: "path", Title: "File", Kind: plugin.CellCode},
				{Key: "lines", Title: "Lines read", Kind: plugin.CellNumber},
				{Key: "size_bytes", Title: "Size", Kind: plugin.CellNumber, Unit: metric.Bytes},
				{Key: "lag_bytes", Title: "Not read yet", Kind: plugin.CellNumber, Unit: metric.Bytes},
				{Key: "last_line", Title: "Last line", Kind: plugin.CellTime},
				{Key: "rotations", Title: "Rotations", Kind: plugin.CellNumber},
				{Key: "lost", Title: "Rest not found", Kind: plugin.CellNumber},
				{Key: "reason", Title: "Why", Kind: plugin.CellText},
			},
		},
		{
			Title: "Patterns", Path: "patterns", Empty: "No pattern is looked for.",
			Columns: []plugin.Column{
				{Key: "name", Title: "Pattern", Kind: plugin.CellText},
				{Key: "severity", Title: "Severity", Kind: plugin.CellStatus},
				{Key: "count", Title: "Lines", Kind: plugin.CellNumber},
				{Key: "alert", Title: "Alert", Kind: plugin.CellFlag},
			},
		},
		{Title: "Requests by path", Path: "access.top_paths", Empty: "No request since the run before.", Columns: rankColumns("Path")},
		{Title: "Requests by client", Path: "access.top_clients", Empty: "No request since the run before.", Columns: rankColumns("Address")},
		{Title: "Server errors", Path: "access.top_errors", Empty: "No request was answered with a status of 500 and above.", Columns: rankColumns("Status and path")},
	}
}

func rankColumns(title string) []plugin.Column {
	return []plugin.Column{
		{Key: "name", Title: title, Kind: plugin.CellCode},
		{Key: "count", Title: "Requests", Kind: plugin.CellNumber},
	}
}

func rules() []plugin.Rule {
	return []plugin.Rule{
		{
			ID: "log_alert", Name: "Log line with an alert", Severity: plugin.Warning,
			Expr:    `increase(log_alerts_total[10m]) > 0`,
			Summary: "A line matched {{.Labels.pattern}}",
			Hint:    "The events of the source show the line.",
		},
		{
			ID: "log_out_of_memory", Name: "Out of memory", Severity: plugin.Critical,
			Expr:    `increase(log_matches_total{pattern="out_of_memory"}[10m]) > 0`,
			Summary: "A program ran out of memory",
			Hint:    "The latest matches of the source show which.",
		},
		{
			ID: "log_disk_trouble", Name: "Disk trouble in a log", Severity: plugin.Critical,
			Expr:    `increase(log_matches_total{pattern="disk"}[10m]) > 0`,
			Summary: "A disk is full, read-only or broken, says the log",
		},
		{
			ID: "log_many_errors", Name: "Many errors in a log", For: time.Minute, Severity: plugin.Warning,
			Expr:    `increase(log_severity_total{severity="error"}[5m]) > 50`,
			Summary: "The log holds {{.Value}} errors of the last five minutes",
		},
		{
			ID: "log_unreadable", Name: "Log cannot be read", For: 10 * time.Minute, Severity: plugin.Warning,
			Expr:    `log_readable == 0`,
			Summary: "{{.Labels.file}} cannot be read",
			Hint:    "The table of files says why.",
		},
		{
			ID: "log_silent", Name: "Log is silent", Severity: plugin.Warning,
			Expr:    `log_silence_seconds > on(host, source) group_left() log_silence_limit_seconds`,
			Summary: "No line came for longer than it should take",
		},
		{
			ID: "weblog_server_errors", Name: "Web server answers with errors", For: 5 * time.Minute, Severity: plugin.Warning,
			Expr:    `weblog_server_errors_ratio > 0.05`,
			Summary: "More than 5 of 100 requests are answered with a status of 500 and above",
		},
		{
			ID: "log_reading_lags", Name: "Reading a log lags behind", For: 10 * time.Minute, Severity: plugin.Info,
			Expr:    `log_lag_bytes > 10 * 1024 * 1024`,
			Summary: "{{.Labels.file}} grows faster than it is read",
			Hint:    "Let a run read more (max_read_megabytes), or collect more often.",
		},
	}
}
