package app

import (
	"context"
	"log/slog"
	"math"
	"os"
	"path/filepath"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/api"
	"github.com/unity-homelab/unity/internal/config"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/sqlstore"
	"github.com/unity-homelab/unity/internal/sqlstore/sqlite"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/hostfs"
)

// openDatabase opens the database that the settings name, with its journal.
func openDatabase(ctx context.Context, settings config.Config, log *slog.Logger) (*sqlstore.DB, error) {
	storage := settings.Storage
	disk := hostfs.New(hostfs.Options{})
	return sqlite.Open(ctx, settings.DatabasePath(), sqlstore.Options{
		SyncInterval:      storage.SyncInterval.Std(),
		RawRetention:      storage.RawRetention.Std(),
		RunRetention:      storage.RunRetention.Std(),
		SnapshotRetention: storage.SnapshotRetention.Std(),
		EventRetention:    storage.EventRetention.Std(),
		Free:              func() (int64, error) { return freeBytes(disk, settings.Data) },
		Log:               log,
	})
}

// freeBytes returns how much Unity may still write where its data is.
func freeBytes(disk plugin.Files, folder string) (int64, error) {
	path, err := filepath.Abs(folder)
	if err != nil {
		return 0, fault.Wrap(err, "looking for the data folder")
	}
	usage, err := disk.Usage(path)
	return int64(min(usage.AvailBytes, math.MaxInt64)), err
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
	db, err := openDatabase(ctx, settings, slog.New(slog.DiscardHandler))
	if err != nil {
		return api.Database{}, err
	}
	defer func() {
		if closeErr := db.Close(); err == nil {
			err = closeErr
		}
	}()
	return databaseStatus(ctx, db)
}

func databaseStatus(ctx context.Context, db *sqlstore.DB) (api.Database, error) {
	stats, err := db.Stats(ctx)
	if err != nil {
		return api.Database{}, err
	}
	return api.Database{
		Engine: db.Engine(), Location: db.Location(), Bytes: stats.Size.Total, JournalBytes: stats.JournalBytes,
		Series: stats.Series, OpenSamples: stats.OpenSamples, OpenSeconds: stats.OpenAge.Seconds(),
		LostSamples: stats.Lost.Samples,
		Problem:     api.NoteOf(inventory.ProblemOf(stats.Trouble)),
	}, nil
}
