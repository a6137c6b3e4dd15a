package series_test

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/catalog"
	"github.com/unity-homelab/unity/internal/series/chunk"
	"github.com/unity-homelab/unity/internal/series/head"
	"github.com/unity-homelab/unity/internal/series/selection"
)

// headSource reads blocks from a head.
type headSource struct{ head *head.Head }

func (s headSource) Blocks(_ context.Context, ids []series.ID, from, to int64) ([][]chunk.Block, error) {
	all := make([][]chunk.Block, len(ids))
	for i, id := range ids {
		all[i] = s.head.Blocks(nil, id, from, to)
	}
	return all, nil
}

// memory is a store of one head.
type memory struct {
	*catalog.Catalog
	headSource
	codec *chunk.Codec
}

func (m memory) Querier(from, to int64) (storage.Querier, error) {
	return selection.New(m.Catalog, m.headSource, m.codec, from, to), nil
}

// of returns a store with one series "x" that has these points.
func of(points ...series.Point) memory {
	codec := chunk.NewCodec()
	m := memory{Catalog: catalog.New(), headSource: headSource{head.New(codec, 48*time.Hour)}, codec: codec}
	id := m.ID(labels.FromStrings(series.NameLabel, "x"))
	for _, p := range points {
		m.head.Append(id, p.Time, p.Value)
	}
	return m
}

func at(seconds int64) time.Time { return time.Unix(seconds, 0) }

func p(seconds int64, value float64) series.Point {
	return series.Point{Time: seconds * 1000, Value: value}
}

func TestEachStepBecomesOnePoint(t *testing.T) {
	t.Parallel()
	gauge := of(p(0, 1), p(30, 3), p(60, 10), p(90, 20), p(300, 7), p(301, 5))
	counter := of(p(-30, 100), p(0, 130), p(30, 160), p(60, 280), p(90, 10), p(120, 40), p(600, 520))
	for name, test := range map[string]struct {
		store    memory
		from, to int64
		step     time.Duration
		function series.Func
		want     []series.Point
	}{
		"average":                  {gauge, 0, 400, time.Minute, series.Avg, []series.Point{p(0, 2), p(60, 15), p(300, 6)}},
		"smallest":                 {gauge, 0, 400, time.Minute, series.Min, []series.Point{p(0, 1), p(60, 10), p(300, 5)}},
		"largest":                  {gauge, 0, 400, time.Minute, series.Max, []series.Point{p(0, 3), p(60, 20), p(300, 7)}},
		"last":                     {gauge, 0, 400, time.Minute, series.Last, []series.Point{p(0, 3), p(60, 20), p(300, 5)}},
		"the ends are included":    {gauge, 30, 90, time.Minute, series.Last, []series.Point{p(0, 3), p(60, 20)}},
		"steps begin at multiples": {gauge, 50, 100, 40 * time.Second, series.Max, []series.Point{p(40, 10), p(80, 20)}},
		"samples as they are":      {gauge, 30, 90, 0, "", []series.Point{p(30, 3), p(60, 10), p(90, 20)}},
		"before 1970":              {of(p(-61, 4), p(-60, 6), p(-1, 8)), -100, 0, time.Minute, series.Avg, []series.Point{p(-120, 4), p(-60, 7)}},
		"not a number is left out": {of(p(0, math.NaN()), p(1, 4)), 0, 10, time.Minute, series.Avg, []series.Point{p(0, 4)}},
		"nothing there":            {gauge, 1000, 2000, time.Minute, series.Avg, nil},
		"rate, with a reset and a gap": {
			counter, 0, 700, time.Minute, series.Rate,
			// 30 in 30 s and 30 in 30 s; 120 and, after the reset, 10; 30; 480 in 480 s.
			[]series.Point{p(0, 1), p(60, 130.0/60), p(120, 1), p(600, 1)},
		},
		"rate of one sample":              {of(p(0, 5)), 0, 60, time.Minute, series.Rate, nil},
		"rate reaches back to the sample": {counter, 0, 20, time.Minute, series.Rate, []series.Point{p(0, 1)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := series.History(t.Context(), test.store, series.Query{
				Matchers: []*labels.Matcher{labels.MustNewMatcher(labels.MatchEqual, series.NameLabel, "x")},
				From:     at(test.from), To: at(test.to), Step: test.step, Func: test.function,
			})
			if err != nil {
				t.Fatal(err)
			}
			var want []series.Range
			if test.want != nil {
				want = []series.Range{{Labels: labels.FromStrings(series.NameLabel, "x"), Points: test.want, Step: test.step}}
			}
			if diff := cmp.Diff(want, got, cmpopts.EquateApprox(1e-12, 0), cmp.Comparer(labels.Equal)); diff != "" {
				t.Errorf("history differs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAQueryThatMakesNoSenseIsRefused(t *testing.T) {
	t.Parallel()
	for name, query := range map[string]series.Query{
		"unknown function": {Step: time.Minute, Func: "median", To: at(1), From: at(0)},
		"negative step":    {Step: -time.Second, Func: series.Avg, To: at(1), From: at(0)},
		"tiny step":        {Step: time.Microsecond, Func: series.Avg, To: at(1), From: at(0)},
		"backwards":        {Step: time.Minute, Func: series.Avg, To: at(0), From: at(1)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := series.History(t.Context(), of(), query); fault.Of(err) != fault.Config {
				t.Errorf("got %v, want a fault of kind config", err)
			}
		})
	}
}
