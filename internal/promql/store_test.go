package promql_test

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"

	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/catalog"
	"github.com/unity-homelab/unity/internal/series/chunk"
	"github.com/unity-homelab/unity/internal/series/head"
	"github.com/unity-homelab/unity/internal/series/selection"
	"github.com/unity-homelab/unity/internal/series/tier"
)

// start is when the made-up measurements begin: a whole hour.
func start() time.Time { return time.Date(2026, 5, 6, 0, 0, 0, 0, time.UTC) }

// memory is a store in memory that notes how far back it is read.
type memory struct {
	*catalog.Catalog
	head  *head.Head
	codec *chunk.Codec
	reads *reads
}

// reads is what a store was asked for.
type reads struct {
	hints []storage.SelectHints
}

func newMemory() memory {
	codec := chunk.NewCodec()
	return memory{Catalog: catalog.New(), head: head.New(codec, 48*time.Hour), codec: codec, reads: &reads{}}
}

var _ series.Reader = memory{}

func (m memory) Blocks(_ context.Context, ids []series.ID, from, to int64) ([][]chunk.Block, error) {
	all := make([][]chunk.Block, len(ids))
	for i, id := range ids {
		all[i] = m.head.Blocks(nil, id, from, to)
	}
	return all, nil
}

func (m memory) Querier(from, to int64) (storage.Querier, error) {
	return noting{selection.New(m.Catalog, m, m.codec, from, to), m.reads}, nil
}

func (m memory) Latest(ctx context.Context, matchers ...*labels.Matcher) ([]series.Latest, error) {
	ids, err := m.Select(ctx, matchers...)
	latest := make([]series.Latest, 0, len(ids))
	for _, id := range ids {
		ls, _ := m.Labels(id)
		point, _ := m.head.Newest(id)
		latest = append(latest, series.Latest{Labels: ls, Point: point})
	}
	return latest, err
}

// add appends samples, in seconds after the start, to a series.
func (m memory) add(ls labels.Labels, points ...series.Point) {
	id := m.ID(ls)
	for _, p := range points {
		m.head.Append(id, p.Time, p.Value)
	}
}

// every adds a sample every so often, from one second after the start to
// another, both included. Its value is the second.
func (m memory) every(ls labels.Labels, interval, from, to int) {
	for at := from; at <= to; at += interval {
		m.add(ls, p(at, float64(at)))
	}
}

// p is a point so many seconds after the start.
func p(second int, value float64) series.Point {
	return series.Point{Time: start().UnixMilli() + int64(second)*1000, Value: value}
}

// of returns the labels of a metric of a source.
func of(name, source string, more ...string) labels.Labels {
	return labels.FromStrings(append([]string{series.NameLabel, name, "source", source}, more...)...)
}

// noting notes what is selected.
type noting struct {
	storage.Querier
	reads *reads
}

func (n noting) Select(ctx context.Context, sorted bool, hints *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	n.reads.hints = append(n.reads.hints, *hints)
	return n.Querier.Select(ctx, sorted, hints, matchers...)
}

// intervals are those of sources by name.
type intervals map[string]time.Duration

func (i intervals) Interval(ls labels.Labels) time.Duration { return i[ls.Get("source")] }

// tiered is a store that also has buckets, and none of the samples of before
// rawFrom.
type tiered struct {
	memory
	tiers   []series.Tier
	rawFrom time.Time
	asked   *[]time.Duration // steps of the buckets that were read
}

var _ series.Tiered = tiered{}

// Tiers implements series.Tiered.
func (s tiered) Tiers() []series.Tier { return s.tiers }

// Querier leaves out what is gone.
func (s tiered) Querier(from, to int64) (storage.Querier, error) {
	return s.memory.Querier(max(from, s.rawFrom.UnixMilli()), to)
}

// Buckets makes the buckets of samples as they are asked for.
func (s tiered) Buckets(step time.Duration, column tier.Column, from, to int64) (storage.Querier, error) {
	*s.asked = append(*s.asked, step)
	made := newMemory()
	for _, id := range s.head.IDs() {
		ls, _ := s.Labels(id)
		columns, err := s.codec.Merge(chunk.Columns{}, s.head.Blocks(nil, id, math.MinInt64, math.MaxInt64)...)
		if err != nil {
			return nil, err
		}
		made.add(ls, buckets(columns, step.Milliseconds(), column)...)
	}
	return selection.New(made.Catalog, made, made.codec, from, to), nil
}

// buckets is the plain way to make them: sample by sample.
func buckets(samples chunk.Columns, step int64, column tier.Column) []series.Point {
	if column == tier.Mean {
		means, counts := buckets(samples, step, tier.Sum), buckets(samples, step, tier.Count)
		for i := range means {
			means[i].Value /= counts[i].Value
		}
		return means
	}
	var points []series.Point
	for i, t := range samples.Times {
		v := samples.Values[i]
		end := (t + step - 1) / step * step
		first := len(points) == 0 || points[len(points)-1].Time != end
		if first {
			points = append(points, series.Point{Time: end, Value: map[tier.Column]float64{
				tier.Min: math.Inf(1), tier.Max: math.Inf(-1),
			}[column]})
		}
		last := &points[len(points)-1].Value
		switch column {
		case tier.Count:
			*last++
		case tier.Sum:
			*last += v
		case tier.Min:
			*last = min(*last, v)
		case tier.Max:
			*last = max(*last, v)
		case tier.Last:
			*last = v
		case tier.Increase:
			if i > 0 {
				*last += grown(samples.Values[i-1], v)
			}
		}
	}
	return points
}

// grown is how much a counter grew; one that got smaller began again.
func grown(before, after float64) float64 {
	if after < before {
		return after
	}
	return after - before
}

func within(t *testing.T, seconds int) time.Time {
	t.Helper()
	return start().Add(time.Duration(seconds) * time.Second)
}

// staleAt is the marker with which Prometheus ends a line.
func staleAt(second int) series.Point {
	return p(second, math.Float64frombits(value.StaleNaN))
}
