package sqlite_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/journal"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/sqlstore"
)

// breakWriting makes the database refuse whatever Seal writes, until the
// function that it returns is called.
func breakWriting(t *testing.T, path string) (mend func()) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	run := func(query string) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	run("CREATE TRIGGER broken BEFORE INSERT ON marks BEGIN SELECT RAISE(ABORT, 'out of order'); END")
	return func() { run("DROP TRIGGER broken") }
}

// eventEvery is how many records have an event.
const eventEvery = 300

// tell keeps record n of a source: a run with a sample of a series of its own,
// a state, a value and now and then an event.
func tell(t *testing.T, db *sqlstore.DB, source inventory.SourceID, n int) {
	t.Helper()
	at := time.UnixMilli(int64(n) * 1000)
	id := db.ID(labels.FromStrings(series.NameLabel, "told", "source", string(source)))
	rec := &journal.Record{
		Run:     inventory.Run{Source: source, Start: at, Outcome: inventory.Success, Samples: 1},
		State:   inventory.State{Source: source, Status: inventory.Healthy, LastRun: at, Failures: n},
		Time:    at.UnixMilli(),
		Samples: []series.Sample{{Series: id, Value: float64(n)}},
		Values:  map[string]json.RawMessage{"last": json.RawMessage(fmt.Sprint(n))},
	}
	if n%eventEvery == 0 {
		rec.Events = []inventory.Event{{Time: at, Kind: "told", Source: source, Title: fmt.Sprint(n)}}
	}
	if err := db.Commit(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
}

func TestWhileTheDatabaseIsAwayTheOldestSamplesGiveWay(t *testing.T) {
	t.Parallel()
	const bound, early, records = 64 << 10, 20, 6000
	dir := t.TempDir()
	path := filepath.Join(dir, "unity.db")
	db := mustOpen(t, path, sqlstore.Options{MaxJournalBytes: bound})
	if err := db.CreateSource(t.Context(), inventory.Source{ID: "early"}); err != nil {
		t.Fatal(err)
	}
	if err := db.CreateSource(t.Context(), inventory.Source{ID: "s"}); err != nil {
		t.Fatal(err)
	}
	mend := breakWriting(t, path)
	for n := range early {
		tell(t, db, "early", n)
	}
	if err := db.Seal(t.Context()); err == nil {
		t.Fatal("the database is not broken")
	}
	for n := range records {
		tell(t, db, "s", n)
	}
	check := func(db *sqlstore.DB, lost int) {
		t.Helper()
		found, err := series.History(t.Context(), db, series.Query{
			Matchers: []*labels.Matcher{labels.MustNewMatcher(labels.MatchEqual, "source", "s")},
			From:     time.UnixMilli(0), To: time.UnixMilli(1 << 50),
		})
		if err != nil || len(found) != 1 {
			t.Fatal(found, err)
		}
		points := found[0].Points
		first := int(points[0].Value)
		for i, point := range points {
			if point.Value != float64(first+i) {
				t.Fatalf("sample %d is %v: there is a hole", i, point.Value)
			}
		}
		if last := points[len(points)-1].Value; last != records-1 {
			t.Errorf("the newest sample is %v", last)
		}
		if lost >= 0 && first+early != lost {
			t.Errorf("%d samples gave way, and %d were counted", first+early, lost)
		}
		events, err := db.Events(t.Context(), inventory.EventFilter{Limit: 2 * records})
		if err != nil || len(events) != records/eventEvery+1 {
			t.Errorf("%d events are left: %v", len(events), err)
		}
		for source, last := range map[inventory.SourceID]int{"early": early - 1, "s": records - 1} {
			values, err := db.Values(t.Context(), source)
			if err != nil || string(values["last"]) != fmt.Sprint(last) {
				t.Errorf("%s keeps %s: %v", source, values["last"], err)
			}
		}
		states, err := db.States(t.Context())
		if err != nil || len(states) != 2 || states[0].Failures != early-1 || states[1].Failures != records-1 {
			t.Errorf("the states are %v: %v", states, err)
		}
	}
	stats, err := db.Stats(t.Context())
	if err != nil || stats.JournalBytes > bound || stats.Trouble == nil || stats.Lost.Samples < records/4 || stats.Lost.Runs != stats.Lost.Samples {
		t.Errorf("got %+v, %v", stats, err)
	}
	check(db, int(stats.Lost.Samples))

	killed := t.TempDir() // a kill now leaves this behind
	if err := os.CopyFS(killed, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	check(mustOpen(t, filepath.Join(killed, "unity.db"), sqlstore.Options{MaxJournalBytes: bound}), -1)

	mend()
	if err := db.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	check(db, int(stats.Lost.Samples))
	if stats, err := db.Stats(t.Context()); err != nil || stats.Trouble != nil || stats.OpenSamples != 0 {
		t.Errorf("after it came back: %+v, %v", stats, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	check(mustOpen(t, path, sqlstore.Options{}), -1)
}

func TestANearlyFullDiskStopsStoringUntilThereIsRoom(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "unity.db")
	synctest.Test(t, func(t *testing.T) {
		var free atomic.Int64
		free.Store(1 << 30)
		db := mustOpen(t, path, sqlstore.Options{Free: func() (int64, error) { return free.Load(), nil }, MinFree: 100 << 20})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- db.Run(ctx) }()
		pass := func() {
			time.Sleep(time.Minute)
			synctest.Wait()
		}
		pass()
		commit(t, db, 1)
		free.Store(99 << 20)
		pass()
		if err := try(t, db, 2); fault.Of(err) != fault.Unreachable || fault.Hint(err) == "" {
			t.Errorf("with little room, got %v", err)
		}
		if stats, err := db.Stats(t.Context()); err != nil || stats.Trouble == nil {
			t.Errorf("got %+v, %v", stats, err)
		}
		free.Store(101 << 20) // a little is not enough, or it would go to and fro
		pass()
		if err := try(t, db, 2); err == nil {
			t.Error("it goes on too soon")
		}
		free.Store(200 << 20)
		pass()
		commit(t, db, 3)
		if got := samples(t, db); got != 2 {
			t.Errorf("%d records are there", got)
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
