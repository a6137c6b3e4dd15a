package sqlstore

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/tier"
)

const (
	// stretch is how much time is made into buckets at once: long enough that
	// few rows and pages are written, short enough that a query makes the rest
	// of samples in no time.
	stretch = day
	// grace is how long after the end of a stretch its buckets are made, so that
	// runs that were under way have ended.
	grace = 5 * time.Minute
	// rollBatch is how many series one transaction makes buckets of; meanwhile
	// nobody else writes.
	rollBatch = 256
	// readBatch is of how many of them the samples are in memory at the same
	// time.
	readBatch = 16
)

// roller says how far the buckets of one tier are made: all that end at or
// before until are written, and those of the stretch behind that of all series
// up to done. Both are written together with the buckets, so that each is made
// exactly once, whatever stops when.
type roller struct {
	step  time.Duration
	until int64
	done  series.ID
}

// reach returns up to which time the buckets of a series are written.
func (r roller) reach(id series.ID) int64 {
	if id <= r.done {
		return r.until + stretch.Milliseconds()
	}
	return r.until
}

// rollers are those of all tiers, and what they have in common.
//
// A sample that comes for a time whose buckets are written is noted in the same
// transaction that writes it; Roll then makes the buckets of its stretch once
// more.
type rollers struct {
	mu    sync.Mutex
	tiers []roller // the finest first
	// floor is how far raw samples were removed; there is no making buckets of
	// what is older once more.
	floor   int64
	late    bool  // there are notes
	refused int64 // buckets that late samples came too late for, since the start
}

// The marks that the database keeps about buckets. Those of the finest tier have
// nothing behind these names, and those of the others their step: before they
// had marks of their own, the finest spoke for all.
const (
	markRolled = "tiers_until"
	markDone   = "tiers_done"
	markFloor  = "raw_floor"
)

// ofTier returns the name of a mark of a tier.
func ofTier(mark string, step time.Duration) string {
	if step == tier.Steps()[0] {
		return mark
	}
	return fmt.Sprint(mark, "_", int64(step/time.Second))
}

// never is where no bucket was made, because there was no sample yet.
const never = math.MinInt64 / 4

// of returns the roller of a tier.
func (r *rollers) of(step time.Duration) roller {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, one := range r.tiers {
		if one.step == step {
			return one
		}
	}
	return roller{step: step, until: never}
}

// all returns every roller, the finest first.
func (r *rollers) all() []roller {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.tiers)
}

// reach returns up to which time any buckets of a series are written.
func (r *rollers) reach(id series.ID) int64 {
	reach := int64(never)
	for _, one := range r.all() {
		reach = max(reach, one.reach(id))
	}
	return reach
}

// until returns up to which time the buckets of all tiers are written.
func (r *rollers) until() int64 {
	until := int64(math.MaxInt64)
	for _, one := range r.all() {
		until = min(until, one.until)
	}
	return until
}

// furthest returns how far the tier is that is made the furthest.
func (r *rollers) furthest() int64 {
	furthest := int64(never)
	for _, one := range r.all() {
		furthest = max(furthest, one.until)
	}
	return furthest
}

// set says how far a tier is.
func (r *rollers) set(now roller) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, one := range r.tiers {
		if one.step == now.step {
			r.tiers[i] = now
		}
	}
}

// marksOf returns what the database keeps of some rollers.
func marksOf(rollers ...roller) map[string]int64 {
	marks := make(map[string]int64)
	for _, one := range rollers {
		marks[ofTier(markRolled, one.step)] = one.until
		marks[ofTier(markDone, one.step)] = int64(one.done)
	}
	return marks
}

// restoreTiers takes up what was written the last time.
func (db *DB) restoreTiers(ctx context.Context, marks map[string]int64) error {
	db.rollers.restore(marks)
	db.restoreKeeping(marks)
	notes, err := db.store.late(ctx, 1)
	db.rollers.noted(len(notes) > 0)
	return err
}

func (r *rollers) restore(marks map[string]int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tiers = nil
	for _, step := range tier.Steps() {
		one := roller{step: step, until: never}
		for _, speaks := range []time.Duration{step, tier.Steps()[0]} {
			if until, known := marks[ofTier(markRolled, speaks)]; known {
				one.until, one.done = until, series.ID(marks[ofTier(markDone, speaks)])
				break
			}
		}
		r.tiers = append(r.tiers, one)
	}
	r.floor = math.MinInt64
	if floor, known := marks[markFloor]; known {
		r.floor = floor
	}
}

// noted says whether there are notes.
func (r *rollers) noted(late bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.late = late
}

func (r *rollers) anyLate() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.late
}

// refuse counts buckets that late samples came too late for.
func (r *rollers) refuse(buckets int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refused += buckets
}

// rawFloor returns before which time raw samples were removed.
func (db *DB) rawFloor() int64 {
	db.rollers.mu.Lock()
	defer db.rollers.mu.Unlock()
	return db.rollers.floor
}

// startOf returns the start of the stretch that a time belongs to. Like buckets,
// stretches begin behind their start.
func startOf(t int64) int64 { return tier.End(t, stretch) - stretch.Milliseconds() }
