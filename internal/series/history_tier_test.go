package series_test

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"

	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/chunk"
	"github.com/unity-homelab/unity/internal/series/selection"
	"github.com/unity-homelab/unity/internal/series/tier"
)

// aged is a store whose samples are gone before some time, and its buckets of
// five minutes, too.
type aged struct {
	memory
	rawSince, fineSince int64 // seconds
}

func (a aged) Latest(context.Context, ...*labels.Matcher) ([]series.Latest, error) { return nil, nil }

func (a aged) Tiers() []series.Tier {
	return []series.Tier{
		{Since: a.rawSince * 1000},
		{Step: 5 * time.Minute, Since: a.fineSince * 1000, Until: math.MaxInt64},
		{Step: time.Hour, Since: math.MinInt64, Until: math.MaxInt64},
	}
}

func (a aged) Querier(from, to int64) (storage.Querier, error) {
	return a.memory.Querier(max(from, a.rawSince*1000), to)
}

func (a aged) Buckets(step time.Duration, column tier.Column, from, to int64) (storage.Querier, error) {
	if step == 5*time.Minute {
		from = max(from, a.fineSince*1000)
	}
	return selection.New(a.Catalog, bucketsOf{a, step, column}, a.codec, from, to), nil
}

// bucketsOf makes buckets of all samples that there ever were.
type bucketsOf struct {
	aged
	step   time.Duration
	column tier.Column
}

func (b bucketsOf) Blocks(ctx context.Context, ids []series.ID, from, to int64) ([][]chunk.Block, error) {
	found, err := b.headSource.Blocks(ctx, ids, math.MinInt64, math.MaxInt64)
	if err != nil {
		return nil, err
	}
	all := make([][]chunk.Block, len(ids))
	for i := range ids {
		samples, err := b.codec.Merge(chunk.Columns{}, found[i]...)
		if err != nil {
			return nil, err
		}
		buckets := tier.Between(tier.Roll(nil, b.step, samples, tier.Before{}), from, to)
		open := tier.Samples(chunk.Columns{}, buckets, b.column)
		if n := open.Len(); n > 0 {
			all[i] = []chunk.Block{{Start: open.Times[0], End: open.Times[n-1], Count: n, Open: open}}
		}
	}
	return all, nil
}

func TestHistoryTakesTheBucketsThatAreLeft(t *testing.T) {
	t.Parallel()
	const hour, day = 3600, 86400
	// A counter that grows by one in ten seconds, measured every minute for four
	// days; the samples of the last are left, and of two the five minutes.
	var points []series.Point
	for minute := range int64(4 * 1440) {
		points = append(points, p(60*minute+7, float64(6*minute)))
	}
	store := aged{memory: of(points...), rawSince: 3 * day, fineSince: 2 * day}
	for name, test := range map[string]struct {
		from, to       int64
		step           time.Duration
		function       series.Func
		tier, wantStep time.Duration
		first, last    series.Point
		count          int
	}{
		"samples are there": {3 * day, 3*day + 3*hour, time.Minute, series.Last, 0, time.Minute, p(3*day, 25920), p(3*day+3*hour-60, 26994), 180},
		"samples are gone": {
			2*day + 600, 2*day + 3*hour, 5 * time.Minute, series.Last, 5 * time.Minute, 5 * time.Minute,
			p(2*day+600, 17280+6*14), p(2*day+3*hour, 17280+6*184), 35,
		},
		"a step that is too short": {
			2*day + 600, 2*day + 3*hour, 10 * time.Second, series.Last, 5 * time.Minute, 5 * time.Minute,
			p(2*day+600, 17280+6*14), p(2*day+3*hour, 17280+6*184), 35,
		},
		"a step that is no multiple": {
			2 * day, 2*day + 3*hour, 7 * time.Minute, series.Min, 5 * time.Minute, 10 * time.Minute,
			p(2*day, 17280), p(2*day+3*hour, 17280+6*180), 19,
		},
		"nothing but hours is left": {
			hour, day, time.Minute, series.Max, time.Hour, time.Hour, p(hour, 6*119), p(day, 6*(1440+59)), 24,
		},
		"from hours into samples": {
			hour, 4*day - 60, time.Hour, series.Avg, time.Hour, time.Hour,
			p(hour, 6*(60+29.5)), p(4*day-hour, 6*(95*60+29)), 95,
		},
		"a rate": {
			hour, 4*day - 60, time.Hour, series.Rate, time.Hour, time.Hour, p(hour, 0.1), p(4*day-hour, 0.1), 95,
		},
		"the first and the last step are of samples": {
			3*day + 1800, 4*day + hour, time.Hour, series.Min, time.Hour, time.Hour,
			p(3*day, 25920+6*30), p(4*day-hour, 6*95*60), 24,
		},
		"a short time needs no buckets": {
			3 * day, 3*day + 5*hour, time.Hour, series.Min, 0, time.Hour, p(3*day, 25920), p(3*day+4*hour, 25920+6*240), 5,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := series.History(t.Context(), store, series.Query{
				Matchers: []*labels.Matcher{labels.MustNewMatcher(labels.MatchEqual, series.NameLabel, "x")},
				From:     at(test.from), To: at(test.to), Step: test.step, Func: test.function,
			})
			if err != nil || len(got) != 1 {
				t.Fatalf("got %d series: %v", len(got), err)
			}
			one := got[0]
			if one.Tier != test.tier || one.Step != test.wantStep {
				t.Errorf("it is made of %v in steps of %v, want %v and %v", one.Tier, one.Step, test.tier, test.wantStep)
			}
			n := len(one.Points)
			near := cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-9 })
			if diff := cmp.Diff([]series.Point{test.first, test.last}, []series.Point{one.Points[0], one.Points[n-1]}, near); diff != "" || n != test.count {
				t.Errorf("%d points, want %d; the first and the last differ: %s", n, test.count, diff)
			}
			for i, point := range one.Points[1:] {
				if point.Time-one.Points[i].Time != one.Step.Milliseconds() {
					t.Errorf("point %d is at %d, and the one before at %d", i+1, point.Time, one.Points[i].Time)
				}
			}
		})
	}
}
