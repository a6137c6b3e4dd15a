// Package sqlite keeps everything in one SQLite file.
//
// Samples become rows that hold a stretch of one series, packed. Because each
// page that a transaction touches costs 4 KiB twice, they wait in memory and in
// the journal for hours, until there are many of each series; Merge makes long
// rows of short ones.
package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/prometheus/tsdb/fileutil"
	_ "modernc.org/sqlite" // the database driver

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/sqlstore"
)

// The defaults of options that are SQLite's own.
const (
	sealInterval = 4 * time.Hour
	sealSamples  = 512 << 10
	// sealPoints is how many samples of each series there should be at least.
	sealPoints    = 240
	retryInterval = 30 * time.Second
)

// Open opens the database file, makes it when there is none, and takes in what
// the journal has on top of it. Journal and lock file are beside it. Whatever is
// wrong with the file, it stays as it is.
func Open(ctx context.Context, path string, options sqlstore.Options) (*sqlstore.DB, error) {
	paths := pathsOf(filepath.Clean(path))
	options.Journal = cmp.Or(options.Journal, paths.journal)
	options.SealInterval = cmp.Or(options.SealInterval, sealInterval)
	options.SealSamples = cmp.Or(options.SealSamples, sealSamples)
	options.SealPoints = cmp.Or(options.SealPoints, sealPoints)
	options.RetryInterval = cmp.Or(options.RetryInterval, retryInterval)
	db, err := open(ctx, paths, options)
	if err != nil {
		return nil, fault.Wrap(err, "opening the database %s", path)
	}
	opened, err := sqlstore.Open(ctx, db, options)
	return opened, fault.Wrap(err, "opening the database %s", path)
}

// open opens the file, locked against any other Unity.
func open(ctx context.Context, paths paths, options sqlstore.Options) (sqlstore.Backend, error) {
	if _, err := os.Stat(paths.database); options.ManualMigration && errors.Is(err, fs.ErrNotExist) {
		return sqlstore.Backend{}, sqlstore.NoSchema()
	}
	if err := makeFolder(paths.database); err != nil {
		return sqlstore.Backend{}, err
	}
	exists, err := inspect(paths.database)
	if err != nil {
		return sqlstore.Backend{}, err
	}
	held, err := lock(paths.lock)
	if err != nil {
		return sqlstore.Backend{}, err
	}
	backend, err := connect(ctx, paths, exists, held, options)
	if err != nil {
		return sqlstore.Backend{}, errors.Join(err, held.Release())
	}
	return backend, nil
}

func connect(
	ctx context.Context, paths paths, exists bool, held fileutil.Releaser, options sqlstore.Options,
) (sqlstore.Backend, error) {
	if !exists {
		if err := create(ctx, paths.database); err != nil {
			return sqlstore.Backend{}, translate(err, "creating the file")
		}
	}
	write, read, err := pools(paths.database)
	if err != nil {
		return sqlstore.Backend{}, translate(err, "connecting")
	}
	store, err := sqlstore.New(write, read, dialect{})
	if err != nil {
		return sqlstore.Backend{}, errors.Join(err, write.Close(), read.Close())
	}
	if err := store.Prepare(ctx, options); err != nil {
		return sqlstore.Backend{}, errors.Join(err, store.Close())
	}
	samples, err := newSamples(ctx, store, write, read, paths.database)
	if err != nil {
		return sqlstore.Backend{}, errors.Join(err, store.Close())
	}
	location, err := filepath.Abs(paths.database)
	if err != nil {
		location = paths.database
	}
	return sqlstore.Backend{
		Store: store, Samples: samples, Tiers: samples.tiers, Engine: "SQLite", Location: location, Close: held.Release,
	}, nil
}

func translate(err error, doing string) error {
	if translated := (dialect{}).Fault(err); translated != nil {
		err = translated
	}
	return fault.Wrap(err, "%s", doing)
}

// pools opens one connection that writes and two that read.
func pools(path string) (write, read *sql.DB, err error) {
	write, err = sql.Open("sqlite", address(path,
		"journal_mode(WAL)", "synchronous(FULL)", "cache_size(-2000)", "journal_size_limit(4194304)", "temp_store(MEMORY)"))
	if err != nil {
		return nil, nil, err
	}
	write.SetMaxOpenConns(1)
	read, err = sql.Open("sqlite", address(path, "query_only(1)", "cache_size(-1000)", "temp_store(MEMORY)"))
	if err != nil {
		return nil, nil, errors.Join(err, write.Close())
	}
	read.SetMaxOpenConns(2)
	read.SetMaxIdleConns(2)
	read.SetConnMaxIdleTime(5 * time.Minute)
	return write, read, nil
}
