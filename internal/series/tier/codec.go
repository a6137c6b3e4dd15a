package tier

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/series/chunk"
)

// MaxBuckets is how many buckets may be packed together.
const MaxBuckets = chunk.MaxPoints

// Codec packs rows of buckets and unpacks them, bit for bit. Its methods may be
// called at the same time.
//
//	row: layout | count | first time in steps | gaps | first number of samples | changes of it | form | figures
//
// When the figures are decimals of a common scale, they are packed as integers
// of it: how the last samples change, and how far each other figure is from what
// one would expect of those before it. Nearly nothing is left of those that say
// nothing new: the highest sample of a counter is the last, and its increase is
// how the last ones differ. A figure that does not take part is packed like
// samples are.
type Codec struct {
	numbers *chunk.Codec
}

// NewCodec returns a codec that leaves the numbers to another.
func NewCodec(numbers *chunk.Codec) *Codec { return &Codec{numbers: numbers} }

// layout1 is the first byte of a row; a later layout gets another one.
const layout1 = 1

// The form of figures is one byte: the decimal scale, or floats; then which of
// several expectations came closest.
const (
	floats       = 15 // no common scale
	steady       = 1 << 4
	growing      = 1 << 5
	floatSum     = 1 << 6
	floatGrowth  = 1 << 7
	scaleMask    = 15
	maxTime      = 1 << 55
	minTime      = -maxTime
	figureColumn = 5
)

// Append packs 1 to MaxBuckets buckets of one step, in order of time, and
// appends them to dst.
func (c *Codec) Append(dst []byte, step time.Duration, buckets []Bucket) []byte {
	width := step.Milliseconds()
	first := buckets[0]
	dst = append(dst, layout1)
	dst = binary.AppendUvarint(dst, uint64(len(buckets)))
	dst = binary.AppendVarint(dst, first.Time/width)
	gaps, changes := make([]uint64, 0, len(buckets)-1), make([]uint64, 0, len(buckets)-1)
	for i, b := range buckets[1:] {
		gaps = append(gaps, uint64((b.Time-buckets[i].Time)/width-1))
		changes = append(changes, zigzag(b.Count-buckets[i].Count))
	}
	dst = c.numbers.AppendInts(dst, gaps, chunk.Smallest)
	dst = binary.AppendVarint(dst, first.Count)
	dst = c.numbers.AppendInts(dst, changes, chunk.Smallest)
	f, ok := integers(buckets)
	if !ok {
		dst = append(dst, floats)
		for _, column := range [figureColumn]Column{Last, Max, Min, Sum, Increase} {
			dst = c.appendFloats(dst, buckets, column)
		}
		return dst
	}
	return c.appendFigures(dst, buckets, f)
}

// figures are the values of buckets as integers of one decimal scale.
type figures struct {
	scale                     int
	last, top, low, sum, grow []int64
	sums, grows               bool // whether these take part
}

// integers finds the common scale; false when there is none.
func integers(buckets []Bucket) (*figures, bool) {
	scale, power := 0, 1.0
	for _, b := range buckets {
		for !allExact(b, power) {
			if scale++; scale > chunk.MaxScale {
				return nil, false
			}
			power *= 10
		}
	}
	f := &figures{scale: scale}
	ok := true
	take := func(column Column) []int64 {
		ints := make([]int64, len(buckets))
		for i, b := range buckets {
			var exact bool
			ints[i], exact = chunk.Exact(b.Of(column), power)
			ok = ok && exact
		}
		return ints
	}
	f.last, f.top, f.low = take(Last), take(Max), take(Min)
	if !ok {
		return f, false
	}
	f.sum = take(Sum)
	f.sums, ok = ok, true
	f.grow = take(Increase)
	f.grows = ok
	return f, true
}

func allExact(b Bucket, power float64) bool {
	for _, v := range [...]float64{b.Last, b.Max, b.Min} {
		if _, ok := chunk.Exact(v, power); !ok {
			return false
		}
	}
	return true
}

// appendFigures packs what is left of the figures beyond what is expected.
func (c *Codec) appendFigures(dst []byte, buckets []Bucket, f *figures) []byte {
	n := len(buckets)
	form := byte(f.scale)
	columns := make([][]uint64, 0, figureColumn)

	changes, bends := make([]uint64, n), make([]uint64, n)
	tops := make([]uint64, n)
	lows, lowsOfCounter := make([]uint64, n), make([]uint64, n)
	sums, grows := make([]uint64, n), make([]uint64, n)
	for i, b := range buckets {
		changes[i] = zigzag(f.change(i))
		bends[i] = changes[i]
		if i > 1 {
			bends[i] = zigzag(f.change(i) - f.change(i-1))
		}
		tops[i] = uint64(f.top[i] - f.last[i])
		lows[i], lowsOfCounter[i] = uint64(f.last[i]-f.low[i]), zigzag(f.last[i]-f.low[i]-f.climb(i, b.Count))
		if f.sums {
			sums[i] = zigzag(f.sum[i] - f.total(i, b.Count))
		}
		if f.grows {
			grows[i] = zigzag(f.grow[i] - f.growth(i))
		}
	}
	if cost(bends) < cost(changes) {
		form |= steady
		changes = bends
	}
	if cost(lowsOfCounter) < cost(lows) {
		form |= growing
		lows = lowsOfCounter
	}
	columns = append(columns, changes, tops, lows)
	if f.sums {
		columns = append(columns, sums)
	} else {
		form |= floatSum
	}
	if f.grows {
		columns = append(columns, grows)
	} else {
		form |= floatGrowth
	}
	dst = append(dst, form)
	for _, column := range columns {
		dst = c.numbers.AppendInts(dst, column, chunk.Smallest)
	}
	if !f.sums {
		dst = c.appendFloats(dst, buckets, Sum)
	}
	if !f.grows {
		dst = c.appendFloats(dst, buckets, Increase)
	}
	return dst
}

