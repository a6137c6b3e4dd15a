package sqlstore

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/uptrace/bun"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/catalog"
)

// rowsAtOnce is how many rows one statement writes.
const rowsAtOnce = 200

// writeGeneration writes one generation in a transaction of the caller. Writing it again
// changes nothing.
func (s *Store) writeGeneration(ctx context.Context, tx bun.Tx, g *generation) error {
	for _, step := range []func(context.Context, bun.Tx, *generation) error{
		s.writeRuns, s.writeStates, s.writeEvents, s.writeSnapshots, s.writeValues,
	} {
		if err := step(ctx, tx, g); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) writeRuns(ctx context.Context, tx bun.Tx, g *generation) error {
	var rows []runRow
	for _, source := range slices.Sorted(maps.Keys(g.runs)) {
		for _, run := range g.runs[source] {
			row, err := runRowOf(run)
			if err != nil {
				return err
			}
			rows = append(rows, row)
		}
	}
	return s.saveRuns(ctx, tx, rows)
}

func (s *Store) saveRuns(ctx context.Context, tx bun.Tx, rows []runRow) error {
	return upsert(ctx, s, tx, rows, []string{"source", "start", "duration"},
		[]string{"attempts", "outcome", "samples", "problem"})
}

func (s *Store) writeStates(ctx context.Context, tx bun.Tx, g *generation) error {
	var rows []statusRow
	for _, source := range slices.Sorted(maps.Keys(g.states)) {
		row, err := statusRowOf(g.states[source])
		if err != nil {
			return err
		}
		rows = append(rows, row)
	}
	return s.saveStates(ctx, tx, rows)
}

func (s *Store) saveStates(ctx context.Context, tx bun.Tx, rows []statusRow) error {
	return upsert(ctx, s, tx, rows, []string{"source"},
		[]string{"status", "since", "failures", "last_run", "last_success", "problem"})
}

func (s *Store) writeEvents(ctx context.Context, tx bun.Tx, g *generation) error {
	var rows []eventRow
	for _, event := range g.events {
		row, err := eventRowOf(event)
		if err != nil {
			return err
		}
		rows = append(rows, row)
	}
	return s.saveEvents(ctx, tx, rows)
}

func (s *Store) saveEvents(ctx context.Context, tx bun.Tx, rows []eventRow) error {
	return upsert(ctx, s, tx, rows, []string{"id"},
		[]string{"time", "kind", "source", "host", "severity", "title", "detail"})
}

func (s *Store) writeSnapshots(ctx context.Context, tx bun.Tx, g *generation) error {
	var rows []snapshotRow
	for _, source := range slices.Sorted(maps.Keys(g.snapshots)) {
		rows = append(rows, g.snapshots[source]...)
	}
	return s.saveSnapshots(ctx, tx, rows)
}

func (s *Store) saveSnapshots(ctx context.Context, tx bun.Tx, rows []snapshotRow) error {
	return upsert(ctx, s, tx, rows, []string{"source", "time"}, []string{"document"})
}

func (s *Store) writeValues(ctx context.Context, tx bun.Tx, g *generation) error {
	var rows []valueRow
	for _, source := range slices.Sorted(maps.Keys(g.values)) {
		for _, name := range slices.Sorted(maps.Keys(g.values[source])) {
			value := g.values[source][name]
			if !forgotten(value) {
				rows = append(rows, valueRow{Source: string(source), Name: name, Value: string(value)})
				continue
			}
			_, err := tx.NewDelete().Table("source_values").
				Where("source = ?", string(source)).Where("name = ?", name).Exec(ctx)
			if err != nil {
				return s.fault(err, "forgetting a value of %s", source)
			}
		}
	}
	return s.saveValues(ctx, tx, rows)
}

func (s *Store) saveValues(ctx context.Context, tx bun.Tx, rows []valueRow) error {
	return upsert(ctx, s, tx, rows, []string{"source", "name"}, []string{"value"})
}

// upsert writes rows, in batches, over those with the same keys.
func upsert[T any](ctx context.Context, s *Store, tx bun.Tx, rows []T, keys, columns []string) error {
	for len(rows) > 0 {
		n := together(rows)
		part := rows[:n:n]
		rows = rows[n:]
		if _, err := s.dialect.Upsert(tx.NewInsert().Model(&part), keys, columns).Exec(ctx); err != nil {
			return s.fault(err, "writing to the database")
		}
	}
	return nil
}

// bytesAtOnce is about how much one statement writes at most, unless a single
// row is longer: servers refuse what is too long.
const bytesAtOnce = 1 << 20

// together returns how many rows one statement writes.
func together[T any](rows []T) int {
	bytes := 0
	for i, row := range rows {
		if long, ok := any(row).(interface{ size() int }); ok {
			bytes += long.size()
		}
		if i > 0 && bytes > bytesAtOnce || i == rowsAtOnce {
			return i
		}
	}
	return len(rows)
}

// WriteSeries keeps what the IDs of series stand for.
func (s *Store) WriteSeries(ctx context.Context, tx bun.Tx, entries []catalog.Entry) error {
	rows := make([]seriesRow, len(entries))
	for i, entry := range entries {
		text, err := json.Marshal(entry.Labels)
		if err != nil {
			return fault.As(fault.Internal, err, "encoding series %d", entry.ID)
		}
		rows[i] = seriesRow{ID: int64(entry.ID), Labels: string(text)}
	}
	return upsert(ctx, s, tx, rows, []string{"id"}, []string{"labels"})
}

// Series calls fn for every stored series, by ascending ID.
func (s *Store) Series(ctx context.Context, fn func(catalog.Entry) error) error {
	rows, err := s.read.QueryContext(ctx, "SELECT id, labels FROM series ORDER BY id")
	if err != nil {
		return s.fault(err, "reading the series")
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var row seriesRow
		if err := rows.Scan(&row.ID, &row.Labels); err != nil {
			return s.fault(err, "reading the series")
		}
		var ls labels.Labels
		if err := json.Unmarshal([]byte(row.Labels), &ls); err != nil {
			return fault.As(fault.BadAnswer, err, "reading series %d", row.ID)
		}
		if err := fn(catalog.Entry{ID: series.ID(row.ID), Labels: ls}); err != nil {
			return err
		}
	}
	return s.fault(rows.Err(), "reading the series")
}

// Marks returns the numbers that are kept by name, such as how far the writer is.
func (s *Store) Marks(ctx context.Context) (map[string]int64, error) {
	var rows []markRow
	if err := s.read.NewSelect().Model(&rows).Scan(ctx); err != nil {
		return nil, s.fault(err, "reading how far the database is")
	}
	marks := make(map[string]int64, len(rows))
	for _, row := range rows {
		marks[row.Name] = row.Value
	}
	return marks, nil
}

// WriteMarks keeps numbers by name.
func (s *Store) WriteMarks(ctx context.Context, tx bun.Tx, marks map[string]int64) error {
	rows := make([]markRow, 0, len(marks))
	for _, name := range slices.Sorted(maps.Keys(marks)) {
		rows = append(rows, markRow{Name: name, Value: marks[name]})
	}
	return upsert(ctx, s, tx, rows, []string{"name"}, []string{"value"})
}

// Retention says what is old: everything before these times is removed, but
// never the newest snapshot of a source.
type Retention struct {
	Runs, Events, Snapshots time.Time
}

// Expire removes what is old.
func (s *Store) Expire(ctx context.Context, keep Retention) error {
	return s.Transaction(ctx, func(ctx context.Context, tx bun.Tx) error {
		for _, step := range []struct {
			query string
			args  []any
		}{
			{"DELETE FROM runs WHERE start < ?", []any{milliseconds(keep.Runs)}},
			{"DELETE FROM events WHERE time < ?", []any{milliseconds(keep.Events)}},
			{
				"DELETE FROM snapshots WHERE time < ? AND time < " +
					"(SELECT newest FROM (SELECT source AS s, max(time) AS newest FROM snapshots GROUP BY source) AS n " +
					"WHERE n.s = snapshots.source)",
				[]any{milliseconds(keep.Snapshots)},
			},
		} {
			if _, err := tx.ExecContext(ctx, step.query, step.args...); err != nil {
				return s.fault(err, "removing what is old")
			}
		}
		return nil
	})
}

// Strays removes what a run of a source that ended after the source was deleted
// has left, and returns the sources it removed something of.
func (s *Store) Strays(ctx context.Context) ([]inventory.SourceID, error) {
	var ids []inventory.SourceID
	err := s.read.NewRaw(`SELECT source FROM source_status WHERE source NOT IN (SELECT id FROM sources)
		UNION SELECT source FROM snapshots WHERE source NOT IN (SELECT id FROM sources)
		UNION SELECT source FROM source_values WHERE source NOT IN (SELECT id FROM sources)`).Scan(ctx, &ids)
	if err != nil || len(ids) == 0 {
		return nil, s.fault(err, "looking for what deleted sources left")
	}
	err = s.Transaction(ctx, func(ctx context.Context, tx bun.Tx) error {
		for _, id := range ids {
			if err := deleteOf(ctx, tx, id); err != nil {
				return err
			}
		}
		return nil
	})
	return ids, s.fault(err, "removing what deleted sources left")
}

// deleteOf removes all that belongs to a source, but not the source.
func deleteOf(ctx context.Context, tx bun.Tx, id inventory.SourceID) error {
	for _, table := range []string{"source_status", "runs", "snapshots", "source_values"} {
		if _, err := tx.NewDelete().Table(table).Where("source = ?", string(id)).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}
