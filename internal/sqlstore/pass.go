package sqlstore

import (
	"context"

	"github.com/unity-homelab/unity/internal/inventory"
)

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

// DeleteHost forgets a host; none is a fault of kind NotFound.
func (db *DB) DeleteHost(ctx context.Context, id inventory.HostID) error {
	return db.store.DeleteHost(ctx, id)
}

// SaveHost creates the host or replaces it.
func (db *DB) SaveHost(ctx context.Context, host inventory.Host) error {
	return db.store.SaveHost(ctx, host)
}
