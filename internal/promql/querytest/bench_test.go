package querytest_test

import (
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	prometheus "github.com/prometheus/prometheus/promql"

	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/journal"
	"github.com/unity-homelab/unity/internal/promql"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/sqlstore"
	"github.com/unity-homelab/unity/internal/sqlstore/sqlite"
	"github.com/unity-homelab/unity/internal/sqlstore/storetest"
)

// month is a store with thirty days of the benchmark mix in its database: 99
// series every minute; and a day of 999 more. The queries ask for the time up to
// its end.
type month struct {
	store *sqlstore.DB
	end   time.Time
	mix   *storetest.Mix
}

const (
	monthDays   = 30
	monthSeries = 99
	// openMinutes are not in the database yet when it is asked.
	openMinutes = 3 * 60
	daySeries   = 999
)

func newMonth(b *testing.B) month {
	b.Helper()
	store, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "unity.db"), sqlstore.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = store.Close() })
	m := month{store: store, end: time.Now().Truncate(time.Hour), mix: storetest.NewMix(1, monthSeries)}
	m.fill(b, m.mix, "", monthDays*24*60)
	m.fill(b, storetest.NewMix(2, daySeries), "wide", 24*60)
	if err := store.Roll(b.Context()); err != nil {
		b.Fatal(err)
	}
	return m
}

// fill stores so many minutes up to the end.
func (m month) fill(b *testing.B, mix *storetest.Mix, prefix string, minutes int) {
	b.Helper()
	ids := make([]series.ID, mix.Len())
	for i := range ids {
		ls := labels.NewBuilder(mix.Labels(i)).Set("host", prefix+"host"+strconv.Itoa(i%7))
		ids[i] = m.store.ID(ls.Set(series.NameLabel, prefix+mix.Labels(i).Get(series.NameLabel)).Labels())
	}
	for minute := range minutes {
		at := m.end.Add(time.Duration(minute-minutes+1) * time.Minute)
		record := &journal.Record{
			Run:   inventory.Run{Source: "bench", Start: at, Attempts: 1, Outcome: inventory.Success, Samples: len(ids)},
			State: inventory.State{Source: "bench", Status: inventory.Healthy, Since: at, LastRun: at, LastSuccess: at},
			Time:  at.UnixMilli(), Samples: make([]series.Sample, len(ids)),
		}
		for i, id := range ids {
			record.Samples[i] = series.Sample{Series: id, Value: mix.Next(i)}
		}
		if err := m.store.Commit(b.Context(), record); err != nil {
			b.Fatal(err)
		}
		if before := minutes - minute - openMinutes; before >= 0 && before%(24*60) == 0 {
			if err := m.store.Seal(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// benchIntervals has every source of the mix collected each minute.
type benchIntervals struct{}

func (benchIntervals) Interval(labels.Labels) time.Duration { return time.Minute }

// one is a selector of the first gauge.
func (m month) one() string {
	return `bench_temperature_celsius{device="` + m.mix.Labels(0).Get("device") + `"}`
}

// queries are those whose time is promised, by name.
func (m month) queries() map[string]promql.Query {
	back := func(d time.Duration) time.Time { return m.end.Add(-d) }
	return map[string]promql.Query{
		"30 days of one series, hourly averages": {
			Text: "avg_over_time(" + m.one() + "[1h])", Start: back(30*24*time.Hour - time.Hour), End: m.end, Step: time.Hour,
		},
		"the last hour of one series": {Text: m.one(), Start: back(time.Hour), End: m.end, Step: 15 * time.Second},
		"rates of 100 series over a day": {
			Text:  `sum by (host) (rate({__name__=~"bench_.*",host=~"host.*"}[5m]))`,
			Start: back(24 * time.Hour), End: m.end, Step: 5 * time.Minute,
		},
		"the largest of 1,000 series": {Text: `topk(5, {__name__=~"widebench_.*"})`, Start: m.end},
	}
}

func BenchmarkQuery(b *testing.B) {
	m := newMonth(b)
	for kind, reader := range map[string]series.Reader{"": m.store, ", from samples": struct{ series.Reader }{m.store}} {
		engine := promql.New(promql.Options{Reader: reader, Intervals: benchIntervals{}})
		for name, query := range m.queries() {
			b.Run(name+kind, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					mustAnswer(b, engine, query)
				}
			})
		}
		b.Run("20 panels at once"+kind, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var all sync.WaitGroup
				for i := range 20 {
					all.Go(func() {
						text := strings.Replace(m.one(), "device0", "device"+strconv.Itoa(i), 1)
						mustAnswer(b, engine, promql.Query{Text: text, Start: m.end.Add(-6 * time.Hour), End: m.end, Step: time.Minute})
					})
				}
				all.Wait()
			}
		})
	}
}

func mustAnswer(b *testing.B, engine *promql.Engine, query promql.Query) {
	b.Helper()
	answer, err := engine.Query(b.Context(), query)
	if err != nil {
		b.Error(err)
		return
	}
	if empty(answer) {
		b.Errorf("%s gives nothing", query.Text)
	}
	answer.Close()
}

// empty reports whether an answer has no series.
func empty(answer *promql.Answer) bool {
	switch v := answer.Value.(type) {
	case prometheus.Matrix:
		return len(v) == 0
	case prometheus.Vector:
		return len(v) == 0
	default:
		return false
	}
}
