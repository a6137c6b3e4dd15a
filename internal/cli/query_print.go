package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/chart"
)

// point is a time in seconds and a value as text.
type point struct {
	time  float64
	value string
}

// UnmarshalJSON implements json.Unmarshaler.
func (p *point) UnmarshalJSON(text []byte) error {
	return json.Unmarshal(text, &[2]any{&p.time, &p.value})
}

// found is one series of an answer.
type found struct {
	Metric map[string]string
	Value  point
	Values []point
}

// print writes an answer for people.
func (q *querying) print(w io.Writer, a answer, s span) error {
	if a.Data.ResultType == "scalar" || a.Data.ResultType == "string" {
		var one point
		if err := json.Unmarshal(a.Data.Result, &one); err != nil {
			return fault.As(fault.BadAnswer, err, "reading the answer")
		}
		_, err := fmt.Fprintln(w, one.value)
		return err
	}
	var all []found
	if err := json.Unmarshal(a.Data.Result, &all); err != nil {
		return fault.As(fault.BadAnswer, err, "reading the answer")
	}
	switch {
	case len(all) == 0:
		_, err := fmt.Fprintln(w, "nothing matches")
		return err
	case a.Data.ResultType == "vector":
		return table(w, all)
	case s.step == 0:
		return samples(w, all)
	default:
		return q.draw(w, all, s)
	}
}

// table writes a row for each series: what tells them apart, and the value. What
// they have in common stands above.
func table(w io.Writer, all []found) error {
	common, differ := split(all)
	if len(common) > 0 {
		fmt.Fprintln(w, common)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, name := range differ {
		fmt.Fprintf(t, "%s\t", strings.ToUpper(strings.Trim(name, "_")))
	}
	fmt.Fprintln(t, "VALUE")
	for _, each := range all {
		for _, name := range differ {
			fmt.Fprintf(t, "%s\t", each.Metric[name])
		}
		fmt.Fprintln(t, each.Value.value)
	}
	return t.Flush()
}

// samples writes every sample of each series.
func samples(w io.Writer, all []found) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, each := range all {
		fmt.Fprintln(t, named(each.Metric, slices.Sorted(maps.Keys(each.Metric))))
		for _, p := range each.Values {
			fmt.Fprintf(t, "  %s\t%s\n", time.UnixMilli(int64(p.time*1000)).Local().Format("2006-01-02 15:04:05.000"), p.value)
		}
	}
	return t.Flush()
}

// split returns the labels that every series has alike, as text, and the names
// of those that tell them apart; with one series, that is its own.
func split(all []found) (common string, differ []string) {
	names := make(map[string]bool)
	for _, each := range all {
		for name := range each.Metric {
			names[name] = true
		}
	}
	var alike []string
	for _, name := range slices.Sorted(maps.Keys(names)) {
		same := func(f found) bool { return f.Metric[name] == all[0].Metric[name] }
		if !slices.ContainsFunc(all, func(f found) bool { return !same(f) }) {
			alike = append(alike, name)
		} else {
			differ = append(differ, name)
		}
	}
	return named(all[0].Metric, alike), differ
}

// named writes some labels of a series as the query language does.
func named(metric map[string]string, names []string) string {
	metricName := ""
	var labels []string
	for _, name := range names {
		switch {
		case name == "__name__":
			metricName = metric[name]
		case metric[name] != "":
			labels = append(labels, name+"="+strconv.Quote(metric[name]))
		}
	}
	if len(labels) == 0 {
		return metricName
	}
	return metricName + "{" + strings.Join(labels, ", ") + "}"
}

// The size of a drawing where the terminal says nothing else.
const (
	defaultWidth  = 64
	defaultHeight = 14
	margin        = 12 // beside the drawing
)

// draw draws the series and says below which line is which.
func (q *querying) draw(w io.Writer, all []found, s span) error {
	style := chart.Style{Width: defaultWidth, Height: defaultHeight, Plain: q.plain(w), Zone: time.Local}
	if columns, err := strconv.Atoi(q.env("COLUMNS")); err == nil && columns > margin+20 {
		style.Width = min(columns-margin, 200)
	}
	common, differ := split(all)
	lines := make([]chart.Line, len(all))
	for i, each := range all {
		lines[i].Name = named(each.Metric, differ)
		for _, p := range each.Values {
			value, err := strconv.ParseFloat(p.value, 64)
			if err != nil {
				value = math.NaN()
			}
			lines[i].Points = append(lines[i].Points, chart.Point{Time: int64(math.Round(p.time * 1000)), Value: value})
		}
	}
	if common != "" {
		fmt.Fprintln(w, common)
	}
	if err := chart.Draw(w, lines, s.from, s.to, s.step, style); err != nil {
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i, line := range lines[:min(len(lines), chart.MaxLines)] {
		least, most, last := extremes(line.Points)
		fmt.Fprintf(t, "%s %s\tleast %s\tmost %s\tlast %s\n", style.Mark(i), line.Name, chart.Short(least), chart.Short(most), chart.Short(last))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if more := len(lines) - chart.MaxLines; more > 0 {
		fmt.Fprintf(w, "and %d more that are not drawn; topk(%d, …) chooses\n", more, chart.MaxLines)
	}
	return nil
}

func extremes(points []chart.Point) (least, most, last float64) {
	byValue := func(a, b chart.Point) int { return cmp.Compare(a.Value, b.Value) }
	return slices.MinFunc(points, byValue).Value, slices.MaxFunc(points, byValue).Value, points[len(points)-1].Value
}

// plain reports whether only ASCII is to be written: into a file or a pipe, and
// where the user says so.
func (q *querying) plain(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok || q.env("NO_COLOR") != "" || q.env("TERM") == "dumb" {
		return true
	}
	info, err := file.Stat()
	return err != nil || info.Mode()&os.ModeCharDevice == 0
}

// env returns a variable of the environment.
func (q *querying) env(name string) string {
	for _, each := range slices.Backward(q.program.Environ) {
		if value, ok := strings.CutPrefix(each, name+"="); ok {
			return value
		}
	}
	return ""
}
