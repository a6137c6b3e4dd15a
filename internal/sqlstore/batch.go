package sqlstore

import (
	"slices"
	"time"

	"github.com/unity-homelab/unity/internal/journal"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/catalog"
	"github.com/unity-homelab/unity/internal/series/head"
)

// batch is what one transaction writes: all records between two positions in
// the journal. Its relational part is a generation of Memory.
type batch struct {
	head      *head.Head
	born      time.Time
	oldest    int64 // time of a sample
	entries   []catalog.Entry
	end       journal.Position
	lastID    series.ID
	lastEvent int64
	tried     bool // it may be in the database without our knowing
}

// cut ends the batch that is being filled, at a position in the journal, and
// appends it to those that wait. Nothing happens when it is empty. The caller
// holds committing.
func (db *DB) cut(end journal.Position) {
	if !db.dirty {
		return
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	db.waiting = append(db.waiting, &batch{
		head: db.current, born: db.born, oldest: db.oldest, entries: db.unstored, end: end,
		lastID: db.catalog.Last(), lastEvent: db.lastEvent,
	})
	db.current, db.born = head.New(db.codec, maxSpan), time.Time{}
	db.unstored, db.dirty = nil, false
	db.cutAt = db.journal.Written()
	db.memory.Seal()
}

// next returns the oldest batch that waits and marks it as being written; nil
// when there is none.
func (db *DB) next() *batch {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.writing = nil
	if len(db.waiting) > 0 {
		db.writing = db.waiting[0]
	}
	return db.writing
}

// pieces is into how many batches the longest journal is cut while the database
// is away: so much of it gives way at once.
const pieces = 16

// journalLimit is the length at which the journal has to get shorter, so that
// there is room for what comes meanwhile.
func (db *DB) journalLimit() int64 {
	return db.options.MaxJournalBytes - db.options.MaxJournalBytes/pieces
}

// long reports whether the batch that is being filled is as much as one
// transaction should write.
func (db *DB) long() bool {
	db.mu.RLock()
	defer db.mu.RUnlock()
	return db.current.Samples() >= 8*db.options.SealSamples
}

// makeRoom sees to it that the journal stays within its bound while the database
// is away: it cuts what waits into pieces, and drops the oldest when the bound is
// near. The caller holds committing.
func (db *DB) makeRoom() error {
	if !db.away() {
		return nil
	}
	if db.journal.Written()-db.cutAt >= db.options.MaxJournalBytes/pieces || db.long() {
		db.cut(db.journal.End())
	}
	for db.journal.Size() > db.journalLimit() {
		if dropped, err := db.dropOldest(); !dropped || err != nil {
			return err
		}
	}
	return nil
}

// dropOldest gives up the samples, runs and snapshots of the oldest batch. What
// must not get lost, and is little, goes into the journal again. It is false when
// there is nothing to drop, or somebody is writing it this moment. The caller
// holds committing.
func (db *DB) dropOldest() (bool, error) {
	db.mu.Lock()
	if len(db.waiting) == 0 || db.waiting[0] == db.writing {
		db.mu.Unlock()
		return false, nil
	}
	oldest := db.waiting[0]
	db.mu.Unlock()

	// Events must not fill the room that they are to make.
	records, lost := db.memory.rescue(int(db.options.MaxJournalBytes / (4 * eventCost)))
	lost.Samples = int64(oldest.head.Samples())
	if err := db.journal.Append(definitions(oldest.entries), nil); err != nil {
		return false, err
	}
	for _, rec := range records {
		if err := db.journal.Append(nil, rec); err != nil {
			return false, err
		}
	}
	if err := db.journal.Truncate(oldest.end); err != nil {
		return false, err
	}
	for _, rec := range records {
		db.dirty = true
		db.memory.Add(rec)
	}
	db.memory.Drop()

	db.mu.Lock()
	defer db.mu.Unlock()
	db.waiting = slices.Delete(db.waiting, 0, 1) // which lets go of it, too
	if len(db.waiting) > 0 {
		db.waiting[0].entries = append(oldest.entries, db.waiting[0].entries...)
	} else {
		db.unstored = append(oldest.entries, db.unstored...)
	}
	db.lost.Samples += lost.Samples
	db.lost.Runs += lost.Runs
	db.lost.Events += lost.Events
	db.options.Log.Error("the database is away for too long: the oldest samples gave way to new ones",
		"samples", lost.Samples, "runs", lost.Runs, "events", lost.Events, "since", oldest.born)
	return true, nil
}
