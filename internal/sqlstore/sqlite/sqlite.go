// Package sqlite keeps everything in one SQLite file, with a journal beside it.
//
//	Commit ──▶ journal (disk) ──▶ memory ──▶ Seal ──▶ database ──▶ Merge
//
// A committed record is in the journal, which survives the end of the process,
// and in memory, from which it is read. Every few hours Seal writes all of that
// memory to the database in one transaction, together with the position in the
// journal up to which it reached: exactly once, whatever stops when. That is
// rare because each page that a transaction touches costs 4 KiB twice. Samples
// become rows that hold a stretch of one series, packed; Merge makes long rows
// of short ones.
//
// Reading puts database and memory together, so nobody notices where a sample
// is.
package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/prometheus/prometheus/tsdb/fileutil"
	_ "modernc.org/sqlite" // the database driver

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/journal"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/catalog"
	"github.com/unity-homelab/unity/internal/series/chunk"
	"github.com/unity-homelab/unity/internal/series/head"
	"github.com/unity-homelab/unity/internal/sqlstore"
)

// Options are where and how data is kept. What is zero gets its default.
type Options struct {
	// Path is the database file. The journal and a lock file are beside it.
	Path string
	// SyncInterval bounds what a power cut may take; 30 s.
	SyncInterval time.Duration
	// SealInterval is how long a sample waits in memory at most before it is
	// written to the database; 4 h.
	SealInterval time.Duration
	// SealSamples is how many samples wait in memory before they are written,
	// unless that would be less than 240 of each series; 512 Ki.
	SealSamples int
	// SnapshotSpacing is how close together kept snapshots of a source may be,
	// the newest excepted; 15 min.
	SnapshotSpacing time.Duration
	// How long things are kept; 30 d, 7 d, 7 d, 180 d.
	RawRetention, RunRetention, SnapshotRetention, EventRetention time.Duration
	// MaxJournalBytes is how long the journal may get while the database cannot
	// be written; 256 MiB. Beyond it Commit refuses.
	MaxJournalBytes int64
	// Now tells the time by which things are old; time.Now.
	Now func() time.Time
	Log *slog.Logger
}

const day = 24 * time.Hour

func (o *Options) setDefaults() {
	o.SyncInterval = cmp.Or(o.SyncInterval, 30*time.Second)
	o.SealInterval = cmp.Or(o.SealInterval, 4*time.Hour)
	o.SealSamples = cmp.Or(o.SealSamples, 512<<10)
	o.SnapshotSpacing = cmp.Or(o.SnapshotSpacing, 15*time.Minute)
	o.RawRetention = cmp.Or(o.RawRetention, 30*day)
	o.RunRetention = cmp.Or(o.RunRetention, 7*day)
	o.SnapshotRetention = cmp.Or(o.SnapshotRetention, 7*day)
	o.EventRetention = cmp.Or(o.EventRetention, 180*day)
	o.MaxJournalBytes = cmp.Or(o.MaxJournalBytes, 256<<20)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
}

// DB is an open database. Its methods may be called at the same time.
type DB struct {
	options Options
	paths   paths
	held    fileutil.Releaser
	flush   func() error // the last Seal

	write, read *sql.DB
	store       *sqlstore.Store
	blocks      *sql.Stmt
	newest      *sql.Stmt

	journal *journal.Log
	catalog *catalog.Catalog
	memory  *sqlstore.Memory
	codec   *chunk.Codec
	wake    chan struct{}

	// committing is held by one Commit at a time, so that the journal and what
	// is in memory have the same order.
	committing sync.Mutex
	unstored   []catalog.Entry // in the journal, not in the database
	lastEvent  int64
	dirty      bool // something was committed since the last Seal
	closed     bool

	// sealing is held by whoever rewrites the database.
	sealing     sync.Mutex
	lastExpired time.Time

	mu      sync.RWMutex
	current *head.Head
	born    time.Time // when current got its first sample
	sealed  *sealed   // nil unless a Seal is under way, or did not succeed
	latest  map[series.ID]series.Point
	trouble error // why the last Seal did not succeed
}

// sealed is what one Seal writes.
type sealed struct {
	head      *head.Head
	entries   []catalog.Entry
	end       journal.Position
	lastID    series.ID
	lastEvent int64
}

// Open opens the database, makes it when there is none, and takes in what the
// journal has on top of it. Whatever is wrong with the file, it stays as it is.
func Open(ctx context.Context, options Options) (*DB, error) {
	options.setDefaults()
	db := &DB{
		options: options, paths: pathsOf(options.Path), catalog: catalog.New(), codec: chunk.NewCodec(),
		wake: make(chan struct{}, 1), latest: make(map[series.ID]series.Point),
	}
	db.current = head.New(db.codec, maxSpan)
	db.flush = func() error { return db.Seal(context.WithoutCancel(ctx)) }
	if err := db.open(ctx); err != nil {
		return nil, errors.Join(fault.Wrap(err, "opening the database %s", options.Path), db.release())
	}
	return db, nil
}

