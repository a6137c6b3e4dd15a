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

// sourceRow is a row of the table sources.
type sourceRow struct {
	bun.BaseModel `bun:"table:sources"`

	ID       string `bun:"id,pk"`
	Plugin   string
	Name     string
	Host     string
	Config   string
	Enabled  bool
	Interval int64 // nanoseconds
	Timeout  int64
	Tags     string // JSON
	Origin   string
	Created  int64 // milliseconds since 1970 UTC
	Updated  int64
	Revision int64
}

func sourceRowOf(source inventory.Source) (sourceRow, error) {
	tags, err := json.Marshal(source.Tags)
	if err != nil {
		return sourceRow{}, fault.As(fault.Config, err, "encoding the tags of source %s", source.ID)
	}
	return sourceRow{
		ID: string(source.ID), Plugin: source.Plugin, Name: source.Name, Host: string(source.Host),
		Config: string(source.Config), Enabled: source.Enabled,
		Interval: int64(source.Interval), Timeout: int64(source.Timeout),
		Tags: string(tags), Origin: string(source.Origin),
		Created: milliseconds(source.Created), Updated: milliseconds(source.Updated), Revision: source.Revision,
	}, nil
}

func (r sourceRow) source() (inventory.Source, error) {
	source := inventory.Source{
		ID: inventory.SourceID(r.ID), Plugin: r.Plugin, Name: r.Name, Host: inventory.HostID(r.Host),
		Enabled: r.Enabled, Interval: time.Duration(r.Interval), Timeout: time.Duration(r.Timeout),
		Origin: inventory.Origin(r.Origin), Created: moment(r.Created), Updated: moment(r.Updated), Revision: r.Revision,
	}
	if r.Config != "" {
		source.Config = json.RawMessage(r.Config)
	}
	if err := json.Unmarshal([]byte(r.Tags), &source.Tags); err != nil {
		return source, fault.As(fault.BadAnswer, err, "reading the tags of source %s", r.ID)
	}
	return source, nil
}

// Sources returns every source, sorted by ID.
func (s *Store) Sources(ctx context.Context) ([]inventory.Source, error) {
	var rows []sourceRow
	if err := s.read.NewSelect().Model(&rows).OrderExpr("id").Scan(ctx); err != nil {
		return nil, s.fault(err, "reading the sources")
	}
	sources := make([]inventory.Source, len(rows))
	for i, row := range rows {
		var err error
		if sources[i], err = row.source(); err != nil {
			return nil, err
		}
	}
	return sources, nil
}

// Source returns one source, or a fault of kind NotFound.
func (s *Store) Source(ctx context.Context, id inventory.SourceID) (inventory.Source, error) {
	var row sourceRow
	err := s.read.NewSelect().Model(&row).Where("id = ?", string(id)).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return inventory.Source{}, noSource(id)
	}
	if err != nil {
		return inventory.Source{}, s.fault(err, "reading source %s", id)
	}
	return row.source()
}

func noSource(id inventory.SourceID) error {
	return fault.New(fault.NotFound, "there is no source %q", id)
}

// CreateSource keeps a new source; an ID that exists is a Conflict.
func (s *Store) CreateSource(ctx context.Context, source inventory.Source) error {
	row, err := sourceRowOf(source)
	if err != nil {
		return err
	}
	if _, err := s.write.NewInsert().Model(&row).Exec(ctx); err != nil {
		if translated := s.dialect.Fault(err); translated != nil && translated.Kind == fault.Conflict {
			return fault.New(fault.Conflict, "there is a source %q already", source.ID)
		}
		return s.fault(err, "creating source %s", source.ID)
	}
	return nil
}

// UpdateSource replaces a source whose stored revision is source.Revision and
// raises the revision; another stored revision is a Conflict.
func (s *Store) UpdateSource(ctx context.Context, source inventory.Source) (inventory.Source, error) {
	based := source.Revision
	source.Revision++
	row, err := sourceRowOf(source)
	if err != nil {
		return inventory.Source{}, err
	}
	result, err := s.write.NewUpdate().Model(&row).ExcludeColumn("created").
		Where("id = ?", row.ID).Where("revision = ?", based).Exec(ctx)
	if err != nil {
		return inventory.Source{}, s.fault(err, "changing source %s", source.ID)
	}
	if changed, err := result.RowsAffected(); err != nil || changed == 0 {
		if err != nil {
			return inventory.Source{}, s.fault(err, "changing source %s", source.ID)
		}
		stored, err := s.Source(ctx, source.ID)
		if err != nil {
			return inventory.Source{}, err
		}
		return inventory.Source{}, fault.New(fault.Conflict,
			"source %q was changed meanwhile: it has revision %d, the change is based on %d", source.ID, stored.Revision, based)
	}
	return s.Source(ctx, source.ID)
}

// DeleteSource removes a source, its state, runs, snapshots and kept values.
func (s *Store) DeleteSource(ctx context.Context, id inventory.SourceID) error {
	err := s.Transaction(ctx, func(ctx context.Context, tx bun.Tx) error {
		result, err := tx.NewDelete().Table("sources").Where("id = ?", string(id)).Exec(ctx)
		if err != nil {
			return err
		}
		if deleted, err := result.RowsAffected(); err != nil || deleted == 0 {
			return errors.Join(err, noSource(id))
		}
		return deleteOf(ctx, tx, id)
	})
	return s.fault(err, "deleting source %s", id)
}

// milliseconds returns a time as it is stored; 0 stands for the zero time.
func milliseconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// moment returns a stored time.
func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
