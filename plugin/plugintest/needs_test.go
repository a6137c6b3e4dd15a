package plugintest_test

import (
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
)

// witness is a test of which only the ways to end it are looked at.
type witness struct {
	testing.TB
	ended string
}

func (w *witness) Helper()              {}
func (w *witness) Fatal(...any)         { w.ended = "fatal" }
func (w *witness) Skipf(string, ...any) { w.ended += "skipped" }

func TestNothingIsSkippedInCI(t *testing.T) { //nolint:paralleltest // it changes the environment
	for variable, want := range map[string]string{"": "skipped", "true": "fatalskipped"} {
		t.Setenv("CI", variable)
		w := &witness{TB: t}
		plugintest.Skip(w, "needs %s", "root")
		if w.ended != want {
			t.Errorf("with CI=%q the test ended %q, want %q", variable, w.ended, want)
		}
	}
}
