package pipeline_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/pipeline"
	"github.com/unity-homelab/unity/plugin"
)

// snapshots answers with one document.
type snapshots string

// Snapshot implements pipeline.Snapshots.
func (s snapshots) Snapshot(_ context.Context, source inventory.SourceID, at time.Time) (inventory.Snapshot, error) {
	if s == "" || source != "fake" || !at.IsZero() {
		return inventory.Snapshot{}, fault.New(fault.NotFound, "no snapshot")
	}
	return inventory.Snapshot{Source: source, Document: json.RawMessage(s)}, nil
}

func TestASnapshotIsKeptWhenItChanged(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		before snapshots
		want   []string
	}{
		"from the first run on":         {"", []string{`{"n":1}`, "", `{"n":2}`, "", `{"n":1}`}},
		"not again after a restart":     {`{"n":1}`, []string{"", "", `{"n":2}`, "", `{"n":1}`}},
		"after a restart with a change": {`{"n":2}`, []string{`{"n":1}`, "", `{"n":2}`, "", `{"n":1}`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(pipeline.Config{Snapshots: test.before})
			for _, n := range []int{1, 1, 2, 0, 1} {
				b.run(t, func(out *plugin.Batch) {
					if n > 0 {
						out.SetSnapshot(map[string]int{"n": n})
					}
				})
			}
			var got []string
			for i, record := range b.store.records {
				got = append(got, string(record.Snapshot))
				if string(b.reports[i].Snapshot) != string(record.Snapshot) {
					t.Errorf("the report has the snapshot %s, the record %s", b.reports[i].Snapshot, record.Snapshot)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("snapshots (-want +got):\n%s", diff)
			}
		})
	}
}

func TestASnapshotThatIsTooLargeOrNoObjectIsLeftOutAndSaid(t *testing.T) {
	t.Parallel()
	for name, document := range map[string]any{
		"too large": map[string]string{"text": strings.Repeat("x", 2000)}, "a list": []int{1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(pipeline.Config{MaxSnapshotBytes: 1000})
			run := b.run(t, func(out *plugin.Batch) {
				out.Add("fake_total", 1)
				out.SetSnapshot(document)
			})
			if run.Outcome != inventory.Partial || !strings.Contains(run.Problem.Message, "snapshot") || b.last().Snapshot != nil {
				t.Errorf("got %+v with %+v and %s", run, run.Problem, b.last().Snapshot)
			}
			if run.Samples != 1 {
				t.Errorf("%d samples, want that they are kept", run.Samples)
			}
		})
	}
}

func TestProblemsMakeASuccessPartial(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		problems []error
		want     *inventory.Problem
	}{
		"none": {nil, nil},
		"one keeps its kind and hint": {
			[]error{fault.New(fault.Permission, "reading /a").WithHint("Become root.")},
			&inventory.Problem{Kind: fault.Permission, Message: "reading /a", Hint: "Become root."},
		},
		"several of a kind": {
			[]error{fault.New(fault.Timeout, "reading /a"), fault.New(fault.Timeout, "reading /b")},
			&inventory.Problem{Kind: fault.Timeout, Message: "reading /a; reading /b"},
		},
		"several of different kinds": {
			[]error{fault.New(fault.Timeout, "reading /a"), errors.New("odd")},
			&inventory.Problem{Kind: fault.Partial, Message: "reading /a; odd"},
		},
		"more than anybody reads": {
			[]error{
				fault.New(fault.Timeout, "1"), fault.New(fault.Timeout, "2"), fault.New(fault.Timeout, "3"),
				fault.New(fault.Timeout, "4"), fault.New(fault.Timeout, "5"), fault.New(fault.Timeout, "6"), fault.New(fault.Timeout, "7"),
			},
			&inventory.Problem{Kind: fault.Timeout, Message: "1; 2; 3; 4; 5; 2 more"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(pipeline.Config{})
			run := b.run(t, func(out *plugin.Batch) {
				for _, problem := range test.problems {
					out.Problem(problem)
				}
			})
			if diff := cmp.Diff(test.want, run.Problem); diff != "" {
				t.Errorf("problem (-want +got):\n%s", diff)
			}
			if (run.Outcome == inventory.Partial) != (test.want != nil) || b.state.Status != inventory.Healthy {
				t.Errorf("the outcome is %s and the status %s", run.Outcome, b.state.Status)
			}
		})
	}
}

