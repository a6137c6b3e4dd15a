package backup

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

func host() plugin.Host {
	return plugin.Host{Now: func() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }}
}

func TestArchivesAreGroupedByTheirNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"nas-2026-03-01T02:00:00": "nas", "nas-2026-03-01T02:00:00.123456": "nas", "nas-docs-20260301": "nas-docs", "web_2026-03-01_02:00": "web",
		"home-1772330400": "home", "pi4-2026-03-01": "pi4", "2026-03-01": "archives", "monday": "archives", "nas-mon": "nas", "photos": "photos", "box-2026-03-01T02:00:00Z": "box",
	} {
		r := new(report)
		(&borg{host: host()}).group(r, []borgArchive{{Name: name, Start: "2026-03-01T02:00:00"}})
		if len(r.things) != 1 || r.things[0].Name != want {
			t.Errorf("%s is of %q, want %q", name, r.things[0].Name, want)
		}
	}
}

func TestRepositoriesAreShownWithoutLogins(t *testing.T) {
	t.Parallel()
	for repository, want := range map[string]string{
		"/srv/backup": "/srv/backup", "rest:https://me:hunter2@nas:8000/x": "rest:https://nas:8000/x", "ssh://borg@nas:22/./x": "ssh://nas:22/./x",
		"s3:https://s3.lan/x": "s3:https://s3.lan/x", "sftp:me@nas:/x": "sftp:me@nas:/x",
	} {
		if got := masked(repository); got != want {
			t.Errorf("%s is shown as %s, want %s", repository, got, want)
		}
	}
}

func TestNothingInTheSettingsIsAProgramToRun(t *testing.T) {
	t.Parallel()
	for text, right := range map[string]bool{
		`{"location": "/srv/x"}`: true, `{"location": "sftp:me@nas:/x"}`: true, `{"location": "rclone:b2:x"}`: true, `{"location": "rest:https://nas/x"}`: true,
		`{"location": "-x"}`: false, `{"location": "sftp:-oProxyCommand=x:/y"}`: false, `{"location": "sftp:me@-oProxyCommand=x:/y"}`: false, `{"location": "sftp://me@-oX/y"}`: false,
		`{"location": "rclone::sftp,ssh=x:y"}`: false, `{"location": "rclone:nas,ssh=x:y"}`: false, `{"location": "rclone:-x:y"}`: false,
		`{"location": "/x", "env": {"AWS_ACCESS_KEY_ID": "a"}}`: true, `{"location": "/x", "env": {"RESTIC_PASSWORD_COMMAND": "x"}}`: false,
		`{"location": "/x", "env": {"LD_PRELOAD": "x"}}`: false, `{"location": "/x", "env": {"RCLONE_CONFIG_NAS_SSH": "x"}}`: false, `{"location": "/x", "env": {"BORG_RSH": "x"}}`: false,
	} {
		var settings map[string]any
		if err := json.Unmarshal([]byte(text), &settings); err != nil {
			t.Fatal(err)
		}
		settings["type"], settings["password"] = "restic", "correct horse"
		raw, err := json.Marshal(settings)
		if err != nil {
			t.Fatal(err)
		}
		if err := Plugin().Validate(raw); (err == nil) != right {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestWhatIsBackedUpOftenIsLateSooner(t *testing.T) {
	t.Parallel()
	now := host().Now()
	hourly := func(last time.Duration, habit bool) string {
		config := defaults()
		config.Habit = habit
		c := &collector{config: config, host: host()}
		t := &thing{Name: "nas"}
		for i := range 6 {
			t.Points = append(t.Points, point{At: now.Add(-last - time.Duration(5-i)*hour), Size: unknownSize})
		}
		t.remember(remembered{})
		c.judge(t, now)
		return t.State
	}
	for _, at := range []struct {
		last  time.Duration
		habit bool
		want  string
	}{{hour, true, stateOK}, {11 * hour, true, stateOK}, {13 * hour, true, stateLate}, {13 * hour, false, stateOK}, {27 * hour, false, stateLate}, {49 * hour, true, stateStale}} {
		if got := hourly(at.last, at.habit); got != at.want {
			t.Errorf("hourly, the last one %v ago: %s, want %s", at.last, got, at.want)
		}
	}
}

func TestALoginThatWasRejectedRests(t *testing.T) {
	t.Parallel()
	now := host().Now()
	var g gate
	for i, wait := range []time.Duration{15 * time.Minute, 30 * time.Minute, hour, 2 * hour, 4 * hour, 6 * hour, 6 * hour} {
		if err := g.enter(now); err != nil {
			t.Fatalf("attempt %d is not let in: %v", i, err)
		}
		_ = g.shut(now, fault.New(fault.Auth, "logging in: the password is wrong"))
		if g.enter(now.Add(wait-time.Second)) == nil {
			t.Errorf("attempt %d comes sooner than after %v", i+1, wait)
		}
		now = now.Add(wait)
	}
	g.open()
	if err := g.enter(now); err != nil {
		t.Error(err)
	}
}

// FuzzTexts reads whatever programs, servers and scripts may say.
func FuzzTexts(f *testing.F) {
	for _, seed := range []string{
		`[{"time":"2026-03-01T02:00:00Z","paths":["/a"],"hostname":"nas","id":"a","summary":{"total_bytes_processed":5}}]`,
		`{"archives":[{"name":"nas-1","id":"a","start":"2026-03-01T02:00:00.000000"}]}`,
		`{"levelname": "ERROR", "message": "x", "msgid": "PassphraseWrong"}`, "Fatal: wrong password", "1.02:03:04.5", "20260301T020000Z", "2026-03-01 02:00:00", "1772330400.5",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		now := host().Now()
		r := new(report)
		x, b := &restic{config: defaults(), host: host()}, &borg{config: defaults(), host: host()}
		var snapshots []resticSnapshot
		if decode(text, &snapshots) == nil {
			x.group(r, snapshots)
		}
		var archives struct{ Archives []borgArchive }
		if decode(text, &archives) == nil {
			b.group(r, archives.Archives)
		}
		c := &collector{config: defaults(), host: host()}
		c.choose(r)
		for _, one := range r.things {
			one.remember(remembered{})
			c.judge(one, now)
			if one.State == "" || one.State == stateNone {
				t.Errorf("%q has points and is %q", one.Name, one.State)
			}
		}
		for code := range 13 {
			out := plugin.Output{ExitCode: code, Stderr: text}
			if e := x.explain(x.tool(), out); e == nil || e.Kind == "" {
				t.Error("restic complains of nothing")
			}
			if e := b.explain(b.tool(), out); code != 1 && (e == nil || e.Kind == "") {
				t.Error("borg complains of nothing")
			}
		}
		if seconds, ok := clock(string(text)); ok && !(seconds >= 0) {
			t.Errorf("%q took %v s", text, seconds)
		}
		if at, ok := moment(string(text)); ok && at.IsZero() {
			t.Errorf("%q is no moment", text)
		}
		if at, ok := readTime(string(text), time.UTC); ok && at.IsZero() && !strings.HasPrefix(string(text), "0001") {
			t.Errorf("%q is no time", text)
		}
		var at when
		_ = json.Unmarshal(text, &at)
	})
}
