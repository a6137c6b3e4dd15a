package mysql_test

import (
	"context"
	"database/sql"
	"net/url"
	"strings"
	"testing"

	driver "github.com/go-sql-driver/mysql"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/mysql"
	"github.com/unity-homelab/unity/test/servers"
)

const monitorPassword = "monitors-own"

// recipe is what the README tells people to run on MariaDB, to the letter.
const recipe = `CREATE USER 'monitor'@'%' IDENTIFIED BY 'monitors-own';
GRANT PROCESS, BINLOG MONITOR, SLAVE MONITOR ON *.* TO 'monitor'@'%';`

// usual are the settings of servers in tests: quick, and with all that can be
// measured.
func usual(more ...string) []string {
	return append([]string{"innodb_flush_log_at_trx_commit = 0", "log_bin = binlog", "server_id = 1", "userstat = 1", "innodb_buffer_pool_size = 32M"}, more...)
}

// connect opens one session of the administrator.
func connect(t testing.TB, server *servers.Server) *sql.Conn {
	t.Helper()
	user := userOf(t, server)
	password, _ := user.Password()
	return connectAs(t, server, user.Username(), password)
}

func connectAs(t testing.TB, server *servers.Server, user, password string) *sql.Conn {
	t.Helper()
	config := driver.NewConfig()
	config.Net, config.Addr, config.User, config.Passwd = "tcp", server.Address(), user, password
	connector, err := driver.NewConnector(config)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(); _ = db.Close() })
	return conn
}

// userOf is the administrator.
func userOf(t testing.TB, server *servers.Server) *url.Userinfo {
	t.Helper()
	address, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	return address.User
}

func execute(t testing.TB, conn *sql.Conn, statements ...string) {
	t.Helper()
	for _, several := range statements {
		for _, statement := range strings.Split(several, ";\n") {
			if _, err := conn.ExecContext(t.Context(), strings.TrimSuffix(statement, ";")); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
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
	return plugintest.Live(t, mysql.Plugin(), configOf(t, server, more))
}

// collect collects once, and wants it to be without problems.
func collect(t *testing.T, c plugin.Collector) *plugin.Batch {
	t.Helper()
	return plugintest.CollectAll(t, mysql.Plugin(), c)
}

// waits runs a statement that has to wait, until the test ends.
func waits(t *testing.T, conn *sql.Conn, statement string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = conn.ExecContext(ctx, statement)
	}()
	t.Cleanup(func() { cancel(); <-done })
}
