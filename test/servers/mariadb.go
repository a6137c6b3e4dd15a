package servers

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"github.com/go-sql-driver/mysql"
)

const (
	mariadbUser     = "tester" // of the database
	mariadbPassword = "only for tests"
)

// mariadb is MariaDB from the packages of Debian and its kin.
type mariadb struct {
	server, install string // programs; empty when there are none
}

// MariaDB is the MariaDB that is installed, or the server of MySQL or MariaDB
// that UNITY_TEST_MYSQL_URL names, as one who may create databases.
func MariaDB() Engine {
	var m mariadb
	m.server, _ = exec.LookPath("mariadbd")
	if m.server == "" {
		m.server, _ = exec.LookPath("/usr/sbin/mariadbd")
	}
	m.install, _ = exec.LookPath("mariadb-install-db")
	return m
}

func (mariadb) title() string        { return "MariaDB" }
func (mariadb) variable() string     { return "UNITY_TEST_MYSQL_URL" }
func (mariadb) announcement() string { return "ready for connections" }
func (mariadb) farewell() os.Signal  { return syscall.SIGTERM }

func (m mariadb) missing() string {
	switch {
	case runtime.GOOS != "linux":
		return "UNITY_TEST_MYSQL_URL is not set"
	case m.server == "" || m.install == "":
		return "its programs (apt-get install mariadb-server-core), or UNITY_TEST_MYSQL_URL"
	default:
		return ""
	}
}

// account is the user of the system that a server runs as. The package with the
// programs alone makes none.
func (mariadb) account() string {
	if _, err := user.Lookup("mysql"); err != nil {
		return "nobody"
	}
	return "mysql"
}

func (m mariadb) prepare(ctx context.Context, home string, settings []string) error {
	grant := fmt.Sprintf("CREATE USER IF NOT EXISTS '%[1]s'@'127.0.0.1' IDENTIFIED BY '%[2]s';\n"+
		"GRANT ALL PRIVILEGES ON *.* TO '%[1]s'@'127.0.0.1' WITH GRANT OPTION;\n", mariadbUser, mariadbPassword)
	configuration := append([]string{
		"[mariadbd]", "datadir = " + filepath.Join(home, "data"), "socket = " + filepath.Join(home, "socket"),
		"pid_file = " + filepath.Join(home, "pid"), "init_file = " + filepath.Join(home, "grant.sql"),
		"tmpdir = " + filepath.Join(home, "tmp"), "bind_address = 127.0.0.1", "skip_name_resolve",
	}, settings...)
	for name, content := range map[string]string{
		"grant.sql": grant, "my.cnf": strings.Join(configuration, "\n") + "\n",
	} {
		if err := os.WriteFile(filepath.Join(home, name), []byte(content), 0o644); err != nil {
			return err
		}
	}
	// A server that starts deletes the temporary tables of every other that has
	// the same folder for them.
	temporary := filepath.Join(home, "tmp")
	if err := os.Mkdir(temporary, 0o700); err != nil {
		return err
	}
	for _, folder := range []string{home, temporary} {
		if err := giveTo(m.account(), folder); err != nil {
			return err
		}
	}
	install := exec.CommandContext(ctx, m.install, "--no-defaults", "--datadir="+filepath.Join(home, "data"), "--tmpdir="+temporary,
		"--auth-root-authentication-method=normal", "--skip-test-db")
	install.Dir = home
	if err := runAs(m.account(), install); err != nil {
		return err
	}
	return run(install)
}

func (m mariadb) command(home string, port int) *exec.Cmd {
	command := exec.Command(m.server, "--defaults-file="+filepath.Join(home, "my.cnf"), "--port="+strconv.Itoa(port)) //nolint:noctx // it outlives the call
	command.Dir = home
	_ = runAs(m.account(), command) // prepare did the same
	return command
}

func (mariadb) address(port int) string {
	return (&url.URL{
		Scheme: "mysql", User: url.UserPassword(mariadbUser, mariadbPassword),
		Host: "127.0.0.1:" + strconv.Itoa(port), Path: "/mysql",
	}).String()
}

func (mariadb) create(ctx context.Context, server, name string) (string, func(context.Context) error, error) {
	address, err := url.Parse(server)
	if err != nil {
		return "", nil, fmt.Errorf("reading the address of the server: %w", err)
	}
	if err := mariadbExec(ctx, server, "CREATE DATABASE "+name); err != nil {
		return "", nil, err
	}
	address.Path = "/" + name
	return address.String(), func(ctx context.Context) error {
		return mariadbExec(ctx, server, "DROP DATABASE IF EXISTS "+name)
	}, nil
}

// mariadbExec runs one statement on a connection of its own.
func mariadbExec(ctx context.Context, server, statement string) (err error) {
	address, err := url.Parse(server)
	if err != nil {
		return err
	}
	config := mysql.NewConfig()
	config.Net, config.Addr, config.User = "tcp", address.Host, address.User.Username()
	config.Passwd, _ = address.User.Password()
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	defer func() { err = errors.Join(err, db.Close()) }()
	_, err = db.ExecContext(ctx, statement)
	return err
}
