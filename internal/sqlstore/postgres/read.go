package postgres

import (
	"context"
	"encoding/binary"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/chunk"
	"github.com/unity-homelab/unity/internal/series/tier"
)

// A row of the answer is a series, and its samples are arrays: that is a third
// of the work of a row for each.
const selectSamples = `SELECT i.place, s.times, s.vals
	FROM unnest($1::bigint[]) WITH ORDINALITY AS i (id, place), LATERAL (
		SELECT array_agg(time) AS times, array_agg(value) AS vals FROM (
			SELECT time, value FROM samples WHERE series = i.id AND time BETWEEN $2 AND $3 ORDER BY time
		) AS ordered
	) AS s
	WHERE s.times IS NOT NULL`

const selectNewest = `SELECT i.id, s.time, s.value
	FROM unnest($1::bigint[]) AS i (id), LATERAL (
		SELECT time, value FROM samples WHERE series = i.id ORDER BY time DESC LIMIT 1
	) AS s`

// ask runs a query in the binary form of the wire, which keeps every bit of a
// number, and calls fn with each row of the answer, which is gone when fn
// returns.
func (t *tables) ask(ctx context.Context, fn func(row [][]byte) error, query string, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	connection, err := t.read.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = connection.Close() }() // back to the pool
	return connection.Raw(func(driver any) error {
		c, ok := driver.(*stdlib.Conn)
		if !ok {
			return fault.New(fault.Internal, "a connection is a %T", driver)
		}
		rows, err := c.Conn().Query(ctx, query, append([]any{pgx.QueryExecModeCacheStatement}, args...)...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			if err := fn(rows.RawValues()); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

// Blocks returns for each of some series its samples in a span of time.
func (t *tables) Blocks(ctx context.Context, ids []series.ID, from, to int64) ([][]chunk.Block, error) {
	blocks := make([][]chunk.Block, len(ids))
	err := t.ask(ctx, func(row [][]byte) error {
		times, values := elements(row[1]), elements(row[2])
		place, n := number(row[0])-1, times.len()
		if place < 0 || place >= int64(len(ids)) || n == 0 || n != values.len() {
			return fault.New(fault.BadAnswer, "the arrays of samples do not fit each other")
		}
		open := chunk.Columns{Times: make([]int64, n), Values: make([]float64, n)}
		for i := range n {
			open.Times[i], open.Values[i] = times.time(i), values.float(i)
		}
		blocks[place] = []chunk.Block{{Start: open.Times[0], End: open.Times[n-1], Count: n, Open: open}}
		return nil
	}, selectSamples, keys(ids), moment(from), moment(to))
	return blocks, doing(err, "reading samples")
}

// Newest returns the newest sample of each of some series that has one.
func (t *tables) Newest(ctx context.Context, ids []series.ID) (map[series.ID]series.Point, error) {
	newest := make(map[series.ID]series.Point, len(ids))
	err := t.ask(ctx, func(row [][]byte) error {
		newest[series.ID(number(row[0]))] = series.Point{Time: timeOf(row[1]), Value: math.Float64frombits(uint64(number(row[2])))}
		return nil
	}, selectNewest, keys(ids))
	return newest, doing(err, "reading the newest samples")
}

// Known returns which series have samples or buckets.
func (t *tables) Known(ctx context.Context) (map[series.ID]bool, error) {
	known := make(map[series.ID]bool)
	query := "SELECT id FROM series WHERE "
	for i, one := range allTables() {
		if i > 0 {
			query += " OR "
		}
		query += "EXISTS (SELECT 1 FROM " + one.name + " WHERE series = series.id)"
	}
	err := t.ask(ctx, func(row [][]byte) error {
		known[series.ID(number(row[0]))] = true
		return nil
	}, query)
	return known, doing(err, "looking for series that have samples")
}

// Buckets returns for each of some series the buckets of a tier that end in a
// span of time, by ascending time.
func (t *tables) Buckets(ctx context.Context, step time.Duration, ids []series.ID, from, to int64) ([][]tier.Bucket, error) {
	one, err := tierTable(step)
	if err != nil {
		return nil, err
	}
	buckets := make([][]tier.Bucket, len(ids))
	err = t.ask(ctx, func(row [][]byte) error {
		times, counts := elements(row[1]), elements(row[2])
		sums, mins, maxs, lasts, increases := elements(row[3]), elements(row[4]), elements(row[5]), elements(row[6]), elements(row[7])
		place, n := number(row[0])-1, times.len()
		if place < 0 || place >= int64(len(ids)) || min(counts.len(), sums.len(), mins.len(), maxs.len(), lasts.len(), increases.len()) != n {
			return fault.New(fault.BadAnswer, "the arrays of buckets do not fit each other")
		}
		buckets[place] = make([]tier.Bucket, n)
		for i := range n {
			buckets[place][i] = tier.Bucket{
				Time: times.time(i), Count: counts.number(i), Sum: sums.float(i), Min: mins.float(i), Max: maxs.float(i),
				Last: lasts.float(i), Increase: increases.float(i),
			}
		}
		return nil
	}, `SELECT i.place, s.times, s.counts, s.sums, s.mins, s.maxs, s.lasts, s.increases
		FROM unnest($1::bigint[]) WITH ORDINALITY AS i (id, place), LATERAL (
			SELECT array_agg(time) AS times, array_agg(count) AS counts, array_agg(sum) AS sums, array_agg(min) AS mins,
				array_agg(max) AS maxs, array_agg(last) AS lasts, array_agg(increase) AS increases FROM (
				SELECT * FROM `+one.name+` WHERE series = i.id AND time BETWEEN $2 AND $3 ORDER BY time
			) AS ordered
		) AS s
		WHERE s.times IS NOT NULL`, keys(ids), moment(from), moment(to))
	return buckets, doing(err, "reading buckets")
}

func keys(ids []series.ID) []int64 {
	all := make([]int64, len(ids))
	for i, id := range ids {
		all[i] = int64(id)
	}
	return all
}

// moment is a time for PostgreSQL, which knows less of them.
func moment(ms int64) time.Time { return time.UnixMilli(min(max(ms, minTime), maxTime)) }

// epoch is 2000-01-01, from which PostgreSQL counts microseconds.
const epoch = 946_684_800_000

func number(data []byte) int64 {
	if len(data) != 8 {
		return 0
	}
	return int64(binary.BigEndian.Uint64(data))
}

func timeOf(data []byte) int64 {
	micros := number(data)
	ms := micros / 1000
	if micros%1000 < 0 {
		ms-- // SQL users may write what they like
	}
	return ms + epoch
}

// elements are those of a one-dimensional array of numbers of eight bytes
// without a NULL, as the wire has it: each behind its length.
type elements []byte

const (
	arrayHeader  = 20
	elementWidth = 12
)

func (e elements) len() int {
	if len(e) < arrayHeader || (len(e)-arrayHeader)%elementWidth != 0 {
		return 0
	}
	return (len(e) - arrayHeader) / elementWidth
}

func (e elements) number(i int) int64 {
	at := arrayHeader + i*elementWidth + 4
	return number(e[at : at+8])
}

func (e elements) float(i int) float64 { return math.Float64frombits(uint64(e.number(i))) }

func (e elements) time(i int) int64 {
	at := arrayHeader + i*elementWidth + 4
	return timeOf(e[at : at+8])
}
