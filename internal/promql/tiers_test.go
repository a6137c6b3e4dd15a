package promql_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	prometheus "github.com/prometheus/prometheus/promql"

	"github.com/unity-homelab/unity/internal/promql"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/series/chunk"
)

const (
	fine = 5 * time.Minute
	day  = 24 * time.Hour
)

// fourDays is a store with four days of a gauge and a counter of two devices,
// every minute but for a gap, and of a gauge that is taken every hour.
func fourDays(rawFrom time.Time) (tiered, promql.Options) {
	random := rand.New(rand.NewPCG(1, 2))
	m := newMemory()
	for _, device := range []string{"a", "b"} {
		counter := 0.0
		for at := 0; at <= 4*24*3600; at += 60 {
			if at > 100_000 && at < 103_000 {
				continue // half an hour and more
			}
			if counter += float64(random.IntN(1000)); random.IntN(2000) == 0 {
				counter = 0
			}
			m.add(of("gauge", "minute", "device", device), p(at, math.Round(random.Float64()*1e4)/100))
			m.add(of("counter_total", "minute", "device", device), p(at, counter))
		}
	}
	m.every(of("slow", "hour"), 3600, 0, 4*24*3600)
	store := tiered{memory: m, rawFrom: rawFrom, asked: new([]time.Duration), tiers: []series.Tier{
		{Keep: 30 * day},
		{Step: fine, Keep: 180 * day, Until: math.MaxInt64},
		{Step: time.Hour, Keep: 5 * 365 * day, Until: math.MaxInt64},
	}}
	return store, promql.Options{
		Reader: store, Intervals: intervals{"minute": time.Minute, "hour": time.Hour},
		Now: func() time.Time { return start().Add(4 * day) },
	}
}

// ask returns the points of each series by its labels, and the answer.
func ask(t *testing.T, engine *promql.Engine, q promql.Query) (map[string][]series.Point, *promql.Answer) {
	t.Helper()
	answer, err := engine.Query(t.Context(), q)
	if err != nil {
		t.Fatalf("%s: %v", q.Text, err)
	}
	defer answer.Close()
	found := make(map[string][]series.Point)
	switch v := answer.Value.(type) {
	case prometheus.Matrix:
		for _, each := range v {
			for _, point := range each.Floats {
				found[each.Metric.String()] = append(found[each.Metric.String()], series.Point{Time: point.T, Value: point.F})
			}
		}
	case prometheus.Vector:
		for _, each := range v {
			found[each.Metric.String()] = []series.Point{{Time: each.T, Value: each.F}}
		}
	}
	return found, answer
}

func TestBucketsAnswerWhatSamplesAnswer(t *testing.T) {
	t.Parallel()
	_, options := fourDays(start())
	withTiers := promql.New(options)
	onlySamples := options
	onlySamples.Reader = struct{ series.Reader }{options.Reader}
	raw := promql.New(onlySamples)
	end := start().Add(4 * day)
	for text, want := range map[string]time.Duration{
		`avg_over_time(gauge[1h])`:                                    time.Hour,
		`sum_over_time(gauge[2h])`:                                    time.Hour,
		`count_over_time(gauge[15m])`:                                 fine,
		`min_over_time(gauge[1h])`:                                    time.Hour,
		`max_over_time(gauge[30m])`:                                   fine,
		`last_over_time(gauge[1h])`:                                   time.Hour,
		`present_over_time(gauge[1h])`:                                time.Hour,
		`absent_over_time(gauge{device="a"}[1h])`:                     time.Hour,
		`absent_over_time(nothing{device="a"}[1h])`:                   time.Hour,
		`absent(nothing{device="a"})`:                                 time.Hour,
		`slow`:                                                        time.Hour,
		`avg_over_time(slow[6h])`:                                     time.Hour,
		`avg_over_time(gauge[1h] offset 3h)`:                          time.Hour,
		`avg_over_time(gauge[1h] offset 15m)`:                         fine,
		`sum by (source) (avg_over_time(gauge[1h]))`:                  time.Hour,
		`max_over_time(gauge[1h]) - min_over_time(gauge[1h])`:         time.Hour,
		`topk(1, avg_over_time(gauge[1h]))`:                           time.Hour,
		`-(avg_over_time(gauge[1h]))`:                                 time.Hour,
		`max_over_time(avg_over_time(gauge[1h])[1d:1h])`:              time.Hour,
		`max_over_time(avg_over_time(gauge[15m])[1d:15m])`:            fine,
		`avg_over_time(gauge[1d:5m])`:                                 0, // half a day of instants at a time is not enough to save
		`label_replace(avg_over_time(gauge[1h]), "x", "y", "", ".*")`: time.Hour,
		`avg_over_time({__name__=~"gauge|slow", device!="b"}[1h])`:    time.Hour,
		`avg_over_time(gauge[90s])`:                                   0,
		`quantile_over_time(0.9, gauge[1h])`:                          0,
		`stddev_over_time(gauge[1h])`:                                 0,
		`changes(gauge[1h])`:                                          0,
		`irate(counter_total[1h])`:                                    0,
		`deriv(gauge[1h])`:                                            0,
		`timestamp(gauge)`:                                            0,
		`1 + 1`:                                                       0,
	} {
		for _, step := range []time.Duration{time.Hour, 2 * time.Hour} {
			q := promql.Query{Text: text, Start: start().Add(2 * day / 3), End: end, Step: step}
			if strings.Contains(text, ":5m]") {
				q.Start, want = start().Add(3*day), 0
			}
			got, answer := ask(t, withTiers, q)
			if answer.Tier != want {
				t.Errorf("%s every %v is made of %v, want %v", text, step, answer.Tier, want)
			}
			wanted, _ := ask(t, raw, q)
			if diff := cmp.Diff(wanted, got, cmpopts.EquateApprox(1e-9, 0)); diff != "" {
				t.Errorf("%s every %v differs (-samples +buckets):\n%s", text, step, diff)
			}
			if len(answer.Annotations) > 0 && want > 0 {
				t.Errorf("%s: %v, want nothing to be said of an exact answer", text, answer.Annotations)
			}
		}
	}
}

