package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/uptrace/bun"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/dashboard"
)

// Dashboards keeps the dashboards that people make. It writes to the database at
// once, past the journal.
type Dashboards struct{ *Store }

var _ dashboard.Store = Dashboards{}

// Dashboards returns the store of dashboards.
func (db *DB) Dashboards() Dashboards { return Dashboards{db.store} }

// dashboardRow is a row of the table dashboards.
type dashboardRow struct {
	bun.BaseModel `bun:"table:dashboards"`

	ID       string `bun:"id,pk"`
	Owner    string
	Document string // JSON
	Created  int64
	Updated  int64
	Revision int64
}

func dashboardRowOf(d dashboard.Dashboard) (dashboardRow, error) {
	document, err := json.Marshal(d.Document)
	if err != nil {
		return dashboardRow{}, fault.As(fault.Config, err, "encoding dashboard %s", d.ID)
	}
	return dashboardRow{
		ID: d.ID, Owner: d.Owner, Document: string(document),
		Created: milliseconds(d.Created), Updated: milliseconds(d.Updated), Revision: d.Revision,
	}, nil
}

func (r dashboardRow) dashboard() (dashboard.Dashboard, error) {
	d := dashboard.Dashboard{
		ID: r.ID, Origin: dashboard.User, Owner: r.Owner, Revision: r.Revision,
		Created: moment(r.Created), Updated: moment(r.Updated),
	}
	if err := json.Unmarshal([]byte(r.Document), &d.Document); err != nil {
		return d, fault.As(fault.BadAnswer, err, "reading dashboard %s", r.ID)
	}
	return d, nil
}

// Dashboards returns every dashboard, sorted by ID.
func (s Dashboards) Dashboards(ctx context.Context) ([]dashboard.Dashboard, error) {
	var rows []dashboardRow
	if err := s.read.NewSelect().Model(&rows).OrderExpr("id").Scan(ctx); err != nil {
		return nil, s.fault(err, "reading the dashboards")
	}
	all := make([]dashboard.Dashboard, len(rows))
	for i, row := range rows {
		var err error
		if all[i], err = row.dashboard(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Dashboard returns one dashboard, or a fault of kind NotFound.
func (s Dashboards) Dashboard(ctx context.Context, id string) (dashboard.Dashboard, error) {
	var row dashboardRow
	err := s.read.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return dashboard.Dashboard{}, noDashboard(id)
	case err != nil:
		return dashboard.Dashboard{}, s.fault(err, "reading dashboard %s", id)
	default:
		return row.dashboard()
	}
}

func noDashboard(id string) error {
	return fault.New(fault.NotFound, "there is no dashboard %q", id)
}

// CreateDashboard keeps a new dashboard; an ID that exists is a Conflict.
func (s Dashboards) CreateDashboard(ctx context.Context, d dashboard.Dashboard) error {
	row, err := dashboardRowOf(d)
	if err != nil {
		return err
	}
	if _, err := s.write.NewInsert().Model(&row).Exec(ctx); err != nil {
		if translated := s.dialect.Fault(err); translated != nil && translated.Kind == fault.Conflict {
			return fault.New(fault.Conflict, "there is a dashboard %q already", d.ID)
		}
		return s.fault(err, "creating dashboard %s", d.ID)
	}
	return nil
}

// UpdateDashboard replaces the dashboard whose stored revision is d.Revision and
// raises the revision; another stored revision is a Conflict.
func (s Dashboards) UpdateDashboard(ctx context.Context, d dashboard.Dashboard) (dashboard.Dashboard, error) {
	based := d.Revision
	d.Revision++
	row, err := dashboardRowOf(d)
	if err != nil {
		return dashboard.Dashboard{}, err
	}
	result, err := s.write.NewUpdate().Model(&row).ExcludeColumn("created", "owner").
		Where("id = ?", row.ID).Where("revision = ?", based).Exec(ctx)
	if err != nil {
		return dashboard.Dashboard{}, s.fault(err, "changing dashboard %s", d.ID)
	}
	changed, err := result.RowsAffected()
	if err != nil {
		return dashboard.Dashboard{}, s.fault(err, "changing dashboard %s", d.ID)
	}
	stored, err := s.Dashboard(ctx, d.ID)
	if err == nil && changed == 0 {
		err = fault.New(fault.Conflict, "dashboard %q was changed meanwhile: it has revision %d, the change is based on %d",
			d.ID, stored.Revision, based).WithHint("read it again and make the change there, or send no revision to replace it")
	}
	return stored, err
}

// DeleteDashboard removes a dashboard; none is a fault of kind NotFound.
func (s Dashboards) DeleteDashboard(ctx context.Context, id string) error {
	result, err := s.write.NewDelete().Table("dashboards").Where("id = ?", id).Exec(ctx)
	if err != nil {
		return s.fault(err, "deleting dashboard %s", id)
	}
	deleted, err := result.RowsAffected()
	if err == nil && deleted == 0 {
		return noDashboard(id)
	}
	return s.fault(err, "deleting dashboard %s", id)
}
