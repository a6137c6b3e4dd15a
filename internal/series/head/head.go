// Package head holds in memory the samples that are not in a database yet.
//
// The newest samples of a series are open; older ones are packed, so that a
// sample takes about two bytes. Samples may come in any order.
package head

import (
	"slices"
	"time"

	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/chunk"
)

const (
	// blockSize is how many samples are packed together.
	blockSize = 120
	// tailSize is the room that the open samples of a new series get.
	tailSize = 8
	// openCost and seriesCost are about how many bytes one takes in memory.
	openCost   = 16
	seriesCost = 250
)

// Head holds samples. It is not safe for use at the same time; what Blocks
// returns stays as it is and may be read while the head goes on.
type Head struct {
	codec   *chunk.Codec
	maxSpan int64
	series  map[series.ID]*member
	samples int
	bytes   int
}

// member is one series of a head.
type member struct {
	blocks []chunk.Block
	tail   chunk.Columns
	newest series.Point
}

// New returns an empty head. No block of it will span more than maxSpan.
func New(codec *chunk.Codec, maxSpan time.Duration) *Head {
	return &Head{codec: codec, maxSpan: maxSpan.Milliseconds(), series: make(map[series.ID]*member)}
}

// Append adds a sample. A sample with the time of an earlier one replaces it.
func (h *Head) Append(id series.ID, time int64, value float64) {
	m := h.series[id]
	if m == nil {
		m = &member{
			tail:   chunk.Columns{Times: make([]int64, 0, tailSize), Values: make([]float64, 0, tailSize)},
			newest: series.Point{Time: time, Value: value},
		}
		h.series[id] = m
		h.bytes += seriesCost
	}
	if time >= m.newest.Time {
		m.newest = series.Point{Time: time, Value: value}
	}
	if n := m.tail.Len(); n > 0 {
		first, last := m.tail.Times[0], m.tail.Times[n-1]
		if n >= blockSize || time < first || time-first > h.maxSpan {
			h.pack(m)
		} else if time <= last {
			h.insert(m, time, value)
			return
		}
	}
	m.tail.Append(time, value)
	h.samples++
	h.bytes += openCost
}

// pack makes a block of the open samples. Their memory is not used again, for
// somebody may be reading it.
func (h *Head) pack(m *member) {
	block := h.codec.Pack(m.tail, chunk.Quick)
	m.blocks = append(m.blocks, block)
	h.bytes += len(block.Data) + 64 - m.tail.Len()*openCost
	m.tail = chunk.Columns{Times: make([]int64, 0, blockSize), Values: make([]float64, 0, blockSize)}
}

// insert puts a sample between the open ones, in memory of its own, for
// somebody may be reading the old.
func (h *Head) insert(m *member, time int64, value float64) {
	at, found := slices.BinarySearch(m.tail.Times, time)
	tail := chunk.Columns{
		Times:  append(make([]int64, 0, blockSize+1), m.tail.Times...),
		Values: append(make([]float64, 0, blockSize+1), m.tail.Values...),
	}
	if found {
		tail.Values[at] = value
	} else {
		tail.Times = slices.Insert(tail.Times, at, time)
		tail.Values = slices.Insert(tail.Values, at, value)
		h.samples++
		h.bytes += openCost
	}
	m.tail = tail
}

// Blocks appends the blocks of a series that touch a span of time, in the order
// in which they were written.
func (h *Head) Blocks(dst []chunk.Block, id series.ID, from, to int64) []chunk.Block {
	m := h.series[id]
	if m == nil {
		return dst
	}
	for _, block := range m.blocks {
		if block.Start <= to && block.End >= from {
			dst = append(dst, block)
		}
	}
	if n := m.tail.Len(); n > 0 && m.tail.Times[0] <= to && m.tail.Times[n-1] >= from {
		dst = append(dst, chunk.Block{
			Start: m.tail.Times[0], End: m.tail.Times[n-1], Count: n, Open: m.tail.Slice(0, n),
		})
	}
	return dst
}

// Newest returns the newest sample of a series.
func (h *Head) Newest(id series.ID) (series.Point, bool) {
	m := h.series[id]
	if m == nil {
		return series.Point{}, false
	}
	return m.newest, true
}

// IDs returns the series that have samples, ascending.
func (h *Head) IDs() []series.ID {
	ids := make([]series.ID, 0, len(h.series))
	for id := range h.series {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// Series returns the number of series that have samples.
func (h *Head) Series() int { return len(h.series) }

// Samples returns the number of samples.
func (h *Head) Samples() int { return h.samples }

// Bytes returns about how much memory the head takes.
func (h *Head) Bytes() int { return h.bytes }
