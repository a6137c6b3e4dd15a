package demo

import (
	"encoding/json"
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

// kind is a sort of thing that a lab has.
type kind struct {
	manifest plugin.Manifest
	// lines are what a thing of the kind measures.
	lines func(thing) []line
	// document is what a run leaves behind for people; nil for nothing.
	document func(of thing, t float64) any
	// complaint says what a thing of the kind lacks although it answers; nil for
	// nothing, and so is an empty one.
	complaint func(of thing) (message, hint string)
	// posed is the built-in plugin that the kind is a likeness of, with the config
	// of its source; nil when the kind is the demo's own.
	posed  *plugin.Plugin
	config json.RawMessage
}

// line is a series of a thing.
type line struct {
	metric string
	value  signal
	labels []string // names and values in turn
}

// named is a part of something, with a figure that is typical of it.
type named struct {
	name  string
	value float64
}

// kinds returns every kind that is the demo's own, in the order of their categories.
func kinds() []kind {
	return []kind{
		machines(), drives(), pools(), routers(), accessPoints(), tunnels(), supplies(), containers(), guests(),
		databases(), sites(), resolvers(), players(), rooms(), roofs(), backups(),
	}
}

// describe fills in what all kinds have in common.
func describe(m plugin.Manifest) plugin.Manifest {
	m.Version = "1.0.0"
	m.Description = m.Summary + " Everything that it tells is made up: it belongs to a demo."
	m.Tags = append([]string{"demo"}, m.Tags...)
	m.Timeout = m.Interval / 3
	if m.Timeout > 30*time.Second {
		m.Timeout = 30 * time.Second
	}
	return m
}

func gauge(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
	return metric.Definition{Name: name, Kind: metric.Gauge, Unit: unit, Help: help, Labels: labels}
}

func counter(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
	return metric.Definition{Name: name, Kind: metric.Counter, Unit: unit, Help: help, Labels: labels}
}

func panel(title string, kind plugin.PanelKind, unit metric.Unit, queries ...plugin.Query) plugin.Panel {
	return plugin.Panel{Title: title, Kind: kind, Unit: unit, Queries: queries}
}

// within fixes the axis of a panel.
func within(p plugin.Panel, low, high float64) plugin.Panel {
	p.Min, p.Max = plugin.Bound(low), plugin.Bound(high)
	return p
}

// levels colours the values of a panel from two bounds on.
func levels(p plugin.Panel, warning, critical float64) plugin.Panel {
	p.Warning, p.Critical = plugin.Bound(warning), plugin.Bound(critical)
	return p
}

func of(name, legend string) plugin.Query { return plugin.Query{Metric: name, Legend: legend} }

func rateOf(name, legend string) plugin.Query {
	return plugin.Query{Metric: name, Legend: legend, Rate: true}
}

func only(q plugin.Query, label, value string) plugin.Query {
	q.Match = map[string]string{label: value}
	return q
}

func below(q plugin.Query) plugin.Query {
	q.Negative = true
	return q
}

// rule is an alert that ships with a kind.
func rule(id, name, expr string, severity plugin.Severity, summary string) plugin.Rule {
	return plugin.Rule{ID: id, Name: name, Expr: expr, For: 5 * time.Minute, Severity: severity, Summary: summary}
}