// What one would expect of a bucket, by those before it and by those of its
// figures that are known already. All of it is reckoned with integers that may
// overflow, which does no harm: unpacking expects the same.

// change is how the last sample differs from that of the bucket before.
func (f *figures) change(i int) int64 {
	if i == 0 {
		return f.last[0]
	}
	return f.last[i] - f.last[i-1]
}

// climb is how much a counter grew from the first sample of a bucket to its last.
func (f *figures) climb(i int, count int64) int64 {
	if i == 0 {
		return 0
	}
	change := f.last[i] - f.last[i-1]
	if change < 0 || count <= 0 || count >= 1<<20 || change >= 1<<42 {
		return 0
	}
	return change * (count - 1) / count
}

// total is the sum of samples that lie evenly between the lowest and the highest.
func (f *figures) total(i int, count int64) int64 { return (f.low[i] + f.top[i]) * count / 2 }

// growth is how much a counter grew, which began again when it is smaller.
func (f *figures) growth(i int) int64 {
	if i == 0 {
		return 0
	}
	if change := f.last[i] - f.last[i-1]; change >= 0 {
		return change
	}
	return f.last[i]
}

// cost is about how many bits integers take.
func cost(ints []uint64) int {
	sum := 0
	for _, v := range ints {
		sum += bits.Len64(v)
	}
	return sum
}

// appendFloats packs a column by itself.
func (c *Codec) appendFloats(dst []byte, buckets []Bucket, column Column) []byte {
	values := chunk.Columns{Times: make([]int64, len(buckets)), Values: make([]float64, len(buckets))}
	for i, b := range buckets {
		values.Times[i], values.Values[i] = int64(i), b.Of(column)
	}
	packed := c.numbers.Append(nil, values, chunk.Smallest)
	dst = binary.AppendUvarint(dst, uint64(len(packed)))
	return append(dst, packed...)
}

// Decode appends the buckets of a row to dst. Bytes that are no row give a fault
// of kind BadAnswer.
func (c *Codec) Decode(dst []Bucket, step time.Duration, data []byte) ([]Bucket, error) {
	u := unpacker{numbers: c.numbers, data: data}
	if layout := u.byte(); layout != layout1 {
		return dst, fault.New(fault.BadAnswer, "unpacking buckets of unknown layout %d", layout)
	}
	n := u.uvarint()
	if n < 1 || n > MaxBuckets {
		return dst, senseless()
	}
	from := len(dst)
	dst = append(dst, make([]Bucket, n)...)
	buckets := dst[from:]
	u.times(buckets, step.Milliseconds())
	u.counts(buckets)
	u.figures(buckets)
	if u.bad || len(u.data) > 0 {
		return dst[:from], senseless()
	}
	return dst, nil
}

func senseless() error {
	return fault.New(fault.BadAnswer, "unpacking buckets: their content makes no sense")
}

// Merge appends the buckets of several rows to dst in order of time. Where two
// rows have a bucket of the same time, that of the later row is right.
func (c *Codec) Merge(dst []Bucket, step time.Duration, rows ...[]byte) ([]Bucket, error) {
	from := len(dst)
	sorted := true
	for _, row := range rows {
		next := len(dst)
		var err error
		if dst, err = c.Decode(dst, step, row); err != nil {
			return dst[:from], err
		}
		if next > from && next < len(dst) && dst[next].Time <= dst[next-1].Time {
			sorted = false
		}
	}
	if !sorted {
		dst = append(dst[:from], Newest(dst[from:])...)
	}
	return dst, nil
}

// Newest orders buckets by time, in place, and keeps of those with the same time
// the one that stood last.
func Newest(buckets []Bucket) []Bucket {
	slices.SortStableFunc(buckets, func(a, b Bucket) int { return cmp.Compare(a.Time, b.Time) })
	kept := buckets[:0]
	for i, b := range buckets {
		if i+1 == len(buckets) || buckets[i+1].Time != b.Time {
			kept = append(kept, b)
		}
	}
	return kept
}

func zigzag(v int64) uint64   { return uint64(v<<1 ^ v>>63) }
func unzigzag(v uint64) int64 { return int64(v>>1) ^ -int64(v&1) }
