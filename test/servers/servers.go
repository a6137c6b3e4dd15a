// Package servers starts real database servers for tests: each in a folder and
// on a port of its own, so that whatever else runs on the machine is left alone,
// and ended with the test.
//
// A package that needs one has
//
//	func TestMain(m *testing.M) { os.Exit(servers.Main(m, servers.PostgreSQL())) }
//
// and in its tests servers.Database(t, servers.PostgreSQL()), the address of an
// empty database. A test that stops and kills a server takes one of its own with
// servers.Start. Where the environment names a server already, that is used.
package servers

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// patience is how long a server may take to start or to stop.
const patience = time.Minute

// Engine is a kind of database server.
type Engine interface {
	// title names it to people.
	title() string
	// variable is the name of the environment variable that holds the address of
	// a server that is there already.
	variable() string
	// missing says what the machine lacks to start one, or nothing.
	missing() string
	// prepare fills an empty folder with what a server needs to start.
	prepare(ctx context.Context, home string, settings []string) error
	// command is the server in that folder, as a program in the foreground.
	command(home string, port int) *exec.Cmd
	// announcement is what it prints when it answers.
	announcement() string
	// farewell is the signal upon which it ends without waiting for its clients.
	farewell() os.Signal
	// address is where it answers then, for one who may do anything there.
	address(port int) string
	// create makes an empty database on a server, and returns its address and
	// what removes it.
	create(ctx context.Context, server, name string) (url string, drop func(context.Context) error, err error)
}

// single is an engine whose server may have one database only.
type single interface {
	// turn is a file that a test locks while it uses the database; empty when
	// the server can have more of them.
	turn(server string) string
}

// Main runs the tests of a package, and beside them a server of each engine for
// which the environment names none. It returns the exit code.
func Main(m *testing.M, engines ...Engine) int {
	ctx := context.Background()
	for _, engine := range engines {
		if os.Getenv(engine.variable()) != "" || engine.missing() != "" {
			continue
		}
		server, err := start(ctx, engine)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer func() {
			if err := server.remove(); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
		}()
		if err := os.Setenv(engine.variable(), server.URL()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return m.Run()
}

// Database returns the address of an empty database, which is gone when the test
// has ended. Where there is no server the test is skipped.
func Database(t testing.TB, engine Engine) (url string) {
	t.Helper()
	server := os.Getenv(engine.variable())
	needs(t, server != "", engine.title()+": "+engine.missing())
	if one, ok := engine.(single); ok {
		leave, err := take(one.turn(server))
		if err != nil {
			t.Fatalf("waiting for %s: %v", engine.title(), err)
		}
		t.Cleanup(leave)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	url, drop, err := engine.create(ctx, server, "test_"+strings.ToLower(rand.Text()))
	if err != nil {
		t.Fatalf("making a database on %s: %v", engine.title(), err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
		defer cancel()
		if err := drop(ctx); err != nil {
			t.Errorf("dropping a database of %s: %v", engine.title(), err)
		}
	})
	return url
}

// Start starts a server for one test alone, which may do to it what it likes.
// Settings are lines for its configuration, such as "fsync = off". Where the
// machine has no such server the test is skipped.
func Start(t testing.TB, engine Engine, settings ...string) *Server {
	t.Helper()
	needs(t, engine.missing() == "", engine.title()+": "+engine.missing())
	server, err := start(t.Context(), engine, settings...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.remove(); err != nil {
			t.Error(err)
		}
	})
	return server
}

// needs skips the test on a machine that lacks something; in CI it does not pass.
func needs(t testing.TB, there bool, what string) {
	t.Helper()
	switch {
	case there:
	case os.Getenv("CI") != "":
		t.Fatalf("CI lacks %s", what)
	default:
		t.Skipf("needs %s", what)
	}
}
