package sqlstore

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/tier"
)

// Roll makes the buckets of all stretches whose time has come, and once more
// those that late samples came for.
func (db *DB) Roll(ctx context.Context) error {
	for {
		more, err := db.rollSome(ctx)
		if err != nil || !more {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// rollSome does one transaction's worth of work, and reports whether there is
// more.
func (db *DB) rollSome(ctx context.Context) (bool, error) {
	db.sealing.Lock()
	defer db.sealing.Unlock()
	if more, err := db.rollLate(ctx); more || err != nil {
		return more, err
	}
	for _, one := range slices.Backward(db.rollers.all()) {
		if more, err := db.rollTier(ctx, one); more || err != nil {
			return more, err
		}
	}
	return false, nil
}

// rollTier does one transaction's worth of work for a tier.
func (db *DB) rollTier(ctx context.Context, r roller) (bool, error) {
	next := r.until + stretch.Milliseconds()
	if r.until == never || next > db.ripe(r.step) {
		return false, nil
	}
	from, ids := r.until, db.catalog.After(r.done, rollBatch)
	if next <= db.horizon(r.step) {
		ids = nil // they would be removed at once
	}
	if len(ids) < rollBatch {
		r.until, r.done = next, 0
	} else {
		r.done = ids[len(ids)-1]
	}
	made, err := db.makeBuckets(ctx, r.step, ids, from, next)
	if err != nil {
		return false, err
	}
	// Where there is nothing, time passes without being written down.
	if len(made) > 0 {
		err := db.store.Transaction(ctx, func(ctx context.Context, tx bun.Tx) error {
			if err := db.backend.Tiers.WriteBuckets(ctx, tx, r.step, made); err != nil {
				return err
			}
			return db.store.WriteMarks(ctx, tx, marksOf(r))
		})
		if err != nil {
			return false, db.store.Fault(err, "writing buckets to the database")
		}
	}
	db.rollers.set(r)
	return true, nil
}

// ripe returns up to which time the buckets of a tier are to be made. The
// coarsest take next to nothing and spare whoever asks about a long time to read
// every sample, so they are made as soon as all samples are there. Finer ones
// take nearly as much room as samples, and while there are samples nobody needs
// them: they are made when those are about to be removed. The caller holds
// sealing.
func (db *DB) ripe(step time.Duration) int64 {
	settled := db.settled()
	if steps := tier.Steps(); step == steps[len(steps)-1] {
		return settled
	}
	return min(settled, tier.End(db.horizon(0), stretch))
}

// horizon returns the time before which a tier, or with a step of zero samples,
// are not to be kept any more.
func (db *DB) horizon(step time.Duration) int64 {
	db.mu.RLock()
	defer db.mu.RUnlock()
	for _, one := range db.keeping {
		if one.step == step {
			return db.options.Now().Add(-one.keep).UnixMilli()
		}
	}
	return never
}

// rollInterval is how often it is looked whether a stretch is over.
const rollInterval = time.Minute

// rollAlong makes buckets until ctx ends.
func (db *DB) rollAlong(ctx context.Context) {
	tick := time.NewTicker(rollInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if db.away() {
			continue
		}
		if err := db.Roll(ctx); err != nil && ctx.Err() == nil {
			db.options.Log.Error("making buckets of samples; it is tried again", "error", err)
		}
	}
}

// settled returns up to which time all samples are in the database, as far as
// one can know. The caller holds sealing.
func (db *DB) settled() int64 {
	settled := db.options.Now().Add(-grace).UnixMilli()
	db.mu.RLock()
	defer db.mu.RUnlock()
	if db.current.Samples() > 0 {
		settled = min(settled, db.oldest-1)
	}
	for _, batch := range db.waiting {
		settled = min(settled, batch.oldest-1)
	}
	return settled
}

// made is the buckets of a tier by series.
type made map[series.ID][]tier.Bucket

// mill makes buckets of samples.
type mill struct{ fine, coarse []tier.Bucket }

// roll makes the buckets of a tier; they are gone with the next ones. Coarser
// ones are made of the finest, so that all agree.
func (m *mill) roll(step time.Duration, of samplesOf) []tier.Bucket {
	finest := tier.Steps()[0]
	m.fine = tier.Roll(m.fine[:0], finest, of.samples, of.before)
	if step == finest {
		return m.fine
	}
	m.coarse = tier.Coarsen(m.coarse[:0], step, m.fine)
	return m.coarse
}

// makeBuckets makes the buckets of some series in a stretch of time, which
// begins behind from.
func (db *DB) makeBuckets(ctx context.Context, step time.Duration, ids []series.ID, from, to int64) (made, error) {
	made := make(made)
	var mill mill
	for some := range slices.Chunk(ids, readBatch) {
		stretches, err := db.stretches(ctx, db.backend.Samples, some, from, to)
		if err != nil {
			return nil, err
		}
		for i, id := range some {
			if buckets := mill.roll(step, stretches[i]); len(buckets) > 0 {
				made[id] = slices.Clone(buckets)
			}
		}
	}
	_, err := db.keepRest(ctx, step, made, from)
	return made, err
}
