// Package postgres keeps everything in PostgreSQL, for others to read, too: a
// sample is a row.
//
// The tables of samples and of their tiers are cut by time. Plain PostgreSQL has
// partitions that Unity makes and drops; with TimescaleDB they are hypertables,
// which are packed as they age. Either way they are the same tables with the
// same columns, and so are the statements on them.
package postgres

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/sqlstore"
)

// sealTimeout is how long writing one batch may take; a server that stands still
// is given up then.
const sealTimeout = time.Minute

// Open connects to the database that a URL names, makes Unity's tables there
// when there are none, and takes in what the journal has on top of it. A
// database that cannot be used stays as it is.
func Open(ctx context.Context, url string, options sqlstore.Options) (*sqlstore.DB, error) {
	options.SealTimeout = cmp.Or(options.SealTimeout, sealTimeout)
	address, err := parse(url)
	if err != nil {
		return nil, err
	}
	backend, err := connect(ctx, address, options)
	if err != nil {
		return nil, fault.Wrap(err, "opening the database %s", address.location)
	}
	db, err := sqlstore.Open(ctx, backend, options)
	return db, fault.Wrap(err, "opening the database %s", address.location)
}

func connect(ctx context.Context, address address, options sqlstore.Options) (sqlstore.Backend, error) {
	write, read := pools(address)
	backend, err := prepare(ctx, write, read, address, options)
	if err != nil {
		return sqlstore.Backend{}, errors.Join(err, read.Close(), write.Close())
	}
	return backend, nil
}

func prepare(ctx context.Context, write, read *sql.DB, address address, options sqlstore.Options) (sqlstore.Backend, error) {
	server, err := inspect(ctx, write, address.plain)
	if err != nil {
		return sqlstore.Backend{}, err
	}
	store, err := sqlstore.New(write, read, dialect{})
	if err != nil {
		return sqlstore.Backend{}, err
	}
	if err := store.Prepare(ctx, options); err != nil {
		return sqlstore.Backend{}, err
	}
	tables, err := openTables(ctx, write, read, server, options)
	if err != nil {
		return sqlstore.Backend{}, err
	}
	return sqlstore.Backend{
		Store: store, Samples: tables, Tiers: tables,
		Engine: server.engine(tables.hypertables), Location: address.location,
	}, nil
}
