package schedule

import (
	"hash/fnv"
	"math"
	"time"

	"github.com/unity-homelab/unity/internal/inventory"
)

// The load of the plan is counted over a minute in steps of 100 ms: nearly all
// intervals that people use divide a minute or are multiples of it.
const (
	slotWidth = 100 * time.Millisecond
	slotCount = int(time.Minute / slotWidth)
)

// phaseOf returns the phase that an ID has before crowds are moved apart.
func phaseOf(id inventory.SourceID, interval time.Duration) time.Duration {
	h := fnv.New64a()
	_, _ = h.Write([]byte(id))
	// FNV leaves similar IDs close to each other in the high bits; the low ones
	// of a multiplied sum are well spread.
	mixed := h.Sum64() * 0x9e3779b97f4a7c15
	mixed ^= mixed >> 32
	return time.Duration(mixed%uint64(interval.Milliseconds())) * time.Millisecond
}

// after returns the first time after t at which a source is due.
func after(t time.Time, interval, phase time.Duration) time.Time {
	past := (time.Duration(t.UnixNano()) - phase) % interval
	if past < 0 {
		past += interval
	}
	return t.Add(interval - past).UTC()
}

// crowd counts the runs that start in each slot of a minute.
type crowd struct {
	load  [slotCount]float64
	total float64
}

// place returns a phase near the one that the ID has, in a slot that holds no
// more than its share, and counts it.
func (c *crowd) place(id inventory.SourceID, interval time.Duration) time.Duration {
	wanted := phaseOf(id, interval)
	if !countable(interval) {
		return wanted
	}
	weight := weightOf(interval)
	hits := max(1, int(time.Minute/interval))
	share := math.Ceil((c.total + weight*float64(hits)) / float64(slotCount))

	steps := int(min(interval, time.Minute) / slotWidth)
	best, lowest := wanted, math.Inf(1)
	for i := range steps {
		// 0, +1, -1, +2, -2 … slots away.
		distance := time.Duration((i+1)/2) * slotWidth
		if i%2 == 0 {
			distance = -distance
		}
		phase := (wanted + distance + interval) % interval
		highest := c.highest(phase, interval)
		if highest+weight <= share {
			best = phase
			break
		}
		if highest < lowest {
			best, lowest = phase, highest
		}
	}
	c.add(best, interval, weight)
	return best
}

// remove takes a source out of the count.
func (c *crowd) remove(phase, interval time.Duration) {
	if countable(interval) {
		c.add(phase, interval, -weightOf(interval))
	}
}

func (c *crowd) add(phase, interval time.Duration, weight float64) {
	for at := phase % time.Minute; at < time.Minute; at += interval {
		c.load[at/slotWidth] += weight
		c.total += weight
	}
}

func (c *crowd) highest(phase, interval time.Duration) float64 {
	highest := 0.0
	for at := phase % time.Minute; at < time.Minute; at += interval {
		highest = max(highest, c.load[at/slotWidth])
	}
	return highest
}

// countable reports whether a source of that interval starts in the same slots
// of every minute. The others are everywhere in turn and make no crowd.
func countable(interval time.Duration) bool {
	return time.Minute%interval == 0 || interval%time.Minute == 0
}

// weightOf returns how often a source starts in one of its slots per minute.
func weightOf(interval time.Duration) float64 {
	return min(1, float64(time.Minute)/float64(interval))
}

// maxPace bounds how much less often a failing source is tried.
const (
	maxPace     = 10
	maxPaceTime = 15 * time.Minute
)

// paceOf returns every how many intervals a source is tried: doubling from the
// run on that makes it failing.
func paceOf(failures int, interval time.Duration) int {
	pace := 1
	for range min(failures-inventory.FailingAfter+1, 8) {
		pace *= 2
	}
	return max(1, min(pace, maxPace, int(maxPaceTime/interval)))
}
