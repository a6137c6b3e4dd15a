package follow

import (
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
)

// reading is the reading of one file in one Read.
type reading struct {
	f       *Follower
	path    string
	from    []Place
	atStart bool // of what was never seen, everything is read
	// followed are all names that are followed; none of them is a generation of
	// another.
	followed map[string]bool
	left     *int64
	enough   <-chan struct{} // closed when the rest is better left for next time
	used     map[identity]bool
	line     func(path string, text []byte)
	file     File
}

// source is a generation that was found.
type source struct {
	io.ReaderAt
	id       identity
	size     func() int64
	modified time.Time
	// ended means that nothing can be added any more.
	ended bool
	done  func()
}

// run reads what was added to every generation and returns where each of them
// stands now.
func (r *reading) run(ctx context.Context) []Place {
	r.file.Path = r.path
	current, places, err := r.survey()
	if err != nil {
		r.file.Err = explain(err, "reading "+r.path)
		if current != nil {
			r.release(current)
		}
		return places
	}
	var kept []Place
	for i, place := range places {
		last := i == len(places)-1 && current != nil
		if ctx.Err() != nil || *r.left <= 0 {
			kept = append(kept, r.unread(current, places[i:])...)
			break
		}
		if last {
			end, err := r.scan(ctx, current.ReaderAt, &place)
			r.finish(end, err, current.size(), place)
			kept = append(kept, place)
			break
		}
		if next, ok := r.readOld(ctx, place); ok {
			kept = append(kept, next)
			if r.file.Lag > 0 { // its rest comes before what is newer
				kept = append(kept, r.unread(current, places[i+1:])...)
				break
			}
		}
	}
	if current != nil {
		r.release(current)
	}
	return kept
}

// survey finds out what happened to the file since its places were taken. It
// returns the file at the path, opened, and the generations to read.
func (r *reading) survey() (*opened, []Place, error) {
	info, err := r.f.stat(r.path)
	if errors.Is(err, fs.ErrNotExist) && len(r.from) > 0 {
		return nil, r.from, nil
	}
	if err != nil {
		return nil, r.from, err
	}
	current, id, err := r.f.take(r.path, identityOf(info))
	if err != nil {
		return nil, r.from, err
	}
	r.used[id] = true
	r.file.Size, r.file.Modified = current.size(), info.ModTime()
	places := slices.Clone(r.from)
	if len(places) == 0 {
		first, err := r.first(current, id)
		return current, first, err
	}
	last := &places[len(places)-1]
	switch same := last.identity() == id; {
	case same && r.file.Size >= last.Offset && last.matches(current):
		return current, places, nil
	case same:
		// It was emptied, and perhaps copied before.
		r.file.Rotations++
		if found := r.findCopy(*last); found != nil {
			last.Device, last.Inode = found.id.device, found.id.inode
			return current, append(append(places, r.between(found, id)...), placeAt(id, 0)), nil
		}
		*last = placeAt(id, 0)
		return current, places, nil
	default:
		r.file.Rotations++
		between := r.between(r.find(*last), id)
		return current, append(append(places, between...), placeAt(id, 0)), nil
	}
}

// first is the place in a file that was never seen before.
func (r *reading) first(current *opened, id identity) ([]Place, error) {
	head := make([]byte, 1024)
	n, err := current.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if !r.f.options.Encoding.wide() && slices.Contains(head[:n], 0) {
		return nil, fault.New(fault.Unsupported, "it holds bytes of zero, so it is no text in %s", cmp.Or(r.f.options.Encoding, UTF8)).
			WithHint("name another encoding, or leave the file out")
	}
	place := placeAt(id, 0)
	if r.atStart {
		return []Place{place}, nil
	}
	place.Offset = current.size()
	place.note(current)
	place.Skipping = place.Offset > 0 && !r.f.options.Encoding.endsLine(current, place.Offset)
	return []Place{place}, nil
}

// readOld reads the rest of an earlier generation. It reports false when that
// generation is finished, or lost.
func (r *reading) readOld(ctx context.Context, place Place) (Place, bool) {
	old := r.find(place)
	if old == nil {
		r.file.Lost++
		return place, false
	}
	defer old.done()
	place.Device, place.Inode = old.id.device, old.id.inode // a copy has its own
	began := place.Offset
	end, err := r.scan(ctx, old.ReaderAt, &place)
	r.finish(end, err, old.size(), place)
	switch {
	case err != nil && old.ended:
		r.file.Lost++
		return place, false
	case !end:
		return place, true
	}
	unchanged := place.Offset == began
	if old.ended || unchanged && place.Quiet {
		r.tellRest(old.ReaderAt, place)
		return place, false
	}
	place.Quiet = unchanged
	return place, true
}

