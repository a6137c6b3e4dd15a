package dashboard

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/prometheus/common/model"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

// Bounds of a dashboard.
const (
	maxBytes      = 256 << 10
	maxPanels     = 100
	maxQueries    = 20
	maxVariables  = 20
	maxThresholds = 20
	maxWords      = 100
	maxTags       = 20
	maxLabels     = 20
	maxDefaults   = 100
	maxName       = 200
	maxID         = 64
	maxTop        = 1000
	maxRange      = 10 * 365 * 86400
	maxRefresh    = 86400
	columns       = 12
	maxRows       = 10_000
	maxHeight     = 100
	maxDecimals   = 10
)

// Problem is what is wrong with one part of a dashboard.
type Problem struct {
	Path    string // panels[3].queries[0].expr
	Message string
}

// Invalid is everything that is wrong with a dashboard, as one error of kind
// Config.
type Invalid []Problem

// Error lists the problems.
func (i Invalid) Error() string {
	lines := make([]string, len(i))
	for n, problem := range i {
		lines[n] = problem.Path + ": " + problem.Message
	}
	return strings.Join(lines, "; ")
}

// As makes fault.Of see an Invalid as a fault of kind Config.
func (i Invalid) As(target any) bool {
	if e, ok := target.(**fault.Error); ok {
		*e = fault.New(fault.Config, "%s", i.Error())
		return true
	}
	return false
}

// check collects the problems of a document.
type check struct {
	plugins   []plugin.Plugin
	parse     func(expr string) error
	variables map[string]bool
	found     Invalid
}

func (c *check) report(path, format string, args ...any) {
	c.found = append(c.found, Problem{path, fmt.Sprintf(format, args...)})
}

// text reports a text that is longer than it may be.
func (c *check) text(path, text string, limit int) {
	if utf8.RuneCountInString(text) > limit {
		c.report(path, "must have at most %d characters", limit)
	}
}

func (c *check) count(path string, count, limit int) bool {
	if count > limit {
		c.report(path, "must be at most %d, not %d", limit, count)
	}
	return count <= limit
}

func (c *check) words(path string, words []string) {
	if !c.count(path, len(words), maxWords) {
		return
	}
	for n, word := range words {
		c.text(at(path, n), word, maxName)
	}
}

func (c *check) within(path string, value, low, high float64) {
	if math.IsNaN(value) || value < low || value > high {
		c.report(path, "must be between %v and %v", low, high)
	}
}

// validate returns every problem of a document as Invalid, or nil.
func (s *Service) validate(d Document) error {
	c := &check{plugins: s.Plugins, parse: s.Parse, variables: make(map[string]bool)}
	if size := d.Size(); size > maxBytes {
		c.report("panels", "the whole dashboard must take at most %d bytes, not %d", maxBytes, size)
		return c.found
	}
	if strings.TrimSpace(d.Name) == "" {
		c.report("name", "must not be empty")
	}
	c.text("name", d.Name, maxName)
	c.text("description", d.Description, 10*maxName)
	c.count("tags", len(d.Tags), maxTags)
	for n, tag := range d.Tags {
		if tag == "" {
			c.report(at("tags", n), "must not be empty")
		}
		c.text(at("tags", n), tag, maxID)
	}
	c.within("range_seconds", d.RangeSeconds, 0, maxRange)
	c.within("refresh_seconds", d.RefreshSeconds, 0, maxRefresh)
	if c.count("variables", len(d.Variables), maxVariables) {
		for n, variable := range d.Variables {
			c.variable(at("variables", n), variable)
		}
	}
	if c.count("panels", len(d.Panels), maxPanels) {
		ids := make(map[string]bool, len(d.Panels))
		for n, panel := range d.Panels {
			path := at("panels", n)
			if ids[panel.ID] {
				c.report(path+".id", "another panel has the ID %q", panel.ID)
			}
			ids[panel.ID] = true
			c.panel(path, panel)
		}
	}
	if len(c.found) > 0 {
		return c.found
	}
	return nil
}

func at(path string, n int) string { return fmt.Sprintf("%s[%d]", path, n) }

