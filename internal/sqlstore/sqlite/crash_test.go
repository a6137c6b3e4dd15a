package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/journal"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/sqlstore"
	"github.com/unity-homelab/unity/internal/sqlstore/sqlite"
)

const (
	crashFolder = "UNITY_CRASH_FOLDER" // set in the process that is to be killed
	crashRounds = "UNITY_CRASH_ROUNDS" // how often; 5 when unset
	crashSeries = 5
)

// TestNothingAcknowledgedIsLostByAKill runs this test binary as a process that
// commits record after record and says so, and kills it at random moments.
func TestNothingAcknowledgedIsLostByAKill(t *testing.T) {
	t.Parallel()
	rounds := 5
	if asked, err := strconv.Atoi(os.Getenv(crashRounds)); err == nil {
		rounds = asked
	}
	dir := t.TempDir()
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	acknowledged := -1
	for round := range rounds {
		acknowledged = max(acknowledged, killAfter(t, dir, 1+random.IntN(700)))
		// Now and then nobody looks, so that a kill hits what another one left.
		if round%3 == 2 || round == rounds-1 {
			checkAll(t, dir, acknowledged)
		}
		if t.Failed() {
			t.Fatalf("in round %d, with %d records acknowledged", round, acknowledged+1)
		}
	}
	t.Logf("%d kills, %d records", rounds, acknowledged+1)
}

// killAfter kills the process when it has acknowledged n more records, and
// returns the last that it acknowledged.
func killAfter(t *testing.T, dir string, n int) int {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), crashFolder+"="+dir)
	child.Stderr = os.Stderr
	output, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	last := -1
	for lines := bufio.NewScanner(output); lines.Scan(); {
		number, err := strconv.Atoi(lines.Text())
		if err != nil {
			t.Errorf("the process says %q", lines.Text())
			break
		}
		last = number
		if n--; n == 0 {
			if err := child.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
	}
	_ = child.Wait() // it was killed
	return last
}

// checkAll opens the store and looks for every record.
func checkAll(t *testing.T, dir string, acknowledged int) {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(dir, "unity.db"), sqlstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := db.Check(t.Context()); err != nil {
		t.Error(err)
	}
	found, err := series.History(t.Context(), db, series.Query{From: time.UnixMilli(0), To: time.UnixMilli(1 << 50)})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != crashSeries {
		t.Fatalf("there are %d series, want %d", len(found), crashSeries)
	}
	records := len(found[0].Points)
	if records <= acknowledged {
		t.Errorf("there are %d records, and %d were acknowledged", records, acknowledged+1)
	}
	for _, one := range found {
		if len(one.Points) != records {
			t.Errorf("%s has %d samples, another series %d: half of a record is there", one.Labels, len(one.Points), records)
		}
		for n, point := range one.Points {
			if point != (series.Point{Time: int64(n) * 1000, Value: float64(n)}) {
				t.Fatalf("sample %d of %s is %v", n, one.Labels, point)
			}
		}
	}
	runs, err := db.Runs(t.Context(), inventory.RunFilter{Source: "s", Limit: records + 10})
	if err != nil || len(runs) != records {
		t.Errorf("there are %d runs of %d records: %v", len(runs), records, err)
	}
	events, err := db.Events(t.Context(), inventory.EventFilter{Limit: records + 10})
	if err != nil || len(events) != records {
		t.Errorf("there are %d events of %d records: %v", len(events), records, err)
	}
	for i, event := range events {
		if want := int64(records - i); event.ID != want || event.Title != fmt.Sprint(want-1) {
			t.Fatalf("event %d has number %d and title %q", i, event.ID, event.Title)
		}
	}
}

// TestMain runs the tests or, when it is told to, is the process that is to be
// killed.
func TestMain(m *testing.M) {
	dir := os.Getenv(crashFolder)
	if dir == "" {
		os.Exit(m.Run())
	}
	fmt.Fprintln(os.Stderr, commitUntilKilled(context.Background(), dir))
	os.Exit(1)
}

// commitUntilKilled commits record after record, and prints the number of each
// that it committed.
func commitUntilKilled(ctx context.Context, dir string) error {
	db, err := sqlite.Open(ctx, filepath.Join(dir, "unity.db"), sqlstore.Options{
		SealSamples: 300,
		Now:         func() time.Time { return time.UnixMilli(1) }, // nothing gets old
	})
	if err != nil {
		return err
	}
	if err := db.CreateSource(ctx, inventory.Source{ID: "s"}); err != nil && fault.Of(err) != fault.Conflict {
		return err
	}
	go func() { _ = db.Run(ctx) }()
	next := 0
	if latest, err := db.Latest(ctx); err != nil {
		return err
	} else if len(latest) > 0 {
		next = int(latest[0].Point.Value) + 1
	}
	ids := make([]series.ID, crashSeries)
	for i := range ids {
		ids[i] = db.ID(labels.FromStrings(series.NameLabel, "crash", "i", strconv.Itoa(i)))
	}
	for n := next; ; n++ {
		at := time.UnixMilli(int64(n) * 1000)
		rec := &journal.Record{
			Run:    inventory.Run{Source: "s", Start: at, Outcome: inventory.Success, Samples: crashSeries},
			State:  inventory.State{Source: "s", Status: inventory.Healthy, LastRun: at},
			Time:   at.UnixMilli(),
			Events: []inventory.Event{{Time: at, Kind: "k", Title: strconv.Itoa(n)}},
		}
		for _, id := range ids {
			rec.Samples = append(rec.Samples, series.Sample{Series: id, Value: float64(n)})
		}
		if err := db.Commit(ctx, rec); err != nil {
			return err
		}
		fmt.Println(n)
	}
}
