package sqlstore

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"github.com/unity-homelab/unity/internal/journal"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/head"
)

// Seal writes everything that is in memory to the database and shortens the
// journal. When that does not succeed, everything stays in memory, and the next
// Seal tries again.
func (db *DB) Seal(ctx context.Context) error {
	db.sealing.Lock()
	defer db.sealing.Unlock()
	db.committing.Lock()
	db.cut(db.journal.End())
	db.committing.Unlock()
	for batch := db.next(); batch != nil; batch = db.next() {
		if err := db.seal(ctx, batch); err != nil {
			db.mu.Lock()
			db.writing, db.trouble = nil, err
			db.mu.Unlock()
			return err
		}
	}
	return nil
}

// seal writes the oldest batch.
func (db *DB) seal(ctx context.Context, batch *batch) error {
	written, err := db.isWritten(ctx, batch)
	if err != nil {
		return err
	}
	if !written {
		if err := db.write(ctx, batch); err != nil {
			return err
		}
	}
	db.mu.Lock()
	db.remember(batch)
	db.waiting = slices.Delete(db.waiting, 0, 1) // which lets go of it, too
	db.writing, db.trouble = nil, nil
	db.mu.Unlock()
	db.memory.Drop()
	return db.journal.Truncate(batch.end)
}

// maxRecent is how many bytes of memory the newest written batch may keep.
const maxRecent = 4 << 20

// remember keeps a batch that was written in memory until the next one is: most
// questions are about the last hours, and need not ask the database then. The
// caller holds mu.
func (db *DB) remember(batch *batch) {
	for _, entry := range batch.entries {
		if _, known := db.stored[entry.ID]; !known {
			db.stored[entry.ID] = series.Point{Time: nothing} // it is new
		}
	}
	if db.recent != nil {
		db.forget(db.recent)
	}
	if db.recent = batch.head; batch.head.Bytes() > maxRecent {
		db.forget(db.recent)
		db.recent = nil
	}
}

// forget notes the newest samples of a head that only the database has from now
// on. The caller holds mu.
func (db *DB) forget(gone *head.Head) {
	for _, id := range gone.IDs() {
		newest, _ := gone.Newest(id)
		if known, ok := db.stored[id]; ok && newest.Time >= known.Time {
			db.stored[id] = newest
		}
	}
}

// isWritten reports whether an earlier attempt to write a batch succeeded after
// all: when the connection breaks during the commit, nobody knows.
func (db *DB) isWritten(ctx context.Context, batch *batch) (bool, error) {
	if !batch.tried {
		return false, nil
	}
	ctx, cancel := db.withTimeout(ctx)
	defer cancel()
	marks, err := db.store.Marks(ctx)
	return err == nil && position(marks).Compare(batch.end) >= 0, err
}

// write writes a batch in one transaction, together with the position in the
// journal that it reaches.
func (db *DB) write(ctx context.Context, batch *batch) error {
	ctx, cancel := db.withTimeout(ctx)
	defer cancel()
	batch.tried = true
	err := db.store.Transaction(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := db.store.WriteSeries(ctx, tx, batch.entries); err != nil {
			return err
		}
		if err := db.backend.Samples.Write(ctx, tx, batch.head); err != nil {
			return err
		}
		if err := db.noteLate(ctx, tx, batch); err != nil {
			return err
		}
		if err := db.memory.Write(ctx, tx); err != nil {
			return err
		}
		return db.store.WriteMarks(ctx, tx, map[string]int64{
			markSegment: int64(batch.end.Segment), markOffset: batch.end.Offset,
			markSeries: int64(batch.lastID), markEvent: batch.lastEvent,
		})
	})
	return db.store.Fault(err, "writing samples to the database")
}

func (db *DB) withTimeout(ctx context.Context) (context.Context, context.CancelFunc) {
	if db.options.SealTimeout == 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, db.options.SealTimeout)
}

// The marks that the database keeps about the journal and about numbers.
const (
	markSegment = "journal_segment"
	markOffset  = "journal_offset"
	markSeries  = "series"
	markEvent   = "event"
)

// position returns how far into the journal the database is.
func position(marks map[string]int64) journal.Position {
	return journal.Position{Segment: int(marks[markSegment]), Offset: marks[markOffset]}
}

// lastSeries returns the highest number of a series ever given.
func lastSeries(marks map[string]int64) series.ID { return series.ID(marks[markSeries]) }
