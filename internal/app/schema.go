package app

import (
	"context"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/config"
	"github.com/unity-homelab/unity/internal/sqlstore"
	"github.com/unity-homelab/unity/internal/sqlstore/postgres"
)

// Schema is what the tables of a database are like.
type Schema struct {
	Engine   string
	Location string
	Version  int64
	// Changed says that they were not like this before.
	Changed bool
}

// InitDatabase makes the tables of Unity in an empty database. One that has them
// stays as it is.
func InitDatabase(ctx context.Context, settings config.Config) (Schema, error) {
	if err := unused(ctx, settings); err != nil {
		return Schema{}, err
	}
	schema, err := schemaOf(ctx, settings)
	if fault.Of(err) != fault.NotFound {
		return schema, err
	}
	return changeSchema(ctx, settings)
}

// MigrateDatabase brings the tables of an older Unity up to date.
func MigrateDatabase(ctx context.Context, settings config.Config) (Schema, error) {
	if err := unused(ctx, settings); err != nil {
		return Schema{}, err
	}
	schema, err := schemaOf(ctx, settings)
	if fault.Of(err) != fault.Config {
		return schema, err
	}
	return changeSchema(ctx, settings)
}

func schemaOf(ctx context.Context, settings config.Config) (schema Schema, err error) {
	if path := settings.DatabasePath(); path != "" && !exists(path) {
		return Schema{}, fault.Wrap(sqlstore.NoSchema(), "opening the database %s", path)
	}
	db, err := openExisting(ctx, settings)
	err = use(db, err, func(db *sqlstore.DB) (err error) {
		schema, err = describe(ctx, db)
		return err
	})
	return schema, err
}

func changeSchema(ctx context.Context, settings config.Config) (schema Schema, err error) {
	db, err := openNew(ctx, settings)
	err = use(db, err, func(db *sqlstore.DB) (err error) {
		schema, err = describe(ctx, db)
		schema.Changed = true
		return err
	})
	return schema, err
}

func describe(ctx context.Context, db *sqlstore.DB) (Schema, error) {
	version, err := db.Version(ctx)
	return Schema{Engine: db.Engine(), Location: db.Location(), Version: version}, err
}

// UpgradeDatabase makes use of what the database server can do since Unity was
// set up on it: it moves PostgreSQL over to TimescaleDB.
func UpgradeDatabase(ctx context.Context, settings config.Config, progress func(done, total int64)) error {
	if engine, _ := config.EngineOf(settings.Database.URL); engine != config.PostgreSQL {
		return fault.New(fault.Unsupported, "there is nothing to upgrade in %s", settings.DatabaseName()).
			WithHint("It is for PostgreSQL that was given the extension TimescaleDB.")
	}
	if err := unused(ctx, settings); err != nil {
		return err
	}
	return postgres.Upgrade(ctx, settings.Database.URL, progress)
}