func TestBucketsThatAreNotWrittenAreLeftAlone(t *testing.T) {
	t.Parallel()
	store, options := fourDays(start())
	end := start().Add(4 * day)
	q := promql.Query{Text: "avg_over_time(gauge[1h])", Start: start().Add(day), End: end, Step: time.Hour}
	for name, test := range map[string]struct {
		fineUntil, hourUntil, rawFrom time.Time
		want                          time.Duration
	}{
		"both are":               {end, end, start(), time.Hour},
		"hours are not":          {end, start(), start(), fine},
		"neither is":             {start(), start(), start(), 0},
		"half of the hours are":  {start(), start().Add(5 * day / 2), start(), time.Hour},
		"less than half of them": {start(), start().Add(2 * day), start(), 0},
		"nor are there samples":  {start(), start(), start().Add(2 * day), time.Hour},
	} {
		options := options
		store := store
		store.rawFrom = test.rawFrom
		store.tiers = []series.Tier{
			{Keep: end.Sub(test.rawFrom)},
			{Step: fine, Keep: 180 * day, Until: test.fineUntil.UnixMilli()},
			{Step: time.Hour, Keep: 5 * 365 * day, Until: test.hourUntil.UnixMilli()},
		}
		options.Reader = store
		if _, answer := ask(t, promql.New(options), q); answer.Tier != test.want {
			t.Errorf("%s: made of %v, want %v", name, answer.Tier, test.want)
		}
	}
}

func TestTimesThatAreNoWholeStepsAreAnsweredFromSamples(t *testing.T) {
	t.Parallel()
	_, options := fourDays(start())
	engine := promql.New(options)
	for name, q := range map[string]promql.Query{
		"the start":    {Start: within(t, 3601), End: within(t, 4*24*3600), Step: time.Hour},
		"the step":     {Start: within(t, 3600), End: within(t, 4*24*3600), Step: 3601 * time.Second},
		"too short":    {Start: within(t, 3600), End: within(t, 24*3600), Step: time.Hour},
		"only an hour": {Start: within(t, 3600)},
	} {
		q.Text = "avg_over_time(gauge[1h])"
		if _, answer := ask(t, engine, q); answer.Tier != 0 {
			t.Errorf("%s: made of %v, want samples", name, answer.Tier)
		}
	}
}

