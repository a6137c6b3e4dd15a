package sqlite

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/tier"
)

// mergeTiers puts the rows of spans that are over into one row of the next
// level each.
func (t *tiers) mergeTiers(ctx context.Context) error {
	for _, step := range tier.Steps() {
		for level, span := range spansOf(step)[1:] {
			if err := t.mergeLevel(ctx, step, level, span); err != nil {
				return t.store.Fault(err, "merging buckets")
			}
		}
	}
	return nil
}

// mergeLevel puts rows of a level into rows of the next, which have a span.
func (t *tiers) mergeLevel(ctx context.Context, step time.Duration, level int, span time.Duration) error {
	newest, err := t.starts(ctx, step, 0)
	if err != nil || len(newest) == 0 {
		return err
	}
	// What is newest tells what is over: buckets come in order of time, but for
	// few.
	over := newest[len(newest)-1]
	starts, err := t.starts(ctx, step, level)
	if err != nil {
		return err
	}
	var done int64
	for i, start := range starts {
		whole := startOf(start+1, span)
		if i > 0 && whole == done || whole+span.Milliseconds() > over {
			continue
		}
		done = whole
		if err := t.mergeSpan(ctx, step, level, whole, span); err != nil {
			return err
		}
	}
	return nil
}

// starts returns at which times rows of a level start, ascending.
func (t *tiers) starts(ctx context.Context, step time.Duration, level int) ([]int64, error) {
	return integers[int64](ctx, t.pool, selectStarts, step.Milliseconds(), level)
}

// mergeSpan puts what a level has of a span into the next level, a batch of
// series at a time.
func (t *tiers) mergeSpan(ctx context.Context, step time.Duration, level int, start int64, span time.Duration) error {
	for after := series.ID(0); ; {
		var ids []series.ID
		err := t.store.Transaction(ctx, func(ctx context.Context, tx bun.Tx) error {
			var err error
			ids, err = integers[series.ID](ctx, tx.Tx, selectMembers+" LIMIT ?5",
				step.Milliseconds(), level, start, start+span.Milliseconds(), mergeBatch)
			if err != nil || len(ids) == 0 {
				return err
			}
			return t.mergeSeries(ctx, tx.Tx, step, level, start, span, ids)
		})
		// Each round takes its rows away. One that does not would go on for ever.
		if err != nil || len(ids) == 0 || ids[0] <= after {
			return err
		}
		after = ids[len(ids)-1]
	}
}

func (t *tiers) mergeSeries(
	ctx context.Context, tx *sql.Tx, step time.Duration, level int, start int64, span time.Duration, ids []series.ID,
) error {
	var statements [3]*sql.Stmt
	for i, query := range []string{selectBuckets, deleteBuckets, insertBuckets} {
		statement, err := tx.PrepareContext(ctx, query)
		if err != nil {
			return err
		}
		defer func() { _ = statement.Close() }()
		statements[i] = statement
	}
	for some := range slices.Chunk(ids, 50) {
		// All levels up to the next one: what is merged gets a new ID, and must
		// not come to stand behind something newer.
		found, err := t.read(ctx, statements[0], step, level+2, some, start+1, start+span.Milliseconds())
		if err != nil {
			return err
		}
		for _, id := range some {
			buckets, err := t.merge(step, found[id])
			if err != nil {
				return err
			}
			for _, one := range found[id] {
				if _, err := statements[1].ExecContext(ctx, one.id); err != nil {
					return err
				}
			}
			if err := t.insertRow(ctx, statements[2], step, level+1, start, id, buckets); err != nil {
				return err
			}
		}
	}
	return nil
}

// querier is a pool of connections or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// integers runs a query for one column.
func integers[T ~int64 | ~uint64](ctx context.Context, from querier, query string, args ...any) ([]T, error) {
	rows, err := from.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var all []T
	for rows.Next() {
		var one T
		if err := rows.Scan(&one); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}
