package mysql

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/chunk"
	"github.com/unity-homelab/unity/internal/series/head"
	"github.com/unity-homelab/unity/internal/sqlstore"
)

const (
	day = int64(24 * time.Hour / time.Millisecond)
	// ahead is how many spans after the present one have a partition at least,
	// and stock how many get one when that is no longer so.
	ahead = 1
	stock = 5
	// together is how many series one question is about.
	together = 64
)

// samples keeps a row for each sample, and for each bucket.
type samples struct {
	pools pools
	fault func(err error, format string, args ...any) error
	codec *chunk.Codec
	now   func() time.Time
	// spaces is the table in which the server lists its files.
	spaces string

	raw   partitions
	tiers map[time.Duration]*partitions

	one, many *sql.Stmt // blocks of one series, and of several
}

var (
	_ sqlstore.Samples = (*samples)(nil)
	_ sqlstore.Tiers   = (*samples)(nil)
)

func newSamples(p pools, store *sqlstore.Store, who server, now func() time.Time) *samples {
	return &samples{
		pools: p, fault: store.Fault, codec: chunk.NewCodec(), now: now, spaces: who.spaces(),
		raw: partitions{db: p.tend, table: "samples", span: day},
		// Longer than a day, so that years are not thousands of files; short
		// next to how long they are kept.
		tiers: map[time.Duration]*partitions{
			5 * time.Minute: {db: p.tend, table: "samples_5m", span: 7 * day},
			time.Hour:       {db: p.tend, table: "samples_1h", span: 91 * day},
		},
	}
}

// tables returns the partitioned ones.
func (s *samples) tables() []*partitions {
	all := []*partitions{&s.raw}
	for _, p := range s.tiers {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b *partitions) int { return cmp.Compare(a.table, b.table) })
	return all
}

// prepare makes what the first write and read need.
func (s *samples) prepare(ctx context.Context) error {
	if err := s.Merge(ctx); err != nil {
		return err
	}
	var err error
	if s.one, err = s.pools.read.PrepareContext(ctx, blocksSQL(1)); err == nil {
		s.many, err = s.pools.read.PrepareContext(ctx, blocksSQL(together))
	}
	return s.fault(err, "preparing to read samples")
}

// close gives back what prepare made.
func (s *samples) close() error { return errors.Join(s.one.Close(), s.many.Close()) }

// Merge keeps partitions ready for what comes; nothing that is stored has a
// better form.
func (s *samples) Merge(ctx context.Context) error {
	for _, p := range s.tables() {
		if err := p.prepare(ctx, p.unit(s.now().UnixMilli())); err != nil {
			return s.fault(err, "making partitions of %s", p.table)
		}
	}
	return nil
}

// ready makes the partitions for units of time that are to be written. Where
// another program holds the table, rows go into longer partitions instead.
func (s *samples) ready(ctx context.Context, p *partitions, units map[int64]bool) error {
	err := s.fault(p.cover(ctx, units), "making partitions of %s", p.table)
	if fault.Of(err) == fault.Timeout && ctx.Err() == nil {
		return nil
	}
	return err
}

// Write adds what a head holds.
func (s *samples) Write(ctx context.Context, tx bun.Tx, from *head.Head) error {
	ids := from.IDs()
	blocks := make([][]chunk.Block, len(ids))
	units := make(map[int64]bool)
	for i, id := range ids {
		blocks[i] = from.Blocks(nil, id, math.MinInt64, math.MaxInt64)
		for _, block := range blocks[i] {
			for unit := s.raw.unit(block.Start); unit <= s.raw.unit(block.End); unit++ {
				units[unit] = true
			}
		}
	}
	if err := s.ready(ctx, &s.raw, units); err != nil {
		return err
	}
	in := newInsert(tx.Tx, s.raw.table, []string{"series", "time"}, []string{"value", "bits"})
	var columns chunk.Columns
	for i, id := range ids {
		columns.Times, columns.Values = columns.Times[:0], columns.Values[:0]
		var err error
		if columns, err = s.codec.Merge(columns, blocks[i]...); err != nil {
			return err
		}
		for k, value := range columns.Values {
			in.key(uint64(id), columns.Times[k])
			in.number(value)
			if exact(value) {
				in.null()
			} else {
				in.integer(int64(math.Float64bits(value))) //nolint:gosec // the same bits
			}
			if err := in.end(ctx); err != nil {
				return s.fault(err, "writing samples")
			}
		}
	}
	return s.fault(in.flush(ctx), "writing samples")
}

// blocksSQL asks for the samples of n series. It asks for no order: the server
// answers partition by partition, each in the order of the key, which is the
// right one, and would otherwise merge them all row by row.
func blocksSQL(n int) string {
	return "SELECT series, time, value, bits FROM samples WHERE time BETWEEN ? AND ? AND series IN (?" +
		strings.Repeat(", ?", n-1) + ")"
}

// Blocks returns for each series a block with its samples in a span of time.
func (s *samples) Blocks(ctx context.Context, ids []series.ID, from, to int64) ([][]chunk.Block, error) {
	found := make(map[series.ID]*chunk.Columns, len(ids))
	for part := range slices.Chunk(ids, together) {
		if err := s.read(ctx, part, from, to, found); err != nil {
			return nil, s.fault(err, "reading samples")
		}
	}
	blocks := make([][]chunk.Block, len(ids))
	for i, id := range ids {
		columns := found[id]
		if columns == nil {
			continue
		}
		block := chunk.Block{Count: columns.Len(), Open: *columns}
		if !slices.IsSorted(columns.Times) {
			sorted, err := s.codec.Merge(chunk.Columns{}, each(*columns)...)
			if err != nil {
				return nil, err
			}
			block.Open = sorted
		}
		block.Start, block.End = block.Open.Times[0], block.Open.Times[block.Count-1]
		blocks[i] = []chunk.Block{block}
	}
	return blocks, nil
}

