package follow

import (
	"bytes"
	"context"
	"errors"
	"io"
)

// chunkBytes is how much is read at a time. A follower keeps as much between
// readings.
const chunkBytes = 64 << 10

// scan tells every whole line after the place and moves it. It reports whether
// the end was reached.
func (r *reading) scan(ctx context.Context, from io.ReaderAt, place *Place) (end bool, err error) {
	longest := r.f.options.MaxLineBytes
	if r.f.buffer == nil {
		r.f.buffer = make([]byte, chunkBytes+longest)
	}
	buffer, kept, began := r.f.buffer, 0, place.Offset
	for !end && ctx.Err() == nil && *r.left > 0 {
		room := buffer[kept:]
		room = room[:min(int64(len(room)), *r.left)]
		n, failed := from.ReadAt(room, place.Offset+int64(kept))
		*r.left -= int64(n)
		if end = errors.Is(failed, io.EOF); failed != nil && !end {
			err = failed
			break
		}
		rest := r.split(buffer[:kept+n], place)
		if len(rest) > longest {
			if !place.Skipping {
				r.file.Cut++
				r.tell(rest[:longest])
			}
			place.Skipping = true
			place.Offset += int64(len(rest))
			rest = nil
		}
		kept = copy(buffer, rest)
		select {
		case <-r.enough:
			*r.left = 0
		default:
		}
	}
	r.file.Bytes += place.Offset - began
	place.note(from)
	return end, err
}

// split tells the lines of a text that begins at the place, moves the place
// behind them and returns what comes after the last.
func (r *reading) split(text []byte, place *Place) []byte {
	begin := 0
	if place.Offset == 0 {
		begin = r.f.options.Encoding.mark(text)
	}
	for {
		length, ending := r.f.options.Encoding.lineEnd(text[begin:])
		if length < 0 {
			break
		}
		line := text[begin : begin+length]
		begin += length + ending
		switch {
		case place.Skipping:
			place.Skipping = false
			continue
		case len(line) > r.f.options.MaxLineBytes:
			r.file.Cut++
			line = line[:r.f.options.MaxLineBytes]
		}
		r.tell(line)
	}
	place.Offset += int64(begin)
	return text[begin:]
}

// tell hands a line out.
func (r *reading) tell(line []byte) {
	line = r.f.options.Encoding.decode(line)
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	r.file.Lines++
	r.line(r.path, line)
}

// tellRest tells a last line that nobody ended.
func (r *reading) tellRest(from io.ReaderAt, place Place) {
	rest := make([]byte, r.f.options.MaxLineBytes)
	n, err := from.ReadAt(rest, place.Offset)
	if n == 0 || place.Skipping || err != nil && !errors.Is(err, io.EOF) {
		return
	}
	r.file.Bytes += int64(n)
	r.tell(bytes.TrimSuffix(rest[:n], []byte("\n")))
}
