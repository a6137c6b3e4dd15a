package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/api"
	"github.com/unity-homelab/unity/internal/config"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/sqlstore"
	"github.com/unity-homelab/unity/internal/sqlstore/mysql"
	"github.com/unity-homelab/unity/internal/sqlstore/postgres"
	"github.com/unity-homelab/unity/internal/sqlstore/sqlite"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/hostfs"
)

// openDatabase opens the database that the settings name, with its journal.
func openDatabase(ctx context.Context, settings config.Config, log *slog.Logger) (*sqlstore.DB, error) {
	return openWith(ctx, settings, databaseOptions(settings, log))
}

func openWith(ctx context.Context, settings config.Config, options sqlstore.Options) (*sqlstore.DB, error) {
	if engine, _ := config.EngineOf(settings.Database.URL); engine != config.SQLite {
		options.Journal = filepath.Join(settings.Data, journalName(settings.Database.URL))
	}
	return openURL(ctx, settings.DatabaseURL(), options)
}

// openURL opens any database. The journal of a SQLite file is beside it; for
// others the options name its folder.
func openURL(ctx context.Context, address string, options sqlstore.Options) (*sqlstore.DB, error) {
	engine, _ := config.EngineOf(address)
	switch engine {
	case config.SQLite:
		return sqlite.Open(ctx, config.Config{Database: config.Database{URL: address}}.DatabasePath(), options)
	case config.PostgreSQL:
		return postgres.Open(ctx, address, options)
	case config.MySQL:
		return mysql.Open(ctx, address, options)
	default:
		return nil, fault.New(fault.Unsupported, "opening a database of kind %q", engine)
	}
}

func databaseOptions(settings config.Config, log *slog.Logger) sqlstore.Options {
	storage := settings.Storage
	disk := hostfs.New(hostfs.Options{})
	return sqlstore.Options{
		SyncInterval:      storage.SyncInterval.Std(),
		RawRetention:      storage.RawRetention.Std(),
		RunRetention:      storage.RunRetention.Std(),
		SnapshotRetention: storage.SnapshotRetention.Std(),
		Tiers: map[time.Duration]time.Duration{
			5 * time.Minute: storage.FineRetention.Std(), time.Hour: storage.HourlyRetention.Std(),
		},
		MaxBytes:        storage.MaxBytes.Bytes(),
		MaxWritePerDay:  storage.MaxWritePerDay.Bytes(),
		Written:         writtenBytes,
		EventRetention:  storage.EventRetention.Std(),
		ManualMigration: settings.Database.Migrate == "manual",
		Free:            func() (int64, error) { return freeBytes(disk, settings.Data) },
		Log:             log,
	}
}

// journalName returns the folder of the journal in front of a database server.
// It is a different one for each database: numbers of series in a journal mean
// nothing in front of another.
func journalName(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return "unity.journal"
	}
	hash := sha256.Sum256([]byte(parsed.Scheme + "://" + parsed.Host + parsed.Path))
	return strings.Trim(parsed.Path, "/") + "-" + hex.EncodeToString(hash[:4]) + ".journal"
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
			host.Name = known.Name // which may have been changed
		}
	}
	return first && len(hosts) == 0, db.SaveHost(ctx, *host)
}

// DatabaseStatus says what the database holds. It opens it, so no server may be
// running on it.
func DatabaseStatus(ctx context.Context, settings config.Config) (status api.Database, err error) {
	db, err := openExisting(ctx, settings)
	err = use(db, err, func(db *sqlstore.DB) (err error) {
		status, err = databaseDetail(ctx, db)
		return err
	})
	return status, err
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, os.ErrNotExist)
}

// databaseStatus says what is quickly said of the database.
func databaseStatus(ctx context.Context, db *sqlstore.DB) (api.Database, error) {
	stats, err := db.Stats(ctx)
	if err != nil {
		return api.Database{}, err
	}
	return api.Database{
		Tiers:  tiersOf(db, stats.Size),
		Engine: db.Engine(), Location: db.Location(), Bytes: stats.Size.Total, JournalBytes: stats.JournalBytes,
		Series: stats.Series, OpenSamples: stats.OpenSamples, OpenSeconds: stats.OpenAge.Seconds(),
		LostSamples: stats.Lost.Samples,
		Packing:     []api.Packing{},
		Notes:       append([]string{}, stats.Notes...),
		Problem:     api.NoteOf(inventory.ProblemOf(stats.Trouble)),
	}, nil
}

// databaseDetail is databaseStatus with how the room is divided and how samples
// are packed. While the database is away, the rest is still worth saying.
func databaseDetail(ctx context.Context, db *sqlstore.DB) (api.Database, error) {
	status, err := databaseStatus(ctx, db)
	if err != nil {
		return status, err
	}
	detail, err := db.Detail(ctx)
	if err != nil {
		if status.Problem == nil {
			status.Problem = api.NoteOf(inventory.ProblemOf(err))
		}
		return status, nil
	}
	status.Tiers = tiersOf(db, detail.Divided)
	for _, one := range detail.Packing {
		status.Packing = append(status.Packing, api.Packing{
			Table: one.Table, SegmentBy: one.SegmentBy, OrderBy: one.OrderBy,
			ChunkSeconds: one.Chunk.Seconds(), AfterSeconds: one.After.Seconds(),
			Chunks: one.Chunks, PackedChunks: one.Packed, BytesBefore: one.BytesBefore, BytesAfter: one.BytesAfter,
		})
	}
	return status, nil
}

func tiersOf(db *sqlstore.DB, size sqlstore.Size) []api.DatabaseTier {
	tiers := []api.DatabaseTier{}
	for _, tier := range db.Tiers() {
		bytes := size.Raw
		if tier.Step > 0 {
			bytes = size.Tiers[tier.Step]
		}
		tiers = append(tiers, api.DatabaseTier{StepSeconds: tier.Step.Seconds(), KeepSeconds: tier.Keep.Seconds(), Bytes: bytes})
	}
	return tiers
}
