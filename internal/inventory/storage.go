package inventory

import (
	"context"
	"encoding/json"
	"time"
)

// Sources keeps the configured sources.
type Sources interface {
	// Sources returns every source, sorted by ID.
	Sources(ctx context.Context) ([]Source, error)
	// Source returns one, or a fault of kind NotFound.
	Source(ctx context.Context, id SourceID) (Source, error)
	// CreateSource keeps a new source; an ID that exists is a Conflict.
	CreateSource(ctx context.Context, source Source) error
	// UpdateSource replaces a source whose stored revision is source.Revision
	// and raises the revision; another stored revision is a Conflict.
	UpdateSource(ctx context.Context, source Source) (Source, error)
	// DeleteSource removes a source, its state, runs, snapshots and kept values;
	// its series and events stay until they age.
	DeleteSource(ctx context.Context, id SourceID) error
}

// RunFilter picks runs.
type RunFilter struct {
	Source SourceID  // required
	Before time.Time // zero: now
	Failed bool      // only those that did not succeed
	Limit  int
}

// EventFilter picks events, newest first.
type EventFilter struct {
	Source     SourceID // empty: all
	Kinds      []string
	Severities []Severity
	Since      time.Time
	Until      time.Time
	BeforeID   int64 // 0: from the newest
	Limit      int
}

// History answers questions about what happened.
type History interface {
	// States returns the state of every source that has one.
	States(ctx context.Context) ([]State, error)
	// Runs returns the newest runs first.
	Runs(ctx context.Context, filter RunFilter) ([]Run, error)
	// Snapshot returns the newest snapshot at or before a time; a zero time
	// means the newest of all. None is a fault of kind NotFound.
	Snapshot(ctx context.Context, source SourceID, at time.Time) (Snapshot, error)
	// SnapshotTimes returns when the kept snapshots were taken, newest first.
	SnapshotTimes(ctx context.Context, source SourceID, limit int) ([]time.Time, error)
	// Events returns the newest events first.
	Events(ctx context.Context, filter EventFilter) ([]Event, error)
	// Values returns what a source's collector keeps between runs.
	Values(ctx context.Context, source SourceID) (map[string]json.RawMessage, error)
}

// Hosts keeps the watched machines.
type Hosts interface {
	Hosts(ctx context.Context) ([]Host, error)
	// SaveHost creates the host or replaces it.
	SaveHost(ctx context.Context, host Host) error
	// DeleteHost forgets a host; none is a fault of kind NotFound.
	DeleteHost(ctx context.Context, id HostID) error
}
