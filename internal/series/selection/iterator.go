package selection

import (
	"math"
	"sort"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/series/chunk"
)

// iterator goes through one series, a group of blocks at a time.
type iterator struct {
	series  *oneSeries
	next    int // group
	columns chunk.Columns
	at      int // sample
	err     error
}

var _ chunkenc.Iterator = (*iterator)(nil)

func (it *iterator) reset(s *oneSeries) {
	it.release()
	it.series, it.next, it.at, it.err = s, 0, -1, nil
}

// release gives back the memory of the samples.
func (it *iterator) release() {
	if it.series != nil {
		it.series.querier.codec.Reuse(it.columns)
	}
	it.columns = chunk.Columns{}
}

// Next goes to the next sample.
func (it *iterator) Next() chunkenc.ValueType {
	it.at++
	for it.at >= len(it.columns.Times) {
		if !it.load() {
			return chunkenc.ValNone
		}
	}
	return chunkenc.ValFloat
}

// Seek goes to the first sample at or behind a time, unless it is there already.
//
//nolint:govet // the interface has it so; it is no io.Seeker
func (it *iterator) Seek(t int64) chunkenc.ValueType {
	if it.err != nil {
		return chunkenc.ValNone
	}
	if it.at >= 0 && it.at < len(it.columns.Times) && it.columns.Times[it.at] >= t {
		return chunkenc.ValFloat
	}
	for {
		if n := len(it.columns.Times); n > 0 && it.columns.Times[n-1] >= t {
			from := max(it.at, 0)
			it.at = from + sort.Search(n-from, func(i int) bool { return it.columns.Times[from+i] >= t })
			return chunkenc.ValFloat
		}
		for it.next < len(it.series.groups) && lastOf(it.series.groups[it.next]) < t {
			it.next++
		}
		if !it.load() {
			return chunkenc.ValNone
		}
	}
}

func lastOf(group []chunk.Block) int64 {
	last := int64(math.MinInt64)
	for _, block := range group {
		last = max(last, block.End)
	}
	return last
}

// load unpacks the next group up to the end of the span, and stands at its first
// sample in the span.
func (it *iterator) load() bool {
	if it.err != nil || it.next >= len(it.series.groups) {
		it.end()
		return false
	}
	if !it.loaded() {
		codec := it.series.querier.codec
		if it.columns.Times == nil {
			it.columns = codec.Room()
		}
		group := it.series.groups[it.next]
		it.next++
		it.columns = chunk.Columns{Times: it.columns.Times[:0], Values: it.columns.Values[:0]}
		it.columns, it.err = codec.Merge(it.columns, group...)
	}
	if it.err != nil {
		it.err = fault.Wrap(it.err, "reading series %s", it.series.labels)
		it.end()
		return false
	}
	times := it.columns.Times
	it.at = sort.Search(len(times), func(i int) bool { return times[i] >= it.series.from })
	end := it.at + sort.Search(len(times)-it.at, func(i int) bool { return times[it.at+i] > it.series.to })
	it.columns = chunk.Columns{Times: times[:end], Values: it.columns.Values[:end]}
	return true
}

// loaded takes over the first groups if they are unpacked already.
func (it *iterator) loaded() bool {
	if it.next > 0 || it.series.unpacking == nil {
		return false
	}
	it.columns, it.next = it.series.unpacking.take(it.series)
	return it.next > 0
}

// end leaves the iterator behind the last sample.
func (it *iterator) end() {
	it.next, it.at = len(it.series.groups), 0
	it.release()
}

// At returns the sample that the iterator stands at.
func (it *iterator) At() (int64, float64) {
	return it.columns.Times[it.at], it.columns.Values[it.at]
}

// AtT returns the time of that sample.
func (it *iterator) AtT() int64 {
	if it.at < 0 || it.at >= len(it.columns.Times) {
		return math.MinInt64
	}
	return it.columns.Times[it.at]
}

// AtST returns 0: start times are not kept.
func (it *iterator) AtST() int64 { return 0 }

// AtHistogram returns nothing: there are no histograms.
func (it *iterator) AtHistogram(*histogram.Histogram) (int64, *histogram.Histogram) { return 0, nil }

// AtFloatHistogram returns nothing: there are no histograms.
func (it *iterator) AtFloatHistogram(*histogram.FloatHistogram) (int64, *histogram.FloatHistogram) {
	return 0, nil
}

// Err returns what ended the iteration early.
func (it *iterator) Err() error { return it.err }
