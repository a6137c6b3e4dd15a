package sqlstore

import (
	"context"
	"hash/fnv"
	"iter"
	"time"

	"github.com/uptrace/bun"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/head"
	"github.com/unity-homelab/unity/internal/series/tier"
	"github.com/unity-homelab/unity/internal/transfer"
)

const (
	// loadAtOnce is about how many samples one transaction takes in, and rowCost
	// how many of them another row counts for.
	loadAtOnce = 128 << 10
	rowCost    = 50
	// markLoad is kept while a database is being filled; it says where from.
	markLoad = "load"
)

// Unfinished reports that a Load was interrupted: the database has some of the
// data only.
func (db *DB) Unfinished() bool { return db.unfinished != 0 }

// Load takes items into an empty database, some thousands in a transaction.
func (db *DB) Load(ctx context.Context, origin string, items iter.Seq2[transfer.Item, error]) error {
	db.sealing.Lock()
	defer db.sealing.Unlock()
	hash := fnv.New64a()
	hash.Write([]byte(origin))
	mark := int64(hash.Sum64() | 1) // zero stands for none
	if err := db.mayLoad(ctx, mark); err != nil {
		return err
	}
	l := &loader{db: db}
	l.clear()
	if err := l.begin(ctx, mark); err != nil {
		return db.store.Fault(err, "preparing the database for what comes")
	}
	for item, err := range items {
		if err != nil {
			return err
		}
		if err := l.take(ctx, item); err != nil {
			return err
		}
	}
	if err := l.flush(ctx, true); err != nil {
		return err
	}
	return db.loaded(ctx)
}

// mayLoad refuses to mix data.
func (db *DB) mayLoad(ctx context.Context, mark int64) error {
	if db.unfinished == mark {
		return nil
	}
	if db.unfinished != 0 {
		return fault.New(fault.Conflict, "the database has a part of other data, whose import was interrupted").
			WithHint("Finish that import by running it again, or name an empty database.")
	}
	empty, err := db.Empty(ctx)
	if err == nil && !empty {
		err = fault.New(fault.Conflict, "the database has data already: %s", db.Location()).
			WithHint("Data is not mixed. Name an empty database, or move the old one away.")
	}
	return err
}

// Empty reports whether the database holds nothing at all.
func (db *DB) Empty(ctx context.Context) (bool, error) {
	if db.catalog.Len() > 0 {
		return false, nil
	}
	for _, table := range relationalTables() {
		rows, err := db.store.read.NewSelect().Table(table).Limit(1).Count(ctx)
		if err != nil || rows > 0 {
			return false, db.store.fault(err, "looking whether the database is empty")
		}
	}
	known, err := db.backend.Samples.Known(ctx)
	return len(known) == 0, err
}

// relationalTables are the tables whose rows Items gives and Load takes, but for
// samples and buckets, which databases keep in tables of their own.
func relationalTables() []string {
	return []string{
		"hosts", "users", "recovery_codes", "tokens", "audit", "dashboards", "notes", "sources", "source_status", "source_values", "runs", "snapshots", "events", "series", "late_samples",
	}
}

// loaded takes up what was put into the database as a start would.
func (db *DB) loaded(ctx context.Context) error {
	marks, err := db.store.Marks(ctx)
	if err != nil {
		return err
	}
	db.committing.Lock()
	db.lastEvent = marks[markEvent]
	db.committing.Unlock()
	db.unfinished = 0
	if err := db.memory.reload(ctx); err != nil {
		return err
	}
	if err := db.restoreTiers(ctx, marks); err != nil {
		return err
	}
	return db.backend.Samples.Merge(ctx)
}

// reload takes up the states that were put into the database by others.
func (m *Memory) reload(ctx context.Context) error {
	states, err := m.store.States(ctx)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, state := range states {
		m.states[state.Source] = state
	}
	return nil
}

// loader collects items and writes them.
type loader struct {
	db        *DB
	pending   int
	hosts     []hostRow
	accounts  accountRows
	pages     pageRows
	sources   []sourceRow
	states    []statusRow
	values    []valueRow
	runs      []runRow
	snapshots []snapshotRow
	events    []eventRow
	late      []lateRow
	head      *head.Head
	buckets   map[time.Duration]map[series.ID][]tier.Bucket
	marks     map[string]int64
	open      series.ID
	lastEvent int64
}

func (l *loader) clear() {
	*l = loader{
		db: l.db, open: l.open, lastEvent: l.lastEvent, head: head.New(l.db.codec, maxSpan),
		buckets: make(map[time.Duration]map[series.ID][]tier.Bucket), marks: make(map[string]int64),
	}
}

// begin marks the database as one that has not everything yet.
func (l *loader) begin(ctx context.Context, mark int64) error {
	l.db.unfinished = mark
	return l.db.store.Transaction(ctx, func(ctx context.Context, tx bun.Tx) error {
		return l.db.store.WriteMarks(ctx, tx, map[string]int64{markLoad: mark})
	})
}

