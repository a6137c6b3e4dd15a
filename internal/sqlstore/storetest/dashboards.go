package storetest

import (
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/dashboard"
)

func aDashboard(id string) dashboard.Dashboard {
	return dashboard.Dashboard{
		ID: id, Origin: dashboard.User, Owner: "zoë", Revision: 1, Created: epoch(), Updated: epoch().Add(time.Second),
		Document: dashboard.Document{
			Name: "“Basement” 🏠", Tags: []string{"a"},
			Panels: []dashboard.Panel{{
				ID: "p", Kind: dashboard.Line, Grid: dashboard.Grid{W: 12, H: 4},
				Queries: []dashboard.Query{{Expr: `up{host="$host"}`}},
			}},
		},
	}
}

func testDashboards(t *testing.T, store direct) {
	t.Helper()
	dashboards := store.Dashboards()
	for _, id := range []string{"b", "a", "c"} {
		must(t, dashboards.CreateDashboard(t.Context(), aDashboard(id)))
	}
	wantKind(t, fault.Conflict, dashboards.CreateDashboard(t.Context(), aDashboard("b")))
	must(t, dashboards.DeleteDashboard(t.Context(), "c"))
	wantKind(t, fault.NotFound, dashboards.DeleteDashboard(t.Context(), "c"))
	all, err := dashboards.Dashboards(t.Context())
	must(t, err)
	same(t, "dashboards", []dashboard.Dashboard{aDashboard("a"), aDashboard("b")}, all)

	changed := aDashboard("a")
	changed.Name, changed.Updated = "Other", epoch().Add(time.Hour)
	got, err := dashboards.UpdateDashboard(t.Context(), changed)
	must(t, err)
	changed.Revision = 2
	same(t, "changed dashboards", changed, got)
	_, err = dashboards.UpdateDashboard(t.Context(), aDashboard("a"))
	wantKind(t, fault.Conflict, err)
	_, err = dashboards.UpdateDashboard(t.Context(), aDashboard("none"))
	wantKind(t, fault.NotFound, err)
	got, err = dashboards.Dashboard(t.Context(), "a")
	must(t, err)
	same(t, "stored dashboards", changed, got)
	_, err = dashboards.Dashboard(t.Context(), "none")
	wantKind(t, fault.NotFound, err)
}
