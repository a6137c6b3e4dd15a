package auth

import (
	"testing"
	"time"

	"github.com/unity-homelab/unity/plugin/syslog"
)

func TestAddressesAreForgottenOldestFirst(t *testing.T) {
	t.Parallel()
	seen := make(addresses)
	day := time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
	for n := range maxAddresses + 10 {
		if !seen.know(time.Unix(int64(n), 0).Format("15.04.05"), day.AddDate(0, 0, n)) {
			t.Fatal("an address is known that was never seen")
		}
	}
	if len(seen) != maxAddresses {
		t.Errorf("%d addresses are remembered", len(seen))
	}
	if seen.know(time.Unix(maxAddresses, 0).Format("15.04.05"), day) {
		t.Error("a late address is forgotten")
	}
	if !seen.know(time.Unix(0, 0).Format("15.04.05"), day) {
		t.Error("the first address is remembered")
	}
	late := day.AddDate(10, 0, 0)
	if !seen.know("2001:db8:1:2::1", late) || seen.know("2001:db8:1:2::ffff", late) {
		t.Error("two addresses of a network are told apart")
	}
}

func FuzzLines(f *testing.F) {
	for _, line := range []string{
		"Jan  2 12:59:00 nas sshd[1]: Failed password for invalid user x from 1.2.3.4 port 1 ssh2",
		"2026-01-02T12:00:00Z nas sudo: a : 3 incorrect password attempts ; TTY=x ; PWD=/ ; USER=root ; COMMAND=/bin/sh",
		"2026-01-02T12:00:00Z nas sshd[1]: message repeated 2 times: [ Failed password for a from ::1 port 1 ssh2]",
		"2026-01-02T12:00:00Z nas login[1]: pam_unix(login:auth): authentication failure; rhost=1.2.3.4  user=a",
		"<38>Feb 29 12:00:00 nas useradd[1]: new user: name=x",
	} {
		f.Add([]byte(line))
	}
	r := newReader(defaults().Services)
	now := time.Date(2026, time.January, 2, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, line []byte) {
		e, ok := syslog.Parse(line, now, time.UTC)
		if !ok {
			return
		}
		if found, ok := r.read(e); ok && (found.kind == 0 || found.times < 1 || found.times > 1e9) {
			t.Errorf("a finding is %+v", found)
		}
	})
}

func FuzzUnpickle(f *testing.F) {
	f.Add([]byte("\x80\x05\x95\x00\x00\x00\x00\x00\x00\x00\x00K\x00]\x94(\x8c\x01a\x94K\x01\x86\x94e\x86\x94."))
	f.Add([]byte("\x80\x02K\x01cbuiltins\nException\nq\x00U\x03badq\x01\x85Rq\x02\x86."))
	f.Add([]byte("(]q\x00h\x00ae."))
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := unpickle(data)
		if err == nil {
			_ = saying(v)
			_ = texts(v)
			_ = shown(items(v))
		}
	})
}

func TestCommandsAreWrittenAsPythonReadsThem(t *testing.T) {
	t.Parallel()
	got := string(encodeCommand([]string{"status", "ä"}))
	if want := "\x80\x02](X\x06\x00\x00\x00statusX\x02\x00\x00\x00äe."; got != want {
		t.Errorf("%q, not %q", got, want)
	}
}
