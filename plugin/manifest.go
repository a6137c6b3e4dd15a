package plugin

import (
	"cmp"
	"runtime"
	"slices"
	"time"

	"github.com/unity-homelab/unity/metric"
)

// Category groups plugins for people.
type Category string

// The categories.
const (
	System         Category = "system"
	Storage        Category = "storage"
	Network        Category = "network"
	Hardware       Category = "hardware"
	Power          Category = "power"
	Container      Category = "container"
	Virtualization Category = "virtualization"
	Database       Category = "database"
	Web            Category = "web"
	Security       Category = "security"
	Media          Category = "media"
	IoT            Category = "iot"
	Backup         Category = "backup"
	Application    Category = "application"
)

// Categories lists every category in the order people read them.
func Categories() []Category {
	return []Category{
		System, Storage, Network, Hardware, Power, Container, Virtualization,
		Database, Web, Security, Media, IoT, Backup, Application,
	}
}

// Manifest is everything that Unity and its interface know about a plugin.
type Manifest struct {
	// ID is in snake_case and ends in _monitor, system_info excepted.
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Version  string   `json:"version"`
	Category Category `json:"category"`
	// Summary is one line; Description a few sentences.
	Summary     string   `json:"summary"`
	Description string   `json:"description"`
	Tags        []string `json:"tags,omitempty"`
	// Icon is the name of an icon of the interface's set, such as "cpu".
	Icon string `json:"icon"`
	// Interval and Timeout are defaults; 60 s and 30 s when zero.
	Interval time.Duration `json:"-"`
	Timeout  time.Duration `json:"-"`
	// Platforms are GOOS values; empty means all.
	Platforms []string `json:"platforms,omitempty"`
	Rights    Rights   `json:"rights"`

	Metrics []metric.Definition `json:"metrics"`
	Panels  []Panel             `json:"panels"`
	Tables  []Table             `json:"tables,omitempty"`
	Rules   []Rule              `json:"rules,omitempty"`

	// Documentation is the plugin's README, in Markdown. The list of plugins
	// fills it in.
	Documentation string `json:"-"`
}

// Rights are what a plugin needs from the machine. Commands are enforced; the
// rest is told to people.
type Rights struct {
	Commands []string `json:"commands,omitempty"` // programs it may run
	Paths    []string `json:"paths,omitempty"`    // files and folders it reads
	Sockets  []string `json:"sockets,omitempty"`  // Unix sockets it talks to
	Network  bool     `json:"network,omitempty"`  // talks to the configured target
	Notes    string   `json:"notes,omitempty"`    // what works only with more rights
}

// Metric returns the definition of the named metric.
func (m Manifest) Metric(name string) (metric.Definition, bool) {
	for _, definition := range m.Metrics {
		if definition.Name == name {
			return definition, true
		}
	}
	return metric.Definition{}, false
}

// Supported reports whether the plugin works on the platform this program runs
// on.
func (m Manifest) Supported() bool {
	return len(m.Platforms) == 0 || slices.Contains(m.Platforms, runtime.GOOS)
}

func (m Manifest) withDefaults() Manifest {
	m.Interval = cmp.Or(m.Interval, time.Minute)
	m.Timeout = cmp.Or(m.Timeout, 30*time.Second)
	m.Version = cmp.Or(m.Version, "1.0.0")
	return m
}

// PanelKind is a way to draw.
type PanelKind string

// The kinds of panel.
const (
	Line     PanelKind = "line"     // one line per series
	Area     PanelKind = "area"     // filled
	Stacked  PanelKind = "stacked"  // areas on top of each other
	Stat     PanelKind = "stat"     // the latest value, large, with a sparkline
	Gauge    PanelKind = "gauge"    // the latest value within its bounds
	Bar      PanelKind = "bar"      // the latest values beside each other
	Timeline PanelKind = "timeline" // coloured spans over time, for 0/1 and one-hot metrics
)

