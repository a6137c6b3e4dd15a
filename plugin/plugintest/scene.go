package plugintest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Scene is a case that can be played for a program outside the test.
type Scene struct {
	// Name is the case's file without its ending.
	Name string

	played *testCase
}

// Scenes returns the cases of a plugin's folder that end in samples and in which
// nothing hangs, those without problems and with the most samples first.
func Scenes(tb testing.TB, folder string) []Scene {
	tb.Helper()
	s := &suite{folder: folder}
	cases := s.load(tb)
	cases = slices.DeleteFunc(cases, func(c *testCase) bool {
		return c.fails() || slices.ContainsFunc(c.sections, func(s *section) bool { _, hangs := s.flags["hang"]; return hangs })
	})
	worth := func(c *testCase) int {
		lines := strings.Count(string(c.wanted("", c.rounds).data), "\n")
		if c.wanted("problems", c.rounds) != nil {
			return lines - 10_000
		}
		return lines
	}
	slices.SortStableFunc(cases, func(a, b *testCase) int { return cmp.Compare(worth(b), worth(a)) })
	scenes := make([]Scene, len(cases))
	for i, c := range cases {
		scenes[i] = Scene{Name: c.name, played: c}
	}
	return scenes
}

// Play answers over HTTP as in the case's first collection, until the test ends,
// and returns the case's config with what is real now: addresses, and in place of
// absolute paths the files that the case has there. What its programs say is said
// by scripts in the folder of programs, which has to be in the other program's
// PATH. Files that the config does not name are not played, nor is what a [Protocol]
// has beside HTTP.
func (s Scene) Play(tb testing.TB, programs string) json.RawMessage {
	tb.Helper()
	w := newWorld(tb, new(suite), s.played, false)
	for name, script := range w.scripts() {
		file := filepath.Join(programs, name)
		if err := os.WriteFile(file, []byte(script), 0o755); err != nil { //nolint:gosec // a program is run
			tb.Fatal(err)
		}
		tb.Cleanup(func() { _ = os.Remove(file) })
	}
	config := s.played.config(w)
	var tree any
	if err := json.Unmarshal(config, &tree); err != nil {
		return config
	}
	config, err := json.Marshal(w.real(tree))
	if err != nil {
		tb.Fatal(err)
	}
	return config
}

// real puts the case's files in place of the paths in a config.
func (w *world) real(node any) any {
	switch node := node.(type) {
	case map[string]any:
		for key, value := range node {
			node[key] = w.real(value)
		}
	case []any:
		for i, value := range node {
			node[i] = w.real(value)
		}
	case string:
		if !strings.HasPrefix(node, "/") {
			break
		}
		if found, _ := filepath.Glob(filepath.Join(w.root, node)); len(found) > 0 {
			return filepath.Join(w.root, node)
		}
	}
	return node
}

// scripts returns a shell script for each of the case's programs, which says what
// it says in the case.
func (w *world) scripts() map[string]string {
	branches := make(map[string]string)
	quote := func(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
	for line, sections := range w.programs {
		name, args, _ := strings.Cut(line, " ")
		var b strings.Builder
		code := "0"
		for _, s := range sections {
			to := ""
			if _, stderr := s.flags["stderr"]; stderr {
				to = " >&2"
			}
			fmt.Fprintf(&b, "printf %%s %s%s\n", quote(string(w.fill(s.data))), to)
			code = cmp.Or(s.flags["exit"], code)
		}
		branches[name] += fmt.Sprintf("%s)\n%sexit %s ;;\n", quote(args), b.String(), code)
	}
	for name, all := range branches {
		branches[name] = "#!/bin/sh\ncase \"$*\" in\n" + all + "esac\necho 'not in this case' >&2\nexit 1\n"
	}
	return branches
}
