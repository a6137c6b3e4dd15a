package api

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/unity-homelab/unity/plugin"
)

// PluginSummary is a plugin as lists show it.
type PluginSummary struct {
	ID        string          `json:"id"`
	Name      string          `json:"name"`
	Version   string          `json:"version"`
	Category  plugin.Category `json:"category"`
	Summary   string          `json:"summary"`
	Icon      string          `json:"icon"`
	Tags      []string        `json:"tags" nullable:"false"`
	Sources   int             `json:"sources" doc:"How many sources are configured of it"`
	CanDetect bool            `json:"can_detect"`
	Supported bool            `json:"supported" doc:"Whether it works on the platform of this server"`
}

// PluginDetail is all that is known about a plugin.
type PluginDetail struct {
	PluginSummary
	Description     string          `json:"description"`
	IntervalSeconds float64         `json:"interval_seconds"`
	TimeoutSeconds  float64         `json:"timeout_seconds"`
	Rights          plugin.Rights   `json:"rights"`
	Metrics         []Metric        `json:"metrics" nullable:"false"`
	Panels          []plugin.Panel  `json:"panels" nullable:"false"`
	Tables          []plugin.Table  `json:"tables" nullable:"false"`
	Rules           []Rule          `json:"rules" nullable:"false"`
	Schema          json.RawMessage `json:"schema" doc:"JSON Schema of the config"`
	Defaults        json.RawMessage `json:"defaults" doc:"The config with every default"`
	Documentation   string          `json:"documentation" doc:"Markdown"`
}

// Metric is a declared metric.
type Metric struct {
	Name   string   `json:"name"`
	Kind   string   `json:"kind" enum:"gauge,counter"`
	Unit   string   `json:"unit"`
	Help   string   `json:"help"`
	Labels []string `json:"labels" nullable:"false"`
}

// Rule is an alert that ships with a plugin.
type Rule struct {
	plugin.Rule
	ForSeconds float64 `json:"for_seconds"`
}

type pluginPath struct {
	ID string `path:"id" doc:"ID of a plugin; a hyphen is taken for an underscore" maxLength:"64"`
}

func (s *server) registerPlugins() {
	handle(s, operation("list-plugins", http.MethodGet, "/plugins", "Plugins", "List what can be watched"), s.listPlugins)
	detail := operation("get-plugin", http.MethodGet, "/plugins/{id}", "Plugins", "Get a plugin with its manifest and config schema")
	detail.Errors = []int{http.StatusNotFound}
	handle(s, detail, s.getPlugin)
	handle(s, operation("list-detections", http.MethodGet, "/detections", "Plugins", "Look for things that could be watched"), s.listDetections)
}

func (s *server) listPlugins(context.Context, *struct{}) (*body[list[PluginSummary]], error) {
	counts := make(map[string]int)
	for _, source := range s.Sources.List() {
		counts[source.Plugin]++
	}
	var items []PluginSummary
	for _, p := range s.Plugins {
		items = append(items, summaryOf(p, counts[p.ID()]))
	}
	return listOf(items), nil
}

func summaryOf(p plugin.Plugin, count int) PluginSummary {
	m := p.Manifest()
	return PluginSummary{
		ID: m.ID, Name: m.Name, Version: m.Version, Category: m.Category, Summary: m.Summary, Icon: m.Icon,
		Tags: orEmpty(m.Tags), Sources: count, CanDetect: p.CanDetect(), Supported: m.Supported(),
	}
}

func (s *server) getPlugin(_ context.Context, in *pluginPath) (*body[PluginDetail], error) {
	p, err := s.Sources.Plugin(in.ID)
	if err != nil {
		return nil, err
	}
	count := 0
	for _, source := range s.Sources.List() {
		if source.Plugin == p.ID() {
			count++
		}
	}
	m := p.Manifest()
	detail := PluginDetail{
		PluginSummary:   summaryOf(p, count),
		Description:     m.Description,
		IntervalSeconds: s.Sources.DefaultInterval(m.ID).Seconds(),
		TimeoutSeconds:  m.Timeout.Seconds(),
		Rights:          m.Rights,
		Metrics:         []Metric{},
		Panels:          orEmpty(m.Panels),
		Tables:          orEmpty(m.Tables),
		Rules:           []Rule{},
		Schema:          p.Schema(),
		Defaults:        p.Defaults(),
		Documentation:   m.Documentation,
	}
	for _, definition := range m.Metrics {
		detail.Metrics = append(detail.Metrics, Metric{
			Name: definition.Name, Kind: string(definition.Kind), Unit: string(definition.Unit),
			Help: definition.Help, Labels: orEmpty(definition.Labels),
		})
	}
	for _, rule := range m.Rules {
		detail.Rules = append(detail.Rules, Rule{Rule: rule, ForSeconds: rule.For.Seconds()})
	}
	return &body[PluginDetail]{Body: detail}, nil
}

// Detection is something that could be watched.
type Detection struct {
	Plugin   string          `json:"plugin"`
	Name     string          `json:"name"`
	Evidence string          `json:"evidence" doc:"Why Unity thinks so"`
	Ready    bool            `json:"ready" doc:"Whether it can be watched without adding anything"`
	Missing  string          `json:"missing,omitempty" doc:"What has to be added"`
	Config   json.RawMessage `json:"config"`
	Source   string          `json:"source,omitempty" doc:"The source that watches it already"`
}

func (s *server) listDetections(ctx context.Context, _ *struct{}) (*body[list[Detection]], error) {
	var items []Detection
	for _, found := range s.Sources.Detect(ctx) {
		items = append(items, Detection{
			Plugin: found.Plugin.ID(), Name: found.Name, Evidence: found.Evidence, Ready: found.Ready,
			Missing: found.Missing, Config: found.Plugin.Redact(found.Config), Source: string(found.Source),
		})
	}
	return listOf(items), nil
}

// orEmpty makes an absent list an empty one, so that clients need not tell them
// apart.
func orEmpty[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}
