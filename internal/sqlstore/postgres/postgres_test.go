package postgres_test

import (
	"context"
	"os"
	"testing"

	"github.com/unity-homelab/unity/internal/sqlstore"
	"github.com/unity-homelab/unity/internal/sqlstore/postgres"
	"github.com/unity-homelab/unity/internal/sqlstore/storetest"
	"github.com/unity-homelab/unity/test/servers"
)

func TestMain(m *testing.M) { os.Exit(servers.Main(m, servers.PostgreSQL(), servers.TimescaleDB())) }

func opener(url, journal string) storetest.Opener {
	return func(options storetest.Options) (storetest.Store, error) {
		db, err := postgres.Open(context.Background(), url, sqlstore.Options{
			Journal: journal, Now: options.Now, RawRetention: options.RawRetention,
			RunRetention: options.RunRetention, SnapshotRetention: options.SnapshotRetention, EventRetention: options.EventRetention,
			Tiers: options.Tiers,
		})
		if err != nil {
			return nil, err
		}
		return db, nil
	}
}

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) storetest.Opener {
		t.Helper()
		return opener(servers.Database(t, servers.PostgreSQL()), t.TempDir())
	})
}

func BenchmarkStore(b *testing.B) {
	storetest.RunBenchmarks(b, opener(servers.Database(b, servers.PostgreSQL()), b.TempDir()))
}
