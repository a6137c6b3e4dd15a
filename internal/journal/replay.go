package journal

import (
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/unity-homelab/unity/fault"
)

// Entry is what one Append wrote.
type Entry struct {
	// Start is where it is; the next entry is behind it.
	Start       Position
	Definitions []Definition
	Record      *Record // nil when only definitions were written
}

// Replay calls fn for each entry at or behind a position, in the order in which
// they were written, until fn returns an error. Entries that are damaged are
// left out, counted and logged; the rest of the log still comes.
func (l *Log) Replay(from Position, fn func(Entry) error) (Loss, error) {
	l.mu.Lock()
	numbers := slices.Sorted(maps.Keys(l.sizes))
	end := l.end
	l.mu.Unlock()
	var loss Loss
	for _, number := range numbers {
		if number < from.Segment {
			continue
		}
		content, err := os.ReadFile(segmentName(l.dir, number))
		if err != nil {
			return loss, blame(err, "reading the journal %s", l.dir)
		}
		if number == end.Segment {
			content = content[:min(int64(len(content)), end.Offset)]
		}
		if err := l.replay(number, content, from, &loss, fn); err != nil {
			return loss, err
		}
	}
	return loss, nil
}

func (l *Log) replay(number int, content []byte, from Position, loss *Loss, fn func(Entry) error) error {
	for _, frame := range frames(content) {
		start := Position{Segment: number, Offset: frame.start}
		if start.Compare(from) < 0 && (Position{Segment: number, Offset: frame.end}).Compare(from) <= 0 {
			continue
		}
		entry, err := l.entry(start, frame)
		if err != nil {
			loss.Entries++
			loss.Bytes += frame.end - frame.start
			l.options.Log.Warn("left out a damaged part of the journal",
				"segment", number, "offset", frame.start, "bytes", frame.end-frame.start, "error", err)
			continue
		}
		if err := fn(entry); err != nil {
			return err
		}
	}
	return nil
}

func (l *Log) entry(start Position, frame frame) (Entry, error) {
	if !frame.good {
		return Entry{}, fault.New(fault.BadAnswer, "checksum differs")
	}
	definitions, rec, err := decodeEntry(frame.payload, l.unpack)
	if err != nil {
		return Entry{}, fmt.Errorf("decoding: %w", err)
	}
	return Entry{Start: start, Definitions: definitions, Record: rec}, nil
}

func (l *Log) unpack(src []byte) ([]byte, error) { return l.unzip.DecodeAll(src, nil) }
