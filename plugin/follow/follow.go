// Package follow reads what was added to logs since the last time, for plugins:
// to files, through every kind of rotation, and to the journal of systemd.
//
// Where reading stopped is a value: [Places] for files, [Cursor] for the
// journal. A collector keeps it in its plugin.State together with what it
// counted up to there, begins each collection with what was kept, and so counts
// no line twice and misses none, whenever it is stopped. A [Follower] adds to
// this only what makes it faster or finds more: files that stay open, so that
// the rest of one that was deleted can still be read.
//
// A file that is followed has generations:
//
//	app.log.2.gz   app.log.1        app.log
//	│ read         │ read    │ not  │ not read yet
//	└──────────────┴─────────┴──────┴───────────────
//	                         ▲ the place, before rotation
//
// A rotation by renaming leaves the old generation at another name; one by
// copying and truncating leaves a copy there; both may be compressed at once.
// The generation is found again by its device and inode or, as a copy, by the
// bytes before the place. It is read to its end before the next one is begun,
// and looked at once more in the next collection, because a program may go on
// writing to the renamed file until it is told of the rotation.
package follow

import (
	"context"
	"io/fs"
	"maps"
	"path"
	"slices"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// Bounds that hold where the options say nothing.
const (
	defaultMaxFiles     = 100
	defaultMaxLineBytes = 64 << 10
	defaultMaxReadBytes = 256 << 20
)

// Options say what is followed.
type Options struct {
	Files plugin.Files
	// Paths are names of files, or patterns of them: a star stands for any part
	// of a name, ** for any folders. Rotated and compressed files that a pattern
	// matches are left out.
	Paths []string
	// MaxFiles bounds how many files are followed at once; 100 when zero.
	MaxFiles int
	// FromStart reads what a file holds when it is first seen. Without it only
	// what is added later is read. Files that appear later are always read from
	// their start.
	FromStart bool
	// Encoding is that of the text; UTF8 when empty.
	Encoding Encoding
	// MaxLineBytes is where longer lines are cut; 64 KiB when zero.
	MaxLineBytes int
	// MaxReadBytes bounds what one Read reads; 256 MiB when zero. What is left
	// is read next time.
	MaxReadBytes int64
}

// Places are where reading stopped, in every file that is followed. They
// marshal to JSON.
type Places struct {
	// Paths are those of the options that the places are of.
	Paths []string `json:"paths"`
	// Files are the generations of each file that are being read, the oldest
	// first; the last one is at the file's own name.
	Files map[string][]Place `json:"files"`
}

// File is what became of one file in a Read.
type File struct {
	Path string
	// Size and Modified are of the file at the path; zero when it is gone.
	Size     int64
	Modified time.Time
	// Lag is how much of the file and its earlier generations is not read yet;
	// a line that has no end yet is no lag.
	Lag int64
	// Lines and Bytes were read this time.
	Lines, Bytes int64
	// Cut is how many lines were longer than the bound, and so cut.
	Cut int64
	// Rotations were noticed this time.
	Rotations int
	// Lost is how many generations could not be found again after a rotation,
	// so that what was added to them last, if anything, was not read.
	Lost int
	// Err says why the file could not be read, or not to its end.
	Err error
}

// Report is what a Read came to.
type Report struct {
	Files []File
	// More is how many files matched beyond the bound.
	More int
	// Problems are folders that could not be listed.
	Problems []error
}

// Follower follows files. It is for one goroutine at a time.
type Follower struct {
	options Options
	buffer  []byte
	open    map[identity]*opened
}

// New returns a follower. Nothing is opened yet.
func New(o Options) *Follower {
	if o.MaxFiles <= 0 {
		o.MaxFiles = defaultMaxFiles
	}
	if o.MaxLineBytes <= 0 {
		o.MaxLineBytes = defaultMaxLineBytes
	}
	if o.MaxReadBytes <= 0 {
		o.MaxReadBytes = defaultMaxReadBytes
	}
	return &Follower{options: o, open: make(map[identity]*opened)}
}

// Close closes the files that were kept open.
func (f *Follower) Close() error {
	for id, file := range f.open {
		file.close()
		delete(f.open, id)
	}
	return nil
}

// Read calls line for every line that was added since from, without its end,
// and returns the places up to which that holds. The text is UTF-8 as far as the
// file's is; it is valid only during the call. A nil from is the first time.
//
// An error means that nothing is to be followed, or that ctx ended; the places
// are then still right for the lines that were told. What concerns one file is
// in the report.
func (f *Follower) Read(ctx context.Context, from *Places, line func(path string, text []byte)) (*Places, Report, error) {
	var report Report
	names, more, problems := f.options.expand()
	report.More, report.Problems = more, problems
	to := &Places{Paths: slices.Clone(f.options.Paths), Files: make(map[string][]Place, len(names))}
	// Files that were there before anybody looked are not new.
	fresh := from != nil && slices.Equal(from.Paths, f.options.Paths)
	known := make(map[string][]Place)
	if from != nil {
		maps.Copy(known, from.Files)
	}
	followed := make(map[string]bool, len(names))
	for _, name := range names {
		followed[name] = true
	}
	for name := range known {
		if !followed[name] && f.options.wants(name) {
			names = append(names, name) // it is gone, and may have left a rest
		}
	}
	slices.Sort(names)
	f.adopt(names, known)

	// A run that is cut off keeps nothing; one that ends in time goes on from
	// there, however slow the disk.
	enough := ctx
	if end, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		enough, cancel = context.WithTimeout(ctx, time.Until(end)*3/4)
		defer cancel()
	}
	left := f.options.MaxReadBytes
	used := make(map[identity]bool)
	var stopped error
	for _, name := range names {
		if stopped != nil {
			if places := known[name]; places != nil {
				to.Files[name] = places
			}
			continue
		}
		r := reading{
			f: f, path: name, from: known[name], atStart: fresh || f.options.FromStart,
			followed: followed, left: &left, enough: enough.Done(), used: used, line: line,
		}
		places := r.run(ctx)
		if len(places) > 0 {
			to.Files[name] = places
		}
		if fault.Of(r.file.Err) != fault.NotFound || slices.Contains(f.options.Paths, name) {
			report.Files = append(report.Files, r.file) // others are gone since they were listed
		}
		stopped = ctx.Err()
	}
	for id, file := range f.open {
		if !used[id] {
			file.close()
			delete(f.open, id)
		}
	}
	if stopped != nil {
		return to, report, fault.Wrap(stopped, "reading logs")
	}
	return to, report, nil
}

// adopt gives the places in rotated files that are themselves followed, because
// a path matches both names, to the new name.
func (f *Follower) adopt(names []string, known map[string][]Place) {
	for _, name := range names {
		if known[name] != nil {
			continue
		}
		for _, before := range names {
			places := known[before]
			if len(places) == 0 || path.Dir(before) != path.Dir(name) || !isGeneration(path.Base(before), path.Base(name)) {
				continue
			}
			last := places[len(places)-1]
			file, id, err := openFile(f.options.Files, name)
			if err != nil {
				continue
			}
			right := file.size() >= last.Offset && last.matches(file)
			file.close()
			if !right || !last.known() && id != last.identity() {
				continue
			}
			if id == last.identity() {
				known[before] = append(slices.Clone(places[:len(places)-1]), placeAt(identity{}, 0))
			}
			last.Device, last.Inode = id.device, id.inode
			known[name] = []Place{last}
			break
		}
	}
}

// stat returns what is at the name, or nil when nothing is.
func (f *Follower) stat(name string) (fs.FileInfo, error) {
	info, err := f.options.Files.Stat(name)
	if err == nil && !info.Mode().IsRegular() {
		return nil, fault.New(fault.Unsupported, "reading %s: it is not a file", name)
	}
	return info, err
}
