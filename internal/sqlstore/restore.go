package sqlstore

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/unity-homelab/unity/internal/journal"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/catalog"
)

// maxSegment is how long a file of the journal gets at most.
const maxSegment = 4 << 20

// restore fills memory from the database and from what the journal has on top.
func (db *DB) restore(ctx context.Context) error {
	marks, err := db.store.Marks(ctx)
	if err != nil {
		return err
	}
	from := position(marks)
	db.lastEvent, db.unfinished = marks[markEvent], marks[markLoad]
	db.catalog.Skip(lastSeries(marks))
	if db.memory, err = db.store.NewMemory(ctx, db.options.SnapshotSpacing); err != nil {
		return err
	}
	if err := db.restoreTiers(ctx, marks); err != nil {
		return err
	}
	gone, err := db.loadSeries(ctx)
	if err != nil {
		return err
	}
	db.journal, err = journal.Open(db.options.Journal, journal.Options{
		SegmentBytes: min(maxSegment, db.options.MaxJournalBytes/(4*pieces)),
		MaxBytes:     db.options.MaxJournalBytes, Log: db.options.Log,
	})
	if err != nil {
		return err
	}
	if err := db.replay(from, gone); err != nil {
		return err
	}
	if err := db.journal.Advance(from); err != nil {
		return err
	}
	if db.options.Visit {
		return nil
	}
	return db.forgetSeries(ctx, gone)
}

// loadSeries puts the stored series into the catalog, but for those without
// samples, which it returns.
func (db *DB) loadSeries(ctx context.Context) (map[series.ID]catalog.Entry, error) {
	known, err := db.backend.Samples.Known(ctx)
	if err != nil {
		return nil, err
	}
	gone := make(map[series.ID]catalog.Entry)
	return gone, db.store.Series(ctx, func(entry catalog.Entry) error {
		if !known[entry.ID] {
			gone[entry.ID] = entry
			db.catalog.Skip(entry.ID)
			return nil
		}
		return db.catalog.Restore(entry)
	})
}

// replay takes in the records behind a position. Series of gone that it meets
// are taken out of there and into the catalog.
func (db *DB) replay(position journal.Position, gone map[series.ID]catalog.Entry) error {
	began, records, lost := time.Now(), 0, 0
	damage, err := db.journal.Replay(position, func(entry journal.Entry) error {
		for _, definition := range entry.Definitions {
			known := catalog.Entry{ID: definition.ID, Labels: definition.Labels}
			delete(gone, known.ID)
			if err := db.catalog.Restore(known); err != nil {
				db.options.Log.Warn("left out a series of the journal", "error", err)
				continue
			}
			db.unstored = append(db.unstored, known)
		}
		if entry.Record == nil {
			return nil
		}
		if db.long() {
			db.cut(entry.Start)
		}
		records++
		lost += db.keepKnown(entry.Record, gone)
		for _, event := range entry.Record.Events {
			db.lastEvent = max(db.lastEvent, event.ID)
		}
		db.apply(entry.Record)
		return nil
	})
	if err != nil {
		return err
	}
	if damage.Entries > 0 || lost > 0 {
		db.options.Log.Warn("the journal is damaged: some of what was not in the database yet is lost",
			"damaged_parts", damage.Entries, "bytes", damage.Bytes, "samples_of_unknown_series", lost)
	}
	if records > 0 {
		db.options.Log.Info("took in the journal", "records", records, "samples", db.current.Samples(),
			"duration", time.Since(began).Round(time.Millisecond))
	}
	return nil
}

// keepKnown takes out the samples of series that nothing is known about, and
// returns how many those are.
func (db *DB) keepKnown(rec *journal.Record, gone map[series.ID]catalog.Entry) int {
	known := rec.Samples[:0]
	for _, sample := range rec.Samples {
		if _, ok := db.catalog.Labels(sample.Series); !ok {
			entry, ok := gone[sample.Series]
			if !ok || db.catalog.Restore(entry) != nil {
				db.catalog.Skip(sample.Series)
				continue
			}
			delete(gone, sample.Series)
		}
		known = append(known, sample)
	}
	lost := len(rec.Samples) - len(known)
	rec.Samples = known
	return lost
}

// forgetSeries removes series that have no samples any more. It is done at
// start only, when nobody can have kept an ID.
func (db *DB) forgetSeries(ctx context.Context, gone map[series.ID]catalog.Entry) error {
	if len(gone) == 0 {
		return nil
	}
	err := db.store.Transaction(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := db.store.WriteMarks(ctx, tx, map[string]int64{markSeries: int64(db.catalog.Last())}); err != nil {
			return err
		}
		for id := range gone {
			if _, err := tx.ExecContext(ctx, "DELETE FROM series WHERE id = ?", int64(id)); err != nil {
				return err
			}
		}
		return nil
	})
	return db.store.Fault(err, "forgetting series without samples")
}
