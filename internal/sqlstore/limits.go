package sqlstore

import (
	"maps"
	"time"
)

// Limits are how long things are kept and how much room they may take: what may
// be changed while the database is open.
type Limits struct {
	Raw, Runs, Snapshots, Events time.Duration
	// Tiers is how long buckets are kept, by step.
	Tiers map[time.Duration]time.Duration
	// MaxBytes is how much room the database may take, and MaxWritePerDay how many
	// bytes may be written to the disk in a day; zero sets no limit.
	MaxBytes, MaxWritePerDay int64
}

func limitsOf(options Options) *Limits {
	return &Limits{
		Raw: options.RawRetention, Runs: options.RunRetention, Snapshots: options.SnapshotRetention, Events: options.EventRetention,
		Tiers: maps.Clone(options.Tiers), MaxBytes: options.MaxBytes, MaxWritePerDay: options.MaxWritePerDay,
	}
}

// SetLimits changes how long things are kept. What is kept for a shorter time
// goes with the next removal; what is kept for a longer time stays from now on.
func (db *DB) SetLimits(limits Limits) {
	limits.Tiers = maps.Clone(limits.Tiers)
	db.limits.Store(&limits)
	db.pace.setLimit(limits.MaxWritePerDay)
	db.mu.Lock()
	defer db.mu.Unlock()
	for i := range db.keeping {
		one := &db.keeping[i]
		wanted := limits.Raw
		if one.step > 0 {
			wanted = limits.Tiers[one.step]
		}
		if one.keep == one.wanted || limits.MaxBytes == 0 {
			one.keep = wanted // it was not cut for want of room
		}
		one.wanted = wanted
		one.least = min(wanted, leastKept(one.step))
		one.keep = min(max(one.keep, one.least), wanted)
	}
}
