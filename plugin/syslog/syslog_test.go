package syslog_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/plugin/syslog"
)

func TestTimesOfLines(t *testing.T) {
	t.Parallel()
	berlin := time.FixedZone("CET", 3600)
	now := time.Date(2026, time.January, 2, 12, 0, 0, 0, time.UTC)
	for line, want := range map[string]string{
		"Jan  2 12:59:00 nas sshd[1]: x":                  "2026-01-02T11:59:00Z",
		"Dec 31 23:59:00 nas sshd[1]: x":                  "2025-12-31T22:59:00Z",
		"Jan  3 08:00:00 nas sshd[1]: x":                  "2026-01-03T07:00:00Z", // a clock that is ahead
		"Jan  5 08:00:00 nas sshd[1]: x":                  "2025-01-05T07:00:00Z",
		"Feb 29 08:00:00 nas sshd[1]: x":                  "2024-02-29T07:00:00Z",
		"2026-01-02T12:00:00.123456+02:00 nas sshd[1]: x": "2026-01-02T10:00:00Z",
		"<38>2026-01-02T12:00:00Z nas sshd-session[1]: x": "2026-01-02T12:00:00Z",
		"2026-01-02T12:00:00Z nas /usr/sbin/sshd: a: b":   "2026-01-02T12:00:00Z",
		"Smarch 2 08:00:00 nas sshd[1]: x":                "",
		"2026-13-02T12:00:00Z nas sshd: x":                "",
		"2026-01-02T12:00:00Z nas":                        "",
		"":                                                "",
	} {
		e, ok := syslog.Parse([]byte(line), now, berlin)
		got := ""
		if ok {
			got = e.Time.Truncate(time.Second).Format(time.RFC3339)
		}
		if got != want {
			t.Errorf("%q is of %q, not %q", line, got, want)
		}
	}
}

func TestALineIsTakenApart(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.January, 2, 12, 0, 0, 0, time.UTC)
	got, ok := syslog.Parse([]byte("<38>Jan  2 11:59:00 nas sshd[42]: Accepted: \xff"), now, time.UTC)
	want := syslog.Line{Time: now.Add(-time.Minute), Program: "sshd", PID: 42, Message: "Accepted: \uFFFD"}
	if diff := cmp.Diff(want, got); !ok || diff != "" {
		t.Errorf("%v\n%s", ok, diff)
	}
}

func FuzzParse(f *testing.F) {
	for _, line := range []string{"Jan  2 12:59:00 nas sshd[1]: x", "<38>2026-01-02T12:00:00Z nas kernel: [ 1.5] x", "Feb 29 12:00:00 nas a[]: "} {
		f.Add([]byte(line))
	}
	now := time.Date(2026, time.January, 2, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, line []byte) {
		e, ok := syslog.Parse(line, now, time.UTC)
		if ok && e.Time.Sub(now) > 24*time.Hour && line[0] >= 'A' {
			t.Errorf("a line is of %v", e.Time)
		}
	})
}
