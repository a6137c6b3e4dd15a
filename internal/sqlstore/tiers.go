package sqlstore

import (
	"context"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/chunk"
	"github.com/unity-homelab/unity/internal/series/tier"
)

const (
	// stretch is how much time is made into buckets at once: long enough that
	// few rows and pages are written, short enough that a query makes the rest
	// of samples in no time.
	stretch = day
	// grace is how long after the end of a stretch its buckets are made, so that
	// runs that were under way have ended.
	grace = 5 * time.Minute
	// rollBatch is how many series one transaction makes buckets of; meanwhile
	// nobody else writes.
	rollBatch = 256
	// readBatch is of how many of them the samples are in memory at the same
	// time.
	readBatch = 16
)

// roller makes buckets of samples. What it has done is said by two numbers: all
// buckets that end at or before until are written, and those of the stretch
// behind that of all series up to done. Both are written together with the
// buckets, so that each is made exactly once, whatever stops when.
//
// A sample that comes later than that is noted in the same transaction that
// writes it; Roll then makes the buckets of its stretch once more.
type roller struct {
	mu    sync.Mutex
	until int64
	done  series.ID
	// floor is how far raw samples were removed; there is no making buckets of
	// what is older once more.
	floor   int64
	late    bool  // there are notes
	refused int64 // buckets that late samples came too late for, since the start
}

// The marks that the database keeps about buckets.
const (
	markRolled = "tiers_until"
	markDone   = "tiers_done"
	markFloor  = "raw_floor"
)

// never is where no bucket was made, because there was no sample yet.
const never = math.MinInt64 / 4

// reach returns up to which time the buckets of a series are written.
func (r *roller) reach(id series.ID) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	if id <= r.done {
		return r.until + stretch.Milliseconds()
	}
	return r.until
}

func (r *roller) state() (until int64, done series.ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.until, r.done
}

func (r *roller) set(until int64, done series.ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.until, r.done = until, done
}

// restoreTiers takes up what was written the last time.
func (db *DB) restoreTiers(ctx context.Context, marks map[string]int64) error {
	r := &db.roller
	var known bool
	if r.until, known = marks[markRolled]; !known {
		r.until = never
	}
	r.done, r.floor = series.ID(marks[markDone]), math.MinInt64
	if floor, known := marks[markFloor]; known {
		r.floor = floor
	}
	db.restoreKeeping(marks)
	notes, err := db.store.late(ctx, 1)
	r.late = len(notes) > 0
	return err
}

// startOf returns the start of the stretch that a time belongs to. Like buckets,
// stretches begin behind their start.
func startOf(t int64) int64 { return tier.End(t, stretch) - stretch.Milliseconds() }

