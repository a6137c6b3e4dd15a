package dashboard_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/dashboard"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

// shelf is a store of dashboards in memory.
type shelf struct {
	mu  sync.Mutex
	all map[string]dashboard.Dashboard
}

func (s *shelf) Dashboards(context.Context) ([]dashboard.Dashboard, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []dashboard.Dashboard
	for _, d := range s.all {
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b dashboard.Dashboard) int { return strings.Compare(a.ID, b.ID) })
	return all, nil
}

func (s *shelf) Dashboard(_ context.Context, id string) (dashboard.Dashboard, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, ok := s.all[id]
	if !ok {
		return d, fault.New(fault.NotFound, "there is no dashboard %q", id)
	}
	return d, nil
}

func (s *shelf) CreateDashboard(_ context.Context, d dashboard.Dashboard) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.all[d.ID]; ok {
		return fault.New(fault.Conflict, "there is a dashboard %q already", d.ID)
	}
	s.all[d.ID] = d
	return nil
}

func (s *shelf) UpdateDashboard(_ context.Context, d dashboard.Dashboard) (dashboard.Dashboard, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all[d.ID].Revision != d.Revision {
		return d, fault.New(fault.Conflict, "it has revision %d", s.all[d.ID].Revision)
	}
	d.Revision++
	s.all[d.ID] = d
	return d, nil
}

func (s *shelf) DeleteDashboard(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, id)
	return nil
}

func clock() plugin.Plugin {
	type config struct{}
	return plugin.Define(plugin.Manifest{
		ID: "clock_monitor", Name: "Clock", Category: plugin.Hardware, Summary: "Counts.", Description: "It counts.", Icon: "clock",
		Metrics: []metric.Definition{
			{Name: "clock_ticks_total", Kind: metric.Counter, Help: "Ticks.", Labels: []string{"hand"}},
			{Name: "clock_wound", Kind: metric.Gauge, Unit: metric.Bool, Help: "Wound."},
		},
		Panels: []plugin.Panel{
			{Title: "Ticks", Kind: plugin.Stacked, Queries: []plugin.Query{{Metric: "clock_ticks_total", Rate: true, Match: map[string]string{"hand": "big"}}}},
			{Title: "Wound", Kind: plugin.Timeline, Unit: metric.Bool, Wide: true, Warning: plugin.Bound(0.5), Critical: plugin.Bound(0.1), Levels: plugin.Levels{Critical: []string{"stuck"}}, Queries: []plugin.Query{{Metric: "clock_wound"}}},
		},
	}, config{}, func(context.Context, config, plugin.Host) (plugin.Collector, error) {
		return nil, errors.New("nothing is collected here")
	})
}

func now() time.Time { return time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC) }

func setup() *dashboard.Service {
	return dashboard.New(dashboard.Settings{
		Store: &shelf{all: make(map[string]dashboard.Dashboard)}, Plugins: []plugin.Plugin{clock()}, Now: now,
		Sources: func() []inventory.Source {
			return []inventory.Source{
				{ID: "clock_monitor", Plugin: "clock_monitor", Name: "The *big* clock", Host: "nas", Created: now(), Updated: now()},
				{ID: "gone", Plugin: "of_another_time", Name: "Gone", Host: "nas"},
			}
		},
		Hosts: func(context.Context) ([]inventory.Host, error) {
			return []inventory.Host{{ID: "nas", Name: "NAS", Created: now()}, {ID: "bare", Name: "Bare"}}, nil
		},
		Parse: func(expr string) error {
			if strings.Contains(expr, "$__") || strings.HasSuffix(expr, "(") {
				return fault.New(fault.Config, "unexpected end of %s", expr)
			}
			return nil
		},
	})
}

