package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/plugin"
)

// SnapshotTimes says of which times there are snapshots.
type SnapshotTimes struct {
	Items []time.Time `json:"items" nullable:"false" doc:"The newest first"`
}

// SnapshotDifference is what changed between two snapshots.
type SnapshotDifference struct {
	From    time.Time        `json:"from" doc:"When the older one was taken"`
	To      time.Time        `json:"to" doc:"When the newer one was taken"`
	Changes []SnapshotChange `json:"changes" nullable:"false"`
	All     bool             `json:"all" doc:"False when there are more changes than limit"`
}

// SnapshotChange is what changed at one place.
type SnapshotChange struct {
	Path string          `json:"path" doc:"As JSONPath" example:"$.containers[?@.name==\"web\"].state"`
	Old  json.RawMessage `json:"old,omitempty" doc:"Absent where there was nothing; a text with the size in place of a long value"`
	New  json.RawMessage `json:"new,omitempty" doc:"Absent where there is nothing any more"`
}

func (s *server) registerSnapshots() {
	const tag = "Measurements"
	times := operation("list-snapshots", http.MethodGet, "/sources/{id}/snapshots", tag, "List of which times there are snapshots")
	times.Errors = []int{http.StatusNotFound}
	handle(s, times, s.listSnapshots)
	compare := operation("compare-snapshots", http.MethodGet, "/sources/{id}/snapshots/difference", tag, "Say what changed between two snapshots")
	compare.Errors = []int{http.StatusNotFound}
	handle(s, compare, s.compareSnapshots)
}

type listSnapshotsInput struct {
	SourcePath
	Limit int `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"At most so many"`
}

func (s *server) listSnapshots(ctx context.Context, in *listSnapshotsInput) (*body[SnapshotTimes], error) {
	id := inventory.SourceID(in.ID)
	if _, err := s.Sources.Get(id); err != nil {
		return nil, err
	}
	times, err := s.History.SnapshotTimes(ctx, id, in.Limit)
	if err != nil {
		return nil, err
	}
	answer := SnapshotTimes{Items: make([]time.Time, 0, len(times))}
	for _, at := range times {
		answer.Items = append(answer.Items, at.UTC())
	}
	return &body[SnapshotTimes]{Body: answer}, nil
}

type compareSnapshotsInput struct {
	SourcePath
	From  time.Time `query:"from" required:"true" doc:"The newest snapshot at or before this time is the older one"`
	To    time.Time `query:"to" doc:"The newest snapshot at or before this time is the newer one; now when absent"`
	Limit int       `query:"limit" minimum:"1" maximum:"1000" default:"200" doc:"How many changes at most"`
}

func (s *server) compareSnapshots(ctx context.Context, in *compareSnapshotsInput) (*body[SnapshotDifference], error) {
	id := inventory.SourceID(in.ID)
	source, err := s.Sources.Get(id)
	if err != nil {
		return nil, err
	}
	older, err := s.History.Snapshot(ctx, id, in.From)
	if err != nil {
		return nil, err
	}
	newer, err := s.History.Snapshot(ctx, id, in.To)
	if err != nil {
		return nil, err
	}
	changes, all, err := inventory.Difference(older.Document, newer.Document, in.Limit, s.rowNames(source)...)
	if err != nil {
		return nil, err
	}
	answer := SnapshotDifference{From: older.Time.UTC(), To: newer.Time.UTC(), All: all, Changes: make([]SnapshotChange, 0, len(changes))}
	for _, change := range changes {
		answer.Changes = append(answer.Changes, SnapshotChange(change))
	}
	return &body[SnapshotDifference]{Body: answer}, nil
}

// rowNames returns the keys of what the tables of a source begin with, where that
// is a text: it is what their rows are about.
func (s *server) rowNames(source inventory.Source) (keys []string) {
	p, err := s.Sources.Plugin(source.Plugin)
	if err != nil {
		return nil
	}
	for _, table := range p.Manifest().Tables {
		if len(table.Columns) == 0 {
			continue
		}
		if first := table.Columns[0]; first.Kind == plugin.CellText || first.Kind == plugin.CellCode {
			keys = append(keys, first.Key)
		}
	}
	return keys
}
