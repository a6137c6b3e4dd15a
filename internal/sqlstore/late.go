package sqlstore

import (
	"context"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/chunk"
	"github.com/unity-homelab/unity/internal/series/tier"
)

// lateRow is a row of the table late_samples: a stretch of a series whose
// buckets were written before all its samples had come.
type lateRow struct {
	bun.BaseModel `bun:"table:late_samples"`

	Series  int64 `bun:"series,pk"`
	Stretch int64 `bun:"stretch,pk"` // its start
}

// late returns some of the notes, those of a series together and in order of
// time.
func (s *Store) late(ctx context.Context, limit int64) ([]lateRow, error) {
	var rows []lateRow
	err := s.read.NewSelect().Model(&rows).Order("series", "stretch").Limit(limit).Scan(ctx)
	return rows, s.fault(err, "reading which samples came late")
}

func (s *Store) saveLate(ctx context.Context, tx bun.Tx, rows []lateRow) error {
	return upsert(ctx, s, tx, rows, []string{"series", "stretch"}, []string{"stretch"})
}

// noteLate notes the samples of a batch that are older than what is in buckets,
// in the transaction that writes them. The first batch of all says where buckets
// begin.
func (db *DB) noteLate(ctx context.Context, tx bun.Tx, batch *batch) error {
	if batch.head.Samples() == 0 {
		return nil
	}
	if err := db.beginTiers(ctx, tx, batch.oldest); err != nil {
		return err
	}
	if batch.oldest > db.rollers.furthest()+stretch.Milliseconds() {
		return nil
	}
	var rows []lateRow
	var columns chunk.Columns
	var found []chunk.Block
	for _, id := range batch.head.IDs() {
		reach := db.rollers.reach(id)
		if found = batch.head.Blocks(found[:0], id, math.MinInt64, reach); len(found) == 0 {
			continue
		}
		columns.Times, columns.Values = columns.Times[:0], columns.Values[:0]
		var err error
		if columns, err = db.codec.Merge(columns, found...); err != nil {
			return err
		}
		starts := make(map[int64]bool)
		for _, t := range columns.Times {
			if t <= reach {
				starts[startOf(t)] = true
			}
		}
		for _, start := range slices.Sorted(maps.Keys(starts)) {
			rows = append(rows, lateRow{Series: int64(id), Stretch: start})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	db.rollers.noted(true)
	return db.store.saveLate(ctx, tx, rows)
}

// beginTiers says where buckets begin: with the first sample of all.
func (db *DB) beginTiers(ctx context.Context, tx bun.Tx, first int64) error {
	for _, one := range db.rollers.all() {
		if one.until != never {
			continue
		}
		one.until = startOf(max(first, db.horizon(0)))
		db.rollers.set(one)
		if err := db.store.WriteMarks(ctx, tx, marksOf(one)); err != nil {
			return err
		}
	}
	return nil
}

// rollLate makes buckets once more that late samples came for, and reports
// whether there were any. The caller holds sealing.
func (db *DB) rollLate(ctx context.Context) (bool, error) {
	if !db.rollers.anyLate() {
		return false, nil
	}
	notes, err := db.store.late(ctx, rollBatch)
	if err != nil {
		return false, err
	}
	if len(notes) == 0 {
		db.rollers.noted(false)
		return false, nil
	}
	var remade []map[time.Duration]made
	refused := int64(0)
	for first := 0; first < len(notes); {
		behind := first + 1
		for behind < len(notes) && notes[behind].Series == notes[first].Series &&
			notes[behind].Stretch == notes[behind-1].Stretch+stretch.Milliseconds() {
			behind++
		}
		from, to := notes[first].Stretch, notes[behind-1].Stretch+stretch.Milliseconds()
		one, kept, err := db.remake(ctx, series.ID(notes[first].Series), from, to)
		if err != nil {
			return false, err
		}
		remade = append(remade, one)
		if kept {
			refused += int64(behind - first)
		}
		first = behind
	}
	err = db.store.Transaction(ctx, func(ctx context.Context, tx bun.Tx) error {
		for _, one := range remade {
			for _, step := range tier.Steps() {
				if len(one[step]) == 0 {
					continue
				}
				if err := db.backend.Tiers.WriteBuckets(ctx, tx, step, one[step]); err != nil {
					return err
				}
			}
		}
		_, err := tx.NewDelete().Model(&notes).WherePK().Exec(ctx)
		return err
	})
	if err != nil {
		return false, db.store.Fault(err, "writing the buckets of late samples")
	}
	if refused > 0 {
		db.rollers.refuse(refused)
		db.options.Log.Warn("samples came so late that those around them were removed: the buckets of their time stay without them",
			"days", refused)
	}
	return true, nil
}

// remake makes the buckets of a series behind from up to to once more, in all
// tiers where they are made, and the next bucket after these, whose increase
// counts from the last sample here. Kept says that some stay as they are, for
// samples of their time are gone.
func (db *DB) remake(ctx context.Context, id series.ID, from, to int64) (all map[time.Duration]made, kept bool, err error) {
	found, err := db.stretches(ctx, db.backend.Samples, []series.ID{id}, from, to)
	if err != nil {
		return nil, false, err
	}
	one := found[0]
	if one.samples.Len() == 0 { // they were removed meanwhile
		return nil, true, nil
	}
	next, err := db.nextHour(ctx, id, to)
	if err != nil {
		return nil, false, err
	}
	one.samples = chunk.Columns{
		Times:  append(slices.Clip(one.samples.Times), next.Times...),
		Values: append(slices.Clip(one.samples.Values), next.Values...),
	}
	all = make(map[time.Duration]made)
	for _, roller := range db.rollers.all() {
		var mill mill
		buckets := tier.Between(mill.roll(roller.step, one), from, roller.reach(id))
		if len(buckets) == 0 {
			continue
		}
		all[roller.step] = made{id: buckets}
		rest, err := db.keepRest(ctx, roller.step, all[roller.step], from)
		if err != nil {
			return nil, false, err
		}
		kept = kept || rest
	}
	return all, kept, nil
}

// nextHour returns the samples of the first hour behind a time that has any, as
// far as it is in buckets.
func (db *DB) nextHour(ctx context.Context, id series.ID, after int64) (chunk.Columns, error) {
	hour := tier.Steps()[len(tier.Steps())-1]
	for _, ahead := range []time.Duration{hour, tier.Lookback} {
		to := min(after+ahead.Milliseconds(), db.rollers.reach(id))
		if to <= after {
			break
		}
		found, err := db.stretches(ctx, db.backend.Samples, []series.ID{id}, after, to)
		if err != nil {
			return chunk.Columns{}, err
		}
		samples := found[0].samples
		for i, t := range samples.Times {
			if !math.IsNaN(samples.Values[i]) {
				behind, _ := slices.BinarySearch(samples.Times, tier.End(t, hour)+1)
				return samples.Slice(i, behind), nil
			}
		}
	}
	return chunk.Columns{}, nil
}

// keepRest takes out the buckets, behind from, that were made of what is left of
// samples, where there is one made of all of them. It reports whether there were
// any.
func (db *DB) keepRest(ctx context.Context, step time.Duration, made made, from int64) (bool, error) {
	floor := db.rawFloor()
	if from >= floor || len(made) == 0 {
		return false, nil
	}
	hour := tier.Steps()[len(tier.Steps())-1]
	ids := slices.Sorted(maps.Keys(made))
	stored, err := db.backend.Tiers.Buckets(ctx, step, ids, from+1, tier.End(floor, hour))
	if err != nil {
		return false, err
	}
	kept := false
	for i, id := range ids {
		there := make(map[int64]bool, len(stored[i]))
		for _, b := range stored[i] {
			there[b.Time] = true
		}
		rest := slices.DeleteFunc(made[id], func(b tier.Bucket) bool {
			return there[b.Time] && tier.End(b.Time, hour)-hour.Milliseconds() < floor
		})
		kept = kept || len(rest) < len(made[id])
		if made[id] = rest; len(rest) == 0 {
			delete(made, id)
		}
	}
	return kept, nil
}
