package influxdb

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"net/url"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// stat is one group of figures of InfluxDB 1: of the server, a database, a
// shard.
type stat struct {
	Name   string
	Tags   map[string]string
	Values map[string]float64
}

// UnmarshalJSON takes what there is of a group. Beside groups there are other
// things, and beside numbers other values, which are left out.
func (s *stat) UnmarshalJSON(raw []byte) error {
	group, ok := readGroup(raw)
	if !ok {
		return nil
	}
	s.Name, s.Tags, s.Values = group.Name, group.Tags, make(map[string]float64, len(group.Values))
	if group.Uptime != nil {
		group.Values = map[string]json.RawMessage{"uptime": group.Uptime}
		s.Name = "system"
	}
	for name, text := range group.Values {
		var value float64
		if json.Unmarshal(text, &value) == nil && value >= 0 && value < math.MaxInt64 {
			s.Values[name] = value
		}
	}
	return nil
}

// group is a group as it is sent.
type group struct {
	Name   string
	Tags   map[string]string
	Values map[string]json.RawMessage
	Uptime json.RawMessage // of the group "system", which is not like the others
}

// readGroup reads a group; what has another shape is none.
func readGroup(raw []byte) (group, bool) {
	var g group
	ok := bytes.HasPrefix(raw, []byte("{")) && json.Unmarshal(raw, &g) == nil
	return g, ok
}

// stats are the groups by their keys.
type stats map[string]stat

// sum adds up a figure of all groups with the name.
func (s stats) sum(group, figure string) *float64 {
	var sum *float64
	for _, one := range s {
		if value, ok := one.Values[figure]; ok && one.Name == group {
			add(&sum, value)
		}
	}
	return sum
}

// parts is a figure of each group with the name.
func (s stats) parts(group, figure string) map[string]float64 {
	parts := make(map[string]float64)
	for key, one := range s {
		if value, ok := one.Values[figure]; ok && one.Name == group {
			parts[key] = value
		}
	}
	return parts
}

// collect1 asks InfluxDB 1.
func (c *collector) collect1(ctx context.Context, out *plugin.Batch, doc *document) error {
	if c.config.Buckets {
		names, err := c.databases1(ctx)
		if err != nil {
			return err
		}
		out.Add("influxdb_databases", float64(len(names)))
		for _, name := range names {
			doc.row(name)
		}
		out.Problem(c.retention1(ctx, names, doc))
	}
	c.health(ctx, "1", out, doc)
	var vars stats
	switch err := c.ask(ctx, "1", fetch.Request{Path: "/debug/vars"}, &vars); fault.Of(err) {
	case "":
	case fault.NotFound:
		doc.Server.Note = "pprof-enabled is false, so that the server tells no figures (/debug/vars)"
		return nil
	default:
		return err
	}
	if len(vars.parts("runtime", "Sys")) == 0 && len(vars.parts("httpd", "req")) == 0 {
		return fault.New(fault.BadAnswer, "GET %s: the answer holds no figures of InfluxDB", c.client.URL("/debug/vars")).
			WithHint("see what answers there")
	}
	c.emitServer1(vars, out, doc)
	c.emitShards1(vars, out, doc)
	return nil
}

