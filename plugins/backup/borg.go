package backup

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"regexp"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// borg reads a repository of Borg 1.
type borg struct {
	config  config
	host    plugin.Host
	version string
}

// borgArchive is one archive, in the list or by itself.
type borgArchive struct {
	ID       string  `json:"id"`
	Name     string  `json:"name"`
	Start    string  `json:"start"`
	Duration float64 `json:"duration"`
	Stats    *struct {
		Original *float64 `json:"original_size"`
		Added    *float64 `json:"deduplicated_size"`
		Files    *float64 `json:"nfiles"`
	} `json:"stats"`
}

func (x *borg) tool() tool {
	t := tool{name: kindBorg, config: x.config, host: x.host}
	t.explain = func(out plugin.Output) *fault.Error { return x.explain(t, out) }
	return t
}

// run runs Borg. Nothing of it takes or waits for a lock.
func (x *borg) run(ctx context.Context, what string, args ...string) (plugin.Output, error) {
	password, err := x.config.Password.Reveal()
	if err != nil {
		return plugin.Output{}, fault.Wrap(err, "reading the password")
	}
	env := map[string]string{"BORG_PASSPHRASE": password, "BORG_EXIT_CODES": "legacy", "BORG_RSH": "ssh -oBatchMode=yes"}
	if x.config.Trust {
		env["BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK"] = "yes"
		env["BORG_RELOCATED_REPO_ACCESS_IS_OK"] = "yes"
	}
	if x.config.Cache != "" {
		env["BORG_BASE_DIR"] = x.config.Cache + "/borg"
	}
	return x.tool().run(ctx, what, env, append([]string{"--log-json", "--bypass-lock"}, args...)...)
}

// read implements origin.
func (x *borg) read(ctx context.Context, kept *memory) (*report, error) {
	if err := x.learnVersion(ctx); err != nil {
		return nil, err
	}
	out, err := x.run(ctx, "listing the archives", "list", "--json", x.config.Location)
	if err != nil {
		return nil, err
	}
	var list struct{ Archives []borgArchive }
	if err := decode(out.Stdout, &list); err != nil {
		return nil, x.tool().unreadable("listing the archives", err)
	}
	r := &report{tool: kindBorg, version: x.version, location: masked(x.config.Location)}
	newest := x.group(r, list.Archives)
	r.problem(x.locks(r))
	x.measure(ctx, r, kept, newest)
	x.check(ctx, r, kept)
	return r, nil
}

// learnVersion asks once. Borg 2 has other commands and another repository.
func (x *borg) learnVersion(ctx context.Context) error {
	if x.version != "" {
		return nil
	}
	out, err := x.tool().run(ctx, "reading", map[string]string{}, "--version")
	if err != nil {
		return err
	}
	words := strings.Fields(string(out.Stdout))
	if len(words) != 2 || words[0] != kindBorg {
		return fault.New(fault.BadAnswer, "asking borg for its version: %q is not one", plugin.Shorten(string(out.Stdout), 60))
	}
	if strings.HasPrefix(words[1], "2.") {
		return fault.New(fault.Unsupported, "reading %s: Borg %s is not supported", masked(x.config.Location), words[1]).WithHint("use Borg 1.1 to 1.4")
	}
	x.version = words[1]
	return nil
}

// suffix finds what tells the archives of one thing apart: a date, a time, a
// number, at the end of the name.
var suffix = regexp.MustCompile(`[-_.:+T]*(?:\d{2,}|(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*)(?:[-_.:+TZ]*\d+)*Z?$`)

// group makes things of archives, and returns the newest of each.
func (x *borg) group(r *report, list []borgArchive) map[string]borgArchive {
	newest, things := make(map[string]borgArchive), make(map[string]*thing)
	for _, a := range list {
		at, err := x.time(a.Start)
		if err != nil {
			r.problem(err)
			continue
		}
		name := suffix.ReplaceAllString(a.Name, "")
		if name == "" {
			name = "archives"
		}
		t := things[name]
		if t == nil {
			t = &thing{Name: name, Count: new(float64)}
			things[name] = t
			r.things = append(r.things, t)
		}
		*t.Count++
		t.Points = append(t.Points, point{At: at, Size: unknownSize})
		if before, there := newest[name]; !there || a.Start > before.Start {
			newest[name] = a
		}
	}
	return newest
}

