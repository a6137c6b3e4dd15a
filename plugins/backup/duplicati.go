package backup

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// duplicati asks the server of Duplicati 2.1 or newer, or 2.0 without a password.
type duplicati struct {
	*fetch.Client

	config config
	host   plugin.Host
	bearer string
	gate   gate
}

func newDuplicati(config config, host plugin.Host) (*duplicati, error) {
	client, err := fetch.New(config.server(), host)
	if err != nil {
		return nil, err
	}
	return &duplicati{Client: client, config: config, host: host}, nil
}

// duplicatiBackup is one job. The address of its storage, which holds
// credentials, is not read.
type duplicatiBackup struct {
	Backup struct {
		ID       string
		Name     string
		Metadata map[string]string
	}
	Schedule *struct{ Time string }
}

// read implements origin.
func (d *duplicati) read(ctx context.Context, _ *memory) (*report, error) {
	var list []duplicatiBackup
	if err := d.ask(ctx, "/api/v1/backups", &list); err != nil {
		return nil, err
	}
	r := &report{tool: kindDuplicati, location: d.URL("")}
	var state struct{ UpdatedVersion, ProgramState string }
	r.problem(d.ask(ctx, "/api/v1/serverstate", &state))
	var info struct{ ServerVersion, ServerVersionName string }
	if err := d.ask(ctx, "/api/v1/systeminfo", &info); err == nil {
		r.version = info.ServerVersion
	}
	for _, b := range list {
		r.things = append(r.things, b.thing(state.ProgramState == "Paused"))
		if free, ok := figure(b.Backup.Metadata, "FreeQuotaSpace"); ok && (r.free == nil || free < *r.free) {
			r.free = &free
		}
		if size, ok := figure(b.Backup.Metadata, "TargetFilesSize"); ok {
			if r.bytes == nil {
				r.bytes = new(float64)
			}
			*r.bytes += size
		}
	}
	return r, nil
}

// thing is what a job says of itself.
func (b duplicatiBackup) thing(paused bool) *thing {
	said := b.Backup.Metadata
	t := &thing{Name: b.Backup.Name}
	if t.Name == "" {
		t.Name = "job " + b.Backup.ID
	}
	done, known := moment(said["LastBackupFinished"])
	if !known {
		done, known = moment(said["LastBackupDate"])
	}
	if known {
		p := point{At: done, Size: unknownSize}
		if size, ok := figure(said, "SourceFilesSize"); ok {
			p.Size = size
		}
		t.Points = []point{p}
	}
	for _, one := range []struct {
		name string
		into **float64
	}{{"BackupListCount", &t.Count}, {"SourceFilesCount", &t.Files}} {
		if value, ok := figure(said, one.name); ok {
			*one.into = &value
		}
	}
	if took, ok := clock(said["LastBackupDuration"]); ok {
		t.Duration = &took
	}
	if wrong, ok := moment(said["LastErrorDate"]); ok && (!known || wrong.After(done)) {
		t.Failed, t.Failure = true, plugin.Shorten(said["LastErrorMessage"], 200)
	}
	if b.Schedule != nil && !paused {
		if next, err := time.Parse(time.RFC3339, b.Schedule.Time); err == nil && next.Year() > 2000 {
			t.Next = &next
		}
	}
	return t
}

// figure is a number, which Duplicati writes as text; below zero it is not known.
func figure(said map[string]string, name string) (float64, bool) {
	value, err := strconv.ParseInt(said[name], 10, 64)
	return float64(value), err == nil && value >= 0
}

// moment reads a time such as 20260301T020000Z.
func moment(text string) (time.Time, bool) {
	at, err := time.Parse("20060102T150405Z", text)
	return at, err == nil && at.Year() > 2000
}

