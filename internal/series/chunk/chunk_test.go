package chunk_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/series/chunk"
)

const minute = 60_000

// every returns values one minute apart.
func every(values ...float64) chunk.Columns {
	var c chunk.Columns
	for i, v := range values {
		c.Append(int64(i)*minute, v)
	}
	return c
}

// made returns n values of a function, one minute apart.
func made(n int, value func(i int) float64) chunk.Columns {
	var c chunk.Columns
	for i := range n {
		c.Append(1_700_000_000_000+int64(i)*minute, value(i))
	}
	return c
}

// bits makes values comparable bit for bit.
func bits(c chunk.Columns) []uint64 {
	all := make([]uint64, 0, 2*c.Len())
	for i := range c.Times {
		all = append(all, uint64(c.Times[i]), math.Float64bits(c.Values[i]))
	}
	return all
}

func TestEveryBitComesBack(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	irregular := made(500, func(i int) float64 { return float64(i) })
	for i := range irregular.Times {
		irregular.Times[i] += random.Int64N(50)
	}
	gaps := made(300, func(int) float64 { return 7 })
	for i := 100; i < 300; i++ {
		gaps.Times[i] += 3_600_000
	}
	walk, count := 41.5, 0.0
	for name, c := range map[string]chunk.Columns{
		"one value":               every(12.5),
		"two values":              every(1, 2),
		"a constant":              made(1440, func(int) float64 { return 5 }),
		"zero and minus zero":     every(0, math.Copysign(0, -1), 0),
		"not a number":            every(1, math.NaN(), 2, math.Float64frombits(0x7ff0000000000002)),
		"infinities":              every(math.Inf(1), 3, math.Inf(-1)),
		"the ends of the range":   every(math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64),
		"integers at their limit": every(1<<53-1, 1-1<<53, 0, 1<<53, 1<<53+2),
		"the least integer":       every(math.MinInt64, math.MaxInt64, 0),
		"multiples of a page":     made(200, func(i int) float64 { return float64(4096 * (i * 7 % 31)) }),
		"times with jitter":       irregular,
		"a gap":                   gaps,
		"times that go back":      {Times: []int64{5, 3, math.MaxInt64, math.MinInt64}, Values: []float64{1, 2, 3, 4}},
		"two decimals": made(1440, func(int) float64 {
			walk = math.Round((walk+random.NormFloat64()/10)*100) / 100
			return walk
		}),
		"a counter":               made(1440, func(int) float64 { count += float64(random.IntN(1_000_000)); return count }),
		"ratios":                  made(1440, func(int) float64 { return random.Float64() }),
		"bits":                    made(400, func(int) float64 { return math.Float64frombits(random.Uint64()) }),
		"noise":                   made(300, func(int) float64 { return float64(random.IntN(100)) }),
		"a parabola":              made(300, func(i int) float64 { return float64(i * i) }),
		"as many as there may be": made(chunk.MaxPoints, func(i int) float64 { return float64(i % 3) }),
	} {
		for _, effort := range []chunk.Effort{chunk.Quick, chunk.Smallest} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				codec := chunk.NewCodec()
				data := codec.Append(nil, c, effort)
				got, err := codec.Decode(chunk.Columns{}, data)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(bits(c), bits(got)); diff != "" {
					t.Errorf("what came back differs (-want +got):\n%s", diff)
				}
			})
		}
	}
}

func TestRegularDataTakesLittleRoom(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	walk, count := 4000.0, 0.0
	for _, test := range []struct {
		name  string
		most  float64 // bytes per sample
		value func(i int) float64
	}{
		{"a constant", 0.02, func(int) float64 { return 17.25 }},
		{"a steady counter", 0.02, func(i int) float64 { return float64(1000 * i) }},
		{"a gauge with two decimals", 0.8, func(int) float64 {
			walk += math.Round(random.NormFloat64() * 10)
			return walk / 100
		}},
		{"a counter of bytes", 2.7, func(int) float64 {
			count += math.Round(1e6 * (1 + random.NormFloat64()/5))
			return count
		}},
		{"memory in pages of 4 KiB", 1.3, func(int) float64 { return 4096 * float64(100_000+random.IntN(256)) }},
	} {
		c := made(1440, test.value) // here, where nothing is parallel: all draw from one source
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			size := float64(len(chunk.NewCodec().Append(nil, c, chunk.Smallest))) / float64(c.Len())
			if size > test.most {
				t.Errorf("a sample takes %.2f bytes, and should take %.2f at most", size, test.most)
			}
		})
	}
}

