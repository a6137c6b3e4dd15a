package main

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"unity": main})
}

// TestScripts runs the command line as a person would. Each file of testdata
// shows a session and what it prints.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		UpdateScripts:       os.Getenv("UPDATE") == "1",
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"serve": serve},
	})
}

// serve starts the program on the folder ./data and a free port, and goes on
// once it says where it is; the variable ADDRESS holds that. The script's end
// stops it.
func serve(ts *testscript.TestScript, negated bool, args []string) {
	if negated {
		ts.Fatalf("serve cannot be negated")
	}
	arguments := append([]string{"serve", "--data", ts.MkAbs("data"), "--listen", "127.0.0.1:0"}, args...)
	program, err := exec.LookPath("unity")
	if err != nil {
		ts.Fatalf("looking for the program: %v", err)
	}
	command := exec.CommandContext(context.Background(), program, arguments...)
	command.Dir = ts.Getenv("WORK")
	command.Stderr = os.Stderr
	stdout, err := command.StdoutPipe()
	if err != nil {
		ts.Fatalf("reading what serve prints: %v", err)
	}
	if err := command.Start(); err != nil {
		ts.Fatalf("starting serve: %v", err)
	}
	ts.Defer(func() {
		if err := command.Process.Signal(os.Interrupt); err != nil {
			ts.Logf("stopping serve: %v", err)
		}
		if err := command.Wait(); err != nil {
			ts.Logf("serve ended: %v", err)
		}
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	address, ok := strings.CutPrefix(strings.TrimSpace(line), "Unity is at ")
	if err != nil || !ok {
		ts.Fatalf("serve said %q, not where it is (%v)", line, err)
	}
	ts.Setenv("ADDRESS", address)
}
