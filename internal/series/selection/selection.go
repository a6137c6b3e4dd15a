// Package selection reads series the way the Prometheus query engine asks for
// them, from whatever holds their blocks.
//
// Blocks are fetched for a few series at a time, and unpacked one at a time, so
// that a query takes few round trips and little memory however much it reads.
package selection

import (
	"cmp"
	"context"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/util/annotations"

	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/chunk"
)

// Source holds blocks.
type Source interface {
	// Blocks returns for each of some series the blocks that touch a span of
	// time. Where two hold a sample with the same time, the later in the list is
	// right.
	Blocks(ctx context.Context, ids []series.ID, from, to int64) ([][]chunk.Block, error)
}

// Catalog knows every series.
type Catalog interface {
	// Select returns the series that match, by ascending ID.
	Select(ctx context.Context, matchers ...*labels.Matcher) ([]series.ID, error)
	// Labels returns the labels of a series; false when there is no such ID.
	Labels(id series.ID) (labels.Labels, bool)
	// LabelNames and LabelValues speak of the series that match, sorted.
	LabelNames(ctx context.Context, matchers ...*labels.Matcher) ([]string, error)
	LabelValues(ctx context.Context, name string, matchers ...*labels.Matcher) ([]string, error)
}

// Querier reads the series of a catalog from a source.
type Querier struct {
	catalog  Catalog
	source   Source
	codec    *chunk.Codec
	from, to int64
}

var _ storage.Querier = (*Querier)(nil)

// New returns a querier for a span of time, both ends included.
func New(c Catalog, source Source, codec *chunk.Codec, from, to int64) *Querier {
	return &Querier{catalog: c, source: source, codec: codec, from: from, to: to}
}

// Select returns the series that match and have samples.
func (q *Querier) Select(
	ctx context.Context, sorted bool, hints *storage.SelectHints, matchers ...*labels.Matcher,
) storage.SeriesSet {
	ids, err := q.catalog.Select(ctx, matchers...)
	if err != nil {
		return storage.ErrSeriesSet(err)
	}
	from, to := q.from, q.to
	if hints != nil {
		from, to = max(from, hints.Start), min(to, hints.End)
	}
	all := make([]*oneSeries, 0, len(ids))
	for _, id := range ids {
		if ls, ok := q.catalog.Labels(id); ok {
			all = append(all, &oneSeries{querier: q, id: id, labels: ls, from: from, to: to})
		}
	}
	if sorted {
		slices.SortFunc(all, func(a, b *oneSeries) int { return labels.Compare(a.labels, b.labels) })
	}
	if hints != nil && hints.Limit > 0 {
		all = all[:min(len(all), hints.Limit)]
	}
	found := &set{ctx: ctx, source: q.source, series: all, at: -1, ahead: firstAhead}
	if len(all) > 1 {
		found.unpacking = &ahead{ctx: ctx, codec: q.codec}
	}
	return found
}

// LabelValues returns the values that a label has, sorted.
func (q *Querier) LabelValues(
	ctx context.Context, name string, hints *storage.LabelHints, matchers ...*labels.Matcher,
) ([]string, annotations.Annotations, error) {
	values, err := q.catalog.LabelValues(ctx, name, matchers...)
	return limited(values, hints), nil, err
}

// LabelNames returns the names of all labels, sorted.
func (q *Querier) LabelNames(
	ctx context.Context, hints *storage.LabelHints, matchers ...*labels.Matcher,
) ([]string, annotations.Annotations, error) {
	names, err := q.catalog.LabelNames(ctx, matchers...)
	return limited(names, hints), nil, err
}

// Close does nothing: a querier holds nothing open.
func (q *Querier) Close() error { return nil }

func limited(all []string, hints *storage.LabelHints) []string {
	if hints != nil && hints.Limit > 0 {
		return all[:min(len(all), hints.Limit)]
	}
	return all
}

// set goes through the selected series and leaves out those without samples.
type set struct {
	// ctx is that of Select: the storage interface hands over none later.
	ctx    context.Context //nolint:containedctx // see above
	source Source
	series []*oneSeries
	at     int
	loaded int // so many of series have their blocks
	ahead  int // so many get theirs the next time
	err    error
	// unpacking does so while the series before are gone through; nil when there
	// are none.
	unpacking *ahead
}

