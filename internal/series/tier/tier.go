// Package tier makes long stretches of samples short: of all samples of a few
// minutes or an hour remains one bucket, from which the usual questions can
// still be answered exactly.
package tier

import "time"

// Bucket is what is left of the samples of one series in a stretch of time of
// one step. The stretch begins after Time minus the step and ends with Time,
// which is a whole multiple of the step since 1970 UTC: so a PromQL window that
// ends at such a time and is whole steps long covers whole buckets.
//
// Samples that are not a number are left out; a stretch without others has no
// bucket.
type Bucket struct {
	Time  int64 // the end, included, in milliseconds since 1970 UTC
	Count int64 // of samples
	Sum   float64
	Min   float64
	Max   float64
	Last  float64 // the newest sample
	// Increase is how much a counter grew from the last sample before the
	// bucket, where there is one, to the last in it. A counter that got smaller
	// started again from zero.
	Increase float64
}

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
)

// Steps are the tiers, the finest first.
func Steps() []time.Duration { return []time.Duration{5 * time.Minute, time.Hour} }
