package tier

import (
	"math"
	"time"

	"github.com/unity-homelab/unity/internal/series/chunk"
)

// Before is the newest sample older than the ones at hand.
type Before struct {
	Time  int64
	Value float64
	Known bool // false: there is none
}

// Observe makes the newest of some samples, in order of time, that is a number
// the one before those to come.
func (b *Before) Observe(samples chunk.Columns) {
	for i := samples.Len() - 1; i >= 0; i-- {
		if !math.IsNaN(samples.Values[i]) {
			*b = Before{Time: samples.Times[i], Value: samples.Values[i], Known: true}
			return
		}
	}
}

// Roll appends the buckets of samples to dst. The samples are in order of time
// and all that there are of each bucket.
func Roll(dst []Bucket, step time.Duration, samples chunk.Columns, before Before) []Bucket {
	lookback := Lookback.Milliseconds()
	var b Bucket
	var sum, grown total
	var base float64 // the counter's value that the growth is counted from
	finish := func() {
		if b.Count == 0 {
			return
		}
		grown.add(b.Last)
		grown.add(-base)
		b.Sum, b.Increase = sum.value(), grown.value()
		dst = append(dst, b)
	}
	for i, t := range samples.Times {
		v := samples.Values[i]
		if math.IsNaN(v) {
			continue
		}
		if b.Count == 0 || t > b.Time {
			finish()
			b = Bucket{Time: End(t, step), Min: v, Max: v}
			sum, grown, base = total{}, total{}, v
			if before.Known && t-before.Time <= lookback {
				base, b.Last = before.Value, before.Value
			} else {
				b.Last = v
			}
		}
		if v < b.Last {
			grown.add(b.Last)
			grown.add(-base)
			base = 0
		}
		sum.add(v)
		b.Min, b.Max, b.Last = min(b.Min, v), max(b.Max, v), v
		b.Count++
		before = Before{Time: t, Value: v, Known: true}
	}
	finish()
	return dst
}

// Coarsen appends the buckets of a longer step, of which the step of the finer
// ones is a part, to dst. The finer ones are in order of time and all that there
// are of each longer one.
func Coarsen(dst []Bucket, step time.Duration, finer []Bucket) []Bucket {
	var b Bucket
	var sum, grown total
	finish := func() {
		if b.Count == 0 {
			return
		}
		b.Sum, b.Increase = sum.value(), grown.value()
		dst = append(dst, b)
	}
	for _, one := range finer {
		if b.Count == 0 || one.Time > b.Time {
			finish()
			b = Bucket{Time: End(one.Time, step), Min: one.Min, Max: one.Max}
			sum, grown = total{}, total{}
		}
		sum.add(one.Sum)
		grown.add(one.Increase)
		b.Count += one.Count
		b.Min, b.Max, b.Last = min(b.Min, one.Min), max(b.Max, one.Max), one.Last
	}
	finish()
	return dst
}

// total adds numbers up: as integers of a common decimal scale as long as they
// have one, and with Neumaier's compensation for the case that they have none.
type total struct {
	sum, lost float64
	scale     int
	power     float64 // ten to the power of scale; zero is one
	exact     int64
	inexact   bool // no common scale, or too large
}

const exactLimit = 1 << 53

func (t *total) add(v float64) {
	if v == 0 {
		return
	}
	next := t.sum + v
	if math.Abs(t.sum) >= math.Abs(v) {
		t.lost += (t.sum - next) + v
	} else {
		t.lost += (v - next) + t.sum
	}
	t.sum = next
	if t.inexact {
		return
	}
	if t.power == 0 {
		t.power = 1
	}
	for {
		if integer, ok := chunk.Exact(v, t.power); ok {
			t.exact += integer
			break
		}
		t.scale++
		t.power *= 10
		t.exact *= 10
		if t.scale > chunk.MaxScale || magnitude(t.exact) >= exactLimit {
			t.inexact = true
			return
		}
	}
	t.inexact = magnitude(t.exact) >= exactLimit
}

func (t *total) value() float64 {
	switch {
	case t.power == 0:
		return 0
	case !t.inexact:
		return float64(t.exact) / t.power
	case math.IsInf(t.sum, 0): // the compensation is not a number
		return t.sum
	default:
		return t.sum + t.lost
	}
}

func magnitude(v int64) int64 { return max(v, -v) }
