package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
)

// DefaultLimit is how many things a question without a limit is answered with.
const DefaultLimit = 100

// States returns the stored state of every source that has one.
func (s *Store) States(ctx context.Context) ([]inventory.State, error) {
	var rows []statusRow
	if err := s.read.NewSelect().Model(&rows).OrderExpr("source").Scan(ctx); err != nil {
		return nil, s.fault(err, "reading the states")
	}
	states := make([]inventory.State, len(rows))
	for i, row := range rows {
		var err error
		if states[i], err = row.state(); err != nil {
			return nil, err
		}
	}
	return states, nil
}

// Runs returns the stored runs, newest first.
func (s *Store) Runs(ctx context.Context, filter inventory.RunFilter) ([]inventory.Run, error) {
	var rows []runRow
	query := s.read.NewSelect().Model(&rows).Where("source = ?", string(filter.Source)).
		OrderExpr("start DESC, duration DESC").Limit(limitOf(filter.Limit))
	if !filter.Before.IsZero() {
		query = query.Where("start < ?", milliseconds(filter.Before))
	}
	if filter.Failed {
		query = query.Where("outcome NOT IN (?)", bun.List([]inventory.Outcome{inventory.Success, inventory.Partial}))
	}
	if err := query.Scan(ctx); err != nil {
		return nil, s.fault(err, "reading the runs of %s", filter.Source)
	}
	runs := make([]inventory.Run, len(rows))
	for i, row := range rows {
		var err error
		if runs[i], err = row.run(); err != nil {
			return nil, err
		}
	}
	return runs, nil
}

// Events returns the stored events, newest first.
func (s *Store) Events(ctx context.Context, filter inventory.EventFilter) ([]inventory.Event, error) {
	var rows []eventRow
	query := s.read.NewSelect().Model(&rows).OrderExpr("id DESC").Limit(limitOf(filter.Limit))
	if filter.Source != "" {
		query = query.Where("source = ?", string(filter.Source))
	}
	if len(filter.Kinds) > 0 {
		query = query.Where("kind IN (?)", bun.List(filter.Kinds))
	}
	if len(filter.Severities) > 0 {
		query = query.Where("severity IN (?)", bun.List(filter.Severities))
	}
	if !filter.Since.IsZero() {
		query = query.Where("time >= ?", milliseconds(filter.Since))
	}
	if !filter.Until.IsZero() {
		query = query.Where("time <= ?", milliseconds(filter.Until))
	}
	if filter.BeforeID > 0 {
		query = query.Where("id < ?", filter.BeforeID)
	}
	if err := query.Scan(ctx); err != nil {
		return nil, s.fault(err, "reading the events")
	}
	events := make([]inventory.Event, len(rows))
	for i, row := range rows {
		var err error
		if events[i], err = row.event(); err != nil {
			return nil, err
		}
	}
	return events, nil
}

// Snapshot returns the newest stored snapshot at or before a time, or the
// newest of all for the zero time. None is a fault of kind NotFound.
func (s *Store) Snapshot(ctx context.Context, source inventory.SourceID, at time.Time) (inventory.Snapshot, error) {
	var row snapshotRow
	query := s.read.NewSelect().Model(&row).Where("source = ?", string(source)).OrderExpr("time DESC").Limit(1)
	if !at.IsZero() {
		query = query.Where("time <= ?", milliseconds(at))
	}
	err := query.Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return inventory.Snapshot{}, fault.New(fault.NotFound, "source %q has no snapshot of that time", source)
	}
	if err != nil {
		return inventory.Snapshot{}, s.fault(err, "reading a snapshot of %s", source)
	}
	return s.unpack(source, row.Time, row.Document)
}

// unpack returns a snapshot as it was before pack.
func (s *Store) unpack(source inventory.SourceID, ms int64, packed []byte) (inventory.Snapshot, error) {
	document, err := s.unzip.DecodeAll(packed, nil)
	if err != nil {
		return inventory.Snapshot{}, fault.As(fault.BadAnswer, err, "unpacking a snapshot of %s", source)
	}
	return inventory.Snapshot{Source: source, Time: moment(ms), Document: document}, nil
}

// pack returns a document in fewer bytes.
func (s *Store) pack(document json.RawMessage) []byte { return s.zip.EncodeAll(document, nil) }

// SnapshotTimes returns when the stored snapshots were taken, newest first.
func (s *Store) SnapshotTimes(ctx context.Context, source inventory.SourceID, limit int) ([]time.Time, error) {
	var rows []int64
	err := s.read.NewSelect().Model((*snapshotRow)(nil)).Column("time").Where("source = ?", string(source)).
		OrderExpr("time DESC").Limit(limitOf(limit)).Scan(ctx, &rows)
	if err != nil {
		return nil, s.fault(err, "reading the snapshot times of %s", source)
	}
	times := make([]time.Time, len(rows))
	for i, ms := range rows {
		times[i] = moment(ms)
	}
	return times, nil
}

// Values returns what a source's collector kept, as stored.
func (s *Store) Values(ctx context.Context, source inventory.SourceID) (map[string]json.RawMessage, error) {
	var rows []valueRow
	if err := s.read.NewSelect().Model(&rows).Where("source = ?", string(source)).Scan(ctx); err != nil {
		return nil, s.fault(err, "reading the values of %s", source)
	}
	values := make(map[string]json.RawMessage, len(rows))
	for _, row := range rows {
		values[row.Name] = json.RawMessage(row.Value)
	}
	return values, nil
}

func limitOf(limit int) int64 {
	if limit <= 0 {
		return DefaultLimit
	}
	return int64(limit)
}