func (db *DB) open(ctx context.Context) error {
	if err := makeFolder(db.paths.database); err != nil {
		return err
	}
	exists, err := inspect(db.paths.database)
	if err != nil {
		return err
	}
	if db.held, err = lock(db.paths.lock); err != nil {
		return err
	}
	if !exists {
		if err := create(ctx, db.paths.database); err != nil {
			return translate(err, "creating the file")
		}
	}
	if err := db.connect(ctx); err != nil {
		return err
	}
	return db.restore(ctx)
}

func translate(err error, doing string) error {
	if translated := (dialect{}).Fault(err); translated != nil {
		err = translated
	}
	return fault.Wrap(err, "%s", doing)
}

// connect opens one connection that writes and two that read.
func (db *DB) connect(ctx context.Context) error {
	var err error
	db.write, err = sql.Open("sqlite", address(db.paths.database,
		"journal_mode(WAL)", "synchronous(FULL)", "cache_size(-2000)", "journal_size_limit(4194304)", "temp_store(MEMORY)"))
	if err != nil {
		return translate(err, "connecting")
	}
	db.write.SetMaxOpenConns(1)
	db.read, err = sql.Open("sqlite", address(db.paths.database, "query_only(1)", "cache_size(-1000)", "temp_store(MEMORY)"))
	if err != nil {
		return translate(err, "connecting")
	}
	db.read.SetMaxOpenConns(2)
	db.read.SetMaxIdleConns(2)
	db.read.SetConnMaxIdleTime(5 * time.Minute)
	if db.store, err = sqlstore.New(db.write, db.read, dialect{}); err != nil {
		return err
	}
	if err := db.store.Migrate(ctx); err != nil {
		return err
	}
	if db.blocks, err = db.read.PrepareContext(ctx, selectBlocks); err != nil {
		return translate(err, "preparing to read samples")
	}
	if db.newest, err = db.read.PrepareContext(ctx, selectNewest); err != nil {
		return translate(err, "preparing to read samples")
	}
	return nil
}

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
		err = errors.Join(err, db.journal.Close())
	}
	for _, statement := range []*sql.Stmt{db.blocks, db.newest} {
		if statement != nil {
			err = errors.Join(err, statement.Close())
		}
	}
	for _, pool := range []*sql.DB{db.read, db.write} {
		if pool != nil {
			err = errors.Join(err, pool.Close())
		}
	}
	if db.held != nil {
		err = errors.Join(err, db.held.Release())
	}
	return err
}

// Stats are figures about a database.
type Stats struct {
	DatabaseBytes int64 // with its write-ahead log
	JournalBytes  int64
	Series        int
	OpenSamples   int           // in memory, not in the database
	OpenAge       time.Duration // of the oldest of them
	Trouble       error         // why the database could not be written the last time; nil when it could
}

// Stats returns the figures of the moment.
func (db *DB) Stats(context.Context) (Stats, error) {
	stats := Stats{JournalBytes: db.journal.Size(), Series: db.catalog.Len()}
	for _, path := range []string{db.paths.database, db.paths.database + "-wal"} {
		if info, err := os.Stat(path); err == nil {
			stats.DatabaseBytes += info.Size()
		}
	}
	db.mu.RLock()
	defer db.mu.RUnlock()
	stats.OpenSamples, stats.Trouble = db.current.Samples(), db.trouble
	if db.sealed != nil {
		stats.OpenSamples += db.sealed.head.Samples()
	}
	if !db.born.IsZero() {
		stats.OpenAge = db.options.Now().Sub(db.born)
	}
	return stats, nil
}

// Check reads the whole database and says what is wrong with it.
func (db *DB) Check(ctx context.Context) error {
	var answer string
	if err := db.read.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&answer); err != nil {
		return db.store.Fault(err, "checking the database")
	}
	if answer != "ok" {
		return fault.New(fault.BadAnswer, "the database is damaged: %s", answer).
			WithHint("Put back a copy of it, or move it away to start with an empty one.")
	}
	return nil
}

// The methods that need nothing from memory.

// Sources returns every source, sorted by ID.
func (db *DB) Sources(ctx context.Context) ([]inventory.Source, error) { return db.store.Sources(ctx) }

// Source returns one, or a fault of kind NotFound.
func (db *DB) Source(ctx context.Context, id inventory.SourceID) (inventory.Source, error) {
	return db.store.Source(ctx, id)
}

// CreateSource keeps a new source; an ID that exists is a Conflict.
func (db *DB) CreateSource(ctx context.Context, source inventory.Source) error {
	return db.store.CreateSource(ctx, source)
}

// UpdateSource replaces a source whose stored revision is source.Revision and
// raises the revision; another stored revision is a Conflict.
func (db *DB) UpdateSource(ctx context.Context, source inventory.Source) (inventory.Source, error) {
	return db.store.UpdateSource(ctx, source)
}

// Hosts returns every host, sorted by ID.
func (db *DB) Hosts(ctx context.Context) ([]inventory.Host, error) { return db.store.Hosts(ctx) }

// SaveHost creates the host or replaces it.
func (db *DB) SaveHost(ctx context.Context, host inventory.Host) error {
	return db.store.SaveHost(ctx, host)
}
