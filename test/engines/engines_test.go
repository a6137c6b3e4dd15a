// Package engines_test measures every database with the same data: what a month
// of measurements costs to store, and how long the usual questions take.
//
//	go test -run '^$' -bench . -benchtime 1x -timeout 1h ./test/engines
//
// A benchmark prints a row of a Markdown table, which is what docs/benchmarks.md
// shows.
package engines_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/journal"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/sqlstore"
	"github.com/unity-homelab/unity/internal/sqlstore/mysql"
	"github.com/unity-homelab/unity/internal/sqlstore/postgres"
	"github.com/unity-homelab/unity/internal/sqlstore/sqlite"
	"github.com/unity-homelab/unity/internal/sqlstore/storetest"
	"github.com/unity-homelab/unity/test/servers"
)

const (
	interval = time.Minute
	perHour  = int(time.Hour / interval)
	// rounds is how often each question is asked.
	rounds = 100
)

func TestMain(m *testing.M) {
	flag.Parse()
	if bench := flag.Lookup("test.bench"); bench.Value.String() == "" {
		os.Exit(m.Run()) // no servers for nothing
	}
	os.Exit(servers.Main(m, servers.PostgreSQL(), servers.MariaDB()))
}

// number reads a variable of the environment.
func number(b *testing.B, name string, otherwise int) int {
	b.Helper()
	if text := os.Getenv(name); text != "" {
		if _, err := fmt.Sscan(text, &otherwise); err != nil {
			b.Fatalf("%s: %v", name, err)
		}
	}
	return otherwise
}

func BenchmarkSQLite(b *testing.B) {
	measure(b, func(ctx context.Context, options sqlstore.Options) (*sqlstore.DB, error) {
		return sqlite.Open(ctx, filepath.Join(b.TempDir(), "unity.db"), options)
	})
}

func BenchmarkPostgreSQL(b *testing.B) {
	address := servers.Database(b, servers.PostgreSQL())
	measure(b, func(ctx context.Context, options sqlstore.Options) (*sqlstore.DB, error) {
		return postgres.Open(ctx, address, options)
	})
}

func BenchmarkMariaDB(b *testing.B) {
	address := servers.Database(b, servers.MariaDB())
	measure(b, func(ctx context.Context, options sqlstore.Options) (*sqlstore.DB, error) {
		return mysql.Open(ctx, address, options)
	})
}

// month is what is stored: one sample a minute of each series.
type month struct {
	db         *sqlstore.DB
	mix        *storetest.Mix
	start, end time.Time
}

// measure stores a month in a database and asks it the usual questions.
func measure(b *testing.B, open func(context.Context, sqlstore.Options) (*sqlstore.DB, error)) {
	b.Helper()
	days, count := number(b, "ENGINES_DAYS", 30), number(b, "ENGINES_SERIES", 200)
	for b.Loop() {
		now := time.Now().Truncate(24 * time.Hour).Add(-time.Duration(days) * 24 * time.Hour)
		db, err := open(b.Context(), sqlstore.Options{
			Journal: filepath.Join(b.TempDir(), "journal"), Now: func() time.Time { return now },
		})
		if err != nil {
			b.Fatal(err)
		}
		m := &month{db: db, mix: storetest.NewMix(1, count), start: now}
		took := m.fill(b, days, func(at time.Time) { now = at })
		m.end = now
		if err := db.Merge(b.Context()); err != nil {
			b.Fatal(err)
		}
		now = now.Add(time.Hour) // the size is asked for anew
		stats, err := db.Stats(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		samples := float64(days) * 24 * float64(perHour*count)
		hourly := m.ask(b, m.hourly, days*24)
		hour := m.ask(b, m.hour, perHour)
		latest := m.ask(b, m.latest, count)
		fmt.Printf("\n| %s | %.0f | %.2f | %.1f / %.1f | %.2f / %.2f | %.2f / %.2f |\n", db.Engine(),
			samples/took.Seconds(), float64(stats.Size.Total)/samples,
			half(hourly), most(hourly), half(hour), most(hour), half(latest), most(latest))
		b.ReportMetric(samples/took.Seconds(), "samples/s")
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// fill stores the month through journal and writer, and returns how long the
// storing took; making the data is not counted.
func (m *month) fill(b *testing.B, days int, tell func(time.Time)) time.Duration {
	b.Helper()
	ids := make([]series.ID, m.mix.Len())
	for i := range ids {
		ids[i] = m.db.ID(m.mix.Labels(i))
	}
	var took time.Duration
	records := make([]*journal.Record, 24*perHour)
	for day := range days {
		for i := range records {
			at := m.start.Add(time.Duration(day*len(records)+i) * interval)
			records[i] = &journal.Record{
				Run:     inventory.Run{Source: "bench", Start: at, Duration: 12 * time.Millisecond, Attempts: 1, Outcome: inventory.Success, Samples: len(ids)},
				State:   inventory.State{Source: "bench", Status: inventory.Healthy, LastRun: at, LastSuccess: at},
				Time:    at.UnixMilli(),
				Samples: make([]series.Sample, len(ids)),
			}
			for k, id := range ids {
				records[i].Samples[k] = series.Sample{Series: id, Value: m.mix.Next(k)}
			}
		}
		began := time.Now()
		for i, record := range records {
			tell(record.Run.Start)
			if err := m.db.Commit(b.Context(), record); err != nil {
				b.Fatal(err)
			}
			if (i+1)%(4*perHour) == 0 {
				if err := m.db.Seal(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		}
		took += time.Since(began)
	}
	return took
}

// The questions return how many parts the answer has.

func (m *month) hourly(ctx context.Context, i int) (int, error) {
	return points(series.History(ctx, m.db, series.Query{
		Matchers: exactly(m.mix.Labels(i)), From: m.start, To: m.end, Step: time.Hour, Func: series.Avg,
	}))
}

func (m *month) hour(ctx context.Context, i int) (int, error) {
	return points(series.History(ctx, m.db, series.Query{
		Matchers: exactly(m.mix.Labels(i)), From: m.end.Add(-time.Hour + time.Millisecond), To: m.end,
	}))
}

func (m *month) latest(ctx context.Context, _ int) (int, error) {
	found, err := m.db.Latest(ctx, labels.MustNewMatcher(labels.MatchEqual, "host", "bench"))
	return len(found), err
}

// ask asks many times and returns how long each answer took, the shortest first.
func (m *month) ask(b *testing.B, question func(ctx context.Context, i int) (int, error), parts int) []time.Duration {
	b.Helper()
	all := make([]time.Duration, rounds)
	for i := range all {
		began := time.Now()
		got, err := question(b.Context(), i*7%m.mix.Len())
		all[i] = time.Since(began)
		if err != nil || got != parts {
			b.Fatalf("an answer has %d parts instead of %d: %v", got, parts, err)
		}
	}
	slices.Sort(all)
	return all
}

// half and most are the median and the 95th percentile, in milliseconds.
func half(sorted []time.Duration) float64 { return sorted[len(sorted)/2].Seconds() * 1000 }
func most(sorted []time.Duration) float64 { return sorted[len(sorted)*95/100].Seconds() * 1000 }

func exactly(ls labels.Labels) []*labels.Matcher {
	var all []*labels.Matcher
	ls.Range(func(label labels.Label) {
		all = append(all, labels.MustNewMatcher(labels.MatchEqual, label.Name, label.Value))
	})
	return all
}

func points(found []series.Range, err error) (int, error) {
	n := 0
	for _, one := range found {
		n += len(one.Points)
	}
	return n, err
}
