package mysql

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/binary"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/tier"
)

// figures are the columns of a bucket that may hold anything.
func figures() []string { return []string{"sum", "min", "max", "last", "increase"} }

// tier returns the table of a tier.
func (s *samples) tier(step time.Duration) (*partitions, error) {
	p := s.tiers[step]
	if p == nil {
		return nil, fault.New(fault.Internal, "there is no tier of %s", step)
	}
	return p, nil
}

// WriteBuckets adds buckets, over those of the same time.
func (s *samples) WriteBuckets(ctx context.Context, tx bun.Tx, step time.Duration, buckets map[series.ID][]tier.Bucket) error {
	p, err := s.tier(step)
	if err != nil {
		return err
	}
	units := make(map[int64]bool)
	for _, list := range buckets {
		for _, bucket := range list {
			units[p.unit(bucket.Time)] = true
		}
	}
	if err := s.ready(ctx, p, units); err != nil {
		return err
	}
	in := newInsert(tx.Tx, p.table, []string{"series", "time"}, slices.Concat([]string{"count"}, figures(), []string{"bits"}))
	for _, id := range slices.Sorted(maps.Keys(buckets)) {
		for _, bucket := range buckets[id] {
			in.key(uint64(id), bucket.Time)
			in.integer(bucket.Count)
			numbers := [...]float64{bucket.Sum, bucket.Min, bucket.Max, bucket.Last, bucket.Increase}
			var bits []byte
			plain := true
			for _, number := range numbers {
				in.number(number)
				bits = binary.BigEndian.AppendUint64(bits, math.Float64bits(number))
				plain = plain && exact(number)
			}
			if plain {
				in.null()
			} else {
				in.binary(bits)
			}
			if err := in.end(ctx); err != nil {
				return s.fault(err, "writing buckets")
			}
		}
	}
	return s.fault(in.flush(ctx), "writing buckets")
}

// Buckets returns the buckets of each series in a span of time, in order.
func (s *samples) Buckets(ctx context.Context, step time.Duration, ids []series.ID, from, to int64) ([][]tier.Bucket, error) {
	p, err := s.tier(step)
	if err != nil {
		return nil, err
	}
	found := make(map[series.ID][]tier.Bucket, len(ids))
	for part := range slices.Chunk(ids, together) {
		// With parameters the driver answers in its own types.
		rows, err := s.pools.read.QueryContext(ctx, "SELECT series, time, count, sum, min, max, last, increase, bits FROM "+p.table+
			" WHERE series IN ("+list(part)+") AND time BETWEEN ? AND ?", from, to)
		if err != nil {
			return nil, s.fault(err, "reading buckets")
		}
		if err := scanBuckets(rows, found); err != nil {
			return nil, s.fault(err, "reading buckets")
		}
	}
	buckets := make([][]tier.Bucket, len(ids))
	for i, id := range ids {
		buckets[i] = found[id]
		slices.SortFunc(buckets[i], func(a, b tier.Bucket) int { return cmp.Compare(a.Time, b.Time) })
	}
	return buckets, nil
}

func scanBuckets(rows *sql.Rows, into map[series.ID][]tier.Bucket) error {
	defer func() { _ = rows.Close() }()
	var row [9]any
	var pointers []any
	for i := range row {
		pointers = append(pointers, &row[i])
	}
	for rows.Next() {
		if err := rows.Scan(pointers...); err != nil {
			return err
		}
		id, okID := row[0].(int64)
		at, okTime := row[1].(int64)
		count, okCount := row[2].(int64)
		if !okID || !okTime || !okCount {
			return fault.New(fault.Internal, "reading a bucket: the driver answers %T, %T and %T", row[0], row[1], row[2])
		}
		numbers, err := numbersOf(row[3:8], row[8])
		if err != nil {
			return fault.Wrap(err, "reading a bucket of series %d", id)
		}
		into[series.ID(id)] = append(into[series.ID(id)], tier.Bucket{ //nolint:gosec // the column has no negative numbers
			Time: at, Count: count, Sum: numbers[0], Min: numbers[1], Max: numbers[2], Last: numbers[3], Increase: numbers[4],
		})
	}
	return rows.Err()
}

// numbersOf returns the figures of a bucket, from their bits where one of them
// is not a number.
func numbersOf(columns []any, bits any) (numbers [5]float64, err error) {
	if packed, ok := bits.([]byte); ok && len(packed) == 8*len(numbers) {
		for i := range numbers {
			numbers[i] = math.Float64frombits(binary.BigEndian.Uint64(packed[8*i:]))
		}
		return numbers, nil
	}
	for i, column := range columns {
		number, ok := column.(float64)
		if !ok {
			return numbers, fault.New(fault.BadAnswer, "its %s is not there", figures()[i])
		}
		numbers[i] = number
	}
	return numbers, nil
}
