package servers_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/unity-homelab/unity/test/servers"
)

func TestMain(m *testing.M) { os.Exit(servers.Main(m, servers.PostgreSQL(), servers.TimescaleDB())) }

// ask runs a query for one number on a connection of its own.
func ask(ctx context.Context, url, query string) (int, error) {
	connection, err := pgx.Connect(ctx, url)
	if err != nil {
		return 0, err
	}
	defer func() { _ = connection.Close(context.WithoutCancel(ctx)) }()
	var answer int
	return answer, connection.QueryRow(ctx, query).Scan(&answer)
}

func TestEachDatabaseIsEmptyAndGoesWithItsTest(t *testing.T) {
	t.Parallel()
	const tables = "SELECT count(*)::int FROM pg_class WHERE relname = 'made_by_a_test'"
	var urls []string
	for range 2 {
		t.Run("one", func(t *testing.T) {
			url := servers.Database(t, servers.PostgreSQL())
			urls = append(urls, url)
			if n, err := ask(t.Context(), url, tables); err != nil || n != 0 {
				t.Errorf("a new database has %d tables: %v", n, err)
			}
			connection, err := pgx.Connect(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := connection.Exec(t.Context(), "CREATE TABLE made_by_a_test ()"); err != nil {
				t.Error(err)
			}
			// The connection stays open: a test that forgets one must not keep the database.
		})
	}
	for _, url := range urls {
		if _, err := ask(t.Context(), url, "SELECT 1"); err == nil {
			t.Errorf("%s is still there", url)
		}
	}
}

func TestAServerEndsAndStartsAgain(t *testing.T) {
	t.Parallel()
	server := servers.Start(t, servers.PostgreSQL(), "fsync = off")
	answers := func(when string) {
		t.Helper()
		if n, err := ask(t.Context(), server.URL(), "SELECT 1"); err != nil || n != 1 {
			t.Fatalf("%s it answers %d: %v", when, n, err)
		}
	}
	silent := func(when string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		if _, err := ask(ctx, server.URL(), "SELECT 1"); err == nil {
			t.Fatalf("%s it answers", when)
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	answers("after the start")
	must(server.Stop())
	silent("after it was stopped")
	must(server.Start())
	answers("after it was started again")
	server.Kill()
	silent("after it was killed")
	must(server.Start())
	answers("after that start")
	must(server.Pause())
	silent("while it is paused")
	must(server.Resume())
	answers("when it goes on")
}

func TestADatabaseOfAnotherNameIsEmptyThereToo(t *testing.T) {
	t.Parallel()
	for range 2 {
		t.Run("one", func(t *testing.T) {
			url := servers.Database(t, servers.TimescaleDB())
			config, err := pgx.ParseConfig(strings.ReplaceAll(url, "&pool_max_conns=1", ""))
			if err != nil {
				t.Fatal(err)
			}
			connection, err := pgx.ConnectConfig(t.Context(), config)
			if err != nil {
				t.Fatal(err)
			}
			defer connection.Close(context.WithoutCancel(t.Context()))
			for _, statement := range []string{
				"CREATE EXTENSION timescaledb",
				"CREATE TABLE made_by_a_test (time timestamptz NOT NULL)",
				"SELECT create_hypertable('made_by_a_test', by_range('time'))",
			} {
				if _, err := connection.Exec(t.Context(), statement); err != nil {
					t.Errorf("%s: %v", statement, err)
				}
			}
		})
	}
}