func TestRateAndIncreaseOfBucketsAreWhatWasCounted(t *testing.T) {
	t.Parallel()
	store, options := fourDays(start())
	engine := promql.New(options)
	q := promql.Query{Start: start().Add(time.Hour), End: start().Add(4 * day), Step: time.Hour}
	want := make(map[string][]series.Point)
	for _, device := range []string{"a", "b"} {
		ls := of("counter_total", "minute", "device", device)
		key := of("", "minute", "device", device).DropReserved(func(name string) bool { return name == series.NameLabel }).String()
		var before float64
		grew := make(map[int64]float64)
		for _, block := range store.head.Blocks(nil, store.ID(ls), math.MinInt64, math.MaxInt64) {
			columns, err := store.codec.Read(chunk.Columns{}, block)
			if err != nil {
				t.Fatal(err)
			}
			for i, at := range columns.Times {
				if at > start().UnixMilli() {
					hour := time.Hour.Milliseconds()
					grew[(at+hour-1)/hour*hour] += grown(before, columns.Values[i])
				}
				before = columns.Values[i]
			}
		}
		for at, value := range grew {
			want[key] = append(want[key], series.Point{Time: at, Value: value})
		}
		slices.SortFunc(want[key], func(a, b series.Point) int { return int(a.Time - b.Time) })
	}
	for text, scale := range map[string]float64{"increase(counter_total[1h])": 1, "rate(counter_total[1h]) * 3600": 1} {
		q.Text = text
		got, answer := ask(t, engine, q)
		if answer.Tier != time.Hour {
			t.Errorf("%s is made of %v", text, answer.Tier)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateApprox(1e-9*scale, 0)); diff != "" {
			t.Errorf("%s differs (-counted +answered):\n%s", text, diff)
		}
	}
}

func TestWhereSamplesAreGoneBucketsAnswer(t *testing.T) {
	t.Parallel()
	_, options := fourDays(start().Add(400 * day)) // all of them are
	for name, test := range map[string]struct {
		text string
		age  time.Duration // of the measurements
		step time.Duration
		tier time.Duration
		note string
		want string // of the last value
	}{
		"exact":                      {"avg_over_time(slow[1h])", 40 * day, time.Hour, time.Hour, "", ""},
		"the finest there is":        {"avg_over_time(slow[1h])", 40 * day, 601 * time.Second, fine, "times are rounded to whole 5m", ""},
		"beyond the five minutes":    {"avg_over_time(slow[1h])", 200 * day, 601 * time.Second, time.Hour, "times are rounded to whole 1h", ""},
		"beyond everything":          {"avg_over_time(slow[1h])", 3000 * day, time.Hour, time.Hour, "times are rounded to whole 1h", ""},
		"every sample is needed":     {"quantile_over_time(0.5, gauge[1h])", 40 * day, time.Hour, fine, "needs every sample", ""},
		"the time is needed":         {"timestamp(slow)", 40 * day, time.Hour, fine, "needs the time of a sample", ""},
		"a window shorter than that": {"avg_over_time(slow[1m])", 40 * day, time.Hour, fine, "the window of 1m is shorter than what is left: 5m", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options := options
			options.Now = func() time.Time { return start().Add(test.age) }
			engine := promql.New(options)
			found, answer := ask(t, engine, promql.Query{Text: test.text, Start: start().Add(day), End: start().Add(3 * day), Step: test.step})
			if answer.Tier != test.tier {
				t.Errorf("made of %v, want %v", answer.Tier, test.tier)
			}
			warnings, infos := answer.Notes()
			if said := fmt.Sprint(warnings, infos); !strings.Contains(said, test.note) || test.note == "" && said != "[] []" {
				t.Errorf("said %s, want %q", said, test.note)
			}
			if len(found) == 0 {
				t.Error("nothing is found")
			}
		})
	}
}

func TestAWindowThatIsWidenedCountsItsShare(t *testing.T) {
	t.Parallel()
	_, options := fourDays(start().Add(400 * day))
	options.Now = func() time.Time { return start().Add(200 * day) } // hours are left
	engine := promql.New(options)
	q := promql.Query{Start: start().Add(3 * day), End: start().Add(3*day + time.Hour), Step: time.Hour}
	for text, want := range map[string]float64{
		`sum(count_over_time(gauge[30m]))`:                                60,
		`sum(increase(counter_total[30m]) / increase(counter_total[1h]))`: 1,
		`sum(rate(counter_total[30m]) / rate(counter_total[1h]))`:         2,
		`sum(sum_over_time(gauge[30m]) / sum_over_time(gauge[1h]))`:       1,
	} {
		q.Text = text
		found, _ := ask(t, engine, q)
		for _, points := range found {
			for _, point := range points {
				if math.Abs(point.Value-want) > 1e-9 {
					t.Errorf("%s is %v, want %v", text, point.Value, want)
				}
			}
		}
		if len(found) != 1 {
			t.Errorf("%s gives %d series", text, len(found))
		}
	}
}
