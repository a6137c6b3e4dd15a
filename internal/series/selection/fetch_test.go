package selection_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/chunk"
	"github.com/unity-homelab/unity/internal/series/selection"
)

// empty reports whether filled gives a series no samples.
func empty(i int) bool { return i%7 == 3 }

func TestAWindowReadsSeriesWhileOthersAreFetched(t *testing.T) {
	t.Parallel()
	querier, _ := filled(t)
	all := selectedFor(t.Context(), t, querier, windows())
	if len(all) != many {
		t.Fatalf("%d series are found", len(all))
	}
	var it chunkenc.Iterator
	for i, one := range slices.Backward(all) {
		if !empty(i) {
			it = read(t, one, it)
			continue
		}
		if it = one.Iterator(it); it.Next() != chunkenc.ValNone || it.Err() != nil {
			t.Errorf("%s has a sample, or says %v", one.Labels(), it.Err())
		}
	}
	var together sync.WaitGroup
	for i, one := range selectedFor(t.Context(), t, querier, windows()) {
		if !empty(i) {
			together.Go(func() { read(t, one, nil) })
		}
	}
	together.Wait()
}

var errAway = errors.New("the disk is away")

// breaking is a source that cannot read a series.
type breaking struct {
	packed
	broken series.ID
}

func (b breaking) Blocks(ctx context.Context, ids []series.ID, from, to int64) ([][]chunk.Block, error) {
	if slices.Contains(ids, b.broken) {
		return nil, errAway
	}
	return b.packed.Blocks(ctx, ids, from, to)
}

func TestWhatCannotBeFetchedIsSaidWhereItIsRead(t *testing.T) {
	t.Parallel()
	all, source := names(), packed{}
	codec := chunk.NewCodec()
	querier := selection.New(all, breaking{source, many - 5}, codec, math.MinInt64, math.MaxInt64)
	found := selectedFor(t.Context(), t, querier, windows())
	first, last := found[0].Iterator(nil), found[many-1].Iterator(nil)
	if first.Next() != chunkenc.ValNone || first.Err() != nil {
		t.Errorf("of the first it says %v", first.Err())
	}
	if last.Seek(1) != chunkenc.ValNone || !errors.Is(last.Err(), errAway) {
		t.Errorf("of the last it says %v", last.Err())
	}
}

func TestNobodyWaitsWhenTheQueryIsOver(t *testing.T) {
	t.Parallel()
	querier, _ := filled(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, one := range selectedFor(ctx, t, querier, windows()) {
		it := one.Iterator(nil)
		if it.Next() != chunkenc.ValNone || !errors.Is(it.Err(), context.Canceled) {
			t.Errorf("of %s it says %v", one.Labels(), it.Err())
		}
	}
}

// remembering is a source that knows which series ended.
type remembering struct{ packed }

var _ selection.Remembering = remembering{}

func (r remembering) Since(_ context.Context, ids []series.ID, from int64) ([]series.ID, error) {
	return slices.DeleteFunc(ids, func(id series.ID) bool {
		blocks := r.packed[id]
		return len(blocks) == 0 || blocks[len(blocks)-1].End < from
	}), nil
}

func TestAWindowLeavesOutWhatEndedBeforeIt(t *testing.T) {
	t.Parallel()
	_, source := filled(t)
	querier := selection.New(names(), remembering{source}, chunk.NewCodec(), math.MinInt64, math.MaxInt64)
	for _, test := range []struct {
		from int64
		want int
	}{
		{0, many - many/7 - 1},
		{points - 1, many - many/7 - 1},
		{points, 0},
	} {
		hints := &storage.SelectHints{Start: test.from, End: math.MaxInt64, Range: 1}
		if found := selectedFor(t.Context(), t, querier, hints); len(found) != test.want {
			t.Errorf("from %d on %d series are found, not %d", test.from, len(found), test.want)
		}
	}
}

// names returns the labels of the series that filled makes.
func names() known {
	var all known
	for i := range many {
		all = append(all, labels.FromStrings(series.NameLabel, "m", "i", number(i)))
	}
	return all
}
