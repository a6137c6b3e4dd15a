package chunk_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/series/chunk"
)

func TestIntegersComeBackAndLeaveTheRest(t *testing.T) {
	t.Parallel()
	codec := chunk.NewCodec()
	random := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		ints := make([]uint64, random.IntN(300))
		wide := random.IntN(65)
		for i := range ints {
			if random.IntN(3) > 0 {
				ints[i] = random.Uint64() >> wide
			}
		}
		data := codec.AppendInts([]byte("before"), ints, chunk.Smallest)
		data = append(data, "behind"...)
		got, rest, err := codec.DecodeInts([]uint64{7}, data[len("before"):], len(ints))
		if err != nil || string(rest) != "behind" {
			t.Fatalf("%d integers leave %q: %v", len(ints), rest, err)
		}
		if diff := cmp.Diff(append([]uint64{7}, ints...), got); diff != "" {
			t.Fatal(diff)
		}
	}
}

func TestIntegersThatAreCutOffAreNoIntegers(t *testing.T) {
	t.Parallel()
	codec := chunk.NewCodec()
	data := codec.AppendInts(nil, []uint64{1, 2, 300, 4}, chunk.Smallest)
	for n, data := range map[int][]byte{4: data[:len(data)-1], 5: nil, -1: data, chunk.MaxPoints + 1: data} {
		if _, _, err := codec.DecodeInts(nil, data, n); fault.Of(err) != fault.BadAnswer {
			t.Errorf("%d integers of %d bytes give %v", n, len(data), err)
		}
	}
}

func TestExactFindsTheIntegerOfADecimal(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		value float64
		scale int
		want  int64
		ok    bool
	}{
		{0, 0, 0, true},
		{12.34, 2, 1234, true},
		{12.34, 3, 12340, true},
		{12.34, 1, 0, false},
		{-0.1, 1, -1, true},
		{math.Copysign(0, -1), 0, 0, false},
		{1 << 53, 0, 0, false},
		{math.NaN(), 0, 0, false},
		{math.Inf(1), 3, 0, false},
	} {
		got, ok := chunk.Exact(test.value, chunk.Power10(test.scale))
		if got != test.want || ok != test.ok {
			t.Errorf("%v with %d decimals is %d (%v), want %d (%v)", test.value, test.scale, got, ok, test.want, test.ok)
		}
	}
}
