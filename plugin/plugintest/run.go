package plugintest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

// patience is how long anything in a test may take, on a machine that has much
// else to do.
const patience = time.Minute

// runCase collects as often as the case says and compares what came.
func (s *suite) runCase(t *testing.T, c *testCase) {
	t.Helper()
	w := newWorld(t, s, c, true)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	changed := false
	if want := c.wanted("detect", 1); want != nil {
		changed = s.compareFindings(t, w, want) || changed
	}
	if c.wanted("", c.rounds) != nil || c.wanted("error", c.rounds) != nil {
		collector, err := s.plugin.Open(ctx, c.config(w), w.host())
		if err != nil {
			changed = s.compare(t, w, outcome{err: err}, c.rounds) || changed
		} else {
			for round := 1; round <= c.rounds; round++ {
				if round > 1 {
					w.enter(round)
				}
				o := run(s.plugin, func(b *plugin.Batch) error { return collector.Collect(ctx, b) })
				s.checkOutcome(t, w, o)
				changed = s.compare(t, w, o, round) || changed
				if round == c.rounds {
					s.keepLikeness(t, w, o)
				}
			}
			if closer, ok := collector.(io.Closer); ok {
				if err := closer.Close(); err != nil {
					t.Errorf("closing the collector: %v", err)
				}
			}
		}
	}
	if s.update && changed && !t.Failed() {
		if err := os.WriteFile(c.file, c.format(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// checkOutcome checks what holds for every collection of every plugin.
func (s *suite) checkOutcome(t *testing.T, w *world, o outcome) {
	t.Helper()
	if o.panicked != "" {
		t.Fatalf("panic: %s", o.panicked)
	}
	s.checkSecrets(t, w, o)
	for _, problem := range allProblems(o) {
		if fault.Of(problem) == fault.Internal {
			t.Errorf("a fault without a kind: %v", problem)
		}
	}
	if o.err != nil {
		return
	}
	seen := make(map[string]bool)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sample := range o.batch.Samples() {
		s.metrics[sample.Name] = true
		id := sample.Name + sample.Labels.String()
		if seen[id] {
			t.Errorf("two samples of %s", id)
		}
		seen[id] = true
	}
	if raw := o.batch.Snapshot(); raw != nil {
		var snapshot map[string]any
		if err := json.Unmarshal(raw, &snapshot); err != nil {
			t.Errorf("the snapshot is not an object: %v", err)
		}
		s.snapshots = append(s.snapshots, snapshot)
	}
}

func allProblems(o outcome) []error {
	problems := o.batch.Problems()
	if o.err != nil {
		problems = append(slices.Clone(problems), o.err)
	}
	return problems
}

// compare compares the outcome of a round with what is wanted of it. With
// UPDATE=1 it changes what is wanted and reports that.
func (s *suite) compare(t *testing.T, w *world, o outcome, round int) (changed bool) {
	t.Helper()
	c := w.c
	if want := c.wanted("requests", round); want != nil {
		w.mu.Lock()
		lines := strings.Join(w.requests, "\n") + "\n"
		w.mu.Unlock()
		changed = s.settle(t, want, w.unfill(lines), matchLines) || changed
	}
	if o.err != nil {
		want := c.wanted("error", round)
		if want == nil {
			t.Errorf("collection %d: %s: %v", round, fault.Of(o.err), o.err)
			return changed
		}
		return s.settle(t, want, w.unfill(fmt.Sprintf("%s: %v\n", fault.Of(o.err), o.err)), matchLines) || changed
	}
	if want := c.wanted("error", round); want != nil {
		t.Errorf("collection %d: no error, want %s", round, want.data)
		return changed
	}
	if want := c.wanted("", round); want != nil {
		changed = s.settle(t, want, w.unfill(sampleLines(o.batch.Samples())), matchSamples) || changed
	}
	if round == c.rounds || c.wanted("problems", round) != nil {
		var lines strings.Builder
		for _, problem := range o.batch.Problems() {
			fmt.Fprintf(&lines, "%s: %v\n", fault.Of(problem), problem)
		}
		changed = s.settleOptional(t, c, "problems", round, w.unfill(lines.String()), matchLines) || changed
	}
	if want := c.wanted("snapshot", round); want != nil {
		changed = s.settle(t, want, w.unfill(indented(o.batch.Snapshot())), matchJSON) || changed
	}
	if round == c.rounds || c.wanted("events", round) != nil {
		var lines strings.Builder
		for _, event := range o.batch.Events() {
			fmt.Fprintf(&lines, "%s %s %s\n", event.Kind, event.Severity, event.Title)
		}
		changed = s.settleOptional(t, c, "events", round, w.unfill(lines.String()), matchLines) || changed
	}
	return changed
}

// settleOptional is settle for what is empty in most cases and then left out.
func (s *suite) settleOptional(t *testing.T, c *testCase, what string, round int, got string, match matcher) bool {
	t.Helper()
	want := c.wanted(what, round)
	switch {
	case want != nil:
		return s.settle(t, want, got, match)
	case got == "":
		return false
	case s.update:
		c.add(what, round, []byte(got))
		return true
	default:
		t.Errorf("unexpected %s:\n%s", what, got)
		return false
	}
}

// settle compares a wanted text, or rewrites it.
func (s *suite) settle(t *testing.T, want *section, got string, match matcher) (changed bool) {
	t.Helper()
	difference, better := match(string(want.data), got)
	switch {
	case difference == "":
		return false
	case s.update:
		want.data = []byte(better)
		return true
	default:
		t.Errorf("%s (- wanted, + got; UPDATE=1 rewrites it):\n%s", want.full, difference)
		return false
	}
}

// matcher compares a wanted text with what there is. It returns the difference,
// or "", and the text that should be wanted.
type matcher func(want, got string) (difference, better string)

// matchLines wants each line to end with a part of the line there is, after the
// same first word.
func matchLines(want, got string) (difference, better string) {
	wanted, there := splitLines(want), splitLines(got)
	same := len(wanted) == len(there)
	for i := range wanted {
		if !same {
			break
		}
		kind, text, _ := strings.Cut(wanted[i], ": ")
		gotKind, _, _ := strings.Cut(there[i], ": ")
		same = wanted[i] == there[i] || (text != "" && kind == gotKind && strings.Contains(there[i], text))
	}
	if same {
		return "", want
	}
	return cmp.Diff(wanted, there), got
}

// matchSamples wants the same samples; * stands for any value.
func matchSamples(want, got string) (difference, better string) {
	any := make(map[string]bool)
	for _, line := range splitLines(want) {
		if id, found := strings.CutSuffix(line, " *"); found {
			any[id] = true
		}
	}
	there := splitLines(got)
	for i, line := range there {
		if id := line[:strings.LastIndexByte(line, ' ')]; any[id] {
			there[i] = id + " *"
		}
	}
	wanted := splitLines(want)
	slices.Sort(wanted)
	slices.Sort(there)
	better = strings.Join(there, "\n") + "\n"
	if len(there) == 0 {
		better = ""
	}
	return cmp.Diff(wanted, there), better
}

// matchJSON wants at least what is wanted to be there.
func matchJSON(want, got string) (difference, better string) {
	var wanted, there any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		return "the wanted JSON: " + err.Error(), got
	}
	if err := json.Unmarshal([]byte(got), &there); err != nil {
		return "the snapshot: " + err.Error(), got
	}
	return cmp.Diff(wanted, reduce(wanted, there)), got
}

// reduce leaves of what is there only what is spoken of.
func reduce(wanted, there any) any {
	switch wanted := wanted.(type) {
	case string:
		if wanted == "*" {
			return "*"
		}
	case map[string]any:
		object, ok := there.(map[string]any)
		if !ok {
			return there
		}
		reduced := make(map[string]any, len(wanted))
		for key, inner := range wanted {
			if value, ok := object[key]; ok {
				reduced[key] = reduce(inner, value)
			}
		}
		return reduced
	case []any:
		list, ok := there.([]any)
		if !ok || len(list) != len(wanted) {
			return there
		}
		reduced := make([]any, len(list))
		for i := range list {
			reduced[i] = reduce(wanted[i], list[i])
		}
		return reduced
	}
	return there
}

func splitLines(text string) []string {
	return slices.DeleteFunc(strings.Split(text, "\n"), func(line string) bool { return strings.TrimSpace(line) == "" })
}

func indented(raw json.RawMessage) string {
	if raw == nil {
		return "null\n"
	}
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", "  "); err != nil {
		return string(raw)
	}
	return b.String() + "\n"
}

func sampleLines(samples []metric.Sample) string {
	lines := make([]string, len(samples))
	for i, sample := range samples {
		lines[i] = SampleLine(sample) + "\n"
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// compareFindings compares what the plugin finds to watch.
func (s *suite) compareFindings(t *testing.T, w *world, want *section) (changed bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	findings, err := s.plugin.Detect(ctx, w.host())
	if err != nil {
		t.Errorf("detecting: %v", err)
	}
	var lines strings.Builder
	for _, f := range findings {
		config, err := json.Marshal(f.Config)
		if err != nil {
			t.Fatalf("the config of the finding %q: %v", f.Name, err)
		}
		if err := s.plugin.Validate(config); f.Ready && err != nil {
			t.Errorf("the finding %q is ready, and yet: %v", f.Name, err)
		}
		if f.Evidence == "" || !f.Ready && f.Missing == "" {
			t.Errorf("the finding %q has no evidence, or does not say what is missing", f.Name)
		}
		line, err := json.Marshal(struct {
			Name     string          `json:"name,omitempty"`
			Evidence string          `json:"evidence"`
			Ready    bool            `json:"ready"`
			Missing  string          `json:"missing,omitempty"`
			Config   json.RawMessage `json:"config"`
		}{f.Name, f.Evidence, f.Ready, f.Missing, config})
		if err != nil {
			t.Fatal(err)
		}
		lines.Write(append(line, '\n'))
	}
	return s.settle(t, want, w.unfill(lines.String()), func(want, got string) (string, string) {
		return cmp.Diff(splitLines(want), splitLines(got)), got
	})
}
