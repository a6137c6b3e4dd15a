package sqlstore

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/tier"
)

// keeping is how long samples and buckets are kept at the moment: as long as
// the options say, or less when the database would take more room than it may.
//
// What gives way first is what most is left of: samples, then buckets of five
// minutes, then those of hours, each down to the least that is of use.
type keeping struct {
	step                time.Duration // zero: samples
	wanted, keep, least time.Duration
}

// leastKept is how long something is kept however little room there is.
func leastKept(step time.Duration) time.Duration {
	switch {
	case step == 0:
		return day
	case step < time.Hour:
		return 7 * day
	default:
		return 90 * day
	}
}

// markKeep is the beginning of the names of marks that say how long, in
// milliseconds, something is kept that had to be kept shorter than it should.
const markKeep = "keep_"

// restoreKeeping takes up for how long things were kept the last time.
func (db *DB) restoreKeeping(marks map[string]int64) {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.keeping = nil
	limits := db.limits.Load()
	for _, step := range append([]time.Duration{0}, tier.Steps()...) {
		one := keeping{step: step, wanted: limits.Raw}
		if step > 0 {
			one.wanted = limits.Tiers[step]
		}
		one.keep, one.least = one.wanted, min(one.wanted, leastKept(step))
		if shorter := marks[one.mark()]; shorter > 0 && limits.MaxBytes > 0 {
			one.keep = min(one.wanted, max(one.least, time.Duration(shorter)*time.Millisecond))
		}
		db.keeping = append(db.keeping, one)
	}
}

func (k keeping) mark() string { return fmt.Sprint(markKeep, int64(k.step/time.Second)) }

// Tiers says what is kept, the finest first. The first is the samples
// themselves, with a step of zero.
func (db *DB) Tiers() []series.Tier {
	now, floor := db.options.Now(), db.rawFloor()
	db.mu.RLock()
	defer db.mu.RUnlock()
	var all []series.Tier
	for _, one := range db.keeping {
		made := series.Tier{Step: one.step, Keep: one.keep, Since: floor}
		if one.step > 0 {
			made.Since, made.Until = now.Add(-one.keep).UnixMilli(), db.rollers.of(one.step).until
		}
		all = append(all, made)
	}
	return all
}

// keep returns what is to be kept, and writes down how far samples are about to
// be removed. The caller holds sealing.
func (db *DB) keep(ctx context.Context, now time.Time) (Keep, error) {
	until := db.rollers.until()
	keep := Keep{Tiers: make(map[time.Duration]int64)}
	for _, one := range db.Tiers() {
		before := now.Add(-one.Keep).UnixMilli()
		if one.Step > 0 {
			keep.Tiers[one.Step] = before
		} else if keep.Raw = before; until != never {
			keep.Raw = min(before, until)
		}
	}
	if until == never || keep.Raw <= db.rawFloor() {
		return keep, nil
	}
	err := db.store.Transaction(ctx, func(ctx context.Context, tx bun.Tx) error {
		return db.store.WriteMarks(ctx, tx, map[string]int64{markFloor: keep.Raw})
	})
	if err != nil {
		return keep, db.store.Fault(err, "noting which samples are removed")
	}
	db.rollers.mu.Lock()
	defer db.rollers.mu.Unlock()
	db.rollers.floor = keep.Raw
	return keep, nil
}

// remove removes what is old of samples and buckets, once the buckets of what
// goes are made.
func (db *DB) remove(ctx context.Context, now time.Time) error {
	if err := db.Roll(ctx); err != nil {
		return err
	}
	db.sealing.Lock()
	defer db.sealing.Unlock()
	keep, err := db.keep(ctx, now)
	if err != nil {
		return err
	}
	return db.backend.Samples.Expire(ctx, keep)
}

// How a budget is kept. Little is removed at once, so that no more goes than has
// to; there must be room before retention gets longer again, so that it does not
// go to and fro.
const (
	shorten = 0.8
	roomy   = 0.85
)

