package sqlstore

import (
	"context"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/journal"
	"github.com/unity-homelab/unity/internal/series/catalog"
)

// Commit keeps all that one run led to, as a whole or, after an error, not at
// all. It gives the events their IDs, and brings times to milliseconds UTC. The
// record must not be changed afterwards.
func (db *DB) Commit(ctx context.Context, rec *journal.Record) error {
	if err := ctx.Err(); err != nil {
		return fault.Wrap(err, "keeping a run of %s", rec.Run.Source)
	}
	if db.journal.Size() > db.journalLimit() {
		db.help(ctx)
	}
	due, err := db.commit(rec)
	if err != nil {
		return fault.Wrap(err, "keeping a run of %s", rec.Run.Source)
	}
	switch {
	case due > 4*db.options.SealSamples:
		db.help(ctx) // the writer cannot keep up
	case due > 0:
		select {
		case db.wake <- struct{}{}:
		default:
		}
	}
	return nil
}

// help writes to the database, unless that did not succeed the last time. What
// is committed is in the journal all the same.
func (db *DB) help(ctx context.Context) {
	if !db.away() {
		_ = db.Seal(ctx) // which remembers what went wrong
	}
}

// away reports whether the last attempt to write to the database did not
// succeed.
func (db *DB) away() bool {
	db.mu.RLock()
	defer db.mu.RUnlock()
	return db.trouble != nil
}

// commit returns how many samples wait when it is time to seal them, else 0.
func (db *DB) commit(rec *journal.Record) (int, error) {
	db.committing.Lock()
	defer db.committing.Unlock()
	if db.closed {
		return 0, fault.New(fault.Canceled, "the database is closed")
	}
	if err := db.room(); err != nil {
		return 0, err
	}
	last := db.catalog.Last()
	for _, sample := range rec.Samples {
		if sample.Series == 0 || sample.Series > last {
			return 0, fault.New(fault.Internal, "series %d is not known", sample.Series)
		}
	}
	normalise(rec)
	for i := range rec.Events {
		rec.Events[i].ID = db.lastEvent + int64(i) + 1
	}
	fresh := db.catalog.Fresh()
	if err := db.journal.Append(definitions(fresh), rec); err != nil {
		for i := range rec.Events {
			rec.Events[i].ID = 0
		}
		return 0, err
	}
	db.catalog.Written(len(fresh))
	db.unstored = append(db.unstored, fresh...)
	db.lastEvent += int64(len(rec.Events))
	db.apply(rec)
	return db.due(), nil
}

// apply takes a record of the journal into memory.
func (db *DB) apply(rec *journal.Record) {
	db.dirty = true
	db.memory.Add(rec)
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.born.IsZero() {
		db.born = db.options.Now()
	}
	if len(rec.Samples) > 0 && (db.current.Samples() == 0 || rec.Time < db.oldest) {
		db.oldest = rec.Time
	}
	for _, sample := range rec.Samples {
		db.current.Append(sample.Series, rec.Time, sample.Value)
	}
}

// room returns why a record cannot be taken. While the database is away it makes
// room for it.
func (db *DB) room() error {
	db.mu.RLock()
	full := db.full
	db.mu.RUnlock()
	if full != nil {
		return full
	}
	return db.makeRoom()
}

// What makes it time to seal, besides samples and age: memory, and the length
// of the journal that a start would have to read.
const (
	sealBytes        = 24 << 20
	sealRecentBytes  = 8 << 20
	sealJournalBytes = 64 << 20
)

// due returns how many samples wait when it is time to seal them, else 0.
func (db *DB) due() int {
	db.mu.RLock()
	samples, bytes := db.current.Samples(), db.current.Bytes()
	enough := max(db.options.SealSamples, db.options.SealPoints*db.current.Series())
	old := !db.born.IsZero() && db.options.Now().Sub(db.born) >= db.pace.sealInterval()
	db.mu.RUnlock()
	if old || samples >= enough || bytes >= sealBytes || db.memory.Bytes() >= sealRecentBytes ||
		db.journal.Size() >= sealJournalBytes {
		return max(samples, 1)
	}
	return 0
}

func definitions(entries []catalog.Entry) []journal.Definition {
	all := make([]journal.Definition, len(entries))
	for i, entry := range entries {
		all[i] = journal.Definition{ID: entry.ID, Labels: entry.Labels}
	}
	return all
}

// normalise brings all times to what the journal and the database keep, so that
// a record reads the same before and after a start.
func normalise(rec *journal.Record) {
	for _, t := range []*time.Time{&rec.Run.Start, &rec.State.Since, &rec.State.LastRun, &rec.State.LastSuccess} {
		*t = kept(*t)
	}
	for i := range rec.Events {
		rec.Events[i].Time = kept(rec.Events[i].Time)
	}
}

func kept(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return time.UnixMilli(t.UnixMilli()).UTC()
}

// DeleteSource removes a source, its state, runs, snapshots and kept values. Its
// series and events stay until they age.
func (db *DB) DeleteSource(ctx context.Context, id inventory.SourceID) error {
	// What the journal has of the source would come back at the next start.
	if err := db.Seal(ctx); err != nil {
		return err
	}
	db.sealing.Lock()
	defer db.sealing.Unlock()
	if err := db.store.DeleteSource(ctx, id); err != nil {
		return err
	}
	db.memory.Forget(id)
	return nil
}
