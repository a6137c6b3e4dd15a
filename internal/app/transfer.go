package app

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/config"
	"github.com/unity-homelab/unity/internal/sqlstore"
	"github.com/unity-homelab/unity/internal/transfer"
)

// Running reports whether a server runs on the data folder.
func Running(ctx context.Context, settings config.Config) bool {
	connection, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "unix", SocketPath(settings))
	if err != nil {
		return false
	}
	_ = connection.Close() // it was only to see who is there
	return true
}

// unused refuses what cannot be done while a server runs on the data folder.
func unused(ctx context.Context, settings config.Config) error {
	if !Running(ctx, settings) {
		return nil
	}
	return fault.New(fault.Conflict, "a Unity runs on the data folder %s and uses this database", settings.Data).
		WithHint("Stop it first; start it again afterwards.")
}

// openExisting opens a database that is there, and changes as little as
// possible: it may be somebody else's.
func openExisting(ctx context.Context, settings config.Config) (*sqlstore.DB, error) {
	if path := settings.DatabasePath(); path != "" && !exists(path) {
		return nil, fault.New(fault.NotFound, "there is no database %s", path).
			WithHint("unity serve makes it; another data folder is named with --data")
	}
	options := databaseOptions(settings, slog.New(slog.DiscardHandler))
	options.ManualMigration, options.Visit = true, true
	return openWith(ctx, settings, options)
}

// openNew opens a database that may be empty, and prepares it.
func openNew(ctx context.Context, settings config.Config) (*sqlstore.DB, error) {
	if err := makeDataFolder(settings.Data); err != nil {
		return nil, err
	}
	options := databaseOptions(settings, slog.New(slog.DiscardHandler))
	options.ManualMigration = false
	return openWith(ctx, settings, options)
}

// use calls fn with an open database and closes it.
func use(db *sqlstore.DB, err error, fn func(*sqlstore.DB) error) error {
	if err != nil {
		return err
	}
	return errors.Join(fn(db), db.Close())
}

// header says where an archive that is made now comes from.
func header(version string) transfer.Header {
	return transfer.Header{ID: rand.Text(), Unity: version, Created: time.Now().UnixMilli()}
}

// ExportDatabase writes everything in the database as an archive. It opens it
// itself, so no server may be running on it.
func ExportDatabase(
	ctx context.Context, settings config.Config, version string, w io.Writer, progress transfer.Progress,
) (tallies []transfer.Tally, err error) {
	db, err := openExisting(ctx, settings)
	err = use(db, err, func(db *sqlstore.DB) (err error) {
		tallies, err = transfer.Export(ctx, db, w, header(version), progress)
		return err
	})
	return tallies, err
}

// ImportDatabase puts everything of an archive into the database, which must be
// empty or not there yet.
func ImportDatabase(
	ctx context.Context, settings config.Config, archive io.ReadSeeker, step func(transfer.Step) transfer.Progress,
) (tallies []transfer.Tally, err error) {
	if err := unused(ctx, settings); err != nil {
		return nil, err
	}
	// What cannot be taken makes no database.
	_, want, err := transfer.Verify(ctx, archive, step(transfer.Verifying))
	if err != nil {
		return nil, err
	}
	db, err := openNew(ctx, settings)
	err = use(db, err, func(db *sqlstore.DB) (err error) {
		tallies, err = transfer.Unpack(ctx, archive, want, db, step)
		return err
	})
	return tallies, err
}

// CopyDatabase puts everything of the database that one URL names into the empty
// one that another names. Tell is told what a person should know.
func CopyDatabase(
	ctx context.Context, settings config.Config, from, to string,
	step func(transfer.Step) transfer.Progress, tell func(string),
) (tallies []transfer.Tally, err error) {
	source, err := pointedTo(settings, "from", from)
	if err != nil {
		return nil, err
	}
	target, err := pointedTo(settings, "to", to)
	if err != nil {
		return nil, err
	}
	if sameDatabase(source, target) {
		return nil, fault.New(fault.Config, "--from and --to name the same database").WithHint("name an empty database with --to")
	}
	for _, one := range []config.Config{source, target} {
		if sameDatabase(one, settings) {
			if err := unused(ctx, settings); err != nil {
				return nil, err
			}
		}
	}
	forget, err := borrowJournal(&source, tell)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, forget()) }()
	db, err := openExisting(ctx, source)
	err = use(db, err, func(from *sqlstore.DB) error {
		db, err := openNew(ctx, target)
		return use(db, err, func(to *sqlstore.DB) (err error) {
			tallies, err = transfer.Copy(ctx, from, to, from.Location(), step)
			return err
		})
	})
	return tallies, err
}

// pointedTo returns the settings with another database; an empty URL is the one
// that they name.
func pointedTo(settings config.Config, flag, address string) (config.Config, error) {
	if address == "" {
		return settings, nil
	}
	settings.Database.URL = address
	for _, problem := range settings.Validate() {
		if problem.Path == "database.url" {
			return settings, fault.New(fault.Config, "--%s %s", flag, problem.Message)
		}
	}
	return settings, nil
}

// sameDatabase reports whether settings name the same database.
func sameDatabase(a, b config.Config) bool {
	if path, other := a.DatabasePath(), b.DatabasePath(); path != "" || other != "" {
		path, err := filepath.Abs(path)
		other, otherErr := filepath.Abs(other)
		return a.DatabasePath() != "" && b.DatabasePath() != "" && err == nil && otherErr == nil && path == other
	}
	one, err := url.Parse(a.Database.URL)
	other, otherErr := url.Parse(b.Database.URL)
	return err == nil && otherErr == nil && one.Host == other.Host && one.Path == other.Path
}

// borrowJournal sees to it that a database server whose journal is not in the
// data folder can be read: what its Unity has not written to it yet is on
// another machine, or in another folder.
func borrowJournal(settings *config.Config, tell func(string)) (forget func() error, err error) {
	none := func() error { return nil }
	if settings.DatabasePath() != "" || exists(filepath.Join(settings.Data, journalName(settings.Database.URL))) {
		return none, nil
	}
	tell("the journal of " + settings.DatabaseName() + " is not in " + settings.Data +
		": what its Unity has not written to the database yet is left out; name its data folder with --data to have all")
	if settings.Data, err = os.MkdirTemp("", "unity-"); err != nil {
		return none, fault.Wrap(err, "making a folder for a journal")
	}
	folder := settings.Data
	return func() error { return os.RemoveAll(folder) }, nil
}

// CheckDatabase reads everything in the database and returns what that is, or
// what is wrong with it. It opens it itself, so no server may be running on it.
func CheckDatabase(ctx context.Context, settings config.Config, progress transfer.Progress) (tallies []transfer.Tally, err error) {
	db, err := openExisting(ctx, settings)
	err = use(db, err, func(db *sqlstore.DB) (err error) {
		tallies, err = checkDatabase(ctx, db, progress)
		return err
	})
	return tallies, err
}

// checkDatabase lets the database look at itself, then reads all that is in it.
func checkDatabase(ctx context.Context, db *sqlstore.DB, progress transfer.Progress) ([]transfer.Tally, error) {
	damage := db.Check(ctx)
	tallies, err := transfer.Count(ctx, db, progress)
	return tallies, errors.Join(damage, err)
}
