package tier_test

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/series/chunk"
	"github.com/unity-homelab/unity/internal/series/tier"
	"github.com/unity-homelab/unity/internal/sqlstore/storetest"
)

func newCodec() *tier.Codec { return tier.NewCodec(chunk.NewCodec()) }

// identical reports whether buckets agree in every bit.
func identical(a, b tier.Bucket) bool {
	for _, column := range tier.Columns() {
		if math.Float64bits(a.Of(column)) != math.Float64bits(b.Of(column)) {
			return false
		}
	}
	return a.Time == b.Time && a.Count == b.Count
}

func wantBack(t *testing.T, codec *tier.Codec, step time.Duration, buckets []tier.Bucket) {
	t.Helper()
	packed := codec.Append([]byte("x"), step, buckets)
	if packed[0] != 'x' {
		t.Fatal("what was there before is gone")
	}
	got, err := codec.Decode([]tier.Bucket{{Count: 77}}, step, packed[1:])
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(buckets)+1 || got[0].Count != 77 {
		t.Fatalf("%d buckets came back, want %d", len(got)-1, len(buckets))
	}
	for i, want := range buckets {
		if !identical(want, got[i+1]) {
			t.Fatalf("bucket %d came back as %+v, want %+v", i, got[i+1], want)
		}
	}
}

func TestBucketsComeBackBitForBit(t *testing.T) {
	t.Parallel()
	codec := newCodec()
	for seed := range uint64(80) {
		random := rand.New(rand.NewPCG(seed, 5))
		buckets := tier.Roll(nil, five, walk(random, 1+random.IntN(3000)), tier.Before{})
		if len(buckets) > 0 {
			wantBack(t, codec, five, buckets)
			wantBack(t, codec, time.Hour, tier.Coarsen(nil, time.Hour, buckets))
		}
	}
}

func TestStrangeFiguresComeBackBitForBit(t *testing.T) {
	t.Parallel()
	codec := newCodec()
	strange := []float64{
		0, math.Copysign(0, -1), 1, -1, 0.1, 1e15, -1e15, 1<<53 - 1, 1 << 53, -(1 << 53), 1e300, -1e300,
		math.Inf(1), math.Inf(-1), math.NaN(), math.Float64frombits(0x7ff0000000000002), 5e-324, 1.0 / 3,
	}
	random := rand.New(rand.NewPCG(6, 6))
	for _, choice := range [][]float64{strange, strange[:1], strange[:5], strange[2:9], strange[5:9], {0, 1<<53 - 1, 1 - 1<<53}} {
		for range 200 {
			pick := func() float64 { return choice[random.IntN(len(choice))] }
			buckets := make([]tier.Bucket, 1+random.IntN(100))
			at := int64(random.IntN(1000)) - 500
			for i := range buckets {
				at += int64(1 + random.IntN(3)*random.IntN(1000))
				buckets[i] = tier.Bucket{
					Time: at * five.Milliseconds(), Count: random.Int64() >> random.IntN(64),
					Sum: pick(), Min: pick(), Max: pick(), Last: pick(), Increase: pick(),
				}
			}
			wantBack(t, codec, five, buckets)
		}
	}
}

func TestALaterRowReplacesBucketsOfAnEarlierOne(t *testing.T) {
	t.Parallel()
	codec := newCodec()
	row := func(last float64, times ...int64) []byte {
		var buckets []tier.Bucket
		for _, at := range times {
			buckets = append(buckets, tier.Bucket{Time: at * 300_000, Count: 1, Last: last})
		}
		return codec.Append(nil, five, buckets)
	}
	got, err := codec.Merge(nil, five, row(1, 4, 5, 6), row(2, 5), row(3, 1, 6, 9))
	if err != nil {
		t.Fatal(err)
	}
	want := map[int64]float64{1: 3, 4: 1, 5: 2, 6: 3, 9: 3}
	if len(got) != len(want) {
		t.Errorf("got %v", got)
	}
	for i, b := range got {
		if want[b.Time/300_000] != b.Last || i > 0 && got[i-1].Time >= b.Time {
			t.Errorf("got %v", got)
		}
	}
	if _, err := codec.Merge(nil, five, row(1, 2), []byte{1, 2, 3}); fault.Of(err) != fault.BadAnswer {
		t.Errorf("a damaged row gives %v", err)
	}
}

func FuzzDecodeTakesAnyBytes(f *testing.F) {
	codec := newCodec()
	for seed := range uint64(6) {
		random := rand.New(rand.NewPCG(seed, 7))
		buckets := tier.Roll(nil, five, walk(random, 400), tier.Before{})
		packed := codec.Append(nil, five, buckets)
		f.Add(packed)
		f.Add(packed[:len(packed)/2])
		packed = bytes.Clone(packed)
		packed[random.IntN(len(packed))] ^= 0x55
		f.Add(packed)
	}
	f.Add([]byte{})
	f.Add([]byte{1, 1})
	f.Add([]byte{1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Fuzz(func(t *testing.T, data []byte) {
		buckets, err := codec.Decode(nil, five, data)
		if err != nil {
			if fault.Of(err) != fault.BadAnswer {
				t.Errorf("the fault is %v", err)
			}
			return
		}
		for i, b := range buckets {
			if b.Time%five.Milliseconds() != 0 || i > 0 && b.Time <= buckets[i-1].Time {
				t.Fatalf("bucket %d of %d has time %d", i, len(buckets), b.Time)
			}
		}
		wantBack(t, codec, five, buckets)
	})
}

// buckets makes a day of five-minute buckets, and a month of hourly ones, of the
// series of a kind.
func buckets(kind int, step time.Duration, n int) ([]tier.Bucket, int) {
	mix := storetest.NewMix(1, 3)
	var samples chunk.Columns
	perBucket := int(step / time.Minute)
	for i := range n * perBucket {
		samples.Append(epoch()+int64(i+1)*60_000, mix.Next(kind))
	}
	fine := tier.Roll(nil, five, samples, tier.Before{})
	if step > five {
		fine = tier.Coarsen(nil, step, fine)
	}
	return fine, samples.Len()
}

func BenchmarkRoll(b *testing.B) {
	for kind, name := range []string{"gauge", "counter", "constant"} {
		b.Run(name, func(b *testing.B) {
			mix := storetest.NewMix(1, 3)
			var samples chunk.Columns
			for i := range 1440 {
				samples.Append(epoch()+int64(i+1)*60_000, mix.Next(kind))
			}
			var dst, hours []tier.Bucket
			b.ReportAllocs()
			for b.Loop() {
				dst = tier.Roll(dst[:0], five, samples, tier.Before{})
				hours = tier.Coarsen(hours[:0], time.Hour, dst)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(samples.Len()), "ns/sample")
		})
	}
}

func BenchmarkCodec(b *testing.B) {
	codec := newCodec()
	for kind, name := range []string{"gauge", "counter", "constant"} {
		for _, step := range tier.Steps() {
			row, _ := buckets(kind, step, 1024)
			packed := codec.Append(nil, step, row)
			b.Run(name+"/"+step.String()+"/pack", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					packed = codec.Append(packed[:0], step, row)
				}
				b.ReportMetric(float64(len(packed))/float64(len(row)), "B/bucket")
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(row)), "ns/bucket")
			})
			b.Run(name+"/"+step.String()+"/unpack", func(b *testing.B) {
				b.ReportAllocs()
				var dst []tier.Bucket
				for b.Loop() {
					var err error
					if dst, err = codec.Decode(dst[:0], step, packed); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(row)), "ns/bucket")
			})
		}
	}
}
