package promql

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/tier"
)

// sourceLabel is the label that names the source of a series.
const sourceLabel = "source"

// origin is what a selector is answered from; the zero value is the samples.
type origin struct {
	step   time.Duration
	column tier.Column
}

// queryable is what one query reads. It is not for use at the same time.
type queryable struct {
	reader    series.Reader
	intervals Intervals
	// lookback is that of the engine.
	lookback time.Duration
	// only keeps what is read to some sources; nil reads all.
	only *labels.Matcher
	// asIs leaves the engine's lookback as it is, the same for every series.
	asIs    bool
	origins map[*labels.Matcher]origin // by the matcher that marks the selector
	budget  int64                      // samples that may still be read
}

var _ storage.Queryable = (*queryable)(nil)

// Querier returns a querier for a span of time, both ends included.
func (q *queryable) Querier(from, to int64) (storage.Querier, error) {
	return &querier{queryable: q, from: from, to: to, open: make(map[origin]storage.Querier)}, nil
}

// querier reads from samples and buckets, as the selectors want it.
type querier struct {
	*queryable
	from, to int64
	open     map[origin]storage.Querier
}

// of returns the querier of an origin.
func (q *querier) of(o origin) (storage.Querier, error) {
	if opened, ok := q.open[o]; ok {
		return opened, nil
	}
	var opened storage.Querier
	var err error
	if tiered, ok := q.reader.(series.Tiered); ok && o.step > 0 {
		opened, err = tiered.Buckets(o.step, o.column, q.from, q.to)
	} else {
		opened, err = q.reader.Querier(q.from, q.to)
	}
	if err == nil {
		q.open[o] = opened
	}
	return opened, err
}

// Select returns the series that match.
func (q *querier) Select(
	ctx context.Context, sorted bool, hints *storage.SelectHints, matchers ...*labels.Matcher,
) storage.SeriesSet {
	from, matchers := q.marked(matchers)
	matchers = q.kept(matchers)
	inner, err := q.of(from)
	if err != nil {
		return storage.ErrSeriesSet(err)
	}
	if hints == nil {
		return inner.Select(ctx, sorted, nil, matchers...)
	}
	reading := selecting{
		querier: q, inner: inner, step: from.step, hints: *hints, matchers: matchers, paced: hints.Range == 0 && !q.asIs,
	}
	return reading.all(ctx, sorted)
}

// marked returns what a selector is answered from, and its matchers without
// the one that says so.
func (q *querier) marked(matchers []*labels.Matcher) (origin, []*labels.Matcher) {
	for i, m := range matchers {
		if from, ok := q.origins[m]; ok {
			return from, slices.Delete(slices.Clone(matchers), i, i+1)
		}
	}
	return origin{}, matchers
}

// kept returns the matchers and the one that keeps to some sources.
func (q *queryable) kept(matchers []*labels.Matcher) []*labels.Matcher {
	if q.only == nil {
		return matchers
	}
	return append(slices.Clip(matchers), q.only)
}

// LabelValues returns the values that a label has, sorted.
func (q *querier) LabelValues(
	ctx context.Context, name string, hints *storage.LabelHints, matchers ...*labels.Matcher,
) ([]string, annotations.Annotations, error) {
	inner, err := q.of(origin{})
	if err != nil {
		return nil, nil, err
	}
	return inner.LabelValues(ctx, name, hints, q.kept(matchers)...)
}

// LabelNames returns the names of all labels, sorted.
func (q *querier) LabelNames(
	ctx context.Context, hints *storage.LabelHints, matchers ...*labels.Matcher,
) ([]string, annotations.Annotations, error) {
	inner, err := q.of(origin{})
	if err != nil {
		return nil, nil, err
	}
	return inner.LabelNames(ctx, hints, q.kept(matchers)...)
}

// Close closes what was opened.
func (q *querier) Close() error {
	var all []error
	for _, opened := range q.open {
		all = append(all, opened.Close())
	}
	return errors.Join(all...)
}

// selecting is one selector at work.
type selecting struct {
	*querier
	inner    storage.Querier
	step     time.Duration // of the buckets
	hints    storage.SelectHints
	matchers []*labels.Matcher
	paced    bool // lines end by the pace of their source
}

