package sources_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/schedule"
	"github.com/unity-homelab/unity/internal/sources"
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

// world is everything around a service, recording what the service does.
type world struct {
	stored    map[inventory.SourceID]inventory.Source
	scheduled map[inventory.SourceID]schedule.Target
	events    []string
	forgotten []inventory.SourceID
	refuse    error // what the store answers to changes
	notes     map[string]string
}

func (w *world) Notes(_ context.Context, area string) (map[string]string, error) {
	if area != "pause" {
		return nil, fmt.Errorf("nothing is kept of %s", area)
	}
	return maps.Clone(w.notes), nil
}

func (w *world) SetNote(_ context.Context, _, name, value string) error {
	w.notes[name] = value
	return nil
}

func (w *world) DeleteNote(_ context.Context, _, name string) error {
	delete(w.notes, name)
	return nil
}

func (w *world) Sources(context.Context) ([]inventory.Source, error) {
	return slices.Collect(maps.Values(w.stored)), nil
}

func (w *world) Source(_ context.Context, id inventory.SourceID) (inventory.Source, error) {
	return w.stored[id], nil
}

func (w *world) CreateSource(_ context.Context, source inventory.Source) error {
	if w.refuse == nil {
		w.stored[source.ID] = source
	}
	return w.refuse
}

func (w *world) UpdateSource(_ context.Context, source inventory.Source) (inventory.Source, error) {
	if w.refuse != nil {
		return source, w.refuse
	}
	if w.stored[source.ID].Revision != source.Revision {
		return source, fault.New(fault.Conflict, "source %q was changed meanwhile", source.ID)
	}
	source.Revision++
	w.stored[source.ID] = source
	return source, nil
}

func (w *world) DeleteSource(_ context.Context, id inventory.SourceID) error {
	if w.refuse == nil {
		delete(w.stored, id)
	}
	return w.refuse
}

func (w *world) States(context.Context) ([]inventory.State, error) { return nil, nil }

func (w *world) Values(context.Context, inventory.SourceID) (map[string]json.RawMessage, error) {
	return nil, nil
}

func (w *world) Set(_ context.Context, target schedule.Target, _ inventory.State, _ map[string]json.RawMessage) {
	w.scheduled[target.Source.ID] = target
}
func (w *world) Remove(id inventory.SourceID) { delete(w.scheduled, id) }
func (w *world) RunNow(context.Context, inventory.SourceID) (inventory.Run, error) {
	return inventory.Run{Outcome: inventory.Success}, nil
}
func (w *world) Next(inventory.SourceID) time.Time { return time.Time{} }

func (w *world) Tell(_ context.Context, event inventory.Event) error {
	w.events = append(w.events, event.Kind+" "+string(event.Source))
	return nil
}

// probeConfig is the config of a plugin that measures the length of its text.
type probeConfig struct {
	Text  string        `json:"text" help:"what is measured"`
	Size  int           `json:"size" help:"a number" min:"1" max:"9"`
	Token plugin.Secret `json:"token" help:"a secret"`
	URL   string        `json:"url" help:"where"`
}

type probe struct{ config probeConfig }

func (p probe) Collect(_ context.Context, out *plugin.Batch) error {
	token, err := p.config.Token.Reveal()
	if err != nil {
		return err
	}
	switch p.config.Text {
	case "refuse":
		return fault.New(fault.Auth, "login was refused")
	case "panic":
		panic("oops")
	}
	out.Add("probe_length_bytes", float64(len(p.config.Text+token)))
	return nil
}

func probePlugin() plugin.Plugin {
	return plugin.Define(plugin.Manifest{
		ID: "probe_monitor", Name: "Probe", Category: plugin.System, Summary: "Measures.", Description: "It measures.", Icon: "cpu",
		Metrics: []metric.Definition{{Name: "probe_length_bytes", Kind: metric.Gauge, Unit: metric.Bytes, Help: "Length."}},
	}, probeConfig{Text: "abc", Size: 1},
		func(_ context.Context, config probeConfig, _ plugin.Host) (plugin.Collector, error) {
			return probe{config}, nil
		},
		plugin.WithDetect(func(context.Context, plugin.Host) ([]plugin.Finding, error) {
			return []plugin.Finding{
				{Evidence: "always there", Ready: true},
				{Name: "vault", Evidence: "a socket", Missing: "a token", Config: map[string]any{"url": "http://vault:80"}},
			}, nil
		}))
}

// brokenPlugin panics when it looks for something to watch.
func brokenPlugin() plugin.Plugin {
	return plugin.Define(plugin.Manifest{ID: "broken_monitor", Name: "Broken"}, struct{}{},
		func(context.Context, struct{}, plugin.Host) (plugin.Collector, error) { return nil, errors.New("no") },
		plugin.WithDetect(func(context.Context, plugin.Host) ([]plugin.Finding, error) { panic("oops") }))
}

