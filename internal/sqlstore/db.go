package sqlstore

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/journal"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/catalog"
	"github.com/unity-homelab/unity/internal/series/chunk"
	"github.com/unity-homelab/unity/internal/series/head"
)

// Backend is what a dialect hands over: an open database whose schema is up to
// date.
type Backend struct {
	Store   *Store
	Samples Samples
	Tiers   Tiers
	// Engine names the database and its version: "MariaDB 10.11.6".
	Engine string
	// Location is what people see: the file, or the URL without a password.
	Location string
	// Close releases what else the dialect holds, once the pools are closed; it
	// may be nil.
	Close func() error
}

// Options are how data is kept. What is zero gets its default, and that may
// differ between databases.
type Options struct {
	// Journal is the folder of the journal.
	Journal string
	// ManualMigration refuses a database whose schema is not up to date instead
	// of changing it.
	ManualMigration bool
	// Visit leaves alone what others may be using at the same time: nothing is
	// tidied up.
	Visit bool
	// SyncInterval bounds what a power cut may take; 30 s.
	SyncInterval time.Duration
	// SealInterval is how long a sample waits in memory at most before it is
	// written to the database.
	SealInterval time.Duration
	// SealSamples is how many samples wait in memory before they are written,
	// unless that would be less than SealPoints of each series.
	SealSamples, SealPoints int
	// SealTimeout is how long writing one batch may take; zero sets no limit.
	SealTimeout time.Duration
	// RetryInterval is how soon writing that did not succeed is tried again.
	RetryInterval time.Duration
	// SnapshotSpacing is how close together kept snapshots of a source may be,
	// the newest excepted; 15 min.
	SnapshotSpacing time.Duration
	// How long things are kept; 30 d, 7 d, 7 d, 180 d.
	RawRetention, RunRetention, SnapshotRetention, EventRetention time.Duration
	// Tiers is how long buckets are kept, by step; 180 d of five minutes and
	// 5 years of hours.
	Tiers map[time.Duration]time.Duration
	// MaxBytes is how much room the database may take; beyond it, samples and
	// then tiers are kept for a shorter time. Zero sets no limit.
	MaxBytes int64
	// MaxWritePerDay is how many bytes may be written to the disk in a day, by
	// what Written returns; when it is more, syncing and sealing get rarer. Zero
	// sets no limit.
	MaxWritePerDay int64
	// Written returns how many bytes the process has written; it may be nil.
	Written func() (int64, error)
	// MaxJournalBytes is how long the journal may get while the database cannot
	// be written; 256 MiB. Beyond it the oldest samples give way.
	MaxJournalBytes int64
	// Free returns how many bytes are free where the journal is, and MinFree is
	// how many must be for anything to be written; 64 MiB. Nothing is checked
	// when Free is nil.
	Free    func() (int64, error)
	MinFree int64
	// Now tells the time by which things are old; time.Now.
	Now func() time.Time
	Log *slog.Logger
}

const (
	day = 24 * time.Hour
	// maxSpan is how long a block in memory may last.
	maxSpan = 2 * day
)

func (o *Options) setDefaults() {
	o.SyncInterval = cmp.Or(o.SyncInterval, 30*time.Second)
	o.SealInterval = cmp.Or(o.SealInterval, time.Second)
	o.SealSamples = cmp.Or(o.SealSamples, 100_000)
	o.RetryInterval = cmp.Or(o.RetryInterval, 5*time.Second)
	o.SnapshotSpacing = cmp.Or(o.SnapshotSpacing, 15*time.Minute)
	o.RawRetention = cmp.Or(o.RawRetention, 30*day)
	o.RunRetention = cmp.Or(o.RunRetention, 7*day)
	o.SnapshotRetention = cmp.Or(o.SnapshotRetention, 7*day)
	o.EventRetention = cmp.Or(o.EventRetention, 180*day)
	o.MaxJournalBytes = cmp.Or(o.MaxJournalBytes, 256<<20)
	tiers := map[time.Duration]time.Duration{5 * time.Minute: 180 * day, time.Hour: 5 * 365 * day}
	for step, keep := range o.Tiers {
		tiers[step] = cmp.Or(keep, tiers[step])
	}
	o.Tiers = tiers
	o.MinFree = cmp.Or(o.MinFree, 64<<20)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
}

