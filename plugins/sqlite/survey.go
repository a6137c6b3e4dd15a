package sqlite

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// database is what one run learned of one file.
type database struct {
	path, label, app string

	there    bool
	size     int64
	changed  time.Time // the file itself
	modified time.Time // the file or its log, whichever is later
	wal      int64     // bytes; -1 when there is none
	journal  int64
	hot      bool // an old journal that nobody rolled back
	resets   *uint32
	head     *header
	held     bool  // open in this process: the header was not read
	err      error // why it could not be read
	note     error // why less is known of it than was wanted
	opened   *opened
	old      bool // what is known of the opened database is from an earlier run
	stale    bool // it was opened without its log
	locked   bool
	result   *result
}

// behind reports whether the header is older than the database: changes wait in
// the log.
func (d *database) behind() bool { return d.wal > 0 }

// hotAfter is how old a rollback journal has to be before nobody is writing any
// more.
const hotAfter = 10 * time.Minute

// looked is what the header said, and of which file.
type looked struct {
	at       time.Time
	size     int64
	modified time.Time
	head     header
}

// settled is how old a change has to be before the time of the next one is sure
// to be another.
const settled = 2 * time.Second

// still reports whether a file is as it was looked at. One that did not change
// is not read again, so that a disk that sleeps is not woken.
func (l looked) still(info fs.FileInfo) bool {
	return l.size == info.Size() && l.modified.Equal(info.ModTime()) && l.at.Sub(l.modified) > settled
}

// look reads a file's header, unless it is still as before, and looks at the
// files beside it.
func look(files plugin.Files, now time.Time, open []fs.FileInfo, before looked, d *database) {
	info, err := files.Stat(d.path)
	if err != nil {
		d.err = explainFile(d.path, nil, err)
		return
	}
	if !info.Mode().IsRegular() {
		d.err = fault.New(fault.Unsupported, "reading %s: it is not a file", d.path).WithHint("name files in database_paths, and folders in scan_directories")
		return
	}
	d.there, d.size, d.changed, d.modified = true, info.Size(), info.ModTime(), info.ModTime()
	if d.held = holds(open, info); d.held {
		d.besides(files, now)
		return
	}
	if before.still(info) {
		d.besides(files, now)
		d.head = &before.head
		return
	}
	beginning, size, err := readBeginning(files, d.path, headerSize)
	d.besides(files, now)
	if err != nil {
		d.err = explainFile(d.path, info, err)
		return
	}
	d.size = size
	head, err := parseHeader(beginning, d.size)
	if err != nil {
		d.err = fault.Wrap(err, "reading %s", d.path)
		return
	}
	d.head = &head
	// While somebody writes, the file may be shorter than it will be.
	if want := head.pages * head.pageSize; want > d.size && d.wal <= 0 && d.journal <= 0 {
		d.err = fault.New(fault.BadAnswer, "reading %s: it has %d of the %d bytes that its header speaks of", d.path, d.size, want).
			WithHint("it was cut off, by a full disk or by copying it in use; restore it from a backup")
	}
}

// besides looks at the log and the journal.
func (d *database) besides(files plugin.Files, now time.Time) {
	d.wal, d.journal = -1, -1
	if info, err := files.Stat(d.path + "-wal"); err == nil {
		d.wal = info.Size()
		if info.ModTime().After(d.modified) && d.wal > 0 {
			d.modified = info.ModTime()
		}
		if d.wal > 0 {
			if text, _, err := readBeginning(files, d.path+"-wal", walHeaderSize); err == nil {
				if n, ok := checkpoints(text); ok {
					d.resets = &n
				}
			}
		}
	}
	if info, err := files.Stat(d.path + "-journal"); err == nil {
		d.journal = info.Size()
		if d.journal > 0 && now.Sub(info.ModTime()) > hotAfter {
			text, _, err := readBeginning(files, d.path+"-journal", len(journalMagicBytes))
			d.hot = err == nil && isJournal(text)
		}
	}
}

// readBeginning reads the first bytes of a file, as many as there are, and then
// its size.
func readBeginning(files plugin.Files, name string, most int) ([]byte, int64, error) {
	file, err := files.Open(name)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = file.Close() }() // only read
	text := make([]byte, most)
	n, err := io.ReadFull(file, text)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, 0, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, 0, err
	}
	return text[:n], info.Size(), nil
}

// explainFile says why a file cannot be read.
func explainFile(name string, info fs.FileInfo, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fault.New(fault.NotFound, "reading %s: there is no such file", name).WithHint("correct database_paths, or see whether a disk is not mounted")
	case errors.Is(err, fs.ErrPermission) && info != nil:
		return fault.New(fault.Permission, "reading %s: its mode %s keeps Unity from it", name, info.Mode().Perm()).
			WithHint("add Unity's user to the group of the file and let that read it (chmod g+r), or run Unity as root")
	case errors.Is(err, fs.ErrPermission):
		return fault.New(fault.Permission, "reading %s: Unity may not enter its folder", name).
			WithHint("let Unity's user enter every folder on the way (chmod g+x and its group), or run Unity as root")
	default:
		kind := fault.Of(err)
		if kind == fault.Internal {
			kind = fault.Unreachable // the disk, or the file server
		}
		if e := (*os.PathError)(nil); errors.As(err, &e) {
			err = e.Err
		}
		return fault.As(kind, err, "reading %s", name)
	}
}
