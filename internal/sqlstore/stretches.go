package sqlstore

import (
	"context"
	"slices"
	"time"

	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/chunk"
	"github.com/unity-homelab/unity/internal/series/tier"
)

// blocks is where samples are read from: the database, or with it the memory.
type blocks interface {
	Blocks(ctx context.Context, ids []series.ID, from, to int64) ([][]chunk.Block, error)
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
	// The coarsest are always there, and end where stretches begin.
	coarsest := tier.Steps()[len(tier.Steps())-1]
	buckets, err := db.backend.Tiers.Buckets(ctx, coarsest, gone, oldest, from)
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
