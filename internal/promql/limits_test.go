package promql_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/promql"
)

func TestAMistakeIsShownWhereItIs(t *testing.T) {
	t.Parallel()
	engine := promql.New(promql.Options{Reader: newMemory()})
	for text, want := range map[string]struct {
		start, end int
		message    string
	}{
		``:                        {0, 0, "no expression found in input"},
		`up{`:                     {3, 3, "unexpected end of input"},
		`sum(up) by (host`:        {16, 16, "unclosed left parenthesis"},
		`rate(up)`:                {5, 7, "expected type range vector"},
		`up{host=~"("}`:           {3, 12, "missing closing )"},
		`up + + `:                 {7, 7, "unexpected end of input"},
		`nonsense(up)`:            {0, 8, `unknown function with name "nonsense"`},
		"1 +\n\tup[5m] +\n\t2":    {5, 18, "binary expression"},
		"label_replace(up, ä, 2)": {18, 20, "unexpected character"},
	} {
		_, err := engine.Query(t.Context(), promql.Query{Text: text})
		mistake, ok := errors.AsType[*promql.Mistake](err)
		if !ok || fault.Of(err) != fault.Config {
			t.Errorf("%q: %v, want a mistake", text, err)
			continue
		}
		if mistake.Start != want.start || mistake.End < mistake.Start || mistake.End > len(text) || !strings.Contains(mistake.Message, want.message) {
			t.Errorf("%q: %+v, want it at %d and about %q", text, *mistake, want.start, want.message)
		}
	}
}

func TestAQuestionThatMakesNoSenseIsRefused(t *testing.T) {
	t.Parallel()
	engine := promql.New(promql.Options{Reader: newMemory()})
	end := start().Add(time.Hour)
	for name, q := range map[string]promql.Query{
		"too many points":   {Start: start(), End: end, Step: 100 * time.Millisecond},
		"backwards":         {Start: end, End: start(), Step: time.Minute},
		"a negative step":   {Start: start(), End: end, Step: -time.Minute},
		"a tiny step":       {Start: start(), End: end, Step: time.Nanosecond},
		"a negative look":   {Start: start(), Lookback: -1},
		"a negative time":   {Start: start(), Timeout: -1},
		"a range of ranges": {Text: "up[5m]", Start: start(), End: end, Step: time.Minute},
		"a very long text":  {Text: strings.Repeat("1+", 40_000) + "1", Start: start()},
	} {
		if q.Text == "" {
			q.Text = "up"
		}
		_, err := engine.Query(t.Context(), q)
		if _, ok := errors.AsType[*promql.Mistake](err); !ok {
			t.Errorf("%s: %v, want a mistake", name, err)
		}
	}
}

func TestWhatIsWrongWithSeriesIsNoMistakeOfTheText(t *testing.T) {
	t.Parallel()
	store := newMemory()
	for _, device := range []string{"a", "b"} {
		store.add(of("x", "s", "device", device), p(0, 1))
		store.add(of("y", "s", "device", device), p(0, 1))
	}
	engine := promql.New(promql.Options{Reader: store})
	_, err := engine.Query(t.Context(), promql.Query{Text: "x + on(source) y", Start: start()})
	if _, ok := errors.AsType[*promql.Mistake](err); ok || fault.Of(err) != fault.Config || !strings.Contains(err.Error(), "many-to-many") {
		t.Errorf("%v, want a fault of kind config that is no mistake", err)
	}
}

func TestAQueryHoldsAndReadsABoundedNumberOfSamples(t *testing.T) {
	t.Parallel()
	store := newMemory()
	for _, device := range []string{"a", "b", "c"} {
		store.every(of("x", "s", "device", device), 60, 0, 3600)
	}
	for name, options := range map[string]promql.Options{
		"in memory": {MaxSamples: 100},
		"to read":   {MaxRead: 100},
	} {
		options.Reader, options.Intervals = store, intervals{"s": time.Minute}
		engine := promql.New(options)
		q := promql.Query{Text: "x", Start: start(), End: within(t, 3600), Step: time.Minute}
		if _, err := engine.Query(t.Context(), q); fault.Of(err) != fault.Config || fault.Hint(err) == "" {
			t.Errorf("%s: %v, want a fault of kind config with a hint", name, err)
		}
		q.Start = q.End.Add(-5 * time.Minute)
		answer, err := engine.Query(t.Context(), q)
		if err != nil {
			t.Errorf("%s: a small query afterwards: %v", name, err)
			continue
		}
		answer.Close()
	}
}

// stuck is a store that answers when its query is given up.
type stuck struct {
	memory
	asked chan struct{}
}

func (s stuck) Querier(int64, int64) (storage.Querier, error) {
	return stuckQuerier{asked: s.asked}, nil
}

type stuckQuerier struct {
	storage.Querier
	asked chan struct{}
}

func (q stuckQuerier) Select(ctx context.Context, _ bool, _ *storage.SelectHints, _ ...*labels.Matcher) storage.SeriesSet {
	q.asked <- struct{}{}
	<-ctx.Done()
	return storage.ErrSeriesSet(ctx.Err())
}

func (stuckQuerier) Close() error { return nil }

func TestAQueryEndsInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := stuck{newMemory(), make(chan struct{}, 1)}
		engine := promql.New(promql.Options{Reader: store})
		for asked, want := range map[time.Duration]time.Duration{0: 30 * time.Second, time.Second: time.Second, time.Hour: 30 * time.Second} {
			began := time.Now()
			_, err := engine.Query(t.Context(), promql.Query{Text: "x", Start: start(), Timeout: asked})
			if fault.Of(err) != fault.Timeout || fault.Hint(err) == "" {
				t.Errorf("%v, want a timeout with a hint", err)
			}
			if took := time.Since(began); took != want {
				t.Errorf("it took %v, want %v", took, want)
			}
			<-store.asked
		}
	})
}

func TestAQueryEndsWhenNobodyWaitsForIt(t *testing.T) {
	t.Parallel()
	store := stuck{newMemory(), make(chan struct{}, 1)}
	engine := promql.New(promql.Options{Reader: store})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		_, err := engine.Query(ctx, promql.Query{Text: "x", Start: start()})
		ended <- err
	}()
	<-store.asked
	cancel()
	if err := <-ended; fault.Of(err) != fault.Canceled {
		t.Errorf("%v, want a fault of kind canceled", err)
	}
}

func TestAFewQueriesRunAtOnceAndSomeMoreWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := stuck{newMemory(), make(chan struct{}, 10)}
		engine := promql.New(promql.Options{Reader: store, Concurrency: 2, Waiting: 3})
		ctx, cancel := context.WithCancel(t.Context())
		kinds := make(chan fault.Kind, 10)
		for range 6 {
			go func() {
				_, err := engine.Query(ctx, promql.Query{Text: "x", Start: start()})
				kinds <- fault.Of(err)
			}()
		}
		synctest.Wait()
		if running := len(store.asked); running != 2 {
			t.Errorf("%d queries run at once, want 2", running)
		}
		if kind := <-kinds; kind != fault.RateLimited {
			t.Errorf("the sixth query ends with %q, want %q", kind, fault.RateLimited)
		}
		cancel()
		got := make(map[fault.Kind]int)
		for range 5 {
			got[<-kinds]++
		}
		if diff := cmp.Diff(map[fault.Kind]int{fault.Canceled: 5}, got); diff != "" {
			t.Errorf("the others end with (-want +got):\n%s", diff)
		}
	})
}

func TestSelectorsAreAnsweredFromTheIndex(t *testing.T) {
	t.Parallel()
	store := newMemory()
	store.add(of("x", "old", "device", "a"), p(0, 1))
	store.add(of("x", "new", "device", "b"), p(3600, 1))
	store.add(of("y", "new"), p(3600, 1))
	engine := promql.New(promql.Options{Reader: store})
	late := within(t, 3000)
	for name, test := range map[string]struct {
		selection promql.Selection
		label     string
		want      []string
	}{
		"all values":              {promql.Selection{}, "source", []string{"new", "old"}},
		"of a selector":           {promql.Selection{Matches: []string{"x"}}, "device", []string{"a", "b"}},
		"of several":              {promql.Selection{Matches: []string{"y", `x{device="a"}`}}, "source", []string{"new", "old"}},
		"of what is measured":     {promql.Selection{Since: late}, "source", []string{"new"}},
		"of a selector, measured": {promql.Selection{Matches: []string{"x"}, Since: late}, "device", []string{"b"}},
		"no such label":           {promql.Selection{}, "nothing", []string{}},
	} {
		got, err := engine.LabelValues(t.Context(), test.label, test.selection)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	for _, selection := range []promql.Selection{{}, {Since: late}} {
		names, err := engine.LabelNames(t.Context(), selection)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"__name__", "device", "source"}, names); diff != "" {
			t.Errorf("names (-want +got):\n%s", diff)
		}
	}
	found, err := engine.Series(t.Context(), promql.Selection{Matches: []string{"x", `{source="new"}`}})
	if err != nil || len(found) != 3 {
		t.Errorf("%d series (%v), want 3, each once", len(found), err)
	}
	for _, selector := range []string{`{host=~".*"}`, `x[5m]`, `x + 1`, ``} {
		if _, err := engine.Series(t.Context(), promql.Selection{Matches: []string{selector}}); fault.Of(err) != fault.Config {
			t.Errorf("selector %q: %v, want a fault of kind config", selector, err)
		}
	}
	if text, err := engine.Format("sum by(a)(rate(x[5m]))"); err != nil || text != "sum by (a) (rate(x[5m]))" {
		t.Errorf("formatted as %q, %v", text, err)
	}
}

func FuzzQuery(f *testing.F) {
	for _, seed := range []string{
		"up", "sum by (a) (rate(x[5m]))", "avg_over_time(x[1h:5m] offset 3m)", "x @ end() - x @ 0", "topk(3, -x) > bool 1", `label_replace(x, "a", "$1", "b", "(")`,
		"absent_over_time(x[100y])", "1 / 0", "x{a!~'b|'}", "((((x))))",
	} {
		f.Add(seed)
	}
	store, options := fourDays(start())
	options.Timeout, options.MaxSamples, options.MaxRead = 200*time.Millisecond, 10_000, 100_000
	options.Reader = store
	engine := promql.New(options)
	f.Fuzz(func(t *testing.T, text string) {
		for _, q := range []promql.Query{
			{Text: text, Start: start().Add(time.Hour)},
			{Text: text, Start: start(), End: start().Add(4 * day), Step: time.Hour},
		} {
			answer, err := engine.Query(t.Context(), q)
			if err == nil {
				answer.Close()
			} else if kind := fault.Of(err); kind == fault.Internal {
				t.Errorf("%q: %v (%s)", text, err, kind)
			}
		}
	})
}
