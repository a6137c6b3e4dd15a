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
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
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
	// perSettling is after how many days it is done what is done in the
	// background.
	perSettling = 5
	// rounds is how often each question is asked.
	rounds = 100
)

func TestMain(m *testing.M) {
	flag.Parse()
	if bench := flag.Lookup("test.bench"); bench.Value.String() == "" {
		os.Exit(m.Run()) // no servers for nothing
	}
	os.Exit(servers.Main(m, servers.PostgreSQL(), servers.TimescaleDB(), servers.MariaDB()))
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
	path := filepath.Join(b.TempDir(), "unity.db")
	measure(b, engine{open: func(ctx context.Context, options sqlstore.Options) (*sqlstore.DB, error) {
		return sqlite.Open(ctx, path, options)
	}})
}

func BenchmarkPostgreSQL(b *testing.B) {
	address := servers.Database(b, servers.PostgreSQL())
	measure(b, engine{open: func(ctx context.Context, options sqlstore.Options) (*sqlstore.DB, error) {
		return postgres.Open(ctx, address, options)
	}})
}

func BenchmarkTimescaleDB(b *testing.B) {
	address := servers.Database(b, servers.TimescaleDB())
	measure(b, engine{
		open: func(ctx context.Context, options sqlstore.Options) (*sqlstore.DB, error) {
			return postgres.Open(ctx, address, options)
		},
		tend: func(ctx context.Context) error { return pack(ctx, address) },
	})
}

func BenchmarkMariaDB(b *testing.B) {
	address := servers.Database(b, servers.MariaDB())
	measure(b, engine{open: func(ctx context.Context, options sqlstore.Options) (*sqlstore.DB, error) {
		return mysql.Open(ctx, address, options)
	}})
}

// engine is one of the databases.
type engine struct {
	open func(ctx context.Context, options sqlstore.Options) (*sqlstore.DB, error)
	// tend does what the server does by itself in the background, where the one
	// that is measured does not; nobody is connected meanwhile. It may be nil.
	tend func(ctx context.Context) error
}

// pack runs the jobs of TimescaleDB that pack what is older than a day.
func pack(ctx context.Context, address string) error {
	// The setting is for Unity, and a server would not know it.
	address = strings.Replace(address, "&pool_max_conns=1", "", 1)
	connection, err := pgx.Connect(ctx, address)
	if err != nil {
		return err
	}
	defer func() { _ = connection.Close(ctx) }()
	rows, err := connection.Query(ctx, "SELECT job_id FROM timescaledb_information.jobs WHERE proc_name = 'policy_compression'")
	if err != nil {
		return err
	}
	jobs, err := pgx.CollectRows(rows, pgx.RowTo[int32])
	for _, job := range jobs {
		if _, err := connection.Exec(ctx, fmt.Sprintf("CALL run_job(%d)", job)); err != nil {
			return err
		}
	}
	return err
}

// month is what is stored: one sample a minute of each series.
type month struct {
	engine     engine
	options    sqlstore.Options
	db         *sqlstore.DB
	mix        *storetest.Mix
	start, end time.Time
	now        time.Time
}

// measure stores a month in a database and asks it the usual questions.
func measure(b *testing.B, engine engine) {
	b.Helper()
	days, count := number(b, "ENGINES_DAYS", 30), number(b, "ENGINES_SERIES", 200)
	for b.Loop() {
		m := &month{engine: engine, mix: storetest.NewMix(1, count)}
		// The last day is over by more than a day: time to pack it.
		m.start = time.Now().Truncate(24 * time.Hour).Add(-time.Duration(days+1) * 24 * time.Hour)
		m.now = m.start
		m.options = sqlstore.Options{Journal: filepath.Join(b.TempDir(), "journal"), Now: func() time.Time { return m.now }}
		if err := m.open(b.Context()); err != nil {
			b.Fatal(err)
		}
		took := m.fill(b, days)
		m.end = m.now
		m.now = m.now.Add(time.Hour) // the last day settles, and the size is asked for anew
		if err := m.settle(b.Context()); err != nil {
			b.Fatal(err)
		}
		stats, err := m.db.Stats(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		detail, err := m.db.Detail(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		samples := float64(days) * 24 * float64(perHour*count)
		hourly := m.ask(b, m.hourly, days*24)
		hour := m.ask(b, m.hour, perHour)
		latest := m.ask(b, m.latest, count)
		fmt.Printf("\n| %s | %.0f | %.2f | %.2f | %.1f / %.1f | %.2f / %.2f | %.2f / %.2f |\n", m.db.Engine(),
			samples/took.Seconds(), float64(detail.Divided.Raw)/samples, float64(stats.Size.Total)/samples,
			half(hourly), most(hourly), half(hour), most(hour), half(latest), most(latest))
		b.ReportMetric(samples/took.Seconds(), "samples/s")
		if err := m.db.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func (m *month) open(ctx context.Context) (err error) {
	m.db, err = m.engine.open(ctx, m.options)
	return err
}

// settle does what is done in the background, by Unity and by the server.
func (m *month) settle(ctx context.Context) error {
	for _, step := range []func(context.Context) error{m.db.Seal, m.db.Roll, m.db.Merge} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if m.engine.tend == nil {
		return nil
	}
	if err := m.db.Close(); err != nil {
		return err
	}
	if err := m.engine.tend(ctx); err != nil {
		return err
	}
	return m.open(ctx)
}

// fill stores the month through journal and writer, and returns how long the
// storing took; making the data is not counted.
func (m *month) fill(b *testing.B, days int) time.Duration {
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
			m.now = record.Run.Start
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
		if day%perSettling == perSettling-1 {
			if err := m.settle(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
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
