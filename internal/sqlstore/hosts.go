package sqlstore

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
)

// hostRow is a row of the table hosts.
type hostRow struct {
	bun.BaseModel `bun:"table:hosts"`

	ID       string `bun:"id,pk"`
	Name     string
	Platform string
	Created  int64
	LastSeen int64
}

// Hosts returns every host, sorted by ID.
func (s *Store) Hosts(ctx context.Context) ([]inventory.Host, error) {
	var rows []hostRow
	if err := s.read.NewSelect().Model(&rows).OrderExpr("id").Scan(ctx); err != nil {
		return nil, s.fault(err, "reading the hosts")
	}
	hosts := make([]inventory.Host, len(rows))
	for i, row := range rows {
		hosts[i] = inventory.Host{
			ID: inventory.HostID(row.ID), Name: row.Name, Platform: row.Platform,
			Created: moment(row.Created), LastSeen: moment(row.LastSeen),
		}
	}
	return hosts, nil
}

// DeleteHost forgets a host; none is a fault of kind NotFound.
func (s *Store) DeleteHost(ctx context.Context, id inventory.HostID) error {
	result, err := s.write.NewDelete().Table("hosts").Where("id = ?", string(id)).Exec(ctx)
	if err != nil {
		return s.fault(err, "deleting host %s", id)
	}
	deleted, err := result.RowsAffected()
	if err == nil && deleted == 0 {
		return fault.New(fault.NotFound, "there is no host %q", id)
	}
	return s.fault(err, "deleting host %s", id)
}

// SaveHost creates the host or replaces it.
func (s *Store) SaveHost(ctx context.Context, host inventory.Host) error {
	row := hostRow{
		ID: string(host.ID), Name: host.Name, Platform: host.Platform,
		Created: milliseconds(host.Created), LastSeen: milliseconds(host.LastSeen),
	}
	query := s.dialect.Upsert(s.write.NewInsert().Model(&row), []string{"id"},
		[]string{"name", "platform", "created", "last_seen"})
	_, err := query.Exec(ctx)
	return s.fault(err, "saving host %s", host.ID)
}
