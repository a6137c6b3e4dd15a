package series

import (
	"context"
	"math"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/unity-homelab/unity/fault"
)

// Func says what becomes of the samples of one step.
type Func string

// The functions.
const (
	Avg  Func = "avg"
	Min  Func = "min"
	Max  Func = "max"
	Last Func = "last"
	// Rate is how fast a counter grows per second. A counter that got smaller
	// started again from zero.
	Rate Func = "rate"
)

// Funcs lists every function.
func Funcs() []Func { return []Func{Avg, Min, Max, Last, Rate} }

// Query asks for the history of the series that match.
type Query struct {
	Matchers []*labels.Matcher
	From, To time.Time // both included
	// Step is the length of the pieces of time that become a point each. They
	// begin at whole multiples of the step since 1970 UTC. A step of zero asks
	// for the samples as they are, whatever the function.
	//
	// A sample at which one step ends and the next begins belongs to the next;
	// where the answer is made of buckets, it belongs to the one that ends.
	Step time.Duration
	Func Func
}

// Range is the history of one series.
type Range struct {
	Labels labels.Labels
	// Points have the times at which their steps begin. A step without samples
	// has no point.
	Points []Point
	// Step is that of the points. It is longer than what was asked for where
	// only longer buckets are left.
	Step time.Duration
	// Tier is the step of the buckets that the points were made of; zero when
	// they were made of samples.
	Tier time.Duration
}

// rateLookback is how far before a query the sample may be from which a counter
// grew to its first one.
const rateLookback = 90 * time.Minute

// History answers a query, sorted by labels. Series without points are left out.
//
// Of a Tiered one it reads buckets instead of samples where the samples are gone,
// or where that is less work and whole buckets fit the steps.
func History(ctx context.Context, from storage.Queryable, query Query) ([]Range, error) {
	if err := query.validate(); err != nil {
		return nil, err
	}
	if tiered, ok := from.(Tiered); ok {
		if plan, ok := planOf(tiered.Tiers(), query); ok {
			return plan.history(ctx, tiered)
		}
	}
	return query.ofSamples(ctx, from)
}

// ofSamples answers a query by reading samples.
func (q Query) ofSamples(ctx context.Context, from storage.Queryable) ([]Range, error) {
	start, end := q.From.UnixMilli(), q.To.UnixMilli()
	read := start
	if q.Step > 0 && q.Func == Rate {
		read -= max(rateLookback, q.Step).Milliseconds()
	}
	querier, err := from.Querier(read, end)
	if err != nil {
		return nil, fault.Wrap(err, "opening a query")
	}
	return q.each(ctx, querier, read, func(it chunkenc.Iterator) []Point { return q.points(it, start) })
}

// each makes points of what a querier finds, and closes it.
func (q Query) each(
	ctx context.Context, querier storage.Querier, read int64, points func(chunkenc.Iterator) []Point,
) ([]Range, error) {
	defer func() { _ = querier.Close() }()
	hints := &storage.SelectHints{
		Start: read, End: q.To.UnixMilli(), Step: q.Step.Milliseconds(), Func: string(q.Func),
	}
	found := querier.Select(ctx, true, hints, q.Matchers...)
	var ranges []Range
	var it chunkenc.Iterator
	for found.Next() {
		one := found.At()
		it = one.Iterator(it)
		points := points(it)
		if err := it.Err(); err != nil {
			return nil, fault.Wrap(err, "reading history")
		}
		if len(points) > 0 {
			ranges = append(ranges, Range{Labels: one.Labels(), Points: points, Step: q.Step})
		}
	}
	return ranges, fault.Wrap(found.Err(), "reading history")
}

func (q Query) validate() error {
	switch q.Func {
	case Avg, Min, Max, Last, Rate:
	default:
		if q.Step > 0 {
			return fault.New(fault.Config, "there is no function %q", q.Func).
				WithHint("Use one of %v.", Funcs())
		}
	}
	if q.Step < 0 || q.Step > 0 && q.Step < time.Millisecond {
		return fault.New(fault.Config, "a step of %v is too short", q.Step)
	}
	if q.To.Before(q.From) {
		return fault.New(fault.Config, "the history ends before it begins")
	}
	return nil
}

// points goes through the samples of one series.
func (q Query) points(it chunkenc.Iterator, start int64) []Point {
	switch {
	case q.Step == 0:
		return rawPoints(it)
	case q.Func == Rate:
		return ratePoints(it, start, q.Step.Milliseconds())
	default:
		return gaugePoints(it, q.Func, q.Step.Milliseconds())
	}
}

func rawPoints(it chunkenc.Iterator) []Point {
	var points []Point
	for it.Next() != chunkenc.ValNone {
		t, v := it.At()
		points = append(points, Point{Time: t, Value: v})
	}
	return points
}

// begin returns the time at which the step of t begins, and the next one's.
func begin(t, step int64) (from, to int64) {
	from = t - t%step
	if t < 0 && t%step != 0 {
		from -= step
	}
	return from, from + step
}

func gaugePoints(it chunkenc.Iterator, function Func, step int64) []Point {
	var points []Point
	var from, to int64
	var sum, least, most, last float64
	count := 0
	finish := func() {
		if count == 0 {
			return
		}
		value := last
		switch function {
		case Avg:
			value = sum / float64(count)
		case Min:
			value = least
		case Max:
			value = most
		case Last, Rate:
		}
		points = append(points, Point{Time: from, Value: value})
	}
	for it.Next() != chunkenc.ValNone {
		t, v := it.At()
		if math.IsNaN(v) {
			continue
		}
		if count == 0 || t >= to {
			finish()
			from, to = begin(t, step)
			sum, least, most, count = 0, v, v, 0
		}
		sum += v
		least, most, last = min(least, v), max(most, v), v
		count++
	}
	finish()
	return points
}

// ratePoints divides what the counter grew up to each sample of a step by the
// time that took. So a step after a gap has the average of the gap, and a reset
// costs what was counted between the last sample before it and the reset.
func ratePoints(it chunkenc.Iterator, start, step int64) []Point {
	var points []Point
	from, to := int64(0), int64(math.MinInt64)
	var grown, seconds float64
	finish := func() {
		if seconds > 0 {
			points = append(points, Point{Time: from, Value: grown / seconds})
		}
	}
	var before Point
	known := false
	for it.Next() != chunkenc.ValNone {
		t, v := it.At()
		if math.IsNaN(v) {
			continue
		}
		if known && t >= start {
			if t >= to {
				finish()
				from, to = begin(t, step)
				grown, seconds = 0, 0
			}
			more := v - before.Value
			if more < 0 {
				more = v
			}
			grown += more
			seconds += float64(t-before.Time) / 1000
		}
		before, known = Point{Time: t, Value: v}, true
	}
	finish()
	return points
}
