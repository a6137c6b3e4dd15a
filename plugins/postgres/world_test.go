package postgres_test

import (
	"context"
	"net/url"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/postgres"
	"github.com/unity-homelab/unity/test/servers"
)

const monitorPassword = "monitor's own"

// recipe is what the README tells people to run, to the letter.
const recipe = `CREATE ROLE monitor LOGIN PASSWORD '` + `monitor''s own` + `';
GRANT pg_monitor TO monitor;`

// usual are the settings of servers in tests: quick, and with all that can be
// measured.
func usual(more ...string) []string {
	return append([]string{"fsync = off", "track_io_timing = on", "deadlock_timeout = '100ms'"}, more...)
}

// connect connects as the superuser to a database of the server.
func connect(t testing.TB, server *servers.Server, database string) *pgx.Conn {
	t.Helper()
	address, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	if database != "" {
		address.Path = "/" + database
	}
	conn, err := pgx.Connect(t.Context(), address.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

func execute(t testing.TB, conn *pgx.Conn, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := conn.Exec(t.Context(), statement, pgx.QueryExecModeSimpleProtocol); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// configOf is how the monitor reaches a server.
func configOf(t testing.TB, server *servers.Server, more plugintest.Settings) string {
	t.Helper()
	usual := plugintest.Settings{"host": "127.0.0.1", "port": server.Port(), "password": monitorPassword}
	return usual.With(more).JSON(t)
}

// watch opens a collector for the server.
func watch(t testing.TB, server *servers.Server, more plugintest.Settings) plugin.Collector {
	t.Helper()
	return plugintest.Live(t, postgres.Plugin(), configOf(t, server, more))
}

// collect collects once, and wants it to be without problems.
func collect(t *testing.T, c plugin.Collector) *plugin.Batch {
	t.Helper()
	return plugintest.CollectAll(t, postgres.Plugin(), c)
}
