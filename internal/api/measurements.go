package api

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/metric"
)

// Point is a value at a time, as [unix_ms, value]; a value of null ends a line
// at a gap.
type Point struct {
	Time  int64
	Value *float64
}

// MarshalJSON implements json.Marshaler.
func (p Point) MarshalJSON() ([]byte, error) {
	return json.Marshal([2]any{p.Time, p.Value})
}

// Schema implements huma.SchemaProvider.
func (Point) Schema(huma.Registry) *huma.Schema {
	two := 2
	return &huma.Schema{
		Type: huma.TypeArray, MinItems: &two, MaxItems: &two, Description: "[time in milliseconds since 1970 UTC, value or null at a gap]",
		Items: &huma.Schema{Type: huma.TypeNumber, Nullable: true},
	}
}

// Measurements are the newest samples of a source.
type Measurements struct {
	Time    time.Time `json:"time,omitzero" doc:"When they were taken; absent before the first run"`
	Samples []Sample  `json:"samples" nullable:"false"`
}

// Snapshot is the document that a run left behind.
type Snapshot struct {
	Time     time.Time       `json:"time"`
	Document json.RawMessage `json:"document"`
}

// Range is the history of several series on one grid.
type Range struct {
	StepSeconds float64         `json:"step_seconds"`
	TierSeconds float64         `json:"tier_seconds" doc:"The length of the buckets that the points were made of; 0 when they were made of samples"`
	Func        string          `json:"func" doc:"What each point is of the samples in its step"`
	Series      []SeriesHistory `json:"series" nullable:"false"`
}

// SeriesHistory is the history of one series.
type SeriesHistory struct {
	Labels map[string]string `json:"labels"`
	Points []Point           `json:"points" nullable:"false"`
}

func (s *server) registerMeasurements() {
	const tag = "Measurements"
	one := func(id, path, summary string) huma.Operation {
		op := operation(id, http.MethodGet, path, tag, summary)
		op.Errors = []int{http.StatusNotFound}
		return op
	}
	handle(s, one("get-latest", "/sources/{id}/latest", "Get the newest samples of a source"), s.getLatest)
	handle(s, one("get-snapshot", "/sources/{id}/snapshot", "Get the newest snapshot of a source"), s.getSnapshot)
	handle(s, one("get-history", "/sources/{id}/history", "Get the history of a metric of a source"), s.getHistory)
}

func (s *server) getLatest(_ context.Context, in *SourcePath) (*body[Measurements], error) {
	id := inventory.SourceID(in.ID)
	if _, err := s.Sources.Get(id); err != nil {
		return nil, err
	}
	at, samples, ok := s.Latest.Latest(id)
	if !ok {
		return &body[Measurements]{Body: Measurements{Samples: []Sample{}}}, nil
	}
	answer := Measurements{Time: time.UnixMilli(at).UTC(), Samples: make([]Sample, 0, len(samples))}
	for _, sample := range samples {
		answer.Samples = append(answer.Samples, sampleOf(sample))
	}
	return &body[Measurements]{Body: answer}, nil
}

type snapshotInput struct {
	SourcePath
	At time.Time `query:"at" doc:"The newest one at or before this time; now when absent"`
}

func (s *server) getSnapshot(ctx context.Context, in *snapshotInput) (*body[Snapshot], error) {
	id := inventory.SourceID(in.ID)
	if _, err := s.Sources.Get(id); err != nil {
		return nil, err
	}
	snapshot, err := s.History.Snapshot(ctx, id, in.At)
	if err != nil {
		return nil, err
	}
	return &body[Snapshot]{Body: Snapshot{Time: snapshot.Time.UTC(), Document: snapshot.Document}}, nil
}

type historyInput struct {
	SourcePath
	Metric string    `query:"metric" required:"true" maxLength:"200" doc:"Name of a metric of the plugin, or up"`
	Match  []string  `query:"match,explode" doc:"label:value; only series with it" maxItems:"20"`
	From   time.Time `query:"from" doc:"An hour before to when absent"`
	To     time.Time `query:"to" doc:"Now when absent"`
	Step   float64   `query:"step" minimum:"0" maximum:"31536000" doc:"Seconds between points; made from the range when 0 or absent"`
	Func   string    `query:"func" enum:"auto,avg,min,max,last,rate" default:"auto" doc:"What each point is of the samples in its step; auto takes rate for counters and avg for gauges"`
}

// maxPoints bounds the points of a series, which a screen could not show anyway.
const maxPoints = 11_000

// autoPoints is about how many points fit a chart.
const autoPoints = 300

func (s *server) getHistory(ctx context.Context, in *historyInput) (*body[Range], error) {
	source, err := s.Sources.Get(inventory.SourceID(in.ID))
	if err != nil {
		return nil, err
	}
	definition, interval, err := s.definition(source, in.Metric)
	if err != nil {
		return nil, err
	}
	query, err := in.query(definition, interval, s.Now())
	if err != nil {
		return nil, err
	}
	found, err := series.History(ctx, s.Series, query)
	if err != nil {
		return nil, err
	}
	answer := Range{StepSeconds: query.Step.Seconds(), Func: string(query.Func), Series: make([]SeriesHistory, 0, len(found))}
	if len(found) > 0 { // all are made the same way
		query.Step = found[0].Step
		answer.StepSeconds, answer.TierSeconds = query.Step.Seconds(), found[0].Tier.Seconds()
	}
	for _, each := range found {
		answer.Series = append(answer.Series, SeriesHistory{
			Labels: ownLabels(each.Labels), Points: withGaps(each.Points, query.Step, interval),
		})
	}
	return &body[Range]{Body: answer}, nil
}

