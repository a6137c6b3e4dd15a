package sqlite

import (
	"context"
	"database/sql"
	"time"

	"github.com/uptrace/bun"

	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/chunk"
	"github.com/unity-homelab/unity/internal/series/head"
)

const (
	// maxSpan is how long a row may last, so that a query knows how far back a
	// row may begin that reaches into its time.
	maxSpan = 2 * day
	// maxPoints is how many samples a row may have, fullPoints how many make it
	// as long as it needs to be.
	maxPoints  = 1920
	fullPoints = 1080
	// fullLevel marks rows that are not merged any more.
	fullLevel = 9
)

const insertSamples = `INSERT INTO samples (series, start, "end", count, level, data) VALUES (?, ?, ?, ?, ?, ?)`

// Seal writes everything that is in memory to the database, in one transaction,
// and shortens the journal. When that does not succeed, everything stays in
// memory, and the next Seal tries again.
func (db *DB) Seal(ctx context.Context) error {
	db.sealing.Lock()
	defer db.sealing.Unlock()
	batch, again := db.cut()
	for batch != nil {
		if err := db.seal(ctx, batch); err != nil {
			return err
		}
		if !again { // what is committed meanwhile is for the next Seal
			return nil
		}
		batch, again = db.cut()
	}
	return nil
}

// seal writes one batch.
func (db *DB) seal(ctx context.Context, batch *sealed) error {
	err := db.store.Transaction(ctx, func(ctx context.Context, tx bun.Tx) error { return db.writeBatch(ctx, tx, batch) })
	if err != nil {
		err = db.store.Fault(err, "writing samples to the database")
		db.mu.Lock()
		db.trouble = err
		db.mu.Unlock()
		return err
	}
	db.mu.Lock()
	for _, id := range batch.head.IDs() {
		newest, _ := batch.head.Newest(id)
		if known, ok := db.latest[id]; !ok || newest.Time >= known.Time {
			db.latest[id] = newest
		}
	}
	db.sealed, db.trouble = nil, nil
	db.mu.Unlock()
	db.memory.Drop()
	return db.journal.Truncate(batch.end)
}

// cut takes what is in memory aside, and returns nil when there is nothing.
// Again is true when it returns what an earlier Seal could not write.
func (db *DB) cut() (batch *sealed, again bool) {
	db.committing.Lock()
	defer db.committing.Unlock()
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.sealed != nil {
		return db.sealed, true
	}
	if !db.dirty {
		return nil, false
	}
	db.sealed = &sealed{
		head: db.current, entries: db.unstored, end: db.journal.End(),
		lastID: db.catalog.Last(), lastEvent: db.lastEvent,
	}
	db.current, db.born = head.New(db.codec, maxSpan), time.Time{}
	db.unstored, db.dirty = nil, false
	db.memory.Seal()
	return db.sealed, false
}

func (db *DB) writeBatch(ctx context.Context, tx bun.Tx, batch *sealed) error {
	if err := db.store.WriteSeries(ctx, tx, batch.entries); err != nil {
		return err
	}
	insert, err := tx.Tx.PrepareContext(ctx, insertSamples)
	if err != nil {
		return err
	}
	defer func() { _ = insert.Close() }()
	var blocks []chunk.Block
	var columns chunk.Columns
	for _, id := range batch.head.IDs() {
		blocks = batch.head.Blocks(blocks[:0], id, minTime, maxTime)
		columns.Times, columns.Values = columns.Times[:0], columns.Values[:0]
		if columns, err = db.codec.Merge(columns, blocks...); err != nil {
			return err
		}
		if err := db.insert(ctx, insert, id, columns, 0); err != nil {
			return err
		}
	}
	if err := db.memory.Write(ctx, tx); err != nil {
		return err
	}
	return db.store.WriteMarks(ctx, tx, map[string]int64{
		markSegment: int64(batch.end.Segment), markOffset: batch.end.Offset,
		markSeries: int64(batch.lastID), markEvent: batch.lastEvent,
	})
}

// insert writes samples as rows of about the same length.
func (db *DB) insert(ctx context.Context, insert *sql.Stmt, id series.ID, columns chunk.Columns, level int) error {
	for columns.Len() > 0 {
		rows := (columns.Len() + maxPoints - 1) / maxPoints
		n := (columns.Len() + rows - 1) / rows
		for columns.Times[n-1]-columns.Times[0] > maxSpan.Milliseconds() {
			n = (n + 1) / 2
		}
		block := db.codec.Pack(columns.Slice(0, n), chunk.Smallest)
		at := level
		if n >= fullPoints || 2*(block.End-block.Start) >= maxSpan.Milliseconds() {
			at = fullLevel
		}
		_, err := insert.ExecContext(ctx, int64(id), block.Start, block.End, block.Count, at, block.Data)
		if err != nil {
			return err
		}
		columns = columns.Slice(n, columns.Len())
	}
	return nil
}
