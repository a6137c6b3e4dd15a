package plugintest

import (
	"fmt"
	"os"
	"testing"
)

// Skip skips a test on a machine that lacks something: root, a program, an
// ability of the kernel. With CI set the test does not pass instead, because a
// test that is skipped there is one that nobody runs.
func Skip(tb testing.TB, format string, args ...any) {
	tb.Helper()
	if os.Getenv("CI") != "" {
		tb.Fatal("CI skips nothing: " + fmt.Sprintf(format, args...))
	}
	tb.Skipf(format, args...)
}
