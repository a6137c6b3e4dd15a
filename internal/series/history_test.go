package series_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"

	"github.com/unity-homelab/unity/internal/series"
)

// recorded is a store of one series.
type recorded []series.Point

func (r recorded) Querier(mint, maxt int64) (storage.Querier, error) {
	var samples []chunks.Sample
	for _, point := range r {
		if point.Time >= mint && point.Time <= maxt {
			samples = append(samples, sample(point))
		}
	}
	return &storage.MockQuerier{
		SelectMockFunction: func(bool, *storage.SelectHints, ...*labels.Matcher) storage.SeriesSet {
			return &set{series: storage.NewListSeries(labels.FromStrings("__name__", "x"), samples)}
		},
	}, nil
}

// set is a set of one series.
type set struct {
	storage.SeriesSet
	series storage.Series
	read   bool
}

func (s *set) Next() bool {
	first := !s.read
	s.read = true
	return first
}
func (s *set) At() storage.Series { return s.series }
func (s *set) Err() error         { return nil }

// sample is a point as the library's list of samples wants it.
type sample series.Point

func (s sample) T() int64                      { return s.Time }
func (s sample) ST() int64                     { return 0 }
func (s sample) F() float64                    { return s.Value }
func (s sample) H() *histogram.Histogram       { return nil }
func (s sample) FH() *histogram.FloatHistogram { return nil }
func (s sample) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (s sample) Copy() chunks.Sample           { return s }

func at(seconds float64, v float64) series.Point {
	return series.Point{Time: int64(seconds * 1000), Value: v}
}

func TestHistoryFoldsTheSamplesOfEachStep(t *testing.T) {
	t.Parallel()
	gauge := recorded{at(100, 1), at(130, 3), at(160, 10), at(400, 7), at(410, 5)}
	counter := recorded{at(50, 100), at(110, 160), at(170, 10), at(230, 40)}
	for name, test := range map[string]struct {
		from    recorded
		fn      series.Func
		step    int
		between [2]int64
		want    []series.Point
	}{
		"average":                 {gauge, series.Avg, 60, [2]int64{60, 420}, []series.Point{at(60, 1), at(120, 6.5), at(360, 6)}},
		"smallest":                {gauge, series.Min, 60, [2]int64{60, 420}, []series.Point{at(60, 1), at(120, 3), at(360, 5)}},
		"largest":                 {gauge, series.Max, 60, [2]int64{60, 420}, []series.Point{at(60, 1), at(120, 10), at(360, 7)}},
		"last":                    {gauge, series.Last, 60, [2]int64{60, 420}, []series.Point{at(60, 1), at(120, 10), at(360, 5)}},
		"the samples themselves":  {gauge, series.Avg, 0, [2]int64{100, 160}, []series.Point{at(100, 1), at(130, 3), at(160, 10)}},
		"the first step is whole": {gauge, series.Avg, 60, [2]int64{150, 170}, []series.Point{at(120, 6.5)}},
		"rate, with a reset":      {counter, series.Rate, 60, [2]int64{60, 240}, []series.Point{at(60, 1), at(120, 10.0/60), at(180, 0.5)}},
		"a rate begins with the sample before its start": {counter, series.Rate, 60, [2]int64{180, 240}, []series.Point{at(180, 0.5)}},
		"nothing there": {gauge, series.Avg, 60, [2]int64{1000, 2000}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := series.History(t.Context(), test.from, series.Query{
				From: time.Unix(test.between[0], 0), To: time.Unix(test.between[1], 0),
				Step: time.Duration(test.step) * time.Second, Func: test.fn,
			})
			if err != nil {
				t.Fatal(err)
			}
			var points []series.Point
			if len(got) > 0 {
				points = got[0].Points
			}
			if diff := cmp.Diff(test.want, points, cmpopts.EquateApprox(0, 1e-12)); diff != "" {
				t.Errorf("points (-want +got):\n%s", diff)
			}
		})
	}
}

func TestStaleMarkersAreNoValues(t *testing.T) {
	t.Parallel()
	stale := math.Float64frombits(value.StaleNaN)
	got, err := series.History(t.Context(), recorded{at(10, 1), at(20, stale), at(30, 3)}, series.Query{
		From: time.Unix(0, 0), To: time.Unix(59, 0), Step: time.Minute, Func: series.Avg,
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := []series.Point{at(0, 2)}; len(got) != 1 || !cmp.Equal(want, got[0].Points) {
		t.Errorf("history %v, want %v", got, want)
	}
}
