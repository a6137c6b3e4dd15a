package postgres_test

import (
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/postgres"
	"github.com/unity-homelab/unity/test/servers"
)

// attempt collects once within the time given.
func attempt(t *testing.T, c plugin.Collector, within time.Duration) (*plugin.Batch, error) {
	t.Helper()
	return plugintest.Attempt(t, postgres.Plugin(), c, within)
}

// One collector lives through everything that happens to a server.
func TestAServerThatComesAndGoesIsExplained(t *testing.T) {
	t.Parallel()
	server := servers.Start(t, servers.PostgreSQL(), usual()...)
	super := connect(t, server, "")
	execute(t, super, recipe)
	staysSmall(t, server)
	execute(t, super, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'monitor'", "ALTER ROLE monitor CONNECTION LIMIT 1")
	c := watch(t, server, nil)
	collect(t, c)
	says := func(when string, err error, kind fault.Kind, text, hint string) {
		t.Helper()
		plugintest.WantFault(t, err, kind, text, hint)
		if err != nil && strings.Contains(err.Error()+fault.Hint(err), monitorPassword) {
			t.Errorf("%s: the password is shown: %v", when, err)
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}

	if _, err := attempt(t, watch(t, server, nil), 5*time.Second); true {
		says("with no connection left", err, fault.RateLimited, "too many connections for role", "the limit of the role")
	}
	execute(t, super, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'monitor'")
	collect(t, c) // a new connection within the same run

	execute(t, super, "REVOKE pg_monitor FROM monitor")
	batch, err := attempt(t, c, 5*time.Second)
	must(err)
	if problems := batch.Problems(); len(problems) != 1 {
		t.Errorf("without the right there are %d problems: %v", len(problems), problems)
	} else {
		says("without the right", problems[0], fault.Partial, "lacks the right pg_monitor", `GRANT pg_monitor TO "monitor"`)
	}
	if checker, ok := c.(plugin.Checker); ok {
		says("checking without the right", checker.Check(t.Context()), fault.Permission, "lacks the right pg_monitor", "GRANT")
	}
	execute(t, super, "GRANT pg_monitor TO monitor")
	collect(t, c)

	must(server.Pause())
	_, err = attempt(t, c, 300*time.Millisecond)
	says("while the server hangs", err, fault.Timeout, "no answer in time", "busy or hangs")
	must(server.Resume())
	execute(t, super, "ALTER ROLE monitor CONNECTION LIMIT -1") // what hung may not have ended yet
	collect(t, c)

	execute(t, super, "ALTER ROLE monitor PASSWORD 'another'")
	collect(t, c) // the connection is still there
	server.Kill()
	_, err = attempt(t, c, 5*time.Second)
	says("after a kill", err, fault.Refused, "connection refused", "see whether the service runs")
	must(server.Start())
	_, err = attempt(t, c, 5*time.Second)
	says("after a restart, with another password", err, fault.Auth, "password authentication failed", "ALTER ROLE")
	super = connect(t, server, "")
	execute(t, super, "ALTER ROLE monitor PASSWORD 'monitor''s own'")
	collect(t, c)

	must(server.Stop())
	_, err = attempt(t, c, 5*time.Second)
	says("after a stop", err, fault.Refused, "connection refused", "see whether the service runs")
	must(server.Start())
	collect(t, c)

	for name, wrong := range map[string]struct {
		config     plugintest.Settings
		kind       fault.Kind
		text, hint string
	}{
		"another database":  {plugintest.Settings{"database": "nowhere"}, fault.NotFound, `database "nowhere" does not exist`, "postgres"},
		"encryption":        {plugintest.Settings{"tls": "require"}, fault.TLS, "offers no encryption", "ssl"},
		"a name":            {plugintest.Settings{"host": "nas.invalid"}, fault.DNS, "no such host", "check the name"},
		"no socket":         {plugintest.Settings{"host": t.TempDir()}, fault.Unreachable, "no such socket", "unix_socket_directories"},
		"a URL, wrong user": {plugintest.Settings{"dsn": "postgres://nobody:secret-word@" + server.Address() + "/postgres"}, fault.Auth, "password authentication failed", "password"},
		"no URL":            {plugintest.Settings{"dsn": "mysql://nobody:secret-word@x"}, fault.Config, "not a connection URL", "postgres://"},
	} {
		_, err := attempt(t, plugintest.Live(t, postgres.Plugin(), configOf(t, server, wrong.config)), 5*time.Second)
		says(name, err, wrong.kind, wrong.text, wrong.hint)
		if err != nil && strings.Contains(err.Error(), "secret-word") {
			t.Errorf("%s: the password is shown: %v", name, err)
		}
	}
	collect(t, plugintest.Live(t, postgres.Plugin(), `{"dsn": "postgres://monitor:monitor%27s%20own@`+server.Address()+`/postgres"}`))
}

// staysSmall checks that the user of the recipe can neither read tables nor change
// anything.
func staysSmall(t *testing.T, server *servers.Server) {
	t.Helper()
	super := connect(t, server, "")
	execute(t, super, "CREATE TABLE secrets (x int)", "CREATE DATABASE shop", "REVOKE CONNECT ON DATABASE shop FROM public", "SET ROLE monitor")
	for _, statement := range []string{
		"SELECT * FROM secrets", "CREATE TABLE public.mine (x int)", "SELECT pg_read_file('/etc/passwd')", "ALTER SYSTEM SET work_mem = '1MB'",
	} {
		if _, err := super.Exec(t.Context(), statement); err == nil {
			t.Errorf("the monitor may %s", statement)
		}
	}
	batch := plugintest.Collect(t, postgres.Plugin(), watch(t, server, plugintest.Settings{"collect_table_stats": true}))
	if plugintest.Values(batch)[`postgres_database_size_bytes{db="shop"}`] == 0 {
		t.Error("the size of a database that nobody may connect to is not known")
	}
	if problems := batch.Problems(); len(problems) != 1 || !strings.Contains(problems[0].Error(), "looking at the tables of shop") {
		t.Errorf("the tables of a database that may not be connected to: %v", problems)
	}
}
