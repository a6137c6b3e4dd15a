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
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "unity.db"), sqlstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	querytest.Run(t, db)
}
