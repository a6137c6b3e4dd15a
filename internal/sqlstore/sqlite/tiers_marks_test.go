package sqlite_test

import (
	"database/sql"
	"math"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/unity-homelab/unity/internal/series/tier"
	"github.com/unity-homelab/unity/internal/sqlstore"
	"github.com/unity-homelab/unity/internal/sqlstore/sqlite"
)

func TestADatabaseWhoseTiersWereMadeTogetherGoesOn(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "unity.db")
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	// Where samples are about to go, all tiers are made equally far.
	options := sqlstore.Options{RawRetention: time.Hour, Now: func() time.Time { return now }}
	db, err := sqlite.Open(t.Context(), path, options)
	if err != nil {
		t.Fatal(err)
	}
	n := newNoise(db, now)
	fill := func(days int) {
		t.Helper()
		n.db = db
		for range days {
			n.day(t)
			now = n.now
		}
		now = n.now.Add(time.Hour)
		if err := db.Roll(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	fill(5)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	// Then one pair of marks said how far that is.
	file, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	gone, err := file.ExecContext(t.Context(), "DELETE FROM marks WHERE name LIKE 'tiers%3600'")
	if err != nil {
		t.Fatal(err)
	}
	if rows, err := gone.RowsAffected(); rows != 2 || err != nil {
		t.Fatalf("%d marks of the hours, %v; want 2", rows, err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}

	options.RawRetention = 30 * 24 * time.Hour
	stored := 5 * 24 * 12
	for _, want := range []struct {
		days       int
		fine, hour int
	}{{0, 5, 5}, {3, 5, 8}, {40, 19, 48}} {
		if db, err = sqlite.Open(t.Context(), path, options); err != nil {
			t.Fatal(err)
		}
		fill(want.days)
		tiers := db.Tiers()
		for i, days := range []int{want.fine, want.hour} {
			until := time.UnixMilli(tiers[i+1].Until).UTC()
			if want := time.Date(2026, 1, 1+days, 0, 0, 0, 0, time.UTC); !until.Equal(want) {
				t.Errorf("buckets of %v are made until %v, want %v", tiers[i+1].Step, until, want)
			}
		}
		stored += want.days * 24 * 12
		for _, step := range tier.Steps() {
			if counted := count(t, db, step); counted != stored {
				t.Errorf("after %d days more the buckets of %v count %d samples, want %d", want.days, step, counted, stored)
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// count adds up how many samples of the first series its buckets count.
func count(t *testing.T, db *sqlstore.DB, step time.Duration) int {
	t.Helper()
	querier, err := db.Buckets(step, tier.Count, 0, math.MaxInt64)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = querier.Close() }()
	found := querier.Select(t.Context(), false, nil, labels.MustNewMatcher(labels.MatchEqual, "i", "0"))
	total := 0.0
	for found.Next() {
		it := found.At().Iterator(nil)
		for it.Next() != chunkenc.ValNone {
			_, n := it.At()
			total += n
		}
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	return int(total)
}