// definition returns the declared metric and the interval of its source. The
// metric up, which Unity itself writes, belongs to every source.
func (s *server) definition(source inventory.Source, name string) (metric.Definition, time.Duration, error) {
	p, err := s.Sources.Plugin(source.Plugin)
	if err != nil {
		return metric.Definition{}, 0, err
	}
	m, interval := p.Manifest(), s.Sources.IntervalOf(source)
	if name == "up" {
		return metric.Definition{Name: name, Kind: metric.Gauge, Unit: metric.Bool}, interval, nil
	}
	definition, ok := m.Metric(name)
	if !ok {
		return metric.Definition{}, 0, fault.New(fault.NotFound, "%s has no metric %q", m.Name, name)
	}
	return definition, interval, nil
}

func (in *historyInput) query(definition metric.Definition, interval time.Duration, now time.Time) (series.Query, error) {
	to := in.To
	if to.IsZero() {
		to = now
	}
	from := in.From
	if from.IsZero() {
		from = to.Add(-time.Hour)
	}
	if !from.Before(to) {
		return series.Query{}, fault.New(fault.Config, "the range from %s to %s is empty", from.Format(time.RFC3339), to.Format(time.RFC3339))
	}
	step := seconds(in.Step)
	if step == 0 {
		step = autoStep(to.Sub(from), interval)
	}
	if to.Sub(from)/step > maxPoints {
		return series.Query{}, fault.New(fault.Config, "%v in steps of %v is more than %d points", to.Sub(from), step, maxPoints).
			WithHint("ask for a longer step or a shorter range")
	}
	matchers := []*labels.Matcher{
		labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, definition.Name),
		labels.MustNewMatcher(labels.MatchEqual, "source", in.ID),
	}
	for _, match := range in.Match {
		name, value, ok := strings.Cut(match, ":")
		if !ok {
			return series.Query{}, fault.New(fault.Config, "match %q is not label:value", match)
		}
		matchers = append(matchers, labels.MustNewMatcher(labels.MatchEqual, name, value))
	}
	return series.Query{Matchers: matchers, From: from, To: to, Step: step, Func: funcOf(in.Func, definition.Kind)}, nil
}

func funcOf(asked string, kind metric.Kind) series.Func {
	switch {
	case asked != "auto" && asked != "":
		return series.Func(asked)
	case kind == metric.Counter:
		return series.Rate
	default:
		return series.Avg
	}
}

// autoStep returns a round step that gives about as many points as a chart has
// room for, but none shorter than the source's interval.
func autoStep(length, interval time.Duration) time.Duration {
	wanted := max(length/autoPoints, interval, time.Second)
	for _, step := range []time.Duration{
		time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
		time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
		time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
	} {
		if step >= wanted {
			return step
		}
	}
	return 24 * time.Hour
}

// gapIntervals is how many intervals of its source a series may miss before its
// line is broken.
const gapIntervals = 2.5

// withGaps puts a null where a line must be broken.
func withGaps(points []series.Point, step, interval time.Duration) []Point {
	limit := max(step+step/2, time.Duration(gapIntervals*float64(interval))).Milliseconds()
	out := make([]Point, 0, len(points))
	for n, point := range points {
		if n > 0 && point.Time-points[n-1].Time > limit {
			out = append(out, Point{Time: points[n-1].Time + step.Milliseconds()})
		}
		out = append(out, Point{Time: point.Time, Value: &points[n].Value})
	}
	return out
}

// ownLabels leaves out what the request named already.
func ownLabels(all labels.Labels) map[string]string {
	own := make(map[string]string)
	all.Range(func(label labels.Label) {
		switch label.Name {
		case model.MetricNameLabel, "source", "host":
		default:
			own[label.Name] = label.Value
		}
	})
	return own
}

// sparkLength is the time that a sparkline shows.
const sparkLength = time.Hour

// addSpark adds the largest series of the plugin's first panel over the last
// hour to what is shown of a source. A list is worth more than its sparklines,
// so one that cannot be read is left out.
func (s *server) addSpark(ctx context.Context, to *Source, source inventory.Source) {
	p, err := s.Sources.Plugin(source.Plugin)
	if err != nil || len(p.Manifest().Panels) == 0 || len(p.Manifest().Panels[0].Queries) == 0 {
		return
	}
	panel := p.Manifest().Panels[0]
	first := panel.Queries[0]
	definition, interval, err := s.definition(source, first.Metric)
	if err != nil {
		return
	}
	in := historyInput{SourcePath: SourcePath{ID: string(source.ID)}, Func: "avg", Step: max(120, interval.Seconds())}
	if first.Rate {
		in.Func = "rate"
	}
	for name, value := range first.Match {
		in.Match = append(in.Match, name+":"+value)
	}
	now := s.Now()
	in.From, in.To = now.Add(-sparkLength), now
	query, err := in.query(definition, interval, now)
	if err != nil {
		return
	}
	found, err := series.History(ctx, s.Series, query)
	if err != nil || len(found) == 0 {
		return
	}
	busiest := slices.MaxFunc(found, func(a, b series.Range) int { return cmp.Compare(mean(a.Points), mean(b.Points)) })
	to.Spark, to.SparkTitle, to.SparkUnit = withGaps(busiest.Points, query.Step, interval), panel.Title, string(panel.Unit)
}

func mean(points []series.Point) float64 {
	sum := 0.0
	for _, point := range points {
		sum += point.Value
	}
	return sum / float64(max(len(points), 1))
}
