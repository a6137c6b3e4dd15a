package sqlstore

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/chunk"
	"github.com/unity-homelab/unity/internal/series/head"
	"github.com/unity-homelab/unity/internal/series/tier"
)

// Samples is how one database keeps samples: the part that databases do too
// differently to share a statement. Reading methods may be called at the same
// time as everything else; of the writing ones, one runs at a time.
type Samples interface {
	// Write adds what a head holds, in a transaction of the caller. A sample
	// that has the time of one that is there replaces it.
	Write(ctx context.Context, tx bun.Tx, samples *head.Head) error
	// Blocks returns for each of some series the blocks that touch a span of
	// time, both ends included, in the order in which they were written: where
	// two hold a sample of the same time, the later one is right.
	Blocks(ctx context.Context, ids []series.ID, from, to int64) ([][]chunk.Block, error)
	// Newest returns the newest sample of each of some series that has one.
	Newest(ctx context.Context, ids []series.ID) (map[series.ID]series.Point, error)
	// Known returns which series have samples or buckets.
	Known(ctx context.Context) (map[series.ID]bool, error)
	// Merge rewrites what is stored in a better form, where that pays. It takes
	// transactions of its own, each a short one.
	Merge(ctx context.Context) error
	// Expire removes samples, and of each tier the buckets, that are older than
	// they are to be kept. What shares a block or a partition with something
	// younger may stay until that is old, too.
	Expire(ctx context.Context, keep Keep) error

	// Size says how much room everything in the database takes.
	Size(ctx context.Context) (Size, error)
	// Check reads everything and says what is wrong with it.
	Check(ctx context.Context) error
}

// Tiers is how one database keeps buckets, with the same rules.
type Tiers interface {
	// WriteBuckets puts buckets of one series and tier in, in a transaction of
	// the caller. A bucket of a time that is there replaces it.
	WriteBuckets(ctx context.Context, tx bun.Tx, step time.Duration, buckets map[series.ID][]tier.Bucket) error
	// Buckets returns for each of some series the buckets of a tier that end in
	// a span of time, both ends included, by ascending time.
	Buckets(ctx context.Context, step time.Duration, ids []series.ID, from, to int64) ([][]tier.Bucket, error)
}

// Keep says, in milliseconds since 1970 UTC, before which times samples and
// buckets are old.
type Keep struct {
	Raw   int64
	Tiers map[time.Duration]int64 // by step
}

// Divider is an ability of databases that can say how their room is divided,
// but not quickly; Size says it where it can.
type Divider interface {
	Divide(ctx context.Context) (Size, error)
}

// Packer is an ability of databases that pack samples themselves.
type Packer interface {
	// Packing says how each table is packed.
	Packing(ctx context.Context) ([]Packing, error)
}

// Packing is how a table is packed by the database, and how far that is.
type Packing struct {
	Table string
	// SegmentBy and OrderBy are the columns by which rows are packed together.
	SegmentBy, OrderBy string
	// Chunk is how much time is in one piece, and After how old it is when it is
	// packed; zero when no policy packs it.
	Chunk, After time.Duration
	// Chunks is how many pieces there are, and Packed how many of them are packed.
	Chunks, Packed int64
	// BytesBefore and BytesAfter are what these took and take.
	BytesBefore, BytesAfter int64
}

// Size is room on the database's disk, in bytes.
type Size struct {
	Total int64
	Raw   int64                   // of it, samples
	Tiers map[time.Duration]int64 // of it, buckets by step
}
