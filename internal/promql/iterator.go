package promql

import (
	"math"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
)

// paced is a series whose line ends where its samples are too far apart.
type paced struct {
	storage.Series
	pace pace
}

var _ storage.Series = paced{}

// Iterator goes through the samples and the markers between them.
func (s paced) Iterator(reuse chunkenc.Iterator) chunkenc.Iterator {
	it, ok := reuse.(*iterator)
	if !ok {
		it = &iterator{}
	}
	*it = iterator{inner: s.Series.Iterator(it.inner), pace: s.pace}
	return it
}

// iterator puts a stale marker behind each sample that has no successor in
// time, and behind the last.
type iterator struct {
	inner chunkenc.Iterator
	pace  pace

	state   state
	sample  sample    // where it stands; the marker when state is atMarker
	ahead   [2]sample // read already
	read    int       // so many of them
	ended   bool      // nothing more can be read
	before  int64     // between the sample and the one before; 0 when there is none
	spacing int64     // the last that repeated itself; 0 when none did
}

type state int

const (
	atStart state = iota
	atSample
	atMarker
	atEnd
)

type sample struct {
	time  int64
	value float64
}

var _ chunkenc.Iterator = (*iterator)(nil)

// Next goes to the next sample or marker.
func (it *iterator) Next() chunkenc.ValueType {
	switch {
	case it.state == atEnd:
		return chunkenc.ValNone
	case it.state == atSample && !value.IsStaleNaN(it.sample.value):
		stands := it.pace.stands(it.spacing, it.before)
		if !it.look(1) || it.ahead[0].time-it.sample.time > stands && !it.changes() {
			return it.mark(stands)
		}
	case !it.look(1):
		it.state = atEnd
		return chunkenc.ValNone
	}
	if !it.look(1) { // behind a stale marker that was stored
		it.state = atEnd
		return chunkenc.ValNone
	}
	it.take()
	return chunkenc.ValFloat
}

// mark ends the line behind the sample that the iterator stands at.
func (it *iterator) mark(stands int64) chunkenc.ValueType {
	if it.read == 0 { // the last: the source may have become slower with it
		stands = max(stands, it.pace.stands(0, 0))
	}
	it.state = atMarker
	it.sample = sample{time: it.sample.time + stands, value: math.Float64frombits(value.StaleNaN)}
	return chunkenc.ValFloat
}

// changes reports whether the next sample is so far away because from here on
// the series is measured less often: the spacing repeats itself, or what
// follows is spaced as the source is collected now.
func (it *iterator) changes() bool {
	if !it.look(2) {
		return false
	}
	wide, next := it.ahead[0].time-it.sample.time, it.ahead[1].time-it.ahead[0].time
	return alike(wide, next) || wide <= it.pace.stands(0, 0) && alike(next, it.pace.interval)
}

// look makes sure that n samples are read ahead.
func (it *iterator) look(n int) bool {
	for it.read < n && !it.ended {
		if it.inner.Next() == chunkenc.ValNone {
			it.ended = true
			break
		}
		it.ahead[it.read].time, it.ahead[it.read].value = it.inner.At()
		it.read++
	}
	return it.read >= n
}

// take goes to the first sample that was read ahead.
func (it *iterator) take() {
	next := it.ahead[0]
	it.ahead[0] = it.ahead[1]
	it.read--
	switch it.state {
	case atSample:
		apart := next.time - it.sample.time
		switch {
		case alike(apart, it.pace.interval):
			it.spacing = 0
		case alike(apart, it.before):
			it.spacing = apart
		}
		it.before = apart
	case atMarker: // a gap says nothing about the interval
		it.before = 0
	case atStart, atEnd:
	}
	it.state, it.sample = atSample, next
}

// Seek goes to the first sample or marker at or behind a time, unless it is
// there already.
//
//nolint:govet // the interface has it so; it is no io.Seeker
func (it *iterator) Seek(t int64) chunkenc.ValueType {
	if it.state == atSample || it.state == atMarker {
		if it.sample.time >= t {
			return chunkenc.ValFloat
		}
	}
	it.skip(t - max(it.pace.reach(), it.spacing*4))
	for it.Next() != chunkenc.ValNone {
		if it.sample.time >= t {
			return chunkenc.ValFloat
		}
	}
	return chunkenc.ValNone
}

// skip leaves out samples before a time that nothing depends on.
func (it *iterator) skip(t int64) {
	newest := int64(math.MinInt64)
	switch {
	case it.read > 0:
		newest = it.ahead[it.read-1].time
	case it.state != atStart:
		newest = it.sample.time
	}
	if it.ended || newest >= t {
		return
	}
	*it = iterator{inner: it.inner, pace: it.pace, spacing: it.spacing}
	if it.inner.Seek(t) == chunkenc.ValNone {
		it.ended = true
		return
	}
	it.ahead[0].time, it.ahead[0].value = it.inner.At()
	it.read = 1
}

// At returns the sample or marker that the iterator stands at.
func (it *iterator) At() (int64, float64) { return it.sample.time, it.sample.value }

// AtT returns its time.
func (it *iterator) AtT() int64 { return it.sample.time }

// AtST returns 0: start times are not kept.
func (it *iterator) AtST() int64 { return 0 }

// AtHistogram returns nothing: there are no histograms.
func (it *iterator) AtHistogram(*histogram.Histogram) (int64, *histogram.Histogram) { return 0, nil }

// AtFloatHistogram returns nothing: there are no histograms.
func (it *iterator) AtFloatHistogram(*histogram.FloatHistogram) (int64, *histogram.FloatHistogram) {
	return 0, nil
}

// Err returns what ended the iteration early.
func (it *iterator) Err() error { return it.inner.Err() }
