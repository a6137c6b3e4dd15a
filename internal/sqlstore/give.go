package sqlstore

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"math"
	"slices"

	"github.com/uptrace/bun"

	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/chunk"
	"github.com/unity-homelab/unity/internal/series/tier"
	"github.com/unity-homelab/unity/internal/transfer"
)

var _ transfer.Database = (*DB)(nil)

const (
	// rowsPerPage and documentsPerPage are how many rows are read at once, so
	// that no statement takes long and little is in memory.
	rowsPerPage      = 1000
	documentsPerPage = 20
	// samplesPerPage is about how many samples of a series are asked for at
	// once, samplesPerItem how many are given at once.
	samplesPerPage = 32 << 10
	samplesPerItem = 4 << 10
)

// SeriesCount is about how many series there are.
func (db *DB) SeriesCount() int { return db.catalog.Len() }

// Items gives everything that was committed before. It reads page by page, so
// that it disturbs nobody, however long it takes.
func (db *DB) Items(ctx context.Context) iter.Seq2[transfer.Item, error] {
	return func(yield func(transfer.Item, error) bool) {
		g := &giver{db: db, yield: yield}
		if err := g.everything(ctx); err != nil && !errors.Is(err, errEnough) {
			yield(nil, err)
		}
	}
}

// errEnough says that nobody asks for more.
var errEnough = errors.New("enough")

// giver gives items.
type giver struct {
	db    *DB
	yield func(transfer.Item, error) bool
	// begun is the series that samples and buckets belong to, until it is given:
	// one that has neither is not.
	begun *transfer.Series
}

func (g *giver) put(item transfer.Item) error {
	if begun := g.begun; begun != nil {
		if g.begun = nil; !g.yield(begun, nil) {
			return errEnough
		}
	}
	if !g.yield(item, nil) {
		return errEnough
	}
	return nil
}

