package sourcefile_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/schedule"
	"github.com/unity-homelab/unity/internal/sourcefile"
	"github.com/unity-homelab/unity/internal/sources"
	"github.com/unity-homelab/unity/plugin"
)

// world is a store, a schedule and a list of events in memory.
type world struct {
	stored map[inventory.SourceID]inventory.Source
	notes  map[string]string
	events []string
}

func (w *world) Sources(context.Context) ([]inventory.Source, error) {
	return slices.Collect(maps.Values(w.stored)), nil
}

func (w *world) Source(_ context.Context, id inventory.SourceID) (inventory.Source, error) {
	return w.stored[id], nil
}

func (w *world) CreateSource(_ context.Context, source inventory.Source) error {
	w.stored[source.ID] = source
	return nil
}

func (w *world) UpdateSource(_ context.Context, source inventory.Source) (inventory.Source, error) {
	source.Revision++
	w.stored[source.ID] = source
	return source, nil
}

func (w *world) DeleteSource(_ context.Context, id inventory.SourceID) error {
	delete(w.stored, id)
	return nil
}
func (w *world) States(context.Context) ([]inventory.State, error) { return nil, nil }
func (w *world) Values(context.Context, inventory.SourceID) (map[string]json.RawMessage, error) {
	return map[string]json.RawMessage{}, nil
}

func (w *world) Notes(_ context.Context, area string) (map[string]string, error) {
	found := make(map[string]string)
	for name, value := range w.notes {
		if rest, ok := strings.CutPrefix(name, area+"/"); ok {
			found[rest] = value
		}
	}
	return found, nil
}

func (w *world) SetNote(_ context.Context, area, name, value string) error {
	w.notes[area+"/"+name] = value
	return nil
}

func (w *world) DeleteNote(_ context.Context, area, name string) error {
	delete(w.notes, area+"/"+name)
	return nil
}

func (w *world) Set(context.Context, schedule.Target, inventory.State, map[string]json.RawMessage) {}

func (w *world) Remove(inventory.SourceID) {}

func (w *world) RunNow(context.Context, inventory.SourceID) (inventory.Run, error) {
	return inventory.Run{}, nil
}
func (w *world) Next(inventory.SourceID) time.Time { return time.Time{} }
func (w *world) Tell(_ context.Context, event inventory.Event) error {
	w.events = append(w.events, event.Kind)
	return nil
}

// Seal and Open only look like sealing.
func (w *world) Seal(plain, place string) string {
	return place + ":" + base64.StdEncoding.EncodeToString([]byte(plain))
}

func (w *world) Open(sealed, place string) (string, error) {
	text, ok := strings.CutPrefix(sealed, place+":")
	if !ok {
		return "", fault.New(fault.Config, "sealed for another place")
	}
	plain, err := base64.StdEncoding.DecodeString(text)
	return string(plain), err
}

type probeConfig struct {
	URL   string        `json:"url" help:"where"`
	Size  int           `json:"size" help:"a number" min:"1" max:"9"`
	Token plugin.Secret `json:"token" help:"a secret"`
}

func probe() plugin.Plugin {
	return plugin.Define(plugin.Manifest{ID: "probe_monitor", Name: "Probe"}, probeConfig{Size: 1},
		func(context.Context, probeConfig, plugin.Host) (plugin.Collector, error) {
			return nil, fault.New(fault.Unsupported, "opening a probe")
		})
}

// bench is a service on a file.
type bench struct {
	*world
	*sourcefile.Service
	t    *testing.T
	file string
}

