package servers

import (
	"context"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

// timescale is PostgreSQL with TimescaleDB, as WebAssembly in Node: serve.mjs.
type timescale struct {
	postgres
	node   string // the program; empty when there is none
	folder string // of serve.mjs and its packages; empty when they are not installed
}

// TimescaleDB is a server that has TimescaleDB to offer, or the one that
// UNITY_TEST_TIMESCALE_URL names, as one who may create databases and extensions.
// The one from npm has a single session and a single database, keeps everything
// in memory, and runs no background jobs.
func TimescaleDB() Engine {
	var t timescale
	t.node, _ = exec.LookPath("node")
	folder := folderOf("timescale")
	if _, err := os.Stat(filepath.Join(folder, "node_modules", "@unni-craftsman", "pglite")); err == nil {
		t.folder = folder
	}
	return t
}

func (timescale) title() string        { return "TimescaleDB" }
func (timescale) variable() string     { return "UNITY_TEST_TIMESCALE_URL" }
func (timescale) announcement() string { return "ready for clients" }
func (timescale) farewell() os.Signal  { return syscall.SIGINT }

func (t timescale) missing() string {
	switch {
	case runtime.GOOS != "linux":
		return "UNITY_TEST_TIMESCALE_URL is not set"
	case t.node == "":
		return "Node, or UNITY_TEST_TIMESCALE_URL"
	case t.folder == "":
		return "its package (npm ci --prefix test/servers/timescale), or UNITY_TEST_TIMESCALE_URL"
	default:
		return ""
	}
}

func (timescale) prepare(context.Context, string, []string) error { return nil }

func (t timescale) command(home string, port int) *exec.Cmd {
	command := exec.Command(t.node, filepath.Join(t.folder, "serve.mjs"), strconv.Itoa(port)) //nolint:noctx // it outlives the call
	command.Dir = home
	_ = runAs("", command)
	return command
}

func (timescale) address(port int) string {
	return (&url.URL{
		Scheme: "postgres", User: url.UserPassword("postgres", "postgres"), Host: "127.0.0.1:" + strconv.Itoa(port),
		Path: "/postgres", RawQuery: "sslmode=disable&pool_max_conns=1",
	}).String()
}

// turn tells the server from npm by its address, which allows one connection.
func (t timescale) turn(server string) string {
	address, err := url.Parse(server)
	if err != nil || address.Query().Get("pool_max_conns") != "1" {
		return ""
	}
	return filepath.Join(t.folder, "serve.mjs")
}

func (t timescale) create(ctx context.Context, server, name string) (string, func(context.Context) error, error) {
	if t.turn(server) == "" {
		return t.postgres.create(ctx, server, name)
	}
	// A name that is new to it stands for an empty database.
	return strings.Replace(server, "/postgres?", "/"+name+"?", 1), func(context.Context) error { return nil }, nil
}
