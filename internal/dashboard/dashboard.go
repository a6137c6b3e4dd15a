// Package dashboard keeps pages of panels: those that people make, which are
// stored, and those that follow from what is watched, which are made when they
// are asked for.
//
// A dashboard is a document. It is checked as a whole before it is stored, and
// every problem is named by its path. A generated one cannot be changed; a copy
// of it can.
package dashboard

import (
	"encoding/json"
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

// Origin says where a dashboard comes from.
type Origin string

// The origins.
const (
	User      Origin = "user"
	Generated Origin = "generated" // from manifests and what is watched
)

// Dashboard is a page of panels. What Unity itself decides may be in a document
// that is handed in; it is not looked at.
type Dashboard struct {
	ID       string    `json:"id" readOnly:"true" doc:"A slug made from the name"`
	Origin   Origin    `json:"origin" readOnly:"true" enum:"user,generated" doc:"Generated ones cannot be changed; post a copy"`
	Owner    string    `json:"owner" readOnly:"true" doc:"Who made it; empty for generated ones"`
	Revision int64     `json:"revision,omitempty" doc:"Grows with every change. A change names the revision it is based on; without one it replaces whatever is stored"`
	Created  time.Time `json:"created" readOnly:"true"`
	Updated  time.Time `json:"updated" readOnly:"true"`

	Document
}

// Document is what people decide about a dashboard.
type Document struct {
	Name           string     `json:"name" maxLength:"200" example:"The basement"`
	Description    string     `json:"description,omitempty"`
	Tags           []string   `json:"tags,omitempty"`
	RangeSeconds   float64    `json:"range_seconds,omitempty" doc:"How much time it shows; an hour when 0 or absent"`
	RefreshSeconds float64    `json:"refresh_seconds,omitempty" doc:"How often it reads anew; 0 leaves that to the live stream"`
	Variables      []Variable `json:"variables,omitempty"`
	Panels         []Panel    `json:"panels" nullable:"false"`
}

// VariableKind says what a variable stands for.
type VariableKind string

// The kinds of variable.
const (
	HostVariable   VariableKind = "host"   // a host
	SourceVariable VariableKind = "source" // a source, of one plugin when it names one
	LabelVariable  VariableKind = "label"  // a value of a label of a metric
)

// Variable is a choice above the panels. In queries $name stands for what is
// chosen.
type Variable struct {
	Name      string       `json:"name" example:"source" doc:"Small letters, digits and underscores"`
	Label     string       `json:"label,omitempty" doc:"What people read; the name when empty"`
	Kind      VariableKind `json:"kind" enum:"host,source,label"`
	Plugin    string       `json:"plugin,omitempty" doc:"Offers only sources of this plugin"`
	Metric    string       `json:"metric,omitempty" doc:"Whose label values are offered"`
	LabelName string       `json:"label_name,omitempty" doc:"Which label's values are offered"`
	Multiple  bool         `json:"multiple,omitempty" doc:"Several may be chosen"`
	Default   []string     `json:"default,omitempty" doc:"What is chosen at first; everything when empty and several may be, the first otherwise"`
}

// Kind is a way to draw a panel.
type Kind string

// The kinds of panel.
const (
	Line    Kind = "line"
	Area    Kind = "area"
	Stat    Kind = "stat"
	Gauge   Kind = "gauge"
	Bar     Kind = "bar"
	Table   Kind = "table"
	Status  Kind = "status" // coloured spans over time
	Heatmap Kind = "heatmap"
	Text    Kind = "text"
	Events  Kind = "events"
)

// Panel is one picture.
type Panel struct {
	ID         string        `json:"id" doc:"Unique in its dashboard"`
	Title      string        `json:"title,omitempty"`
	Kind       Kind          `json:"kind" enum:"line,area,stat,gauge,bar,table,status,heatmap,text,events"`
	Grid       Grid          `json:"grid"`
	Unit       metric.Unit   `json:"unit,omitempty" example:"bytes" doc:"That of the first metric when absent"`
	Decimals   *int          `json:"decimals,omitempty"`
	Min        *float64      `json:"min,omitempty"`
	Max        *float64      `json:"max,omitempty"`
	Stacked    bool          `json:"stacked,omitempty"`
	Queries    []Query       `json:"queries,omitempty" doc:"None for text; for events, queries whose match names sources"`
	Thresholds []Threshold   `json:"thresholds,omitempty"`
	Levels     plugin.Levels `json:"levels,omitzero" doc:"How good the states of a one-hot metric are, where their names do not say it; for status"`
	Text       string        `json:"text,omitempty" doc:"Markdown, for text"`
	Help       string        `json:"help,omitempty" doc:"How to read the picture"`
}

// Grid is the place of a panel on a page of 12 columns.
type Grid struct {
	X int `json:"x"`
	Y int `json:"y"`
	W int `json:"w"`
	H int `json:"h"`
}

// Func says what a point is of the samples in its step.
type Func string

// The functions.
const (
	Avg  Func = "avg"
	Min  Func = "min"
	Max  Func = "max"
	Last Func = "last"
	Rate Func = "rate"
)

// Query picks what a panel draws: PromQL, or a metric.
type Query struct {
	Expr     string            `json:"expr,omitempty" doc:"PromQL. $name stands for a variable, $__interval for the step, $__rate_interval for a span that a rate needs, $__range for the whole time that is shown"`
	Metric   string            `json:"metric,omitempty"`
	Plugin   string            `json:"plugin,omitempty" doc:"Whose metric it is"`
	Match    map[string]string `json:"match,omitempty" doc:"Only series with these label values; $name stands for a variable"`
	Func     Func              `json:"func,omitempty" enum:"avg,min,max,last,rate" doc:"Rate for counters and avg for gauges when absent"`
	By       []string          `json:"by,omitempty" doc:"Adds up the series that have the same values of these labels"`
	Legend   string            `json:"legend,omitempty" doc:"{device} stands for a label's value"`
	Top      int               `json:"top,omitempty" doc:"The largest series only; 0 keeps all"`
	Negative bool              `json:"negative,omitempty" doc:"Below the axis: transmitted beside received"`
}

// Level says how bad a value is.
type Level string

// The levels.
const (
	OK       Level = "ok"
	Warning  Level = "warning"
	Critical Level = "critical"
)

// Threshold gives values from one on a level.
type Threshold struct {
	Value float64 `json:"value"`
	Level Level   `json:"level" enum:"ok,warning,critical"`
	Below bool    `json:"below,omitempty" doc:"It is for values up to this one: small ones are the bad ones"`
}

// Size returns how many bytes the document takes.
func (d Document) Size() int {
	text, err := json.Marshal(d)
	if err != nil {
		return maxBytes + 1 // a number that JSON does not have
	}
	return len(text)
}
