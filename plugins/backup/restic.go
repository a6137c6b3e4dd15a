package backup

import (
	"bytes"
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// restic reads a repository of restic.
type restic struct {
	config  config
	host    plugin.Host
	version string
}

// resticSnapshot is one of the list. Summary came with 0.17.
type resticSnapshot struct {
	ID       string    `json:"id"`
	Time     time.Time `json:"time"`
	Hostname string    `json:"hostname"`
	Paths    []string  `json:"paths"`
	Tags     []string  `json:"tags"`
	Summary  *struct {
		Begin time.Time `json:"backup_start"`
		End   time.Time `json:"backup_end"`
		Added *float64  `json:"data_added_packed"`
		Data  *float64  `json:"data_added"`
		Files *float64  `json:"total_files_processed"`
		Bytes *float64  `json:"total_bytes_processed"`
	} `json:"summary"`
}

func (x *restic) tool() tool {
	t := tool{name: kindRestic, config: x.config, host: x.host}
	t.explain = func(out plugin.Output) *fault.Error { return x.explain(t, out) }
	return t
}

// run runs restic on the repository. Nothing of it takes a lock.
func (x *restic) run(ctx context.Context, what string, args ...string) (plugin.Output, error) {
	password, err := x.config.Password.Reveal()
	if err != nil {
		return plugin.Output{}, fault.Wrap(err, "reading the password")
	}
	env := map[string]string{"RESTIC_PASSWORD": password, "RESTIC_PROGRESS_FPS": "0"}
	if x.config.Cache != "" {
		env["RESTIC_CACHE_DIR"] = x.config.Cache + "/restic"
	}
	return x.tool().run(ctx, what, env, append([]string{"-r", x.config.Location, "--no-lock"}, args...)...)
}

// read implements origin.
func (x *restic) read(ctx context.Context, kept *memory) (*report, error) {
	out, err := x.run(ctx, "listing the snapshots", "snapshots", "--json")
	if err != nil {
		return nil, err
	}
	var list []resticSnapshot
	if err := decode(out.Stdout, &list); err != nil {
		return nil, x.tool().unreadable("listing the snapshots", err)
	}
	x.learnVersion(ctx)
	r := &report{tool: kindRestic, version: x.version, location: masked(x.config.Location)}
	if lost := bytes.Count(out.Stderr, []byte("Ignoring")); lost > 0 {
		r.problem(fault.New(fault.Partial, "listing the snapshots of %s: %d could not be read", r.location, lost).
			WithHint("the repository may be damaged: restic check"))
	}
	newest := x.group(r, list)
	r.locks, r.locksKnown, err = x.locks(ctx)
	r.problem(err)
	x.measure(ctx, r, kept, newest)
	x.check(ctx, r, kept)
	return r, nil
}

// learnVersion asks once; nothing depends on it.
func (x *restic) learnVersion(ctx context.Context) {
	if x.version != "" {
		return
	}
	out, err := x.host.Commands.Run(ctx, plugin.Command{Name: kindRestic, Args: []string{"version"}})
	if words := strings.Fields(string(out.Stdout)); err == nil && len(words) > 1 {
		x.version = words[1]
	}
}

// group makes things of snapshots, and returns the newest of each.
func (x *restic) group(r *report, list []resticSnapshot) map[string]resticSnapshot {
	newest, things := make(map[string]resticSnapshot), make(map[string]*thing)
	for _, s := range list {
		if s.Time.IsZero() {
			continue
		}
		name := x.name(s)
		t := things[name]
		if t == nil {
			t = &thing{Name: name, Count: new(float64)}
			things[name] = t
			r.things = append(r.things, t)
		}
		*t.Count++
		p := point{At: s.Time, Size: unknownSize}
		if s.Summary != nil && s.Summary.Bytes != nil {
			p.Size = *s.Summary.Bytes
		}
		t.Points = append(t.Points, p)
		if s.Time.After(newest[name].Time) {
			newest[name] = s
		}
	}
	for name, s := range newest {
		if s.Summary == nil {
			continue
		}
		t := things[name]
		t.Files, t.Added = s.Summary.Files, s.Summary.Added
		if t.Added == nil {
			t.Added = s.Summary.Data
		}
		if took := s.Summary.End.Sub(s.Summary.Begin).Seconds(); took > 0 && !s.Summary.Begin.IsZero() {
			t.Duration = &took
		}
	}
	return newest
}

// name is what a snapshot is of.
func (x *restic) name(s resticSnapshot) string {
	var parts []string
	for _, by := range x.config.GroupBy {
		switch by {
		case "host":
			parts = append(parts, s.Hostname)
		case "paths":
			paths := slices.Sorted(slices.Values(s.Paths))
			parts = append(parts, strings.Join(paths, ","))
		case "tags":
			parts = append(parts, strings.Join(slices.Sorted(slices.Values(s.Tags)), ","))
		}
	}
	if name := strings.Trim(strings.Join(parts, ":"), ":"); name != "" {
		return name
	}
	return "without name"
}

// maxLocks bounds the locks that are looked at one by one.
const maxLocks = 5

var lockID = regexp.MustCompile(`^[0-9a-f]{64}$`)

// locks looks at the locks, of which each says who holds it since when.
func (x *restic) locks(ctx context.Context) ([]lock, bool, error) {
	out, err := x.run(ctx, "listing the locks", "list", "locks")
	if err != nil {
		return nil, false, err
	}
	locks := []lock{}
	for line := range strings.Lines(string(out.Stdout)) {
		id := strings.TrimSpace(line)
		if !lockID.MatchString(id) {
			continue
		}
		one := lock{Holder: "somebody"}
		if len(locks) < maxLocks {
			if one, err = x.lock(ctx, id); err != nil {
				continue // it was released meanwhile
			}
		}
		locks = append(locks, one)
	}
	return locks, true, nil
}

func (x *restic) lock(ctx context.Context, id string) (lock, error) {
	out, err := x.run(ctx, "looking at a lock", "cat", "lock", id)
	if err != nil {
		return lock{}, err
	}
	var said struct {
		Time      time.Time
		Exclusive bool
		Hostname  string
		Username  string
	}
	if err := decode(out.Stdout, &said); err != nil {
		return lock{}, x.tool().unreadable("looking at a lock", err)
	}
	return lock{Since: said.Time, Holder: said.Username + "@" + said.Hostname, Exclusive: said.Exclusive}, nil
}

// maxMeasured bounds the snapshots whose size is asked for one by one, which
// older versions of restic need.
const maxMeasured = 10

// measure asks for sizes where it is time, and takes those of last time else.
func (x *restic) measure(ctx context.Context, r *report, kept *memory, newest map[string]resticSnapshot) {
	if due(x.config.Stats, kept.StatsAt, x.host.Now()) {
		kept.StatsAt = x.host.Now()
		measured, err := x.stats(ctx, newest)
		r.problem(err)
		if err == nil {
			kept.Stats = measured
		}
	}
	if kept.Stats == nil || x.config.Stats == 0 {
		return
	}
	r.bytes, r.uncompressed, r.compression = kept.Stats.Bytes, kept.Stats.Uncompressed, kept.Stats.Compression
	for _, t := range r.things {
		known, there := kept.Stats.Newest[newest[t.Name].ID]
		if !there {
			continue
		}
		for i := range t.Points {
			if t.Points[i].At.Equal(newest[t.Name].Time) && known.Size != nil && t.Points[i].Size < 0 {
				t.Points[i].Size = *known.Size
			}
		}
		if t.Files == nil {
			t.Files = known.Files
		}
	}
}

func (x *restic) stats(ctx context.Context, newest map[string]resticSnapshot) (*stats, error) {
	out, err := x.run(ctx, "measuring", "stats", "--json", "--mode", "raw-data")
	if err != nil {
		return nil, err
	}
	var raw struct {
		Size         *float64 `json:"total_size"`
		Uncompressed *float64 `json:"total_uncompressed_size"`
		Compression  *float64 `json:"compression_ratio"`
	}
	if err := decode(out.Stdout, &raw); err != nil {
		return nil, x.tool().unreadable("measuring", err)
	}
	s := &stats{Bytes: raw.Size, Uncompressed: positive(raw.Uncompressed), Compression: positive(raw.Compression), Newest: make(map[string]details)}
	for _, snapshot := range newest {
		if snapshot.Summary != nil || len(s.Newest) == maxMeasured {
			continue
		}
		out, err := x.run(ctx, "measuring a snapshot", "stats", "--json", "--mode", "restore-size", snapshot.ID)
		if err != nil {
			return s, err
		}
		var one struct {
			Size  *float64 `json:"total_size"`
			Files *float64 `json:"total_file_count"`
		}
		if err := decode(out.Stdout, &one); err != nil {
			return s, x.tool().unreadable("measuring a snapshot", err)
		}
		s.Newest[snapshot.ID] = details{Size: one.Size, Files: one.Files}
	}
	return s, nil
}

func positive(value *float64) *float64 {
	if value == nil || *value <= 0 {
		return nil
	}
	return value
}

// check checks the repository where it is time and nothing else works on it.
func (x *restic) check(ctx context.Context, r *report, kept *memory) {
	if x.config.Check > 0 {
		r.check = kept.Check
	}
	now := x.host.Now()
	if len(r.locks) > 0 || !due(x.config.Check, kept.CheckAt, now) {
		return
	}
	kept.CheckAt = now
	out, err := x.run(ctx, "checking", "check")
	said := string(out.Stdout) + "\n" + string(out.Stderr)
	switch {
	case err == nil:
		r.check = &check{At: now, OK: true, Text: "no damage was found"}
	case strings.Contains(said, "contains errors"), strings.Contains(said, "does not exist"), strings.Contains(said, "not found in index"):
		r.check = &check{At: now, OK: false, Text: damage(said)}
	default:
		r.problem(err)
	}
}

// damage is the first line that names what is damaged.
func damage(said string) string {
	for line := range strings.Lines(said) {
		line = strings.TrimSpace(line)
		if strings.Contains(line, "does not exist") || strings.Contains(line, "error") || strings.Contains(line, "not found") || strings.Contains(line, "mismatch") {
			return plugin.Shorten(line, 160)
		}
	}
	return "it contains errors"
}

// explain says what restic complained of.
func (x *restic) explain(t tool, out plugin.Output) *fault.Error {
	said := lastWords(out.Stderr)
	lower := strings.ToLower(string(out.Stderr))
	switch {
	case out.ExitCode == 12, strings.Contains(lower, "wrong password or no key found"):
		return fault.New(fault.Auth, "the password is wrong").WithHint("set the password that the backups are made with")
	case strings.Contains(lower, "an empty password is not"):
		return fault.New(fault.Auth, "the password is empty").WithHint("set the password that the backups are made with")
	case out.ExitCode == 11, strings.Contains(lower, "repository is already locked"):
		return fault.New(fault.Conflict, "the repository is locked").WithHint("wait until the other restic is done, or restic unlock")
	}
	if f := t.cause(string(out.Stderr)); f != nil {
		return f
	}
	switch {
	case out.ExitCode == 10, strings.Contains(lower, "is there a repository at the following location"):
		return fault.New(fault.NotFound, "there is no repository").WithHint("check the address; restic init makes a new one")
	case strings.Contains(lower, "config or key") && strings.Contains(lower, "damaged"), strings.Contains(lower, "ciphertext verification failed"):
		return fault.New(fault.BadAnswer, "the repository is damaged: %s", said).WithHint("restic check says what is lost")
	default:
		return fault.New(fault.BadAnswer, "restic says: %s", said)
	}
}

// lastWords is the line that says why: what begins with Fatal, or the first.
func lastWords(text []byte) string {
	first := ""
	for line := range bytes.Lines(text) {
		line := strings.TrimSpace(string(line))
		var message struct {
			Message string `json:"message"`
		}
		if json.Unmarshal([]byte(line), &message) == nil && message.Message != "" {
			line = message.Message // since 0.17, with --json
		}
		if rest, found := strings.CutPrefix(line, "Fatal: "); found {
			return plugin.Shorten(rest, 160)
		}
		if first == "" {
			first = line
		}
	}
	if first == "" {
		return "nothing"
	}
	return plugin.Shorten(first, 160)
}