// take takes one item.
func (l *loader) take(ctx context.Context, item transfer.Item) error {
	l.pending += rowCost
	switch item := item.(type) {
	case *transfer.Host:
		l.hosts = append(l.hosts, hostRow{
			ID: item.ID, Name: item.Name, Platform: item.Platform, Created: item.Created, LastSeen: item.LastSeen,
		})
	case *transfer.User, *transfer.Token, *transfer.Act:
		l.accounts.take(item)
	case *transfer.Dashboard, *transfer.Note:
		l.pages.take(item)
	case *transfer.Source:
		l.sources = append(l.sources, sourceRow{
			ID: item.ID, Plugin: item.Plugin, Name: item.Name, Host: item.Host, Config: string(item.Config),
			Enabled: item.Enabled, Interval: item.Interval, Timeout: item.Timeout, Tags: string(item.Tags),
			Origin: item.Origin, Created: item.Created, Updated: item.Updated, Revision: item.Revision,
		})
	case *transfer.State:
		l.states = append(l.states, statusRow{
			Source: item.Source, Status: item.Status, Since: item.Since, Failures: item.Failures,
			LastRun: item.LastRun, LastSuccess: item.LastSuccess, Problem: string(item.Problem),
		})
	case *transfer.Value:
		l.values = append(l.values, valueRow{Source: item.Source, Name: item.Name, Value: string(item.Value)})
	case *transfer.Run:
		l.runs = append(l.runs, runRow{
			Source: item.Source, Start: item.Start, Duration: item.Duration, Attempts: item.Attempts,
			Outcome: item.Outcome, Samples: item.Samples, Problem: string(item.Problem),
		})
	case *transfer.Snapshot:
		packed := l.db.store.pack(item.Document)
		l.pending += len(packed) / 8
		l.snapshots = append(l.snapshots, snapshotRow{Source: item.Source, Time: item.Time, Document: packed})
	case *transfer.Event:
		l.lastEvent = max(l.lastEvent, item.ID)
		l.events = append(l.events, eventRow{
			ID: item.ID, Time: item.Time, Kind: item.Kind, Source: item.Source, Host: item.Host,
			Severity: item.Severity, Title: item.Title, Detail: string(item.Detail),
		})
	case *transfer.Mark:
		l.marks[item.Name] = item.Value
	default:
		return l.takeSeries(ctx, item)
	}
	if l.pending < loadAtOnce {
		return nil
	}
	return l.flush(ctx, false)
}

// takeSeries takes what belongs to series. A transaction ends where a series
// does, if that is not too long, so that its samples stay together.
func (l *loader) takeSeries(ctx context.Context, item transfer.Item) error {
	limit := 2 * loadAtOnce
	switch item := item.(type) {
	case *transfer.Series:
		limit = loadAtOnce
		l.open = l.db.catalog.ID(item.Labels)
		for _, stretch := range item.Late {
			l.late = append(l.late, lateRow{Series: int64(l.open), Stretch: stretch})
		}
	case *transfer.Samples:
		l.pending += item.Columns.Len()
		for i, t := range item.Columns.Times {
			l.head.Append(l.open, t, item.Columns.Values[i])
		}
	case *transfer.Buckets:
		if l.db.backend.Tiers == nil {
			return fault.New(fault.Unsupported, "%s keeps no tiers", l.db.Engine())
		}
		l.pending += len(item.Buckets)
		if l.buckets[item.Step] == nil {
			l.buckets[item.Step] = make(map[series.ID][]tier.Bucket)
		}
		l.buckets[item.Step][l.open] = append(l.buckets[item.Step][l.open], item.Buckets...)
	default:
		return fault.New(fault.Unsupported, "taking something unknown into the database: %T", item)
	}
	if l.pending < limit {
		return nil
	}
	return l.flush(ctx, false)
}

// flush writes what was collected.
func (l *loader) flush(ctx context.Context, last bool) error {
	ctx, cancel := l.db.withTimeout(ctx)
	defer cancel()
	fresh := l.db.catalog.Fresh()
	err := l.db.store.Transaction(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := l.db.store.WriteSeries(ctx, tx, fresh); err != nil {
			return err
		}
		if err := l.writeRows(ctx, tx); err != nil {
			return err
		}
		if err := l.db.backend.Samples.Write(ctx, tx, l.head); err != nil {
			return err
		}
		for step, buckets := range l.buckets {
			if err := l.db.backend.Tiers.WriteBuckets(ctx, tx, step, buckets); err != nil {
				return err
			}
		}
		l.marks[markSeries], l.marks[markEvent] = int64(l.db.catalog.Last()), l.lastEvent
		if err := l.db.store.WriteMarks(ctx, tx, l.marks); err != nil || !last {
			return err
		}
		_, err := tx.NewDelete().Table("marks").Where("name = ?", markLoad).Exec(ctx)
		return err
	})
	if err != nil {
		return l.db.store.Fault(err, "writing to the database")
	}
	l.db.catalog.Written(len(fresh))
	l.clear()
	return nil
}

// writeRows writes the relational part.
func (l *loader) writeRows(ctx context.Context, tx bun.Tx) error {
	s := l.db.store
	for _, write := range []func() error{
		func() error {
			return upsert(ctx, s, tx, l.hosts, []string{"id"}, []string{"name", "platform", "created", "last_seen"})
		},
		func() error { return l.accounts.write(ctx, s, tx) },
		func() error { return l.pages.write(ctx, s, tx) },
		func() error { return upsert(ctx, s, tx, l.sources, []string{"id"}, sourceColumns()) },
		func() error { return s.saveStates(ctx, tx, l.states) },
		func() error { return s.saveValues(ctx, tx, l.values) },
		func() error { return s.saveRuns(ctx, tx, l.runs) },
		func() error { return s.saveSnapshots(ctx, tx, l.snapshots) },
		func() error { return s.saveEvents(ctx, tx, l.events) },
		func() error { return s.saveLate(ctx, tx, l.late) },
	} {
		if err := write(); err != nil {
			return err
		}
	}
	return nil
}

func sourceColumns() []string {
	return []string{
		"plugin", "name", "host", "config", "enabled", "interval", "timeout", "tags", "origin", "created", "updated", "revision",
	}
}
