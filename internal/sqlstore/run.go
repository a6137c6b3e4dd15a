package sqlstore

import (
	"context"
	"time"

	"github.com/unity-homelab/unity/fault"
)

// expireInterval is how often what is old is removed. It touches pages all over
// the database.
const expireInterval = 12 * time.Hour

// Run does what is done in the background, until ctx ends: it makes the journal
// survive power cuts, writes to the database when it is time, makes buckets of
// samples, and removes what is old.
func (db *DB) Run(ctx context.Context) error {
	rolled := make(chan struct{})
	go func() {
		defer close(rolled)
		db.rollAlong(ctx)
	}()
	defer func() { <-rolled }()
	tick := time.NewTicker(min(db.options.SyncInterval, db.options.SealInterval))
	defer tick.Stop()
	look := time.NewTicker(lookInterval)
	defer look.Stop()
	synced, resume := time.Now(), time.Time{}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-look.C:
			db.look()
			continue
		case <-tick.C:
			if time.Since(synced) >= db.pace.syncInterval() {
				if err := db.journal.Sync(); err != nil {
					db.options.Log.Error("making the journal safe from power cuts", "error", err)
				}
				db.measure()
				synced = time.Now()
			}
		case <-db.wake:
		}
		if time.Now().Before(resume) {
			continue
		}
		if err := db.maintain(ctx); err != nil && ctx.Err() == nil {
			db.options.Log.Error("writing to the database; it goes on into the journal meanwhile", "error", err)
			resume = time.Now().Add(db.options.RetryInterval)
		}
	}
}

// lookInterval is how often it looks how much of the disk is free.
const lookInterval = 5 * time.Second

// look takes nothing any more when the disk is nearly full, and goes on when
// there is room again.
func (db *DB) look() {
	if db.options.Free == nil {
		return
	}
	free, err := db.options.Free()
	if err != nil {
		db.options.Log.Warn("asking how much of the disk is free", "error", err)
		return
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	switch {
	case db.full == nil && free < db.options.MinFree:
		db.full = fault.New(fault.Unreachable, "the disk is nearly full: %d MiB are free, and Unity leaves %d", free>>20, db.options.MinFree>>20).
			WithHint("Make room on the disk of the data folder; Unity goes on by itself.")
		db.options.Log.Error("nothing is stored any more", "error", db.full)
	case db.full != nil && free >= db.options.MinFree+db.options.MinFree/4:
		db.full = nil
		db.options.Log.Info("the disk has room again: storing goes on")
	}
}

// maintain does what is due.
func (db *DB) maintain(ctx context.Context) error {
	if db.away() || db.due() > 0 {
		if err := db.Seal(ctx); err != nil {
			return err
		}
		if err := db.Merge(ctx); err != nil {
			return err
		}
	}
	db.sealing.Lock()
	due := db.options.Now().Sub(db.lastExpired) >= expireInterval
	db.sealing.Unlock()
	if due {
		return db.Expire(ctx)
	}
	return nil
}

// Merge rewrites what is stored in a better form.
func (db *DB) Merge(ctx context.Context) error {
	db.sealing.Lock()
	defer db.sealing.Unlock()
	return db.backend.Samples.Merge(ctx)
}

// Expire removes what is older than it is to be kept. Samples stay until their
// buckets are made.
func (db *DB) Expire(ctx context.Context) error {
	now := db.options.Now()
	if err := db.expireRows(ctx, now); err != nil {
		return err
	}
	if err := db.remove(ctx, now); err != nil {
		return err
	}
	db.sealing.Lock()
	var passed time.Duration
	if !db.lastExpired.IsZero() {
		passed = now.Sub(db.lastExpired)
	}
	db.lastExpired = now
	db.sealing.Unlock()
	return db.budget(ctx, now, passed)
}

// expireRows removes what is old of everything but samples and buckets.
func (db *DB) expireRows(ctx context.Context, now time.Time) error {
	db.sealing.Lock()
	defer db.sealing.Unlock()
	err := db.store.Expire(ctx, Retention{
		Runs:      now.Add(-db.limits.Load().Runs),
		Events:    now.Add(-db.limits.Load().Events),
		Snapshots: now.Add(-db.limits.Load().Snapshots),
	})
	if err != nil {
		return err
	}
	strays, err := db.store.Strays(ctx)
	if err != nil {
		return err
	}
	for _, stray := range strays {
		db.memory.Forget(stray)
	}
	return nil
}
