package tier_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/internal/series/chunk"
	"github.com/unity-homelab/unity/internal/series/tier"
)

const five = 5 * time.Minute

// epoch is the end of a bucket of an hour.
func epoch() int64 { return time.Date(2026, 5, 6, 7, 0, 0, 0, time.UTC).UnixMilli() }

// every returns samples at a pace, the first one pace after the epoch.
func every(pace time.Duration, values ...float64) chunk.Columns {
	var samples chunk.Columns
	for i, v := range values {
		samples.Append(epoch()+int64(i+1)*pace.Milliseconds(), v)
	}
	return samples
}

func TestABucketHoldsWhatTheSamplesOfItsStretchSay(t *testing.T) {
	t.Parallel()
	samples := every(time.Minute, 5, 3, 8, 4, 6, 7)
	got := tier.Roll(nil, five, samples, tier.Before{})
	want := []tier.Bucket{
		// From 5 down to 3 and from 8 down to 4 it began again: 3, +5, 4, +2.
		{Time: epoch() + 300_000, Count: 5, Sum: 26, Min: 3, Max: 8, Last: 6, Increase: 14},
		{Time: epoch() + 600_000, Count: 1, Sum: 7, Min: 7, Max: 7, Last: 7, Increase: 1},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestASampleAtTheEndOfABucketBelongsToIt(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ t, want int64 }{
		{0, 0},
		{1, 300_000},
		{299_999, 300_000},
		{300_000, 300_000},
		{300_001, 600_000},
		{-1, 0},
		{-300_000, -300_000},
		{-300_001, -300_000},
	} {
		if got := tier.End(test.t, five); got != test.want {
			t.Errorf("the bucket of %d ends at %d, want %d", test.t, got, test.want)
		}
		if got := tier.Roll(nil, five, chunk.Columns{Times: []int64{test.t}, Values: []float64{1}}, tier.Before{}); got[0].Time != test.want {
			t.Errorf("the sample at %d is in the bucket of %d, want %d", test.t, got[0].Time, test.want)
		}
	}
}

func TestWhatIsNoNumberIsLeftOut(t *testing.T) {
	t.Parallel()
	stale := math.Float64frombits(0x7ff0000000000002)
	samples := every(time.Minute, stale, 2, math.NaN(), 3, stale, stale, stale, stale, stale, stale, 4)
	got := tier.Roll(nil, five, samples, tier.Before{})
	want := []tier.Bucket{
		{Time: epoch() + 300_000, Count: 2, Sum: 5, Min: 2, Max: 3, Last: 3, Increase: 1},
		{Time: epoch() + 900_000, Count: 1, Sum: 4, Min: 4, Max: 4, Last: 4, Increase: 1},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestACounterGrowsFromTheSampleBeforeTheBucket(t *testing.T) {
	t.Parallel()
	lookback := tier.Lookback.Milliseconds()
	for name, test := range map[string]struct {
		before tier.Before
		want   float64
	}{
		"none":                   {tier.Before{}, 5},
		"a minute ago":           {tier.Before{Time: epoch(), Value: 7, Known: true}, 8},
		"a larger one":           {tier.Before{Time: epoch(), Value: 100, Known: true}, 15},
		"as long ago as it may":  {tier.Before{Time: epoch() + 60_000 - lookback, Value: 8, Known: true}, 7},
		"too long ago":           {tier.Before{Time: epoch() + 60_000 - lookback - 1, Value: 8, Known: true}, 5},
		"exactly as large":       {tier.Before{Time: epoch(), Value: 10, Known: true}, 5},
		"decimals on the way up": {tier.Before{Time: epoch(), Value: 9.9, Known: true}, 5.1},
	} {
		got := tier.Roll(nil, five, every(time.Minute, 10, 15), test.before)
		if got[0].Increase != test.want {
			t.Errorf("%s: it grew by %v, want %v", name, got[0].Increase, test.want)
		}
	}
}

func TestDecimalsAddUpExactly(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		places := random.IntN(5)
		var samples chunk.Columns
		want := new(big.Rat)
		for i := range 1 + random.IntN(300) {
			v, err := strconv.ParseFloat(strconv.FormatFloat(100*random.NormFloat64(), 'f', places, 64), 64)
			if err != nil {
				t.Fatal(err)
			}
			samples.Append(epoch()+int64(i)+1, v)
			one, _ := new(big.Rat).SetString(strconv.FormatFloat(v, 'f', -1, 64))
			want.Add(want, one)
		}
		sum, _ := want.Float64()
		got := tier.Roll(nil, time.Hour, samples, tier.Before{})
		if len(got) != 1 || got[0].Sum != sum {
			t.Fatalf("the sum of %v is %v, want %v", samples.Values, got, sum)
		}
	}
}

func TestNumbersWithoutACommonScaleAddUpWithCompensation(t *testing.T) {
	t.Parallel()
	got := tier.Roll(nil, five, every(time.Second, 1, 1e100, 1.0/3, -1e100, 1.0/3), tier.Before{})
	if want := 1 + 2.0/3; math.Abs(got[0].Sum-want) > 1e-15 {
		t.Errorf("the sum is %v, want %v", got[0].Sum, want)
	}
	got = tier.Roll(nil, five, every(time.Second, math.Inf(1), 1), tier.Before{})
	if !math.IsInf(got[0].Sum, 1) || !math.IsInf(got[0].Max, 1) || got[0].Min != 1 {
		t.Errorf("with an infinite sample it is %+v", got[0])
	}
	big := float64(1<<53 - 2)
	got = tier.Roll(nil, five, every(time.Second, big, big, big), tier.Before{})
	if got[0].Sum != 3*big {
		t.Errorf("the sum is %v, want %v", got[0].Sum, 3*big)
	}
}

// walk makes samples such as sources make: regular or not, with gaps, resets and
// values that are no numbers.
func walk(random *rand.Rand, n int) chunk.Columns {
	var samples chunk.Columns
	at, value := epoch(), math.Round(1000*random.Float64())
	pace := int64(1000 * (1 + random.IntN(400)))
	kind := random.IntN(4)
	for range n {
		at += pace
		if random.IntN(3) == 0 {
			at += int64(random.IntN(50))
		}
		if random.IntN(100) == 0 {
			at += int64(random.IntN(100 * 3600_000))
		}
		switch kind {
		case 0:
			value = math.Round(value*100+200*random.NormFloat64()) / 100
		case 1:
			value += float64(random.IntN(1000))
			if random.IntN(50) == 0 {
				value = float64(random.IntN(10))
			}
		case 2:
			if random.IntN(100) == 0 {
				value = float64(random.IntN(1000))
			}
		default:
			value = random.Float64()
		}
		v := value
		if random.IntN(40) == 0 {
			v = math.NaN()
		}
		samples.Append(at, v)
	}
	return samples
}

func TestBucketsAreTheSameHoweverTheSamplesAreCut(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 3))
		samples := walk(random, 1500)
		whole := tier.Roll(nil, five, samples, tier.Before{})
		var pieces []tier.Bucket
		var before tier.Before
		for from := 0; from < samples.Len(); {
			to := min(from+1+random.IntN(300), samples.Len())
			for to < samples.Len() && tier.End(samples.Times[to], five) == tier.End(samples.Times[to-1], five) {
				to++
			}
			pieces = tier.Roll(pieces, five, samples.Slice(from, to), before)
			before.Observe(samples.Slice(from, to))
			from = to
		}
		if diff := cmp.Diff(whole, pieces); diff != "" {
			t.Fatalf("seed %d: %s", seed, diff)
		}
	}
}

