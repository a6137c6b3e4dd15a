package auth_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/auth"
)

// banner is a server of fail2ban with a jail of the test's.
type banner struct {
	t       *testing.T
	folder  string
	process *exec.Cmd
}

func startFail2ban(t *testing.T) *banner {
	t.Helper()
	needs(t, "/usr/bin/fail2ban-server", "/usr/bin/fail2ban-client", "/etc/fail2ban/fail2ban.conf")
	folder := plugintest.Folder(t)
	f := &banner{t: t, folder: folder}
	must(t, os.CopyFS(f.file("etc"), os.DirFS("/etc/fail2ban")))
	for name, text := range map[string]string{
		"etc/jail.d/defaults-debian.conf": "",
		"etc/fail2ban.local":              "[Definition]\ndbfile = None\n",
		"etc/filter.d/unity.conf":         "[Definition]\nfailregex = ^.*login from <HOST> failed$\ndatepattern = ^%%Y-%%m-%%d %%H:%%M:%%S\n",
		"etc/action.d/unity.conf":         "[Definition]\nactionban =\nactionunban =\n",
		"etc/jail.local": "[unity-test]\nenabled = true\nbackend = polling\nfilter = unity\naction = unity\nusedns = no\n" +
			"maxretry = 3\nfindtime = 700\nbantime = 900\nlogpath = " + f.file("log") + "\n",
		"log": "",
	} {
		must(t, os.WriteFile(f.file(name), []byte(text), 0o600))
	}
	f.start()
	return f
}

func (f *banner) file(name string) string { return filepath.Join(f.folder, filepath.FromSlash(name)) }

func (f *banner) start() {
	f.t.Helper()
	f.process = start(f.t, "/usr/bin/fail2ban-server", "-f", "-c", f.file("etc"), "-s", f.file("s"), "-p", f.file("pid"),
		"--logtarget", f.file("out"), "start")
	plugintest.Await(f.t, "fail2ban answers", func() bool {
		out, err := f.client("status", "unity-test")
		return err == nil && strings.Contains(out, "Currently banned")
	})
}

// client asks as a person would.
func (f *banner) client(words ...string) (string, error) {
	out, err := exec.CommandContext(f.t.Context(), "/usr/bin/fail2ban-client", append([]string{"-s", f.file("s")}, words...)...).CombinedOutput()
	return string(out), err
}

// failures logs failures of an address.
func (f *banner) failures(source string, times int) {
	f.t.Helper()
	file, err := os.OpenFile(f.file("log"), os.O_APPEND|os.O_WRONLY, 0o600)
	must(f.t, err)
	for range times {
		_, err := fmt.Fprintf(file, "%s login from %s failed\n", time.Now().Format(time.DateTime), source)
		must(f.t, err)
	}
	must(f.t, file.Close())
}

// says waits until the client says so.
func (f *banner) says(text string) {
	f.t.Helper()
	plugintest.Await(f.t, "it says "+text, func() bool {
		out, err := f.client("status", "unity-test")
		return err == nil && strings.Contains(out, text)
	})
}

func (f *banner) config() map[string]any {
	return map[string]any{"source": "files", "log_files": []string{f.file("log")}, "fail2ban": "on", "fail2ban_socket": f.file("s")}
}

// compare compares what is measured with what the client says in the same second.
func (f *banner) compare(got map[string]float64) {
	f.t.Helper()
	out, err := f.client("status", "unity-test")
	must(f.t, err)
	for metric, name := range map[string]string{
		"fail2ban_jail_failed": "Currently failed", "fail2ban_jail_failed_total": "Total failed",
		"fail2ban_jail_banned": "Currently banned", "fail2ban_jail_banned_total": "Total banned",
	} {
		m := regexp.MustCompile(name + `:\s*(\d+)`).FindStringSubmatch(out)
		if m == nil {
			f.t.Fatalf("the client does not say %q:\n%s", name, out)
		}
		want, err := strconv.ParseFloat(m[1], 64)
		must(f.t, err)
		if value := got[metric+`{jail="unity-test"}`]; value != want {
			f.t.Errorf("%s is %v, the client says %v", metric, value, want)
		}
	}
}

func TestARealFail2ban(t *testing.T) {
	t.Parallel()
	f := startFail2ban(t)
	state := &lockedMemory{}
	c := reopen(t, state, f.config())
	got, events := collect(t, c)
	f.compare(got)
	if len(events) > 0 || got["fail2ban_jails"] != 1 || got["fail2ban_reachable"] != 1 {
		t.Errorf("in the beginning: %v, %v", got, events)
	}
	f.failures("203.0.113.7", 3)
	f.failures("2001:db8::7", 3)
	f.failures("203.0.113.8", 1)
	f.says("Currently banned:\t2")
	f.says("Currently failed:\t1")
	got, events = collect(t, c)
	f.compare(got)
	if want := []string{"ban: unity-test banned 2001:db8::7", "ban: unity-test banned 203.0.113.7"}; strings.Join(events, "\n") != strings.Join(want, "\n") {
		t.Errorf("the events are %q, not %q", events, want)
	}
	// Another collector, as after a start of Unity, finds no new ban.
	if _, events = collect(t, reopen(t, state, f.config())); len(events) > 0 {
		t.Errorf("after a start there are events: %q", events)
	}
	if _, err := f.client("unban", "203.0.113.7"); err != nil {
		t.Fatal(err)
	}
	got, _ = collect(t, c)
	f.compare(got)
	f.awayAndBack(c)
}

// awayAndBack stops the server in every way.
func (f *banner) awayAndBack(c plugin.Collector) {
	t := f.t
	t.Helper()
	problem := func(kind fault.Kind, text string) {
		t.Helper()
		batch := plugintest.Collect(t, auth.Plugin(), c) // logins are read all the same
		problems := batch.Problems()
		if len(problems) != 1 || fault.Of(problems[0]) != kind || !strings.Contains(problems[0].Error(), text) || fault.Hint(problems[0]) == "" {
			t.Errorf("the problems are %v (%v), not one of kind %s with %q", problems, fault.Hint(problems[0]), kind, text)
		}
		if got := plugintest.Values(batch); got["fail2ban_reachable"] != 0 {
			t.Errorf("fail2ban is said to be reachable")
		}
	}
	must(t, f.process.Process.Signal(syscall.SIGSTOP))
	problem(fault.Timeout, "no answer in time")
	must(t, f.process.Process.Signal(syscall.SIGCONT))
	got, _ := collect(t, c)
	f.compare(got)
	must(t, f.process.Process.Kill())
	_ = f.process.Wait()
	problem(fault.Refused, "connection refused")
	must(t, os.Remove(f.file("s")))
	problem(fault.Unreachable, "no such socket")
	f.start()
	f.says("Currently banned:\t2") // it reads its log again, and bans again
	f.says("Currently failed:\t1")
	got, _ = collect(t, c)
	f.compare(got)
}
