// Package sqlstore is the part of storage that all databases share: how a record
// becomes durable, how it gets into the database, and how both are read as one.
//
//	Commit ──▶ journal (disk) ──▶ memory ──▶ Seal ──▶ database ──▶ Merge, Expire
//
// A committed record is in the journal, which survives the end of the process,
// and in memory, from which it is read. Seal writes that memory to the database
// in one transaction, together with the position in the journal up to which it
// reached: exactly once, whatever stops when. On SQLite that happens every few
// hours, on a server every second. While the database is away, batches wait in
// memory and in the journal, which is bounded: at the bound the oldest samples
// give way.
//
// Reading puts database and memory together, so nobody notices where something
// is. DB is all of this; Store writes and reads the relational tables, Memory
// holds their part of what is not written yet, and a dialect answers what
// differs: how statements are written (Dialect) and how samples are kept
// (Samples, Tiers).
package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/pressly/goose/v3"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
)

// Dialect answers what differs between databases.
type Dialect interface {
	// Bun writes statements.
	Bun() schema.Dialect
	// Goose names the database to the migrations.
	Goose() goose.Dialect
	// Migrations are the steps that lead to the schema, oldest first.
	Migrations() fs.FS
	// Fault translates an error of the driver, and returns nil when it says
	// nothing that the standard errors do not say.
	Fault(err error) *fault.Error
	// Upsert makes an insert replace the columns of a row with the same keys.
	Upsert(query *bun.InsertQuery, keys, columns []string) *bun.InsertQuery
}

// Store is the relational part of a database.
type Store struct {
	write, read *bun.DB
	dialect     Dialect
	zip         *zstd.Encoder
	unzip       *zstd.Decoder
}

var (
	_ inventory.Sources = (*Store)(nil)
	_ inventory.Hosts   = (*Store)(nil)
)

// maxDocument is how long a snapshot may be when it is unpacked.
const maxDocument = 64 << 20

// New returns a store that writes through one pool of connections and reads
// through another.
func New(write, read *sql.DB, dialect Dialect) (*Store, error) {
	zip, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true),
		zstd.WithWindowSize(128<<10), zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderCRC(false))
	if err != nil {
		return nil, fault.As(fault.Internal, err, "preparing compression")
	}
	unzip, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxMemory(maxDocument))
	if err != nil {
		return nil, fault.As(fault.Internal, err, "preparing compression")
	}
	return &Store{
		write: bun.NewDB(write, dialect.Bun()), read: bun.NewDB(read, dialect.Bun()),
		dialect: dialect, zip: zip, unzip: unzip,
	}, nil
}

// Close closes the connections.
func (s *Store) Close() error {
	s.unzip.Close()
	return errors.Join(s.zip.Close(), s.read.Close(), s.write.Close())
}

// Prepare brings the schema up to date, or refuses one that is not when that is
// to be done by hand.
func (s *Store) Prepare(ctx context.Context, options Options) error {
	if !options.ManualMigration {
		return s.Migrate(ctx)
	}
	known, err := NewestMigration(s.dialect.Migrations())
	if err != nil {
		return err
	}
	current, err := s.version(ctx)
	switch {
	case err != nil:
		return err
	case current == 0:
		return NoSchema()
	case current > known:
		return NewerSchema(current, known)
	case current < known:
		return fault.New(fault.Config, "the database has version %d, and this Unity needs %d", current, known).
			WithHint("Back it up, then run: unity database migrate")
	default:
		return nil
	}
}

// NoSchema says that a database has not been prepared.
func NoSchema() error {
	return fault.New(fault.NotFound, "there is nothing of Unity in the database").
		WithHint("Prepare it with: unity database init")
}

// Version returns the version of the schema.
func (db *DB) Version(ctx context.Context) (int64, error) { return db.store.version(ctx) }

// version returns the version of the schema; 0 when there is none. It does
// without goose, which takes 12 MB to find that out and makes its table.
func (s *Store) version(ctx context.Context) (int64, error) {
	var current sql.NullInt64
	err := s.read.QueryRowContext(ctx, "SELECT max(version_id) FROM goose_db_version WHERE is_applied").Scan(&current)
	if err != nil && (ctx.Err() != nil || s.read.PingContext(ctx) != nil) {
		return 0, s.fault(err, "reading the version of the database")
	}
	return current.Int64, nil // without the table there is no version
}

func (s *Store) provider() (*goose.Provider, error) {
	provider, err := goose.NewProvider(s.dialect.Goose(), s.write.DB, s.dialect.Migrations(),
		goose.WithDisableGlobalRegistry(true))
	return provider, fault.Wrap(err, "reading the migrations")
}

// Migrate brings the schema up to date. A schema that is newer than the program
// is a fault of kind Unsupported, and stays as it is.
func (s *Store) Migrate(ctx context.Context) error {
	known, err := NewestMigration(s.dialect.Migrations())
	if err != nil {
		return err
	}
	// Most starts have nothing to do.
	if stored, err := s.version(ctx); err == nil && stored == known {
		return nil
	}
	provider, err := s.provider()
	if err != nil {
		return err
	}
	current, err := provider.GetDBVersion(ctx)
	if err != nil {
		return s.fault(err, "reading the version of the database")
	}
	if current > known {
		return NewerSchema(current, known)
	}
	_, err = provider.Up(ctx)
	// It keeps what it took in pools, which two collections empty.
	runtime.GC()
	debug.FreeOSMemory()
	return s.fault(err, "bringing the database from version %d to %d", current, known)
}

// NewestMigration returns the number of the last of some migrations.
func NewestMigration(migrations fs.FS) (int64, error) {
	files, err := fs.Glob(migrations, "*.sql")
	if err != nil || len(files) == 0 {
		return 0, fault.As(fault.Internal, err, "looking for migrations")
	}
	number, _, _ := strings.Cut(files[len(files)-1], "_")
	newest, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return 0, fault.As(fault.Internal, err, "reading the number of a migration")
	}
	return newest, nil
}

// NewerSchema says that a database was written by a newer Unity.
func NewerSchema(current, known int64) error {
	return fault.New(fault.Unsupported, "the database has version %d, and this Unity knows versions up to %d", current, known).
		WithHint("Start the newer Unity that wrote it, or point to another database.")
}

// Transaction runs fn in one transaction of the writer.
func (s *Store) Transaction(ctx context.Context, fn func(ctx context.Context, tx bun.Tx) error) error {
	return s.write.RunInTx(ctx, nil, fn)
}

// Fault gives an error of the database its kind and says what was being done.
// It returns nil when err is nil.
func (s *Store) Fault(err error, format string, args ...any) error {
	return s.fault(err, format, args...)
}

func (s *Store) fault(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	if e := (*fault.Error)(nil); !errors.As(err, &e) {
		if translated := s.dialect.Fault(err); translated != nil {
			err = translated
		}
	}
	return fault.Wrap(err, format, args...)
}