// Panel is one picture of a source. The first three panels of a plugin are what
// a person looks at first; the first of all is the sparkline in lists.
type Panel struct {
	Title string    `json:"title"`
	Kind  PanelKind `json:"kind"`
	// Unit of the values shown. A rate of bytes is bytes_per_second.
	Unit    metric.Unit `json:"unit"`
	Queries []Query     `json:"queries"`
	// Min and Max fix the axis.
	Min *float64 `json:"min,omitempty"`
	Max *float64 `json:"max,omitempty"`
	// Warning and Critical colour values at or beyond them; where Critical is
	// below Warning, small values are the bad ones.
	Warning  *float64 `json:"warning,omitempty"`
	Critical *float64 `json:"critical,omitempty"`
	// Levels colour the states of a one-hot metric.
	Levels Levels `json:"levels,omitzero"`
	// Wide panels take a whole row.
	Wide bool `json:"wide,omitempty"`
	// Help says how to read the picture.
	Help string `json:"help,omitempty"`
}

// Query picks series of the panel's own source.
type Query struct {
	Metric string `json:"metric"`
	// Match narrows by exact label values.
	Match map[string]string `json:"match,omitempty"`
	// Rate turns a counter into its increase per second.
	Rate bool `json:"rate,omitempty"`
	// Legend names a series: {device} stands for a label's value. Empty: the
	// labels that differ, else the metric's help.
	Legend string `json:"legend,omitempty"`
	// Negative draws below the axis: transmitted beside received.
	Negative bool `json:"negative,omitempty"`
	// Top keeps the largest series only; 0 keeps all.
	Top int `json:"top,omitempty"`
}

// Bound returns a pointer to v, for the optional bounds of a panel.
func Bound(v float64) *float64 { return &v }

// Table shows a list in the snapshot.
type Table struct {
	Title string `json:"title"`
	// Path is where in the snapshot the list of objects is: "top.cpu". A path
	// to an object shows its keys as rows.
	Path    string   `json:"path"`
	Columns []Column `json:"columns"`
	// Empty says what it means that there are no rows.
	Empty string `json:"empty,omitempty"`
}

// ColumnKind says how a cell is shown.
type ColumnKind string

// The kinds of column.
const (
	CellText     ColumnKind = "text"
	CellCode     ColumnKind = "code"     // an identifier, an address, a path
	CellNumber   ColumnKind = "number"   // with the column's unit
	CellTime     ColumnKind = "time"     // RFC 3339 or seconds since 1970
	CellDuration ColumnKind = "duration" // seconds
	CellFlag     ColumnKind = "flag"     // true or false
	CellStatus   ColumnKind = "status"   // a word with a colour: ok, running, warning, failed …
	CellList     ColumnKind = "list"     // several words
)

// Column is one column of a table.
type Column struct {
	Key   string      `json:"key"`
	Title string      `json:"title"`
	Kind  ColumnKind  `json:"kind"`
	Unit  metric.Unit `json:"unit,omitempty"`
	// Levels colour the words of a status column.
	Levels Levels `json:"levels,omitzero"`
}

// Levels say how good words are that only those know who know the service, such
// as CrashLoopBackOff. Words that are the same everywhere, such as running or
// failed, need not be named; a word that nobody knows has no colour.
//
// Case does not matter, nor whether words are joined by spaces, dashes or
// underscores. "exited (1)" is found as exited and "Init:Error" as error, where
// they are not named whole.
type Levels struct {
	OK       []string `json:"ok,omitempty" nullable:"false"`
	Warning  []string `json:"warning,omitempty" nullable:"false"`
	Critical []string `json:"critical,omitempty" nullable:"false"`
}

// Words returns every word that has a level.
func (l Levels) Words() []string { return slices.Concat(l.OK, l.Warning, l.Critical) }

// Severity says how soon somebody should look.
type Severity string

// The severities.
const (
	Info     Severity = "info"
	Warning  Severity = "warning"
	Critical Severity = "critical"
)

// Rule is an alert that ships with a plugin.
type Rule struct {
	// ID is unique within the plugin, in snake_case.
	ID   string `json:"id"`
	Name string `json:"name"`
	// Expr is PromQL over the plugin's metrics and up; Unity restricts it to
	// the source.
	Expr     string        `json:"expr"`
	For      time.Duration `json:"-"`
	Severity Severity      `json:"severity"`
	// Summary says what is wrong: {{.Labels.mountpoint}} and {{.Value}} may be
	// used.
	Summary string `json:"summary"`
	// Hint says what to do.
	Hint string `json:"hint,omitempty"`
}
