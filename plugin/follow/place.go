package follow

import (
	"hash/fnv"
	"io"
	"io/fs"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// markBytes is how many bytes before a place are remembered, as a hash. Lines
// of logs bear times, so that they tell one place in one file from all others.
const markBytes = 128

// Place is where reading stopped in one generation of a file.
type Place struct {
	Device uint64 `json:"dev,omitempty"`
	Inode  uint64 `json:"ino,omitempty"`
	// Offset is where the first line begins that was not told yet.
	Offset int64 `json:"off"`
	// Mark is a hash of up to 128 bytes before the offset; where that is 0, of
	// the first Head bytes of the file.
	Mark uint64 `json:"mark,omitempty,string"`
	Head int    `json:"head,omitempty"`
	// Skipping means that the offset is inside a line too long to be told whole.
	Skipping bool `json:"skip,omitempty"`
	// Quiet means that nothing was added to an old generation since the last
	// look at it.
	Quiet bool `json:"quiet,omitempty"`
}

// identity is what a file keeps when it is renamed. Where the system tells no
// inodes all are zero, and the marks alone tell files apart.
type identity struct{ device, inode uint64 }

func (p Place) identity() identity { return identity{p.Device, p.Inode} }

func placeAt(id identity, offset int64) Place {
	return Place{Device: id.device, Inode: id.inode, Offset: offset}
}

// note remembers the bytes at the place.
func (p *Place) note(r io.ReaderAt) {
	from, length := p.marked()
	if p.Offset == 0 {
		length = markBytes
	}
	text, ok := readSome(r, from, length)
	if !ok && p.Offset > 0 {
		return // it is shorter now, which the next look finds
	}
	p.Head = 0
	if p.Offset == 0 {
		p.Head = len(text)
	}
	p.Mark = hashOf(text)
}

// matches reports whether the bytes at the place are those that were there when
// it was taken.
func (p Place) matches(r io.ReaderAt) bool {
	from, length := p.marked()
	text, ok := readSome(r, from, length)
	return ok && (length == 0 || hashOf(text) == p.Mark)
}

// known reports whether a copy of the generation can be told by its bytes.
func (p Place) known() bool { return p.Offset > 0 || p.Head > 0 }

// marked is the part of the file that the mark is of.
func (p Place) marked() (from int64, length int) {
	if p.Offset == 0 {
		return 0, p.Head
	}
	length = int(min(p.Offset, markBytes))
	return p.Offset - int64(length), length
}

// readSome reads so many bytes, and reports whether there are as many.
func readSome(r io.ReaderAt, from int64, length int) ([]byte, bool) {
	length = max(0, min(length, markBytes))
	text := make([]byte, length)
	n := 0
	if length > 0 {
		n, _ = r.ReadAt(text, from) // whatever comes short is not there
	}
	return text[:n], n == length
}

func hashOf(text []byte) uint64 {
	hash := fnv.New64a()
	_, _ = hash.Write(text)
	return hash.Sum64()
}

// opened is a file that is being read.
type opened struct {
	file fs.File
	io.ReaderAt
}

func (o *opened) close() { _ = o.file.Close() } // only read

// size returns how long the file is now.
func (o *opened) size() int64 {
	info, err := o.file.Stat()
	if err != nil {
		return 0
	}
	return info.Size()
}

// maxUnseekable bounds what is read of a file that cannot be read from the
// middle, as those are while a case is recorded.
const maxUnseekable = 8 << 20

// openFile opens a file and says which one it is.
func openFile(files plugin.Files, name string) (*opened, identity, error) {
	file, err := files.Open(name)
	if err != nil {
		return nil, identity{}, err
	}
	info, err := file.Stat()
	if err != nil {
		_ = file.Close()
		return nil, identity{}, err
	}
	if !info.Mode().IsRegular() {
		_ = file.Close()
		return nil, identity{}, fault.New(fault.Unsupported, "reading %s: it is not a file", name)
	}
	at, ok := file.(io.ReaderAt)
	if !ok {
		data, err := io.ReadAll(io.LimitReader(file, maxUnseekable))
		if err != nil {
			_ = file.Close()
			return nil, identity{}, err
		}
		at = inMemory(data)
	}
	return &opened{file: file, ReaderAt: at}, identityOf(info), nil
}

// inMemory is a file's content.
type inMemory []byte

// ReadAt implements io.ReaderAt.
func (m inMemory) ReadAt(p []byte, offset int64) (int, error) {
	if offset >= int64(len(m)) {
		return 0, io.EOF
	}
	n := copy(p, m[offset:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}
