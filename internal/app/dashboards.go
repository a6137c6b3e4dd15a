package app

import (
	"time"

	"github.com/unity-homelab/unity/internal/dashboard"
	"github.com/unity-homelab/unity/internal/promql"
	"github.com/unity-homelab/unity/internal/sources"
	"github.com/unity-homelab/unity/internal/sqlstore"
	"github.com/unity-homelab/unity/plugin"
)

// newDashboards returns what keeps dashboards.
func newDashboards(plugins []plugin.Plugin, db *sqlstore.DB, watched *sources.Service, queries *promql.Engine) *dashboard.Service {
	return dashboard.New(dashboard.Settings{
		Store: db.Dashboards(), Plugins: plugins, Sources: watched.List, Hosts: db.Hosts, Now: time.Now,
		Parse: func(expr string) error {
			_, err := queries.Format(expr)
			return err
		},
	})
}
