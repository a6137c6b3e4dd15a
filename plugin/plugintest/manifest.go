package plugintest

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

// reporter is the part of testing.T that the checks use.
type reporter interface {
	Helper()
	Errorf(format string, args ...any)
}

// snake is what IDs, metric names and label names look like.
func snake() *regexp.Regexp { return regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`) }

func (s *suite) checkManifest(t reporter) {
	m := s.manifest
	if !snake().MatchString(m.ID) || (!strings.HasSuffix(m.ID, "_monitor") && m.ID != "system_info") {
		t.Errorf("the ID %q is not in snake_case with _monitor at its end", m.ID)
	}
	if got, want := filepath.Base(s.folder), plugin.Folder(m.ID); got != want {
		t.Errorf("the folder of %s is %s, not %s", m.ID, want, got)
	}
	for what, text := range map[string]string{
		"name": m.Name, "version": m.Version, "summary": m.Summary, "description": m.Description, "icon": m.Icon,
	} {
		if strings.TrimSpace(text) == "" {
			t.Errorf("the %s is empty", what)
		}
	}
	checkSentence(t, "the summary", m.Summary)
	checkSentence(t, "the description", m.Description)
	if !slices.Contains(plugin.Categories(), m.Category) {
		t.Errorf("there is no category %q", m.Category)
	}
	if m.Timeout >= m.Interval {
		t.Errorf("the timeout %v is not shorter than the interval %v", m.Timeout, m.Interval)
	}
	for _, name := range m.Rights.Commands {
		if strings.ContainsAny(name, `/\ `) {
			t.Errorf("the command %q is not just a name", name)
		}
	}
	names := make(map[string]bool)
	for _, definition := range m.Metrics {
		if names[definition.Name] {
			t.Errorf("%s is declared twice", definition.Name)
		}
		names[definition.Name] = true
		checkMetric(t, definition)
	}
	if len(m.Panels) == 0 {
		t.Errorf("there is no panel")
	}
	for _, panel := range m.Panels {
		s.checkPanel(t, panel)
	}
	for _, table := range m.Tables {
		checkTable(t, table)
	}
}

// suffixOf is how the name of a metric of the unit ends, before _total.
func suffixOf(u metric.Unit) string {
	if u == metric.None || u == metric.Bool {
		return ""
	}
	return "_" + string(u)
}

func checkMetric(t reporter, d metric.Definition) {
	t.Helper()
	name, counted := strings.CutSuffix(d.Name, "_total")
	switch {
	case !snake().MatchString(d.Name):
		t.Errorf("metric %s is not in snake_case", d.Name)
	case !strings.Contains(d.Name, "_"):
		t.Errorf("metric %s has no prefix", d.Name)
	case d.Kind != metric.Gauge && d.Kind != metric.Counter:
		t.Errorf("metric %s: no kind %q", d.Name, d.Kind)
	case counted != (d.Kind == metric.Counter):
		t.Errorf("metric %s: a %s; only counters, and all counters, end in _total", d.Name, d.Kind)
	case !slices.Contains(metric.Units(), d.Unit):
		t.Errorf("metric %s: no unit %q", d.Name, d.Unit)
	case !strings.HasSuffix(name, suffixOf(d.Unit)):
		t.Errorf("metric %s: of unit %s, it must end in %s", d.Name, d.Unit, suffixOf(d.Unit))
	case regexp.MustCompile(`^[a-z0-9]+_up$`).MatchString(d.Name):
		t.Errorf("metric %s: whether the target answers is Unity's own metric up", d.Name)
	}
	if d.Unit == metric.None || d.Unit == metric.Bool {
		for _, unit := range metric.Units() {
			if suffix := suffixOf(unit); suffix != "" && strings.HasSuffix(name, suffix) {
				t.Errorf("metric %s has no unit and ends like one of %s", d.Name, unit)
			}
		}
	}
	checkSentence(t, "the help of "+d.Name, d.Help)
	for i, label := range d.Labels {
		switch {
		case !snake().MatchString(label):
			t.Errorf("metric %s: label %s is not in snake_case", d.Name, label)
		case slices.Contains([]string{"host", "source", "plugin", "instance", "target", "job", "le", "quantile"}, label):
			t.Errorf("metric %s: label %s is not the plugin's to give", d.Name, label)
		case slices.Contains(d.Labels[:i], label):
			t.Errorf("metric %s: label %s twice", d.Name, label)
		}
	}
}

func checkSentence(t reporter, what, text string) {
	t.Helper()
	text = strings.TrimSpace(text)
	if text == "" || !strings.HasSuffix(text, ".") || strings.ToUpper(text[:1]) != text[:1] {
		t.Errorf("%s is not a sentence with a period: %q", what, text)
	}
}

func (s *suite) checkPanel(t reporter, p plugin.Panel) {
	t.Helper()
	kinds := []plugin.PanelKind{
		plugin.Line, plugin.Area, plugin.Stacked, plugin.Stat, plugin.Gauge, plugin.Bar, plugin.Timeline,
	}
	switch {
	case p.Title == "":
		t.Errorf("a panel has no title")
	case !slices.Contains(kinds, p.Kind):
		t.Errorf("panel %q: no kind %q", p.Title, p.Kind)
	case len(p.Queries) == 0:
		t.Errorf("panel %q shows nothing", p.Title)
	case !slices.Contains(metric.Units(), p.Unit):
		t.Errorf("panel %q: no unit %q", p.Title, p.Unit)
	case p.Min != nil && p.Max != nil && *p.Min >= *p.Max:
		t.Errorf("panel %q: its axis is empty", p.Title)
	case len(p.Levels.Words()) > 0 && p.Kind != plugin.Timeline:
		t.Errorf("panel %q: only the states of a timeline have levels", p.Title)
	}
	checkLevels(t, fmt.Sprintf("panel %q", p.Title), p.Levels)
	for _, q := range p.Queries {
		d, ok := s.manifest.Metric(q.Metric)
		if !ok {
			t.Errorf("panel %q: metric %s is not declared", p.Title, q.Metric)
			continue
		}
		for label := range q.Match {
			if !slices.Contains(d.Labels, label) {
				t.Errorf("panel %q: %s has no label %s", p.Title, q.Metric, label)
			}
		}
		for _, place := range regexp.MustCompile(`\{([^}]*)\}`).FindAllStringSubmatch(q.Legend, -1) {
			if !slices.Contains(d.Labels, place[1]) {
				t.Errorf("panel %q: %s has no label %s", p.Title, q.Metric, place[1])
			}
		}
		if q.Rate && d.Kind != metric.Counter {
			t.Errorf("panel %q: the rate of %s, which is a %s", p.Title, q.Metric, d.Kind)
		}
		if !slices.Contains(unitsShown(d.Unit, q.Rate), p.Unit) {
			t.Errorf("panel %q: %s is in %q, the panel in %q", p.Title, q.Metric, d.Unit, p.Unit)
		}
	}
}

// unitsShown are the units that a panel of a metric may have.
func unitsShown(u metric.Unit, rate bool) []metric.Unit {
	switch {
	case !rate && u == metric.Bool:
		return []metric.Unit{metric.Bool, metric.None}
	case !rate:
		return []metric.Unit{u}
	case u == metric.Bytes:
		return []metric.Unit{metric.BytesPerSecond} // nothing makes eight bits of a byte
	case u == metric.Seconds:
		return []metric.Unit{metric.Cores, metric.Ratio}
	case u == metric.Joules:
		return []metric.Unit{metric.Watts}
	default:
		return []metric.Unit{metric.None, metric.Hertz}
	}
}

func checkTable(t reporter, table plugin.Table) {
	t.Helper()
	if table.Title == "" || table.Path == "" {
		t.Errorf("table %q has no title or no path", table.Title)
	}
	kinds := []plugin.ColumnKind{
		plugin.CellText, plugin.CellCode, plugin.CellNumber, plugin.CellTime, plugin.CellDuration, plugin.CellFlag,
		plugin.CellStatus, plugin.CellList,
	}
	seen := make(map[string]bool)
	for _, column := range table.Columns {
		switch {
		case column.Key == "" || column.Title == "":
			t.Errorf("table %q: a column without key or title", table.Title)
		case seen[column.Key]:
			t.Errorf("table %q: two columns %s", table.Title, column.Key)
		case !slices.Contains(kinds, column.Kind):
			t.Errorf("table %q, column %s: no kind %q", table.Title, column.Key, column.Kind)
		case column.Unit != metric.None && column.Kind != plugin.CellNumber:
			t.Errorf("table %q, column %s: only numbers have a unit", table.Title, column.Key)
		case !slices.Contains(metric.Units(), column.Unit):
			t.Errorf("table %q, column %s: no unit %q", table.Title, column.Key, column.Unit)
		case len(column.Levels.Words()) > 0 && column.Kind != plugin.CellStatus:
			t.Errorf("table %q, column %s: only words of a status have levels", table.Title, column.Key)
		}
		checkLevels(t, fmt.Sprintf("table %q, column %s", table.Title, column.Key), column.Levels)
		seen[column.Key] = true
	}
}

// checkLevels checks that every word has one level.
func checkLevels(t reporter, where string, levels plugin.Levels) {
	t.Helper()
	seen := make(map[string]bool)
	for _, word := range levels.Words() {
		plain := strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(strings.TrimSpace(word)))
		switch {
		case plain == "":
			t.Errorf("%s: a level of an empty word", where)
		case seen[plain]:
			t.Errorf("%s: two levels of %q", where, word)
		}
		seen[plain] = true
	}
}

// checkConfig checks the settings and what becomes of wrong ones.
func (s *suite) checkConfig(t reporter) {
	if !json.Valid(s.plugin.Schema()) {
		t.Errorf("the schema is not JSON")
		return
	}
	var required []string
	for _, setting := range s.plugin.Settings() {
		last := setting.Path[strings.LastIndexByte(setting.Path, '.')+1:]
		if !snake().MatchString(strings.TrimSuffix(last, "[]")) {
			t.Errorf("the setting %s is not in snake_case", setting.Path)
		}
		checkSentence(t, "the help of the setting "+setting.Path, setting.Help)
		if setting.Title == "" {
			t.Errorf("the setting %s has no title", setting.Path)
		}
		if setting.Required && !strings.Contains(setting.Path, ".") {
			required = append(required, setting.Path)
		}
	}
	err := s.plugin.Validate(s.plugin.Defaults())
	for _, problem := range problemsOf(err) {
		if !slices.Contains(required, problem.Path) {
			t.Errorf("the defaults do not validate: %v", problem)
		}
	}
	err = s.plugin.Validate(json.RawMessage(`{"no_such_setting": 1}`))
	if fault.Of(err) != fault.Config || !slices.ContainsFunc(problemsOf(err), func(p plugin.ConfigProblem) bool {
		return p.Path == "no_such_setting"
	}) {
		t.Errorf("an unknown setting is taken: %v", err)
	}
}
