package mysql

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/uptrace/bun"

	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/chunk"
	"github.com/unity-homelab/unity/internal/series/head"
	"github.com/unity-homelab/unity/internal/series/tier"
	"github.com/unity-homelab/unity/internal/sqlstore"
)

// noon is a time that is today for a test.
func noon() time.Time { return time.Date(2026, 5, 6, 12, 0, 0, 0, time.UTC) }

// on writes one sample of series 1 at each of some days from today on, at noon.
func on(t *testing.T, backend sqlstore.Backend, days ...int64) {
	t.Helper()
	samples := head.New(chunk.NewCodec(), 48*time.Hour)
	for _, n := range days {
		samples.Append(1, noon().UnixMilli()+n*day, float64(n))
	}
	write(t, backend, samples)
}

// left returns the days of which there is a sample.
func left(t *testing.T, backend sqlstore.Backend) []int64 {
	t.Helper()
	blocks, err := backend.Samples.Blocks(t.Context(), []series.ID{1}, math.MinInt64, math.MaxInt64)
	if err != nil {
		t.Fatal(err)
	}
	var days []int64
	for _, block := range blocks[0] {
		for _, at := range block.Open.Times {
			days = append(days, (at-noon().UnixMilli())/day)
		}
	}
	return days
}

// stored returns the samples table of a backend, without what it remembers.
func stored(t *testing.T, backend sqlstore.Backend) *samples {
	t.Helper()
	s, ok := backend.Samples.(*samples)
	if !ok {
		t.Fatalf("samples are a %T", backend.Samples)
	}
	s.raw.keep(nil)
	return s
}

// names returns the partitions of samples, as the server has them.
func names(t *testing.T, backend sqlstore.Backend) []string {
	t.Helper()
	ends, err := stored(t, backend).raw.known(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, end := range ends {
		all = append(all, partition(end))
	}
	return all
}

func want[T any](t *testing.T, what string, want, got T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s differ (-want +got):\n%s", what, diff)
	}
}

