package sqlstore

import (
	"cmp"
	"context"
	"time"
)

// sizeInterval is how old the known size of the database may be.
const sizeInterval = 30 * time.Second

// Stats are figures about a database.
type Stats struct {
	Size         Size
	JournalBytes int64
	Series       int
	OpenSamples  int           // in memory, not in the database
	OpenAge      time.Duration // of the oldest of them
	Lost         Lost          // since the start
	// Trouble is why nothing is taken or written at the moment; nil when all is
	// well.
	Trouble error
	// Notes say what is not as the options ask for, and why.
	Notes []string
}

// Stats returns the figures of the moment. The size may be half a minute old,
// and older while the database cannot be asked.
func (db *DB) Stats(ctx context.Context) (Stats, error) {
	stats := Stats{JournalBytes: db.journal.Size(), Series: db.catalog.Len(), Notes: db.notes()}
	db.mu.RLock()
	sized := db.sized
	db.mu.RUnlock()
	if now := db.options.Now(); now.Sub(sized) >= sizeInterval || now.Before(sized) {
		size, err := db.backend.Samples.Size(ctx)
		db.mu.Lock()
		if db.sized = now; err == nil {
			db.size = size
		}
		db.mu.Unlock()
	}
	db.mu.RLock()
	defer db.mu.RUnlock()
	stats.Size, stats.Lost, stats.OpenSamples = db.size, db.lost, db.current.Samples()
	stats.Trouble = cmp.Or(db.full, db.trouble)
	born := db.born
	for _, batch := range db.waiting {
		stats.OpenSamples += batch.head.Samples()
		if born.IsZero() || batch.born.Before(born) {
			born = batch.born
		}
	}
	if !born.IsZero() {
		stats.OpenAge = db.options.Now().Sub(born)
	}
	return stats, nil
}