func TestAChangeOfStatusIsAnEvent(t *testing.T) {
	t.Parallel()
	b := newBench(pipeline.Config{})
	problem := &inventory.Problem{Kind: fault.Refused, Message: "dialing nas", Hint: "Is it on?"}
	for range 5 {
		b.commit(t, pipeline.Result{Plugin: fake(), Run: inventory.Run{Outcome: inventory.Failed, Problem: problem}})
	}
	b.run(t, func(*plugin.Batch) {})
	source := inventory.Source{ID: "fake", Name: "The fake", Host: "nas"}
	paused := b.state
	paused.Status, paused.Since = inventory.Paused, noon().Add(time.Hour)
	if err := b.Enter(t.Context(), source, b.state, paused); err != nil {
		t.Fatal(err)
	}
	unknown := paused
	unknown.Status = inventory.Unknown
	if err := b.Enter(t.Context(), source, paused, unknown); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, report := range b.reports {
		for _, e := range report.Events {
			got = append(got, fmt.Sprintf("%s %s %s: %s", e.Time.Format("15:04:05"), e.Kind, e.Severity, e.Title))
		}
	}
	want := []string{
		"12:00:20 status_changed warning: The fake is degraded: dialing nas",
		"12:00:50 status_changed critical: The fake is failing: dialing nas",
		"12:01:00 status_changed info: The fake is healthy again",
		"13:00:00 status_changed info: The fake is paused",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{
		"from": "unknown", "to": "degraded", "kind": "refused", "message": "dialing nas", "hint": "Is it on?",
	}, b.reports[1].Events[0].Detail); diff != "" {
		t.Errorf("detail (-want +got):\n%s", diff)
	}
	if record := b.last(); record.Run.Source != "" || record.State.Status != inventory.Unknown || len(record.Samples) != 0 {
		t.Errorf("a state without a run was recorded as %+v", record)
	}
}

func TestEventsAreBroughtIntoForm(t *testing.T) {
	t.Parallel()
	b := newBench(pipeline.Config{})
	detail := make(map[string]string)
	for i := range 100 {
		detail[fmt.Sprintf("%03d", i)] = strings.Repeat("é", 1000)
	}
	b.run(t, func(out *plugin.Batch) {
		out.Event(plugin.Event{Kind: "odd\nkind", Title: strings.Repeat("x", 1000), Severity: "loud", Detail: detail})
		out.Event(plugin.Event{Kind: "early", Time: noon().Add(-time.Minute)})
		out.Event(plugin.Event{Kind: "ahead", Time: noon().Add(time.Hour)})
		out.Event(plugin.Event{Kind: "ancient", Time: noon().AddDate(-30, 0, 0)})
	})
	events := b.reports[0].Events
	first := events[0]
	if first.Kind != "odd kind" || len(first.Title) != 256 || first.Severity != inventory.Info || len(first.Detail) != 32 ||
		first.Detail["000"] != strings.Repeat("é", 256) {
		t.Errorf("got %+v", first)
	}
	var times []time.Duration
	for _, event := range events[1:] {
		times = append(times, event.Time.Sub(noon()))
		if event.Title != event.Kind {
			t.Errorf("an event without a title got %q", event.Title)
		}
	}
	if diff := cmp.Diff([]time.Duration{-time.Minute, 10 * time.Second, 10 * time.Second}, times); diff != "" {
		t.Errorf("times (-want +got):\n%s", diff)
	}
	if err := b.Tell(t.Context(), inventory.Event{Kind: "clock_stepped", Host: "nas"}); err != nil {
		t.Fatal(err)
	}
	if record := b.last(); record.Run.Source != "" || record.State.Source != "" || len(record.Events) != 1 || record.Events[0].Time.IsZero() {
		t.Errorf("an event of no run was recorded as %+v", record)
	}
}

