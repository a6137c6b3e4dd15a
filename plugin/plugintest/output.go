package plugintest

import (
	"context"
	"os/exec"
	"strings"
	"testing"
)

// Output runs a program to its end and returns all that it said.
func Output(tb testing.TB, name string, args ...string) string {
	tb.Helper()
	out, err := exec.CommandContext(tb.Context(), name, args...).CombinedOutput()
	if err != nil {
		tb.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// AtEnd runs a program when the test is over, whatever it says.
func AtEnd(tb testing.TB, name string, args ...string) {
	tb.Helper()
	ctx := context.WithoutCancel(tb.Context()) // that of the test has ended by then
	tb.Cleanup(func() { _ = exec.CommandContext(ctx, name, args...).Run() })
}
