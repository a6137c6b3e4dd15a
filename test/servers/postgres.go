package servers

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

const (
	postgresUser     = "postgres" // of the system, and of the database
	postgresPassword = "only for tests"
)

// postgres is PostgreSQL from the packages of Debian and its kin.
type postgres struct {
	bin string // the folder of its programs; empty when there is none
}

// PostgreSQL is the newest PostgreSQL that is installed, or the server that
// UNITY_TEST_POSTGRES_URL names, as one who may create databases.
func PostgreSQL() Engine {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		return postgres{}
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
		return n
	}
	return postgres{bin: filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) }))}
}

func (postgres) title() string        { return "PostgreSQL" }
func (postgres) variable() string     { return "UNITY_TEST_POSTGRES_URL" }
func (postgres) announcement() string { return "database system is ready to accept connections" }
func (postgres) farewell() os.Signal  { return os.Interrupt }

func (p postgres) missing() string {
	switch {
	case runtime.GOOS != "linux":
		return "UNITY_TEST_POSTGRES_URL is not set"
	case p.bin == "":
		return "its programs (apt-get install postgresql), or UNITY_TEST_POSTGRES_URL"
	default:
		return ""
	}
}

func (p postgres) prepare(ctx context.Context, home string, settings []string) error {
	if err := giveTo(postgresUser, home); err != nil {
		return err
	}
	secret := filepath.Join(home, "password")
	if err := os.WriteFile(secret, []byte(postgresPassword), 0o600); err != nil {
		return err
	}
	if err := giveTo(postgresUser, secret); err != nil {
		return err
	}
	data := filepath.Join(home, "data")
	initdb := exec.CommandContext(ctx, filepath.Join(p.bin, "initdb"), "--no-sync", "--pgdata", data,
		"--username", postgresUser, "--pwfile", secret, "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C")
	initdb.Dir = home
	if err := runAs(postgresUser, initdb); err != nil {
		return err
	}
	if err := run(initdb); err != nil {
		return err
	}
	file, err := os.OpenFile(filepath.Join(data, "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	settings = append([]string{
		"listen_addresses = '127.0.0.1'", "unix_socket_directories = '" + home + "'", "logging_collector = off",
	}, settings...)
	_, err = file.WriteString("\n" + strings.Join(settings, "\n") + "\n")
	if closed := file.Close(); err == nil {
		err = closed
	}
	return err
}

func (p postgres) command(home string, port int) *exec.Cmd {
	command := exec.Command(filepath.Join(p.bin, "postgres"), "-D", filepath.Join(home, "data"), "-p", strconv.Itoa(port)) //nolint:noctx // it outlives the call
	command.Dir = home
	_ = runAs(postgresUser, command) // prepare did the same
	return command
}

func (postgres) address(port int) string {
	return (&url.URL{
		Scheme: "postgres", User: url.UserPassword(postgresUser, postgresPassword),
		Host: "127.0.0.1:" + strconv.Itoa(port), Path: "/postgres", RawQuery: "sslmode=disable",
	}).String()
}

func (postgres) create(ctx context.Context, server, name string) (string, func(context.Context) error, error) {
	address, err := url.Parse(server)
	if err != nil {
		return "", nil, fmt.Errorf("reading the address of the server: %w", err)
	}
	if err := postgresExec(ctx, server, "CREATE DATABASE "+name); err != nil {
		return "", nil, err
	}
	address.Path = "/" + name
	return address.String(), func(ctx context.Context) error {
		return postgresExec(ctx, server, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
	}, nil
}

// postgresExec runs one statement on a connection of its own.
func postgresExec(ctx context.Context, server, statement string) error {
	connection, err := pgx.Connect(ctx, server)
	if err != nil {
		return err
	}
	defer func() { _ = connection.Close(ctx) }()
	_, err = connection.Exec(ctx, statement)
	return err
}
