package redis

import (
	"cmp"
	"slices"
	"strings"

	"github.com/unity-homelab/unity/plugin"
)

// commandRow is what the server knows of one command.
type commandRow struct {
	Name     string   `json:"name"`
	Calls    float64  `json:"calls"`
	Seconds  float64  `json:"seconds"`
	PerCall  float64  `json:"per_call"`           // seconds
	Slowest  *float64 `json:"p99,omitempty"`      // seconds, 99 of 100 calls are faster
	Failures *float64 `json:"failures,omitempty"` // rejected before, and failed while running
}

// commands lists the commands that took most of the time since the server was
// started. Sums change their order seldom, so that series stay.
func commands(i info, most int) []commandRow {
	var rows []commandRow
	for field, value := range i {
		name, ok := strings.CutPrefix(field, "cmdstat_")
		if !ok {
			continue
		}
		stats := pairs(value)
		calls, known := stats.number("calls")
		spent, timed := stats.number("usec")
		if !known || !timed {
			continue
		}
		row := commandRow{Name: name, Calls: calls, Seconds: spent / 1e6}
		if calls > 0 {
			row.PerCall = row.Seconds / calls
		}
		rejected, knowsRejected := stats.number("rejected_calls")
		failed, knowsFailed := stats.number("failed_calls")
		if knowsRejected || knowsFailed {
			sum := rejected + failed
			row.Failures = &sum
		}
		if p99, ok := pairs(i["latency_percentiles_usec_"+name]).number("p99"); ok {
			p99 /= 1e6
			row.Slowest = &p99
		}
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b commandRow) int {
		return cmp.Or(cmp.Compare(b.Seconds, a.Seconds), strings.Compare(a.Name, b.Name))
	})
	return rows[:min(len(rows), most)]
}

// maxErrors bounds the kinds of refusals with a series of their own: scripts can
// make up as many as they like.
const maxErrors = 20

func (c *collector) emitCommands(i info, out *plugin.Batch) {
	type refused struct {
		code  string
		count float64
	}
	var codes []refused
	for field, value := range i {
		code, ok := strings.CutPrefix(field, "errorstat_")
		if !ok {
			continue
		}
		if count, ok := pairs(value).number("count"); ok {
			codes = append(codes, refused{code, count})
		}
	}
	slices.SortFunc(codes, func(a, b refused) int {
		return cmp.Or(cmp.Compare(b.count, a.count), strings.Compare(a.code, b.code))
	})
	for _, r := range codes[:min(len(codes), maxErrors)] {
		out.Add("redis_errors_total", r.count, "error", r.code)
	}
	if !c.config.Commands {
		return
	}
	for _, row := range commands(i, c.config.MaxCommands) {
		out.Add("redis_command_calls_total", row.Calls, "command", row.Name)
		out.Add("redis_command_seconds_total", row.Seconds, "command", row.Name)
		if row.Failures != nil {
			out.Add("redis_command_failures_total", *row.Failures, "command", row.Name)
		}
	}
}
