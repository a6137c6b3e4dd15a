//go:build !linux

package servers

import (
	"context"
	"errors"
	"os"
	"os/exec"
)

// Only Linux gives a test what it needs to end a server and all its children;
// engines say so when asked what is missing.

func runAs(string, *exec.Cmd) error { return errors.ErrUnsupported }

func giveTo(string, string) error { return errors.ErrUnsupported }

func take(path string) (func(), error) {
	if path == "" {
		return func() {}, nil
	}
	return nil, errors.ErrUnsupported
}

func claim(context.Context, int) (func(), error) { return func() {}, nil }

func family(parent *os.Process) []*os.Process { return []*os.Process{parent} }

func await(*os.Process) {}

func pause([]*os.Process) error { return errors.ErrUnsupported }

func resume([]*os.Process) error { return errors.ErrUnsupported }