// time reads a time of Borg 1, which has no zone: it is that of the machine that
// runs Borg, which is this one.
func (x *borg) time(text string) (time.Time, error) {
	at, err := time.ParseInLocation("2006-01-02T15:04:05.999999", text, x.host.Now().Location())
	if err != nil {
		return at, fault.New(fault.BadAnswer, "reading the time of an archive: %q is not one", plugin.Shorten(text, 40))
	}
	return at, nil
}

// locks looks at the lock of a repository that is a folder of this machine. Of a
// remote one it cannot be seen without taking it.
func (x *borg) locks(r *report) error {
	folder, is := local(x.config.Location)
	if !is {
		return nil
	}
	entries, err := x.host.Files.ReadDir(folder + "/lock.exclusive")
	switch {
	case fault.Of(err) == fault.NotFound:
		r.locks, r.locksKnown = []lock{}, true
		return nil
	case err != nil:
		return fault.Wrap(err, "looking at the lock")
	}
	r.locks, r.locksKnown = []lock{}, true
	for _, e := range entries {
		var info fs.FileInfo
		if info, err = e.Info(); err != nil {
			continue // it was released meanwhile
		}
		holder, _, _ := strings.Cut(e.Name(), "@")
		r.locks = append(r.locks, lock{Since: info.ModTime(), Holder: plugin.Shorten(holder, 60), Exclusive: true})
	}
	return nil
}

// newestAsked is how many of the newest archives are asked for their figures.
const newestAsked = "10"

// measure asks for sizes where it is time, and takes those of last time else.
func (x *borg) measure(ctx context.Context, r *report, kept *memory, newest map[string]borgArchive) {
	if due(x.config.Stats, kept.StatsAt, x.host.Now()) {
		kept.StatsAt = x.host.Now()
		measured, err := x.stats(ctx, len(newest) > 0)
		r.problem(err)
		if err == nil {
			kept.Stats = measured
		}
	}
	if kept.Stats == nil || x.config.Stats == 0 {
		return
	}
	r.bytes, r.uncompressed, r.compression, r.dedup = kept.Stats.Bytes, kept.Stats.Uncompressed, kept.Stats.Compression, kept.Stats.Dedup
	for _, t := range r.things {
		known, there := kept.Stats.Newest[newest[t.Name].ID]
		if !there {
			continue
		}
		t.Added, t.Files, t.Duration = known.Added, known.Files, known.Duration
		at, err := x.time(newest[t.Name].Start)
		for i := range t.Points {
			if err == nil && known.Size != nil && t.Points[i].At.Equal(at) {
				t.Points[i].Size = *known.Size
			}
		}
	}
}

func (x *borg) stats(ctx context.Context, some bool) (*stats, error) {
	args := []string{"info", "--json"}
	if some {
		args = append(args, "--last", newestAsked)
	}
	out, err := x.run(ctx, "measuring", append(args, x.config.Location)...)
	if err != nil {
		return nil, err
	}
	var said struct {
		Archives []borgArchive
		Cache    struct {
			Stats struct {
				Size       *float64 `json:"total_size"`
				Unique     *float64 `json:"unique_size"`
				Compressed *float64 `json:"unique_csize"`
			}
		}
	}
	if err := decode(out.Stdout, &said); err != nil {
		return nil, x.tool().unreadable("measuring", err)
	}
	whole := said.Cache.Stats
	s := &stats{
		Bytes: whole.Compressed, Uncompressed: whole.Unique, Newest: make(map[string]details),
		Compression: quotient(whole.Unique, whole.Compressed), Dedup: quotient(whole.Size, whole.Unique),
	}
	for _, a := range said.Archives {
		if a.Stats != nil {
			took := a.Duration
			s.Newest[a.ID] = details{Size: a.Stats.Original, Added: a.Stats.Added, Files: a.Stats.Files, Duration: &took}
		}
	}
	return s, nil
}

