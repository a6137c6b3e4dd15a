package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/spf13/cobra"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/api"
)

// querying is one run of the command query.
type querying struct {
	*options
	at     string
	length string
	step   string
	json   bool
}

func newQuery(o *options) *cobra.Command {
	q := &querying{options: o}
	command := &cobra.Command{
		Use:   "query EXPRESSION",
		Short: "Ask the running server in the Prometheus query language",
		Long: "Query asks the running server and prints a table of the values at one time,\n" +
			"or draws how they changed over a range of time.",
		Example: "  unity query up\n  unity query 'rate(system_info_cpu_seconds_total[5m])' --range 6h\n" +
			"  unity query 'avg_over_time(up[1d])' --time 2026-05-06T00:00:00Z --json",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return q.run(cmd, args[0]) },
	}
	flags := command.Flags()
	flags.StringVar(&q.at, "time", "", "the time that is asked for, or the end of the range, in seconds since 1970 or RFC 3339 (default: now)")
	flags.StringVar(&q.length, "range", "", "draw this length of time up to then, such as 24h")
	flags.StringVar(&q.step, "step", "", "time between two points of the range, such as 5m (default: what fits the drawing)")
	flags.BoolVar(&q.json, "json", false, "print the answer as the Prometheus API gives it")
	return command
}

func (q *querying) run(cmd *cobra.Command, expression string) error {
	c, err := q.client()
	if err != nil {
		return err
	}
	form := url.Values{"query": {expression}}
	path, span := "query", span{}
	if q.length == "" {
		if q.step != "" {
			return fault.New(fault.Config, "--step is of a range").WithHint("give the length of the range with --range")
		}
		if q.at != "" {
			form.Set("time", q.at)
		}
	} else {
		if span, err = q.span(time.Now()); err != nil {
			return err
		}
		path = "query_range"
		form.Set("start", seconds(span.from))
		form.Set("end", seconds(span.to))
		form.Set("step", strconv.FormatFloat(span.step.Seconds(), 'f', -1, 64))
	}
	raw, answer, err := c.query(cmd.Context(), path, form)
	if err != nil {
		return err
	}
	if q.json {
		_, err := fmt.Fprintln(cmd.OutOrStdout(), strings.TrimSpace(string(raw)))
		return err
	}
	for _, note := range append(answer.Warnings, answer.Infos...) {
		fmt.Fprintln(cmd.ErrOrStderr(), note)
	}
	return q.print(cmd.OutOrStdout(), answer, span)
}

// span is a range of time.
type span struct {
	from, to time.Time
	step     time.Duration
}

// span reads the flags of a range. Its steps are whole multiples of themselves
// since 1970, so that they can be answered from buckets.
func (q *querying) span(now time.Time) (span, error) {
	length, err := model.ParseDuration(q.length)
	if err != nil || length == 0 {
		return span{}, fault.New(fault.Config, "--range %q is not a length of time", q.length).WithHint("write 90s, 5m, 24h, 7d")
	}
	end := now
	if q.at != "" {
		if seconds, err := strconv.ParseFloat(q.at, 64); err == nil {
			end = time.UnixMilli(int64(seconds * 1000))
		} else if end, err = time.Parse(time.RFC3339, q.at); err != nil {
			return span{}, fault.New(fault.Config, "--time %q is not a time", q.at).WithHint("write seconds since 1970, or 2026-05-06T07:08:09Z")
		}
	}
	step := roundStep(time.Duration(length) / (2 * defaultWidth))
	if q.step != "" {
		given, err := model.ParseDuration(q.step)
		if err != nil || given == 0 {
			return span{}, fault.New(fault.Config, "--step %q is not a length of time", q.step).WithHint("write 10s, 5m, 1h")
		}
		step = time.Duration(given)
	}
	to := end.Truncate(step)
	return span{from: to.Add(-time.Duration(length).Truncate(step)), to: to, step: step}, nil
}

// roundStep returns the shortest round step that is not shorter.
func roundStep(least time.Duration) time.Duration {
	for _, seconds := range []int{1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200} {
		if step := time.Duration(seconds) * time.Second; step >= least {
			return step
		}
	}
	const day = 24 * time.Hour
	return max(day, (least + day - 1).Truncate(day))
}

// seconds writes a time as the API takes it.
func seconds(t time.Time) string {
	return strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', -1, 64)
}

// answer is what the Prometheus API answers.
type answer struct {
	Status string
	Error  string
	Data   struct {
		ResultType string
		Result     json.RawMessage
	}
	Warnings, Infos []string
	Unity           api.Refusal
}

// query asks the Prometheus API of the server.
func (c *client) query(ctx context.Context, path string, form url.Values) (raw []byte, found answer, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://localhost/prometheus/api/v1/"+path, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, answer{}, fault.As(fault.Internal, err, "asking for %s", path)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := c.http.Do(request)
	if err != nil {
		return nil, answer{}, fault.As(fault.Unreachable, err, "asking the server at %s", c.socket).
			WithHint("is it running? start it with: unity serve; another data folder is named with --data")
	}
	defer response.Body.Close()
	raw, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return nil, answer{}, fault.Wrap(err, "reading the answer to %s", path)
	}
	if err := json.Unmarshal(raw, &found); err != nil {
		return nil, answer{}, fault.New(fault.BadAnswer, "the server answered %s to %s", response.Status, path)
	}
	if found.Status != "success" {
		text := strings.TrimPrefix(found.Error, `invalid parameter "query": `)
		refused := fault.New(found.Unity.Kind, "%s", text+pointTo(form.Get("query"), found.Unity))
		return nil, answer{}, refused.WithHint("%s", found.Unity.Hint)
	}
	return raw, found, nil
}

// pointTo returns the line of a query that is wrong, with a mark below it where
// it is.
func pointTo(query string, refusal api.Refusal) string {
	start, end := min(refusal.Start, len(query)), min(refusal.End, len(query))
	if end == 0 || start > end {
		return ""
	}
	from := strings.LastIndexByte(query[:start], '\n') + 1
	line, _, _ := strings.Cut(query[from:], "\n")
	before := strings.Map(func(r rune) rune {
		if r == '\t' {
			return r // as wide as above
		}
		return ' '
	}, query[from:start])
	length := max(1, len([]rune(query[start:min(end, from+len(line))])))
	return "\n  " + line + "\n  " + before + strings.Repeat("^", length)
}
