package journal

import (
	"cmp"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/klauspost/compress/zstd"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/series"
)

// Definition says which labels the ID of a series stands for. It is written
// before, or with, the first record that uses the ID.
type Definition struct {
	ID     series.ID
	Labels labels.Labels
}

// Position is a place in the log, between two entries.
type Position struct {
	Segment int
	Offset  int64
}

// Compare returns -1, 0 or 1 as p is before, at or after q.
func (p Position) Compare(q Position) int {
	return cmp.Or(cmp.Compare(p.Segment, q.Segment), cmp.Compare(p.Offset, q.Offset))
}

// Options are how a log is kept.
type Options struct {
	// SegmentBytes is how long a file may get; 4 MiB when zero.
	SegmentBytes int64
	// MaxBytes is how long all files together may get, after which Append
	// refuses; 1 GiB when zero.
	MaxBytes int64
	Log      *slog.Logger
}

// Loss is what damage to the files cost.
type Loss struct {
	Entries int   // damaged stretches: at least so many entries
	Bytes   int64 // their length
}

// Log is a journal on disk. Its methods may be called at the same time.
type Log struct {
	dir     string
	options Options
	zip     *zstd.Encoder
	unzip   *zstd.Decoder

	mu      sync.Mutex
	file    *os.File
	end     Position
	sizes   map[int]int64    // bytes of each segment
	written int64            // bytes since Open
	torn    bool             // the file is longer than end says
	unsaved bool             // written, not yet synced
	retired map[int]*os.File // segments that are written no more, not yet synced and closed
	buffer  []byte
}

// Open opens the log in a folder, which is made when it is missing. What a stop
// in the middle of a write left at the end of the newest file is cut off.
func Open(dir string, options Options) (*Log, error) {
	options.SegmentBytes = cmp.Or(options.SegmentBytes, 4<<20)
	options.MaxBytes = cmp.Or(options.MaxBytes, 1<<30)
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	zip, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true),
		zstd.WithWindowSize(64<<10), zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderCRC(false))
	if err != nil {
		return nil, fault.As(fault.Internal, err, "preparing compression")
	}
	unzip, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxMemory(maxFrame))
	if err != nil {
		return nil, fault.As(fault.Internal, err, "preparing compression")
	}
	l := &Log{dir: dir, options: options, zip: zip, unzip: unzip, sizes: make(map[int]int64), retired: make(map[int]*os.File)}
	if err := l.open(); err != nil {
		unzip.Close()
		return nil, blame(err, "opening the journal %s", dir)
	}
	return l, nil
}

