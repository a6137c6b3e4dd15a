package promql_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/internal/promql"
)

func TestAQueryThatIsKeptToSomeSourcesReadsNoOthers(t *testing.T) {
	t.Parallel()
	store := newMemory()
	for i := range 120 {
		store.add(of("up", "mine"), p(i*60, 1))
		store.add(of("up", "other"), p(i*60, 1000))
		store.add(of("secret", "other", "door", "open"), p(i*60, 1000))
		store.add(of("up", ""), p(i*60, 1000))
	}
	for _, every := range []intervals{{"mine": time.Minute, "other": time.Minute}, {"mine": time.Minute, "other": time.Hour}} {
		engine := promql.New(promql.Options{Reader: store, Intervals: every})
		for text, want := range map[string]string{
			`up`:                                       `{__name__="up", source="mine"} => 1`,
			`sum(up)`:                                  `{} => 1`,
			`up{source="other"}`:                       ``,
			`up{source=~"other|mine"}`:                 `{__name__="up", source="mine"} => 1`,
			`up{source!="mine"}`:                       ``,
			`secret`:                                   ``,
			`{__name__=~".+"}`:                         `{__name__="up", source="mine"} => 1`,
			`count({source=~".*", __name__!=""})`:      `{} => 1`,
			`max_over_time(up[1h])`:                    `{source="mine"} => 1`,
			`max_over_time(sum(up)[1h:1m])`:            `{} => 1`,
			`absent(secret)`:                           `{} => 1`,
			`up offset 10m or secret`:                  `{__name__="up", source="mine"} => 1`,
			`up @ 1778029200 or secret @ end()`:        `{__name__="up", source="mine"} => 1`,
			`label_replace(up, "source", "x", "", "")`: `{__name__="up", source="x"} => 1`,
		} {
			answer, err := engine.Query(t.Context(), promql.Query{Text: text, Start: start().Add(119 * time.Minute), Sources: []string{"mine"}})
			if err != nil {
				t.Errorf("%s: %v", text, err)
				continue
			}
			if got := strings.ReplaceAll(answer.Value.String(), " @[1778032740000]", ""); got != want {
				t.Errorf("%s gives\n%s\nwant\n%s", text, got, want)
			}
			answer.Close()
		}
	}
}

func TestOfSeriesOnlyThoseOfSomeSourcesAreKnown(t *testing.T) {
	t.Parallel()
	store := newMemory()
	store.add(of("up", "a.b"), p(0, 1))
	store.add(of("up", "axb"), p(0, 1))
	store.add(of("up", "c"), p(0, 1))
	store.add(of("secret", "axb", "door", "open"), p(0, 1))
	engine := promql.New(promql.Options{Reader: store})
	mine := []string{"a.b", "c"} // a dot is a dot
	for _, selection := range []promql.Selection{
		{}, {Matches: []string{`up`}}, {Matches: []string{`up`, `secret`}}, {Matches: []string{`{source=~".+"}`}}, {Since: start()},
	} {
		selection.Sources = mine
		found, err := engine.Series(t.Context(), selection)
		if err != nil {
			t.Fatal(err)
		}
		for _, each := range found {
			if source := each.Get("source"); source != "a.b" && source != "c" {
				t.Errorf("%q shows %s", selection.Matches, each)
			}
		}
		names, err := engine.LabelNames(t.Context(), selection)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(strings.Join(names, " "), "door") {
			t.Errorf("%q shows the labels %q", selection.Matches, names)
		}
		values, err := engine.LabelValues(t.Context(), "source", selection)
		if diff := cmp.Diff(mine, values); err != nil || diff != "" {
			t.Errorf("%q: the values of source (-want +got), %v:\n%s", selection.Matches, err, diff)
		}
	}
}
