package plugin_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func probe() plugin.Plugin {
	return plugin.Define(plugin.Manifest{
		ID: "probe_monitor",
		Metrics: []metric.Definition{
			{Name: "probe_size_bytes", Kind: metric.Gauge, Unit: metric.Bytes, Labels: []string{"device"}},
			{Name: "probe_state", Kind: metric.Gauge, Unit: metric.Bool, Labels: []string{"device", "state"}},
		},
	}, struct{}{}, func(context.Context, struct{}, plugin.Host) (plugin.Collector, error) { return nil, nil })
}

func TestABatchTakesWhatIsDeclared(t *testing.T) {
	t.Parallel()
	batch := plugin.NewBatch(probe())
	batch.Add("probe_size_bytes", 5, "device", "sda")
	batch.AddState("probe_state", "ok", []string{"ok", "bad"}, "device", "sda")
	want := []metric.Sample{
		{Name: "probe_size_bytes", Labels: metric.L("device", "sda"), Value: 5},
		{Name: "probe_state", Labels: metric.L("device", "sda", "state", "ok"), Value: 1},
		{Name: "probe_state", Labels: metric.L("device", "sda", "state", "bad"), Value: 0},
	}
	if diff := cmp.Diff(want, batch.Samples()); diff != "" {
		t.Errorf("samples (-want +got):\n%s", diff)
	}
	if len(batch.Problems()) > 0 {
		t.Errorf("problems: %v", batch.Problems())
	}
}

func TestABatchRefusesWhatIsNotDeclaredAndSaysSo(t *testing.T) {
	t.Parallel()
	for want, add := range map[string]func(*plugin.Batch){
		"metric probe_speed is not declared by probe_monitor":       func(b *plugin.Batch) { b.Add("probe_speed", 1) },
		"metric probe_size_bytes does not declare the label volume": func(b *plugin.Batch) { b.Add("probe_size_bytes", 1, "volume", "a") },
		"metric probe_size_bytes: label without a value":            func(b *plugin.Batch) { b.Add("probe_size_bytes", 1, "device") },
		"metric probe_size_bytes: NaN is not a number":              func(b *plugin.Batch) { b.Add("probe_size_bytes", math.NaN()) },
		"metric probe_size_bytes: +Inf is not a number":             func(b *plugin.Batch) { b.Add("probe_size_bytes", math.Inf(1)) },
		"making the snapshot: json: unsupported type: func()":       func(b *plugin.Batch) { b.SetSnapshot(map[string]any{"f": func() {}}) },
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			batch := plugin.NewBatch(probe())
			add(batch)
			if len(batch.Samples()) > 0 || len(batch.Problems()) != 1 {
				t.Fatalf("samples %v, problems %v", batch.Samples(), batch.Problems())
			}
			problem := batch.Problems()[0]
			if !strings.Contains(problem.Error(), want) || fault.Of(problem) != fault.Internal {
				t.Errorf("problem %s %q, want internal %q", fault.Of(problem), problem, want)
			}
		})
	}
}

func TestEventsOfARunAreBoundedAndCounted(t *testing.T) {
	t.Parallel()
	batch := plugin.NewBatch(probe())
	for range 150 {
		batch.Event(plugin.Event{Kind: "flood"})
	}
	if len(batch.Events()) != 100 {
		t.Errorf("%d events kept, want 100", len(batch.Events()))
	}
	if problems := batch.Problems(); len(problems) != 1 || !strings.Contains(problems[0].Error(), "50 events more than 100") {
		t.Errorf("problems %v", problems)
	}
}

func TestSamplesAndProblemsOfARunAreBoundedAndCounted(t *testing.T) {
	t.Parallel()
	batch := plugin.NewBatch(probe())
	name := probe().Manifest().Metrics[0].Name
	for range 100_007 {
		batch.Add(name, 1)
	}
	for range 103 {
		batch.Add("undeclared", 1)
	}
	if len(batch.Samples()) != 100_000 {
		t.Errorf("%d samples kept, want 100000", len(batch.Samples()))
	}
	problems := batch.Problems()
	if len(problems) != 102 || !strings.Contains(problems[100].Error(), "7 samples more than 100000") ||
		!strings.Contains(problems[101].Error(), "3 problems more than 100") {
		t.Errorf("%d problems, the last of them %v", len(problems), problems[max(0, len(problems)-2):])
	}
}
