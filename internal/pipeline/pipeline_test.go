package pipeline_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/journal"
	"github.com/unity-homelab/unity/internal/pipeline"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/test/leaks"
)

func TestMain(m *testing.M) { leaks.Check(m) }

// noon is when everything happens.
func noon() time.Time { return time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC) }

// store keeps records in memory.
type store struct {
	mu      sync.Mutex
	ids     map[string]series.ID
	labels  []labels.Labels
	records []journal.Record
	refuse  error
}

// ID implements series.Index.
func (s *store) ID(l labels.Labels) series.ID {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id, ok := s.ids[l.String()]; ok {
		return id
	}
	if s.ids == nil {
		s.ids = make(map[string]series.ID)
	}
	s.labels = append(s.labels, l)
	id := series.ID(len(s.labels))
	s.ids[l.String()] = id
	return id
}

// Labels implements series.Index.
func (s *store) Labels(id series.ID) (labels.Labels, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id < 1 || int(id) > len(s.labels) {
		return labels.EmptyLabels(), false
	}
	return s.labels[id-1], true
}

// Commit implements pipeline.Store.
func (s *store) Commit(_ context.Context, record *journal.Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse != nil {
		return s.refuse
	}
	for i := range record.Events {
		record.Events[i].ID = int64(100 + len(s.records) + i)
	}
	s.records = append(s.records, *record)
	return nil
}

// lines writes the samples of a record as a person reads them.
func (s *store) lines(record journal.Record) []string {
	var lines []string
	for _, sample := range record.Samples {
		l, _ := s.Labels(sample.Series)
		lines = append(lines, fmt.Sprintf("%s %v", l, sample.Value))
	}
	slices.Sort(lines)
	return lines
}

func fake() plugin.Plugin {
	return plugin.Define(plugin.Manifest{
		ID: "fake_monitor", Name: "Fake", Category: plugin.System, Summary: "Is told what to say.",
		Metrics: []metric.Definition{
			{Name: "fake_total", Kind: metric.Counter, Help: "A counter."},
			{Name: "fake_other", Kind: metric.Gauge, Help: "Another."},
			{Name: "fake_value", Kind: metric.Gauge, Help: "A value per item.", Labels: []string{"item", "mode"}},
			{Name: "fake_wrong", Kind: metric.Gauge, Help: "Has a label of Unity's.", Labels: []string{"source"}},
		},
	}, struct{}{}, func(context.Context, struct{}, plugin.Host) (plugin.Collector, error) { return nil, nil })
}

// bench is a pipeline with what is around it.
type bench struct {
	*pipeline.Pipeline
	plugin  plugin.Plugin
	store   *store
	reports []inventory.Report
	state   inventory.State
	runs    int
}

func newBench(config pipeline.Config) *bench { return newBenchOf(fake(), config) }

func newBenchOf(p plugin.Plugin, config pipeline.Config) *bench {
	b := &bench{store: &store{}, plugin: p}
	config.Now = func() time.Time { return noon().Add(time.Duration(b.runs) * 10 * time.Second) }
	b.Pipeline = pipeline.New(b.store, config, pipeline.SinkFunc(func(r inventory.Report) { b.reports = append(b.reports, r) }))
	return b
}

// run commits a successful run with what fill puts into the batch.
func (b *bench) run(t testing.TB, fill func(out *plugin.Batch)) inventory.Run {
	t.Helper()
	batch := plugin.NewBatch(b.plugin)
	fill(batch)
	return b.commit(t, pipeline.Result{Plugin: b.plugin, Run: inventory.Run{Outcome: inventory.Success, Attempts: 1}, Batch: batch})
}

func (b *bench) commit(t testing.TB, result pipeline.Result) inventory.Run {
	t.Helper()
	b.runs++
	result.Source = inventory.Source{ID: "fake", Name: "The fake", Host: "nas", Plugin: "fake_monitor"}
	result.Previous = b.state
	if result.Run.Start.IsZero() {
		result.Run.Start = noon().Add(time.Duration(b.runs) * 10 * time.Second)
	}
	run, state, err := b.Commit(context.Background(), result)
	if err != nil && b.store.refuse == nil {
		t.Fatalf("commit: %v", err)
	}
	b.state = state
	return run
}