// emitServer1 makes samples of the server as a whole.
func (c *collector) emitServer1(vars stats, out *plugin.Batch, doc *document) {
	doc.Server.Uptime = vars.sum("system", "uptime")
	emit(out, "influxdb_uptime_seconds", doc.Server.Uptime)
	const nano = 1e9
	requests, spent := vars.sum("httpd", "req"), vars.sum("httpd", "reqDurationNs")
	for kind, names := range map[string][2]string{"write": {"writeReq", "writeReqDurationNs"}, "query": {"queryReq", "queryReqDurationNs"}} {
		count, time := vars.sum("httpd", names[0]), vars.sum("httpd", names[1])
		emit(out, "influxdb_http_requests_total", count, "kind", kind)
		emit(out, "influxdb_http_request_seconds_total", scaled(time, nano), "kind", kind)
		requests, spent = less(requests, count), less(spent, time)
	}
	emit(out, "influxdb_http_requests_total", requests, "kind", "other")
	emit(out, "influxdb_http_request_seconds_total", scaled(spent, nano), "kind", "other")
	for metric, from := range map[string][2]string{
		"influxdb_write_bytes_total": {"httpd", "writeReqBytes"}, "influxdb_query_response_bytes_total": {"httpd", "queryRespBytes"},
		"influxdb_auth_failures_total": {"httpd", "authFail"}, "influxdb_write_timeouts_total": {"write", "writeTimeout"},
		"influxdb_queries_total": {"queryExecutor", "queriesFinished"}, "influxdb_goroutines": {"runtime", "NumGoroutine"},
		"influxdb_memory_bytes": {"runtime", "Sys"},
	} {
		emit(out, metric, vars.sum(from[0], from[1]))
	}
	emit(out, "influxdb_http_errors_total", vars.sum("httpd", "clientError"), "class", "client")
	emit(out, "influxdb_http_errors_total", vars.sum("httpd", "serverError"), "class", "server")
	for result, name := range map[string]string{"ok": "pointsWrittenOK", "error": "pointsWrittenFail", "dropped": "pointsWrittenDropped"} {
		emit(out, "influxdb_write_points_total", vars.sum("httpd", name), "result", result)
	}
	for result, name := range map[string]string{"ok": "queryOk", "error": "queryFail"} {
		emit(out, "influxdb_continuous_queries_total", vars.sum("cq", name), "result", result)
	}
	active := vars.sum("queryExecutor", "queriesActive")
	emit(out, "influxdb_queries_active", active, "state", "executing")
	emit(out, "influxdb_query_seconds_total", scaled(vars.sum("queryExecutor", "queryDurationNs"), nano))
	emit(out, "influxdb_gc_seconds_total", scaled(vars.sum("runtime", "PauseTotalNs"), nano))
	panics := vars.sum("httpd", "recoveredPanics")
	if more := vars.sum("queryExecutor", "recoveredPanics"); more != nil {
		add(&panics, *more)
	}
	emit(out, "influxdb_panics_total", panics)
	doc.Throughput = c.throughput(vars.sum("httpd", "pointsWrittenOK"), vars.sum("httpd", "req"), vars.sum("httpd", "serverError"), active)
	doc.Runtime = &runtimePart{Memory: vars.sum("runtime", "Sys"), Goroutines: vars.sum("runtime", "NumGoroutine")}
}

// compactions1 are the beginnings of the names of figures, by level.
func compactions1() map[string]string {
	return map[string]string{
		"cache": "cacheCompaction", "1": "tsmLevel1Compaction", "2": "tsmLevel2Compaction", "3": "tsmLevel3Compaction",
		"full": "tsmFullCompaction", "optimize": "tsmOptimizeCompaction",
	}
}

// emitShards1 adds up what is told shard by shard.
func (c *collector) emitShards1(vars stats, out *plugin.Batch, doc *document) {
	for _, one := range vars {
		name := one.Tags["database"]
		if name == "" {
			continue
		}
		switch one.Name {
		case "database":
			row := doc.row(name)
			row.Series, row.Measurements = known(one.Values, "numSeries"), known(one.Values, "numMeasurements")
		case "shard":
			row := doc.row(name)
			add(&row.Shards, 1)
			if disk, ok := one.Values["diskBytes"]; ok {
				add(&row.Disk, disk)
			}
		case "tsm1_filestore":
			if files, ok := one.Values["numFiles"]; ok {
				add(&doc.row(name).files, files)
			}
		case "tsm1_cache":
			if bytes, ok := one.Values["memBytes"]; ok {
				add(&doc.row(name).cache, bytes)
			}
		case "tsm1_wal":
			for _, figure := range []string{"currentSegmentDiskBytes", "oldSegmentsDiskBytes"} {
				if bytes, ok := one.Values[figure]; ok {
					add(&doc.row(name).wal, bytes)
				}
			}
		}
	}
	var active *float64
	for level, begin := range compactions1() {
		running := vars.sum("tsm1_engine", begin+"sActive")
		if running != nil {
			add(&active, *running)
		}
		emit(out, "influxdb_compactions_active", running, "level", level)
		emit(out, "influxdb_compactions_queued", vars.sum("tsm1_engine", begin+"Queue"), "level", level)
		if parts := vars.parts("tsm1_engine", begin+"Err"); len(parts) > 0 {
			out.Add("influxdb_compaction_errors_total", c.count("compaction "+level, parts), "level", level)
		}
	}
	doc.Storage = &storagePart{Compacted: active}
	if parts := vars.parts("tsm1_wal", "writeErr"); len(parts) > 0 {
		out.Add("influxdb_wal_errors_total", c.count("wal", parts))
	}
}

