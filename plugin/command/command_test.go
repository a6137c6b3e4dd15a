//go:build unix

package command_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/command"
	"github.com/unity-homelab/unity/plugin/plugintest"
)

// programs makes a folder of shell scripts and a runner that may run them all.
func programs(t *testing.T, scripts map[string]string) *command.Runner {
	t.Helper()
	dir := t.TempDir()
	options := command.Options{Path: []string{dir, "/usr/bin", "/bin"}}
	for name, script := range scripts {
		plugintest.Program(t, filepath.Join(dir, name), []byte("#!/bin/sh\n"+script))
		options.Allowed = append(options.Allowed, name)
	}
	return command.New(options)
}

func TestAProgramIsRunWithArgumentsAsTheyAre(t *testing.T) {
	t.Parallel()
	runner := programs(t, map[string]string{"show": `printf '%s|' "$@"; cat; echo "$LC_ALL" >&2; exit 3`})
	out, err := runner.Run(t.Context(), plugin.Command{
		Name: "show", Args: []string{"a b", "$HOME", "; rm -rf"}, Stdin: []byte("typed"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(out.Stdout), "a b|$HOME|; rm -rf|typed"; got != want {
		t.Errorf("standard output %q, want %q", got, want)
	}
	if string(out.Stderr) != "C\n" || out.ExitCode != 3 || out.Truncated {
		t.Errorf("got %+v", out)
	}
}

func TestTheEnvironmentHoldsNoneOfOurSecrets(t *testing.T) {
	t.Setenv("DATABASE_URL", "postgres://u:hunter2@db/unity")
	runner := programs(t, map[string]string{"show": "env"})
	out, err := runner.Run(t.Context(), plugin.Command{Name: "show"})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(out.Stdout), "hunter2") {
		t.Errorf("the program sees %s", out.Stdout)
	}
}

func TestTheEnvironmentHoldsWhatIsAdded(t *testing.T) {
	t.Parallel()
	runner := programs(t, map[string]string{"show": `printf '%s|%s' "$LC_ALL" "$PASSPHRASE"; exit 1`})
	c := plugin.Command{Name: "show", Env: map[string]string{"LC_ALL": "C.UTF-8", "PASSPHRASE": "hunter2 = $x"}}
	out, err := runner.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(out.Stdout), "C.UTF-8|hunter2 = $x"; got != want {
		t.Errorf("the program sees %q, want %q", got, want)
	}
	if text := command.Check(c, out).Error(); strings.Contains(text, "hunter2") {
		t.Errorf("what is added is in the message %q", text)
	}
}

func TestWhatIsNotDeclaredIsNotRun(t *testing.T) {
	t.Parallel()
	runner := programs(t, map[string]string{"show": "echo ran"})
	for _, name := range []string{"sh", "./show", "../show", "/bin/sh", ""} {
		if _, err := runner.Run(t.Context(), plugin.Command{Name: name}); fault.Of(err) != fault.Internal {
			t.Errorf("running %q gives %v", name, err)
		}
	}
}

func TestNotInstalledAndNotAllowedAreToldApart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "locked"), []byte("#!/bin/sh\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	runner := command.New(command.Options{Allowed: []string{"locked", "missing"}, Path: []string{dir}})
	if _, err := runner.Find("missing"); fault.Of(err) != fault.NotInstalled || fault.Hint(err) == "" {
		t.Errorf("a missing program gives %v with hint %q", err, fault.Hint(err))
	}
	if _, err := runner.Find("locked"); fault.Of(err) != fault.Permission {
		t.Errorf("a program that may not be executed gives %v", err)
	}
	if _, err := runner.Run(t.Context(), plugin.Command{Name: "locked", Sudo: true}); fault.Of(err) != fault.Permission {
		t.Errorf("running it gives %v", err)
	}
}

func TestATimeoutEndsTheProgramAndItsChildren(t *testing.T) {
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	// The child holds the pipe open; that a read of it ends proves that the
	// child is gone.
	runner := programs(t, map[string]string{"hang": `sleep 60 > "$1" & echo $!; sleep 60`})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second) // by then it has begun
	defer cancel()
	read := make(chan error, 1)
	go func() {
		_, err := os.ReadFile(pipe)
		read <- err
	}()
	out, err := runner.Run(ctx, plugin.Command{Name: "hang", Args: []string{pipe}})
	if fault.Of(err) != fault.Timeout || !strings.Contains(fmt.Sprint(err), "running hang") {
		t.Errorf("got %v", err)
	}
	if _, err := strconv.Atoi(strings.TrimSpace(string(out.Stdout))); err != nil {
		t.Errorf("what it said before is lost: %q", out.Stdout)
	}
	if err := <-read; err != nil {
		t.Error(err)
	}
}

func TestACancelledRunIsNoTimeout(t *testing.T) {
	t.Parallel()
	runner := programs(t, map[string]string{"hang": "sleep 60"})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := runner.Run(ctx, plugin.Command{Name: "hang"}); fault.Of(err) != fault.Canceled {
		t.Errorf("got %v", err)
	}
}

func TestEndlessOutputIsCut(t *testing.T) {
	t.Parallel()
	runner := programs(t, map[string]string{"flood": "while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done"})
	out, err := runner.Run(t.Context(), plugin.Command{Name: "flood", MaxOutputBytes: 1000})
	if err != nil || !out.Truncated || len(out.Stdout) != 1000 || out.ExitCode != 0 {
		t.Errorf("got %d bytes, truncated %v, exit code %d, %v", len(out.Stdout), out.Truncated, out.ExitCode, err)
	}
}

func TestComplaintsBecomeFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		stderr string
		sudo   bool
		kind   fault.Kind
		text   string
	}{
		{"\n zpool: permission denied\nmore", false, fault.Permission, "running zpool status: zpool: permission denied"},
		{"cannot open 'tank': no such file", false, fault.NotFound, "running zpool status: cannot open 'tank': no such file"},
		{"sudo: a password is required", true, fault.Permission, "running sudo -n zpool status: sudo: a password is required"},
		{"", false, fault.BadAnswer, "running zpool status: it said nothing"},
	} {
		cmd := plugin.Command{Name: "zpool", Args: []string{"status"}, Sudo: c.sudo}
		err := command.Check(cmd, plugin.Output{Stderr: []byte(c.stderr), ExitCode: 1})
		if fault.Of(err) != c.kind || err.Error() != c.text {
			t.Errorf("%q: %s: %v", c.stderr, fault.Of(err), err)
		}
		if c.sudo && !strings.Contains(fault.Hint(err), "NOPASSWD") {
			t.Errorf("hint %q", fault.Hint(err))
		}
	}
	if err := command.Check(plugin.Command{Name: "zpool"}, plugin.Output{Stderr: []byte("a warning")}); err != nil {
		t.Errorf("success gives %v", err)
	}
}