// clock reads a length of time such as 1.02:03:04.5678.
func clock(text string) (float64, bool) {
	days := 0.0
	if before, after, found := strings.Cut(text, "."); found && strings.Contains(after, ":") {
		n, err := strconv.Atoi(before)
		if err != nil {
			return 0, false
		}
		days, text = float64(n), after
	}
	parts := strings.Split(text, ":")
	if len(parts) != 3 {
		return 0, false
	}
	seconds := days * day.Seconds()
	for i, scale := range []float64{3600, 60, 1} {
		n, err := strconv.ParseFloat(parts[i], 64)
		if err != nil || !(n >= 0 && n < 3600) {
			return 0, false
		}
		seconds += n * scale
	}
	return seconds, seconds < 365*day.Seconds()
}

// ask asks with the login of before, and logs in where there is none or it ended.
func (d *duplicati) ask(ctx context.Context, path string, into any) error {
	if !d.config.Token.Empty() {
		token, err := d.config.Token.Reveal()
		if err != nil {
			return fault.Wrap(err, "reading the token")
		}
		d.bearer = token
	}
	for again := false; ; again = true {
		if d.bearer == "" {
			if err := d.logIn(ctx); err != nil {
				return err
			}
		}
		err := d.JSON(ctx, fetch.Request{Path: path, Header: http.Header{"Authorization": {"Bearer " + d.bearer}}}, into)
		if fault.Of(err) != fault.Auth || again || !d.config.Token.Empty() {
			if fault.Of(err) == fault.Auth {
				return fault.New(fault.Auth, "GET %s: Duplicati does not take the token", d.URL(path)).
					WithHint("make a new one with duplicati-server-util issue-forever-token, or set the password")
			}
			return err
		}
		d.bearer = ""
	}
}

// logIn gives the password for a token of a few minutes.
func (d *duplicati) logIn(ctx context.Context) error {
	if err := d.gate.enter(d.host.Now()); err != nil {
		return err
	}
	password, err := d.config.Password.Reveal()
	if err != nil {
		return fault.Wrap(err, "reading the password")
	}
	var said struct{ AccessToken string }
	err = d.PostJSON(ctx, "/api/v1/auth/login", struct{ Password string }{password}, &said)
	var status *fetch.StatusError
	switch {
	case fault.Of(err) == fault.Auth || fault.Of(err) == fault.Permission:
		return d.gate.shut(d.host.Now(), fault.New(fault.Auth, "logging in to Duplicati at %s: the password is wrong", d.URL("")).
			WithHint("it is the one of Duplicati's interface; duplicati-server-util change-password sets another"))
	case errors.As(err, &status) && status.Status == http.StatusNotFound:
		return fault.New(fault.Unsupported, "logging in to Duplicati at %s: there is no /api/v1/auth/login", d.URL("")).
			WithHint("check the address; Duplicati 2.1 or newer is needed")
	case err != nil:
		return err
	case said.AccessToken == "":
		return fault.New(fault.WrongService, "logging in to Duplicati at %s: the answer holds no token", d.URL("")).WithHint("check the address")
	}
	d.gate.open()
	d.bearer = said.AccessToken
	return nil
}

// gate keeps a login that was rejected from being tried again and again, which
// locks accounts and addresses out.
type gate struct {
	until  time.Time
	wait   time.Duration
	reason *fault.Error
}

const (
	firstWait   = 15 * time.Minute
	longestWait = 6 * hour
)

// enter returns why a login is not to be tried now.
func (g *gate) enter(now time.Time) error {
	if g.reason == nil || !now.Before(g.until) {
		return nil
	}
	return fault.New(g.reason.Kind, "%s; it is not tried again before %s", g.reason.Message, g.until.Format(time.TimeOnly)).WithHint("%s", g.reason.Hint)
}

// shut remembers a rejection.
func (g *gate) shut(now time.Time, reason *fault.Error) error {
	g.wait = min(max(2*g.wait, firstWait), longestWait)
	g.until, g.reason = now.Add(g.wait), reason
	return reason
}

func (g *gate) open() { *g = gate{} }