func setup(t *testing.T, auto bool) *bench {
	t.Helper()
	w := &world{stored: make(map[inventory.SourceID]inventory.Source), notes: make(map[string]string)}
	b := &bench{world: w, t: t, file: filepath.Join(t.TempDir(), "unity.yaml")}
	watched := sources.New(sources.Settings{
		Plugins: []plugin.Plugin{probe()}, Store: w, Notes: w, Scheduler: w, Teller: w, Forget: func(inventory.SourceID) {}, Host: "nas",
		HostFor: func(inventory.Source, plugin.Manifest) plugin.Host { return plugin.Host{} }, Log: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	b.Service = sourcefile.New(sourcefile.Settings{
		File: b.file, Sources: watched, Notes: w, Sealer: w, Teller: w, Auto: auto, Log: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	return b
}

// put writes the file and looks until it is settled.
func (b *bench) put(text string) {
	b.t.Helper()
	if err := os.WriteFile(b.file, []byte(text), 0o640); err != nil {
		b.t.Fatal(err)
	}
	b.Look(b.t.Context())
	b.Look(b.t.Context())
}

func (b *bench) text() string {
	b.t.Helper()
	text, err := os.ReadFile(b.file)
	if err != nil {
		b.t.Fatal(err)
	}
	return string(text)
}

// rename changes a source on the other side.
func (b *bench) rename(id inventory.SourceID, name string) {
	b.t.Helper()
	if _, err := b.Service.Sources.Update(b.t.Context(), id, sources.Change{Name: &name}); err != nil {
		b.t.Fatal(err)
	}
}

// differences writes the differences down, one a line.
func (b *bench) differences() string {
	b.t.Helper()
	all, err := b.Compare(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	var lines []string
	for _, d := range all {
		line := fmt.Sprintf("%s %s file=%v stored=%v", d.ID, d.Side, d.File, d.Stored)
		for _, change := range d.Changes {
			line += fmt.Sprintf(" %s:%s>%s", change.Path, change.Old, change.New)
		}
		for _, problem := range d.Problems {
			line += " !" + problem.Path
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func (b *bench) want(what, want, got string) {
	b.t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		b.t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

const two = `# my machines
listen: :8080 # kept
sources:
  # the box in the basement
  - id: nas
    plugin: probe-monitor
    name: NAS
    interval: 30s
    tags: [home]
    config: {url: "http://nas", token: "env:TOKEN"}
  - id: web
    plugin: probe
    config:
      url: http://web
      token: geheim
`

func TestWhatTheFileSaysIsApplied(t *testing.T) {
	t.Parallel()
	b := setup(t, true)
	b.put(two)
	nas, web := b.stored["nas"], b.stored["web"]
	if nas.Name != "NAS" || nas.Interval != 30*time.Second || !nas.Enabled || nas.Origin != inventory.File || web.Name != "Probe" {
		t.Errorf("stored %+v and %+v", nas, web)
	}
	if string(web.Config) != `{"size":1,"token":"geheim","url":"http://web"}` {
		t.Errorf("the config is %s", web.Config)
	}
	b.want("differences", "", b.differences())
	b.put(strings.Replace(two, "30s", "1m", 1))
	if b.stored["nas"].Interval != time.Minute {
		t.Errorf("a change is not applied: %+v", b.stored["nas"])
	}
	b.put(two[:strings.Index(two, "  - id: web")])
	if _, there := b.stored["web"]; there || len(b.stored) != 1 {
		t.Errorf("what was taken out of the file is there: %v", b.stored)
	}
	for name, value := range b.notes {
		if strings.Contains(value, "geheim") || strings.Contains(name, "web") {
			t.Errorf("it remembers %s: %s", name, value)
		}
	}
}

func TestAFileThatIsWrongLeavesEverythingAsItIs(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"no YAML":        "sources: [",
		"no list":        "sources: {a: b}",
		"an unknown key": strings.Replace(two, "interval:", "intervall:", 1),
		"no ID":          strings.Replace(two, "id: nas", "name: x", 1),
		"twice":          strings.Replace(two, "id: web", "id: nas", 1),
		"a plugin":       strings.Replace(strings.Replace(two, "30s", "30s", 1), "probe-monitor", "nonsense", 1),
		"a value":        strings.Replace(two, `url: "http://nas"`, `size: 12`, 1),
		"a span":         strings.Replace(two, "30s", "soon", 1),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, true)
			b.put(two)
			before := maps.Clone(b.stored)
			b.put(text)
			b.Look(t.Context())
			if diff := cmp.Diff(before, b.stored); diff != "" {
				t.Errorf("stored (-before +after):\n%s", diff)
			}
			if b.Problem() == nil || b.Problem().Kind != fault.Config {
				t.Errorf("the problem is %+v", b.Problem())
			}
			if n := len(slices.DeleteFunc(slices.Clone(b.events), func(kind string) bool { return kind != "config_refused" })); n != 1 {
				t.Errorf("told %d times: %v", n, b.events)
			}
			b.put(two)
			if b.Problem() != nil {
				t.Errorf("the problem stays: %+v", b.Problem())
			}
		})
	}
}

func TestAFileInTheMiddleOfBeingWrittenIsNotUsed(t *testing.T) {
	t.Parallel()
	b := setup(t, true)
	b.put(two)
	if err := os.WriteFile(b.file, []byte("sources: []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.Look(t.Context())
	if err := os.Remove(b.file); err != nil {
		t.Fatal(err)
	}
	b.Look(t.Context())
	b.Look(t.Context())
	if len(b.stored) != 2 || b.Problem() != nil {
		t.Errorf("stored %v, problem %v", b.stored, b.Problem())
	}
}

func TestAChangeOnTheOtherSideIsWrittenIntoTheFile(t *testing.T) {
	t.Parallel()
	b := setup(t, true)
	b.put(two)
	b.rename("nas", "Basement")
	b.want("differences", `nas stored file=true stored=true $.name:"Basement">"NAS"`, b.differences())
	b.put(two + "# more\n") // which is no change of the source
	if b.stored["nas"].Name != "Basement" {
		t.Error("the file took a change back")
	}
	if _, err := b.Write(t.Context(), nil, false); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# my machines", "# kept", "# the box in the basement", "name: Basement", "env:TOKEN", "token: geheim", "# more"} {
		if !strings.Contains(b.text(), want) {
			t.Errorf("the file lacks %q:\n%s", want, b.text())
		}
	}
	b.want("differences", "", b.differences())
	if info, err := os.Stat(b.file); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("the file has mode %v, %v", info.Mode(), err)
	}
	if err := b.Service.Sources.Delete(t.Context(), "web"); err != nil {
		t.Fatal(err)
	}
	b.want("differences", `web stored file=true stored=false`, b.differences())
	if _, err := b.Write(t.Context(), nil, false); err != nil || strings.Contains(b.text(), "web") {
		t.Errorf("%v, the file is\n%s", err, b.text())
	}
}

func TestAChangeOfBothSidesWaitsForAPerson(t *testing.T) {
	t.Parallel()
	b := setup(t, true)
	b.put(two)
	b.rename("nas", "Basement")
	b.put(strings.Replace(two, "name: NAS", "name: Cellar", 1))
	b.want("differences", `nas both file=true stored=true $.name:"Basement">"Cellar"`, b.differences())
	if !slices.Contains(b.events, "config_changed") {
		t.Errorf("events %v", b.events)
	}
	if results, err := b.Apply(t.Context(), nil); err != nil || len(results) != 0 {
		t.Errorf("applied %v, %v", results, err)
	}
	if results, err := b.Apply(t.Context(), []string{"nas"}); err != nil || results[0].Action != sourcefile.Changed || b.stored["nas"].Name != "Cellar" {
		t.Errorf("applied %v, %v: %+v", results, err, b.stored["nas"])
	}
	b.want("differences", "", b.differences())
	if _, err := b.Apply(t.Context(), []string{"none"}); fault.Of(err) != fault.NotFound {
		t.Errorf("applied what is not there: %v", err)
	}
}

func TestSecretsAreWrittenAsStarsAndStay(t *testing.T) {
	t.Parallel()
	b := setup(t, false)
	for id, token := range map[string]string{"a": "geheim", "b": "file:/run/token", "c": ""} {
		_, err := b.Service.Sources.Create(t.Context(), sources.Draft{
			Plugin: "probe_monitor", ID: inventory.SourceID(id), Config: json.RawMessage(`{"token":"` + token + `","url":"http://x","size":2}`),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.Write(t.Context(), nil, true); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.text(), "geheim") || strings.Count(b.text(), "********") != 1 || !strings.Contains(b.text(), "file:/run/token") || !strings.Contains(b.text(), "# Stars stand for") {
		t.Errorf("the file is\n%s", b.text())
	}
	b.want("differences", "", b.differences())
	text := strings.ReplaceAll(b.text(), "http://x", "http://y")
	b.put(text)
	if _, err := b.Apply(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if got := string(b.stored["a"].Config); got != `{"size":2,"token":"geheim","url":"http://y"}` {
		t.Errorf("the config is %s", got)
	}
	// A secret that is changed is told without saying it.
	b.put(strings.Replace(text, `'********'`, "anders", 1))
	if got := b.differences(); strings.Contains(got, "anders") || strings.Contains(got, "geheim") || !strings.Contains(got, "a file") {
		t.Errorf("differences %s", got)
	}
}

func TestAnExportIsImportedElsewhere(t *testing.T) {
	t.Parallel()
	from, to := setup(t, true), setup(t, false)
	from.put(two)
	text, err := from.Export([]string{"nas"})
	if err != nil || strings.Contains(string(text), "web") {
		t.Fatalf("exported %s, %v", text, err)
	}
	if _, err := from.Export([]string{"none"}); fault.Of(err) != fault.NotFound {
		t.Errorf("exported what is not there: %v", err)
	}
	results, err := to.Import(t.Context(), text, false, true)
	if err != nil || len(to.stored) != 0 || results[0].Action != sourcefile.Created {
		t.Errorf("a trial: %v, %v, stored %v", results, err, to.stored)
	}
	if _, err = to.Import(t.Context(), text, false, false); err != nil || to.stored["nas"].Name != "NAS" {
		t.Errorf("imported %+v, %v", to.stored, err)
	}
	changed := []byte(strings.Replace(string(text), "NAS", "Other", 1))
	for _, replace := range []bool{false, true} {
		want := map[bool]sourcefile.Action{false: sourcefile.Kept, true: sourcefile.Changed}[replace]
		if results, err = to.Import(t.Context(), changed, replace, false); err != nil || results[0].Action != want {
			t.Errorf("replace %v: %v, %v", replace, results, err)
		}
	}
	// A secret that was left out is asked for where nothing is stored.
	results, err = to.Import(t.Context(), []byte("sources:\n  - {id: x, plugin: probe, config: {token: '********'}}\n"), false, false)
	if err != nil || results[0].Err == nil || len(to.stored) != 1 {
		t.Errorf("a secret of stars: %v, %v", results, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(two))
	f.Add([]byte("sources: &a [*a]"))
	f.Add([]byte("a: &a [x]\nsources: [*a, {id: [1]}, {id: 'x', config: {1: 2}}]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		b := setup(t, false)
		if _, err := b.Import(t.Context(), text, true, false); err != nil && fault.Of(err) != fault.Config {
			t.Errorf("refused with %v", err)
		}
	})
}
