package sqlite_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/unity-homelab/unity/internal/sqlstore"
	"github.com/unity-homelab/unity/internal/sqlstore/sqlite"
	"github.com/unity-homelab/unity/internal/sqlstore/storetest"
)

func opener(dir string) storetest.Opener {
	return func(options storetest.Options) (storetest.Store, error) {
		db, err := sqlite.Open(context.Background(), filepath.Join(dir, "unity.db"), sqlstore.Options{
			Now: options.Now, RawRetention: options.RawRetention,
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
		return opener(t.TempDir())
	})
}

func BenchmarkStore(b *testing.B) { storetest.RunBenchmarks(b, opener(b.TempDir())) }