// each makes a block of each sample.
func each(columns chunk.Columns) []chunk.Block {
	blocks := make([]chunk.Block, columns.Len())
	for i, at := range columns.Times {
		blocks[i] = chunk.Block{Start: at, End: at, Count: 1, Open: columns.Slice(i, i+1)}
	}
	return blocks
}

func (s *samples) read(ctx context.Context, ids []series.ID, from, to int64, into map[series.ID]*chunk.Columns) error {
	statement, n := s.many, together
	if len(ids) == 1 {
		statement, n = s.one, 1
	}
	arguments := make([]any, 0, together+2)
	arguments = append(arguments, from, to)
	for i := range n {
		arguments = append(arguments, uint64(ids[min(i, len(ids)-1)])) // the last one again and again
	}
	rows, err := statement.QueryContext(ctx, arguments...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	var (
		row     sample
		columns *chunk.Columns
		of      series.ID
	)
	for rows.Next() {
		if err := row.scan(rows); err != nil {
			return err
		}
		if columns == nil || of != row.series {
			of = row.series
			if columns = into[of]; columns == nil {
				columns = new(chunk.Columns)
				into[of] = columns
			}
		}
		columns.Append(row.time, row.value)
	}
	return rows.Err()
}

// sample is a row.
type sample struct {
	series series.ID
	time   int64
	value  float64

	columns [4]any // series, time, value, bits, as the driver has them
}

// scan reads a row. The driver's own types are taken: converting costs more than
// all the rest.
func (r *sample) scan(rows *sql.Rows) error {
	if err := rows.Scan(&r.columns[0], &r.columns[1], &r.columns[2], &r.columns[3]); err != nil {
		return err
	}
	id, okID := r.columns[0].(int64)
	at, okTime := r.columns[1].(int64)
	if !okID || !okTime {
		return fault.New(fault.Internal, "reading a sample: the driver answers %T and %T", r.columns[0], r.columns[1])
	}
	r.series, r.time = series.ID(id), at //nolint:gosec // the column has no negative numbers
	if bits, ok := r.columns[3].(int64); ok {
		r.value = math.Float64frombits(uint64(bits)) //nolint:gosec // the same bits
		return nil
	}
	value, ok := r.columns[2].(float64)
	if !ok {
		return fault.New(fault.BadAnswer, "reading a sample of series %d: it has no value", r.series)
	}
	r.value = value
	return nil
}

// Newest returns the newest sample of each series. It looks at one partition
// after the other, from the newest on, for those that were not found yet.
func (s *samples) Newest(ctx context.Context, ids []series.ID) (map[series.ID]series.Point, error) {
	ends, err := s.raw.known(ctx)
	if err != nil {
		return nil, s.fault(err, "reading the partitions")
	}
	found := make(map[series.ID]series.Point, len(ids))
	missing := slices.Clone(ids)
	for _, end := range slices.Backward(append(slices.Clone(ends), math.MaxInt64)) {
		if len(missing) == 0 {
			break
		}
		if err := s.newestIn(ctx, partition(end), missing, found); err != nil {
			return nil, s.fault(err, "reading the newest samples")
		}
		missing = slices.DeleteFunc(missing, func(id series.ID) bool {
			_, ok := found[id]
			return ok
		})
	}
	return found, nil
}

func (s *samples) newestIn(ctx context.Context, name string, ids []series.ID, into map[series.ID]series.Point) error {
	// More in one list would be made a table of, and joined the wrong way round.
	for part := range slices.Chunk(ids, 500) {
		if err := s.newestOf(ctx, name, part, into); err != nil {
			return err
		}
	}
	return nil
}

// newestOf jumps to the end of each series in one partition. Over all partitions
// at once a server does not jump, but reads much of the table.
func (s *samples) newestOf(ctx context.Context, name string, ids []series.ID, into map[series.ID]series.Point) error {
	// A parameter makes the driver prepare the statement, and so answer in its
	// own types.
	rows, err := s.pools.read.QueryContext(ctx, "SELECT found.series, found.time, found.value, found.bits FROM"+
		" (SELECT id, (SELECT time FROM samples PARTITION (`"+name+"`) WHERE series = id ORDER BY series DESC, time DESC LIMIT 1) AS newest"+
		" FROM series WHERE id IN ("+list(ids)+") LIMIT ?) AS ends"+
		" JOIN samples PARTITION (`"+name+"`) AS found ON found.series = ends.id AND found.time = ends.newest", len(ids))
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	var row sample
	for rows.Next() {
		if err := row.scan(rows); err != nil {
			return err
		}
		into[row.series] = series.Point{Time: row.time, Value: row.value}
	}
	return rows.Err()
}

func list(ids []series.ID) string {
	var text []byte
	for i, id := range ids {
		if i > 0 {
			text = append(text, ',')
		}
		text = strconv.AppendUint(text, uint64(id), 10)
	}
	return string(text)
}
