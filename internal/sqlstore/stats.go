package sqlstore

import (
	"cmp"
	"context"
	"time"
)

const (
	// sizeInterval is how old the known size of the database may be.
	sizeInterval = 30 * time.Second
	// divideInterval is the same for how it is divided, which takes a look at all
	// of it.
	divideInterval = 10 * time.Minute
)

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

// Detail is what takes longer to say than Stats do.
type Detail struct {
	// Divided is how the room is divided; its Total may be older than that of Stats.
	Divided Size
	// Packing is how the database packs samples; empty where it does not.
	Packing []Packing
}

// Detail says how the room is divided, and how samples are packed.
func (db *DB) Detail(ctx context.Context) (Detail, error) {
	var detail Detail
	var err error
	if packer, ok := db.backend.Samples.(Packer); ok {
		if detail.Packing, err = packer.Packing(ctx); err != nil {
			return Detail{}, err
		}
	}
	divider, ok := db.backend.Samples.(Divider)
	if !ok {
		stats, err := db.Stats(ctx)
		detail.Divided = stats.Size
		return detail, err
	}
	db.dividing.Lock()
	defer db.dividing.Unlock()
	if now := db.options.Now(); db.dividedAt.IsZero() || now.Sub(db.dividedAt) >= divideInterval || now.Before(db.dividedAt) {
		if db.divided, err = divider.Divide(ctx); err != nil {
			return Detail{}, err
		}
		db.dividedAt = now
	}
	detail.Divided = db.divided
	return detail, nil
}