func setup(t *testing.T) (*sources.Service, *world) {
	t.Helper()
	w := &world{
		stored: make(map[inventory.SourceID]inventory.Source), scheduled: make(map[inventory.SourceID]schedule.Target),
		notes: make(map[string]string),
	}
	return w.service(), w
}

// service returns a service on the world as it is.
func (w *world) service() *sources.Service {
	return sources.New(sources.Settings{
		Plugins: []plugin.Plugin{brokenPlugin(), probePlugin()}, Store: w, Notes: w, Scheduler: w, Teller: w,
		Forget:  func(id inventory.SourceID) { w.forgotten = append(w.forgotten, id) },
		HostFor: func(inventory.Source, plugin.Manifest) plugin.Host { return plugin.Host{} },
		Host:    "nas", Log: slog.New(slog.DiscardHandler), Now: time.Now,
	})
}

func create(t *testing.T, s *sources.Service, draft sources.Draft) inventory.Source {
	t.Helper()
	source, err := s.Create(t.Context(), draft)
	if err != nil {
		t.Fatal(err)
	}
	return source
}

func TestACreatedSourceIsStoredScheduledAndTold(t *testing.T) {
	t.Parallel()
	s, w := setup(t)
	got := create(t, s, sources.Draft{Plugin: "probe-monitor", Enabled: true, Config: json.RawMessage(`{"url":"https://nas:8443/x"}`)})
	want := inventory.Source{
		ID: "probe_monitor", Plugin: "probe_monitor", Name: "Probe", Host: "nas", Config: json.RawMessage(`{"url":"https://nas:8443/x"}`),
		Enabled: true, Origin: inventory.User, Created: got.Created, Updated: got.Created, Revision: 1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("source (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, w.stored["probe_monitor"]); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
	if target := w.scheduled["probe_monitor"]; target.Group != "nas" {
		t.Errorf("runs are counted by %q, want the host of the URL", target.Group)
	}
	if diff := cmp.Diff([]string{"source_created probe_monitor"}, w.events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestIDsAreMadeFromPluginAndName(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	var got []inventory.SourceID
	for _, name := range []string{"", "My NAS!", "My NAS!", ""} {
		got = append(got, create(t, s, sources.Draft{Plugin: "probe_monitor", Name: name}).ID)
	}
	want := []inventory.SourceID{"probe_monitor", "probe_monitor-my-nas", "probe_monitor-2", "probe_monitor-3"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("IDs (-want +got):\n%s", diff)
	}
}

func TestEveryProblemOfASourceIsNamedAndNothingIsKept(t *testing.T) {
	t.Parallel()
	s, w := setup(t)
	_, err := s.Create(t.Context(), sources.Draft{
		Plugin: "probe_monitor", ID: "Not a slug", Name: strings.Repeat("x", 200), Interval: time.Millisecond,
		Tags: []string{"ok", ""}, Config: json.RawMessage(`{"size":10,"sise":1}`),
	})
	invalid, ok := errors.AsType[sources.Invalid](err)
	if !ok || fault.Of(err) != fault.Config {
		t.Fatalf("%s %v, want every problem", fault.Of(err), err)
	}
	var paths []string
	for _, problem := range invalid {
		paths = append(paths, problem.Path)
	}
	slices.Sort(paths)
	want := []string{"config.sise", "config.size", "id", "interval_seconds", "name", "tags.1"}
	if diff := cmp.Diff(want, paths); diff != "" {
		t.Errorf("paths (-want +got):\n%s\n%v", diff, err)
	}
	if len(w.stored)+len(w.scheduled)+len(w.events) > 0 {
		t.Errorf("a refused source left something behind: %+v", w)
	}
}

func TestWhatTheStoreRefusesChangesNothing(t *testing.T) {
	t.Parallel()
	s, w := setup(t)
	w.refuse = fault.New(fault.Internal, "the disk is full")
	if _, err := s.Create(t.Context(), sources.Draft{Plugin: "probe_monitor"}); !errors.Is(err, w.refuse) {
		t.Errorf("%v, want what the store said", err)
	}
	if len(s.List())+len(w.scheduled)+len(w.events) > 0 {
		t.Error("a source that is not stored is watched")
	}
}

func TestAChangeKeepsSecretsShownAsStars(t *testing.T) {
	t.Parallel()
	s, w := setup(t)
	source := create(t, s, sources.Draft{Plugin: "probe_monitor", Enabled: true, Config: json.RawMessage(`{"token":"geheim"}`)})
	name := "Renamed"
	changed, err := s.Update(t.Context(), source.ID, sources.Change{
		Revision: source.Revision, Name: &name, Config: json.RawMessage(`{"token":"********","size":3}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	if changed.Name != "Renamed" || changed.Revision != 2 || !strings.Contains(string(changed.Config), "geheim") {
		t.Errorf("changed to %+v", changed)
	}
	if got := w.scheduled[source.ID].Source.Name; got != "Renamed" {
		t.Errorf("the schedule still collects %q", got)
	}
	if _, err := s.Update(t.Context(), source.ID, sources.Change{Revision: 1, Name: &name}); fault.Of(err) != fault.Conflict {
		t.Errorf("a change based on an old revision: %v, want a conflict", err)
	}
}

func TestPausingDeletingAndWhatIsTold(t *testing.T) {
	t.Parallel()
	s, w := setup(t)
	source := create(t, s, sources.Draft{Plugin: "probe_monitor", Enabled: true})
	off, on := false, true
	for _, change := range []sources.Change{{Enabled: &off}, {Enabled: &on}, {Tags: &[]string{"a"}}} {
		if _, err := s.Update(t.Context(), source.ID, change); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Delete(t.Context(), source.ID); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"source_created probe_monitor", "source_disabled probe_monitor", "source_enabled probe_monitor",
		"source_changed probe_monitor", "source_deleted probe_monitor",
	}
	if diff := cmp.Diff(want, w.events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if len(w.stored)+len(w.scheduled)+len(s.List()) > 0 || !slices.Equal(w.forgotten, []inventory.SourceID{source.ID}) {
		t.Error("a deleted source is still somewhere")
	}
	if err := s.Delete(t.Context(), source.ID); fault.Of(err) != fault.NotFound {
		t.Errorf("deleting it again: %v, want not found", err)
	}
}

func TestATrialKeepsNothing(t *testing.T) {
	t.Parallel()
	s, w := setup(t)
	trial, err := s.Try(t.Context(), "probe_monitor", "", json.RawMessage(`{"text":"hello"}`))
	if err != nil || trial.Err != nil {
		t.Fatal(err, trial.Err)
	}
	want := []metric.Sample{{Name: "probe_length_bytes", Labels: metric.Labels{}, Value: 5}}
	if diff := cmp.Diff(want, trial.Batch.Samples()); diff != "" {
		t.Errorf("samples (-want +got):\n%s", diff)
	}
	if len(w.stored)+len(w.scheduled)+len(w.events) > 0 {
		t.Error("the trial left something behind")
	}
}

func TestATrialSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	for config, want := range map[string]fault.Kind{`{"text":"refuse"}`: fault.Auth, `{"text":"panic"}`: fault.Internal} {
		trial, err := s.Try(t.Context(), "probe_monitor", "", json.RawMessage(config))
		if err != nil {
			t.Fatal(err)
		}
		if fault.Of(trial.Err) != want {
			t.Errorf("trial of %s: %v, want %s", config, trial.Err, want)
		}
	}
	if _, err := s.Try(t.Context(), "probe_monitor", "", json.RawMessage(`{"size":99}`)); fault.Of(err) != fault.Config {
		t.Errorf("a config that is not valid: %v, want a problem of the config", err)
	}
	if _, err := s.Try(t.Context(), "nonsense", "", nil); fault.Of(err) != fault.NotFound {
		t.Errorf("a plugin that does not exist: %v", err)
	}
}

func TestATrialUsesTheSecretOfTheSource(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	source := create(t, s, sources.Draft{Plugin: "probe_monitor", Config: json.RawMessage(`{"text":"","token":"geheim"}`)})
	trial, err := s.Try(t.Context(), "probe_monitor", source.ID, json.RawMessage(`{"text":"","token":"********"}`))
	if err != nil || trial.Err != nil {
		t.Fatal(err, trial.Err)
	}
	if got := trial.Batch.Samples()[0].Value; got != 6 {
		t.Errorf("the trial measured %v, want the 6 letters of the stored token", got)
	}
}

func TestOnlyWhatIsReadyIsAdopted(t *testing.T) {
	t.Parallel()
	s, w := setup(t)
	detected := s.Detect(t.Context())
	if len(detected) != 2 || detected[1].Missing != "a token" || string(detected[1].Config) != `{"url":"http://vault:80"}` {
		t.Fatalf("detected %+v", detected)
	}
	for range 2 { // the second time, it is watched already
		if _, err := s.Adopt(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(w.stored) != 1 || w.stored["probe_monitor"].Origin != inventory.Detected {
		t.Errorf("watching %+v, want the one that is ready", w.stored)
	}
}

func TestASourceOfAPluginThatIsGoneKeepsNobodyFromStarting(t *testing.T) {
	t.Parallel()
	s, w := setup(t)
	w.stored["old"] = inventory.Source{ID: "old", Plugin: "removed_monitor", Enabled: true}
	w.stored["probe"] = inventory.Source{ID: "probe", Plugin: "probe_monitor", Enabled: true, Config: json.RawMessage(`{}`)}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, ok := w.scheduled["probe"]; !ok || len(s.List()) != 2 {
		t.Errorf("scheduled %v of %v", w.scheduled, s.List())
	}
}