var (
	variableName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)
	panelID      = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$`)
)

func (c *check) variable(path string, v Variable) {
	if !variableName.MatchString(v.Name) {
		c.report(path+".name", "must have 1 to 64 small letters, digits and _, and begin with a letter")
	}
	if c.variables[v.Name] {
		c.report(path+".name", "another variable is called %q", v.Name)
	}
	c.variables[v.Name] = true
	c.text(path+".label", v.Label, maxName)
	switch v.Kind {
	case HostVariable, SourceVariable:
		c.plugin(path+".plugin", v.Plugin)
	case LabelVariable:
		c.metric(path+".metric", v.Plugin, v.Metric)
		if !model.UTF8Validation.IsValidLabelName(v.LabelName) {
			c.report(path+".label_name", "must name a label")
		}
	default:
		c.report(path+".kind", "must be host, source or label")
	}
	c.count(path+".default", len(v.Default), maxDefaults)
	if !v.Multiple && len(v.Default) > 1 {
		c.report(path+".default", "must be one, as multiple is false")
	}
}

// plugin returns a plugin that is named; nil for none.
func (c *check) plugin(path, id string) *plugin.Manifest {
	if id == "" {
		return nil
	}
	found, err := plugin.Find(c.plugins, id)
	if err != nil {
		c.report(path, "%s", err)
		return nil
	}
	manifest := found.Manifest()
	return &manifest
}

func (c *check) metric(path, pluginID, name string) {
	manifest := c.plugin(strings.TrimSuffix(path, "metric")+"plugin", pluginID)
	if !model.UTF8Validation.IsValidMetricName(name) {
		c.report(path, "must name a metric")
		return
	}
	if manifest == nil || name == "up" {
		return
	}
	if _, ok := manifest.Metric(name); !ok {
		c.report(path, "%s has no metric %q", manifest.Name, name)
	}
}

func (c *check) panel(path string, p Panel) {
	if !panelID.MatchString(p.ID) {
		c.report(path+".id", "must have 1 to 64 letters, digits, _, . and -, and begin with a letter or digit")
	}
	c.text(path+".title", p.Title, maxName)
	c.text(path+".help", p.Help, 10*maxName)
	c.grid(path+".grid", p.Grid)
	if p.Unit != "" && !slices.Contains(metric.Units(), p.Unit) {
		c.report(path+".unit", "there is no unit %q", p.Unit)
	}
	if p.Decimals != nil {
		c.within(path+".decimals", float64(*p.Decimals), 0, maxDecimals)
	}
	if p.Min != nil && p.Max != nil && *p.Min >= *p.Max {
		c.report(path+".min", "must be less than max")
	}
	c.count(path+".thresholds", len(p.Thresholds), maxThresholds)
	for n, threshold := range p.Thresholds {
		if !slices.Contains([]Level{OK, Warning, Critical}, threshold.Level) {
			c.report(at(path+".thresholds", n)+".level", "must be ok, warning or critical")
		}
	}
	c.words(path+".levels.ok", p.Levels.OK)
	c.words(path+".levels.warning", p.Levels.Warning)
	c.words(path+".levels.critical", p.Levels.Critical)
	if c.count(path+".queries", len(p.Queries), maxQueries) {
		for n, query := range p.Queries {
			c.query(at(path+".queries", n), query)
		}
	}
	switch p.Kind {
	case Line, Area, Stat, Gauge, Bar, Table, Status, Heatmap:
		if len(p.Queries) == 0 {
			c.report(path+".queries", "must be at least one")
		}
	case Text:
		if len(p.Queries) > 0 {
			c.report(path+".queries", "must be none in a panel of text")
		}
	case Events:
	default:
		c.report(path+".kind", "there is no kind of panel %q", p.Kind)
	}
	if p.Text != "" && p.Kind != Text {
		c.report(path+".text", "is for panels of kind text only")
	}
}

func (c *check) grid(path string, g Grid) {
	c.within(path+".x", float64(g.X), 0, columns-1)
	c.within(path+".y", float64(g.Y), 0, maxRows)
	c.within(path+".h", float64(g.H), 1, maxHeight)
	if g.W < 1 || g.X+g.W > columns {
		c.report(path+".w", "must be at least 1 and end within %d columns", columns)
	}
}

func (c *check) query(path string, q Query) {
	switch {
	case q.Expr != "" && q.Metric != "":
		c.report(path, "must have expr or metric, not both")
	case q.Expr != "":
		c.expr(path+".expr", q.Expr)
		if q.Plugin != "" || len(q.Match) > 0 || q.Func != "" || len(q.By) > 0 {
			c.report(path, "plugin, match, func and by go with a metric; write them into expr")
		}
	case q.Metric != "":
		c.metric(path+".metric", q.Plugin, q.Metric)
	case len(q.Match) == 0:
		c.report(path, "must have expr or metric")
	}
	if q.Func != "" && !slices.Contains([]Func{Avg, Min, Max, Last, Rate}, q.Func) {
		c.report(path+".func", "must be avg, min, max, last or rate")
	}
	c.count(path+".by", len(q.By), maxLabels)
	for n, name := range q.By {
		if !model.UTF8Validation.IsValidLabelName(name) {
			c.report(at(path+".by", n), "must name a label")
		}
	}
	c.count(path+".match", len(q.Match), maxLabels)
	for name, value := range q.Match {
		if !model.UTF8Validation.IsValidLabelName(name) {
			c.report(path+".match", "%q is no name of a label", name)
		}
		if wanted, ok := strings.CutPrefix(value, "$"); ok && variableName.MatchString(wanted) && !c.variables[wanted] {
			c.report(path+".match."+name, "there is no variable %q", wanted)
		}
	}
	c.within(path+".top", float64(q.Top), 0, maxTop)
	c.text(path+".legend", q.Legend, maxName)
}

// spans are what stands for a duration, which is filled in when a query is sent.
var spans = regexp.MustCompile(`\$__(interval|rate_interval|range)\b`)

// expr parses PromQL. A variable stands within a string, where it is text.
func (c *check) expr(path, expr string) {
	err := c.parse(spans.ReplaceAllString(expr, "1m"))
	if err == nil {
		return
	}
	if cause := errors.Unwrap(err); cause != nil {
		err = cause
	}
	c.report(path, "%s", err)
}
