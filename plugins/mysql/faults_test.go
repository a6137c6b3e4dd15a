package mysql_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/mysql"
	"github.com/unity-homelab/unity/test/servers"
)

// attempt collects once within the time given.
func attempt(t *testing.T, c plugin.Collector, within time.Duration) (*plugin.Batch, error) {
	t.Helper()
	return plugintest.Attempt(t, mysql.Plugin(), c, within)
}

// One collector lives through everything that happens to a server.
func TestAServerThatComesAndGoesIsExplained(t *testing.T) {
	t.Parallel()
	server := servers.Start(t, servers.MariaDB(), usual()...)
	super := connect(t, server)
	execute(t, super, recipe)
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
	staysSmall(t, server)
	c := watch(t, server, nil)
	collect(t, c)

	execute(t, super, "KILL USER monitor")
	collect(t, c) // a new connection within the same run

	execute(t, super, "ALTER USER monitor WITH MAX_USER_CONNECTIONS 1", "KILL USER monitor")
	collect(t, c)
	_, err := attempt(t, watch(t, server, nil), 5*time.Second)
	says("with no connection left", err, fault.RateLimited, "max_user_connections", "limit of the user")
	execute(t, super, "ALTER USER monitor WITH MAX_USER_CONNECTIONS 0")

	// A right counts from the next connection on.
	execute(t, super, "REVOKE PROCESS, BINLOG MONITOR, SLAVE MONITOR ON *.* FROM monitor", "KILL USER monitor")
	batch, err := attempt(t, c, 5*time.Second)
	must(err)
	if problems := batch.Problems(); len(problems) != 3 {
		t.Errorf("without rights there are %d problems: %v", len(problems), problems)
	} else {
		says("without rights", problems[0], fault.Partial, "lacks the right PROCESS", "GRANT PROCESS, BINLOG MONITOR, SLAVE MONITOR ON *.* TO 'monitor'@'%'")
	}
	if checker, ok := c.(plugin.Checker); ok {
		says("checking without rights", checker.Check(t.Context()), fault.Permission, "PROCESS", "GRANT")
	}
	execute(t, super, "GRANT PROCESS, BINLOG MONITOR, SLAVE MONITOR ON *.* TO monitor", "KILL USER monitor")
	collect(t, c)

	must(server.Pause())
	_, err = attempt(t, c, 300*time.Millisecond)
	says("while the server hangs", err, fault.Timeout, "no answer in time", "busy or hangs")
	must(server.Resume())
	collect(t, c)

	execute(t, super, "ALTER USER monitor IDENTIFIED BY 'another'")
	collect(t, c) // the connection is still there
	server.Kill()
	_, err = attempt(t, c, 5*time.Second)
	says("after a kill", err, fault.Refused, "connection refused", "see whether the service runs")
	must(server.Start())
	_, err = attempt(t, c, 5*time.Second)
	says("after a restart, with another password", err, fault.Auth, "Access denied for user", "correct user and password")
	execute(t, connect(t, server), "ALTER USER monitor IDENTIFIED BY 'monitors-own'")
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
		"encryption":               {plugintest.Settings{"tls": "require"}, fault.TLS, "offers no encryption", "ssl_cert"},
		"a name":                   {plugintest.Settings{"host": "nas.invalid"}, fault.DNS, "no such host", "check the name"},
		"no socket":                {plugintest.Settings{"host": filepath.Join(t.TempDir(), "none")}, fault.Unreachable, "no such socket", "see whether the service runs"},
		"a string, wrong user":     {plugintest.Settings{"dsn": "nobody:secret-word@tcp(" + server.Address() + ")/"}, fault.Auth, "Access denied", "correct user"},
		"a string, wrong database": {plugintest.Settings{"dsn": "monitor:" + monitorPassword + "@tcp(" + server.Address() + ")/nowhere"}, fault.Permission, "Access denied", "GRANT"},
		"no string":                {plugintest.Settings{"dsn": "postgres://nobody:secret-word@x"}, fault.Config, "not a connection string", "tcp(host:3306)"},
	} {
		_, err := attempt(t, plugintest.Live(t, mysql.Plugin(), configOf(t, server, wrong.config)), 5*time.Second)
		says(name, err, wrong.kind, wrong.text, wrong.hint)
		if err != nil && strings.Contains(err.Error(), "secret-word") {
			t.Errorf("%s: the password is shown: %v", name, err)
		}
	}
}

// staysSmall checks that the user of the recipe can neither read tables nor change
// anything.
func staysSmall(t *testing.T, server *servers.Server) {
	t.Helper()
	execute(t, connect(t, server), "CREATE DATABASE shop", "CREATE TABLE shop.secrets (x INT)")
	user := connectAs(t, server, "monitor", monitorPassword)
	for _, statement := range []string{
		"SELECT * FROM shop.secrets", "CREATE TABLE shop.mine (x INT)", "SELECT * FROM mysql.user", "SET GLOBAL max_connections = 5",
		"KILL 1", "STOP SLAVE",
	} {
		if _, err := user.ExecContext(t.Context(), statement); err == nil {
			t.Errorf("the monitor may %s", statement)
		}
	}
	batch := collect(t, watch(t, server, plugintest.Settings{"collect_table_stats": true}))
	if plugintest.Values(batch)[`mysql_schema_data_bytes{schema="shop"}`] == 0 {
		t.Error("the size of a schema that may not be read is not known")
	}
}
