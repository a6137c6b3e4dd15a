package follow

import (
	"errors"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/unity-homelab/unity/fault"
)

const (
	// maxDepth is how deep ** goes.
	maxDepth = 8
	// maxListed bounds how many folders are listed for one pattern.
	maxListed = 1000
)

// ValidPath says what is wrong with a path or pattern, or "".
func ValidPath(pattern string) string {
	switch _, err := path.Match(pattern, ""); {
	case !strings.HasPrefix(pattern, "/"):
		return "must begin with a slash"
	case strings.ContainsRune(pattern, 0):
		return "must not hold a byte of zero"
	case err != nil:
		return "has a bracket without its other half"
	default:
		return ""
	}
}

func isPattern(name string) bool { return strings.ContainsAny(name, `*?[\`) }

// expand returns the files that the paths stand for, sorted, and how many there
// are beyond the bound.
func (o Options) expand() (names []string, more int, problems []error) {
	seen := make(map[string]bool)
	for _, pattern := range o.Paths {
		pattern = path.Clean(pattern)
		if !isPattern(pattern) {
			seen[pattern] = true
			continue
		}
		w := walk{o: o, found: seen}
		w.enter("/", strings.Split(strings.TrimPrefix(pattern, "/"), "/"), 0)
		problems = append(problems, w.problems...)
	}
	for name := range seen {
		names = append(names, name)
	}
	slices.Sort(names)
	if len(names) > o.MaxFiles {
		more = len(names) - o.MaxFiles
		names = names[:o.MaxFiles]
	}
	return names, more, problems
}

// wants reports whether the name is one that the paths stand for.
func (o Options) wants(name string) bool {
	for _, pattern := range o.Paths {
		pattern = path.Clean(pattern)
		if pattern == name || isPattern(pattern) && matchParts(strings.Split(pattern, "/"), strings.Split(name, "/")) {
			return true
		}
	}
	return false
}

func matchParts(pattern, name []string) bool {
	for i, part := range pattern {
		if part == "**" {
			for skip := range len(name) - i + 1 {
				if matchParts(pattern[i+1:], name[i+skip:]) {
					return true
				}
			}
			return false
		}
		if i >= len(name) {
			return false
		}
		if ok, err := path.Match(part, name[i]); err != nil || !ok {
			return false
		}
	}
	return len(pattern) == len(name)
}

// walk lists the folders that a pattern leads through.
type walk struct {
	o        Options
	found    map[string]bool
	listed   int
	problems []error
}

func (w *walk) enter(folder string, parts []string, depth int) {
	part, rest := parts[0], parts[1:]
	switch {
	case part == "**" && depth > maxDepth:
		return
	case part == "**":
		if len(rest) == 0 {
			rest = []string{"*"}
		}
		w.enter(folder, rest, depth)
		for _, entry := range w.list(folder, depth > 0) {
			if entry.IsDir() {
				w.enter(path.Join(folder, entry.Name()), append([]string{"**"}, rest...), depth+1)
			}
		}
	case !isPattern(part):
		if len(rest) > 0 {
			w.enter(path.Join(folder, part), rest, depth)
		} else if info, err := w.o.Files.Stat(path.Join(folder, part)); err == nil && info.Mode().IsRegular() {
			w.found[path.Join(folder, part)] = true
		}
	default:
		for _, entry := range w.list(folder, false) {
			name := path.Join(folder, entry.Name())
			if ok, err := path.Match(part, entry.Name()); err != nil || !ok {
				continue
			}
			switch {
			case len(rest) > 0 && (entry.IsDir() || entry.Type()&fs.ModeSymlink != 0):
				w.enter(name, rest, depth)
			case len(rest) > 0 || entry.IsDir() || isRotated(entry.Name()):
			case entry.Type().IsRegular():
				w.found[name] = true
			case entry.Type()&fs.ModeSymlink != 0:
				if info, err := w.o.Files.Stat(name); err == nil && info.Mode().IsRegular() {
					w.found[name] = true
				}
			}
		}
	}
}

// list lists a folder. One that is not there holds nothing.
func (w *walk) list(folder string, optional bool) []fs.DirEntry {
	if w.listed++; w.listed > maxListed {
		return nil
	}
	entries, err := w.o.Files.ReadDir(folder)
	if err != nil && !optional && !errors.Is(err, fs.ErrNotExist) {
		w.problems = append(w.problems, explain(err, "looking for logs in "+folder))
	}
	return entries
}

// endings are how rotated files end: app.log.1, app.log.2.gz, app.log-20260301,
// app.log.2026-03-01, app-20260301.log, app.1.log.
func endings() *regexp.Regexp {
	return regexp.MustCompile(`(?:[._-]\d{1,4}|[._-]\d{4}-?\d{2}-?\d{2}(?:[._T-]?\d{1,10})?|\.old|\.bak)$`)
}

// compressed are the endings of files that hold no text as they are.
func compressed(name string) bool {
	switch path.Ext(name) {
	case ".gz", ".xz", ".bz2", ".zst", ".lz4", ".zip", ".Z":
		return true
	default:
		return false
	}
}

// isRotated reports whether a file's name is that of an earlier generation. A
// name like app-20260301.log is not: programs also begin such files anew each
// day, and write to them.
func isRotated(name string) bool { return compressed(name) || endings().MatchString(name) }

// isGeneration reports whether a file beside base may be an earlier generation
// of it.
func isGeneration(base, name string) bool {
	name = strings.TrimSuffix(name, ".gz")
	if rest, ok := strings.CutPrefix(name, base); ok && rest != "" {
		return endings().FindString(rest) == rest
	}
	extension := path.Ext(base)
	stem, ok := strings.CutSuffix(name, extension)
	if !ok || extension == "" {
		return false
	}
	rest, ok := strings.CutPrefix(stem, strings.TrimSuffix(base, extension))
	return ok && rest != "" && endings().FindString(rest) == rest
}

// explain makes a fault of what the file system said.
func explain(err error, doing string) error {
	cause := err
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		cause = e.Err
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fault.New(fault.NotFound, "%s: no such file", doing).
			WithHint("see whether the name is right, and whether Unity runs where the file is")
	case errors.Is(err, fs.ErrPermission):
		return fault.New(fault.Permission, "%s: permission denied", doing).
			WithHint("let the user that runs Unity read it; on Debian: usermod -aG adm USER, then start Unity again")
	default:
		return fault.As(fault.Of(err), cause, "%s", doing)
	}
}
