package promql

import (
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/unity-homelab/unity/internal/series"
)

// Intervals knows how often series are measured.
type Intervals interface {
	// Interval returns how often the source of a series is collected. It goes
	// by the label source; 0 when there is no such source any more.
	Interval(ls labels.Labels) time.Duration
}

const (
	// maxInterval is the longest interval that a source may have.
	maxInterval = 24 * time.Hour
	// maxLookback is how long the value of the slowest source stands.
	maxLookback = maxInterval * 5 / 2
	// unknownInterval is taken for a series of which nothing is known: with it
	// a value stands for five minutes, as in Prometheus.
	unknownInterval = 2 * time.Minute
)

// A source that fails is tried less often: up to maxPace times, but not beyond
// maxPaceTime. Nothing comes of such a run but that the source is not up, which
// is the series upName.
const (
	upName      = "up"
	maxPace     = 10
	maxPaceTime = 15 * time.Minute
)

// pace is how often a series is measured, and so how long its values stand. All
// of it is in milliseconds.
type pace struct {
	interval int64 // of the source; 0 when unknown
	step     int64 // of the buckets; 0 for samples
	failing  bool  // the series also tells of runs that failed
}

// slowest returns the longest time between two samples that is no gap.
func (p pace) slowest() int64 {
	if !p.failing {
		return p.interval
	}
	return max(p.interval, min(maxPace*p.interval, maxPaceTime.Milliseconds()))
}

// stands returns how long a value stands.
//
// Spacing is the time between samples, when that repeats itself: an interval may
// have been changed since, and of a source that is gone nothing else is known.
// Before is the time between the sample and the one before it, 0 when there is
// none: a source that fails is tried less often.
func (p pace) stands(spacing, before int64) int64 {
	every := p.interval
	switch {
	case spacing > p.step: // else it is that of the buckets, which says nothing
		every = spacing
	case every == 0:
		every = unknownInterval.Milliseconds()
	}
	if p.failing && before > p.step && before <= p.slowest() {
		every = max(every, before)
	}
	return p.whole(every * 5 / 2)
}

// whole rounds up to steps. A bucket ends where its last sample may have been
// already, so it stands for the step, and for whole ones: then it stands as long
// as its samples at every time that is a multiple of the step.
func (p pace) whole(length int64) int64 {
	if p.step == 0 {
		return length
	}
	return max(p.step, (length+p.step-1)/p.step*p.step)
}

// reach returns how far before a time samples matter to it.
func (p pace) reach() int64 {
	if p.interval == 0 {
		return maxLookback.Milliseconds()
	}
	slowest, far := p.slowest(), maxLookback.Milliseconds()+2*p.step
	if slowest > p.interval {
		return min(p.whole(slowest*5/2)+slowest+p.step, far) // with the sample before
	}
	return min(p.whole(slowest*5/2)+p.step, far)
}

// alike reports whether two spacings are of the same interval: runs may start a
// little late.
func alike(a, b int64) bool {
	return a > 0 && b > 0 && max(a, b)-min(a, b) <= max(a, b)/10
}

// mayBeUp reports whether matchers may select series that also tell of runs
// that failed.
func mayBeUp(matchers []*labels.Matcher) bool {
	return !slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return m.Name == series.NameLabel && !m.Matches(upName) })
}
