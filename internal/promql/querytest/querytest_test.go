package querytest_test

import (
	"path/filepath"
	"testing"

	"github.com/unity-homelab/unity/internal/promql/querytest"
	"github.com/unity-homelab/unity/internal/sqlstore"
	"github.com/unity-homelab/unity/internal/sqlstore/sqlite"
)

func TestPrometheusOwnQueryTestsPassOnSQLite(t *testing.T) {
	t.Parallel()
	querytest.Run(t, func(t testing.TB) querytest.Store {
		t.Helper()
		db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "unity.db"), sqlstore.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return db
	})
}
