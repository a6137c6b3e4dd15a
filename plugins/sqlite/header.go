package sqlite

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/unity-homelab/unity/fault"
)

// headerSize is the length of what every database begins with.
const headerSize = 100

// header is what a database says of itself in its first bytes. In WAL mode it is
// what was true at the last checkpoint.
type header struct {
	pageSize      int64
	pages         int64
	freePages     int64
	wal           bool
	autoVacuum    bool
	changes       uint32
	schema        uint32
	userVersion   int32
	applicationID uint32
	encoding      string
	writtenBy     string // the version of SQLite that wrote last
}

// magic is what a database begins with.
func magic() []byte { return []byte("SQLite format 3\x00") }

// parseHeader reads the beginning of a file of the given size. A file without a
// byte is a database without a table.
func parseHeader(text []byte, size int64) (header, error) {
	switch {
	case size == 0 && len(text) == 0:
		return header{}, nil
	case !bytes.HasPrefix(text, magic()):
		return header{}, fault.New(fault.BadAnswer, "it does not begin like a SQLite database").
			WithHint("it is another kind of file, damaged at its beginning, or encrypted (SQLCipher)")
	case len(text) < headerSize:
		return header{}, fault.New(fault.BadAnswer, "it ends within its header").WithHint("restore it from a backup")
	}
	word := func(at int) uint32 { return binary.BigEndian.Uint32(text[at:]) }
	h := header{
		pageSize: int64(binary.BigEndian.Uint16(text[16:])),
		wal:      text[19] == 2 && text[18] == 2,
		changes:  word(24), freePages: int64(word(36)), schema: word(40),
		autoVacuum: word(52) != 0, userVersion: int32(word(60)), applicationID: word(68), //nolint:gosec // it is signed in the file
		encoding: map[uint32]string{1: "UTF-8", 2: "UTF-16le", 3: "UTF-16be"}[word(56)],
	}
	if h.pageSize == 1 {
		h.pageSize = 65536
	}
	if h.pageSize < 512 || h.pageSize&(h.pageSize-1) != 0 {
		return header{}, fault.New(fault.BadAnswer, "its header is damaged: no page has %d bytes", h.pageSize).WithHint("restore it from a backup")
	}
	if v := word(96); v > 3_000_000 && v < 4_000_000 {
		h.writtenBy = fmt.Sprintf("%d.%d.%d", v/1_000_000, v/1000%1000, v%1000)
	}
	// Versions before 3.7.0 left the number of pages as it was.
	if h.pages = int64(word(28)); h.pages == 0 || word(92) != h.changes {
		h.pages = size / h.pageSize
	}
	if h.freePages > h.pages {
		return header{}, fault.New(fault.BadAnswer, "its header is damaged: %d of %d pages are free", h.freePages, h.pages).WithHint("restore it from a backup")
	}
	return h, nil
}

// The beginnings of the files beside a database.
const (
	walHeaderSize     = 32
	walMagic          = 0x377f0682 // the last bit is the byte order of its checksums
	journalMagicBytes = "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"
)

// checkpoints reads from the beginning of a write-ahead log how often it was
// begun anew.
func checkpoints(text []byte) (uint32, bool) {
	if len(text) < walHeaderSize || binary.BigEndian.Uint32(text)&^1 != walMagic {
		return 0, false
	}
	return binary.BigEndian.Uint32(text[12:]), true
}

// isJournal reports whether a file begins as a rollback journal that has
// something to roll back.
func isJournal(text []byte) bool { return bytes.HasPrefix(text, []byte(journalMagicBytes)) }