func (b *bench) last() journal.Record { return b.store.records[len(b.store.records)-1] }

func TestARunBecomesARecordAndAReport(t *testing.T) {
	t.Parallel()
	b := newBench(pipeline.Config{})
	run := b.run(t, func(out *plugin.Batch) {
		out.Add("fake_total", 7)
		out.Add("fake_value", 1.5, "item", "sda", "mode", "read")
		out.SetSnapshot(map[string]any{"items": []string{"sda"}})
		out.Event(plugin.Event{Kind: "item_added", Title: "sda is new", Severity: plugin.Warning})
	})
	record := b.last()
	wantLines := []string{
		`{__name__="fake_total", host="nas", source="fake"} 7`,
		`{__name__="fake_value", host="nas", item="sda", mode="read", source="fake"} 1.5`,
		`{__name__="up", host="nas", plugin="fake_monitor", source="fake"} 1`,
	}
	if diff := cmp.Diff(wantLines, b.store.lines(record)); diff != "" {
		t.Errorf("stored samples (-want +got):\n%s", diff)
	}
	at := noon().Add(10 * time.Second)
	wantRun := inventory.Run{Source: "fake", Start: at, Attempts: 1, Outcome: inventory.Success, Samples: 2}
	wantState := inventory.State{Source: "fake", Status: inventory.Healthy, Since: at, LastRun: at, LastSuccess: at}
	wantEvents := []inventory.Event{{
		ID: 100, Time: at, Kind: "item_added", Source: "fake", Host: "nas", Severity: inventory.Warning, Title: "sda is new",
	}}
	if diff := cmp.Diff(wantRun, run); diff != "" {
		t.Errorf("run (-want +got):\n%s", diff)
	}
	record.Samples = nil
	want := journal.Record{
		Run: wantRun, State: wantState, Time: at.UnixMilli(), Snapshot: json.RawMessage(`{"items":["sda"]}`), Events: wantEvents,
	}
	if diff := cmp.Diff(want, record); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
	wantReport := inventory.Report{
		Source: inventory.Source{ID: "fake", Name: "The fake", Host: "nas", Plugin: "fake_monitor"},
		Run:    wantRun, State: wantState, Time: at.UnixMilli(), Snapshot: want.Snapshot, Events: wantEvents,
		Samples: []metric.Sample{
			{Name: "fake_total", Labels: metric.Labels{}, Value: 7},
			{Name: "fake_value", Labels: metric.L("item", "sda", "mode", "read"), Value: 1.5},
		},
	}
	if diff := cmp.Diff([]inventory.Report{wantReport}, b.reports); diff != "" {
		t.Errorf("reports (-want +got):\n%s", diff)
	}
}

func TestAFailedRunSaysThatItIsDownAndACanceledOneSaysNothing(t *testing.T) {
	t.Parallel()
	b := newBench(pipeline.Config{})
	problem := &inventory.Problem{Kind: fault.Refused, Message: "dialing\x00 nas", Hint: "Is it on?"}
	run := b.commit(t, pipeline.Result{Plugin: fake(), Run: inventory.Run{Outcome: inventory.Failed, Problem: problem}})
	if diff := cmp.Diff([]string{`{__name__="up", host="nas", plugin="fake_monitor", source="fake"} 0`}, b.store.lines(b.last())); diff != "" {
		t.Errorf("samples of a failed run (-want +got):\n%s", diff)
	}
	if run.Problem.Message != "dialing  nas" || problem.Message != "dialing\x00 nas" {
		t.Errorf("the problem is %q, want clean text and the old one untouched", run.Problem.Message)
	}
	before := b.state
	b.commit(t, pipeline.Result{Plugin: fake(), Run: inventory.Run{Outcome: inventory.Canceled}})
	if lines := b.store.lines(b.last()); len(lines) != 0 {
		t.Errorf("a canceled run left %v", lines)
	}
	if diff := cmp.Diff(before, b.state); diff != "" {
		t.Errorf("a canceled run changed the state (-before +after):\n%s", diff)
	}
}

