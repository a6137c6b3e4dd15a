package app

import (
	"context"
	"os"
	"path/filepath"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/api"
	"github.com/unity-homelab/unity/internal/config"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/sqlstore/sqlite"
)

// openDatabase opens the database that the settings name, with its journal.
func openDatabase(ctx context.Context, settings Settings) (*sqlite.DB, error) {
	storage := settings.Config.Storage
	return sqlite.Open(ctx, sqlite.Options{
		Path:              settings.Config.DatabasePath(),
		SyncInterval:      storage.SyncInterval.Std(),
		RawRetention:      storage.RawRetention.Std(),
		RunRetention:      storage.RunRetention.Std(),
		SnapshotRetention: storage.SnapshotRetention.Std(),
		EventRetention:    storage.EventRetention.Std(),
		Log:               settings.Log,
	})
}

// register makes the machine known. It reports whether it was new, which makes
// this the first start.
func register(ctx context.Context, db inventory.Hosts, host *inventory.Host) (first bool, err error) {
	hosts, err := db.Hosts(ctx)
	if err != nil {
		return false, fault.Wrap(err, "reading the hosts")
	}
	host.Created, first = host.LastSeen, true
	for _, known := range hosts {
		if known.ID == host.ID {
			host.Created, first = known.Created, false
		}
	}
	return first && len(hosts) == 0, db.SaveHost(ctx, *host)
}

// DatabaseStatus says what the database holds. It opens it, so no server may be
// running on it.
func DatabaseStatus(ctx context.Context, settings config.Config) (status api.Database, err error) {
	path := settings.DatabasePath()
	if _, err := os.Stat(path); err != nil {
		return api.Database{}, fault.As(fault.NotFound, err, "looking for the database").
			WithHint("unity serve makes it; another data folder is named with --data")
	}
	db, err := sqlite.Open(ctx, sqlite.Options{Path: path})
	if err != nil {
		return api.Database{}, err
	}
	defer func() {
		if closeErr := db.Close(); err == nil {
			err = closeErr
		}
	}()
	return databaseStatus(ctx, db, path)
}

func databaseStatus(ctx context.Context, db *sqlite.DB, path string) (api.Database, error) {
	stats, err := db.Stats(ctx)
	if err != nil {
		return api.Database{}, err
	}
	location, err := filepath.Abs(path)
	if err != nil {
		location = path
	}
	return api.Database{
		Engine: "SQLite", Location: location, Bytes: stats.DatabaseBytes, JournalBytes: stats.JournalBytes,
		Series: stats.Series, OpenSamples: stats.OpenSamples, OpenSeconds: stats.OpenAge.Seconds(),
		Problem: api.NoteOf(inventory.ProblemOf(stats.Trouble)),
	}, nil
}
