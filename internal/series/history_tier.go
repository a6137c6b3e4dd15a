package series

import (
	"context"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/series/tier"
)

// worthwhile is how long a history must be for buckets to be less work than
// samples. Shorter ones take no time anyway.
const worthwhile = 24 * time.Hour

// plan is a query that buckets answer. Those whose steps are whole multiples of
// a bucket are made of whole buckets. The first and the last step of a query are
// rarely asked for as a whole: they are made of samples as long as these are
// there, and else they are whole, whatever was asked for.
type plan struct {
	query      Query
	step       time.Duration // of the buckets
	first, end int64         // buckets answer behind first up to end
	head, tail bool          // samples answer what is before, and behind
}

// planOf makes a plan, when buckets should answer a query.
func planOf(tiers []Tier, query Query) (plan, bool) {
	if len(tiers) < 2 || query.Step == 0 {
		return plan{}, false
	}
	from, to := query.From.UnixMilli(), query.To.UnixMilli()
	raw, coarser := tiers[0], tiers[1:]
	gone := from < raw.Since
	best := -1
	for i, one := range coarser {
		fits := query.Step%one.Step == 0
		switch {
		case !gone:
			// Making buckets only for this takes longer than the samples do.
			written := one.Until >= from+(to-from)/2
			if fits && written && query.To.Sub(query.From) >= worthwhile && one.Since <= from {
				best = i
			}
		case best < 0 || one.Since <= from && (fits || coarser[best].Since > from):
			best = i
		case one.Since > from && coarser[best].Since > one.Since: // neither reaches back far enough
			best = i
		}
	}
	if best < 0 {
		return plan{}, false
	}
	p := plan{query: query, step: coarser[best].Step}
	if rest := query.Step % p.step; rest > 0 {
		p.query.Step += p.step - rest
	}
	width := p.query.Step.Milliseconds()
	p.first, _ = begin(from, width)
	if !gone && p.first < from {
		p.head = true
		p.first += width
	}
	p.end, _ = begin(to, width)
	if p.tail = p.end >= raw.Since; !p.tail {
		p.end += width
	}
	return p, p.first < p.end
}

// history carries a plan out.
func (p plan) history(ctx context.Context, from Tiered) ([]Range, error) {
	ranges, err := p.middle(ctx, from)
	if err != nil {
		return nil, err
	}
	if p.head {
		head, err := p.edge(ctx, from, p.query.From.UnixMilli(), p.first)
		if err != nil {
			return nil, err
		}
		ranges = join(head, ranges)
	}
	if p.tail && p.end < p.query.To.UnixMilli() {
		tail, err := p.edge(ctx, from, p.end+1, p.query.To.UnixMilli())
		if err != nil {
			return nil, err
		}
		ranges = join(ranges, tail)
	}
	for i := range ranges {
		ranges[i].Step, ranges[i].Tier = p.query.Step, p.step
	}
	return ranges, nil
}

// edge answers from samples, but with steps that end like buckets.
func (p plan) edge(ctx context.Context, from Tiered, start, end int64) ([]Range, error) {
	query := p.query
	query.From, query.To = time.UnixMilli(start), time.UnixMilli(end)
	read := start
	if query.Func == Rate {
		read -= max(rateLookback, query.Step).Milliseconds()
	}
	querier, err := from.Querier(read, end)
	if err != nil {
		return nil, fault.Wrap(err, "opening a query")
	}
	return query.each(ctx, querier, read, func(it chunkenc.Iterator) []Point {
		return query.points(earlier{it}, start-1)
	})
}

// earlier moves samples a millisecond back, so that one at the end of a step
// belongs to it.
type earlier struct{ chunkenc.Iterator }

// At returns the sample that the iterator stands at.
func (e earlier) At() (int64, float64) {
	t, v := e.Iterator.At()
	return t - 1, v
}