func document() dashboard.Document {
	return dashboard.Document{
		Name: "The Basement: Überblick!", Variables: []dashboard.Variable{{Name: "host", Kind: dashboard.HostVariable}},
		Panels: []dashboard.Panel{{
			ID: "a", Title: "Ticks", Kind: dashboard.Line, Grid: dashboard.Grid{X: 0, Y: 0, W: 12, H: 4},
			Queries: []dashboard.Query{
				{Expr: `rate(clock_ticks_total{host="$host"}[$__rate_interval])`},
				{Metric: "clock_ticks_total", Plugin: "clock-monitor", Match: map[string]string{"host": "$host"}, Func: dashboard.Rate, By: []string{"hand"}},
			},
		}},
	}
}

func TestADashboardIsMadeChangedAndDeleted(t *testing.T) {
	t.Parallel()
	s := setup()
	made, err := s.Create(t.Context(), "ann", document())
	if err != nil {
		t.Fatal(err)
	}
	want := dashboard.Dashboard{
		ID: "the-basement-berblick", Origin: dashboard.User, Owner: "ann", Revision: 1, Created: now(), Updated: now(), Document: document(),
	}
	if diff := cmp.Diff(want, made); diff != "" {
		t.Errorf("made (-want +got):\n%s", diff)
	}
	second, err := s.Create(t.Context(), "bob", document())
	if err != nil || second.ID != "the-basement-berblick-2" {
		t.Errorf("the second of the same name is %q, %v", second.ID, err)
	}
	other := document()
	other.Name = "Other"
	changed, err := s.Update(t.Context(), made.ID, 1, other)
	if err != nil || changed.Name != "Other" || changed.Revision != 2 || changed.Owner != "ann" {
		t.Errorf("changed to %+v, %v", changed, err)
	}
	if _, err := s.Update(t.Context(), made.ID, 1, other); fault.Of(err) != fault.Conflict {
		t.Errorf("a change of an old revision: %v", err)
	}
	if changed, err = s.Update(t.Context(), made.ID, 0, other); err != nil || changed.Revision != 3 {
		t.Errorf("a change of any revision: %+v, %v", changed, err)
	}
	if err := s.Delete(t.Context(), made.ID); err != nil {
		t.Error(err)
	}
	if _, err := s.Get(t.Context(), made.ID); fault.Of(err) != fault.NotFound {
		t.Errorf("a deleted one is read: %v", err)
	}
}

func TestTwoOfOneNameAtATimeGetTwoIDs(t *testing.T) {
	t.Parallel()
	s := setup()
	const many = 20
	ids := make(chan string, many)
	var group sync.WaitGroup
	for range many {
		group.Go(func() {
			d, err := s.Create(t.Context(), "ann", document())
			if err != nil {
				t.Error(err)
			}
			ids <- d.ID
		})
	}
	group.Wait()
	close(ids)
	seen := make(map[string]bool)
	for id := range ids {
		if seen[id] {
			t.Errorf("two are called %q", id)
		}
		seen[id] = true
	}
}

