package auth_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/auth"
)

const (
	password = "geheim-7"
	// hashed is the password as /etc/shadow has it.
	hashed = "$6$unitytest$jNQb3wuFoEOr7P6egTYlsDTSCsKS3lTueRzVP8vVvZm9EV8HGlYcnwhYhDfimv9wGhk01p5RlXp42S/ppd6jm0"
)

// needs finds programs, or skips the test on a machine that lacks one.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	if os.Getuid() != 0 {
		plugintest.Skip(t, "needs root")
	}
	for _, program := range programs {
		if _, err := os.Stat(program); err != nil {
			plugintest.Skip(t, "needs %s", program)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// start starts a daemon that ends with the test.
func start(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	command := exec.CommandContext(t.Context(), name, args...)
	must(t, command.Start())
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	return command
}

// sshd is a server in namespaces of its own, which logs to two files.
type sshd struct {
	t      *testing.T
	folder string
	pid    int
}

func startSSH(t *testing.T) *sshd {
	t.Helper()
	needs(t, "/usr/sbin/sshd", "/usr/bin/ssh", "/usr/sbin/rsyslogd", "/usr/bin/unshare", "/usr/bin/nsenter", "/usr/sbin/ip")
	folder := plugintest.Folder(t)
	s := &sshd{t: t, folder: folder}
	for _, key := range []string{"host", "right", "other"} {
		if out, err := s.run(nil, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", s.file(key)); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	right, err := os.ReadFile(s.file("right.pub"))
	must(t, err)
	script, err := filepath.Abs("testdata/namespace.sh")
	must(t, err)
	for name, text := range map[string]string{
		"authorized":  string(right),
		"passwd.more": "tester:x:4242:4242::/tmp:/bin/sh\n",
		"shadow.more": "tester:" + hashed + ":20000:0:99999:7:::\n",
		"askpass":     "#!/bin/sh\nprintf '%s\\n' \"$UNITY_TEST_PASSWORD\"\n",
		"sshd_config": "ListenAddress 203.0.113.5:22\nHostKey " + s.file("host") + "\nUsePAM no\nPasswordAuthentication yes\n" +
			"AuthorizedKeysFile " + s.file("authorized") + "\nStrictModes no\nPidFile none\nMaxStartups 100\n",
		"rsyslog.conf": fmt.Sprintf(`module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket=%[1]q)
*.* action(type="omfile" file="%[2]s/new" template="RSYSLOG_FileFormat")
*.* action(type="omfile" file="%[2]s/old" template="RSYSLOG_TraditionalFileFormat")
`, s.file("s"), folder),
		"new": "", "old": "",
	} {
		must(t, os.WriteFile(s.file(name), []byte(text), 0o600))
	}
	must(t, os.Chmod(s.file("askpass"), 0o700))
	must(t, os.Chmod(s.file("authorized"), 0o644))
	start(t, "/usr/sbin/rsyslogd", "-n", "-i", s.file("pid"), "-f", s.file("rsyslog.conf"))
	plugintest.Await(t, "rsyslogd listens", func() bool { _, err := os.Stat(s.file("s")); return err == nil })
	s.pid = start(t, "/usr/bin/unshare", "-m", "-n", "sh", script, folder).Process.Pid
	s.wait("Server listening", 1)
	return s
}

func (s *sshd) file(name string) string { return filepath.Join(s.folder, name) }

// run runs a program to its end and returns what it said.
func (s *sshd) run(environ []string, name string, args ...string) (string, error) {
	command := exec.CommandContext(s.t.Context(), name, args...)
	command.Env = append(os.Environ(), environ...)
	out, err := command.CombinedOutput()
	return string(out), err
}

// byPassword logs in from an address and reports whether it let us.
func (s *sshd) byPassword(from, user, secret string) bool {
	s.t.Helper()
	return s.try(from, user, secret, "-o", "PubkeyAuthentication=no")
}

// byKey does the same with a key.
func (s *sshd) byKey(from, user, key string) bool {
	s.t.Helper()
	return s.try(from, user, "", "-o", "PreferredAuthentications=publickey", "-o", "IdentitiesOnly=yes", "-i", s.file(key))
}

func (s *sshd) try(from, user, secret string, how ...string) bool {
	s.t.Helper()
	args := append([]string{
		"-t", strconv.Itoa(s.pid), "-m", "-n", "ssh", "-F", "none", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
		"-o", "NumberOfPasswordPrompts=1", "-o", "LogLevel=ERROR", "-b", from,
	}, how...)
	out, err := s.run([]string{
		"SSH_ASKPASS=" + s.file("askpass"), "SSH_ASKPASS_REQUIRE=force", "UNITY_TEST_PASSWORD=" + secret, "SSH_AUTH_SOCK=",
	}, "/usr/bin/nsenter", append(args, user+"@203.0.113.5", "echo", "inside")...)
	if err == nil && !strings.Contains(out, "inside") {
		s.t.Fatalf("ssh said %q", out)
	}
	return err == nil
}

// wait waits until a text was logged so often, in both files.
func (s *sshd) wait(text string, times int) {
	s.t.Helper()
	plugintest.Await(s.t, fmt.Sprintf("%q is said %d times", text, times), func() bool {
		for _, name := range []string{"new", "old"} {
			logged, err := os.ReadFile(s.file(name))
			if err != nil || strings.Count(string(logged), text) < times {
				return false
			}
		}
		return true
	})
}

// lockedMemory is a state that a test can look at.
type lockedMemory struct {
	mu     sync.Mutex
	values map[string]json.RawMessage
}

func (m *lockedMemory) Get(key string) json.RawMessage {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.values[key]
}

func (m *lockedMemory) Set(key string, value json.RawMessage) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.values == nil {
		m.values = make(map[string]json.RawMessage)
	}
	m.values[key] = bytes.Clone(value)
	return nil
}

// reopen opens a collector that knows what was kept.
func reopen(t *testing.T, state plugin.State, config map[string]any) plugin.Collector {
	t.Helper()
	raw, err := json.Marshal(config)
	must(t, err)
	host := plugintest.LiveHost(t, auth.Plugin())
	host.State = state
	c, err := auth.Plugin().Open(t.Context(), raw, host)
	must(t, err)
	return c
}

func collect(t *testing.T, c plugin.Collector) (map[string]float64, []string) {
	t.Helper()
	batch := plugintest.Collect(t, auth.Plugin(), c)
	for _, problem := range batch.Problems() {
		t.Errorf("problem: %v", problem)
	}
	var events []string
	for _, event := range batch.Events() {
		events = append(events, event.Kind+": "+event.Title)
	}
	return plugintest.Values(batch), events
}

func TestARealServerForSSH(t *testing.T) {
	t.Parallel()
	s := startSSH(t)
	states := map[string]*lockedMemory{"new": {}, "old": {}}
	config := func(name string) map[string]any {
		return map[string]any{"source": "files", "log_files": []string{s.file(name)}, "fail2ban": "off"}
	}
	if !s.byPassword("203.0.113.5", "tester", password) {
		t.Fatal("the right password is refused")
	}
	s.wait("Accepted password", 1)
	for name, state := range states {
		if _, events := collect(t, reopen(t, state, config(name))); len(events) > 0 {
			t.Errorf("in the first run there are events: %v", events)
		}
	}
	for range 2 {
		s.byPassword("203.0.113.6", "tester", "wrong")
	}
	for range 3 {
		s.byPassword("203.0.113.6", "nobodyhere", "wrong")
	}
	s.byKey("203.0.113.6", "tester", "other")
	if !s.byKey("203.0.113.6", "tester", "right") {
		t.Fatal("the right key is refused")
	}
	if !s.byPassword("203.0.113.5", "tester", password) {
		t.Fatal("the right password is refused")
	}
	s.wait("Accepted password", 2)
	for name, state := range states {
		want := map[string]float64{
			`auth_events_total{method="password",result="success",service="ssh"}`:  2,
			`auth_events_total{method="publickey",result="success",service="ssh"}`: 1,
			`auth_events_total{method="password",result="failure",service="ssh"}`:  5,
			`auth_events_total{method="other",result="failure",service="ssh"}`:     1, // the refused key
			`auth_invalid_users_total{service="ssh"}`:                              3,
			`auth_failures_window{service="ssh"}`:                                  6,
			`auth_successes_window{service="ssh"}`:                                 3,
			`auth_failed_sources`:                                                  1,
			`auth_suspicious_sources`:                                              1,
			`auth_success_after_failures_total{service="ssh"}`:                     1,
			`auth_known_addresses`:                                                 2,
		}
		got, events := collect(t, reopen(t, state, config(name)))
		for id, value := range want {
			if got[id] != value {
				t.Errorf("%s: %s is %v, not %v", name, id, got[id], value)
			}
		}
		if len(events) != 2 || !strings.Contains(events[0], "tester logged in from 203.0.113.6 after 6 failures") ||
			!strings.Contains(events[1], "over SSH from 203.0.113.6, for the first time") {
			t.Errorf("%s: the events are %q", name, events)
		}
		// Started again, it counts nothing twice and finds nothing new.
		again, events := collect(t, reopen(t, state, config(name)))
		for id, value := range want {
			if again[id] != value {
				t.Errorf("%s, again: %s is %v, not %v", name, id, again[id], value)
			}
		}
		if len(events) > 0 {
			t.Errorf("%s, again: %q", name, events)
		}
	}
	if t.Failed() {
		logged, err := os.ReadFile(s.file("new"))
		t.Logf("%s %v", logged, err)
		return
	}
	s.compareJournal(t)
}

// compareJournal puts what was logged into a journal, and reads that.
func (s *sshd) compareJournal(t *testing.T) {
	t.Helper()
	needs(t, "/lib/systemd/systemd-journal-remote", "/usr/bin/journalctl")
	logged, err := os.ReadFile(s.file("new"))
	must(t, err)
	var export strings.Builder
	for line := range strings.Lines(string(logged)) {
		words := strings.SplitN(strings.TrimSpace(line), " ", 4)
		at, err := time.Parse(time.RFC3339Nano, words[0])
		must(t, err)
		pid := strings.TrimSuffix(strings.TrimPrefix(words[2], "sshd["), "]:")
		fmt.Fprintf(&export, "__REALTIME_TIMESTAMP=%d\n__MONOTONIC_TIMESTAMP=%d\n_BOOT_ID=0123456789abcdef0123456789abcdef\n"+
			"SYSLOG_FACILITY=4\nSYSLOG_IDENTIFIER=sshd\n_PID=%s\n_COMM=sshd\nPRIORITY=6\nMESSAGE=%s\n\n", at.UnixMicro(), at.UnixMicro()%1e9, pid, words[3])
	}
	folder := t.TempDir()
	command := exec.CommandContext(t.Context(), "/lib/systemd/systemd-journal-remote", "-o", filepath.Join(folder, "a.journal"), "-")
	command.Stdin = strings.NewReader(export.String())
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	state := &lockedMemory{}
	config := map[string]any{"source": "journald", "journal_directory": folder, "fail2ban": "off"}
	for range 2 {
		got, _ := collect(t, reopen(t, state, config))
		for id, want := range map[string]float64{
			`auth_events_total{method="password",result="success",service="ssh"}`:  2,
			`auth_events_total{method="publickey",result="success",service="ssh"}`: 1,
			`auth_events_total{method="password",result="failure",service="ssh"}`:  5,
			`auth_invalid_users_total{service="ssh"}`:                              3,
		} {
			if got[id] != want {
				t.Errorf("journal: %s is %v, not %v", id, got[id], want)
			}
		}
	}
}
