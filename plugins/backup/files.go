package backup

import (
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"math"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// files looks at what a script, rsync or a database dump leaves behind.
type files struct {
	config config
	host   plugin.Host
}

// read implements origin.
func (f *files) read(ctx context.Context, _ *memory) (*report, error) {
	r := &report{tool: kindFiles, location: f.config.Location}
	var t *thing
	var err error
	switch f.config.ReadAs {
	case readMarker:
		t, err = f.marker(r.location)
	case readStatus:
		t, err = f.status(r.location)
	case readLog:
		t, err = f.log(r.location)
	default:
		return r, f.look(ctx, r)
	}
	if err != nil {
		return nil, err
	}
	r.things = []*thing{t}
	return r, nil
}

// maxEntries bounds what is looked at.
const maxEntries = 100_000

// walk looks through folders, never through links.
type walk struct {
	ctx     context.Context //nolint:containedctx // of one walk
	f       *files
	entries int
	denied  []string
}

// found is what a walk saw of one thing.
type found struct {
	newest []point // the newest few, the newest last
	bytes  float64
	count  float64
}

// look makes things of the folder.
func (f *files) look(ctx context.Context, r *report) error {
	root := path.Clean(f.config.Location)
	info, err := f.host.Files.Stat(root)
	if err != nil {
		return f.unreadable(root, err)
	}
	w := &walk{ctx: ctx, f: f}
	total := new(float64)
	defer func() { r.bytes = total }()
	if !info.IsDir() {
		r.things = []*thing{{Name: root, Points: []point{{At: info.ModTime(), Size: float64(info.Size())}}}}
		*total = float64(info.Size())
		return nil
	}
	entries, err := f.host.Files.ReadDir(root)
	if err != nil {
		return f.unreadable(root, err)
	}
	if usage, err := f.host.Files.Usage(root); err == nil && usage.SizeBytes > 0 {
		free := float64(usage.AvailBytes)
		r.free = &free
	}
	if f.config.EachFolder {
		for _, e := range entries {
			if e.IsDir() {
				seen := new(found)
				err = w.folder(path.Join(root, e.Name()), f.config.Depth, seen)
				r.things = append(r.things, seen.thing(e.Name()))
				*total += seen.bytes
			}
			if err != nil {
				return err
			}
		}
	} else {
		seen := new(found)
		if err := w.folder(root, f.config.Depth, seen); err != nil {
			return err
		}
		r.things = []*thing{seen.thing(root)}
		*total = seen.bytes
	}
	w.complain(r)
	return nil
}

func (f *files) unreadable(name string, err error) error {
	hint := "check the path; see whether the disk is mounted"
	if fault.Of(err) == fault.Permission {
		hint = "let the user that runs Unity read it: setfacl -R -m u:unity:rX,d:u:unity:rX " + name
	}
	return fault.As(fault.Of(err), err, "looking at the backups").WithHint("%s", hint)
}

// folder looks at a folder and those in it.
func (w *walk) folder(name string, depth int, seen *found) error {
	if err := w.ctx.Err(); err != nil {
		return fault.As(fault.Of(err), err, "looking through %s", name)
	}
	entries, err := w.f.host.Files.ReadDir(name)
	if err != nil {
		w.denied = append(w.denied, name)
		return nil //nolint:nilerr // the rest is looked at, and the folder told of
	}
	for _, e := range entries {
		if w.entries++; w.entries > maxEntries {
			return nil
		}
		if e.IsDir() {
			if depth > 0 {
				if err := w.folder(path.Join(name, e.Name()), depth-1, seen); err != nil {
					return err
				}
			}
			continue
		}
		if len(w.f.config.Pattern) > 0 && !w.f.config.Pattern.Match(e.Name()) {
			continue
		}
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			seen.add(info)
		}
	}
	return nil
}

func (s *found) add(info fs.FileInfo) {
	s.bytes += float64(info.Size())
	s.count++
	s.newest = append(s.newest, point{At: info.ModTime(), Size: float64(info.Size())})
	if len(s.newest) > 64*habit {
		s.trim()
	}
}

// trim keeps the newest files only.
func (s *found) trim() {
	slices.SortFunc(s.newest, func(a, b point) int { return a.At.Compare(b.At) })
	s.newest = s.newest[max(0, len(s.newest)-habit):]
}

func (s *found) thing(name string) *thing {
	s.trim()
	return &thing{Name: name, Points: s.newest, Files: &s.count}
}

func (w *walk) complain(r *report) {
	if w.entries > maxEntries {
		r.problem(fault.New(fault.Partial, "looking through %s: there are more than %d files, the rest was not looked at", w.f.config.Location, maxEntries).
			WithHint("look less deep with max_depth, or use a marker"))
	}
	if len(w.denied) > 0 {
		r.problem(fault.New(fault.Permission, "looking through %s: %d folders cannot be read, such as %s", w.f.config.Location, len(w.denied), w.denied[0]).
			WithHint("let the user that runs Unity read them: setfacl -R -m u:unity:rX,d:u:unity:rX %s", w.f.config.Location))
	}
}

