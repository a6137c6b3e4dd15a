// Package homelab has something on this machine for a source of each plugin to
// watch: a real server where there is one, the machine itself, or else what a case
// of the plugin answers. Tests and measurements of the whole program share it.
package homelab

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/test/program"
)

const (
	// enough is how many samples make a machine worth watching with a plugin.
	enough = 10
	// scenes is how many cases of a plugin are tried.
	scenes = 8
)

// Target is what a source can watch.
type Target struct {
	// Name is that of a real server, "this machine", or "its case" and the case.
	// It is "nothing" where nothing gives samples.
	Name string
	// Config is that of the source.
	Config json.RawMessage
	// Lacks says why it is nothing better.
	Lacks []string
	// End ends what was started for it, which otherwise lasts as long as the test.
	End func()
}

// Real reports whether it is more than what a case answers.
func (t *Target) Real() bool { return t.Name != "nothing" && !strings.HasPrefix(t.Name, "its case") }

// Find starts the best there is for a plugin, and has the program try each before
// it is taken. What the programs of a case say is said by scripts in the folder of
// programs, which has to be in the program's PATH. The test has to be in a package
// two folders below the root, where the cases are looked for.
func Find(tb testing.TB, unity *program.Program, plugin, programs string) *Target {
	tb.Helper()
	t := &Target{End: func() {}}
	if peer, ok := peers()[plugin]; ok {
		if t.prepare(tb, unity, plugin, peer.name, 1, func(tb testing.TB) json.RawMessage {
			tb.Helper()
			return json.RawMessage(peer.start(tb, unity).JSON(tb))
		}) {
			return t
		}
	}
	machine := func(testing.TB) json.RawMessage { return json.RawMessage("{}") }
	if t.prepare(tb, unity, plugin, "this machine", enough, machine) {
		return t
	}
	folder := filepath.Join("..", "..", "plugins", strings.ReplaceAll(strings.TrimSuffix(plugin, "_monitor"), "_", ""))
	all := plugintest.Scenes(tb, folder)
	for _, scene := range all[:min(scenes, len(all))] {
		if t.prepare(tb, unity, plugin, "its case "+scene.Name, 1, func(tb testing.TB) json.RawMessage {
			tb.Helper()
			return scene.Play(tb, programs)
		}) {
			return t
		}
	}
	t.Name, t.Config = "nothing", machine(tb)
	return t
}

// prepare starts something and has the program try it. It reports whether there
// were so many samples.
func (t *Target) prepare(tb testing.TB, unity *program.Program, plugin, name string, least int, start func(tb testing.TB) json.RawMessage) bool {
	tb.Helper()
	var config json.RawMessage
	undo, lacks := try(tb, func(tb testing.TB) {
		tb.Helper()
		config = start(tb)
	})
	if lacks == "" {
		if lacks = collects(tb.Context(), unity, plugin, config, least); lacks == "" {
			t.Name, t.Config, t.End = name, config, undo
			return true
		}
		undo()
	}
	first, _, _ := strings.Cut(lacks, "\n")
	t.Lacks = append(t.Lacks, name+": "+first)
	return false
}

// collects has the program collect once with a config, and says what is wrong.
func collects(ctx context.Context, unity *program.Program, plugin string, config json.RawMessage, least int) string {
	var trial struct {
		OK       bool              `json:"ok"`
		Samples  []json.RawMessage `json:"samples"`
		Problems []struct {
			Message string `json:"message"`
		} `json:"problems"`
	}
	err := unity.Call(ctx, http.MethodPost, "/api/v1/sources/test", map[string]any{"plugin": plugin, "config": config}, &trial)
	switch {
	case err != nil:
		return err.Error()
	case !trial.OK:
		return trial.Problems[0].Message
	case len(trial.Samples) < least:
		return fmt.Sprintf("%d samples", len(trial.Samples))
	}
	return ""
}
