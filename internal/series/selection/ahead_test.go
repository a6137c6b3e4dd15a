package selection_test

import (
	"context"
	"math"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/chunk"
	"github.com/unity-homelab/unity/internal/series/selection"
)

const (
	many     = 60
	points   = 3000 // of a series
	perBlock = 700
)

// packed holds blocks by series.
type packed map[series.ID][]chunk.Block

func (p packed) Blocks(ctx context.Context, ids []series.ID, _, _ int64) ([][]chunk.Block, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	all := make([][]chunk.Block, len(ids))
	for i, id := range ids {
		all[i] = p[id]
	}
	return all, nil
}

// number returns what the label i of a series is: it sorts as the series do.
func number(i int) string { return strconv.Itoa(100 + i) }

// known are series by their numbers, from 1.
type known []labels.Labels

func (k known) Select(context.Context, ...*labels.Matcher) ([]series.ID, error) {
	ids := make([]series.ID, len(k))
	for i := range k {
		ids[i] = series.ID(i + 1)
	}
	return ids, nil
}

func (k known) Labels(id series.ID) (labels.Labels, bool) { return k[id-1], true }

func (known) LabelNames(context.Context, ...*labels.Matcher) ([]string, error) { return nil, nil }

func (known) LabelValues(context.Context, string, ...*labels.Matcher) ([]string, error) {
	return nil, nil
}

// at is the value of a series at a time.
func at(id series.ID, t int64) float64 { return float64(int64(id)*1_000_000 + t*t%9973) }

// filled returns a querier over many series, of which every seventh has nothing.
func filled(t *testing.T) (*selection.Querier, packed) {
	t.Helper()
	codec, source := chunk.NewCodec(), packed{}
	for i := range many {
		id := series.ID(i + 1)
		if empty(i) {
			continue
		}
		for from := int64(0); from < points; from += perBlock {
			var columns chunk.Columns
			for when := from; when < min(from+perBlock, points); when++ {
				columns.Append(when, at(id, when))
			}
			source[id] = append(source[id], codec.Pack(columns, chunk.Smallest))
		}
	}
	return selection.New(names(), source, codec, math.MinInt64, math.MaxInt64), source
}

// selected returns all series that a querier finds.
func selected(ctx context.Context, t *testing.T, querier *selection.Querier) []storage.Series {
	t.Helper()
	return selectedFor(ctx, t, querier, nil)
}

// windows returns the hints of a selector with a range.
func windows() *storage.SelectHints {
	return &storage.SelectHints{Start: math.MinInt64, End: math.MaxInt64, Range: 1}
}

func selectedFor(ctx context.Context, t *testing.T, querier *selection.Querier, hints *storage.SelectHints) []storage.Series {
	t.Helper()
	found := querier.Select(ctx, true, hints, labels.MustNewMatcher(labels.MatchEqual, series.NameLabel, "m"))
	var all []storage.Series
	for found.Next() {
		all = append(all, found.At())
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// read returns the values of a series, and wants those that it has.
func read(t *testing.T, one storage.Series, it chunkenc.Iterator) chunkenc.Iterator {
	t.Helper()
	number, err := strconv.Atoi(one.Labels().Get("i"))
	if err != nil {
		t.Fatal(err)
	}
	id := series.ID(number - 100 + 1)
	it = one.Iterator(it)
	var got, want []float64
	for it.Next() != chunkenc.ValNone {
		_, v := it.At()
		got = append(got, v)
	}
	for t := range int64(points) {
		want = append(want, at(id, t))
	}
	if !slices.Equal(want, got) || it.Err() != nil {
		t.Errorf("series %d has %d samples, %v: %s", id, len(got), it.Err(), cmp.Diff(want, got))
	}
	return it
}

func TestSeriesReadTheSameInAnyOrder(t *testing.T) {
	t.Parallel()
	querier, _ := filled(t)
	all := selected(t.Context(), t, querier)
	if len(all) != many-many/7-1 {
		t.Fatalf("%d series are found", len(all))
	}
	var it chunkenc.Iterator
	for _, one := range all {
		it = read(t, one, it)
	}
	for _, one := range slices.Backward(all) { // once more
		it = read(t, one, it)
	}
	for _, one := range slices.Backward(selected(t.Context(), t, querier)) {
		it = read(t, one, it)
	}
	var together sync.WaitGroup
	for i, one := range selected(t.Context(), t, querier) {
		for range 1 + i%2 {
			together.Go(func() { read(t, one, nil) })
		}
	}
	together.Wait()
}

func TestSeekingFindsWhatIsUnpackedAndWhatIsNot(t *testing.T) {
	t.Parallel()
	querier, _ := filled(t)
	for _, target := range []int64{0, 1, perBlock - 1, perBlock, 4 * perBlock, points - 1} {
		for _, one := range selected(t.Context(), t, querier) {
			it := one.Iterator(nil)
			if target%2 == 1 && it.Next() == chunkenc.ValNone {
				t.Fatal("there is nothing")
			}
			if it.Seek(target) == chunkenc.ValNone || it.AtT() != target {
				t.Errorf("looking for %d finds %d", target, it.AtT())
			}
		}
	}
}

func TestADamagedBlockIsSaidWhereItIs(t *testing.T) {
	t.Parallel()
	querier, source := filled(t)
	source[20][1].Data = source[20][1].Data[:10]
	for _, one := range selected(t.Context(), t, querier) {
		it := one.Iterator(nil)
		for it.Next() != chunkenc.ValNone {
		}
		if damaged := one.Labels().Get("i") == "119"; damaged != (fault.Of(it.Err()) == fault.BadAnswer) {
			t.Errorf("of %s it says %v", one.Labels(), it.Err())
		}
	}
}

func TestNobodyUnpacksAnyMoreWhenTheQueryIsOver(t *testing.T) {
	t.Parallel()
	querier, _ := filled(t)
	ctx, cancel := context.WithCancel(t.Context())
	all := selected(ctx, t, querier)
	read(t, all[0], nil)
	cancel()
	for _, one := range all { // what was found can still be read
		read(t, one, nil)
	}
}
