package postgres

import (
	"context"
	"database/sql"
	"log/slog"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/series/tier"
	"github.com/unity-homelab/unity/internal/sqlstore"
)

const day = 24 * time.Hour

// table is one that is cut by time.
type table struct {
	name string
	step time.Duration // of its buckets; zero for samples
	span time.Duration // of one piece
}

// samplesTable is the table of the samples themselves.
func samplesTable() table { return table{name: "samples", span: day} }

// allTables returns the table of the samples and that of each tier. What is
// thinner is kept longer, so its pieces last longer, too: there are some twenty
// or thirty of each at a time.
func allTables() []table {
	return []table{
		samplesTable(),
		{name: "samples_5m", step: tier.Steps()[0], span: 7 * day},
		{name: "samples_1h", step: tier.Steps()[1], span: 91 * day},
	}
}

// tierTable returns the table of a tier.
func tierTable(step time.Duration) (table, error) {
	for _, t := range allTables() {
		if t.step == step && step != 0 {
			return t, nil
		}
	}
	return table{}, fault.New(fault.Internal, "there is no tier of %s", step)
}

// tables is how PostgreSQL keeps samples and tiers.
type tables struct {
	write, read *sql.DB
	pieces      pieces
	hypertables bool
	now         func() time.Time
	log         *slog.Logger
}

var (
	_ sqlstore.Samples = (*tables)(nil)
	_ sqlstore.Tiers   = (*tables)(nil)
)

// pieces is how tables are cut by time. Its methods are called by one goroutine
// at a time.
type pieces interface {
	// cover makes sure that rows of these times can be inserted, in a
	// transaction of the caller.
	cover(ctx context.Context, tx *sql.Tx, t table, times []int64) error
	// ahead makes what the next days need. It is called often.
	ahead(ctx context.Context, now time.Time) error
	// expire removes what ends before a time, in milliseconds since 1970.
	expire(ctx context.Context, t table, before int64) error
	// size returns how many bytes a table takes with all of its pieces.
	size(ctx context.Context, name string) (int64, error)
}

// openTables prepares the tables of samples.
func openTables(ctx context.Context, write, read *sql.DB, server server, options sqlstore.Options) (*tables, error) {
	options = options.WithDefaults()
	t := &tables{write: write, read: read, now: options.Now, log: options.Log}
	var err error
	if t.hypertables, err = form(ctx, write, server.extension); err != nil {
		return nil, err
	}
	if !t.hypertables && server.extension.usable() {
		// Moving nothing takes no time.
		if t.hypertables, err = extendEmpty(ctx, write, server); err != nil {
			return nil, err
		}
	}
	switch {
	case t.hypertables && server.extension.usable():
		if err := setPolicies(ctx, write, options); err != nil {
			return nil, err
		}
	case server.extension.usable():
		t.log.Info("samples are in plain partitions although TimescaleDB is there: `unity database upgrade` moves them over")
	default:
		t.log.Info("samples are in plain partitions", "reason", server.extension.why)
	}
	if t.hypertables {
		t.pieces = &hypertables{write: write, read: read}
	} else {
		t.pieces = newPartitions(write, read, server.number)
	}
	return t, t.pieces.ahead(ctx, t.now())
}

// Merge makes room for the next days. Rows are in their best form already.
func (t *tables) Merge(ctx context.Context) error { return t.pieces.ahead(ctx, t.now()) }

// Expire removes pieces of tables that are old as a whole.
func (t *tables) Expire(ctx context.Context, keep sqlstore.Keep) error {
	for _, one := range allTables() {
		before, known := keep.Tiers[one.step]
		if one.step == 0 {
			before, known = keep.Raw, true
		}
		if !known {
			continue
		}
		if err := t.pieces.expire(ctx, one, before); err != nil {
			return doing(err, "removing what is old from %s", one.name)
		}
	}
	return nil
}
