package transfer_test

import (
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/internal/transfer"
)

// moved are the tables whose rows are moved, and as what; for nil it is said
// here that they are.
func moved() map[string]any {
	return map[string]any{
		"hosts": transfer.Host{}, "users": transfer.User{}, "tokens": transfer.Token{}, "audit": transfer.Act{}, "dashboards": transfer.Dashboard{}, "notes": transfer.Note{},
		"sources": transfer.Source{}, "source_status": transfer.State{}, "source_values": transfer.Value{},
		"runs": transfer.Run{}, "snapshots": transfer.Snapshot{}, "events": transfer.Event{},
		"recovery_codes": nil,                                       // with their users
		"series":         nil,                                       // by their labels
		"samples":        nil,                                       // with their series
		"buckets":        nil, "samples_5m": nil, "samples_1h": nil, // so, too
		"late_samples": nil, // so, too
	}
}

// stay are the tables that are not moved, and why.
func stay() map[string]string {
	return map[string]string{
		"sessions":    "people sign in again",
		"answers":     "they are forgotten after a day",
		"setup_codes": "a database without users makes a new one at start",
		"marks":       "how far a database is with its own work; what matters of it is an item of its own",
	}
}

func TestEveryTableIsMovedOrSaidToStay(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../internal/sqlstore/*/migrations/*.sql")
	if err != nil || len(files) < 3 {
		t.Fatal(files, err)
	}
	table := regexp.MustCompile(`(?is)CREATE TABLE (?:IF NOT EXISTS )?"?(\w+)"? \((.*?)\n\)`)
	seen := make(map[string]bool)
	added := regexp.MustCompile(`ALTER TABLE (\w+) ADD COLUMN (\w+) `)
	later := make(map[string]string) // columns that a table got with a later migration, by database and table
	for _, file := range files {
		text, err := os.ReadFile(file)
		must(t, err)
		for _, found := range added.FindAllStringSubmatch(string(text), -1) {
			later[filepath.Dir(file)+found[1]] += "\n    " + found[2] + " "
		}
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		must(t, err)
		for _, found := range table.FindAllStringSubmatch(string(text), -1) {
			name := found[1]
			seen[name] = true
			item, known := moved()[name]
			if _, stays := stay()[name]; known == stays {
				t.Errorf("%s: the table %s must be moved: give it an item in internal/transfer, or say in this test why it stays", file, name)
			}
			if item != nil {
				if diff := cmp.Diff(fields(item), columns(found[2]+later[filepath.Dir(file)+name])); diff != "" {
					t.Errorf("%s: what is moved of %s is not what it has: %s", file, name, diff)
				}
			}
		}
	}
	for name := range moved() {
		if !seen[name] {
			t.Errorf("there is no table %s", name)
		}
	}
}

// fields returns the names of what an item holds.
func fields(item any) []string {
	names := make(map[string]bool)
	for i := range reflect.TypeOf(item).NumField() {
		name, _, _ := strings.Cut(reflect.TypeOf(item).Field(i).Tag.Get("json"), ",")
		names[name] = true
	}
	delete(names, "recovery") // has a table of its own
	return slices.Sorted(maps.Keys(names))
}

// columns returns the names of the columns of a table.
func columns(definition string) []string {
	column := regexp.MustCompile("(?m)^    [\"`]?([a-z_]+)[\"`]? ")
	names := make(map[string]bool)
	for _, found := range column.FindAllStringSubmatch(definition, -1) {
		names[found[1]] = true
	}
	return slices.Sorted(maps.Keys(names))
}