func TestWhenTheDiskIsFullTheRestGoesOnAndItRecovers(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	b := newBench(pipeline.Config{Log: slog.New(slog.NewTextHandler(&log, nil))})
	fill := func(n int) func(out *plugin.Batch) {
		return func(out *plugin.Batch) {
			out.Add("fake_total", float64(n))
			out.SetSnapshot(map[string]int{"n": n})
		}
	}
	b.run(t, fill(1))
	b.store.refuse = fault.New(fault.Unreachable, "writing the journal: no space left on device")
	b.run(t, fill(2))
	b.run(t, fill(2))
	b.store.refuse = fault.New(fault.Permission, "writing the journal: read-only file system")
	b.run(t, fill(2))
	if stats := b.Stats(); stats.Unrecorded != 3 || stats.Problem == nil || stats.Problem.Kind != fault.Permission {
		t.Errorf("stats are %+v, want 3 that were not recorded", stats)
	}
	if len(b.store.records) != 1 || len(b.reports) != 4 || b.reports[3].Samples[0].Value != 2 {
		t.Errorf("%d records and %d reports, want 1 and 4", len(b.store.records), len(b.reports))
	}
	b.store.refuse = nil
	b.run(t, fill(2))
	if got := string(b.last().Snapshot); got != `{"n":2}` {
		t.Errorf("after the recovery the snapshot is %q, want the one that was not recorded", got)
	}
	b.run(t, fill(2))
	if stats := b.Stats(); stats.Problem != nil || stats.Samples != 6 {
		t.Errorf("stats are %+v, want no problem any more", stats)
	}
	if errs, back := strings.Count(log.String(), "level=ERROR"), strings.Count(log.String(), "written again"); errs != 2 || back != 1 {
		t.Errorf("the log should say each change once:\n%s", log.String())
	}
}

func TestSourcesAreProcessedAtTheSameTime(t *testing.T) {
	t.Parallel()
	s := &store{}
	p, made := pipeline.New(s, pipeline.Config{}), fake()
	var sources sync.WaitGroup
	for n := range 8 {
		sources.Go(func() {
			var state inventory.State
			for i := range 100 {
				batch := plugin.NewBatch(made)
				batch.Add("fake_value", float64(i), "item", fmt.Sprint(i%10))
				var err error
				_, state, err = p.Commit(context.Background(), pipeline.Result{
					Source: inventory.Source{ID: inventory.SourceID(fmt.Sprint(n % 4)), Host: "nas"}, Plugin: made, Previous: state,
					Run: inventory.Run{Outcome: inventory.Success, Start: noon().Add(time.Duration(i) * time.Second)}, Batch: batch,
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	sources.Wait()
	if stats := p.Stats(); stats.Runs != 800 || stats.Samples != 1600 || len(s.labels) != 44 {
		t.Errorf("stats are %+v with %d series, want 1600 samples of 44", stats, len(s.labels))
	}
	times := make(map[inventory.SourceID]int64)
	for _, record := range s.records {
		if id := record.Run.Source; record.Time <= times[id] {
			t.Errorf("source %s: the timestamp %d is not after %d", id, record.Time, times[id])
		} else {
			times[id] = record.Time
		}
	}
}

func FuzzAnyTextAndNumberMakesACleanRecord(f *testing.F) {
	f.Add("sda", "a title", "kind", 1.5)
	f.Add("\xff\x00é", strings.Repeat("é", 300), "\n", math.Inf(1))
	f.Add("", "", "", math.NaN())
	p := fake() // making one takes longer than all the rest
	f.Fuzz(func(t *testing.T, label, title, kind string, value float64) {
		b := newBenchOf(p, pipeline.Config{MaxSeries: 3})
		for range 2 {
			run := b.run(t, func(out *plugin.Batch) {
				for _, item := range []string{label, title, kind, label + title} {
					out.Add("fake_value", value, "item", item)
				}
				out.Event(plugin.Event{Kind: kind, Title: title, Detail: map[string]string{label: title}})
				out.Problem(fault.New(fault.Partial, "%s", title))
			})
			if run.Samples > 3 {
				t.Errorf("%d samples, want at most 3", run.Samples)
			}
		}
		for _, l := range b.store.labels {
			l.Range(func(l labels.Label) {
				if !utf8.ValidString(l.Value) || len(l.Value) > 512 || l.Value == "" || strings.ContainsFunc(l.Value, unicode.IsControl) {
					t.Errorf("the label %s has the value %q", l.Name, l.Value)
				}
			})
		}
		for _, report := range b.reports {
			if _, err := json.Marshal(report); err != nil {
				t.Errorf("the report does not marshal: %v", err)
			}
		}
	})
}
