package demo

import (
	"encoding/json"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugins"
)

// full is a lab with a likeness of every built-in plugin.
func full() *Lab {
	return New(Options{Start: time.Date(2026, 3, 4, 19, 30, 0, 0, time.UTC), History: time.Hour, Plugins: plugins.All()})
}

func TestThereIsALikenessOfEveryPlugin(t *testing.T) {
	t.Parallel()
	l := full()
	for _, p := range plugins.All() {
		k := l.kindOf(p.ID())
		if k.posed == nil {
			t.Errorf("there is none of %s: run make likenesses", p.ID())
			continue
		}
		if err := p.Validate(k.config); err != nil {
			t.Errorf("%s: the config of its likeness is not valid any more, run make likenesses: %v", p.ID(), err)
		}
		recorded, _ := likenessOf(p.ID())
		lines := k.lines(l.thing(p.ID(), config{}))
		if len(lines) == 0 || len(lines) != len(recorded.Samples) {
			t.Errorf("%s declares %d of the %d metrics of its likeness: run make likenesses", p.ID(), len(lines), len(recorded.Samples))
		}
		for _, line := range lines {
			definition, _ := k.manifest.Metric(line.metric)
			for _, label := range metric.L(line.labels...) {
				if !slices.Contains(definition.Labels, label.Name) {
					t.Errorf("%s: %s has the label %s, which it does not declare: run make likenesses", p.ID(), line.metric, label.Name)
				}
			}
		}
	}
}

func TestALikenessStaysWithinWhatItsUnitsAllow(t *testing.T) {
	t.Parallel()
	l := full()
	for _, k := range l.kinds {
		if k.posed == nil {
			continue
		}
		recorded, _ := likenessOf(k.manifest.ID)
		for i, line := range k.lines(l.thing(k.manifest.ID, config{})) {
			definition, _ := k.manifest.Metric(line.metric)
			was, before := recorded.Samples[i].Value, -1.0
			for at := l.start - day; at < l.start+hour; at += 971 {
				value := line.value(at)
				switch {
				case definition.Kind == metric.Counter && value < before:
					t.Fatalf("%s falls from %v to %v", line.metric, before, value)
				case definition.Unit == metric.Ratio && was <= 1 && value > 1:
					t.Fatalf("%s is %v", line.metric, value)
				case definition.Unit == metric.Bool && value != was:
					t.Fatalf("%s is %v, not %v", line.metric, value, was)
				case was >= 0 && value < 0:
					t.Fatalf("%s is %v", line.metric, value)
				}
				before = value
			}
		}
	}
}

func TestALikenessIsCollectedAsIfItWereThere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := full()
		for _, s := range l.posing() {
			k := l.kindOf(s.kind)
			made := l.plugin(k)
			collector, err := made.Open(t.Context(), k.config, plugin.Host{Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return l.at(0) }})
			if err != nil {
				t.Fatalf("opening %s: %v", s.id, err)
			}
			batch := plugin.NewBatch(made)
			if err := collector.Collect(t.Context(), batch); err != nil {
				t.Fatalf("collecting %s: %v", s.id, err)
			}
			if len(batch.Samples()) == 0 || len(batch.Problems()) > 0 {
				t.Errorf("%s has %d samples and the problems %v", s.id, len(batch.Samples()), batch.Problems())
			}
		}
	})
}

func TestMomentsOfALikenessStayOrComeAlong(t *testing.T) {
	t.Parallel()
	recorded := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	start := seconds(recorded.Add(48 * time.Hour))
	document := map[string]any{"seen": "2026-03-01T11:59:00Z", "name": "2026", "rows": []any{
		map[string]any{"expires": "2026-05-01T12:30:00+01:00"}, map[string]any{"made": "2025-03-01T12:00:00.5Z"},
	}}
	got, err := json.Marshal(likeness{Now: recorded}.moved(document, start, start+hour))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"name":"2026","rows":[{"expires":"2026-05-03T11:30:00Z"},{"made":"2025-03-03T12:00:00Z"}],"seen":"2026-03-03T12:59:00Z"}`
	if string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
