package sqlstore

import (
	"context"
	"encoding/json"

	"github.com/uptrace/bun"

	"github.com/unity-homelab/unity/internal/transfer"
)

func (g *giver) dashboards(ctx context.Context) error {
	var rows []dashboardRow
	if err := g.db.store.read.NewSelect().Model(&rows).OrderExpr("id").Scan(ctx); err != nil {
		return g.db.store.fault(err, "reading the dashboards")
	}
	for _, row := range rows {
		if err := g.put(&transfer.Dashboard{
			ID: row.ID, Owner: row.Owner, Document: json.RawMessage(row.Document), Created: row.Created, Updated: row.Updated,
			Revision: row.Revision,
		}); err != nil {
			return err
		}
	}
	return nil
}

func (g *giver) notes(ctx context.Context) error {
	var rows []noteRow
	if err := g.db.store.read.NewSelect().Model(&rows).Order("area", "name").Scan(ctx); err != nil {
		return g.db.store.fault(err, "reading what is kept under a name")
	}
	for _, row := range rows {
		if err := g.put(&transfer.Note{Area: row.Area, Name: row.Name, Value: row.Value, Updated: row.Updated}); err != nil {
			return err
		}
	}
	return nil
}

// pageRows are dashboards and notes to be written.
type pageRows struct {
	dashboards []dashboardRow
	notes      []noteRow
}

func (p *pageRows) take(item transfer.Item) {
	switch item := item.(type) {
	case *transfer.Dashboard:
		p.dashboards = append(p.dashboards, dashboardRow{
			ID: item.ID, Owner: item.Owner, Document: string(item.Document), Created: item.Created, Updated: item.Updated,
			Revision: item.Revision,
		})
	case *transfer.Note:
		p.notes = append(p.notes, noteRow{Area: item.Area, Name: item.Name, Value: item.Value, Updated: item.Updated})
	}
}

func (p *pageRows) write(ctx context.Context, s *Store, tx bun.Tx) error {
	err := upsert(ctx, s, tx, p.dashboards, []string{"id"}, []string{"owner", "document", "created", "updated", "revision"})
	if err != nil {
		return err
	}
	return upsert(ctx, s, tx, p.notes, []string{"area", "name"}, []string{"value", "updated"})
}
