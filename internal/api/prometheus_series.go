package api

import (
	"errors"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/common/model"

	"github.com/unity-homelab/unity/internal/promql"
	"github.com/unity-homelab/unity/metric"
)

// prometheusVersion is the Prometheus whose engine answers, as its clients ask
// for it to know what it can do.
const prometheusVersion = "3.13.5"

func (s *server) promSeries(w *writer, r *http.Request) error {
	p := parameters{form: r.Form}
	if len(r.Form["match[]"]) == 0 {
		return badParameter("", errors.New("no match[] parameter provided"))
	}
	limit := p.limit()
	selection := selectionOf(r, &p)
	if p.err != nil {
		return p.err
	}
	found, err := s.Queries.Series(r.Context(), selection)
	if err != nil {
		return inMatches(err, "match[]")
	}
	found, warnings := cut(found, limit)
	w.begin()
	w.list(len(found), func(i int) { w.labels(found[i]) })
	w.end(warnings, nil)
	return nil
}

// selectionOf returns the series that are asked for, of those that whoever asks
// may know of.
func selectionOf(r *http.Request, p *parameters) promql.Selection {
	return promql.Selection{Matches: r.Form["match[]"], Since: since(p), Sources: visitOf(r.Context()).who.Sources}
}

func (s *server) promLabels(w *writer, r *http.Request) error {
	p := parameters{form: r.Form}
	limit := p.limit()
	selection := selectionOf(r, &p)
	if p.err != nil {
		return p.err
	}
	names, err := s.Queries.LabelNames(r.Context(), selection)
	if err != nil {
		return inMatches(err, "")
	}
	return w.names(names, limit)
}

func (s *server) promLabelValues(w *writer, r *http.Request) error {
	p := parameters{form: r.Form}
	name := r.PathValue("name")
	if strings.HasPrefix(name, "U__") {
		name = model.UnescapeName(name, model.ValueEncodingEscaping)
	}
	if !model.UTF8Validation.IsValidLabelName(name) {
		return badParameter("", errors.New("invalid label name: "+strconv.Quote(name)))
	}
	limit := p.limit()
	selection := selectionOf(r, &p)
	if p.err != nil {
		return p.err
	}
	values, err := s.Queries.LabelValues(r.Context(), name, selection)
	if err != nil {
		return inMatches(err, "")
	}
	return w.names(values, limit)
}

// inMatches says that a selector makes no sense, if that is what went wrong.
func inMatches(err error, name string) error {
	if errors.As(err, new(*promql.Mistake)) {
		return badParameter(name, err)
	}
	return err
}

// names writes a list of names.
func (w *writer) names(names []string, limit int) error {
	names, warnings := cut(names, limit)
	w.begin()
	w.list(len(names), func(i int) { w.string(names[i]) })
	w.end(warnings, nil)
	return nil
}

// cut cuts a list to a limit, with a warning when it was longer.
func cut[T any](list []T, limit int) (some []T, warnings []string) {
	if limit == 0 || len(list) <= limit {
		return list, nil
	}
	return list[:limit], []string{truncated}
}

// metadata is what is declared of a metric.
type metadata struct {
	Type metric.Kind `json:"type"`
	Help string      `json:"help"`
	Unit metric.Unit `json:"unit"`
}

func (s *server) promMetadata(w *writer, r *http.Request) error {
	limit, err := number(r, "limit")
	if err != nil {
		return err
	}
	perMetric, err := number(r, "limit_per_metric")
	if err != nil {
		return err
	}
	declared := s.declared(r.Form.Get("metric"), perMetric)
	names := make([]string, 0, len(declared))
	for name := range declared {
		names = append(names, name)
	}
	slices.Sort(names)
	if limit >= 0 {
		names = names[:min(len(names), limit)]
	}
	w.begin()
	w.text("{")
	for i, name := range names {
		if i > 0 {
			w.text(",")
		}
		w.string(name)
		w.text(":")
		w.any(declared[name])
	}
	w.text("}")
	w.end(nil, nil)
	return nil
}

// declared returns what the plugins declare of a metric, or of all when name is
// empty. Two plugins may declare the same.
func (s *server) declared(name string, perMetric int) map[string][]metadata {
	all := make(map[string][]metadata)
	add := func(d metric.Definition) {
		one := metadata{Type: d.Kind, Help: d.Help, Unit: d.Unit}
		known := all[d.Name]
		if (name == "" || name == d.Name) && (perMetric <= 0 || len(known) < perMetric) && !slices.Contains(known, one) {
			all[d.Name] = append(known, one)
		}
	}
	add(metric.Definition{Name: "up", Kind: metric.Gauge, Unit: metric.Bool, Help: "Whether the last run of the source succeeded."})
	for _, p := range s.Plugins {
		for _, definition := range p.Manifest().Metrics {
			add(definition)
		}
	}
	return all
}

// number reads a whole number, -1 when it is not given.
func number(r *http.Request, name string) (int, error) {
	text := r.Form.Get(name)
	if text == "" {
		return -1, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, badParameter("", errors.New(name+" must be a number"))
	}
	return n, nil
}

func (s *server) promBuildInfo(w *writer, _ *http.Request) error {
	w.begin()
	w.any(map[string]string{
		"version": prometheusVersion, "revision": "", "branch": "", "buildUser": "unity " + s.Version, "buildDate": "",
		"goVersion": runtime.Version(),
	})
	w.end(nil, nil)
	return nil
}