// open finds the segments and makes the newest one ready to be appended to.
func (l *Log) open() error {
	if err := os.Mkdir(l.dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	numbers, err := listSegments(l.dir)
	if err != nil {
		return err
	}
	for _, number := range numbers {
		info, err := os.Stat(segmentName(l.dir, number))
		if err != nil {
			return err
		}
		l.sizes[number] = info.Size()
	}
	if len(numbers) == 0 {
		return l.begin(1)
	}
	newest := numbers[len(numbers)-1]
	content, err := os.ReadFile(segmentName(l.dir, newest))
	if err != nil {
		return err
	}
	if len(content) < len(magic) {
		return l.begin(newest)
	}
	good := goodEnd(content)
	if good == 0 { // not ours: leave it for Replay to report, and go on behind it
		return l.begin(newest + 1)
	}
	file, err := os.OpenFile(segmentName(l.dir, newest), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	l.file, l.end = file, Position{Segment: newest, Offset: good}
	if torn := int64(len(content)) - good; torn > 0 {
		l.options.Log.Warn("cut off an unfinished write at the end of the journal", "bytes", torn)
		l.torn = true
	}
	return l.mend()
}

// goodEnd returns where the good part of a newest segment ends.
func goodEnd(content []byte) int64 {
	all := frames(content)
	if len(all) == 0 {
		return int64(len(content))
	}
	if newest := all[len(all)-1]; !newest.good {
		return newest.start
	}
	return all[len(all)-1].end
}

// begin starts the segment with a number. The caller holds mu, or is open.
func (l *Log) begin(number int) error {
	file, err := os.OpenFile(segmentName(l.dir, number), os.O_WRONLY|os.O_CREATE|os.O_TRUNC|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	if _, err := file.WriteString(magic); err != nil {
		_ = file.Close()
		_ = os.Remove(segmentName(l.dir, number))
		return err
	}
	if err := syncDir(l.dir); err != nil {
		_ = file.Close()
		return err
	}
	if l.file != nil {
		l.retired[l.end.Segment] = l.file
	}
	l.file, l.torn, l.unsaved = file, false, true
	l.end = Position{Segment: number, Offset: int64(len(magic))}
	l.sizes[number] = l.end.Offset
	return nil
}

// mend cuts off what an unfinished write left behind.
func (l *Log) mend() error {
	if !l.torn {
		return nil
	}
	if err := l.file.Truncate(l.end.Offset); err != nil {
		return err
	}
	l.torn = false
	l.sizes[l.end.Segment] = l.end.Offset
	return nil
}

// Append writes the definitions and the record, in one piece: after an error
// nothing of them is in the log. It survives the end of the process when Append
// returns, and a power cut when Sync returns. The record may be nil.
func (l *Log) Append(definitions []Definition, rec *Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.buffer = beginFrame(l.buffer[:0])
	l.buffer = appendEntry(l.buffer, definitions, rec, l.pack)
	endFrame(l.buffer, 0)
	if err := l.append(l.buffer); err != nil {
		return blame(err, "writing to the journal %s", l.dir)
	}
	const keep = 1 << 20
	if cap(l.buffer) > keep {
		l.buffer = nil
	}
	return nil
}

func (l *Log) pack(dst, src []byte) []byte { return l.zip.EncodeAll(src, dst) }

func (l *Log) append(data []byte) error {
	if len(data)-headerSize > maxFrame {
		return fault.New(fault.Config, "an entry of %d bytes is too long", len(data))
	}
	if size := l.size() + int64(len(data)); size > l.options.MaxBytes {
		return fault.New(fault.Unreachable, "it would grow to %d bytes, and may have %d", size, l.options.MaxBytes).
			WithHint("The journal grows while the database cannot be written; look for an earlier message about that.")
	}
	if err := l.mend(); err != nil {
		return err
	}
	if l.end.Offset > int64(len(magic)) && l.end.Offset+int64(len(data)) > l.options.SegmentBytes {
		if err := l.begin(l.end.Segment + 1); err != nil {
			return err
		}
	}
	n, err := l.file.Write(data)
	if err != nil {
		l.torn = n > 0
		return errors.Join(err, l.mend())
	}
	l.end.Offset += int64(n)
	l.written += int64(n)
	l.sizes[l.end.Segment] = l.end.Offset
	l.unsaved = true
	return nil
}

// End returns the position behind the last entry.
func (l *Log) End() Position {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.end
}

// Advance makes the log go on at or behind a position. It is needed after a
// power cut that took entries which a database already has.
func (l *Log) Advance(to Position) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.end.Compare(to) >= 0 {
		return nil
	}
	err := l.begin(max(to.Segment, l.end.Segment) + 1)
	return fault.Wrap(err, "advancing the journal %s", l.dir)
}

// Sync makes all that was appended survive a power cut. Writing goes on
// meanwhile.
func (l *Log) Sync() error {
	l.mu.Lock()
	file, unsaved, retired := l.file, l.unsaved, l.retired
	l.unsaved, l.retired = false, make(map[int]*os.File)
	l.mu.Unlock()
	var err error
	for _, old := range retired {
		err = errors.Join(err, old.Sync(), old.Close())
	}
	if unsaved && file != nil {
		// Closed means that somebody else retired and saved it meanwhile.
		if failed := file.Sync(); failed != nil && !errors.Is(failed, fs.ErrClosed) {
			err = errors.Join(err, failed)
			l.mu.Lock()
			l.unsaved = true
			l.mu.Unlock()
		}
	}
	if err != nil {
		return blame(err, "saving the journal %s", l.dir)
	}
	return nil
}

// Truncate removes the segments that end at or before a position.
func (l *Log) Truncate(before Position) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if before.Compare(l.end) >= 0 && l.end.Offset > int64(len(magic)) {
		if err := l.begin(l.end.Segment + 1); err != nil {
			return blame(err, "starting a journal segment in %s", l.dir)
		}
		before = l.end
	}
	for number := range l.sizes {
		if number >= before.Segment || number == l.end.Segment {
			continue
		}
		if err := os.Remove(segmentName(l.dir, number)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return blame(err, "removing a journal segment from %s", l.dir)
		}
		delete(l.sizes, number)
		if file := l.retired[number]; file != nil {
			_ = file.Close() // nobody needs it any more
			delete(l.retired, number)
		}
	}
	return nil
}

// Written returns how many bytes were appended since the log was opened.
func (l *Log) Written() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.written
}

// Size returns how many bytes the log has on disk.
func (l *Log) Size() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.size()
}

func (l *Log) size() int64 {
	total := int64(0)
	for _, size := range l.sizes {
		total += size
	}
	return total
}

// Close syncs the log and closes it. Nothing else may be called afterwards.
func (l *Log) Close() error {
	err := l.Sync()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return err
	}
	err = errors.Join(err, l.file.Close(), l.zip.Close())
	l.file = nil
	l.unzip.Close()
	return fault.Wrap(err, "closing the journal %s", l.dir)
}

func syncDir(dir string) error {
	d, err := os.Open(filepath.Clean(dir))
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		err = nil // some file systems cannot; they order it themselves
	}
	return errors.Join(err, d.Close())
}

// blame is fault.As for what the file system says.
func blame(err error, doing string, args ...any) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, io.ErrShortWrite) {
		return fault.As(fault.Unreachable, err, doing, args...).
			WithHint("The disk is full. Make room on the disk of the data folder; Unity goes on by itself.")
	}
	return fault.As(fault.Of(err), err, doing, args...)
}
