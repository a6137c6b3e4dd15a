package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	prometheus "github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/util/stats"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/promql"
)

// prometheusPath is where the Prometheus API is found: what is given to Grafana
// as the address of a Prometheus, and to promtool.
const prometheusPath = "/prometheus"

// tierHeader says of what an answer was made: raw, or the step of buckets.
const tierHeader = "Unity-Tier"

// registerPrometheus registers the routes that Prometheus serves for queries,
// with its parameters and answers. They are no operations of Unity's own API.
func (s *server) registerPrometheus(mux *router) {
	both := []string{http.MethodGet, http.MethodPost}
	for _, route := range []struct {
		methods []string
		path    string
		answer  func(w *writer, r *http.Request) error
	}{
		{both, "query", s.promQuery},
		{both, "query_range", s.promQueryRange},
		{both, "format_query", s.promFormat},
		{both, "series", s.promSeries},
		{both, "labels", s.promLabels},
		{both[:1], "label/{name}/values", s.promLabelValues},
		{both[:1], "metadata", s.promMetadata},
		{both, "query_exemplars", s.promExemplars},
		{both[:1], "rules", s.promRules},
		{both[:1], "alerts", s.promAlerts},
		{both[:1], "status/buildinfo", s.promBuildInfo},
	} {
		for _, method := range route.methods {
			mux.HandleFunc(method+" "+prometheusPath+"/api/v1/"+route.path, s.prometheus(route.answer))
		}
	}
	mux.HandleFunc(prometheusPath+"/", func(w http.ResponseWriter, r *http.Request) {
		respondFault(w, http.StatusNotFound, "not_found", fault.New(fault.NotFound, "there is no %s %s", r.Method, r.URL.Path))
	})
}

// prometheus makes a handler of what answers a route.
func (s *server) prometheus(answer func(w *writer, r *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		out := &writer{to: w}
		err := r.ParseForm()
		if err != nil {
			err = badParameter("", err)
		} else {
			err = answer(out, r)
		}
		if err == nil {
			out.flush()
			return
		}
		status, kind := promStatusOf(err)
		if fault.Of(err) == fault.Internal && r.Context().Err() == nil {
			s.Log.Error("query could not be answered", "path", r.URL.Path, "reason", err)
		}
		respondFault(w, status, kind, err)
	}
}

// promStatusOf returns the HTTP status and the error type with which Prometheus
// would answer.
func promStatusOf(err error) (status int, kind string) {
	if errors.As(err, new(*promql.Mistake)) {
		return http.StatusBadRequest, "bad_data"
	}
	switch fault.Of(err) {
	case fault.Config:
		return http.StatusUnprocessableEntity, "execution"
	case fault.Canceled:
		return 499, "canceled" // the client went away; nobody reads it
	case fault.Timeout:
		return http.StatusServiceUnavailable, "timeout"
	case fault.RateLimited, fault.Unreachable, fault.Refused, fault.DNS:
		return http.StatusServiceUnavailable, "unavailable"
	case fault.NotFound:
		return http.StatusNotFound, "not_found"
	default:
		return http.StatusInternalServerError, "internal"
	}
}

func (s *server) promQuery(w *writer, r *http.Request) error {
	p := parameters{form: r.Form}
	limit := p.limit()
	query := promql.Query{Text: r.Form.Get("query"), Start: p.time("time", s.Now())}
	return s.answer(r.Context(), w, p, query, limit)
}

func (s *server) promQueryRange(w *writer, r *http.Request) error {
	p := parameters{form: r.Form}
	limit := p.limit()
	query := promql.Query{
		Text: r.Form.Get("query"), Start: p.requiredTime("start"), End: p.requiredTime("end"), Step: p.duration("step"),
	}
	switch {
	case p.err != nil:
	case query.End.Before(query.Start):
		p.refuse("end", "end timestamp must not be before start time")
	case query.Step <= 0:
		p.refuse("step", "zero or negative query resolution step widths are not accepted. Try a positive integer")
	}
	return s.answer(r.Context(), w, p, query, limit)
}