// all returns the series of the selector. An instant selector must not read
// more of a series than its values stand, and they stand for long where the
// source is slow: so sources that reach back equally far are read together.
func (s selecting) all(ctx context.Context, sorted bool) storage.SeriesSet {
	if !s.paced || s.intervals == nil {
		return s.from(ctx, sorted, s.hints.Start, s.matchers)
	}
	sources, _, err := s.inner.LabelValues(ctx, sourceLabel, nil, s.matchers...)
	if err != nil {
		return storage.ErrSeriesSet(err)
	}
	byReach := make(map[int64][]string)
	failing := mayBeUp(s.matchers)
	for _, source := range sources {
		slowest := s.paceOf(labels.FromStrings(sourceLabel, source))
		slowest.failing = failing
		reach := slowest.reach()
		byReach[reach] = append(byReach[reach], source)
	}
	unknown := pace{}.reach()
	first := s.hints.Start + s.lookback.Milliseconds() - 1 // of the times that are asked for
	if len(byReach) <= 1 {
		reach := unknown
		for reach = range byReach { // there is one at most
			break
		}
		return s.from(ctx, sorted, max(s.hints.Start, first-reach), s.matchers)
	}
	byReach[unknown] = append(byReach[unknown], "") // series without a source
	sets := make([]storage.SeriesSet, 0, len(byReach))
	for _, reach := range slices.Sorted(maps.Keys(byReach)) {
		sets = append(sets, s.from(ctx, sorted, max(s.hints.Start, first-reach), append(slices.Clip(s.matchers), anyOf(byReach[reach]))))
	}
	if sorted {
		return storage.NewMergeSeriesSet(sets, 0, storage.ChainedSeriesMerge)
	}
	return &chain{sets: sets}
}

// only returns a matcher for the sources named; nil for none, which keeps to
// nothing.
func only(sources []string) *labels.Matcher {
	if len(sources) == 0 {
		return nil
	}
	return anyOf(sources)
}

// anyOf returns a matcher for the sources named.
func anyOf(sources []string) *labels.Matcher {
	if len(sources) == 1 {
		return labels.MustNewMatcher(labels.MatchEqual, sourceLabel, sources[0])
	}
	quoted := make([]string, len(sources))
	for i, source := range sources {
		quoted[i] = regexp.QuoteMeta(source)
	}
	return labels.MustNewMatcher(labels.MatchRegexp, sourceLabel, strings.Join(quoted, "|"))
}

// from selects series with their samples from a time on.
func (s selecting) from(ctx context.Context, sorted bool, start int64, matchers []*labels.Matcher) storage.SeriesSet {
	hints := s.hints
	hints.Start = start
	return &set{SeriesSet: s.inner.Select(ctx, sorted, &hints, matchers...), selecting: s, length: max(0, s.hints.End-start)}
}

func (s selecting) paceOf(ls labels.Labels) pace {
	interval := time.Duration(0)
	if s.intervals != nil {
		interval = s.intervals.Interval(ls)
	}
	return pace{interval: interval.Milliseconds(), step: s.step.Milliseconds(), failing: ls.Get(series.NameLabel) == upName}
}

// set goes through the series of a selector, takes what they may hold off the
// budget, and paces them.
type set struct {
	storage.SeriesSet
	selecting
	length int64 // of the time that is read
	pace   pace
	err    error
}

var _ storage.SeriesSet = (*set)(nil)

// Next goes to the next series.
func (s *set) Next() bool {
	if s.err != nil || !s.SeriesSet.Next() {
		return false
	}
	s.pace = s.paceOf(s.SeriesSet.At().Labels())
	every := max(cmp.Or(s.pace.interval, unknownInterval.Milliseconds()), s.pace.step)
	if s.budget -= s.length/every + 1; s.budget < 0 {
		s.err = fault.New(fault.Config, "the query would read too many samples").
			WithHint("ask for fewer series, for a shorter time, or with steps and windows of whole hours")
		return false
	}
	return true
}

// At returns the series that the set stands at.
func (s *set) At() storage.Series {
	if s.paced {
		return paced{Series: s.SeriesSet.At(), pace: s.pace}
	}
	return s.SeriesSet.At()
}

// Err returns what ended the set early.
func (s *set) Err() error {
	if s.err != nil {
		return s.err
	}
	return s.SeriesSet.Err()
}

// chain goes through sets that have no series in common, one after the other.
type chain struct {
	sets     []storage.SeriesSet
	warnings annotations.Annotations
}

var _ storage.SeriesSet = (*chain)(nil)

// Next goes to the next series.
func (c *chain) Next() bool {
	for {
		if c.sets[0].Next() {
			return true
		}
		if c.sets[0].Err() != nil || len(c.sets) == 1 {
			return false
		}
		c.warnings.Merge(c.sets[0].Warnings())
		c.sets = c.sets[1:]
	}
}

// At returns the series that the set stands at.
func (c *chain) At() storage.Series { return c.sets[0].At() }

// Err returns what ended the set early.
func (c *chain) Err() error { return c.sets[0].Err() }

// Warnings returns those of the sets that were gone through.
func (c *chain) Warnings() annotations.Annotations {
	return c.warnings.Merge(c.sets[0].Warnings())
}
