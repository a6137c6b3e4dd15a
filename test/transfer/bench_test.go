package transfer_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/sqlstore"
	"github.com/unity-homelab/unity/internal/sqlstore/mysql"
	"github.com/unity-homelab/unity/internal/sqlstore/postgres"
	"github.com/unity-homelab/unity/internal/sqlstore/sqlite"
	"github.com/unity-homelab/unity/internal/sqlstore/storetest"
	"github.com/unity-homelab/unity/internal/transfer"
	"github.com/unity-homelab/unity/test/servers"
)

// days is how long the measurements of a thousand series last that are moved:
// UNITY_BENCH_DAYS, or one. A month has 30.
func days(b *testing.B) int {
	b.Helper()
	text := os.Getenv("UNITY_BENCH_DAYS")
	if text == "" {
		return 1
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// month returns a database with one sample a minute of a thousand series. It is
// kept in UNITY_BENCH_DIR, when that is set.
func month(b *testing.B) *sqlstore.DB {
	b.Helper()
	dir := os.Getenv("UNITY_BENCH_DIR")
	if dir == "" {
		dir = b.TempDir()
	}
	now := end()
	db, err := sqlite.Open(b.Context(), filepath.Join(dir, "unity.db"), sqlstore.Options{Now: func() time.Time { return now }})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := db.Close(); err != nil {
			b.Error(err)
		}
	})
	if db.SeriesCount() > 0 {
		return db
	}
	mix := storetest.NewMix(1, 1000)
	ids := make([]series.ID, mix.Len())
	for i := range ids {
		ids[i] = db.ID(mix.Labels(i))
	}
	minutes := days(b) * 24 * 60
	for minute := range minutes {
		now = end().Add(time.Duration(minute-minutes) * time.Minute)
		rec := run("bench", now)
		for i, id := range ids {
			rec.Samples = append(rec.Samples, series.Sample{Series: id, Value: mix.Next(i)})
		}
		if err := db.Commit(b.Context(), rec); err != nil {
			b.Fatal(err)
		}
		if minute%240 == 239 {
			if err := db.Seal(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	}
	if err := db.Merge(b.Context()); err != nil {
		b.Fatal(err)
	}
	if err := db.Roll(b.Context()); err != nil {
		b.Fatal(err)
	}
	return db
}

func samplesIn(tallies []transfer.Tally) float64 {
	for _, tally := range tallies {
		if tally.Section == transfer.Points {
			return float64(tally.Count)
		}
	}
	return 0
}

// rate reports how many samples a second something handled.
func rate(b *testing.B, tallies []transfer.Tally, took time.Duration) {
	b.Helper()
	b.ReportMetric(samplesIn(tallies)/took.Seconds(), "samples/s")
}

func BenchmarkArchive(b *testing.B) {
	from := month(b)
	file, err := os.Create(filepath.Join(b.TempDir(), "month.archive"))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	var tallies []transfer.Tally
	b.Run("export", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := file.Truncate(0); err != nil {
				b.Fatal(err)
			}
			if _, err := file.Seek(0, 0); err != nil {
				b.Fatal(err)
			}
			began := time.Now()
			if tallies, err = transfer.Export(b.Context(), from, file, transfer.Header{}, nil); err != nil {
				b.Fatal(err)
			}
			rate(b, tallies, time.Since(began))
		}
		size, err := file.Seek(0, 1)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(size)/samplesIn(tallies), "B/sample")
	})
	for _, step := range []transfer.Step{transfer.Verifying, transfer.Loading} {
		b.Run(string(step), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := file.Seek(0, 0); err != nil {
					b.Fatal(err)
				}
				began := time.Now()
				if step == transfer.Verifying {
					_, _, err = transfer.Verify(b.Context(), file, nil)
				} else {
					err = load(b, file)
				}
				if err != nil {
					b.Fatal(err)
				}
				rate(b, tallies, time.Since(began))
			}
		})
	}
}

// load puts an archive into a new SQLite database.
func load(b *testing.B, file *os.File) error {
	b.Helper()
	to, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "unity.db"), sqlstore.Options{Now: end})
	if err != nil {
		return err
	}
	defer func() { _ = to.Close() }()
	reader, err := transfer.NewReader(file)
	if err != nil {
		return err
	}
	defer reader.Close()
	return to.Load(b.Context(), "bench", reader.Items())
}

func BenchmarkCopy(b *testing.B) {
	from := month(b)
	for name, open := range map[string]func(b *testing.B) (*sqlstore.DB, error){
		"to SQLite": func(b *testing.B) (*sqlstore.DB, error) {
			b.Helper()
			return sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "unity.db"), sqlstore.Options{Now: end})
		},
		"to PostgreSQL": func(b *testing.B) (*sqlstore.DB, error) {
			b.Helper()
			return postgres.Open(b.Context(), servers.Database(b, servers.PostgreSQL()), sqlstore.Options{Now: end, Journal: b.TempDir()})
		},
		"to MariaDB": func(b *testing.B) (*sqlstore.DB, error) {
			b.Helper()
			return mysql.Open(b.Context(), servers.Database(b, servers.MariaDB()), sqlstore.Options{Now: end, Journal: b.TempDir()})
		},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				to, err := open(b)
				if err != nil {
					b.Fatal(err)
				}
				began := time.Now()
				tallies, err := transfer.Copy(context.WithoutCancel(b.Context()), from, to, "bench", quiet)
				if err != nil {
					b.Fatal(err)
				}
				rate(b, tallies, time.Since(began))
				if err := to.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
