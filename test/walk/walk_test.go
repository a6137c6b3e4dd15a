package walk_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/test/program"
)

// document is what is walked through.
const document = "../../docs/api.md"

// needs skips the test on a machine that lacks something; in CI it does not pass.
func needs(t *testing.T, there bool, what string) {
	t.Helper()
	switch {
	case there:
	case os.Getenv("CI") != "":
		t.Fatalf("CI lacks %s", what)
	default:
		t.Skipf("needs %s", what)
	}
}

// step is a command of the document and what it prints.
type step struct {
	line    int
	command string
	prints  []string // lines
}

// steps returns the commands of the document in their order.
func steps(t *testing.T) []step {
	t.Helper()
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	var all []step
	inside := false
	for n, line := range strings.Split(string(text), "\n") {
		command, isCommand := strings.CutPrefix(line, "$ ")
		switch {
		case strings.HasPrefix(line, "```"):
			inside = line == "```console"
		case inside && isCommand:
			all = append(all, step{line: n + 1, command: command})
		case inside && len(all) > 0:
			last := &all[len(all)-1]
			last.prints = append(last.prints, line)
		}
	}
	return all
}

// matches reports whether a line is as the document has it, where … stands for
// anything.
func matches(pattern, line string) bool {
	parts := strings.Split(pattern, "…")
	for i, part := range parts {
		parts[i] = regexp.QuoteMeta(part)
	}
	return regexp.MustCompile("^(?s:" + strings.Join(parts, ".*") + ")$").MatchString(line)
}

func TestTheWalkThroughTheAPILeadsWhereItSays(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"bash", "curl"} {
		_, err := exec.LookPath(name)
		needs(t, err == nil, name)
	}
	tools := t.TempDir()
	binary, err := program.Build(t.Context(), tools)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(binary, filepath.Join(tools, "unity")); err != nil && !errors.Is(err, fs.ErrExist) {
		t.Fatal(err)
	}
	build(t, "../websocat", filepath.Join(tools, "websocat"))
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	unity, err := program.Start(ctx, program.Options{Binary: binary, Data: filepath.Join(t.TempDir(), "data"), Environ: []string{"UNITY_HOST_NAME=here"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unity.Kill(); err != nil {
			t.Error(err)
		}
	})
	if err := unity.Call(ctx, "POST", "/api/v1/sources/system_info/run", nil, nil); err != nil {
		t.Fatal(err)
	}
	walk(ctx, t, unity, tools)
}

// walk does all steps in one shell, which goes on with what the steps before
// left in its variables.
func walk(ctx context.Context, t *testing.T, unity *program.Program, tools string) {
	t.Helper()
	const mark = "\x01"
	var script strings.Builder
	script.WriteString("set -u\n")
	all := steps(t)
	if len(all) < 20 {
		t.Fatalf("%s has %d commands only", document, len(all))
	}
	for _, s := range all {
		command := s.command
		if strings.HasPrefix(command, "UNITY=") {
			command = "UNITY=" + unity.URL
		}
		if strings.Contains(command, "websocat") {
			fmt.Fprintf(&script, "export WEBSOCAT_LINES=%d\n", len(s.prints))
		}
		script.WriteString(command + "\nprintf '\\001%s\\001' $?\n")
	}
	shell := exec.CommandContext(ctx, "bash", "-c", script.String())
	shell.Env = append(os.Environ(), "PATH="+tools+":"+os.Getenv("PATH"), "UNITY_DATA="+unity.Data, "TZ=UTC")
	var said bytes.Buffer
	shell.Stderr = &said
	output, err := shell.Output()
	if err != nil {
		t.Fatalf("%v\n%s%s", err, output, said.String())
	}
	parts := strings.Split(string(output), mark)
	for i, s := range all {
		if len(parts) < 2*i+2 {
			t.Fatalf("line %d: the shell ended before it: %s", s.line, said.String())
		}
		s.check(t, parts[2*i], parts[2*i+1])
	}
	if t.Failed() {
		t.Log(said.String())
	}
}

// check compares what a command printed with what the document says.
func (s step) check(t *testing.T, printed, code string) {
	t.Helper()
	if code != "0" {
		t.Errorf("line %d: %s\nended with %s after\n%s", s.line, s.command, code, printed)
		return
	}
	lines := strings.Split(strings.TrimSpace(printed), "\n")
	if len(s.prints) == 0 {
		if strings.TrimSpace(printed) != "" {
			t.Errorf("line %d: %s\nprints what the document does not say:\n%s", s.line, s.command, printed)
		}
		return
	}
	if len(lines) != len(s.prints) {
		t.Errorf("line %d: %s\nprints %d lines, want %d:\n%s", s.line, s.command, len(lines), len(s.prints), printed)
		return
	}
	for i, want := range s.prints {
		if !matches(want, lines[i]) {
			t.Errorf("line %d: %s\nprints %s\nwant   %s", s.line, s.command, lines[i], want)
		}
	}
}

// build builds a command of this folder.
func build(t *testing.T, folder, to string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "build", "-o", to, folder)
	if said, err := command.CombinedOutput(); err != nil {
		t.Fatalf("building %s: %v\n%s", folder, err, said)
	}
}
