package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/unity-homelab/unity/internal/dashboard"
)

// DashboardSummary is a dashboard as lists show it.
type DashboardSummary struct {
	ID          string           `json:"id"`
	Origin      dashboard.Origin `json:"origin" enum:"user,generated"`
	Owner       string           `json:"owner"`
	Name        string           `json:"name"`
	Description string           `json:"description"`
	Tags        []string         `json:"tags" nullable:"false"`
	Panels      int              `json:"panels" doc:"How many there are"`
	Preview     []DashboardPlace `json:"preview" nullable:"false" doc:"The panels at the top, for a small picture of it"`
	Revision    int64            `json:"revision"`
	Created     time.Time        `json:"created"`
	Updated     time.Time        `json:"updated"`
}

// DashboardPlace is where a panel is, and how it is drawn.
type DashboardPlace struct {
	Kind dashboard.Kind `json:"kind" enum:"line,area,stat,gauge,bar,table,status,heatmap,text,events"`
	Grid dashboard.Grid `json:"grid"`
}

// previewRows is how many rows of a dashboard a small picture of it shows.
const previewRows = 12

func previewOf(panels []dashboard.Panel) []DashboardPlace {
	places := []DashboardPlace{}
	for _, p := range panels {
		if p.Grid.Y < previewRows {
			places = append(places, DashboardPlace{Kind: p.Kind, Grid: p.Grid})
		}
	}
	return places
}

// DashboardPath is the part of a path that names a dashboard.
type DashboardPath struct {
	ID string `path:"id" maxLength:"300" doc:"ID of a dashboard" example:"the-basement"`
}

func (s *server) registerDashboards() {
	const tag = "Dashboards"
	handle(s, operation("list-dashboards", http.MethodGet, "/dashboards", tag, "List the dashboards, with those made from what is watched"), s.listDashboards)
	create := operation("create-dashboard", http.MethodPost, "/dashboards", tag, "Keep a new dashboard, or a copy of one")
	create.DefaultStatus, create.Errors = http.StatusCreated, []int{http.StatusConflict}
	handle(s, create, s.createDashboard)
	one := func(id, method, summary string, errs ...int) huma.Operation {
		op := operation(id, method, "/dashboards/{id}", tag, summary)
		op.Errors = append(errs, http.StatusNotFound)
		return op
	}
	handle(s, one("get-dashboard", http.MethodGet, "Get a dashboard"), s.getDashboard)
	handle(s, one("update-dashboard", http.MethodPut, "Replace a dashboard", http.StatusConflict), s.updateDashboard)
	remove := one("delete-dashboard", http.MethodDelete, "Delete a dashboard", http.StatusConflict)
	remove.DefaultStatus = http.StatusNoContent
	handle(s, remove, s.deleteDashboard)
}

func (s *server) listDashboards(ctx context.Context, _ *struct{}) (*body[list[DashboardSummary]], error) {
	all, err := s.Dashboards.List(ctx)
	if err != nil {
		return nil, err
	}
	var items []DashboardSummary
	for _, d := range all {
		items = append(items, DashboardSummary{
			ID: d.ID, Origin: d.Origin, Owner: d.Owner, Name: d.Name, Description: d.Description, Tags: orEmpty(d.Tags),
			Panels: len(d.Panels), Preview: previewOf(d.Panels), Revision: d.Revision, Created: d.Created.UTC(), Updated: d.Updated.UTC(),
		})
	}
	return listOf(items), nil
}

func dashboardAnswer(d dashboard.Dashboard, err error) (*body[dashboard.Dashboard], error) {
	if err != nil {
		return nil, err
	}
	d.Panels = orEmpty(d.Panels)
	return &body[dashboard.Dashboard]{Body: d}, nil
}

func (s *server) getDashboard(ctx context.Context, in *DashboardPath) (*body[dashboard.Dashboard], error) {
	return dashboardAnswer(s.Dashboards.Get(ctx, in.ID))
}

func (s *server) createDashboard(ctx context.Context, in *struct{ Body dashboard.Dashboard }) (*body[dashboard.Dashboard], error) {
	d, err := s.Dashboards.Create(ctx, visitOf(ctx).who.Name, in.Body.Document)
	visitOf(ctx).target = d.ID
	return dashboardAnswer(d, err)
}

type updateDashboardInput struct {
	DashboardPath
	Body dashboard.Dashboard
}

func (s *server) updateDashboard(ctx context.Context, in *updateDashboardInput) (*body[dashboard.Dashboard], error) {
	return dashboardAnswer(s.Dashboards.Update(ctx, in.ID, in.Body.Revision, in.Body.Document))
}

func (s *server) deleteDashboard(ctx context.Context, in *DashboardPath) (*struct{}, error) {
	return nil, s.Dashboards.Delete(ctx, in.ID)
}
