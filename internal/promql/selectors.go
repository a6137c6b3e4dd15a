package promql

import (
	"context"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"
)

// Selection asks for what is known of series, without their samples.
type Selection struct {
	// Matches are selectors such as up{host="nas"}; a series has to match one
	// of them. None stands for every series.
	Matches []string
	// Sources, when there are any, are the IDs of the only sources that count.
	Sources []string
	// Since leaves out series whose newest sample is older; the zero time
	// leaves out none.
	Since time.Time
}

// Series returns the labels of the series of a selection, sorted.
func (e *Engine) Series(ctx context.Context, s Selection) ([]labels.Labels, error) {
	sets, err := e.matchers(s)
	if err != nil {
		return nil, err
	}
	var found []labels.Labels
	for _, matchers := range sets {
		latest, err := e.Reader.Latest(ctx, matchers...)
		if err != nil {
			return nil, err
		}
		for _, each := range latest {
			if s.Since.IsZero() || each.Point.Time >= s.Since.UnixMilli() {
				found = append(found, each.Labels)
			}
		}
	}
	slices.SortFunc(found, labels.Compare)
	return slices.CompactFunc(found, labels.Equal), nil
}

// LabelNames returns the names of all labels of the series of a selection,
// sorted.
func (e *Engine) LabelNames(ctx context.Context, s Selection) ([]string, error) {
	if len(s.Matches) == 0 && s.Since.IsZero() {
		sets, err := e.matchers(s)
		if err != nil {
			return nil, err
		}
		return e.known(ctx, sets[0], "")
	}
	found, err := e.Series(ctx, s)
	return collect(found, func(ls labels.Labels, add func(string)) {
		ls.Range(func(label labels.Label) { add(label.Name) })
	}), err
}

// LabelValues returns the values that a label has in the series of a selection,
// sorted.
func (e *Engine) LabelValues(ctx context.Context, name string, s Selection) ([]string, error) {
	if len(s.Matches) < 2 && s.Since.IsZero() {
		sets, err := e.matchers(s)
		if err != nil {
			return nil, err
		}
		return e.known(ctx, sets[0], name)
	}
	found, err := e.Series(ctx, s)
	return collect(found, func(ls labels.Labels, add func(string)) {
		if value := ls.Get(name); value != "" {
			add(value)
		}
	}), err
}

// known returns the names of labels, or the values of one, from the index.
func (e *Engine) known(ctx context.Context, matchers []*labels.Matcher, name string) ([]string, error) {
	querier, err := e.Reader.Querier(0, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = querier.Close() }()
	if name == "" {
		names, _, err := querier.LabelNames(ctx, nil, matchers...)
		return names, err
	}
	values, _, err := querier.LabelValues(ctx, name, nil, matchers...)
	return values, err
}

// matchers parses the selectors of a selection. Each must rule something out, as
// in Prometheus.
func (e *Engine) matchers(s Selection) ([][]*labels.Matcher, error) {
	kept := (&queryable{only: only(s.Sources)}).kept
	if len(s.Matches) == 0 {
		return [][]*labels.Matcher{kept(nil)}, nil
	}
	sets := make([][]*labels.Matcher, 0, len(s.Matches))
	for _, text := range s.Matches {
		if len(text) > maxText {
			return nil, refuse("a selector is longer than %d bytes", maxText)
		}
		matchers, err := e.parser.ParseMetricSelector(text)
		if err != nil {
			return nil, mistakeOf(err, text)
		}
		if !slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches("") }) {
			return nil, refuse("match[] must contain at least one non-empty matcher")
		}
		sets = append(sets, kept(matchers))
	}
	return sets, nil
}

// Format returns a query as it would be written over several lines.
func (e *Engine) Format(text string) (string, error) {
	if len(text) > maxText {
		return "", refuse("the query is longer than %d bytes", maxText)
	}
	expr, err := e.parser.ParseExpr(text)
	if err != nil {
		return "", mistakeOf(err, text)
	}
	return expr.Pretty(0), nil
}

// collect returns what is found in series, sorted, each once.
func collect(found []labels.Labels, in func(ls labels.Labels, add func(string))) []string {
	seen := make(map[string]bool)
	all := []string{}
	for _, ls := range found {
		in(ls, func(text string) {
			if !seen[text] {
				seen[text] = true
				all = append(all, text)
			}
		})
	}
	slices.Sort(all)
	return all
}