// answer asks the query and writes what came of it.
func (s *server) answer(ctx context.Context, w *writer, p parameters, query promql.Query, limit int) error {
	if p.form.Get("timeout") != "" {
		query.Timeout = p.duration("timeout")
	}
	if p.form.Get("lookback_delta") != "" {
		query.Lookback = p.duration("lookback_delta")
	}
	if p.err != nil {
		return p.err
	}
	query.PerStep = p.form.Get("stats") == "all"
	query.Sources = visitOf(ctx).who.Sources
	answer, err := s.Queries.Query(ctx, query)
	if err != nil {
		if mistake, ok := errors.AsType[*promql.Mistake](err); ok && mistake.End > 0 {
			return badParameter("query", err)
		}
		return err
	}
	defer answer.Close()
	warnings, infos := answer.Notes()
	if limit > 0 && truncate(answer, limit) {
		warnings = append(warnings, truncated)
	}
	tier := "raw"
	if answer.Tier > 0 {
		tier = short(answer.Tier)
	}
	w.to.Header().Set(tierHeader, tier)
	w.begin()
	w.text(`{"resultType":"` + string(answer.Value.Type()) + `","result":`)
	w.value(answer.Value)
	if p.form.Get("stats") != "" {
		w.text(`,"stats":`)
		w.any(stats.NewQueryStats(answer.Stats))
	}
	w.text("}")
	w.end(warnings, infos)
	return nil
}

// truncated is the warning of an answer that was cut to its limit.
const truncated = "results truncated due to limit"

// truncate cuts an answer to a number of series, and reports whether it was
// longer.
func truncate(answer *promql.Answer, limit int) bool {
	switch v := answer.Value.(type) {
	case prometheus.Vector:
		answer.Value = v[:min(len(v), limit)]
		return len(v) > limit
	case prometheus.Matrix:
		answer.Value = v[:min(len(v), limit)]
		return len(v) > limit
	default:
		return false
	}
}

func (s *server) promFormat(w *writer, r *http.Request) error {
	text, err := s.Queries.Format(r.Form.Get("query"))
	if err != nil {
		return badParameter("query", err)
	}
	w.begin()
	w.string(text)
	w.end(nil, nil)
	return nil
}

func (s *server) promExemplars(w *writer, r *http.Request) error {
	if _, err := s.Queries.Format(r.Form.Get("query")); err != nil {
		return err
	}
	return w.whole("[]")
}

func (s *server) promRules(w *writer, _ *http.Request) error { return w.whole(`{"groups":[]}`) }

func (s *server) promAlerts(w *writer, _ *http.Request) error { return w.whole(`{"alerts":[]}`) }

// value writes what a query gave.
func (w *writer) value(v parser.Value) {
	switch v := v.(type) {
	case prometheus.Vector:
		w.list(len(v), func(i int) {
			w.text(`{"metric":`)
			w.labels(v[i].Metric)
			w.text(`,"value":`)
			w.point(v[i].T, v[i].F)
			w.text("}")
		})
	case prometheus.Matrix:
		w.list(len(v), func(i int) {
			w.text(`{"metric":`)
			w.labels(v[i].Metric)
			w.text(`,"values":`)
			w.list(len(v[i].Floats), func(j int) { w.point(v[i].Floats[j].T, v[i].Floats[j].F) })
			w.text("}")
		})
	case prometheus.Scalar:
		w.point(v.T, v.V)
	case prometheus.String:
		w.text("[")
		w.time(v.T)
		w.text(",")
		w.string(v.V)
		w.text("]")
	}
}

// since returns from when on series are asked for. One that begins before there
// were computers asks for all.
func since(p *parameters) time.Time {
	start := p.time("start", time.Time{})
	end := p.time("end", time.Time{})
	if p.err == nil && p.form.Get("end") != "" && end.Before(start) {
		p.refuse("end", "end timestamp must not be before start timestamp")
	}
	if start.Unix() <= 0 {
		return time.Time{}
	}
	return start
}
