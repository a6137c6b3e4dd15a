// Package transfer moves everything that a database holds: as a stream of items
// from one database to another, or into an archive and back.
//
//	database ──▶ items ──▶ database
//	                ╰────▶ archive ──▶ items
//
// An item is one of a few types of this package that mean the same whatever
// database they come from: a source, a run, a stretch of samples. Series are
// known by their labels, as numbers of series mean nothing elsewhere. Items come
// section by section, and the samples and buckets of a series right behind it,
// so nobody ever holds more than a few of them.
//
// While items pass they are counted, and for each section a checksum is made
// that depends neither on the order of the items nor on how samples are cut into
// stretches. So two databases can be compared, and a database with an archive.
//
// # The archive
//
// An archive is one zstd stream. In it is a magic line, then records, each of a
// kind, a length and that many bytes: the header, items, behind each section its
// count and checksum, and an end mark. Samples and buckets are packed as in the
// database; everything else is JSON.
//
// The magic line and the header's version are the same for good. A program reads
// its own version and all older ones. Whatever an older program would have to
// leave out (a new field, a new kind of record) makes a new version, so that it
// refuses the archive rather than lose something without a word.
//
// An archive holds the secrets of the sources as the database does.
package transfer

import (
	"context"
	"iter"
)

// Database gives everything that it holds, and takes it. It is declared here,
// for those who keep one.
type Database interface {
	// Engine names the database and its version.
	Engine() string
	// SeriesCount is about how many series Items will come to.
	SeriesCount() int
	// Items gives everything that was committed before; what is committed
	// meanwhile may be missing. An item is valid until the next is asked for.
	// After an error nothing more comes.
	Items(ctx context.Context) iter.Seq2[Item, error]
	// Load takes items. A database that is not empty is a fault of kind
	// Conflict and stays as it is, unless a Load of the same origin was
	// interrupted: that begins again. Nobody else may use the database
	// meanwhile.
	Load(ctx context.Context, origin string, items iter.Seq2[Item, error]) error
}

// Progress is told how far a transfer is. It is called often.
type Progress func(done, total int64)
