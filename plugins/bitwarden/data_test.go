package bitwarden_test

import (
	"bytes"
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/bitwarden"
)

// tables are those of Vaultwarden of which something is counted, with the columns
// that matter.
func tables() []string {
	return []string{
		"CREATE TABLE ciphers (uuid TEXT PRIMARY KEY, user_uuid TEXT, organization_uuid TEXT, name TEXT NOT NULL, data TEXT NOT NULL, deleted_at DATETIME)",
		"CREATE TABLE organizations (uuid TEXT PRIMARY KEY, name TEXT NOT NULL)", "CREATE TABLE collections (uuid TEXT PRIMARY KEY, org_uuid TEXT NOT NULL)",
		"CREATE TABLE devices (uuid TEXT NOT NULL, user_uuid TEXT NOT NULL, PRIMARY KEY (uuid, user_uuid))", "CREATE TABLE sends (uuid TEXT PRIMARY KEY)",
		"CREATE TABLE attachments (id TEXT PRIMARY KEY, cipher_uuid TEXT NOT NULL, file_size BIGINT NOT NULL)",
		"INSERT INTO ciphers VALUES ('1', 'u', NULL, 'n', 'd', NULL), ('2', 'u', NULL, 'n', 'd', NULL), ('3', 'u', NULL, 'n', 'd', '2026-02-01 00:00:00')",
		"INSERT INTO organizations VALUES ('1', 'n')", "INSERT INTO collections VALUES ('1', '1'), ('2', '1')", "INSERT INTO devices VALUES ('1', 'u'), ('2', 'u'), ('3', 'u')",
		"INSERT INTO sends VALUES ('1')", "INSERT INTO attachments VALUES ('1', '1', 5)",
	}
}

// made makes the data folder of a Vaultwarden, and returns its open database.
func made(t *testing.T, pragmas ...string) (folder string, db *sql.DB) {
	t.Helper()
	folder = t.TempDir()
	db, err := sql.Open("sqlite", filepath.Join(folder, "db.sqlite3"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(1)
	for _, statement := range append(pragmas, tables()...) {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	return folder, db
}

func TestTheDatabaseIsCountedAndNeverWritten(t *testing.T) {
	t.Parallel()
	_, url := newVault(t, 0)
	for _, way := range []struct {
		mode    string
		running bool
	}{{"wal", true}, {"wal", false}, {"delete", true}, {"delete", false}} {
		folder, db := made(t, "PRAGMA journal_mode="+way.mode)
		if !way.running {
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
		before := contents(t, folder)
		c := plugintest.Live(t, bitwarden.Plugin(), plugintest.Settings{"url": url, "data_dir": folder}.JSON(t))
		values := plugintest.Values(plugintest.CollectAll(t, bitwarden.Plugin(), c))
		for name, want := range map[string]float64{
			"vaultwarden_ciphers": 2, "vaultwarden_ciphers_trashed": 1, "vaultwarden_organizations": 1, "vaultwarden_collections": 2,
			"vaultwarden_devices": 3, "vaultwarden_sends": 1, "vaultwarden_attachments": 1,
		} {
			if values[name] != want {
				t.Errorf("%v: %s is %v, want %v", way, name, values[name], want)
			}
		}
		after := contents(t, folder)
		if len(after) != len(before) {
			t.Errorf("%v: of %d files there are %d", way, len(before), len(after))
		}
		for name, text := range before {
			if filepath.Ext(name) != ".sqlite3-shm" && !bytes.Equal(text, after[name]) {
				t.Errorf("%v: %s was written to", way, name)
			}
		}
	}
}

// contents are the files of a folder.
func contents(t *testing.T, folder string) map[string][]byte {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string][]byte)
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		found[entry.Name()] = text
	}
	return found
}

func TestADatabaseOfAnotherKindIsAPartialFault(t *testing.T) {
	t.Parallel()
	_, url := newVault(t, 0)
	folder, db := made(t)
	if _, err := db.ExecContext(t.Context(), "DROP TABLE sends"); err != nil {
		t.Fatal(err)
	}
	c := plugintest.Live(t, bitwarden.Plugin(), plugintest.Settings{"url": url, "data_dir": folder}.JSON(t))
	batch := plugintest.Collect(t, bitwarden.Plugin(), c)
	problems := batch.Problems()
	if len(problems) != 1 {
		t.Fatalf("the problems are %v", problems)
	}
	plugintest.WantFault(t, problems[0], fault.Partial, "no such table: sends", "must be able to read the database")
	if values := plugintest.Values(batch); values["vaultwarden_database_bytes"] == 0 {
		t.Errorf("the size is not told: %v", values)
	}
}