func TestEachDayThatHasSamplesHasAPartition(t *testing.T) {
	t.Parallel()
	backend := raw(t, noon)
	ready := []string{"before_20260506", "before_20260507", "before_20260508", "before_20260509", "before_20260510", "before_20260511"}
	want(t, "partitions at the start", ready, names(t, backend))
	on(t, backend, 0, 1)
	want(t, "partitions after samples of today", ready, names(t, backend))
	on(t, backend, -400, -3, -2, 30)
	want(t, "partitions after samples of other days", append(append([]string{
		"before_20250401", "before_20250402", "before_20260503", "before_20260504", "before_20260505",
	}, ready...), "before_20260605", "before_20260606"), names(t, backend))
	// The day before is in a longer one that has rows of none, so it is split.
	on(t, backend, -1, -5)
	want(t, "days", []int64{-400, -5, -3, -2, -1, 0, 1, 30}, left(t, backend))
	if err := backend.Samples.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestRowsThatAreInALongerPartitionMoveToTheirOwn(t *testing.T) {
	t.Parallel()
	backend := raw(t, noon)
	for n := int64(20); n < 24; n++ { // as if no partition could be made
		_, err := stored(t, backend).pools.tend.ExecContext(t.Context(), "INSERT INTO samples VALUES (1, ?, ?, NULL)", noon().UnixMilli()+n*day, n)
		if err != nil {
			t.Fatal(err)
		}
	}
	on(t, backend, 21, 25)
	want(t, "days", []int64{20, 21, 22, 23, 25}, left(t, backend))
	want(t, "partitions", []string{
		"before_20260506", "before_20260507", "before_20260508", "before_20260509", "before_20260510", "before_20260511",
		"before_20260527", "before_20260528", "before_20260531", "before_20260601",
	}, names(t, backend))
}

func TestOldDaysAreDroppedAsAWhole(t *testing.T) {
	t.Parallel()
	backend := raw(t, noon)
	on(t, backend, -40, -31, -30, -29, 0)
	s := stored(t, backend)
	// What an earlier drop left when it was cut short is in the way of nobody.
	for _, statement := range []string{"CREATE TABLE samples_gone (x INT)", "CREATE TABLE samples_empty (x INT)"} {
		if _, err := s.pools.tend.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	// The partition of the day from which on samples are kept stays whole.
	if err := backend.Samples.Expire(t.Context(), sqlstore.Keep{Raw: noon().UnixMilli() - 30*day}); err != nil {
		t.Fatal(err)
	}
	want(t, "days", []int64{-30, -29, 0}, left(t, backend))
	// The next goes as a large one does.
	ends, err := stored(t, backend).raw.known(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	oldest := []string{partition(ends[0])}
	for _, statement := range s.raw.dropping(oldest, oldest) {
		if _, err := s.pools.tend.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	want(t, "days", []int64{-29, 0}, left(t, backend))
	stored(t, backend)
	tables, err := tablesOf(t.Context(), s.pools.tend)
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		if table == "samples_gone" || table == "samples_empty" {
			t.Errorf("table %s is left", table)
		}
	}
	on(t, backend, -29, 1)
	want(t, "days", []int64{-29, 0, 1}, left(t, backend))
}

func TestAClockThatIsFarOffIsNoHarm(t *testing.T) {
	t.Parallel()
	backend := raw(t, noon)
	times := []int64{math.MinInt64, -1, 0, 1, noon().UnixMilli(), math.MaxInt64 / 2, math.MaxInt64}
	samples := head.New(chunk.NewCodec(), 48*time.Hour)
	for _, at := range times {
		samples.Append(1, at, 1)
	}
	write(t, backend, samples)
	blocks, err := backend.Samples.Blocks(t.Context(), []series.ID{1}, math.MinInt64, math.MaxInt64)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "times", times, blocks[0][0].Open.Times)
}

func TestEveryNumberComesBackBitForBit(t *testing.T) {
	t.Parallel()
	backend := raw(t, noon)
	bits := []uint64{
		0, 1 << 63, 1, 1<<63 | 1, // 0, -0, the smallest
		0x7ff0000000000002, 0x7ff8000000000001, 0xfff8000000000000, 0x7ff0000000000000, 0xfff0000000000000, // NaN and infinity
		math.Float64bits(math.MaxFloat64), math.Float64bits(-math.MaxFloat64), math.Float64bits(2.2250738585072014e-308),
		math.Float64bits(0.1), math.Float64bits(1.0 / 3), math.Float64bits(1 << 53), math.Float64bits(123456789.123456789),
	}
	from := noon().UnixMilli() / 3600_000 * 3600_000
	samples := head.New(chunk.NewCodec(), 48*time.Hour)
	buckets := make(map[series.ID][]tier.Bucket)
	for i, pattern := range bits {
		value := math.Float64frombits(pattern)
		samples.Append(1, from+int64(i), value)
		buckets[1] = append(buckets[1], tier.Bucket{
			Time: from + int64(i)*3600_000, Count: int64(i), Sum: value, Min: 1, Max: value, Last: 0.3, Increase: value,
		})
	}
	write(t, backend, samples)
	write(t, backend, samples) // once more changes nothing
	err := backend.Store.Transaction(t.Context(), func(ctx context.Context, tx bun.Tx) error {
		return backend.Tiers.WriteBuckets(ctx, tx, time.Hour, buckets)
	})
	if err != nil {
		t.Fatal(err)
	}
	blocks, err := backend.Samples.Blocks(t.Context(), []series.ID{1}, from, from+day)
	if err != nil {
		t.Fatal(err)
	}
	got, err := backend.Tiers.Buckets(t.Context(), time.Hour, []series.ID{2, 1}, from, from+day)
	if err != nil {
		t.Fatal(err)
	}
	if blocks[0][0].Count != len(bits) || len(got[0]) != 0 || len(got[1]) != len(bits) {
		t.Fatalf("%d samples and %d buckets are there, want %d", blocks[0][0].Count, len(got[1]), len(bits))
	}
	for i, pattern := range bits {
		b := got[1][i]
		if b.Time != from+int64(i)*3600_000 || b.Count != int64(i) || b.Min != 1 || b.Last != 0.3 {
			t.Errorf("bucket %d is %+v", i, b)
		}
		for _, value := range []float64{blocks[0][0].Open.Values[i], b.Sum, b.Max, b.Increase} {
			if math.Float64bits(value) != pattern {
				t.Errorf("%x is %x when it comes back", pattern, math.Float64bits(value))
			}
		}
	}
	newest, err := backend.Samples.Newest(t.Context(), []series.ID{1})
	if err != nil {
		t.Fatal(err)
	}
	if len(newest) != 0 {
		t.Errorf("a series that the database does not know has a newest sample: %v", newest)
	}
}

func TestTheRoomThatIsTakenIsSaid(t *testing.T) {
	t.Parallel()
	for name, rights := range map[string][]string{"by the files": {"PROCESS"}, "by the tables": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			backend := raw(t, noon, rights...)
			on(t, backend, -1, 0, 1)
			size, err := backend.Samples.Size(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			// A compressed file takes no room before its pages are written, which
			// the server does later; by its tables they are there at once.
			empty := size.Raw <= 0 || size.Tiers[time.Hour] <= 0 || size.Tiers[5*time.Minute] <= 0
			if size.Total <= size.Raw || empty && len(rights) == 0 {
				t.Errorf("it takes %+v", size)
			}
		})
	}
}