func TestLongBucketsOfShortOnesAreThoseOfTheSamples(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		samples := walk(rand.New(rand.NewPCG(seed, 4)), 1500)
		want := tier.Roll(nil, time.Hour, samples, tier.Before{})
		got := tier.Coarsen(nil, time.Hour, tier.Roll(nil, five, samples, tier.Before{}))
		if len(want) != len(got) {
			t.Fatalf("seed %d: %d buckets, want %d", seed, len(got), len(want))
		}
		for i, w := range want {
			g := got[i]
			if math.Abs(g.Sum-w.Sum) > 1e-12*math.Abs(w.Sum) || math.Abs(g.Increase-w.Increase) > 1e-9 {
				t.Fatalf("seed %d: got %+v, want %+v", seed, g, w)
			}
			w.Sum, w.Increase = g.Sum, g.Increase
			if w != g {
				t.Fatalf("seed %d: got %+v, want %+v", seed, g, w)
			}
		}
	}
}

func TestAColumnOfBucketsReadsAsSamples(t *testing.T) {
	t.Parallel()
	buckets := []tier.Bucket{
		{Time: 300_000, Count: 5, Sum: 26, Min: 3, Max: 8, Last: 6, Increase: 14},
		{Time: 900_000, Count: 1, Sum: 7, Min: 6.5, Max: 7.5, Last: 7, Increase: 1},
	}
	want := map[tier.Column][]float64{
		tier.Count: {5, 1}, tier.Sum: {26, 7}, tier.Min: {3, 6.5}, tier.Max: {8, 7.5}, tier.Last: {6, 7}, tier.Increase: {14, 1}, tier.Mean: {5.2, 7},
	}
	for _, column := range tier.Columns() {
		got := tier.Samples(chunk.Columns{}, buckets, column)
		if diff := cmp.Diff(chunk.Columns{Times: []int64{300_000, 900_000}, Values: want[column]}, got); diff != "" {
			t.Errorf("%s: %s", column, diff)
		}
	}
	if v := buckets[0].Of("average"); !math.IsNaN(v) {
		t.Errorf("there is no such column, but it has %v", v)
	}
}

func TestBetweenTakesBothEnds(t *testing.T) {
	t.Parallel()
	buckets := []tier.Bucket{{Time: 1}, {Time: 3}, {Time: 5}}
	for _, test := range []struct{ from, to, first, last int64 }{
		{math.MinInt64, math.MaxInt64, 1, 5},
		{1, 5, 1, 5},
		{2, 5, 3, 5},
		{2, 4, 3, 3},
		{5, 1, 0, 0},
		{6, 9, 0, 0},
	} {
		got := tier.Between(buckets, test.from, test.to)
		if test.first == 0 {
			if len(got) != 0 {
				t.Errorf("between %d and %d are %v", test.from, test.to, got)
			}
		} else if len(got) == 0 || got[0].Time != test.first || got[len(got)-1].Time != test.last {
			t.Errorf("between %d and %d are %v", test.from, test.to, got)
		}
	}
}
