package reverseproxy

import (
	"context"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/exposition"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// figures reads what a proxy tells Prometheus.
func (c *collector) figures(ctx context.Context, path string, wanted func(name string) bool) (exposition.Families, error) {
	answer, err := c.metrics.Do(ctx, fetch.Request{Path: path})
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	read, err := exposition.Read(answer.Body, wanted)
	return read, fault.Wrap(err, "reading %s", c.metrics.URL(path))
}

// metricsPath is where the figures are, below the address they are asked at.
func (c *collector) metricsPath() string {
	if c.config.MetricsURL != "" {
		return "" // the address is that of the figures
	}
	return "/metrics"
}

// readExporter reads the figures that HAProxy itself tells Prometheus, and makes
// of them the lines that its page would show.
func (c *collector) readExporter(ctx context.Context, at place, s *survey) error {
	f, err := c.figures(ctx, at.path, func(name string) bool { return strings.HasPrefix(name, "haproxy_") })
	if err != nil {
		return err
	}
	if len(f) == 0 {
		return fault.New(fault.WrongService, "%s tells nothing of HAProxy", c.metrics.URL(at.path)).
			WithHint("write http-request use-service prometheus-exporter if { path /metrics } in a frontend of HAProxy")
	}
	rowsOf(f).survey(s)
	for _, p := range f["haproxy_process_build_info"] {
		s.version = p.Labels["version"]
	}
	s.uptime, s.limit = f.Sum("haproxy_process_uptime_seconds"), f.Sum("haproxy_process_max_connections")
	s.open, s.accepted = f.Sum("haproxy_process_current_connections"), f.Sum("haproxy_process_connections_total")
	s.idle = scaled(f.Sum("haproxy_process_idle_time_percent"), 0.01)
	return nil
}

// columnsOf are the columns of HAProxy's lines by the names of its families.
func columnsOf() map[string]string {
	return map[string]string{
		"current_sessions": "scur", "limit_sessions": "slim", "sessions_total": "stot", "bytes_in_total": "bin", "bytes_out_total": "bout",
		"current_queue": "qcur", "connection_errors_total": "econ", "response_errors_total": "eresp", "retry_warnings_total": "wretr",
		"redispatch_warnings_total": "wredis", "weight": "weight", "check_failures_total": "chkfail", "downtime_seconds_total": "downtime",
		"check_last_change_seconds": "lastchg",
	}
}

// rowsOf makes lines of families.
func rowsOf(f exposition.Families) haproxyFigures {
	columns, byKey := columnsOf(), make(map[[2]string]haproxyRow)
	row := func(kind string, labels map[string]string) haproxyRow {
		name := map[string]string{"frontend": "FRONTEND", "backend": "BACKEND", "server": labels["server"]}[kind]
		if labels["proxy"] == "" || name == "" {
			return haproxyRow{}
		}
		key := [2]string{labels["proxy"], name}
		if byKey[key] == nil {
			byKey[key] = haproxyRow{columnProxy: key[0], columnName: key[1]}
		}
		return byKey[key]
	}
	for family, points := range f {
		kind, figure, _ := strings.Cut(strings.TrimPrefix(family, "haproxy_"), "_")
		for _, p := range points {
			switch {
			case figure == "status" && p.Labels["state"] != "" && p.Value == 1:
				row(kind, p.Labels)[columnStatus] = p.Labels["state"]
			case figure == "check_status" && p.Value == 1:
				row(kind, p.Labels)["check_status"] = p.Labels["state"]
			case figure == "http_responses_total":
				row(kind, p.Labels)["hrsp_"+p.Labels["code"]] = format(p.Value)
			case figure == "response_time_average_seconds":
				row(kind, p.Labels)["rtime"] = format(p.Value * 1000)
			case columns[figure] != "":
				row(kind, p.Labels)[columns[figure]] = format(p.Value)
			}
		}
	}
	rows := make(haproxyFigures, 0, len(byKey))
	for key, r := range byKey {
		if key[1] != "FRONTEND" && key[1] != "BACKEND" && r["check_status"] == "" && r[columnStatus] == "UP" {
			r[columnStatus] = "no check" // of which this way of telling makes UP
		}
		rows = append(rows, r)
	}
	sortRows(rows)
	return rows
}

func format(value float64) string { return strconv.FormatFloat(value, 'f', -1, 64) }
