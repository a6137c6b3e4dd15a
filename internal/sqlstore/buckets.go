package sqlstore

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/prometheus/prometheus/storage"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/chunk"
	"github.com/unity-homelab/unity/internal/series/selection"
	"github.com/unity-homelab/unity/internal/series/tier"
)

var _ series.Tiered = (*DB)(nil)

// Buckets returns a querier over one figure of the buckets of a tier, as samples
// at the end of each bucket. Stretches whose buckets are not written yet are
// made of samples, so there is no seam.
func (db *DB) Buckets(step time.Duration, column tier.Column, from, to int64) (storage.Querier, error) {
	if !slices.Contains(tier.Steps(), step) || !slices.Contains(tier.Columns(), column) {
		return nil, fault.New(fault.Internal, "there is no figure %q of a tier of %v", column, step)
	}
	return selection.New(db.catalog, bucketSource{db: db, step: step, column: column}, db.codec, from, to), nil
}

// bucketSource reads one figure of buckets as if it were samples.
type bucketSource struct {
	db     *DB
	step   time.Duration
	column tier.Column
}

var _ selection.Source = bucketSource{}

// Blocks returns the buckets that end in a span of time.
func (s bucketSource) Blocks(ctx context.Context, ids []series.ID, from, to int64) ([][]chunk.Block, error) {
	from, to = max(from, math.MinInt64/4), min(to, math.MaxInt64/4) // to be reckoned with
	for {
		// What is written meanwhile was there before, as samples …
		until := s.db.rollers.of(s.step).until
		columns, err := s.read(ctx, ids, from, to, until)
		if err != nil {
			return nil, err
		}
		// … unless they were removed, too.
		if s.db.rawFloor() > until && s.db.rollers.of(s.step).until > until {
			continue
		}
		all := make([][]chunk.Block, len(ids))
		for i, one := range columns {
			if n := one.Len(); n > 0 {
				all[i] = []chunk.Block{{Start: one.Times[0], End: one.Times[n-1], Count: n, Open: one}}
			}
		}
		return all, nil
	}
}

// read returns the buckets that are written up to a time, and makes the others.
func (s bucketSource) read(ctx context.Context, ids []series.ID, from, to, until int64) ([]chunk.Columns, error) {
	columns := make([]chunk.Columns, len(ids))
	if from <= until {
		stored, err := s.db.backend.Tiers.Buckets(ctx, s.step, ids, from, min(to, until))
		if err != nil {
			return nil, err
		}
		for i, buckets := range stored {
			columns[i] = tier.Samples(columns[i], buckets, s.column)
		}
	}
	if to > until {
		if err := s.fresh(ctx, columns, ids, max(from, until+1), to); err != nil {
			return nil, err
		}
	}
	return columns, nil
}

// fresh appends the buckets that are not written yet.
func (s bucketSource) fresh(ctx context.Context, columns []chunk.Columns, ids []series.ID, from, to int64) error {
	width := s.step.Milliseconds()
	begin, end := tier.End(from, s.step)-width, tier.End(to, s.step)
	if end > to {
		end -= width
	}
	if begin >= end {
		return nil
	}
	stretches, err := s.db.stretches(ctx, s.db, ids, begin, end)
	if err != nil {
		return err
	}
	var mill mill
	for i, one := range stretches {
		columns[i] = tier.Samples(columns[i], mill.roll(s.step, one), s.column)
	}
	return nil
}
