package mysql_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/journal"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/sqlstore"
	"github.com/unity-homelab/unity/internal/sqlstore/mysql"
	"github.com/unity-homelab/unity/test/servers"
)

func mustOpen(t *testing.T, address string, options sqlstore.Options) *sqlstore.DB {
	t.Helper()
	db, err := mysql.Open(t.Context(), address, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// yesterday is the beginning of that day. A test asks once: midnight may come while
// it runs.
func yesterday() time.Time { return time.Now().Add(-24 * time.Hour).Truncate(24 * time.Hour) }

// record is run n of a source since a time, with a sample and an event.
func record(db *sqlstore.DB, since time.Time, n int) *journal.Record {
	at := since.Add(time.Duration(n) * time.Second)
	id := db.ID(labels.FromStrings(series.NameLabel, "m"))
	return &journal.Record{
		Run:     inventory.Run{Source: "s", Start: at, Outcome: inventory.Success, Samples: 1},
		Time:    at.UnixMilli(),
		Samples: []series.Sample{{Series: id, Value: float64(n)}},
		Events:  []inventory.Event{{Time: at, Kind: "k", Source: "s"}},
	}
}

// wantAll checks that the records from 0 on are in the database, each once.
func wantAll(t *testing.T, db *sqlstore.DB, address string, n int) {
	t.Helper()
	found, err := series.History(t.Context(), db, series.Query{
		Matchers: []*labels.Matcher{labels.MustNewMatcher(labels.MatchEqual, series.NameLabel, "m")},
		From:     time.UnixMilli(0), To: time.UnixMilli(1 << 50),
	})
	must(t, err)
	if len(found) != 1 || len(found[0].Points) != n {
		t.Fatalf("%d series are there, want one with %d samples", len(found), n)
	}
	for i, point := range found[0].Points {
		if point.Value != float64(i) {
			t.Fatalf("sample %d is %v", i, point.Value)
		}
	}
	beside := beside(t, address)
	for _, table := range []string{"runs", "events", "samples"} {
		var rows int
		must(t, beside.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+table).Scan(&rows))
		if rows != n {
			t.Errorf("table %s has %d rows, want %d", table, rows, n)
		}
	}
}

func TestARowThatAnotherHoldsIsWaitedForAndThenWritten(t *testing.T) {
	t.Parallel()
	since := yesterday()
	address := servers.Database(t, servers.MariaDB())
	db := mustOpen(t, address, sqlstore.Options{Journal: t.TempDir()})
	must(t, db.Commit(t.Context(), record(db, since, 0)))
	must(t, db.Seal(t.Context()))
	other := beside(t, address)
	tx, err := other.BeginTx(t.Context(), nil)
	must(t, err)
	_, err = tx.ExecContext(t.Context(), "UPDATE marks SET value = value + 0 WHERE name <> ''")
	must(t, err)
	if _, err := tx.ExecContext(t.Context(), "SELECT * FROM marks FOR UPDATE"); err != nil {
		t.Fatal(err)
	}
	must(t, db.Commit(t.Context(), record(db, since, 1)))
	err = db.Seal(t.Context())
	if fault.Of(err) != fault.Timeout || fault.Hint(err) == "" {
		t.Errorf("got %v (hint: %q), want a fault of kind timeout", err, fault.Hint(err))
	}
	must(t, tx.Rollback())
	must(t, db.Seal(t.Context()))
	wantAll(t, db, address, 2)
}

func TestATableThatAnotherChangesHoldsNobodyUpForLong(t *testing.T) {
	t.Parallel()
	since := yesterday()
	address := servers.Database(t, servers.MariaDB())
	db := mustOpen(t, address, sqlstore.Options{Journal: t.TempDir()})
	other, err := beside(t, address).Conn(t.Context())
	must(t, err)
	defer other.Close()
	_, err = other.ExecContext(t.Context(), "LOCK TABLES samples WRITE")
	must(t, err)
	must(t, db.Commit(t.Context(), record(db, since, 0)))
	if err := db.Seal(t.Context()); fault.Of(err) != fault.Timeout {
		t.Errorf("got %v, want a fault of kind timeout", err)
	}
	_, err = other.ExecContext(t.Context(), "UNLOCK TABLES")
	must(t, err)
	must(t, db.Seal(t.Context()))
	wantAll(t, db, address, 1)
}

func TestWhatIsLongerThanAPacketIsWrittenInParts(t *testing.T) {
	t.Parallel()
	since := yesterday()
	server := servers.Start(t, servers.MariaDB(), "max_allowed_packet = 4M")
	address, err := server.CreateDatabase(t.Context(), "unity")
	must(t, err)
	db := mustOpen(t, address, sqlstore.Options{Journal: t.TempDir()})
	documents := make([]json.RawMessage, 12)
	for i := range documents {
		noise := make([]byte, 700<<10)
		_, _ = rand.Read(noise)
		text, err := json.Marshal(noise)
		must(t, err)
		documents[i] = text
		rec := record(db, since, i)
		source := inventory.SourceID(fmt.Sprint("s", i))
		rec.Run.Source, rec.Snapshot = source, text
		rec.Values = map[string]json.RawMessage{"noise": text}
		must(t, db.Commit(t.Context(), rec))
	}
	must(t, db.Seal(t.Context()))
	for i, want := range documents {
		source := inventory.SourceID(fmt.Sprint("s", i))
		snapshot, err := db.Snapshot(t.Context(), source, time.Time{})
		must(t, err)
		values, err := db.Values(t.Context(), source)
		must(t, err)
		if !bytes.Equal(snapshot.Document, want) || !bytes.Equal(values["noise"], want) {
			t.Errorf("snapshot and value of %s differ", source)
		}
	}
}

func TestAServerThatTakesNoChangesIsSaid(t *testing.T) {
	t.Parallel()
	since := yesterday()
	server := servers.Start(t, servers.MariaDB())
	address, err := server.CreateDatabase(t.Context(), "unity")
	must(t, err)
	mine := as(t, address, "ALL PRIVILEGES")
	db := mustOpen(t, mine, sqlstore.Options{Journal: t.TempDir()})
	run(t, beside(t, address), "SET GLOBAL read_only = 1")
	must(t, db.Commit(t.Context(), record(db, since, 0)))
	err = db.Seal(t.Context())
	if fault.Of(err) != fault.Permission || !strings.Contains(fault.Hint(err), "replica") {
		t.Errorf("got %v (hint: %q), want a fault of kind permission", err, fault.Hint(err))
	}
	run(t, beside(t, address), "SET GLOBAL read_only = 0")
	must(t, db.Seal(t.Context()))
	wantAll(t, db, address, 1)
}

func TestAServerThatStandsStillIsGivenUpAndTriedAgain(t *testing.T) {
	t.Parallel()
	since := yesterday()
	server := servers.Start(t, servers.MariaDB())
	address, err := server.CreateDatabase(t.Context(), "unity")
	must(t, err)
	db := mustOpen(t, address, sqlstore.Options{Journal: t.TempDir(), SealTimeout: time.Second})
	must(t, db.Commit(t.Context(), record(db, since, 0)))
	must(t, seal(t, db))
	must(t, server.Pause())
	must(t, db.Commit(t.Context(), record(db, since, 1)))
	began := time.Now()
	err = db.Seal(t.Context())
	if kind := fault.Of(err); kind != fault.Timeout && kind != fault.Unreachable {
		t.Errorf("got %v, want a fault of kind timeout", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if _, err := db.Sources(ctx); fault.Of(err) != fault.Timeout {
		t.Errorf("reading: got %v, want a fault of kind timeout", err)
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("it took %v", took)
	}
	must(t, server.Resume())
	must(t, seal(t, db))
	wantAll(t, db, address, 2)
}

// seal writes what waits, for as long as the server is not ready for it.
func seal(t *testing.T, db *sqlstore.DB) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	for {
		err := db.Seal(ctx)
		if err == nil || ctx.Err() != nil || !fault.Of(err).Temporary() && fault.Of(err) != fault.Conflict {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func TestNothingIsLostOrThereTwiceWhenTheServerDiesWhileItWrites(t *testing.T) {
	t.Parallel()
	since := yesterday()
	server := servers.Start(t, servers.MariaDB())
	address, err := server.CreateDatabase(t.Context(), "unity")
	must(t, err)
	db := mustOpen(t, address, sqlstore.Options{Journal: t.TempDir(), SealTimeout: 10 * time.Second})
	n := 0
	for round := range 4 {
		// It is written again and again, and in the midst of it the server ends.
		failed := make(chan error, 1)
		reached := make(chan struct{})
		go func() {
			for i := 0; ; i++ {
				if i == 20+7*round {
					close(reached)
				}
				if err := db.Commit(t.Context(), record(db, since, n)); err != nil {
					failed <- err
					return
				}
				n++
				if err := db.Seal(t.Context()); err != nil {
					failed <- err
					return
				}
			}
		}()
		<-reached
		if round%2 == 0 {
			server.Kill()
		} else {
			must(t, server.Stop())
		}
		if err := <-failed; !fault.Of(err).Temporary() || fault.Hint(err) == "" {
			t.Errorf("got %v of kind %s (hint: %q), want a fault that may pass", err, fault.Of(err), fault.Hint(err))
		}
		must(t, db.Commit(t.Context(), record(db, since, n))) // goes on into the journal
		n++
		must(t, server.Start())
		must(t, seal(t, db))
		wantAll(t, db, address, n)
	}
}