// How many series get their blocks at once: few at first, then as many as have
// about so many bytes.
const (
	firstAhead = 8
	maxAhead   = 512
	aheadBytes = 4 << 20
)

// Next goes to the next series that has samples.
func (s *set) Next() bool {
	for s.err == nil && s.at+1 < len(s.series) {
		s.at++
		if s.at >= s.loaded {
			if s.err = s.load(); s.err != nil {
				return false
			}
		}
		if len(s.series[s.at].groups) > 0 {
			return true
		}
		s.series[s.at] = nil
	}
	return false
}

// load fetches the blocks of the series from at on.
func (s *set) load() error {
	some := s.series[s.at:min(s.at+s.ahead, len(s.series))]
	ids := make([]series.ID, len(some))
	for i, one := range some {
		ids[i] = one.id
	}
	all, err := s.source.Blocks(s.ctx, ids, some[0].from, some[0].to)
	if err != nil {
		return err
	}
	bytes := 0
	for i, one := range some {
		one.groups, one.unpacking = group(all[i]), s.unpacking
		for _, block := range all[i] {
			bytes += len(block.Data) + blockCost + sampleCost*block.Open.Len()
		}
	}
	if s.unpacking != nil {
		s.unpacking.add(some)
	}
	s.loaded = s.at + len(some)
	s.ahead = min(max(firstAhead, len(some)*aheadBytes/(bytes+1)), maxAhead)
	return nil
}

// blockCost and sampleCost are about how many bytes a block and an open sample
// take.
const (
	blockCost  = 64
	sampleCost = 16
)

// At returns the series that the set stands at.
func (s *set) At() storage.Series { return s.series[s.at] }

// Err returns what ended the set early.
func (s *set) Err() error { return s.err }

// Warnings returns none: there is nothing to warn of.
func (s *set) Warnings() annotations.Annotations { return nil }

// oneSeries is a selected series with its blocks.
type oneSeries struct {
	querier  *Querier
	id       series.ID
	labels   labels.Labels
	from, to int64
	groups   [][]chunk.Block
	// unpacking unpacks the first groups, and keeps them in ahead.
	unpacking *ahead
	ahead     unpacked
}

// Labels returns the labels of the series.
func (s *oneSeries) Labels() labels.Labels { return s.labels }

// group puts blocks that overlap together, and orders the groups by time.
// Within a group blocks stay in the order in which they were written.
func group(blocks []chunk.Block) [][]chunk.Block {
	if ordered(blocks) {
		groups := make([][]chunk.Block, len(blocks))
		for i := range blocks {
			groups[i] = blocks[i : i+1]
		}
		return groups
	}
	type aged struct {
		age int
		chunk.Block
	}
	byStart := make([]aged, len(blocks))
	for i, block := range blocks {
		byStart[i] = aged{i, block}
	}
	slices.SortStableFunc(byStart, func(a, b aged) int { return cmp.Compare(a.Start, b.Start) })
	var groups [][]chunk.Block
	for i := 0; i < len(byStart); {
		end, j := byStart[i].End, i+1
		for ; j < len(byStart) && byStart[j].Start <= end; j++ {
			end = max(end, byStart[j].End)
		}
		members := byStart[i:j]
		slices.SortFunc(members, func(a, b aged) int { return cmp.Compare(a.age, b.age) })
		one := make([]chunk.Block, len(members))
		for k, member := range members {
			one[k] = member.Block
		}
		groups = append(groups, one)
		i = j
	}
	return groups
}

func ordered(blocks []chunk.Block) bool {
	for i := 1; i < len(blocks); i++ {
		if blocks[i].Start <= blocks[i-1].End {
			return false
		}
	}
	return true
}

// Iterator goes through the samples of the series.
func (s *oneSeries) Iterator(reuse chunkenc.Iterator) chunkenc.Iterator {
	it, ok := reuse.(*iterator)
	if !ok {
		it = &iterator{}
	}
	it.reset(s)
	return it
}
