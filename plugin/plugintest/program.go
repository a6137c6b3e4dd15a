package plugintest

import (
	"os"
	"syscall"
	"testing"
)

// Program writes a program that the test runs afterwards. Meanwhile no child
// process is made: it would have the file open for writing until it becomes a
// program itself, and one that is open for writing cannot be run.
func Program(tb testing.TB, name string, content []byte) {
	tb.Helper()
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(name, content, 0o755); err != nil { //nolint:gosec // a program
		tb.Fatal(err)
	}
}