// DB is an open database with its journal: everything that is stored, wherever
// it is at the moment. Its methods may be called at the same time.
type DB struct {
	backend Backend
	options Options
	store   *Store
	flush   func() error // the last Seal

	journal *journal.Log
	catalog *catalog.Catalog
	memory  *Memory
	codec   *chunk.Codec
	wake    chan struct{}

	// committing is held by one Commit at a time, so that the journal and what
	// is in memory have the same order.
	committing sync.Mutex
	unstored   []catalog.Entry // in the journal, not in a batch
	lastEvent  int64
	dirty      bool  // something was committed since the last cut
	cutAt      int64 // so much was written to the journal by then
	closed     bool

	// unfinished is where the data comes from of which a Load took in a part.
	unfinished int64

	rollers rollers
	pace    *pace

	// sealing is held by whoever writes to the database in the background.
	sealing     sync.Mutex
	lastExpired time.Time

	limits atomic.Pointer[Limits]

	// dividing is held while it is found out how the database is divided.
	dividing  sync.Mutex
	divided   Size
	dividedAt time.Time

	mu      sync.RWMutex
	current *head.Head
	born    time.Time  // when current got its first sample
	oldest  int64      // the time of the oldest sample of current
	waiting []*batch   // cut and not written, the oldest first
	writing *batch     // one of them, while it is being written
	recent  *head.Head // written the last; nil when that is too much
	// stored is the newest sample that only the database has of a series, for those
	// of which it is known.
	stored  map[series.ID]series.Point
	trouble error // why the last Seal did not succeed
	full    error // why nothing is taken at the moment
	lost    Lost
	size    Size
	sized   time.Time
	keeping []keeping // samples, and tiers from the finest on
	crowded bool      // there is more than MaxBytes, and nothing more to remove
}

// Lost counts what gave way because the database was away for too long.
type Lost struct {
	Samples, Runs, Events int64
}

// Open takes over a database and takes in what the journal has on top of it.
// After an error the backend is closed.
func Open(ctx context.Context, backend Backend, options Options) (*DB, error) {
	options.setDefaults()
	db := &DB{
		backend: backend, options: options, store: backend.Store, catalog: catalog.New(), codec: chunk.NewCodec(),
		wake: make(chan struct{}, 1), stored: make(map[series.ID]series.Point),
	}
	db.current, db.pace = head.New(db.codec, maxSpan), newPace(options)
	db.limits.Store(limitsOf(options))
	db.flush = func() error { return db.Seal(context.WithoutCancel(ctx)) }
	if err := db.restore(ctx); err != nil {
		return nil, errors.Join(err, db.release())
	}
	return db, nil
}

// Engine names the database and its version.
func (db *DB) Engine() string { return db.backend.Engine }

// Location is where the data is, without a password.
func (db *DB) Location() string { return db.backend.Location }

// Close writes what is in memory to the database and closes everything. When
// that does not succeed, the journal still has it.
func (db *DB) Close() error {
	db.committing.Lock()
	if db.closed {
		db.committing.Unlock()
		return nil
	}
	db.closed = true
	db.committing.Unlock()
	return errors.Join(db.flush(), db.release())
}

// release closes whatever is open.
func (db *DB) release() error {
	var err error
	if db.journal != nil {
		err = db.journal.Close()
	}
	return errors.Join(err, db.backend.release())
}

func (b Backend) release() error {
	err := b.Store.Close()
	if b.Close != nil {
		err = errors.Join(err, b.Close())
	}
	return fault.Wrap(err, "closing the database")
}

// Check reads the whole database and says what is wrong with it.
func (db *DB) Check(ctx context.Context) error { return db.backend.Samples.Check(ctx) }
