package sqlite

import (
	"context"
	"database/sql"
	"slices"

	"github.com/uptrace/bun"

	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/chunk"
)

const (
	// mergeRows is how many rows of one level are merged even if they do not
	// make a full one, so that rare samples do not stay in short rows.
	mergeRows = 8
	// mergeBatch is how many series one transaction merges; meanwhile nobody
	// else writes.
	mergeBatch = 500
	// lastLevel is the highest level that is merged.
	lastLevel = 4
)

// That the level is less than nine says that the partial index will do.
const (
	selectMergeable = `SELECT series FROM samples WHERE level = ? AND level < 9 GROUP BY series
		HAVING sum(count) >= ? OR count(*) >= ?`
	selectLevel   = `SELECT min(start), max("end") FROM samples WHERE level = ? AND level < 9 AND series = ?`
	deleteSamples = `DELETE FROM samples WHERE id = ?`
)

// Merge makes long rows of the short ones that Seal wrote, where there are
// enough of them.
func (s *samples) Merge(ctx context.Context) error {
	for level := range lastLevel {
		ids, err := s.mergeable(ctx, level)
		if err != nil {
			return s.store.Fault(err, "looking for samples to merge")
		}
		for part := range slices.Chunk(ids, mergeBatch) {
			err := s.store.Transaction(ctx, func(ctx context.Context, tx bun.Tx) error {
				return s.mergeSeries(ctx, tx.Tx, part, level)
			})
			if err != nil {
				return s.store.Fault(err, "merging samples")
			}
		}
	}
	return s.tiers.mergeTiers(ctx)
}

func (s *samples) mergeable(ctx context.Context, level int) ([]series.ID, error) {
	rows, err := s.read.QueryContext(ctx, selectMergeable, level, fullPoints, mergeRows)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var ids []series.ID
	for rows.Next() {
		var id series.ID
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

func (s *samples) mergeSeries(ctx context.Context, tx *sql.Tx, ids []series.ID, level int) error {
	var statements [4]*sql.Stmt
	for i, query := range []string{selectLevel, selectBlocks, deleteSamples, insertSamples} {
		statement, err := tx.PrepareContext(ctx, query)
		if err != nil {
			return err
		}
		defer func() { _ = statement.Close() }()
		statements[i] = statement
	}
	var columns chunk.Columns
	for _, id := range ids {
		var from, to int64
		if err := statements[0].QueryRowContext(ctx, level, int64(id)).Scan(&from, &to); err != nil {
			return err
		}
		old, blocks, err := overlapping(ctx, statements[1], id, from, to)
		if err != nil {
			return err
		}
		columns.Times, columns.Values = columns.Times[:0], columns.Values[:0]
		if columns, err = s.codec.Merge(columns, blocks...); err != nil {
			return err
		}
		for _, row := range old {
			if _, err := statements[2].ExecContext(ctx, row); err != nil {
				return err
			}
		}
		if err := s.insert(ctx, statements[3], id, columns, level+1); err != nil {
			return err
		}
	}
	return nil
}

// overlapping returns the rows that touch a span of time, and those that touch
// these, and so on: what is merged gets a new place at the end of the table and
// must not come to stand behind a newer row of the same time.
func overlapping(ctx context.Context, query *sql.Stmt, id series.ID, from, to int64) ([]int64, []chunk.Block, error) {
	for {
		rows, blocks, err := readBlocks(ctx, query, spanBefore(from), to, int64(id), from)
		if err != nil {
			return nil, nil, err
		}
		first, last := from, to
		for _, block := range blocks {
			first, last = min(first, block.Start), max(last, block.End)
		}
		if first == from && last == to {
			return rows, blocks, nil
		}
		from, to = first, last
	}
}

// readBlocks runs a query for id, start, end, count and data.
func readBlocks(ctx context.Context, query *sql.Stmt, args ...any) ([]int64, []chunk.Block, error) {
	rows, err := query.QueryContext(ctx, args...)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = rows.Close() }()
	var ids []int64
	var blocks []chunk.Block
	for rows.Next() {
		var row int64
		var block chunk.Block
		if err := rows.Scan(&row, &block.Start, &block.End, &block.Count, &block.Data); err != nil {
			return nil, nil, err
		}
		ids, blocks = append(ids, row), append(blocks, block)
	}
	return ids, blocks, rows.Err()
}