// finish notes how far a generation was read.
func (r *reading) finish(end bool, err error, size int64, place Place) {
	if err != nil {
		r.file.Err = explain(err, "reading "+r.path)
	}
	if !end && err == nil {
		r.file.Lag += max(0, size-place.Offset)
	}
}

// unread notes what is not read in this Read at all, and returns it.
func (r *reading) unread(current *opened, places []Place) []Place {
	if current != nil && len(places) > 0 {
		last := &places[len(places)-1]
		r.file.Lag += max(0, r.file.Size-last.Offset)
		last.note(current)
	}
	return places
}

// take returns the file, which may be open already, and which one it is.
func (f *Follower) take(name string, id identity) (*opened, identity, error) {
	if held := f.open[id]; held != nil {
		return held, id, nil
	}
	file, id, err := openFile(f.options.Files, name)
	if err != nil {
		return nil, identity{}, err
	}
	if id != (identity{}) {
		if held := f.open[id]; held != nil { // renamed between looking and opening
			file.close()
			return held, id, nil
		}
		f.open[id] = file
	}
	return file, id, nil
}

// release closes a file that cannot be kept, for nothing tells it from others.
func (r *reading) release(file *opened) {
	for _, held := range r.f.open {
		if held == file {
			return
		}
	}
	file.close()
}

// find returns the generation that a place is in, wherever it is now, or nil.
// An inode that became free is soon another file's, so that only the bytes
// before the place prove that this is it.
func (r *reading) find(place Place) *source {
	id := place.identity()
	if held := r.f.open[id]; held != nil && place.matches(held) {
		r.used[id] = true
		found := &source{ReaderAt: held, id: id, size: held.size, done: func() {}}
		if info, err := held.file.Stat(); err == nil {
			found.modified = info.ModTime()
		}
		return found
	}
	if id != (identity{}) {
		for _, entry := range r.siblings(true) {
			if entry.id != id {
				continue
			}
			if found := r.openSibling(entry, place); found != nil {
				return found
			}
		}
	}
	return r.findCopy(place)
}

// openSibling opens a file at a place, or returns nil when the place is not in
// it.
func (r *reading) openSibling(entry sibling, place Place) *source {
	if compressed(entry.name) {
		return r.openCompressed(entry, place)
	}
	file, id, err := r.f.take(entry.name, entry.id)
	if err != nil {
		return nil
	}
	if id != entry.id || file.size() < place.Offset || !place.matches(file) {
		r.release(file)
		return nil
	}
	r.used[id] = true
	return &source{ReaderAt: file, id: id, size: file.size, modified: entry.modified, done: func() { r.release(file) }}
}

// sibling is a file beside the one that is followed.
type sibling struct {
	name     string
	id       identity
	modified time.Time
	rotated  bool // by its name
}

// siblings lists the files beside the one that is followed, the newest first;
// only those that look like earlier generations, unless all are wanted.
func (r *reading) siblings(all bool) []sibling {
	folder, base := path.Split(r.path)
	entries, err := r.f.options.Files.ReadDir(path.Clean(folder))
	if err != nil {
		return nil
	}
	var found []sibling
	for _, entry := range entries {
		name := folder + entry.Name()
		rotated := isGeneration(base, entry.Name())
		if !entry.Type().IsRegular() || name == r.path || r.followed[name] || !rotated && !all {
			continue
		}
		info, err := entry.Info()
		if err != nil {
			continue // gone meanwhile
		}
		found = append(found, sibling{name: name, id: identityOf(info), modified: info.ModTime(), rotated: rotated})
	}
	slices.SortFunc(found, func(a, b sibling) int {
		return cmp.Or(b.modified.Compare(a.modified), strings.Compare(a.name, b.name))
	})
	return found
}

// maxUnpacked is how many compressed files are looked into for one place.
const maxUnpacked = 8

// findCopy returns the newest file beside the one that is followed which holds
// the bytes before the place, or nil.
func (r *reading) findCopy(place Place) *source {
	if !place.known() {
		return nil // a copy could be told by nothing
	}
	unpacked := 0
	for _, entry := range r.siblings(false) {
		if compressed(entry.name) {
			if unpacked++; unpacked > maxUnpacked {
				continue
			}
		}
		if found := r.openSibling(entry, place); found != nil {
			return found
		}
	}
	return nil
}

// between returns the generations that were begun after the given one and
// rotated away before anybody looked.
func (r *reading) between(old *source, current identity) []Place {
	if old == nil {
		return nil
	}
	defer old.done()
	var places []Place
	for _, entry := range slices.Backward(r.siblings(false)) {
		if !entry.modified.After(old.modified) || entry.id == old.id || entry.id == current {
			continue
		}
		place := placeAt(entry.id, 0)
		if found := r.openSibling(entry, place); found != nil {
			place.note(found)
			found.done()
			places = append(places, place)
		}
	}
	return places
}
