// Package delta turns counters into what happened since the collection before:
// rates per second and ratios of two counters.
//
// Everything it says can be absent: the first time a counter is seen, after it
// went down (its origin restarted), and when no time has passed. A counter that
// is not looked at in one collection is forgotten, so that one that returns
// later starts anew; keys carry what tells one incarnation from the next, such
// as a process ID with its start time.
package delta

import "time"

// Tracker remembers the counters of one collector by key. The zero value is
// ready. It is not safe for concurrent use.
type Tracker[K comparable] struct {
	previous map[K]reading
	current  map[K]reading
	elapsed  time.Duration
	last     time.Time
}

// reading is one counter, or two that belong together.
type reading struct{ a, b float64 }

// Start begins a collection. Call it once, before the questions of that
// collection, with the moment at which the counters are read.
func (t *Tracker[K]) Start(now time.Time) {
	t.elapsed = 0
	if !t.last.IsZero() {
		t.elapsed = now.Sub(t.last)
	}
	t.last = now
	t.previous, t.current = t.current, t.previous
	if t.current == nil {
		t.current = make(map[K]reading, len(t.previous))
	}
	clear(t.current)
}

// Elapsed returns the time since the collection before; 0 in the first.
func (t *Tracker[K]) Elapsed() time.Duration { return t.elapsed }

// Increase returns by how much the counter grew since the collection before.
func (t *Tracker[K]) Increase(key K, value float64) (float64, bool) {
	before, known := t.swap(key, reading{a: value})
	if !known || value < before.a {
		return 0, false
	}
	return value - before.a, true
}

// Rate returns how fast the counter grew since the collection before, per
// second.
func (t *Tracker[K]) Rate(key K, value float64) (float64, bool) {
	increase, known := t.Increase(key, value)
	if !known || t.elapsed <= 0 {
		return 0, false
	}
	return increase / t.elapsed.Seconds(), true
}

// Ratio returns the growth of part over the growth of whole: busy seconds over
// all seconds, or waiting seconds over operations. It is absent when whole did
// not grow. The key is one of its own.
func (t *Tracker[K]) Ratio(key K, part, whole float64) (float64, bool) {
	before, known := t.swap(key, reading{a: part, b: whole})
	if !known || part < before.a || whole <= before.b {
		return 0, false
	}
	return (part - before.a) / (whole - before.b), true
}

func (t *Tracker[K]) swap(key K, now reading) (reading, bool) {
	if t.current == nil {
		t.current = make(map[K]reading)
	}
	t.current[key] = now
	before, known := t.previous[key]
	return before, known
}
