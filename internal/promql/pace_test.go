package promql_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	prometheus "github.com/prometheus/prometheus/promql"

	"github.com/unity-homelab/unity/internal/promql"
)

// line draws what a query gives from one second after the start to another, a
// character each step: x where there is a value, . where there is none.
func line(t *testing.T, engine *promql.Engine, query string, from, to, step int) string {
	t.Helper()
	answer, err := engine.Query(t.Context(), promql.Query{
		Text: query, Start: within(t, from), End: within(t, to), Step: time.Duration(step) * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Close()
	matrix, _ := answer.Value.(prometheus.Matrix)
	if len(matrix) > 1 {
		t.Fatalf("%d series, want one", len(matrix))
	}
	drawn := []byte(strings.Repeat(".", (to-from)/step+1))
	for _, each := range matrix {
		for _, point := range each.Floats {
			drawn[(point.T-within(t, from).UnixMilli())/int64(step*1000)] = 'x'
		}
	}
	return string(drawn)
}

// spans writes a drawing by the lengths of its parts: "x10 .3 x2".
func spans(drawn string) string {
	var parts []string
	for i := 0; i < len(drawn); {
		j := i
		for j < len(drawn) && drawn[j] == drawn[i] {
			j++
		}
		parts = append(parts, fmt.Sprintf("%c%d", drawn[i], j-i))
		i = j
	}
	return strings.Join(parts, " ")
}

func TestAValueStandsForTwoAndAHalfIntervalsOfItsSource(t *testing.T) {
	t.Parallel()
	const hour, day = 3600, 24 * 3600
	for name, test := range map[string]struct {
		interval time.Duration
		fill     func(m memory)
		// from, to and step are in seconds.
		from, to, step int
		want           string
	}{
		"every second, and it dies": {
			time.Second, func(m memory) { m.every(of("x", "s"), 1, 0, 10) }, 0, 20, 1, "x13 .8",
		},
		"every hour": {
			time.Hour, func(m memory) { m.every(of("x", "s"), hour, 0, 5*hour) }, 0, 8 * hour, 600, "x45 .4",
		},
		"once a day": {
			24 * time.Hour, func(m memory) { m.every(of("x", "s"), day, 0, 3*day) }, 0, 6 * day, hour, "x132 .13",
		},
		"a gap": {
			10 * time.Second, func(m memory) { m.every(of("x", "s"), 10, 0, 60); m.every(of("x", "s"), 10, 120, 150) },
			0, 200, 1, "x85 .35 x55 .26",
		},
		"one missed run is no gap": {
			10 * time.Second, func(m memory) { m.every(of("x", "s"), 10, 0, 60); m.every(of("x", "s"), 10, 80, 100) }, 0, 100, 1, "x101",
		},
		"a gap of exactly 2.5 intervals is none": {
			10 * time.Second, func(m memory) { m.every(of("x", "s"), 10, 0, 60); m.every(of("x", "s"), 10, 85, 95) }, 0, 95, 1, "x96",
		},
		"restarts": {
			10 * time.Second, func(m memory) {
				m.every(of("x", "s"), 10, 0, 50)
				m.every(of("x", "s"), 10, 90, 90)
				m.every(of("x", "s"), 10, 145, 165)
			}, 0, 165, 1, "x75 .15 x25 .30 x21",
		},
		"the query begins in a gap": {
			10 * time.Second, func(m memory) { m.every(of("x", "s"), 10, 0, 60); m.every(of("x", "s"), 10, 200, 210) }, 100, 210, 1, ".100 x11",
		},
		"the query begins after the last sample": {
			10 * time.Second, func(m memory) { m.every(of("x", "s"), 10, 0, 60) }, 80, 100, 1, "x5 .16",
		},
		"it was collected every hour before": {
			10 * time.Second, func(m memory) {
				m.every(of("x", "s"), hour, 0, 5*hour)
				m.every(of("x", "s"), 10, 5*hour+10, 5*hour+60)
			},
			0, 5*hour + 60, 60, "x302",
		},
		"it is collected every hour now": {
			time.Hour, func(m memory) { m.every(of("x", "s"), 10, 0, 600); m.every(of("x", "s"), hour, 3000, 3000+3*hour) },
			0, 3000 + 5*hour, 60, "x351",
		},
		"a gap before, and it is collected every hour now": {
			time.Hour, func(m memory) {
				m.every(of("x", "s"), 10, 0, 600)
				m.every(of("x", "s"), 10, 1200, 1800)
				m.every(of("x", "s"), hour, hour, 4*hour)
			},
			0, 4 * hour, 60, "x11 .9 x221",
		},
		"a failing source is tried less often": {
			10 * time.Second, func(m memory) {
				for _, at := range []int{0, 10, 20, 30, 40, 60, 100, 180, 280, 380} {
					m.add(of("up", "s"), p(at, 0))
				}
			},
			0, 480, 10, "x49",
		},
		"but gives nothing else": {
			10 * time.Second, func(m memory) {
				m.every(of("x", "s"), 10, 0, 40)
				m.add(of("x", "s"), p(80, 1), p(180, 1))
			},
			0, 250, 10, "x7 .1 x3 .7 x3 .5",
		},
		"late by a little": {
			10 * time.Second, func(m memory) {
				for i := range 100 {
					m.add(of("x", "s"), p(10*i+i%3, 0))
				}
			},
			0, 990, 5, "x199",
		},
		"runs by hand between": {
			60 * time.Second, func(m memory) {
				m.every(of("x", "s"), 60, 0, 600)
				m.add(of("x", "s"), p(603, 1), p(606, 1), p(609, 1))
				m.every(of("x", "s"), 60, 660, 1200)
			},
			0, 1200, 10, "x121",
		},
		"nothing is known: five minutes": {
			0, func(m memory) { m.add(of("x", "s"), p(0, 1)) }, 0, 400, 10, "x30 .11",
		},
		"nothing is known: what the samples show": {
			0, func(m memory) { m.every(of("x", "s"), 600, 0, 6000) }, 0, 9000, 100, "x75 .16",
		},
		"a stale marker that was stored": {
			10 * time.Second, func(m memory) {
				m.every(of("x", "s"), 10, 0, 60)
				m.add(of("x", "s"), staleAt(62))
				m.every(of("x", "s"), 10, 70, 80)
			}, 0, 80, 1, "x62 .8 x11",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := newMemory()
			test.fill(store)
			engine := promql.New(promql.Options{Reader: store, Intervals: intervals{"s": test.interval}})
			query := "x"
			if strings.Contains(name, "failing") {
				query = "up"
			}
			drawn := line(t, engine, query, test.from, test.to, test.step)
			if got := spans(drawn); got != test.want {
				t.Errorf("drawn as %s, want %s", got, test.want)
			}
			// An instant query sees at each time what a range query sees.
			for i := range drawn {
				answer, err := engine.Query(t.Context(), promql.Query{Text: query, Start: within(t, test.from+i*test.step)})
				if err != nil {
					t.Fatal(err)
				}
				vector, _ := answer.Value.(prometheus.Vector)
				if found := len(vector) > 0; found != (drawn[i] == 'x') && !changed(name) {
					t.Errorf("at %d s: an instant query finds it: %v, a range query: %c", test.from+i*test.step, found, drawn[i])
				}
				answer.Close()
			}
		})
	}
}

// changed reports whether a case is of a source whose interval was changed.
// Then a query at one time does not look back far enough to see how often it
// was collected before, nor ahead to see that it is collected more rarely.
func changed(name string) bool {
	return strings.Contains(name, "hour before") || strings.Contains(name, "hour now") || strings.Contains(name, "nothing is known")
}

func TestRangesAreWhatWasStored(t *testing.T) {
	t.Parallel()
	store := newMemory()
	store.every(of("x", "s"), 10, 0, 60)
	store.every(of("x", "s"), 10, 600, 660)
	engine := promql.New(promql.Options{Reader: store, Intervals: intervals{"s": 10 * time.Second}})
	answer, err := engine.Query(t.Context(), promql.Query{Text: "count_over_time(x[10m])", Start: within(t, 660)})
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Close()
	if got := answer.Value.String(); !strings.Contains(got, "=> 7 @") {
		t.Errorf("count_over_time gives %s, want 7", got)
	}
}

func TestASelectorReadsNoMoreThanItsValuesStand(t *testing.T) {
	t.Parallel()
	store := newMemory()
	const now = 100 * 24 * 3600
	sources := intervals{"second": time.Second, "minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}
	for name, interval := range sources {
		for i := range 200 {
			store.add(of("x", name), p(now-i*int(interval.Seconds()), 1))
		}
	}
	engine := promql.New(promql.Options{Reader: store, Intervals: sources})
	for query, most := range map[string]time.Duration{
		`x{source="second"}`: 40 * time.Second,
		`x{source="minute"}`: 151 * time.Second,
		`x{source="hour"}`:   151 * time.Minute,
		`x{source="day"}`:    60 * time.Hour,
	} {
		store.reads.hints = nil
		answer, err := engine.Query(t.Context(), promql.Query{Text: query, Start: within(t, now)})
		if err != nil {
			t.Fatal(err)
		}
		if got := vectorLength(answer); got != 1 {
			t.Errorf("%s gives %d series", query, got)
		}
		answer.Close()
		for _, hints := range store.reads.hints {
			if length := time.Duration(hints.End-hints.Start) * time.Millisecond; length > most {
				t.Errorf("%s reads %v, want at most %v", query, length, most)
			}
		}
	}
	answer, err := engine.Query(t.Context(), promql.Query{Text: "count(x)", Start: within(t, now)})
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Close()
	if got := answer.Value.String(); !strings.Contains(got, "=> 4 @") {
		t.Errorf("all at once: %s, want 4 series", got)
	}
}

func TestALookbackThatIsAskedForHoldsForEverySource(t *testing.T) {
	t.Parallel()
	store := newMemory()
	store.every(of("x", "s"), 1, 0, 10)
	engine := promql.New(promql.Options{Reader: store, Intervals: intervals{"s": time.Second}})
	for at, want := range map[int]int{30: 1, 69: 1, 70: 0} {
		answer, err := engine.Query(t.Context(), promql.Query{Text: "x", Start: within(t, at), Lookback: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		if got := vectorLength(answer); got != want {
			t.Errorf("%d s after the start: %d series, want %d", at, got, want)
		}
		answer.Close()
	}
}

// vectorLength returns how many series an instant query gave.
func vectorLength(answer *promql.Answer) int {
	vector, _ := answer.Value.(prometheus.Vector)
	return len(vector)
}
