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
	it.series, it.next, it.at, it.err = s, 0, -1, nil
	it.columns.Times, it.columns.Values = it.columns.Times[:0], it.columns.Values[:0]
}

// Next goes to the next sample.
func (it *iterator) Next() chunkenc.ValueType {
	it.at++
	for it.at >= len(it.columns.Times) {
		if !it.load() {
			return chunkenc.ValNone
		}
	}
	if it.columns.Times[it.at] > it.series.to {
		it.end()
		return chunkenc.ValNone
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
			if it.columns.Times[it.at] > it.series.to {
				it.end()
				return chunkenc.ValNone
			}
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

// load unpacks the next group and stands at its first sample in the span.
func (it *iterator) load() bool {
	if it.err != nil || it.next >= len(it.series.groups) {
		it.end()
		return false
	}
	if !it.loaded() {
		codec := it.series.querier.codec
		group := it.series.groups[it.next]
		it.next++
		it.columns.Times, it.columns.Values = it.columns.Times[:0], it.columns.Values[:0]
		it.columns, it.err = codec.Merge(it.columns, group...)
	}
	if it.err != nil {
		it.err = fault.Wrap(it.err, "reading series %s", it.series.labels)
		it.end()
		return false
	}
	times := it.columns.Times
	it.at = sort.Search(len(times), func(i int) bool { return times[i] >= it.series.from })
	return true
}

// loaded takes over the first groups if they are unpacked already.
func (it *iterator) loaded() bool {
	if it.next > 0 || it.series.unpacking == nil {
		return false
	}
	it.columns, it.next = it.series.unpacking.take(it.series, it.columns)
	return it.next > 0
}

// end leaves the iterator behind the last sample.
func (it *iterator) end() {
	it.next, it.at = len(it.series.groups), 0
	it.columns.Times, it.columns.Values = it.columns.Times[:0], it.columns.Values[:0]
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
