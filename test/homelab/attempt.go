package homelab

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"testing"
)

// attempt is a part of a measurement that may come to nothing without ending it:
// what the machine lacks, or what did not start, is said instead.
type attempt struct {
	testing.TB
	lacks   string
	cleanup []func()
}

// try does something that may come to nothing, and says why it did. What it began
// lasts until the measurement ends; when it came to nothing, or undo is called, it
// ends at once.
func try(tb testing.TB, do func(tb testing.TB)) (undo func(), lacks string) {
	tb.Helper()
	a := &attempt{TB: tb}
	done := make(chan struct{})
	go func() { // that a test may end with runtime.Goexit
		defer close(done)
		do(a)
	}()
	<-done
	undo = func() {
		for _, end := range slices.Backward(a.cleanup) {
			end()
		}
		a.cleanup = nil
	}
	tb.Cleanup(func() { undo() })
	if a.lacks != "" {
		undo()
	}
	return undo, a.lacks
}

// TempDir returns a folder that is gone when the attempt is undone.
func (a *attempt) TempDir() string {
	folder, err := os.MkdirTemp(a.TB.TempDir(), "")
	if err != nil {
		a.Fatal(err)
	}
	a.Cleanup(func() { _ = os.RemoveAll(folder) })
	return folder
}

// Cleanup implements testing.TB.
func (a *attempt) Cleanup(end func()) { a.cleanup = append(a.cleanup, end) }

func (a *attempt) fail(why string) {
	if a.lacks == "" {
		a.lacks = why
	}
}

// Error implements testing.TB, as do those below.
func (a *attempt) Error(args ...any) { a.fail(fmt.Sprint(args...)) }

// Errorf says what went wrong.
func (a *attempt) Errorf(format string, args ...any) { a.fail(fmt.Sprintf(format, args...)) }

// Fatal says what went wrong and ends the attempt.
func (a *attempt) Fatal(args ...any) {
	a.fail(fmt.Sprint(args...))
	runtime.Goexit()
}

// Fatalf says what went wrong and ends the attempt.
func (a *attempt) Fatalf(format string, args ...any) { a.Fatal(fmt.Sprintf(format, args...)) }

// Skip says what the machine lacks and ends the attempt.
func (a *attempt) Skip(args ...any) { a.Fatal(args...) }

// Skipf says what the machine lacks and ends the attempt.
func (a *attempt) Skipf(format string, args ...any) { a.Fatalf(format, args...) }
