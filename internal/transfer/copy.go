package transfer

import (
	"context"
	"io"
	"iter"

	"github.com/unity-homelab/unity/fault"
)

// Export writes everything that a database holds as an archive, and returns what
// that is.
func Export(ctx context.Context, from Database, w io.Writer, header Header, progress Progress) ([]Tally, error) {
	header.Engine, header.Series = from.Engine(), from.SeriesCount()
	archive, err := NewWriter(w, header)
	if err != nil {
		return nil, err
	}
	for item, err := range watched(from.Items(ctx), int64(header.Series), progress) {
		if err == nil {
			err = archive.Put(item)
		}
		if err != nil {
			archive.Abort()
			return nil, err
		}
	}
	return archive.Close()
}

// Verify reads a whole archive and returns what it holds.
func Verify(ctx context.Context, r io.Reader, progress Progress) (Header, []Tally, error) {
	archive, err := NewReader(r)
	if err != nil {
		return Header{}, nil, err
	}
	defer archive.Close()
	for _, err := range watched(archive.Items(), int64(archive.Header().Series), progress) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return archive.Header(), nil, fault.Wrap(err, "verifying the archive")
		}
	}
	return archive.Header(), archive.Tallies(), nil
}

// Import reads an archive to its end before it puts anything into an empty
// database, and compares what is there afterwards. Each step that takes its time
// is told to step, which returns whom to tell how far it is.
func Import(ctx context.Context, archive io.ReadSeeker, to Database, step func(Step) Progress) ([]Tally, error) {
	_, want, err := Verify(ctx, archive, step(Verifying))
	if err != nil {
		return nil, err
	}
	return Unpack(ctx, archive, want, to, step)
}

// Unpack is the part of Import that comes after Verify, which said what there
// is.
func Unpack(ctx context.Context, archive io.ReadSeeker, want []Tally, to Database, step func(Step) Progress) ([]Tally, error) {
	if _, err := archive.Seek(0, io.SeekStart); err != nil {
		return nil, fault.Wrap(err, "reading the archive once more")
	}
	reader, err := NewReader(archive)
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	header := reader.Header()
	if err := to.Load(ctx, header.ID, watched(reader.Items(), int64(header.Series), step(Loading))); err != nil {
		return nil, err
	}
	got, err := Count(ctx, to, step(Comparing))
	if err != nil {
		return nil, err
	}
	return got, Compare(want, got)
}

// Copy puts everything that a database holds into an empty one, and compares
// what is there afterwards. The origin names where it comes from.
func Copy(ctx context.Context, from, to Database, origin string, step func(Step) Progress) ([]Tally, error) {
	counter := newCounter()
	items := watched(from.Items(ctx), int64(from.SeriesCount()), step(Loading))
	if err := to.Load(ctx, origin, counter.count(items)); err != nil {
		return nil, err
	}
	got, err := Count(ctx, to, step(Comparing))
	if err != nil {
		return nil, err
	}
	return got, Compare(counter.all(), got)
}

// Count reads everything that a database holds and returns what it amounts to.
func Count(ctx context.Context, db Database, progress Progress) ([]Tally, error) {
	counter := newCounter()
	for _, err := range counter.count(watched(db.Items(ctx), int64(db.SeriesCount()), progress)) {
		if err != nil {
			return nil, err
		}
	}
	return counter.all(), nil
}

// Step is a part of a transfer that takes its time.
type Step string

// The steps.
const (
	Verifying Step = "verifying"
	Loading   Step = "loading"
	Comparing Step = "comparing"
)

// count counts the items that pass.
func (c *counter) count(items iter.Seq2[Item, error]) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		for item, err := range items {
			if err == nil {
				err = c.add(item)
			}
			if !yield(item, err) || err != nil {
				return
			}
		}
	}
}

// watched tells how many series have passed.
func watched(items iter.Seq2[Item, error], total int64, progress Progress) iter.Seq2[Item, error] {
	if progress == nil {
		return items
	}
	return func(yield func(Item, error) bool) {
		done := int64(0)
		progress(0, total)
		for item, err := range items {
			if !yield(item, err) {
				return
			}
			if err != nil {
				return
			}
			if item.section() == AllSeries {
				done++
			}
			progress(min(done, total), total)
		}
		progress(total, total)
	}
}