// Roll makes the buckets of all stretches that are over, and once more those
// that late samples came for.
func (db *DB) Roll(ctx context.Context) error {
	for {
		more, err := db.rollSome(ctx)
		if err != nil || !more {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// rollSome does one transaction's worth of work, and reports whether there is
// more.
func (db *DB) rollSome(ctx context.Context) (bool, error) {
	db.sealing.Lock()
	defer db.sealing.Unlock()
	if more, err := db.rollLate(ctx); more || err != nil {
		return more, err
	}
	until, done := db.roller.state()
	next := until + stretch.Milliseconds()
	if until == never || next > db.settled() {
		return false, nil
	}
	ids := db.catalog.After(done, rollBatch)
	if len(ids) == 0 {
		db.roller.set(next, 0)
		return true, nil
	}
	made, err := db.makeBuckets(ctx, ids, until, next)
	if err != nil {
		return false, err
	}
	done = ids[len(ids)-1]
	if len(ids) < rollBatch {
		until, done = next, 0
	}
	// Where there is nothing, time passes without being written down.
	if made.empty() {
		db.roller.set(until, done)
		return true, nil
	}
	err = db.store.Transaction(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := made.write(ctx, tx, db.backend.Tiers); err != nil {
			return err
		}
		return db.store.WriteMarks(ctx, tx, map[string]int64{markRolled: until, markDone: int64(done)})
	})
	if err != nil {
		return false, db.store.Fault(err, "writing buckets to the database")
	}
	db.roller.set(until, done)
	return true, nil
}

// rollInterval is how often it is looked whether a stretch is over.
const rollInterval = time.Minute

// rollAlong makes buckets until ctx ends.
func (db *DB) rollAlong(ctx context.Context) {
	tick := time.NewTicker(rollInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if db.away() {
			continue
		}
		if err := db.Roll(ctx); err != nil && ctx.Err() == nil {
			db.options.Log.Error("making buckets of samples; it is tried again", "error", err)
		}
	}
}

// settled returns up to which time all samples are in the database, as far as
// one can know. The caller holds sealing.
func (db *DB) settled() int64 {
	settled := db.options.Now().Add(-grace).UnixMilli()
	db.mu.RLock()
	defer db.mu.RUnlock()
	if db.current.Samples() > 0 {
		settled = min(settled, db.oldest-1)
	}
	for _, batch := range db.waiting {
		settled = min(settled, batch.oldest-1)
	}
	return settled
}

// made is buckets by tier and series.
type made map[time.Duration]map[series.ID][]tier.Bucket

func newMade() made {
	m := make(made)
	for _, step := range tier.Steps() {
		m[step] = make(map[series.ID][]tier.Bucket)
	}
	return m
}

func (m made) empty() bool { return len(m[tier.Steps()[0]]) == 0 }

// add puts the buckets of samples of one series in.
func (m made) add(id series.ID, samples chunk.Columns, before tier.Before) {
	for i, step := range tier.Steps() {
		var buckets []tier.Bucket
		if i == 0 {
			buckets = tier.Roll(nil, step, samples, before)
		} else {
			buckets = tier.Coarsen(nil, step, m[tier.Steps()[i-1]][id])
		}
		if len(buckets) > 0 {
			m[step][id] = buckets
		}
	}
}

func (m made) write(ctx context.Context, tx bun.Tx, tiers Tiers) error {
	for _, step := range tier.Steps() {
		if len(m[step]) == 0 {
			continue
		}
		if err := tiers.WriteBuckets(ctx, tx, step, m[step]); err != nil {
			return err
		}
	}
	return nil
}

// blocks is where samples are read from: the database, or with it the memory.
type blocks interface {
	Blocks(ctx context.Context, ids []series.ID, from, to int64) ([][]chunk.Block, error)
}

// makeBuckets makes the buckets of some series in a stretch of time, which
// begins behind from.
func (db *DB) makeBuckets(ctx context.Context, ids []series.ID, from, to int64) (made, error) {
	made := newMade()
	for some := range slices.Chunk(ids, readBatch) {
		stretches, err := db.stretches(ctx, db.backend.Samples, some, from, to)
		if err != nil {
			return nil, err
		}
		for i, id := range some {
			made.add(id, stretches[i].samples, stretches[i].before)
		}
	}
	return made, nil
}

// samplesOf is the samples of a series in a stretch of time, and the one before.
type samplesOf struct {
	samples chunk.Columns
	before  tier.Before
}

// near is how far back the sample before a stretch is looked for at first:
// nearly always it is there.
const near = 10 * time.Minute

// stretches returns the samples of some series in a stretch of time, which
// begins behind from, and for each that has samples the one before, as far as
// a bucket counts from it. Where that is gone, the buckets tell.
func (db *DB) stretches(ctx context.Context, source blocks, ids []series.ID, from, to int64) ([]samplesOf, error) {
	all := make([]samplesOf, len(ids))
	missing, places, err := db.readStretches(ctx, source, ids, all, from, to)
	if err != nil || len(missing) == 0 {
		return all, err
	}
	earlier := make([]samplesOf, len(missing))
	oldest := from - tier.Lookback.Milliseconds()
	if _, _, err := db.readStretches(ctx, source, missing, earlier, oldest, from); err != nil {
		return nil, err
	}
	var gone []series.ID
	var gonePlaces []int
	for i, place := range places {
		before := &all[place].before
		if before.Observe(earlier[i].samples); !before.Known {
			gone, gonePlaces = append(gone, missing[i]), append(gonePlaces, place)
		}
	}
	if len(gone) == 0 || oldest >= db.rawFloor() {
		return all, nil
	}
	buckets, err := db.backend.Tiers.Buckets(ctx, tier.Steps()[0], gone, oldest, from)
	if err != nil {
		return nil, err
	}
	for i, place := range gonePlaces {
		if n := len(buckets[i]); n > 0 {
			last := buckets[i][n-1]
			all[place].before = tier.Before{Time: last.Time, Value: last.Last, Known: true}
		}
	}
	return all, nil
}

// readStretches fills in the samples of some series, and the one before if it is
// near. It returns which of them have samples and lack that, with their places.
func (db *DB) readStretches(
	ctx context.Context, source blocks, ids []series.ID, all []samplesOf, from, to int64,
) (missing []series.ID, places []int, err error) {
	found, err := source.Blocks(ctx, ids, from-near.Milliseconds(), to)
	if err != nil {
		return nil, nil, err
	}
	for i, id := range ids {
		if len(found[i]) == 0 {
			continue
		}
		columns, err := db.codec.Merge(chunk.Columns{}, found[i]...)
		if err != nil {
			return nil, nil, err
		}
		first, _ := slices.BinarySearch(columns.Times, from+1)
		last, _ := slices.BinarySearch(columns.Times, to+1)
		all[i].samples = columns.Slice(first, last)
		// What a block has of earlier times is not all that there is of them.
		asked, _ := slices.BinarySearch(columns.Times, from-near.Milliseconds())
		all[i].before.Observe(columns.Slice(asked, first))
		if first < last && !all[i].before.Known {
			missing, places = append(missing, id), append(places, i)
		}
	}
	return missing, places, nil
}

// rawFloor returns before which time raw samples were removed.
func (db *DB) rawFloor() int64 {
	db.roller.mu.Lock()
	defer db.roller.mu.Unlock()
	return db.roller.floor
}
