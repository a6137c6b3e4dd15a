package plugintest

import (
	"os"
	"testing"
)

// Folder makes a folder for a test that other users may enter, as servers do that
// give up rights, and whose path leaves room for that of a socket, which has at most
// 108 bytes.
func Folder(tb testing.TB) string {
	tb.Helper()
	folder, err := os.MkdirTemp("", "unity") //nolint:usetesting // for both reasons
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(folder) })
	if err := os.Chmod(folder, 0o755); err != nil { //nolint:gosec // nothing in it is secret
		tb.Fatal(err)
	}
	return folder
}
