package head_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/chunk"
	"github.com/unity-homelab/unity/internal/series/head"
)

// read returns all samples of a series.
func read(t *testing.T, codec *chunk.Codec, blocks []chunk.Block) map[int64]float64 {
	t.Helper()
	columns, err := codec.Merge(chunk.Columns{}, blocks...)
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[int64]float64)
	for i, at := range columns.Times {
		all[at] = columns.Values[i]
	}
	return all
}

func TestWhatWasReadStaysAsItIs(t *testing.T) {
	t.Parallel()
	codec := chunk.NewCodec()
	h := head.New(codec, time.Hour)
	random := rand.New(rand.NewPCG(1, 1))
	want := make(map[int64]float64)
	for range 300 {
		at := random.Int64N(1000)
		before, wanted := h.Blocks(nil, 1, 0, 1<<60), make(map[int64]float64)
		for at, value := range want {
			wanted[at] = value
		}
		want[at] = random.Float64()
		h.Append(1, at, want[at])
		if diff := cmp.Diff(wanted, read(t, codec, before)); diff != "" {
			t.Fatalf("blocks that were read changed when a sample of time %d came (-want +got):\n%s", at, diff)
		}
		if diff := cmp.Diff(want, read(t, codec, h.Blocks(nil, 1, 0, 1<<60))); diff != "" {
			t.Fatalf("samples differ after one of time %d (-want +got):\n%s", at, diff)
		}
	}
}

func TestABlockDoesNotLastLongerThanItMay(t *testing.T) {
	t.Parallel()
	h := head.New(chunk.NewCodec(), time.Hour)
	for _, minute := range []int64{0, 30, 60, 61, 500_000_000, 500_000_050, 500_000_070, 10} {
		h.Append(1, minute*60_000, 1)
	}
	for _, block := range h.Blocks(nil, 1, -1<<60, 1<<60) {
		if span := block.End - block.Start; span > time.Hour.Milliseconds() {
			t.Errorf("a block lasts %d minutes", span/60_000)
		}
	}
	if h.Samples() != 8 || h.Series() != 1 {
		t.Errorf("the head has %d samples of %d series", h.Samples(), h.Series())
	}
	if newest, ok := h.Newest(1); !ok || newest != (series.Point{Time: 500_000_070 * 60_000, Value: 1}) {
		t.Errorf("the newest sample is %v", newest)
	}
}

func TestASampleTakesLittleMemory(t *testing.T) {
	t.Parallel()
	h := head.New(chunk.NewCodec(), 48*time.Hour)
	for i := range int64(1440) {
		h.Append(1, i*60_000, float64(i%17)/10)
	}
	if perSample := float64(h.Bytes()) / 1440; perSample > 4 {
		t.Errorf("a sample takes %.1f bytes", perSample)
	}
}

func BenchmarkAppend(b *testing.B) {
	b.ReportAllocs()
	h := head.New(chunk.NewCodec(), 48*time.Hour)
	const members = 1000
	at := int64(0)
	for b.Loop() {
		for id := range series.ID(members) {
			h.Append(id, at, float64(at/60_000%97)/100)
		}
		at += 60_000
		if at%(240*60_000) == 0 {
			h = head.New(chunk.NewCodec(), 48*time.Hour)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*members), "ns/sample")
}
