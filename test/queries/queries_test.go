// Package queries_test runs Prometheus' own query tests against real databases.
package queries_test

import (
	"context"
	"os"
	"testing"

	"github.com/unity-homelab/unity/internal/promql/querytest"
	"github.com/unity-homelab/unity/internal/sqlstore"
	"github.com/unity-homelab/unity/internal/sqlstore/mysql"
	"github.com/unity-homelab/unity/internal/sqlstore/postgres"
	"github.com/unity-homelab/unity/test/servers"
)

func TestMain(m *testing.M) {
	os.Exit(servers.Main(m, servers.PostgreSQL(), servers.TimescaleDB(), servers.MariaDB()))
}

func TestPrometheusOwnQueryTestsPass(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		engine servers.Engine
		open   func(ctx context.Context, url string, options sqlstore.Options) (*sqlstore.DB, error)
	}{
		"PostgreSQL":  {servers.PostgreSQL(), postgres.Open},
		"TimescaleDB": {servers.TimescaleDB(), postgres.Open},
		"MariaDB":     {servers.MariaDB(), mysql.Open},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, err := test.open(t.Context(), servers.Database(t, test.engine), sqlstore.Options{Journal: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = db.Close() })
			querytest.Run(t, db)
		})
	}
}
