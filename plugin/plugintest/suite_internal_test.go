package plugintest

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

// complaints collects what a check has to say.
type complaints struct{ lines []string }

// Helper implements reporter.
func (*complaints) Helper() {}

// Errorf implements reporter.
func (c *complaints) Errorf(format string, args ...any) {
	c.lines = append(c.lines, fmt.Sprintf(format, args...))
}

func (c *complaints) expect(t *testing.T, parts ...string) {
	t.Helper()
	all := strings.Join(c.lines, "\n")
	for _, part := range parts {
		if !strings.Contains(all, part) {
			t.Errorf("nobody complains: %s", part)
		}
	}
	if len(c.lines) != len(parts) {
		t.Errorf("%d complaints, want %d:\n%s", len(c.lines), len(parts), all)
	}
}

type badConfig struct {
	Odd int `json:"oddName"`
}

func bad(change func(*plugin.Manifest)) *suite {
	m := examplePlugin().Manifest()
	change(&m)
	p := plugin.Define(m, badConfig{}, func(context.Context, badConfig, plugin.Host) (plugin.Collector, error) {
		return nil, fault.New(fault.Internal, "not used")
	})
	return &suite{plugin: p, manifest: p.Manifest(), folder: "testdata/example"}
}

func TestTheManifestIsChecked(t *testing.T) {
	t.Parallel()
	var c complaints
	bad(func(m *plugin.Manifest) {
		m.ID, m.Name, m.Summary, m.Category, m.Timeout = "Bad", "", "no sentence", "nonsense", time.Hour
		m.Rights.Commands = []string{"/bin/sh"}
	}).checkManifest(&c)
	c.expect(t, `the ID "Bad" is not in snake_case`, "the folder of Bad is Bad, not example", "the name is empty",
		`the summary is not a sentence with a period: "no sentence"`, `there is no category "nonsense"`,
		"the timeout 1h0m0s is not shorter", `the command "/bin/sh" is not just a name`)
}

func TestMetricsAreChecked(t *testing.T) {
	t.Parallel()
	for _, m := range []struct {
		definition metric.Definition
		want       string
	}{
		{metric.Definition{Name: "x_Size", Kind: metric.Gauge}, "is not in snake_case"},
		{metric.Definition{Name: "size", Kind: metric.Gauge}, "has no prefix"},
		{metric.Definition{Name: "x_size", Kind: "histogram"}, `no kind "histogram"`},
		{metric.Definition{Name: "x_reads", Kind: metric.Counter}, "all counters, end in _total"},
		{metric.Definition{Name: "x_reads_total", Kind: metric.Gauge}, "only counters"},
		{metric.Definition{Name: "x_size", Kind: metric.Gauge, Unit: metric.Bytes}, "must end in _bytes"},
		{metric.Definition{Name: "x_size_bytes", Kind: metric.Gauge}, "ends like one of bytes"},
		{metric.Definition{Name: "x_size", Kind: metric.Gauge, Unit: "furlongs"}, `no unit "furlongs"`},
		{metric.Definition{Name: "x_up", Kind: metric.Gauge, Unit: metric.Bool}, "Unity's own metric up"},
		{metric.Definition{Name: "x_size", Kind: metric.Gauge, Labels: []string{"host"}}, "label host is not the plugin's"},
		{metric.Definition{Name: "x_size", Kind: metric.Gauge, Labels: []string{"Disk"}}, "label Disk is not in snake_case"},
		{metric.Definition{Name: "x_size", Kind: metric.Gauge, Labels: []string{"disk", "disk"}}, "label disk twice"},
	} {
		var c complaints
		m.definition.Help = "Something."
		checkMetric(&c, m.definition)
		c.expect(t, m.want)
	}
}