func TestDamagedChunksAreRefused(t *testing.T) {
	t.Parallel()
	codec := chunk.NewCodec()
	good := codec.Append(nil, made(500, func(i int) float64 { return float64(i*i%997) / 10 }), chunk.Smallest)
	for name, data := range map[string][]byte{
		"nothing":        {},
		"another layout": append([]byte{99}, good[1:]...),
		"cut in half":    good[:len(good)/2],
		"one byte short": good[:len(good)-1],
		"one byte more":  append(append([]byte{}, good...), 0),
		"no samples":     {1, 0, 0},
		"too many":       {1, 0xff, 0xff, 0xff, 0xff, 0x0f, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := every(1, 2)
			got, err := codec.Decode(before, data)
			if fault.Of(err) != fault.BadAnswer {
				t.Errorf("got %v, want a fault of kind bad_answer", err)
			}
			if diff := cmp.Diff(before, got); diff != "" {
				t.Errorf("the samples before it changed:\n%s", diff)
			}
		})
	}
}

func TestOfSamplesWithTheSameTimeTheLaterBlockWins(t *testing.T) {
	t.Parallel()
	codec := chunk.NewCodec()
	at := func(pairs ...float64) chunk.Block {
		var c chunk.Columns
		for i := 0; i < len(pairs); i += 2 {
			c.Append(int64(pairs[i]), pairs[i+1])
		}
		return codec.Pack(c, chunk.Quick)
	}
	got, err := codec.Merge(chunk.Columns{}, at(10, 1, 20, 1, 30, 1), at(15, 2, 20, 2), at(30, 3, 40, 3))
	if err != nil {
		t.Fatal(err)
	}
	want := chunk.Columns{Times: []int64{10, 15, 20, 30, 40}, Values: []float64{1, 2, 2, 3, 3}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("merged blocks differ (-want +got):\n%s", diff)
	}
}

func FuzzDecode(f *testing.F) {
	codec := chunk.NewCodec()
	for _, effort := range []chunk.Effort{chunk.Quick, chunk.Smallest} {
		f.Add(codec.Append(nil, every(1), effort))
		f.Add(codec.Append(nil, made(200, func(i int) float64 { return float64(i % 7) }), effort))
		f.Add(codec.Append(nil, made(200, func(i int) float64 { return math.Sqrt(float64(i)) }), effort))
		f.Add(codec.Append(nil, made(200, func(i int) float64 { return float64(i * i * i % 65537) }), effort))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := codec.Decode(chunk.Columns{}, data)
		if err != nil {
			if fault.Of(err) != fault.BadAnswer || got.Len() != 0 {
				t.Fatalf("got %d samples and %v", got.Len(), err)
			}
			return
		}
		again, err := codec.Decode(chunk.Columns{}, codec.Append(nil, got, chunk.Smallest))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(bits(got), bits(again)) {
			t.Fatalf("got %v, and after another round %v", got, again)
		}
	})
}

func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("every eight bytes are a value, and the last few say how the times go"), int64(60_000), uint8(2))
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80}, int64(1), uint8(0))
	codec := chunk.NewCodec()
	f.Fuzz(func(t *testing.T, data []byte, step int64, kind uint8) {
		var c chunk.Columns
		at := int64(0)
		for i := 0; i+8 <= len(data) && c.Len() < chunk.MaxPoints; i++ {
			word := uint64(0)
			for _, b := range data[i : i+8] {
				word = word<<8 | uint64(b)
			}
			var value float64
			switch kind % 4 {
			case 0:
				value = math.Float64frombits(word)
			case 1:
				value = float64(int64(word))
			case 2:
				value = float64(int32(word)) / 100
			case 3:
				value = float64(word % 5)
			}
			at += step + int64(word&uint64(kind))
			c.Append(at, value)
		}
		if c.Len() == 0 {
			return
		}
		for _, effort := range []chunk.Effort{chunk.Quick, chunk.Smallest} {
			got, err := codec.Decode(chunk.Columns{}, codec.Append(nil, c, effort))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(bits(c), bits(got)) {
				t.Fatalf("got %v, want %v", got, c)
			}
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	for name, c := range benchmarks() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			codec := chunk.NewCodec()
			var data []byte
			for b.Loop() {
				data = codec.Append(data[:0], c, chunk.Smallest)
			}
			b.ReportMetric(float64(len(data))/float64(c.Len()), "B/sample")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*c.Len()), "ns/sample")
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	for name, c := range benchmarks() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			codec := chunk.NewCodec()
			data := codec.Append(nil, c, chunk.Smallest)
			var got chunk.Columns
			for b.Loop() {
				var err error
				got, err = codec.Decode(chunk.Columns{Times: got.Times[:0], Values: got.Values[:0]}, data)
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*c.Len()), "ns/sample")
		})
	}
}

func benchmarks() map[string]chunk.Columns {
	random := rand.New(rand.NewPCG(5, 6))
	walk, count := 4000.0, 0.0
	return map[string]chunk.Columns{
		"gauge":    made(1440, func(int) float64 { walk += math.Round(random.NormFloat64() * 10); return walk / 100 }),
		"counter":  made(1440, func(int) float64 { count += float64(random.IntN(1_000_000)); return count }),
		"constant": made(1440, func(int) float64 { return 1 }),
		"float":    made(1440, func(int) float64 { return random.Float64() }),
	}
}
