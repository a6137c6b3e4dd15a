// Package tier makes long stretches of samples short: of all samples of a few
// minutes or an hour remains one bucket, from which the usual questions can
// still be answered exactly.
//
// Roll makes buckets of samples, Coarsen makes longer buckets of shorter ones,
// and a Codec packs a row of them into few bytes.
package tier

import (
	"math"
	"slices"
	"time"

	"github.com/unity-homelab/unity/internal/series/chunk"
)

// Bucket is what is left of the samples of one series in a stretch of time of
// one step. The stretch begins after Time minus the step and ends with Time,
// which is a whole multiple of the step since 1970 UTC: so a PromQL window that
// ends at such a time and is whole steps long covers whole buckets.
//
// Samples that are not a number are left out; a stretch without others has no
// bucket.
//
// Min, Max and Last are samples, bit for bit. Sum and Increase are as exact as a
// float64 can be where the samples are decimals of at most 14 places and all of
// it fits 53 bits, which is nearly always so: they are added up as integers, so
// that 0.1 and 0.2 make 0.3. Else they are added with compensation and may be
// off by the last bit.
type Bucket struct {
	Time  int64 // the end, included, in milliseconds since 1970 UTC
	Count int64 // of samples
	Sum   float64
	Min   float64
	Max   float64
	Last  float64 // the newest sample
	// Increase is how much a counter grew from the last sample before the
	// bucket to the last in it; from the first in it when there is none before
	// that, or only one longer ago than Lookback. A counter that got smaller
	// started again from zero.
	Increase float64
}

// Lookback is how much older the sample before a bucket may be than the first in
// it for a counter to have grown from the one to the other: two and a half of
// the longest intervals.
const Lookback = 60 * time.Hour

// Column is one figure of a bucket.
type Column string

// The columns.
const (
	Count    Column = "count"
	Sum      Column = "sum"
	Min      Column = "min"
	Max      Column = "max"
	Last     Column = "last"
	Increase Column = "increase"
	// Mean is the sum by the number, for windows of one bucket.
	Mean Column = "mean"
)

// Columns lists every column.
func Columns() []Column { return []Column{Count, Sum, Min, Max, Last, Increase, Mean} }

// Steps are the tiers, the finest first.
func Steps() []time.Duration { return []time.Duration{5 * time.Minute, time.Hour} }

// End returns the end of the bucket that a time belongs to.
func End(t int64, step time.Duration) int64 {
	width := step.Milliseconds()
	end := t - t%width
	if end < t {
		end += width
	}
	return end
}

// Of returns one figure of the bucket, and NaN when there is no such column.
func (b Bucket) Of(column Column) float64 {
	switch column {
	case Count:
		return float64(b.Count)
	case Sum:
		return b.Sum
	case Min:
		return b.Min
	case Max:
		return b.Max
	case Last:
		return b.Last
	case Increase:
		return b.Increase
	case Mean:
		return b.Sum / float64(b.Count)
	}
	return math.NaN()
}

// Samples appends one figure of buckets to dst, as samples at their ends.
func Samples(dst chunk.Columns, buckets []Bucket, column Column) chunk.Columns {
	dst.Times, dst.Values = slices.Grow(dst.Times, len(buckets)), slices.Grow(dst.Values, len(buckets))
	for _, b := range buckets {
		dst.Append(b.Time, b.Of(column))
	}
	return dst
}

// Between returns the buckets that end in a span of time, both ends included.
// They must be in order of time, and share memory with the result.
func Between(buckets []Bucket, from, to int64) []Bucket {
	at := func(t int64) int {
		i, _ := slices.BinarySearchFunc(buckets, t, func(b Bucket, t int64) int {
			if b.Time < t {
				return -1
			}
			return 1
		})
		return i
	}
	if from > to {
		return nil
	}
	last := len(buckets)
	if to < math.MaxInt64 {
		last = at(to + 1)
	}
	first := at(from)
	return buckets[first:last:last]
}
