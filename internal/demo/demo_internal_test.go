package demo

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/transfer"
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func lab() *Lab {
	return New(Options{Start: time.Date(2026, 3, 4, 19, 30, 0, 0, time.UTC), History: 6 * time.Hour})
}

func TestEveryKindMeasuresWhatItDeclares(t *testing.T) {
	t.Parallel()
	l := lab()
	for _, k := range kinds() {
		for _, size := range []string{"small", "medium", "large"} {
			measured := map[string]bool{}
			series := map[string]bool{}
			for _, line := range k.lines(l.thing(k.manifest.ID, config{"192.168.1.9", size, well})) {
				definition, ok := k.manifest.Metric(line.metric)
				if !ok {
					t.Errorf("%s measures %s, which it does not declare", k.manifest.ID, line.metric)
				}
				measured[line.metric] = true
				labels := metric.L(line.labels...)
				for _, label := range labels {
					if !slices.Contains(definition.Labels, label.Name) {
						t.Errorf("%s: %s has the label %s, which it does not declare", k.manifest.ID, line.metric, label.Name)
					}
				}
				if key := line.metric + labels.String(); series[key] {
					t.Errorf("%s measures %s twice", k.manifest.ID, key)
				} else {
					series[key] = true
				}
			}
			for _, definition := range k.manifest.Metrics {
				if !measured[definition.Name] {
					t.Errorf("%s, %s: nothing is measured of %s", k.manifest.ID, size, definition.Name)
				}
			}
		}
		for _, panel := range k.manifest.Panels {
			for _, query := range panel.Queries {
				if definition, ok := k.manifest.Metric(query.Metric); !ok || query.Rate != (definition.Kind == metric.Counter) {
					t.Errorf("%s: the panel %s shows %s wrongly", k.manifest.ID, panel.Title, query.Metric)
				}
			}
		}
	}
}

func TestFiguresStayWithinWhatTheirUnitAllows(t *testing.T) {
	t.Parallel()
	l := lab()
	for _, s := range originals() {
		k := l.kindOf(s.kind)
		for _, line := range k.lines(l.thing(s.kind, s.config)) {
			definition, _ := k.manifest.Metric(line.metric)
			before := 0.0
			for at := l.start - day; at < l.start+2*hour; at += 37 {
				value := line.value(at)
				switch {
				case definition.Kind == metric.Counter && value < before:
					t.Fatalf("%s: %s falls from %v to %v", s.id, line.metric, before, value)
				case definition.Unit == metric.Ratio && (value < 0 || value > 1):
					t.Fatalf("%s: %s is %v", s.id, line.metric, value)
				case definition.Unit == metric.Bool && value != 0 && value != 1:
					t.Fatalf("%s: %s is %v", s.id, line.metric, value)
				case value < 0 && definition.Unit != metric.Celsius && definition.Unit != metric.DecibelMilliwatts:
					t.Fatalf("%s: %s is %v", s.id, line.metric, value)
				}
				before = value
			}
		}
	}
}

func TestThePresentGoesOnWhereThePastEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := lab()
		now := l.at(time.Minute)
		for _, s := range originals() {
			p := l.past(s)
			if p.thing.refusal(seconds(now)) != nil {
				continue
			}
			made := l.plugin(p.kind)
			raw, err := s.raw(p.kind)
			if err != nil {
				t.Fatal(err)
			}
			collector, err := made.Open(t.Context(), raw, plugin.Host{Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now }})
			if err != nil {
				t.Fatalf("opening %s: %v", s.id, err)
			}
			batch := plugin.NewBatch(made)
			if err := collector.Collect(t.Context(), batch); err != nil {
				t.Fatalf("collecting %s: %v", s.id, err)
			}
			var want []metric.Sample
			for _, line := range p.kind.lines(p.thing) {
				want = append(want, metric.Sample{Name: line.metric, Labels: metric.L(line.labels...), Value: line.value(seconds(now))})
			}
			if diff := cmp.Diff(want, batch.Samples()); diff != "" {
				t.Errorf("%s measures something else than it would have\n%s", s.id, diff)
			}
			if len(batch.Problems()) > 1 || p.kind.document != nil && !json.Valid(batch.Snapshot()) {
				t.Errorf("%s: problems %v, snapshot %s", s.id, batch.Problems(), batch.Snapshot())
			}
		}
	})
}

func TestACollectionEndsWithItsContext(t *testing.T) {
	t.Parallel()
	l := lab()
	made := l.plugin(machines())
	collector, err := made.Open(t.Context(), json.RawMessage(`{"address":"192.168.1.9","size":"small","mood":"well"}`), plugin.Host{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := collector.Collect(ctx, plugin.NewBatch(made)); err == nil {
		t.Error("a collection whose context has ended goes on")
	}
}

func TestOneThatIsAwayAndOneThatIsMoodyRefuse(t *testing.T) {
	t.Parallel()
	l := lab()
	gone, uneasy := l.thing("demo_site", config{"a", "medium", away}), l.thing("demo_site", config{"a", "medium", moody})
	if err := gone.refusal(l.start - 4*hour); err != nil {
		t.Errorf("it was there 4 hours ago: %v", err)
	}
	if got := fault.Of(gone.refusal(l.start)); got != fault.Unreachable {
		t.Errorf("one that is away answers with %q", got)
	}
	if got := fault.Of(uneasy.refusal(l.start)); got != fault.Timeout {
		t.Errorf("one that is moody answers with %q when the demo begins", got)
	}
	if err := uneasy.refusal(l.start + 31*minute); err != nil {
		t.Errorf("one that is moody never has a good moment: %v", err)
	}
}

func TestTheHistoryHoldsEverySourceWithItsState(t *testing.T) {
	t.Parallel()
	l := lab()
	states := map[inventory.Status]int{}
	tallies := map[string]int{}
	last := int64(0)
	for item, err := range l.Items() {
		if err != nil {
			t.Fatal(err)
		}
		switch item := item.(type) {
		case *transfer.State:
			states[inventory.Status(item.Status)]++
		case *transfer.Source:
			tallies["sources"]++
		case *transfer.Series:
			tallies["series"]++
			last = 0
		case *transfer.Samples:
			if !slices.IsSorted(item.Columns.Times) || item.Columns.Times[0] <= last {
				t.Fatal("samples are not in order of time")
			}
			last = item.Columns.Times[item.Columns.Len()-1]
			if last > l.at(0).UnixMilli() {
				t.Fatal("a sample lies in the future")
			}
		}
	}
	want := map[inventory.Status]int{
		inventory.Failing: 1, inventory.Degraded: 1, inventory.Paused: 1, inventory.Healthy: len(originals()) - 3,
	}
	if diff := cmp.Diff(want, states); diff != "" {
		t.Errorf("states\n%s", diff)
	}
	if tallies["sources"] != len(originals()) || tallies["series"] < 400 {
		t.Errorf("there are %v", tallies)
	}
}

func TestCopiesOfTheLabHaveNamesOfTheirOwn(t *testing.T) {
	t.Parallel()
	names := map[string]string{}
	for _, s := range New(Options{Sources: 500}).sourcesOf() {
		names[s.id] = s.config.Address
	}
	if len(names) != 500 {
		t.Errorf("there are %d sources, not 500", len(names))
	}
	if names["nas"] == names["nas-2"] {
		t.Error("a copy is the same as the original")
	}
}
