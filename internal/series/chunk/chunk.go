// Package chunk packs the samples of one series into few bytes, and back, bit
// for bit.
//
// What machines measure is mostly a whole number or has a few decimals, changes
// slowly, and is taken at regular times. So a chunk holds its values as integers
// of a common decimal scale, as the differences between them, packed; times that
// are regular cost nothing. Values without a common scale are treated the same
// way by their bit patterns.
//
//	chunk:  layout | count | first time | step | irregularities | values
//	values: form | first | divisor | first difference | differences
//
// Irregularities and differences are runs of integers; see ints.go for the ways
// in which they are packed. The smallest is taken.
package chunk

import (
	"cmp"
	"slices"
	"sync"

	"github.com/klauspost/compress/huff0"

	"github.com/unity-homelab/unity/fault"
)

// MaxPoints is how many samples a chunk may hold.
const MaxPoints = 1 << 14

// Columns are samples of one series in order of time: times in milliseconds
// since 1970 UTC, and values. Both have the same length.
type Columns struct {
	Times  []int64
	Values []float64
}

// Len returns the number of samples.
func (c Columns) Len() int { return len(c.Times) }

// Append adds one sample at the end.
func (c *Columns) Append(time int64, value float64) {
	c.Times = append(c.Times, time)
	c.Values = append(c.Values, value)
}

// Slice returns the samples from i up to, not including, j.
func (c Columns) Slice(i, j int) Columns {
	return Columns{Times: c.Times[i:j:j], Values: c.Values[i:j:j]}
}

// Block is a stretch of one series: packed, or open when Data is nil.
type Block struct {
	Start, End int64 // times of the first and the last sample
	Count      int
	Data       []byte
	Open       Columns
}

// Effort says how hard Append tries.
type Effort int

// The efforts.
const (
	Quick    Effort = iota // for memory: no Huffman code
	Smallest               // for disk
)

// Codec packs and unpacks chunks. Its methods may be called at the same time.
type Codec struct {
	scratch sync.Pool
	room    sync.Pool
}

// scratch is memory that is used again.
type scratch struct {
	ints, differences []uint64
	bytes, packed     []byte
	coder, decoder    *huff0.Scratch
}

// NewCodec returns a codec.
func NewCodec() *Codec {
	return &Codec{
		scratch: sync.Pool{New: func() any { return new(scratch) }},
		room:    sync.Pool{New: func() any { return new(Columns) }},
	}
}

// Room returns no samples, with room for as many as there were in columns that
// were given back with Reuse.
func (c *Codec) Room() Columns {
	columns, _ := c.room.Get().(*Columns)
	return Columns{Times: columns.Times[:0], Values: columns.Values[:0]}
}

// Reuse takes columns that nobody needs any more.
func (c *Codec) Reuse(columns Columns) {
	if cap(columns.Times) > 0 {
		c.room.Put(&columns)
	}
}

// layout1 is the first byte of a chunk; a later layout gets another one.
const layout1 = 1

// Append packs 1 to MaxPoints samples and appends them to dst.
func (c *Codec) Append(dst []byte, columns Columns, effort Effort) []byte {
	s, _ := c.scratch.Get().(*scratch)
	defer c.scratch.Put(s)
	p := packer{scratch: s, effort: effort}
	dst = append(dst, layout1)
	dst = appendUvarint(dst, uint64(columns.Len()))
	dst = p.appendTimes(dst, columns.Times)
	return p.appendValues(dst, columns.Values)
}

// Decode appends the samples of a chunk to dst. Bytes that are not a chunk give
// a fault of kind BadAnswer.
func (c *Codec) Decode(dst Columns, data []byte) (Columns, error) {
	s, _ := c.scratch.Get().(*scratch)
	defer c.scratch.Put(s)
	u := unpacker{scratch: s, data: data}
	times, values := len(dst.Times), len(dst.Values)
	if layout := u.byte(); layout != layout1 {
		return dst, fault.New(fault.BadAnswer, "unpacking a chunk of unknown layout %d", layout)
	}
	n := u.uvarint()
	if n < 1 || n > MaxPoints {
		return dst, fault.New(fault.BadAnswer, "unpacking a chunk: its content makes no sense")
	}
	dst.Times = u.times(dst.Times, int(n))
	dst.Values = u.values(dst.Values, int(n))
	if u.bad || len(u.data) > 0 {
		dst = Columns{Times: dst.Times[:times], Values: dst.Values[:values]}
		return dst, fault.New(fault.BadAnswer, "unpacking a chunk: its content makes no sense")
	}
	return dst, nil
}

// Read appends the samples of a block to dst.
func (c *Codec) Read(dst Columns, block Block) (Columns, error) {
	if block.Data != nil {
		return c.Decode(dst, block.Data)
	}
	dst.Times = append(dst.Times, block.Open.Times...)
	dst.Values = append(dst.Values, block.Open.Values...)
	return dst, nil
}

// Pack makes a packed block of samples; there must be at least one.
func (c *Codec) Pack(columns Columns, effort Effort) Block {
	n := columns.Len()
	return Block{
		Start: columns.Times[0], End: columns.Times[n-1], Count: n,
		Data: slices.Clip(c.Append(nil, columns, effort)),
	}
}

// Merge appends the samples of blocks to dst in order of time. Of samples with
// the same time the one of the later block wins, and within a block the later.
func (c *Codec) Merge(dst Columns, blocks ...Block) (Columns, error) {
	from := dst.Len()
	sorted := true
	for _, block := range blocks {
		next := dst.Len()
		var err error
		if dst, err = c.Read(dst, block); err != nil {
			return dst, err
		}
		if next > from && next < dst.Len() && dst.Times[next] <= dst.Times[next-1] {
			sorted = false
		}
	}
	if !sorted {
		sortColumns(&dst, from)
	}
	return dst, nil
}

// sortColumns orders the samples from an index on by time and keeps the last of
// those with the same time.
func sortColumns(c *Columns, from int) {
	type point struct {
		time  int64
		value float64
	}
	points := make([]point, 0, c.Len()-from)
	for i := from; i < c.Len(); i++ {
		points = append(points, point{c.Times[i], c.Values[i]})
	}
	slices.SortStableFunc(points, func(a, b point) int { return cmp.Compare(a.time, b.time) })
	c.Times, c.Values = c.Times[:from], c.Values[:from]
	for i, p := range points {
		if i+1 == len(points) || points[i+1].time != p.time {
			c.Append(p.time, p.value)
		}
	}
}
