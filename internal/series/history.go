package series

import (
	"context"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/unity-homelab/unity/fault"
)

// Func is what a point of a history is of the samples in its step.
type Func string

// The functions.
const (
	Avg  Func = "avg"
	Min  Func = "min"
	Max  Func = "max"
	Last Func = "last"
	// Rate is the increase of a counter per second. A counter that got smaller
	// has started again from 0.
	Rate Func = "rate"
)

// Query asks for the history of series.
type Query struct {
	Matchers []*labels.Matcher
	From, To time.Time // both included
	// Step is the time between points. They lie on multiples of it since 1970
	// UTC, each at the beginning of the span it stands for. 0 gives the samples
	// themselves.
	Step time.Duration
	Func Func
}

// Range is the history of one series. A span without samples has no point.
type Range struct {
	Labels labels.Labels
	Points []Point
}

// rateLookback is how far before its beginning a history of rates looks for a
// sample to begin with.
const rateLookback = 5 * time.Minute

// History returns the history of every series that matches, sorted by labels.
func History(ctx context.Context, from storage.Queryable, q Query) ([]Range, error) {
	mint, maxt := q.From.UnixMilli(), q.To.UnixMilli()
	step := q.Step.Milliseconds()
	if step > 0 {
		mint -= mod(mint, step)
	}
	start := mint
	if q.Func == Rate {
		start -= max(step, rateLookback.Milliseconds())
	}
	querier, err := from.Querier(start, maxt)
	if err != nil {
		return nil, fault.Wrap(err, "reading samples")
	}
	defer querier.Close()

	var ranges []Range
	var it chunkenc.Iterator
	hints := &storage.SelectHints{Start: start, End: maxt, Step: step, Func: string(q.Func)}
	set := querier.Select(ctx, true, hints, q.Matchers...)
	for set.Next() {
		each := set.At()
		it = each.Iterator(it)
		points, err := q.points(it, mint, step)
		if err != nil {
			return nil, fault.Wrap(err, "reading samples of %s", each.Labels())
		}
		if len(points) > 0 {
			ranges = append(ranges, Range{Labels: each.Labels(), Points: points})
		}
	}
	if err := set.Err(); err != nil {
		return nil, fault.Wrap(err, "reading samples")
	}
	slices.SortFunc(ranges, func(a, b Range) int { return labels.Compare(a.Labels, b.Labels) })
	return ranges, nil
}

// points folds the samples of one series.
func (q Query) points(it chunkenc.Iterator, mint, step int64) ([]Point, error) {
	var points []Point
	var span span
	var previous Point
	havePrevious := false
	for it.Next() == chunkenc.ValFloat {
		t, v := it.At()
		if value.IsStaleNaN(v) {
			continue
		}
		now := Point{Time: t, Value: v}
		at := t
		if step > 0 {
			at = t - mod(t, step)
		}
		if t >= mint {
			if span.n > 0 && span.at != at {
				points = span.close(points, q.Func)
			}
			span.at = at
			span.add(now, previous, havePrevious, q.Func)
		}
		previous, havePrevious = now, true
	}
	if span.n > 0 {
		points = span.close(points, q.Func)
	}
	return points, it.Err()
}

// span gathers the samples between two multiples of the step.
type span struct {
	at             int64
	n              int
	sum, low, high float64
	last           float64
	seconds        float64 // that the increase took
}

func (s *span) add(now, previous Point, havePrevious bool, f Func) {
	v := now.Value
	if f == Rate {
		if !havePrevious || now.Time <= previous.Time {
			return
		}
		if v = now.Value - previous.Value; v < 0 {
			v = now.Value
		}
		s.seconds += float64(now.Time-previous.Time) / 1000
	}
	if s.n == 0 {
		s.low, s.high = v, v
	}
	s.n++
	s.sum += v
	s.low, s.high, s.last = min(s.low, v), max(s.high, v), v
}

// close appends the point that the span makes and begins another.
func (s *span) close(points []Point, f Func) []Point {
	point := Point{Time: s.at}
	switch f {
	case Min:
		point.Value = s.low
	case Max:
		point.Value = s.high
	case Last:
		point.Value = s.last
	case Rate:
		point.Value = s.sum / s.seconds
	default:
		point.Value = s.sum / float64(s.n)
	}
	*s = span{}
	return append(points, point)
}

// mod is the remainder towards negative infinity, so that times before 1970 lie
// on the same grid.
func mod(t, step int64) int64 {
	if r := t % step; r >= 0 {
		return r
	}
	return t%step + step
}