func TestEveryProblemIsNamedByItsPath(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(d *dashboard.Document)
		want   string
	}{
		"no name":             {func(d *dashboard.Document) { d.Name = " " }, "name: must not be empty"},
		"a long name":         {func(d *dashboard.Document) { d.Name = strings.Repeat("ä", 201) }, "name: must have at most 200"},
		"an empty tag":        {func(d *dashboard.Document) { d.Tags = []string{"a", ""} }, "tags[1]: must not be empty"},
		"a negative range":    {func(d *dashboard.Document) { d.RangeSeconds = -1 }, "range_seconds: must be between"},
		"a wrong expression":  {func(d *dashboard.Document) { d.Panels[0].Queries[0].Expr = "rate(" }, "panels[0].queries[0].expr: unexpected end"},
		"both ways to ask":    {func(d *dashboard.Document) { d.Panels[0].Queries[0].Metric = "up" }, "panels[0].queries[0]: must have expr or metric, not both"},
		"nothing asked":       {func(d *dashboard.Document) { d.Panels[0].Queries[0].Expr = "" }, "panels[0].queries[0]: must have expr or metric"},
		"matches of PromQL":   {func(d *dashboard.Document) { d.Panels[0].Queries[0].By = []string{"a"} }, "panels[0].queries[0]: plugin, match, func and by go with a metric"},
		"no such metric":      {func(d *dashboard.Document) { d.Panels[0].Queries[1].Metric = "nonsense" }, `panels[0].queries[1].metric: Clock has no metric "nonsense"`},
		"no such plugin":      {func(d *dashboard.Document) { d.Panels[0].Queries[1].Plugin = "nonsense" }, "panels[0].queries[1].plugin: there is no plugin"},
		"no such function":    {func(d *dashboard.Document) { d.Panels[0].Queries[1].Func = "median" }, "panels[0].queries[1].func: must be avg"},
		"no such variable":    {func(d *dashboard.Document) { d.Variables = nil }, `panels[0].queries[1].match.host: there is no variable "host"`},
		"no name of a label":  {func(d *dashboard.Document) { d.Panels[0].Queries[1].By = []string{""} }, "panels[0].queries[1].by[0]: must name a label"},
		"two variables":       {func(d *dashboard.Document) { d.Variables = append(d.Variables, d.Variables[0]) }, `variables[1].name: another variable is called "host"`},
		"several of one":      {func(d *dashboard.Document) { d.Variables[0].Default = []string{"a", "b"} }, "variables[0].default: must be one"},
		"a label of nothing":  {func(d *dashboard.Document) { d.Variables[0].Kind = dashboard.LabelVariable }, "variables[0].metric: must name a metric"},
		"a kind of variable":  {func(d *dashboard.Document) { d.Variables[0].Kind = "dice" }, "variables[0].kind: must be host"},
		"a kind of panel":     {func(d *dashboard.Document) { d.Panels[0].Kind = "pie" }, `panels[0].kind: there is no kind of panel "pie"`},
		"two panels":          {func(d *dashboard.Document) { d.Panels = append(d.Panels, d.Panels[0]) }, `panels[1].id: another panel has the ID "a"`},
		"no ID":               {func(d *dashboard.Document) { d.Panels[0].ID = "" }, "panels[0].id: must have 1 to 64"},
		"beside the page":     {func(d *dashboard.Document) { d.Panels[0].Grid.X = 6 }, "panels[0].grid.w: must be at least 1 and end within 12 columns"},
		"no height":           {func(d *dashboard.Document) { d.Panels[0].Grid.H = 0 }, "panels[0].grid.h: must be between 1 and 100"},
		"nothing drawn":       {func(d *dashboard.Document) { d.Panels[0].Queries = nil }, "panels[0].queries: must be at least one"},
		"text with a query":   {func(d *dashboard.Document) { d.Panels[0].Kind = dashboard.Text }, "panels[0].queries: must be none"},
		"text of a line":      {func(d *dashboard.Document) { d.Panels[0].Text = "x" }, "panels[0].text: is for panels of kind text only"},
		"a unit":              {func(d *dashboard.Document) { d.Panels[0].Unit = "furlongs" }, `panels[0].unit: there is no unit "furlongs"`},
		"an upside-down axis": {func(d *dashboard.Document) { d.Panels[0].Min, d.Panels[0].Max = plugin.Bound(2), plugin.Bound(1) }, "panels[0].min: must be less than max"},
		"a level": {
			func(d *dashboard.Document) { d.Panels[0].Thresholds = []dashboard.Threshold{{Level: "meh"}} },
			"panels[0].thresholds[0].level: must be ok, warning or critical",
		},
		"101 words": {
			func(d *dashboard.Document) { d.Panels[0].Levels.Warning = make([]string, 101) }, "panels[0].levels.warning: must be at most 100, not 101",
		},
		"a long word": {
			func(d *dashboard.Document) { d.Panels[0].Levels.OK = []string{"on", strings.Repeat("ä", 201)} }, "panels[0].levels.ok[1]: must have at most 200",
		},
		"101 panels":     {func(d *dashboard.Document) { d.Panels = make([]dashboard.Panel, 101) }, "panels: must be at most 100, not 101"},
		"21 queries":     {func(d *dashboard.Document) { d.Panels[0].Queries = make([]dashboard.Query, 21) }, "panels[0].queries: must be at most 20, not 21"},
		"too many bytes": {func(d *dashboard.Document) { d.Panels[0].Help = strings.Repeat("x", 256<<10) }, "panels: the whole dashboard must take at most 262144 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := document()
			test.change(&d)
			_, err := setup().Create(t.Context(), "ann", d)
			if fault.Of(err) != fault.Config || !strings.Contains(fmt.Sprint(err), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

func TestWhatIsWatchedHasDashboards(t *testing.T) {
	t.Parallel()
	s := setup()
	all, err := s.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, d := range all {
		ids = append(ids, d.ID)
		// A copy of one can be kept, so it is valid itself.
		if _, err := s.Create(t.Context(), "ann", d.Document); err != nil {
			t.Errorf("%s cannot be copied: %v", d.ID, err)
		}
		if _, err := s.Update(t.Context(), d.ID, 0, d.Document); fault.Of(err) != fault.Conflict {
			t.Errorf("%s can be changed: %v", d.ID, err)
		}
		if err := s.Delete(t.Context(), d.ID); fault.Of(err) != fault.Conflict {
			t.Errorf("%s can be deleted: %v", d.ID, err)
		}
	}
	if diff := cmp.Diff([]string{"host.nas", "host.bare", "plugin.clock_monitor"}, ids); diff != "" {
		t.Errorf("dashboards (-want +got):\n%s", diff)
	}
	if _, err := s.Get(t.Context(), "host.none"); fault.Of(err) != fault.NotFound {
		t.Errorf("a host that is not there has a dashboard: %v", err)
	}
	d, err := s.Get(t.Context(), "plugin.clock_monitor")
	if err != nil {
		t.Fatal(err)
	}
	want := []dashboard.Panel{{
		ID: "panel-1", Title: "Ticks", Kind: dashboard.Area, Stacked: true, Grid: dashboard.Grid{X: 0, Y: 0, W: 4, H: 6},
		Queries: []dashboard.Query{{
			Metric: "clock_ticks_total", Plugin: "clock_monitor", Match: map[string]string{"source": "$source", "hand": "big"}, Func: dashboard.Rate,
		}},
	}, {
		ID: "panel-2", Title: "Wound", Kind: dashboard.Status, Unit: metric.Bool, Grid: dashboard.Grid{X: 0, Y: 6, W: 12, H: 6},
		Queries:    []dashboard.Query{{Metric: "clock_wound", Plugin: "clock_monitor", Match: map[string]string{"source": "$source"}}},
		Thresholds: []dashboard.Threshold{{Value: 0.5, Level: dashboard.Warning, Below: true}, {Value: 0.1, Level: dashboard.Critical, Below: true}},
		Levels:     plugin.Levels{Critical: []string{"stuck"}},
	}}
	if diff := cmp.Diff(want, d.Panels); diff != "" {
		t.Errorf("panels of a plugin (-want +got):\n%s", diff)
	}
	if d, err = s.Get(t.Context(), "host.nas"); err != nil || len(d.Panels) != 3 || d.Panels[0].Text != `## The \*big\* clock` {
		t.Errorf("the dashboard of a host is %+v, %v", d, err)
	}
}

func FuzzDocument(f *testing.F) {
	text, err := json.Marshal(document())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"name":"<script>","panels":[{"grid":{"x":-9223372036854775808,"w":9223372036854775807}}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var d dashboard.Document
		if json.Unmarshal(text, &d) != nil {
			return
		}
		made, err := setup().Create(t.Context(), "ann", d)
		if err != nil && fault.Of(err) != fault.Config {
			t.Errorf("refused with %v", err)
		}
		if err == nil && strings.Contains(made.ID, ".") {
			t.Errorf("%q looks like a generated one", made.ID)
		}
	})
}
