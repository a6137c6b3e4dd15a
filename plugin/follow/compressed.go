package follow

import (
	"compress/gzip"
	"errors"
	"io"
	"strings"

	"github.com/unity-homelab/unity/fault"
)

// openCompressed opens a generation that was compressed after rotation, at the
// place. It returns nil when the place is not in it.
func (r *reading) openCompressed(entry sibling, place Place) *source {
	if !strings.HasSuffix(entry.name, ".gz") {
		return nil
	}
	file, err := r.f.options.Files.Open(entry.name)
	if err != nil {
		return nil
	}
	unpacked, err := newUnpacked(file, place.Offset, r.f.options.MaxLineBytes+markBytes)
	if err != nil || !place.matches(unpacked) {
		_ = file.Close()
		return nil
	}
	return &source{
		ReaderAt: unpacked, id: entry.id, modified: entry.modified, ended: true, done: func() { _ = file.Close() },
		// How much is left nobody knows before it is unpacked.
		size: func() int64 { return unpacked.at + 1 },
	}
}

// unpacked reads a compressed file forwards. What came last can be read again.
type unpacked struct {
	from   io.Reader
	at     int64  // where the next byte comes from
	recent []byte // the bytes before it
	keep   int
}

// newUnpacked unpacks up to the offset.
func newUnpacked(file io.Reader, offset int64, keep int) (*unpacked, error) {
	from, err := gzip.NewReader(file)
	if err != nil {
		return nil, err
	}
	u := &unpacked{from: from, keep: keep}
	begin := max(0, offset-markBytes)
	if u.at, err = io.CopyN(io.Discard, from, begin); err != nil {
		return nil, err
	}
	if _, err = u.ReadAt(make([]byte, offset-begin), begin); err != nil {
		return nil, err
	}
	return u, nil
}

// ReadAt implements io.ReaderAt for offsets not far behind those before.
func (u *unpacked) ReadAt(p []byte, offset int64) (int, error) {
	first := u.at - int64(len(u.recent))
	if offset < first || offset > u.at {
		return 0, fault.New(fault.Unsupported, "reading a compressed file backwards")
	}
	n := copy(p, u.recent[offset-first:])
	more, err := io.ReadFull(u.from, p[n:])
	u.at += int64(more)
	u.recent = append(u.recent, p[n:n+more]...)
	if extra := len(u.recent) - u.keep; extra > 0 {
		u.recent = append(u.recent[:0], u.recent[extra:]...)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n + more, err
}