func (g *giver) everything(ctx context.Context) error {
	if err := g.db.Seal(ctx); err != nil {
		return err
	}
	// Buckets may be made up to a later time meanwhile. Making them once more
	// does no harm, so the earlier time is the right one to go on from.
	before, err := g.db.store.Marks(ctx)
	if err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{
		g.hosts, g.users, g.tokens, g.sources, g.states, g.values, g.runs, g.snapshots, g.events, g.audit, g.dashboards, g.notes, g.series,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	// Samples may be removed up to a later time meanwhile, which is the right
	// one: what remains does not make a bucket.
	after, err := g.db.store.Marks(ctx)
	if err != nil {
		return err
	}
	for _, step := range tier.Steps() {
		if err := g.mark(before, ofTier(markRolled, step)); err != nil {
			return err
		}
	}
	return g.mark(after, markFloor)
}

// mark gives a mark, if there is one of that name.
func (g *giver) mark(marks map[string]int64, name string) error {
	value, known := marks[name]
	if !known {
		return nil
	}
	return g.put(&transfer.Mark{Name: name, Value: value})
}

func (g *giver) hosts(ctx context.Context) error {
	var rows []hostRow
	if err := g.db.store.read.NewSelect().Model(&rows).OrderExpr("id").Scan(ctx); err != nil {
		return g.db.store.fault(err, "reading the hosts")
	}
	for _, row := range rows {
		if err := g.put(&transfer.Host{
			ID: row.ID, Name: row.Name, Platform: row.Platform, Created: row.Created, LastSeen: row.LastSeen,
		}); err != nil {
			return err
		}
	}
	return nil
}

func (g *giver) sources(ctx context.Context) error {
	var rows []sourceRow
	if err := g.db.store.read.NewSelect().Model(&rows).OrderExpr("id").Scan(ctx); err != nil {
		return g.db.store.fault(err, "reading the sources")
	}
	for _, row := range rows {
		if err := g.put(&transfer.Source{
			ID: row.ID, Plugin: row.Plugin, Name: row.Name, Host: row.Host, Config: json.RawMessage(row.Config),
			Enabled: row.Enabled, Interval: row.Interval, Timeout: row.Timeout, Tags: json.RawMessage(row.Tags),
			Origin: row.Origin, Created: row.Created, Updated: row.Updated, Revision: row.Revision,
		}); err != nil {
			return err
		}
	}
	return nil
}

func (g *giver) states(ctx context.Context) error {
	var rows []statusRow
	if err := g.db.store.read.NewSelect().Model(&rows).OrderExpr("source").Scan(ctx); err != nil {
		return g.db.store.fault(err, "reading the states")
	}
	for _, row := range rows {
		if err := g.put(&transfer.State{
			Source: row.Source, Status: row.Status, Since: row.Since, Failures: row.Failures,
			LastRun: row.LastRun, LastSuccess: row.LastSuccess, Problem: json.RawMessage(row.Problem),
		}); err != nil {
			return err
		}
	}
	return nil
}

func (g *giver) values(ctx context.Context) error {
	return pages(ctx, g.db.store, "source_values", documentsPerPage, func(q *bun.SelectQuery, last *valueRow) *bun.SelectQuery {
		if last != nil {
			q = q.Where("name > ?", last.Name)
		}
		return q.OrderExpr("name")
	}, func(row valueRow) error {
		return g.put(&transfer.Value{Source: row.Source, Name: row.Name, Value: json.RawMessage(row.Value)})
	})
}

func (g *giver) runs(ctx context.Context) error {
	return pages(ctx, g.db.store, "runs", rowsPerPage, func(q *bun.SelectQuery, last *runRow) *bun.SelectQuery {
		if last != nil {
			q = q.Where("(start > ? OR start = ? AND duration > ?)", last.Start, last.Start, last.Duration)
		}
		return q.OrderExpr("start, duration")
	}, func(row runRow) error {
		return g.put(&transfer.Run{
			Source: row.Source, Start: row.Start, Duration: row.Duration, Attempts: row.Attempts,
			Outcome: row.Outcome, Samples: row.Samples, Problem: json.RawMessage(row.Problem),
		})
	})
}

func (g *giver) snapshots(ctx context.Context) error {
	return pages(ctx, g.db.store, "snapshots", documentsPerPage, func(q *bun.SelectQuery, last *snapshotRow) *bun.SelectQuery {
		if last != nil {
			q = q.Where("time > ?", last.Time)
		}
		return q.OrderExpr("time")
	}, func(row snapshotRow) error {
		snapshot, err := g.db.store.unpack(inventory.SourceID(row.Source), row.Time, row.Document)
		if err != nil {
			return err
		}
		return g.put(&transfer.Snapshot{Source: row.Source, Time: row.Time, Document: snapshot.Document})
	})
}

// pages gives the rows of a table source by source, some at a time: those behind
// the last one, in an order.
func pages[T any](
	ctx context.Context, s *Store, table string, limit int64,
	behind func(query *bun.SelectQuery, last *T) *bun.SelectQuery, give func(T) error,
) error {
	var ids []string
	if err := s.read.NewSelect().Table(table).Distinct().Column("source").OrderExpr("source").Scan(ctx, &ids); err != nil {
		return s.fault(err, "reading of which sources there are %s", table)
	}
	for _, id := range ids {
		var last *T
		for {
			var rows []T
			if err := behind(s.read.NewSelect().Model(&rows).Where("source = ?", id), last).Limit(limit).Scan(ctx); err != nil {
				return s.fault(err, "reading the %s of %s", table, id)
			}
			for _, row := range rows {
				if err := give(row); err != nil {
					return err
				}
			}
			if int64(len(rows)) < limit {
				break
			}
			last = &rows[len(rows)-1]
		}
	}
	return nil
}

func (g *giver) events(ctx context.Context) error {
	for last := int64(math.MinInt64); ; {
		var rows []eventRow
		err := g.db.store.read.NewSelect().Model(&rows).Where("id > ?", last).OrderExpr("id").Limit(rowsPerPage).Scan(ctx)
		if err != nil {
			return g.db.store.fault(err, "reading the events")
		}
		for _, row := range rows {
			if err := g.put(&transfer.Event{
				ID: row.ID, Time: row.Time, Kind: row.Kind, Source: row.Source, Host: row.Host,
				Severity: row.Severity, Title: row.Title, Detail: json.RawMessage(row.Detail),
			}); err != nil {
				return err
			}
			last = row.ID
		}
		if len(rows) < rowsPerPage {
			return nil
		}
	}
}

// series gives every series with its samples and buckets.
func (g *giver) series(ctx context.Context) error {
	var notes []lateRow
	if err := g.db.store.read.NewSelect().Model(&notes).Order("series", "stretch").Scan(ctx); err != nil {
		return g.db.store.fault(err, "reading which samples came late")
	}
	late := make(map[series.ID][]int64)
	for _, note := range notes {
		late[series.ID(note.Series)] = append(late[series.ID(note.Series)], note.Stretch)
	}
	for id := series.ID(0); ; {
		ids := g.db.catalog.After(id, rowsPerPage)
		for _, id := range ids {
			ls, known := g.db.catalog.Labels(id)
			if !known {
				continue
			}
			g.begun = &transfer.Series{Labels: ls, Late: late[id]}
			if err := g.samples(ctx, id); err != nil {
				return err
			}
			if err := g.buckets(ctx, id); err != nil {
				return err
			}
			g.begun = nil
		}
		if len(ids) < rowsPerPage {
			return nil
		}
		id = ids[len(ids)-1]
	}
}

// samples gives the samples of a series. What is long past is asked for at once:
// there is nearly nothing.
func (g *giver) samples(ctx context.Context, id series.ID) error {
	from, span := int64(math.MinInt64), maxSpan.Milliseconds()
	to := g.db.options.Now().Add(-g.db.limits.Load().Raw - maxSpan).UnixMilli()
	now := g.db.options.Now().Add(day).UnixMilli()
	for {
		given, err := g.stretch(ctx, id, from, to)
		if err != nil || to == math.MaxInt64 {
			return err
		}
		if from > math.MinInt64 {
			// The next stretch shall have about as many as one wants.
			span = min(max(span*samplesPerPage/int64(max(given, samplesPerPage/8)), time24h/24), 400*time24h)
		}
		from, to = to+1, to+span
		if from > now {
			to = math.MaxInt64
		}
	}
}

const time24h = int64(day / 1e6)

// stretch gives the samples of a series in a span of time, both ends included,
// and returns how many there are. No more of them are unpacked at the same time
// than overlap.
func (g *giver) stretch(ctx context.Context, id series.ID, from, to int64) (int, error) {
	found, err := g.db.backend.Samples.Blocks(ctx, []series.ID{id}, from, to)
	if err != nil {
		return 0, err
	}
	blocks := found[0]
	order := make([]int, len(blocks)) // by time; where they overlap, the later written is right
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(blocks[a].Start, blocks[b].Start), cmp.Compare(a, b)) })
	given := 0
	var open chunk.Columns
	var together []chunk.Block
	for i := 0; i < len(order); {
		end, behind := blocks[order[i]].End, i+1
		for behind < len(order) && blocks[order[behind]].Start <= end {
			end = max(end, blocks[order[behind]].End)
			behind++
		}
		slices.Sort(order[i:behind])
		together = together[:0]
		for _, at := range order[i:behind] {
			together = append(together, blocks[at])
		}
		if open, err = g.db.codec.Merge(open, together...); err != nil {
			return given, err
		}
		i = behind
		if open.Len() < samplesPerItem && i < len(order) {
			continue
		}
		n, err := g.putSamples(open, from, to)
		if given += n; err != nil {
			return given, err
		}
		open.Times, open.Values = open.Times[:0], open.Values[:0]
	}
	return given, nil
}

// putSamples gives those of some samples that are in a span of time.
func (g *giver) putSamples(columns chunk.Columns, from, to int64) (int, error) {
	first, _ := slices.BinarySearch(columns.Times, from)
	last := columns.Len()
	if to < math.MaxInt64 {
		last, _ = slices.BinarySearch(columns.Times, to+1)
	}
	for at := first; at < last; at += samplesPerItem {
		if err := g.put(&transfer.Samples{Columns: columns.Slice(at, min(at+samplesPerItem, last))}); err != nil {
			return 0, err
		}
	}
	return last - first, nil
}

func (g *giver) buckets(ctx context.Context, id series.ID) error {
	if g.db.backend.Tiers == nil {
		return nil
	}
	for _, step := range tier.Steps() {
		found, err := g.db.backend.Tiers.Buckets(ctx, step, []series.ID{id}, math.MinInt64, math.MaxInt64)
		if err != nil {
			return err
		}
		for part := range slices.Chunk(found[0], samplesPerItem) {
			if err := g.put(&transfer.Buckets{Step: step, Buckets: part}); err != nil {
				return err
			}
		}
	}
	return nil
}
