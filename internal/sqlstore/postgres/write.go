package postgres

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/chunk"
	"github.com/unity-homelab/unity/internal/series/head"
	"github.com/unity-homelab/unity/internal/series/tier"
)

// rowsAtOnce is how many rows one statement inserts.
const rowsAtOnce = 20_000

const (
	insertSamples = `INSERT INTO samples (series, time, value)
		SELECT * FROM unnest($1::bigint[], $2::timestamptz[], $3::double precision[])`
	replaceSamples = insertSamples + ` ON CONFLICT (series, time) DO UPDATE SET value = EXCLUDED.value`
)

// sampleRows are rows of the table samples, by columns.
type sampleRows struct {
	series []int64
	times  []time.Time
	values []float64
}

const (
	// minTime and maxTime bound the times that PostgreSQL can hold, with a
	// margin: the years 1 to 9999.
	minTime = -62_135_596_800_000
	maxTime = 253_402_300_799_999
)

// Write adds what a head holds, in a transaction of the caller. Samples of times
// before the year 1 or after 9999 are left out: waiting would not help them.
func (t *tables) Write(ctx context.Context, tx bun.Tx, samples *head.Head) error {
	var rows sampleRows
	codec := chunk.NewCodec()
	var columns chunk.Columns
	refused := 0
	for _, id := range samples.IDs() {
		columns.Times, columns.Values = columns.Times[:0], columns.Values[:0]
		var err error
		columns, err = codec.Merge(columns, samples.Blocks(nil, id, minTime, maxTime)...)
		if err != nil {
			return err
		}
		for i, ms := range columns.Times {
			if ms < minTime || ms > maxTime {
				refused++
				continue
			}
			rows.series = append(rows.series, int64(id))
			rows.times = append(rows.times, time.UnixMilli(ms))
			rows.values = append(rows.values, columns.Values[i])
			if len(rows.series) == rowsAtOnce {
				if err := t.insert(ctx, tx.Tx, &rows); err != nil {
					return err
				}
			}
		}
	}
	if refused > 0 {
		t.log.Warn("left out samples of times that PostgreSQL cannot hold", "samples", refused)
	}
	return t.insert(ctx, tx.Tx, &rows)
}

// insert writes rows and empties them.
func (t *tables) insert(ctx context.Context, tx *sql.Tx, rows *sampleRows) error {
	if len(rows.series) == 0 {
		return nil
	}
	if err := t.pieces.cover(ctx, tx, samplesTable(), milliseconds(rows.times)); err != nil {
		return err
	}
	err := t.insertNew(ctx, tx, rows)
	if fault.Of(err) == fault.Conflict {
		_, err = tx.ExecContext(ctx, replaceSamples, pgx.QueryExecModeCacheStatement, rows.series, rows.times, rows.values)
	}
	rows.series, rows.times, rows.values = rows.series[:0], rows.times[:0], rows.values[:0]
	return doing(err, "inserting samples")
}

// insertNew inserts rows none of which is there, as nearly always: looking for
// those that are takes PostgreSQL half as long again. A Conflict says that there
// was one; the transaction is as before then.
func (t *tables) insertNew(ctx context.Context, tx *sql.Tx, rows *sampleRows) error {
	if _, err := tx.ExecContext(ctx, "SAVEPOINT fresh"); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, insertSamples, pgx.QueryExecModeCacheStatement, rows.series, rows.times, rows.values)
	end := "RELEASE fresh"
	if err = doing(err, "inserting new samples"); fault.Of(err) == fault.Conflict {
		end = "ROLLBACK TO fresh"
	} else if err != nil {
		return err
	}
	if _, failed := tx.ExecContext(ctx, end); failed != nil {
		return failed
	}
	return err
}

func milliseconds(times []time.Time) []int64 {
	all := make([]int64, len(times))
	for i, t := range times {
		all[i] = t.UnixMilli()
	}
	return all
}

const insertBuckets = ` (series, time, count, sum, min, max, last, increase)
	SELECT * FROM unnest($1::bigint[], $2::timestamptz[], $3::bigint[], $4::double precision[], $5::double precision[],
		$6::double precision[], $7::double precision[], $8::double precision[])
	ON CONFLICT (series, time) DO UPDATE SET count = EXCLUDED.count, sum = EXCLUDED.sum, min = EXCLUDED.min,
		max = EXCLUDED.max, last = EXCLUDED.last, increase = EXCLUDED.increase`

// bucketRows are rows of the table of a tier, by columns.
type bucketRows struct {
	series, counts                    []int64
	times                             []time.Time
	sums, mins, maxs, lasts, increase []float64
}

// WriteBuckets puts buckets of one tier in, in a transaction of the caller.
func (t *tables) WriteBuckets(ctx context.Context, tx bun.Tx, step time.Duration, buckets map[series.ID][]tier.Bucket) error {
	one, err := tierTable(step)
	if err != nil {
		return err
	}
	var rows bucketRows
	for _, id := range slices.Sorted(maps.Keys(buckets)) {
		for _, bucket := range buckets[id] {
			rows.add(id, bucket)
			if len(rows.series) == rowsAtOnce {
				if err := t.insertBuckets(ctx, tx.Tx, one, rows); err != nil {
					return err
				}
				rows = bucketRows{}
			}
		}
	}
	return t.insertBuckets(ctx, tx.Tx, one, rows)
}

func (r *bucketRows) add(id series.ID, bucket tier.Bucket) {
	r.series = append(r.series, int64(id))
	r.times = append(r.times, time.UnixMilli(bucket.Time))
	r.counts = append(r.counts, bucket.Count)
	r.sums = append(r.sums, bucket.Sum)
	r.mins = append(r.mins, bucket.Min)
	r.maxs = append(r.maxs, bucket.Max)
	r.lasts = append(r.lasts, bucket.Last)
	r.increase = append(r.increase, bucket.Increase)
}

func (t *tables) insertBuckets(ctx context.Context, tx *sql.Tx, one table, rows bucketRows) error {
	if len(rows.series) == 0 {
		return nil
	}
	if err := t.pieces.cover(ctx, tx, one, milliseconds(rows.times)); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO "+one.name+insertBuckets, pgx.QueryExecModeCacheStatement,
		rows.series, rows.times, rows.counts, rows.sums, rows.mins, rows.maxs, rows.lasts, rows.increase)
	return doing(err, "inserting buckets")
}