func TestPanelsAndTablesAreChecked(t *testing.T) {
	t.Parallel()
	var c complaints
	bad(func(m *plugin.Manifest) {
		m.Panels = []plugin.Panel{
			{Title: "Empty", Kind: plugin.Line},
			{Title: "Odd", Kind: "pie", Queries: []plugin.Query{{Metric: "example_visitors_total", Rate: true, Legend: "{site}"}}},
			{Title: "Gone", Kind: plugin.Stat, Queries: []plugin.Query{{Metric: "example_gone"}}},
			{Title: "Mixed", Kind: plugin.Line, Unit: metric.Bytes, Queries: []plugin.Query{
				{Metric: "example_load_ratio", Rate: true, Match: map[string]string{"cpu": "0"}},
			}},
			{Title: "Coloured", Kind: plugin.Line, Unit: metric.Ratio, Levels: plugin.Levels{OK: []string{"on"}}, Queries: []plugin.Query{{Metric: "example_load_ratio"}}},
		}
		m.Tables = []plugin.Table{{Title: "Pages", Path: "pages", Columns: []plugin.Column{
			{Key: "a", Title: "A", Kind: "picture"},
			{Key: "b", Title: "B", Kind: plugin.CellText, Unit: metric.Bytes},
			{Kind: plugin.CellText},
			plugin.TextColumn("c", "C").With(plugin.Levels{OK: []string{"on"}}),
			plugin.StatusColumn("d", "D").With(plugin.Levels{OK: []string{"in use"}, Warning: []string{"In_use", " "}}),
		}}}
	}).checkManifest(&c)
	c.expect(t, `panel "Empty" shows nothing`, `panel "Odd": no kind "pie"`, `panel "Odd": example_visitors_total has no label site`,
		`panel "Gone": metric example_gone is not declared`, `panel "Mixed": example_load_ratio has no label cpu`,
		`panel "Mixed": the rate of example_load_ratio`, `panel "Mixed": example_load_ratio is in "ratio", the panel in "bytes"`,
		`column a: no kind "picture"`, "column b: only numbers have a unit", "a column without key or title",
		`panel "Coloured": only the states of a timeline have levels`, "column c: only words of a status have levels",
		`column d: two levels of "In_use"`, "column d: a level of an empty word")
}

func TestRulesAreChecked(t *testing.T) {
	t.Parallel()
	var c complaints
	bad(func(m *plugin.Manifest) {
		m.Rules = []plugin.Rule{
			{ID: "Bad-ID", Name: "A", Expr: "up == 0", Severity: plugin.Info, Summary: "x"},
			{ID: "no_syntax", Name: "B", Expr: "up ==", Severity: plugin.Info, Summary: "x"},
			{ID: "other_metric", Name: "C", Expr: "node_load1 > 1", Severity: plugin.Info, Summary: "x"},
			{ID: "other_label", Name: "D", Expr: `example_visitors_total{site="a"} > 1`, Severity: "loud", Summary: "{{.Labels.site}}"},
			{ID: "other_label", Name: "E", Expr: `up > 1`, Severity: plugin.Info, Summary: "{{.Value"},
		}
	}).checkRules(&c)
	c.expect(t, `rule "Bad-ID": its ID`, "rule no_syntax: up ==:", `rule other_metric: metric "node_load1" is not declared`,
		"rule other_label: severity", "rule other_label: example_visitors_total has no label site",
		`map has no entry for key "site"`, `rule "other_label": its ID is not in snake_case, or there twice`, "unclosed action")
}

func TestSettingsAreChecked(t *testing.T) {
	t.Parallel()
	var c complaints
	bad(func(*plugin.Manifest) {}).checkConfig(&c)
	c.expect(t, "the setting oddName is not in snake_case", "the help of the setting oddName is not a sentence", "the setting oddName has no title")
}

func TestCasesThatAreNotWellFormedAreRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"x\n-- file /a --\n":                     "nothing is wanted",
		"x\n-- nonsense --\n-- want --\n":        `nothing begins with "nonsense"`,
		"x\n-- want everything --\n":             "one of want, problems",
		"x\n-- file --\n-- want --\n":            "of what?",
		"x\n-- now --\nyesterday\n-- want --\n":  `section "now"`,
		"x\n-- want --\n-- GET 401 --\n":         "",
		"x\n-- 2 file /a --\n-- 1 want error --": "nothing is wanted of the last collection",
		"x\n-- want requests --\nGET /\n":        "nothing is wanted of the last collection",
		"x\n-- want problems --\n":               "nothing is wanted of the last collection",
		"x\n-- want detect --\nx\n":              "",
	} {
		_, err := parseCase("a.txtar", []byte(text+"\n"))
		if got := fmt.Sprint(err); want == "" && err != nil || !strings.Contains(got, want) {
			t.Errorf("%q gives %v, want %q", text, err, want)
		}
	}
}