func quotient(a, b *float64) *float64 {
	if a == nil || b == nil || *b <= 0 || *a < 0 {
		return nil
	}
	q := *a / *b
	return &q
}

// check checks the repository where it is time and nothing else works on it.
func (x *borg) check(ctx context.Context, r *report, kept *memory) {
	if x.config.Check > 0 {
		r.check = kept.Check
	}
	now := x.host.Now()
	if len(r.locks) > 0 || !due(x.config.Check, kept.CheckAt, now) {
		return
	}
	kept.CheckAt = now
	out, err := x.run(ctx, "checking", "check", "--repository-only", x.config.Location)
	switch {
	case err == nil:
		r.check = &check{At: now, OK: true, Text: "no damage was found"}
	case bytes.Contains(out.Stderr, []byte("errors found")), bytes.Contains(out.Stderr, []byte("integrity error")):
		message := "it contains errors"
		if all := messages(out.Stderr); len(all) > 0 {
			message = all[0].Message
		}
		r.check = &check{At: now, OK: false, Text: plugin.Shorten(message, 160)}
	default:
		r.problem(err)
	}
}

// borgMessage is one line that Borg logs.
type borgMessage struct {
	Type, Message, Levelname, MsgID string
}

// messages are the complaints, in order.
func messages(stderr []byte) []borgMessage {
	var all []borgMessage
	for line := range bytes.Lines(stderr) {
		start := bytes.IndexByte(line, '{') // a question may stand before it
		var m borgMessage
		if start < 0 || json.Unmarshal(line[start:], &m) != nil || m.Levelname != "ERROR" && m.Levelname != "CRITICAL" {
			continue
		}
		all = append(all, m)
	}
	return all
}

// explain says what Borg complained of; exit code 1 is a warning.
func (x *borg) explain(t tool, out plugin.Output) *fault.Error {
	all := messages(out.Stderr)
	if len(all) == 0 && out.ExitCode == 1 {
		return nil
	}
	last := borgMessage{Message: lastWords(out.Stderr)}
	for _, m := range all {
		last = m
		if m.MsgID != "" && m.MsgID != "Exception" {
			break
		}
	}
	switch last.MsgID {
	case "PassphraseWrong":
		return fault.New(fault.Auth, "the password is wrong").WithHint("set the passphrase that the backups are made with")
	case "NoPassphraseFailure", "PasscommandFailure", "PasswordRetriesExceeded":
		return fault.New(fault.Auth, "a password is wanted").WithHint("set the passphrase that the backups are made with")
	case "KeyfileNotFoundError", "RepoKeyNotFoundError", "KeyfileInvalidError", "KeyfileMismatchError":
		return fault.New(fault.Auth, "the key is not here").
			WithHint("copy the key file to the user that runs Unity: borg key export, borg key import")
	case "Repository.DoesNotExist", "Repository.PathPermissionDenied", "Repository.InvalidRepository":
		if f := t.cause(last.Message); f != nil {
			return f
		}
		return fault.New(fault.NotFound, "there is no repository").WithHint("check the address; borg init makes a new one")
	case "LockTimeout", "LockFailed", "LockError", "LockErrorT":
		return fault.New(fault.Conflict, "the repository is locked").WithHint("wait until the other borg is done, or borg break-lock")
	case "Cache.RepositoryAccessAborted", "Cache.CacheInitAbortedError":
		return fault.New(fault.Permission, "Borg does not trust the repository: it was moved, or is new to it and not encrypted").
			WithHint("when it is the right one, set trust_repository")
	}
	if f := t.cause(last.Message + " " + string(out.Stderr)); f != nil {
		return f
	}
	if strings.Contains(last.MsgID, "IntegrityError") || strings.Contains(string(out.Stderr), "ntegrity error") {
		return fault.New(fault.BadAnswer, "the repository is damaged: %s", plugin.Shorten(last.Message, 160)).WithHint("borg check says what is lost")
	}
	return fault.New(fault.BadAnswer, "borg says: %s", plugin.Shorten(last.Message, 160))
}