// marker is a file whose time says when the last success was.
func (f *files) marker(name string) (*thing, error) {
	info, err := f.host.Files.Stat(name)
	switch {
	case fault.Of(err) == fault.NotFound:
		return &thing{Name: name}, nil // never a success
	case err != nil:
		return nil, f.unreadable(name, err)
	}
	return &thing{Name: name, Points: []point{{At: info.ModTime(), Size: unknownSize}}}, nil
}

// when is a time as scripts write it: RFC 3339 or seconds since 1970.
type when struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler.
func (w *when) UnmarshalJSON(raw []byte) error {
	text := strings.Trim(string(raw), `"`)
	if at, ok := readTime(text, time.UTC); ok {
		w.Time = at
		return nil
	}
	if text == "null" || text == "" {
		return nil
	}
	return fault.New(fault.BadAnswer, "%q is not a time; write 2026-03-01T02:00:00Z or seconds since 1970", plugin.Shorten(text, 40))
}

// readTime reads a time in one of the forms that scripts and logs have.
func readTime(text string, zone *time.Location) (time.Time, bool) {
	if seconds, err := strconv.ParseFloat(text, 64); err == nil && seconds > 1e8 && seconds < 1e11 {
		whole, part := math.Modf(seconds)
		return time.Unix(int64(whole), int64(part*1e9)), true
	}
	for _, layout := range []string{
		time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04",
		"2006/01/02 15:04:05", "2006-01-02_15-04-05", "20060102T150405", "20060102-150405", "Mon Jan _2 15:04:05 2006", "Mon Jan _2 15:04:05 MST 2006", "2006-01-02",
	} {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

// status is what a script says after each attempt.
func (f *files) status(name string) (*thing, error) {
	raw, err := f.host.Files.ReadFile(name)
	switch {
	case fault.Of(err) == fault.NotFound:
		return &thing{Name: name}, nil
	case err != nil:
		return nil, f.unreadable(name, err)
	}
	var said struct {
		Name        string   `json:"name"`
		OK          *bool    `json:"ok"`
		LastSuccess when     `json:"last_success"`
		Size        *float64 `json:"size_bytes"`
		Added       *float64 `json:"added_bytes"`
		Files       *float64 `json:"files"`
		Duration    *float64 `json:"duration_seconds"`
		Message     string   `json:"message"`
	}
	if err := json.Unmarshal(raw, &said); err != nil {
		return nil, fault.New(fault.BadAnswer, "reading the status file %s: %v", name, err).
			WithHint(`it should look like {"last_success": "2026-03-01T02:00:00Z", "ok": true, "size_bytes": 1048576}`)
	}
	t := &thing{Name: name, Files: said.Files, Duration: said.Duration, Added: said.Added}
	if said.Name != "" {
		t.Name = said.Name
	}
	if !said.LastSuccess.IsZero() {
		p := point{At: said.LastSuccess.Time, Size: unknownSize}
		if said.Size != nil && *said.Size >= 0 {
			p.Size = *said.Size
		}
		t.Points = []point{p}
	}
	if said.OK != nil && !*said.OK {
		t.Failed, t.Failure = true, plugin.Shorten(said.Message, 200)
		if t.Failure == "" {
			t.Failure = "it does not say why"
		}
	}
	return t, nil
}

// maxLog is how much of the end of a log is read.
const maxLog = 1 << 20

// log finds the last line that tells of a success.
func (f *files) log(name string) (*thing, error) {
	expression, err := regexp.Compile(f.config.LogMatch)
	if err != nil {
		return nil, fault.As(fault.Config, err, "reading log_success")
	}
	file, err := f.host.Files.Open(name)
	switch {
	case fault.Of(err) == fault.NotFound:
		return &thing{Name: name}, nil
	case err != nil:
		return nil, f.unreadable(name, err)
	}
	defer func() { _ = file.Close() }() // only read
	info, err := file.Stat()
	if err != nil {
		return nil, f.unreadable(name, err)
	}
	if seeker, ok := file.(io.Seeker); ok && info.Size() > maxLog {
		if _, err := seeker.Seek(-maxLog, io.SeekEnd); err != nil {
			return nil, f.unreadable(name, err)
		}
	}
	text, err := io.ReadAll(io.LimitReader(file, 2*maxLog))
	if err != nil {
		return nil, f.unreadable(name, err)
	}
	t := &thing{Name: name}
	place := expression.SubexpIndex("time")
	for line := range strings.Lines(string(text)) {
		groups := expression.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
		if groups == nil {
			continue
		}
		at := info.ModTime()
		if place >= 0 {
			told, known := readTime(strings.TrimSpace(groups[place]), f.host.Now().Location())
			if at = told; !known {
				return nil, fault.New(fault.BadAnswer, "reading the log %s: %q is not a time", name, plugin.Shorten(groups[place], 40)).
					WithHint("let the group named time of log_success hold a time such as 2026-03-01 02:00:00")
			}
		}
		t.Points = []point{{At: at, Size: unknownSize}}
	}
	return t, nil
}