func TestSectionsAreTakenApart(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"GET /a b 401 +headers":    "1 GET /a b map[+headers: status:401]",
		"POST /x close":            "1 POST /x map[close:]",
		"2 exec zpool list exit=3": "2 exec zpool list map[exit:3]",
		"exec zpool status stderr": "1 exec zpool status map[stderr:]",
		"file /a/hang":             "1 file /a/hang map[]",
		"1 want error":             "1 want error map[]",
		"want":                     "0 want  map[]",
	} {
		s, err := parseSection(name, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := fmt.Sprintf("%d %s %s %v", s.round, s.verb, s.rest, s.flags); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestWantedTextsAreMatched(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		match     matcher
		want, got string
		same      bool
		better    string
	}{
		{"samples in any order", matchSamples, "b 2\na 1\n", "a 1\nb 2\n", true, ""},
		{"any value", matchSamples, "a *\nb 2\n", "a 17\nb 3\n", false, "a *\nb 3\n"},
		{"a value that differs", matchSamples, "a 1\n", "a 2\n", false, "a 2\n"},
		{"no samples any more", matchSamples, "a 1\n", "", false, ""},
		{"part of an error", matchLines, "auth: status 401", "auth: GET http://x: status 401 Unauthorized\n", true, ""},
		{"another kind", matchLines, "timeout: status 401", "auth: status 401\n", false, "auth: status 401\n"},
		{"a kind alone", matchLines, "auth:", "auth: status 401\n", false, "auth: status 401\n"},
		{"one error more", matchLines, "auth: x", "auth: x\nauth: y\n", false, "auth: x\nauth: y\n"},
		{"part of a snapshot", matchJSON, `{"a": {"b": 1}, "l": [{"x": "*"}]}`, `{"a": {"b": 1, "c": 2}, "l": [{"x": 5, "y": 6}], "z": 0}`, true, ""},
		{"a list of another length", matchJSON, `{"l": [1]}`, `{"l": [1, 2]}`, false, `{"l": [1, 2]}`},
		{"a key that is not there", matchJSON, `{"a": null}`, `{}`, false, `{}`},
	} {
		difference, better := c.match(c.want, c.got)
		if (difference == "") != c.same || (!c.same && better != c.better) {
			t.Errorf("%s: difference %q, better %q", c.name, difference, better)
		}
	}
}

func TestDeclaredPathsCoverWhatIsBelowThem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		right, name string
		want        bool
	}{
		{"/proc/stat", "/proc/stat", true},
		{"/sys/class/net", "/sys/class/net/eth0/mtu", true},
		{"/sys/class/hwmon/*/name", "/sys/class/hwmon/hwmon0/name", true},
		{"/sys/class/hwmon/*/name", "/sys/class/hwmon", true}, // on the way there
		{"/proc/stat", "/proc/self/stat", false},
		{"unix:///run/docker.sock", "/run/docker.sock", true},
	} {
		if got := covers(c.right, c.name); got != c.want {
			t.Errorf("%s covers %s: %v", c.right, c.name, got)
		}
	}
}

func TestStateKeepsSmallJSONOnly(t *testing.T) {
	t.Parallel()
	state := stateOf{&world{state: make(map[string]json.RawMessage)}}
	for value, kind := range map[string]fault.Kind{
		`{"a": 1}`: "", `{`: fault.Internal, `"` + strings.Repeat("x", 64<<10) + `"`: fault.Internal,
	} {
		if err := state.Set("k", json.RawMessage(value)); fault.Of(err) != kind {
			t.Errorf("keeping %.20s gives %v", value, err)
		}
	}
	if got := string(state.Get("k")); got != `{"a": 1}` {
		t.Errorf("kept %s", got)
	}
	if err := state.Set("k", nil); err != nil || state.Get("k") != nil {
		t.Errorf("nil does not forget: %v", err)
	}
}