func TestWhatIsNotDeclaredNoNumberOrThereTwiceIsRefusedAndSaid(t *testing.T) {
	t.Parallel()
	b := newBench(pipeline.Config{})
	run := b.run(t, func(out *plugin.Batch) {
		out.Add("fake_total", 1)
		out.Add("fake_total", 2)
		out.Add("fake_value", 1, "item", "a", "mode", "")
		out.Add("fake_value", 2, "item", "a")
		out.Add("fake_value", 3, "item", "a\x01")
		out.Add("fake_value", 4, "item", "a ")
		out.Add("fake_value", 5, "item", "a", "item", "b")
		out.Add("fake_wrong", 6, "source", "other")
		// Whoever gets at the samples can put anything into them.
		out.Samples()[0].Name = "fake_unknown"
	})
	want := []string{
		`{__name__="fake_total", host="nas", source="fake"} 2`,
		`{__name__="fake_value", host="nas", item="a ", source="fake"} 3`,
		`{__name__="fake_value", host="nas", item="a", source="fake"} 1`,
		`{__name__="up", host="nas", plugin="fake_monitor", source="fake"} 1`,
	}
	if diff := cmp.Diff(want, b.store.lines(b.last())); diff != "" {
		t.Errorf("stored samples (-want +got):\n%s", diff)
	}
	if run.Outcome != inventory.Partial || run.Samples != 3 || run.Problem == nil || run.Problem.Kind != fault.Internal {
		t.Errorf("got %+v with %+v, want a partial success of 3 samples", run, run.Problem)
	}
	if !strings.Contains(run.Problem.Message, "5 samples refused: metric fake_unknown is not declared by fake_monitor") {
		t.Errorf("the problem is %q", run.Problem.Message)
	}
	if got := b.Stats().Refused; got != 5 {
		t.Errorf("%d samples are counted as refused, want 5", got)
	}
}

func TestLabelsAreCleanAndBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 511) + "é"
	for name, test := range map[string]struct{ given, want string }{
		"plain text stays":                           {"/dev/sda1 (root)", "/dev/sda1 (root)"},
		"other scripts stay":                         {"größe 日本 🏠", "größe 日本 🏠"},
		"control characters become spaces":           {"a\nb\tc\x7f", "a b c "},
		"so do those beyond ASCII":                   {"a\u0085b", "a b"},
		"what is no UTF-8 is marked":                 {"a\xff\xfeb", "a\uFFFDb"},
		"long text is cut between two runes":         {long, strings.Repeat("x", 511)},
		"a long text of nothing good is bounded too": {strings.Repeat("\xff", 5000), "\uFFFD"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(pipeline.Config{})
			b.run(t, func(out *plugin.Batch) { out.Add("fake_value", 1, "item", test.given) })
			if got := b.reports[0].Samples[0].Labels.Get("item"); got != test.want {
				t.Errorf("%q became %q, want %q", test.given, got, test.want)
			}
			b.run(t, func(out *plugin.Batch) { out.Add("fake_value", 2, "item", test.given) })
			if len(b.store.labels) != 2 {
				t.Errorf("the same label made %d series, want one and up", len(b.store.labels))
			}
		})
	}
}

func TestSeriesBeyondTheLimitAreCutAndTheSameOnesEachTime(t *testing.T) {
	t.Parallel()
	b := newBench(pipeline.Config{MaxSeries: 10})
	fill := func(items ...int) func(out *plugin.Batch) {
		return func(out *plugin.Batch) {
			for _, item := range items {
				out.Add("fake_value", float64(item), "item", fmt.Sprint(item))
			}
			out.Add("fake_total", 1)
			out.Add("fake_other", 1)
		}
	}
	kept := func() []string {
		var items []string
		for _, sample := range b.reports[len(b.reports)-1].Samples {
			items = append(items, sample.Name+sample.Labels.Get("item"))
		}
		slices.Sort(items)
		return items
	}
	run := b.run(t, fill(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12))
	want := []string{"fake_other", "fake_total"}
	for i := 1; i <= 8; i++ {
		want = append(want, fmt.Sprintf("fake_value%d", i))
	}
	if diff := cmp.Diff(want, kept()); diff != "" {
		t.Errorf("kept at first (-want +got):\n%s", diff)
	}
	if run.Outcome != inventory.Partial || run.Problem.Kind != fault.Partial || run.Samples != 10 {
		t.Errorf("got %+v, want a partial success of 10", run)
	}
	b.run(t, fill(12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1))
	if diff := cmp.Diff(want, kept()); diff != "" {
		t.Errorf("kept in another order (-want +got):\n%s", diff)
	}
	b.run(t, fill(20, 21, 22, 12, 1, 2, 3, 4, 5, 6, 7))
	want = append([]string{"fake_other", "fake_total"}, "fake_value1", "fake_value2", "fake_value20", "fake_value3",
		"fake_value4", "fake_value5", "fake_value6", "fake_value7")
	if diff := cmp.Diff(want, kept()); diff != "" {
		t.Errorf("kept with others (-want +got):\n%s", diff)
	}
	if stats := b.Stats(); stats.Cut != 4+4+3 {
		t.Errorf("%d samples are counted as cut, want 11", stats.Cut)
	}
	if run := b.run(t, fill(1, 2)); run.Outcome != inventory.Success {
		t.Errorf("within the limit the outcome is %s", run.Outcome)
	}
}

