package sqlite

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// maxSeen bounds a search, so that a folder with a million files is not walked
// through every hour.
const maxSeen = 100_000

// finder looks for files.
type finder struct {
	files    plugin.Files
	patterns plugin.Globs
	exclude  plugin.Globs
	depth    int
	seen     int
	found    []string
	problems []error
}

// leaves reports whether a name is to be left out, as itself or as a path.
func (f *finder) leaves(name string) bool {
	return f.exclude.Match(path.Base(name)) || f.exclude.Match(name)
}

// search looks through a folder and those below. Symbolic links are not followed:
// they can lead anywhere, and in circles.
func (f *finder) search(ctx context.Context, folder string, depth int) {
	if depth > f.depth || ctx.Err() != nil || f.seen > maxSeen {
		return
	}
	entries, err := f.files.ReadDir(folder)
	if err != nil {
		// That one folder of many may not be looked into is no news.
		if depth == 1 {
			f.problems = append(f.problems, fault.As(fault.Of(err), err, "searching").WithHint("see whether the folder is there and Unity may read it"))
		}
		return
	}
	for _, entry := range entries {
		f.seen++
		name := path.Join(folder, entry.Name())
		switch {
		case f.leaves(name) || f.leaves(name+"/"):
		case entry.IsDir():
			f.search(ctx, name, depth+1)
		case entry.Type().IsRegular() && f.patterns.Match(entry.Name()):
			f.found = append(f.found, name)
		}
	}
}

// searchAll looks through all folders.
func (f *finder) searchAll(ctx context.Context, folders []string) {
	for _, folder := range folders {
		f.search(ctx, path.Clean(folder), 1)
	}
	if f.seen > maxSeen {
		f.problems = append(f.problems, fault.New(fault.Partial, "searching: there are more than %d files; the rest was left out", maxSeen).
			WithHint("name fewer folders in scan_directories, or lower scan_depth"))
	}
}

// expand returns the files that a pattern stands for. One without a star stands
// for itself, whether it is there or not.
func (f *finder) expand(pattern string) []string {
	pattern = path.Clean(pattern)
	if !strings.ContainsAny(pattern, `*?[\`) {
		return []string{pattern}
	}
	names := []string{"/"}
	for step := range strings.SplitSeq(strings.TrimPrefix(pattern, "/"), "/") {
		var next []string
		for _, folder := range names {
			if !strings.ContainsAny(step, `*?[\`) {
				next = append(next, path.Join(folder, step))
				continue
			}
			entries, err := f.files.ReadDir(folder)
			if errors.Is(err, fs.ErrPermission) {
				f.problems = append(f.problems, fault.As(fault.Permission, err, "looking for %s", pattern).WithHint("let Unity read the folder, or name the files one by one"))
			}
			for _, entry := range entries {
				if ok, err := path.Match(step, entry.Name()); err == nil && ok {
					next = append(next, path.Join(folder, entry.Name()))
				}
			}
		}
		names = next
	}
	kept := names[:0]
	for _, name := range names {
		if info, err := f.files.Stat(name); err == nil && info.Mode().IsRegular() && !f.leaves(name) {
			kept = append(kept, name)
		}
	}
	return kept
}
