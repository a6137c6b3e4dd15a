package sqlite

import (
	"context"
	"time"

	"github.com/unity-homelab/unity/internal/sqlstore"
)

const (
	// expireInterval is how often what is old is removed. It touches pages all
	// over the database.
	expireInterval = 12 * time.Hour
	// retryInterval is how soon a Seal that did not succeed is tried again.
	retryInterval = 30 * time.Second
)

const deleteExpired = `DELETE FROM samples WHERE period <= ? / 172800000 AND "end" < ?`

// Run does what is done in the background, until ctx ends: it makes the journal
// survive power cuts, writes to the database when it is time, and removes what
// is old.
func (db *DB) Run(ctx context.Context) error {
	sync := time.NewTicker(db.options.SyncInterval)
	defer sync.Stop()
	var resume time.Time
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-sync.C:
			if err := db.journal.Sync(); err != nil {
				db.options.Log.Error("making the journal safe from power cuts", "error", err)
			}
		case <-db.wake:
		}
		if time.Now().Before(resume) {
			continue
		}
		if err := db.maintain(ctx); err != nil && ctx.Err() == nil {
			db.options.Log.Error("writing to the database; it goes on into the journal meanwhile", "error", err)
			resume = time.Now().Add(retryInterval)
		}
	}
}

// maintain does what is due.
func (db *DB) maintain(ctx context.Context) error {
	db.mu.RLock()
	due := db.sealed != nil
	db.mu.RUnlock()
	if due || db.waiting() > 0 {
		if err := db.Seal(ctx); err != nil {
			return err
		}
		if err := db.Merge(ctx); err != nil {
			return err
		}
	}
	db.sealing.Lock()
	due = db.options.Now().Sub(db.lastExpired) >= expireInterval
	db.sealing.Unlock()
	if due {
		return db.Expire(ctx)
	}
	return nil
}

// Expire removes what is older than it is to be kept.
func (db *DB) Expire(ctx context.Context) error {
	db.sealing.Lock()
	defer db.sealing.Unlock()
	now := db.options.Now()
	err := db.store.Expire(ctx, sqlstore.Retention{
		Runs:      now.Add(-db.options.RunRetention),
		Events:    now.Add(-db.options.EventRetention),
		Snapshots: now.Add(-db.options.SnapshotRetention),
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
	before := now.Add(-db.options.RawRetention).UnixMilli()
	if _, err := db.write.ExecContext(ctx, deleteExpired, before, before); err != nil {
		return db.store.Fault(err, "removing old samples")
	}
	db.lastExpired = now
	return nil
}