// middle answers from buckets.
func (p plan) middle(ctx context.Context, from Tiered) ([]Range, error) {
	query := p.query
	query.From, query.To = time.UnixMilli(p.first+1), time.UnixMilli(p.end)
	read := p.first + 1
	column := func(column tier.Column, points func(it chunkenc.Iterator) []Point) ([]Range, error) {
		querier, err := from.Buckets(p.step, column, read, p.end)
		if err != nil {
			return nil, fault.Wrap(err, "opening a query")
		}
		return query.each(ctx, querier, read, points)
	}
	gauge := func(function Func) func(it chunkenc.Iterator) []Point {
		return func(it chunkenc.Iterator) []Point {
			return gaugePoints(earlier{it}, function, query.Step.Milliseconds())
		}
	}
	total := func(it chunkenc.Iterator) []Point { return p.totals(earlier{it}) }
	switch query.Func {
	case Min:
		return column(tier.Min, gauge(Min))
	case Max:
		return column(tier.Max, gauge(Max))
	case Last:
		return column(tier.Last, gauge(Last))
	case Rate:
		// The bucket before tells since when the first one counts.
		read = p.first + 1 - tier.Lookback.Milliseconds()
		return column(tier.Increase, p.rates)
	default:
		sums, err := column(tier.Sum, total)
		if err != nil {
			return nil, err
		}
		counts, err := column(tier.Count, total)
		return divide(sums, counts), err
	}
}

// totals adds up what is in each step.
func (p plan) totals(it chunkenc.Iterator) []Point {
	var points []Point
	width := p.query.Step.Milliseconds()
	for it.Next() != chunkenc.ValNone {
		t, v := it.At()
		start, _ := begin(t, width)
		if n := len(points); n > 0 && points[n-1].Time == start {
			points[n-1].Value += v
		} else {
			points = append(points, Point{Time: start, Value: v})
		}
	}
	return points
}

// rates divides how much a counter grew in the buckets of each step by how long
// that took: since the end of the bucket before, as a bucket counts from the
// last sample in that.
func (p plan) rates(it chunkenc.Iterator) []Point {
	var points []Point
	width := p.query.Step.Milliseconds()
	var grown, seconds float64
	var before int64
	known := false
	finish := func() {
		if n := len(points); n > 0 {
			points[n-1].Value = grown / seconds
		}
	}
	for it.Next() != chunkenc.ValNone {
		t, v := it.At()
		took := p.step
		if gap := time.Duration(t-before) * time.Millisecond; known && gap <= tier.Lookback {
			took = gap
		}
		before, known = t, true
		if t <= p.first {
			continue
		}
		start, _ := begin(t-1, width)
		if n := len(points); n == 0 || points[n-1].Time != start {
			finish()
			points = append(points, Point{Time: start})
			grown, seconds = 0, 0
		}
		grown += v
		seconds += took.Seconds()
	}
	finish()
	return points
}

// join puts two answers together, of which the second begins where the first
// ends.
func join(a, b []Range) []Range {
	var all []Range
	for len(a) > 0 && len(b) > 0 {
		switch order := labels.Compare(a[0].Labels, b[0].Labels); {
		case order < 0:
			all, a = append(all, a[0]), a[1:]
		case order > 0:
			all, b = append(all, b[0]), b[1:]
		default:
			one := a[0]
			one.Points = slices.Concat(a[0].Points, b[0].Points)
			all, a, b = append(all, one), a[1:], b[1:]
		}
	}
	return slices.Concat(all, a, b)
}

// divide divides what two answers have both: something may have come between
// them.
func divide(sums, counts []Range) []Range {
	averages := sums[:0]
	for _, one := range sums {
		for len(counts) > 0 && labels.Compare(counts[0].Labels, one.Labels) < 0 {
			counts = counts[1:]
		}
		if len(counts) == 0 || !labels.Equal(counts[0].Labels, one.Labels) {
			continue
		}
		points, by := one.Points[:0], counts[0].Points
		for _, sum := range one.Points {
			for len(by) > 0 && by[0].Time < sum.Time {
				by = by[1:]
			}
			if len(by) > 0 && by[0].Time == sum.Time {
				points = append(points, Point{Time: sum.Time, Value: sum.Value / by[0].Value})
			}
		}
		if one.Points = points; len(points) > 0 {
			averages = append(averages, one)
		}
	}
	return averages
}
