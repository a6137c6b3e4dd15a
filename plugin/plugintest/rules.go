package plugintest

import (
	"errors"
	"slices"
	"strings"
	"text/template"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

// up is what Unity itself says of every source.
func up() metric.Definition {
	return metric.Definition{Name: "up", Kind: metric.Gauge, Unit: metric.Bool, Labels: []string{"plugin"}}
}

// checkRules checks that the rules are PromQL over what the plugin declares.
func (s *suite) checkRules(t reporter) {
	seen := make(map[string]bool)
	for _, rule := range s.manifest.Rules {
		if !snake().MatchString(rule.ID) || seen[rule.ID] {
			t.Errorf("rule %q: its ID is not in snake_case, or there twice", rule.ID)
		}
		seen[rule.ID] = true
		if rule.Name == "" || rule.Summary == "" {
			t.Errorf("rule %s has no name or no summary", rule.ID)
		}
		if rule.For < 0 || !slices.Contains([]plugin.Severity{plugin.Info, plugin.Warning, plugin.Critical}, rule.Severity) {
			t.Errorf("rule %s: severity %q, for %v", rule.ID, rule.Severity, rule.For)
		}
		expr, err := parser.NewParser(parser.Options{}).ParseExpr(rule.Expr)
		if err != nil {
			t.Errorf("rule %s: %s: %v", rule.ID, rule.Expr, err)
			continue
		}
		known := make(map[string]string)
		parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
			if selector, ok := node.(*parser.VectorSelector); ok {
				s.checkSelector(t, rule, selector, known)
			}
			return nil
		})
		checkSummary(t, rule, known)
	}
}

func (s *suite) checkSelector(t reporter, rule plugin.Rule, selector *parser.VectorSelector, known map[string]string) {
	t.Helper()
	d, ok := s.manifest.Metric(selector.Name)
	if selector.Name == "up" {
		d, ok = up(), true
	}
	if !ok {
		t.Errorf("rule %s: metric %q is not declared", rule.ID, selector.Name)
		return
	}
	for _, label := range append([]string{"host", "source"}, d.Labels...) {
		known[label] = "x"
	}
	for _, matcher := range selector.LabelMatchers {
		if matcher.Name != "__name__" && !slices.Contains(d.Labels, matcher.Name) {
			t.Errorf("rule %s: %s has no label %s", rule.ID, d.Name, matcher.Name)
		}
	}
}

// checkSummary checks that the text speaks of labels that there are.
func checkSummary(t reporter, rule plugin.Rule, known map[string]string) {
	t.Helper()
	for _, text := range []string{rule.Summary, rule.Hint} {
		// What else a text may call is a matter of who shows it.
		parsed, err := template.New(rule.ID).Option("missingkey=error").Funcs(template.FuncMap{}).Parse(text)
		if err != nil {
			t.Errorf("rule %s: %v", rule.ID, err)
			continue
		}
		var b strings.Builder
		if err := parsed.Execute(&b, struct {
			Labels map[string]string
			Value  float64
		}{known, 1}); err != nil {
			t.Errorf("rule %s: %v", rule.ID, err)
		}
	}
}

func problemsOf(err error) []plugin.ConfigProblem {
	if e := (*plugin.ConfigError)(nil); errors.As(err, &e) {
		return e.Problems
	}
	return nil
}