// budget removes the oldest until the database takes no more room than it may,
// and keeps more again when there is room, by as much as time has passed.
func (db *DB) budget(ctx context.Context, now time.Time, passed time.Duration) error {
	limit := db.limits.Load().MaxBytes
	if limit <= 0 {
		return nil
	}
	size, err := db.backend.Samples.Size(ctx)
	if err != nil {
		return err
	}
	if size.Total <= limit {
		if float64(size.Total) < roomy*float64(limit) && db.keepMore(passed) {
			return db.writeKeeping(ctx)
		}
		db.setCrowded(false)
		return nil
	}
	began := size.Total
	for size.Total > limit {
		if !db.keepLess() {
			db.setCrowded(true)
			db.options.Log.Error("the database takes more room than storage.max_bytes, though as little is kept as can be",
				"bytes", size.Total, "max_bytes", limit)
			return db.writeKeeping(ctx)
		}
		if err := db.remove(ctx, now); err != nil {
			return err
		}
		if size, err = db.backend.Samples.Size(ctx); err != nil {
			return err
		}
	}
	db.setCrowded(false)
	db.options.Log.Warn("history is kept shorter, so that the database stays within storage.max_bytes",
		"kept", db.shortened(), "bytes_before", began, "bytes", size.Total, "max_bytes", limit)
	return db.writeKeeping(ctx)
}

// keepLess shortens what is first in order and can be; false when nothing can.
func (db *DB) keepLess() bool {
	db.mu.Lock()
	defer db.mu.Unlock()
	for i := range db.keeping {
		if one := &db.keeping[i]; one.keep > one.least {
			one.keep = max(one.least, time.Duration(shorten*float64(one.keep)).Truncate(time.Hour))
			return true
		}
	}
	return false
}

// keepMore lets what was shortened last get longer, by no more than time passed:
// what was removed does not come back. It is false when nothing is short.
func (db *DB) keepMore(passed time.Duration) bool {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.crowded = false
	for i := len(db.keeping) - 1; i >= 0; i-- {
		if one := &db.keeping[i]; one.keep < one.wanted {
			one.keep = min(one.wanted, one.keep+passed)
			return true
		}
	}
	return false
}

func (db *DB) setCrowded(crowded bool) {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.crowded = crowded
}

// writeKeeping writes down for how long things are kept.
func (db *DB) writeKeeping(ctx context.Context) error {
	marks := make(map[string]int64)
	db.mu.RLock()
	for _, one := range db.keeping {
		marks[one.mark()] = one.keep.Milliseconds()
	}
	db.mu.RUnlock()
	err := db.store.Transaction(ctx, func(ctx context.Context, tx bun.Tx) error {
		return db.store.WriteMarks(ctx, tx, marks)
	})
	return db.store.Fault(err, "noting how long history is kept")
}

// shortened says what is kept for a shorter time than was asked for; empty when
// nothing is.
func (db *DB) shortened() string {
	db.mu.RLock()
	defer db.mu.RUnlock()
	var parts []string
	for _, one := range db.keeping {
		if one.keep < one.wanted {
			parts = append(parts, fmt.Sprintf("%s %s instead of %s", one, days(one.keep), days(one.wanted)))
		}
	}
	return strings.Join(parts, ", ")
}

// String names what is kept.
func (k keeping) String() string {
	switch {
	case k.step == 0:
		return "samples"
	case k.step < time.Hour:
		return "buckets of five minutes"
	default:
		return "buckets of an hour"
	}
}

func days(long time.Duration) string {
	return strconv.FormatFloat(math.Round(10*long.Hours()/24)/10, 'f', -1, 64) + " days"
}

// notes say what is not as it was asked for, and why.
func (db *DB) notes() []string {
	var notes []string
	if shorter := db.shortened(); shorter != "" {
		notes = append(notes, "Kept to stay within storage.max_bytes: "+shorter+".")
	}
	db.mu.RLock()
	if db.crowded {
		notes = append(notes, "The database takes more room than storage.max_bytes, though as little is kept as can be.")
	}
	db.mu.RUnlock()
	if slower := db.pace.note(); slower != "" {
		notes = append(notes, slower)
	}
	db.rollers.mu.Lock()
	defer db.rollers.mu.Unlock()
	if db.rollers.refused > 0 {
		notes = append(notes, fmt.Sprintf("Samples came too late for %d days, whose buckets stay without them.", db.rollers.refused))
	}
	return notes
}
