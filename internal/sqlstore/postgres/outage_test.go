package postgres_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/sqlstore"
	"github.com/unity-homelab/unity/internal/sqlstore/postgres"
	"github.com/unity-homelab/unity/test/servers"
)

// away says whether a fault is what a database that is away gives.
func away(err error) bool {
	return slices.Contains([]fault.Kind{fault.Unreachable, fault.Refused, fault.Timeout}, fault.Of(err))
}

// on opens a store on a server of the test's own.
func on(t *testing.T, server *servers.Server, timeout time.Duration) (db *sqlstore.DB, url string) {
	t.Helper()
	url, err := server.CreateDatabase(t.Context(), "unity")
	must(t, err)
	db, err = postgres.Open(t.Context(), url, sqlstore.Options{Journal: t.TempDir(), SealTimeout: timeout})
	must(t, err)
	return db, url
}

func TestNothingIsLostWhileTheServerIsStopped(t *testing.T) {
	t.Parallel()
	server := servers.Start(t, servers.PostgreSQL())
	db, _ := on(t, server, time.Minute)
	defer db.Close()
	commit(t, db, noon(), map[string]float64{"a": 0})
	must(t, db.Seal(t.Context()))
	must(t, server.Stop())
	for i := range 5 {
		commit(t, db, noon().Add(time.Duration(i+1)*time.Minute), map[string]float64{"a": float64(i + 1)})
		if err := db.Seal(t.Context()); !away(err) || fault.Hint(err) == "" {
			t.Errorf("while the server is stopped, writing says %v", err)
		}
	}
	if _, err := db.Sources(t.Context()); !away(err) {
		t.Errorf("while the server is stopped, reading says %v", err)
	}
	if stats, err := db.Stats(t.Context()); err != nil || stats.Trouble == nil {
		t.Errorf("the figures do not tell of it: %+v, %v", stats, err)
	}
	must(t, server.Start())
	must(t, db.Seal(t.Context()))
	if got := content(t, db)["a"]; len(got) != 6 {
		t.Errorf("afterwards there are samples %v, want 6", got)
	}
	if stats, err := db.Stats(t.Context()); err != nil || stats.Trouble != nil || stats.OpenSamples != 0 {
		t.Errorf("the figures tell of trouble still: %+v, %v", stats, err)
	}
}

func TestAKilledServerHasEverySampleOnce(t *testing.T) {
	t.Parallel()
	const rounds, each = 8, 40
	server := servers.Start(t, servers.PostgreSQL())
	db, url := on(t, server, time.Minute)
	defer db.Close()
	random := rand.New(rand.NewPCG(1, 2))
	minute := 0
	for range rounds {
		sealed := make(chan error, 1)
		for range each {
			commit(t, db, noon().Add(time.Duration(minute)*time.Minute), map[string]float64{"a": float64(minute), "b": 1})
			minute++
		}
		go func() { sealed <- db.Seal(context.WithoutCancel(t.Context())) }()
		// Somewhere between the first statement and after the commit.
		timer := time.NewTimer(time.Duration(random.Int64N(int64(15 * time.Millisecond))))
		<-timer.C
		server.Kill()
		if err := <-sealed; err != nil && !away(err) {
			t.Errorf("when the server is killed, writing says %v", err)
		}
		must(t, server.Start())
		// A connection that was used a moment ago is found to be broken only then.
		err := db.Seal(t.Context())
		for attempt := 0; away(err) && attempt < 5; attempt++ {
			err = db.Seal(t.Context())
		}
		must(t, err)
	}
	if n := query[int64](t, url, "SELECT count(*) FROM samples"); n != int64(2*minute) {
		t.Errorf("the database has %d samples, want %d", n, 2*minute)
	}
	if n := query[int64](t, url, "SELECT sum(value)::bigint FROM samples JOIN series ON id = series WHERE name = 'a'"); n != int64(minute*(minute-1)/2) {
		t.Errorf("the samples add up to %d, want %d", n, minute*(minute-1)/2)
	}
	runs, err := db.Runs(t.Context(), inventory.RunFilter{Source: "disk", Limit: 10 * minute})
	must(t, err)
	if len(runs) != minute {
		t.Errorf("there are %d runs, want %d", len(runs), minute)
	}
}

// seal writes, again and again while a second is too short for it.
func seal(t *testing.T, db *sqlstore.DB) (err error) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		if err = db.Seal(t.Context()); fault.Of(err) != fault.Timeout {
			break
		}
	}
	return err
}

func TestAServerThatStandsStillIsGivenUpInTime(t *testing.T) {
	t.Parallel()
	server := servers.Start(t, servers.PostgreSQL())
	db, _ := on(t, server, time.Second)
	defer db.Close()
	commit(t, db, noon(), map[string]float64{"a": 1})
	must(t, seal(t, db))
	must(t, server.Pause())
	commit(t, db, noon().Add(time.Minute), map[string]float64{"a": 2})
	started := time.Now()
	if err := db.Seal(t.Context()); fault.Of(err) != fault.Timeout {
		t.Errorf("writing to a server that stands still says %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := db.Sources(ctx); fault.Of(err) != fault.Timeout {
		t.Errorf("reading from a server that stands still says %v", err)
	}
	if took := time.Since(started); took > 30*time.Second {
		t.Errorf("it took %s to give it up", took)
	}
	must(t, server.Resume())
	// What was sent before may be done first; the lock is free then.
	must(t, seal(t, db))
	want := []string{"1778068800000 3ff0000000000000", "1778068860000 4000000000000000"}
	if diff := cmp.Diff(want, content(t, db)["a"]); diff != "" {
		t.Errorf("afterwards samples differ (-want +got):\n%s", diff)
	}
}

func TestAServerWithoutFreeConnectionsDisturbsNobodyWhoHasOne(t *testing.T) {
	t.Parallel()
	server := servers.Start(t, servers.PostgreSQL(), "max_connections = 5", "superuser_reserved_connections = 0")
	db, url := on(t, server, time.Minute)
	defer db.Close()
	if _, err := db.Hosts(t.Context()); err != nil { // by a connection that stays open
		t.Fatal(err)
	}
	guests := connection(t, url)
	for range 5 {
		if _, err := guests.Conn(t.Context()); err != nil {
			break
		}
	}
	_, err := postgres.Open(t.Context(), url+"&search_path=pg_temp", sqlstore.Options{Journal: t.TempDir()})
	if fault.Of(err) != fault.Unreachable || fault.Hint(err) == "" {
		t.Errorf("one more Unity is told %v", err)
	}
	commit(t, db, noon(), map[string]float64{"a": 1})
	must(t, db.Seal(t.Context()))
	if _, err := db.Hosts(t.Context()); err != nil {
		t.Errorf("who is connected already is told %v", err)
	}
	must(t, guests.Close())
}
