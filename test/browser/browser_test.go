// Package browser_test runs what a person does first, in a real browser, against
// the program on the databases that BROWSER_DATABASE names, one after the other:
//
//	BROWSER_DATABASE=postgres,timescaledb,mariadb make browser
//
// Without the variable make browser runs it on SQLite.
package browser_test

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/test/program"
	"github.com/unity-homelab/unity/test/servers"
)

// engines are the databases by the names that the variable has for them.
func engines() map[string]servers.Engine {
	return map[string]servers.Engine{
		"postgres": servers.PostgreSQL(), "timescaledb": servers.TimescaleDB(), "mariadb": servers.MariaDB(),
	}
}

// named returns the names in the variable.
func named() []string {
	return strings.FieldsFunc(os.Getenv("BROWSER_DATABASE"), func(r rune) bool { return r == ',' || r == ' ' })
}

func TestMain(m *testing.M) {
	flag.Parse()
	var wanted []servers.Engine
	for _, name := range named() {
		if engine, known := engines()[name]; known {
			wanted = append(wanted, engine)
		}
	}
	os.Exit(servers.Main(m, wanted...))
}

func TestTheBrowserSeesTheSameOnEveryDatabase(t *testing.T) { //nolint:paralleltest // each has a browser, and is timed
	if len(named()) == 0 {
		t.Skip("unavoidable: BROWSER_DATABASE names no database")
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal(err)
	}
	binary, err := program.Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	script, err := filepath.Abs("../e2e/unity.test.mjs")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range named() {
		t.Run(name, func(t *testing.T) {
			engine, known := engines()[name]
			if !known {
				t.Fatalf("there is no database %q to run on: use postgres, timescaledb and mariadb", name)
			}
			// The variables that name servers would be settings to the program.
			others := slices.DeleteFunc(os.Environ(), func(each string) bool { return strings.HasPrefix(each, "UNITY_") })
			command := exec.CommandContext(t.Context(), node, "--test", "--test-reporter=spec", script)
			command.Env = append(others, "UNITY="+binary, "DATABASE_URL="+servers.Database(t, engine))
			output, err := command.CombinedOutput()
			t.Logf("%s", output)
			if err != nil {
				t.Error(err)
			}
		})
	}
}