func TestAFloodStaysInItsSource(t *testing.T) {
	t.Parallel()
	b := newBench(pipeline.Config{})
	run := b.run(t, func(out *plugin.Batch) {
		for i := range 1_000_000 {
			out.Add("fake_value", 1, "item", strconv.Itoa(i))
		}
		for range 10_000 {
			out.Add("no_such_metric", 1)
		}
	})
	if run.Samples != 2000 || run.Outcome != inventory.Partial || len(run.Problem.Message) > 2048 {
		t.Errorf("got %+v, want the first 2000", run)
	}
	if got := len(b.store.labels); got != 2001 {
		t.Errorf("%d series were made, want 2000 and up", got)
	}
	if run := b.run(t, func(out *plugin.Batch) { out.Add("fake_total", 1) }); run.Outcome != inventory.Success {
		t.Errorf("after the flood the outcome is %s", run.Outcome)
	}
}

func TestTimestampsGrowAndAreNotInTheFuture(t *testing.T) {
	t.Parallel()
	b := newBench(pipeline.Config{})
	b.state.LastRun = noon()
	starts := []time.Time{
		noon().Add(-time.Hour),                             // before the last run of an earlier life
		noon().Add(20*time.Second + 1500*time.Microsecond), // in parts of a millisecond
		noon().Add(20 * time.Second),                       // the same again
		noon().Add(20 * time.Hour),                         // far ahead, when it is noon() and 40 s
		noon().Add(50 * time.Second).In(time.FixedZone("", 3600)),
	}
	want := []time.Time{
		noon().Add(time.Millisecond),
		noon().Add(20*time.Second + time.Millisecond),
		noon().Add(20*time.Second + 2*time.Millisecond),
		noon().Add(40 * time.Second),
		noon().Add(50 * time.Second),
	}
	var got []time.Time
	for _, start := range starts {
		run := b.commit(t, pipeline.Result{Plugin: fake(), Run: inventory.Run{Outcome: inventory.Failed, Start: start}})
		got = append(got, run.Start)
		if record := b.last(); record.Time != run.Start.UnixMilli() || !record.State.LastRun.Equal(run.Start) {
			t.Errorf("the record has the times %d and %v, the run %v", record.Time, record.State.LastRun, run.Start)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("timestamps (-want +got):\n%s", diff)
	}
}

func TestASourceThatMovesHasNewSeries(t *testing.T) {
	t.Parallel()
	b := newBench(pipeline.Config{})
	fill := func(out *plugin.Batch) { out.Add("fake_total", 1) }
	b.run(t, fill)
	b.Forget("fake")
	b.run(t, fill)
	if got := len(b.store.labels); got != 2 {
		t.Errorf("%d series after the source was forgotten, want the same 2", got)
	}
	batch := plugin.NewBatch(fake())
	fill(batch)
	if _, _, err := b.Commit(t.Context(), pipeline.Result{
		Source: inventory.Source{ID: "fake", Host: "other"}, Plugin: fake(),
		Run: inventory.Run{Outcome: inventory.Success, Start: noon().Add(time.Hour)}, Batch: batch,
	}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{
		`{__name__="fake_total", host="other", source="fake"} 1`,
		`{__name__="up", host="other", plugin="fake_monitor", source="fake"} 1`,
	}, b.store.lines(b.last())); diff != "" {
		t.Errorf("samples after the move (-want +got):\n%s", diff)
	}
}
