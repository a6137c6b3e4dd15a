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

// Remembering is a Source that knows how far series go.
type Remembering interface {
	// Since returns those of some series that may have a sample at a time or
	// behind it, in the same order.
	Since(ctx context.Context, ids []series.ID, from int64) ([]series.ID, error)
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

// Select returns the series that match and have samples; with hints of a range,
// also some that have none.
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
	// A window over time makes nothing of a series without samples. So those
	// need not be left out, and nobody has to wait until that is known.
	ranged := hints != nil && hints.Range > 0 && hints.Limit == 0
	if source, ok := q.source.(Remembering); ok && ranged {
		if ids, err = source.Since(ctx, ids, from); err != nil {
			return storage.ErrSeriesSet(err)
		}
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
	fetching := newFetch(ctx, q.source, all)
	if len(all) > 1 {
		fetching.unpacking = &ahead{ctx: ctx, codec: q.codec}
	}
	if ranged {
		return &late{fetch: fetching, at: -1}
	}
	return &set{fetch: fetching, at: -1}
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

// oneSeries is a selected series with its blocks.
type oneSeries struct {
	querier  *Querier
	id       series.ID
	labels   labels.Labels
	from, to int64
	// fetch knows when the groups are there, of a series that is late.
	fetch  *fetch
	number int
	groups [][]chunk.Block
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
	if s.fetch != nil {
		it.err = s.fetch.wait(s.number)
	}
	return it
}
