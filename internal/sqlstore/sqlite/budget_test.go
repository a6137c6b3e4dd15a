package sqlite_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/journal"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/sqlstore"
	"github.com/unity-homelab/unity/internal/sqlstore/sqlite"
)

// noise fills a store with measurements that do not pack well, a sample of each
// series every five minutes.
type noise struct {
	db     *sqlstore.DB
	random *rand.Rand
	ids    []series.ID
	now    time.Time
}

func newNoise(db *sqlstore.DB, now time.Time) *noise {
	n := &noise{db: db, random: rand.New(rand.NewPCG(1, 1)), now: now}
	for i := range 30 {
		n.ids = append(n.ids, db.ID(labels.FromStrings(series.NameLabel, "noise", "i", strconv.Itoa(i))))
	}
	return n
}

// day stores the measurements of a day.
func (n *noise) day(t *testing.T) {
	t.Helper()
	for range 24 * 12 {
		n.now = n.now.Add(5 * time.Minute)
		samples := make([]series.Sample, len(n.ids))
		for i, id := range n.ids {
			samples[i] = series.Sample{Series: id, Value: n.random.Float64()}
		}
		rec := &journal.Record{
			Run: inventory.Run{Source: "s", Start: n.now, Outcome: inventory.Success}, Time: n.now.UnixMilli(), Samples: samples,
		}
		if err := n.db.Commit(t.Context(), rec); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []func() error{
		func() error { return n.db.Seal(t.Context()) },
		func() error { return n.db.Roll(t.Context()) },
		func() error { return n.db.Merge(t.Context()) },
		func() error { return n.db.Expire(t.Context()) },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
}

func size(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

func TestTheFileShrinksWhenLessIsKept(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "unity.db")
	var n *noise
	options := sqlstore.Options{
		RawRetention: 1000 * 24 * time.Hour,
		Now: func() time.Time {
			if n == nil {
				return time.UnixMilli(0)
			}
			return n.now
		},
	}
	db, err := sqlite.Open(t.Context(), path, options)
	if err != nil {
		t.Fatal(err)
	}
	n = newNoise(db, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	for range 30 {
		n.day(t)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	large := size(t, path)
	options.RawRetention = 24 * time.Hour
	options.Tiers = map[time.Duration]time.Duration{5 * time.Minute: 24 * time.Hour, time.Hour: 24 * time.Hour}
	if db, err = sqlite.Open(t.Context(), path, options); err != nil {
		t.Fatal(err)
	}
	if err := db.Expire(t.Context()); err != nil {
		t.Fatal(err)
	}
	if small := size(t, path); small > large/2 {
		t.Errorf("the file had %d bytes and has %d", large, small)
	}
	if err := db.Check(t.Context()); err != nil {
		t.Error(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestTheDatabaseStaysWithinItsBudget(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "unity.db")
	var n *noise
	const limit = 5 << 20
	options := sqlstore.Options{
		MaxBytes: limit,
		Now: func() time.Time {
			if n == nil {
				return time.UnixMilli(0)
			}
			return n.now
		},
	}
	db, err := sqlite.Open(t.Context(), path, options)
	if err != nil {
		t.Fatal(err)
	}
	n = newNoise(db, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	notes := func() string {
		stats, err := db.Stats(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(stats.Notes, " ")
	}
	for day := range 45 {
		n.day(t)
		if total := size(t, path); total > limit {
			t.Fatalf("after %d days the file has %d bytes", day+1, total)
		}
		if day == 2 && notes() != "" {
			t.Errorf("with room left it says %q", notes())
		}
	}
	tiers := db.Tiers()
	if tiers[0].Keep != 24*time.Hour || tiers[1].Keep >= 40*24*time.Hour || tiers[1].Keep <= 7*24*time.Hour ||
		tiers[2].Keep != 5*365*24*time.Hour {
		t.Errorf("kept are %v", tiers)
	}
	if !strings.Contains(notes(), "storage.max_bytes: samples") {
		t.Errorf("it says %q", notes())
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	// It is known after a start, and over when there is no limit any more.
	if db, err = sqlite.Open(t.Context(), path, options); err != nil {
		t.Fatal(err)
	}
	if again := db.Tiers(); again[0].Keep != tiers[0].Keep || again[1].Keep != tiers[1].Keep {
		t.Errorf("kept were %v and are %v", tiers, again)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	options.MaxBytes = 0
	if db, err = sqlite.Open(t.Context(), path, options); err != nil {
		t.Fatal(err)
	}
	if again := db.Tiers(); again[0].Keep != 30*24*time.Hour || notes() != "" {
		t.Errorf("without a limit kept are %v, and it says %q", again, notes())
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}