// answer1 is what InfluxDB 1 answers to a query.
type answer1 struct {
	Results []struct {
		Error  string
		Series []struct {
			Columns []string
			Values  [][]any
		}
	}
}

func (c *collector) query1(ctx context.Context, query string) (answer1, error) {
	var answer answer1
	err := c.ask(ctx, "1", fetch.Request{Path: "/query", Query: url.Values{"q": {query}}}, &answer)
	for _, result := range answer.Results {
		if result.Error != "" && err == nil {
			err = fault.New(fault.BadAnswer, "asking %s: %s", plugin.Shorten(query, 60), plugin.Shorten(result.Error, 200))
		}
	}
	return answer, err
}

// statementError is what the answer to a query says went wrong.
func statementError(body []byte) error {
	var answer answer1
	if json.Unmarshal(body, &answer) != nil {
		return fault.New(fault.BadAnswer, "the answer is not what was expected")
	}
	for _, result := range answer.Results {
		if result.Error != "" {
			return fault.New(fault.Config, "the server says: %s", plugin.Shorten(result.Error, 200))
		}
	}
	return nil
}

// databases1 are the databases that the user may see.
func (c *collector) databases1(ctx context.Context) ([]string, error) {
	answer, err := c.query1(ctx, "SHOW DATABASES")
	if err != nil {
		return nil, err
	}
	var names []string
	for _, result := range answer.Results {
		for _, series := range result.Series {
			for _, row := range series.Values {
				if len(row) > 0 {
					if name, ok := row[0].(string); ok {
						names = append(names, name)
					}
				}
			}
		}
	}
	return names, nil
}

// retention1 asks for how long databases keep their data: their default policy.
func (c *collector) retention1(ctx context.Context, names []string, doc *document) error {
	names = names[:min(len(names), c.config.MaxDatabases)]
	if len(names) == 0 {
		return nil
	}
	statements := make([]string, 0, len(names))
	for _, name := range names {
		statements = append(statements, `SHOW RETENTION POLICIES ON "`+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name)+`"`)
	}
	answer, err := c.query1(ctx, strings.Join(statements, "; "))
	if err != nil {
		return err
	}
	for i, result := range answer.Results {
		if i >= len(names) {
			break
		}
		for _, series := range result.Series {
			for _, values := range series.Values {
				if seconds, ok := policy1(series.Columns, values); ok {
					doc.row(names[i]).keep(seconds)
				}
			}
		}
	}
	return nil
}

// policy1 reads the duration of a policy that is the default one.
func policy1(columns []string, values []any) (seconds float64, ok bool) {
	text, isDefault := "", false
	for i, column := range columns[:min(len(columns), len(values))] {
		switch value := values[i].(type) {
		case string:
			if column == "duration" {
				text = value
			}
		case bool:
			isDefault = isDefault || column == "default" && value
		}
	}
	duration, err := time.ParseDuration(text)
	if err != nil || !isDefault {
		return 0, false
	}
	return duration.Seconds(), true
}

// keep notes for how long the data is kept; 0 is for ever.
func (r *databaseRow) keep(seconds float64) {
	r.Keeps = keeps(seconds)
	if seconds > 0 {
		r.Retention = &seconds
	}
}

// known returns a figure that may be absent.
func known(values map[string]float64, name string) *float64 {
	if value, ok := values[name]; ok {
		return &value
	}
	return nil
}

func scaled(value *float64, by float64) *float64 {
	if value == nil {
		return nil
	}
	smaller := *value / by
	return &smaller
}

// less takes a part away from the whole.
func less(whole, part *float64) *float64 {
	if whole == nil || part == nil {
		return whole
	}
	rest := max(0, *whole-*part)
	return &rest
}
