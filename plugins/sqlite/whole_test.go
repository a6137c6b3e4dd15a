package sqlite_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/sqlite"
)

func TestASoundDatabaseIsCheckedNowAndThen(t *testing.T) {
	t.Parallel()
	path := made(t, "sound.db", someRows)
	for _, kind := range []string{"quick", "full"} {
		host := plugintest.LiveHost(t, sqlite.Plugin())
		now := time.Now()
		host.Now = func() time.Time { return now }
		open := func() plugin.Collector {
			c, err := sqlite.Plugin().Open(t.Context(), json.RawMessage(plugintest.Settings{"database_paths": []string{path}, "mode": "open", "run_integrity_check": kind}.JSON(t)), host)
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		c := open()
		const last = "sqlite_integrity_last_check_timestamp_seconds"
		s := collect(t, c).sound(t)
		if s.of(t, "sqlite_integrity_ok", path) != 1 || s.of(t, "sqlite_integrity_errors", path) != 0 {
			t.Errorf("%s: ok %v", kind, s.of(t, "sqlite_integrity_ok", path))
		}
		first := s.of(t, last, path)
		now = now.Add(23 * time.Hour)
		if again := collect(t, c).sound(t).of(t, last, path); again != first {
			t.Errorf("%s: checked again after 23 hours", kind)
		}
		// A restart of Unity does not make everything be read again.
		if again := collect(t, open()).sound(t).of(t, last, path); again != first {
			t.Errorf("%s: checked again after a restart", kind)
		}
		now = now.Add(2 * time.Hour)
		if again := collect(t, c).sound(t).of(t, last, path); again == first {
			t.Errorf("%s: not checked again after 25 hours", kind)
		}
	}
}

// bend flips bytes in a page of a database.
func bend(t *testing.T, path string, page, from, count int) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := (page-1)*4096 + from
	for i := range count {
		content[at+i] ^= 0x5a
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestADamagedDatabaseIsTold(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]struct {
		page, from, count int
		check             string
	}{
		"a page of the table": {5, 0, 64, "quick"}, "its content": {5, 0, 4096, "full"}, "the first page": {1, 100, 12, "quick"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := made(t, "damaged.db", someRows)
			bend(t, path, damage.page, damage.from, damage.count)
			s := collect(t, collector(t, plugintest.Settings{"database_paths": []string{path}, "mode": "open", "run_integrity_check": damage.check}))
			tool, _ := exec.CommandContext(t.Context(), "sqlite3", path, "PRAGMA integrity_check").CombinedOutput()
			if strings.TrimSpace(string(tool)) == "ok" {
				t.Fatal("the tool finds nothing")
			}
			if damage.page == 1 { // so damaged that it cannot be opened at all
				s.wantProblem(t, fault.BadAnswer, "it is damaged")
				if s.of(t, "sqlite_readable", path) != 0 || s.rows[path].Status != "failed" {
					t.Errorf("readable %v, %+v", s.of(t, "sqlite_readable", path), s.rows[path])
				}
				return
			}
			if s.of(t, "sqlite_integrity_ok", path) != 0 || s.of(t, "sqlite_integrity_errors", path) == 0 || s.rows[path].Status != "damaged" {
				t.Errorf("ok %v, errors %v, %+v; the tool says\n%s", s.of(t, "sqlite_integrity_ok", path), s.of(t, "sqlite_integrity_errors", path), s.rows[path], tool)
			}
			if len(s.findings) == 0 {
				t.Errorf("nothing is listed; the tool says\n%s", tool)
			}
		})
	}
}

func TestTablesAreMeasuredAsTheToolDoes(t *testing.T) {
	t.Parallel()
	path := made(t, "tables.db", someRows, `CREATE TABLE "odd "" name"(a); INSERT INTO "odd "" name" VALUES (1),(2)`,
		"CREATE VIEW v AS SELECT * FROM t", "CREATE VIRTUAL TABLE words USING fts5(word)", "INSERT INTO words VALUES ('a')", fewerRows)
	about := plugintest.Settings{"database_paths": []string{path}, "mode": "open", "collect_table_stats": true}
	measured := func(s seen, metric, table string) (float64, bool) {
		value, there := s.values[metric+`{database="`+s.rows[path].Name+`",table=`+strconv.Quote(table)+`}`]
		return value, there
	}
	s := collect(t, collector(t, about)).sound(t)
	for _, table := range []string{"t", `odd " name`, "words_data"} {
		query := "SELECT sum(d.pgsize) || ' ' || sum(d.unused) FROM dbstat d WHERE d.name IN (SELECT name FROM sqlite_schema WHERE tbl_name = '" + table + "')"
		size, okSize := measured(s, "sqlite_table_size_bytes", table)
		unused, okUnused := measured(s, "sqlite_table_unused_bytes", table)
		got := strconv.FormatFloat(size, 'f', -1, 64) + " " + strconv.FormatFloat(unused, 'f', -1, 64)
		if want := sqlite3(t, path, query); got != want || !okSize || !okUnused {
			t.Errorf("%s has %s, the tool says %s", table, got, want)
		}
	}
	if _, there := measured(s, "sqlite_table_rows", "t"); there {
		t.Error("rows are told that nobody counted")
	}
	sqlite3(t, path, "ANALYZE")
	if rows, _ := measured(collect(t, collector(t, about)).sound(t), "sqlite_table_rows", "t"); rows != 500 {
		t.Errorf("after ANALYZE t has %v rows, want 500", rows)
	}
	sqlite3(t, path, "DELETE FROM t WHERE a > 100")
	about["count_rows"], about["max_tables"] = true, 3
	s = collect(t, collector(t, about)).sound(t)
	if rows, _ := measured(s, "sqlite_table_rows", "t"); rows != 100 {
		t.Errorf("counted, t has %v rows, want 100", rows)
	}
	count := 0
	for key := range s.values {
		if strings.HasPrefix(key, "sqlite_table_size_bytes") {
			count++
		}
	}
	if count != 3 {
		t.Errorf("%d tables have series, want 3", count)
	}
	about["integrity_max_bytes"] = 1
	if _, there := measured(collect(t, collector(t, about)).sound(t), "sqlite_table_size_bytes", "t"); there {
		t.Error("a database larger than is read as a whole was measured")
	}
}

func TestClosingStopsACheck(t *testing.T) {
	t.Parallel()
	path := made(t, "large.db", "CREATE TABLE t(a, b); CREATE INDEX i ON t(b); WITH RECURSIVE n(x) AS "+
		"(SELECT 1 UNION ALL SELECT x+1 FROM n WHERE x < 300000) INSERT INTO t SELECT x, hex(randomblob(30)) FROM n;")
	c, err := sqlite.Plugin().Open(t.Context(), json.RawMessage(plugintest.Settings{"database_paths": []string{path}, "mode": "open", "run_integrity_check": "full"}.JSON(t)),
		plugintest.LiveHost(t, sqlite.Plugin()))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := c.Collect(ctx, plugin.NewBatch(sqlite.Plugin())); err != nil && fault.Of(err) != fault.Timeout {
		t.Errorf("collecting: %v", err)
	}
	closer, ok := c.(interface{ Close() error })
	if !ok {
		t.Fatal("it cannot be closed")
	}
	start := time.Now()
	if err := closer.Close(); err != nil || time.Since(start) > 30*time.Second {
		t.Errorf("closing took %v: %v", time.Since(start), err)
	}
}

// TestADatabaseInWALModeThatMayNotBeWrittenTo needs a file system that root may
// not write to either.
func TestADatabaseInWALModeThatMayNotBeWrittenTo(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	mount := func(args ...string) {
		t.Helper()
		if out, err := exec.CommandContext(t.Context(), "mount", args...).CombinedOutput(); err != nil {
			plugintest.Skip(t, "needs the right to mount: %v: %s", err, out)
		}
	}
	mount("-t", "tmpfs", "unity-test", folder)
	t.Cleanup(func() {
		if out, err := exec.CommandContext(context.WithoutCancel(t.Context()), "umount", folder).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
	path := filepath.Join(folder, "wal.db")
	sqlite3(t, path, "PRAGMA journal_mode=wal", someRows)
	other := begin(t, path)
	other.say("PRAGMA wal_autocheckpoint=0; CREATE TABLE more(a);")
	other.kill()
	if err := os.Remove(path + "-shm"); err != nil {
		t.Fatal(err)
	}
	mount("-o", "remount,ro", folder)
	s := collect(t, collector(t, plugintest.Settings{"database_paths": []string{path}, "mode": "open"}))
	s.wantProblem(t, fault.Permission, "needs the right to write to the -shm file")
	if !strings.Contains(fault.Hint(s.problems[0]), "open_immutable_fallback") {
		t.Errorf("hint: %s", fault.Hint(s.problems[0]))
	}
	s = collect(t, collector(t, plugintest.Settings{"database_paths": []string{path}, "mode": "open", "open_immutable_fallback": true})).sound(t)
	if r := s.rows[path]; !r.Stale || s.of(t, "sqlite_tables", path) != 1 {
		t.Errorf("opened as if nobody used it: %v tables, %+v", s.of(t, "sqlite_tables", path), r)
	}
}

func TestSettingsThatDoNotFitAreRefused(t *testing.T) {
	t.Parallel()
	for text, s := range map[string]plugintest.Settings{
		"run_integrity_check needs mode open":              {"run_integrity_check": "quick"},
		"collect_table_stats needs mode open":              {"collect_table_stats": true},
		"count_rows needs collect_table_stats":             {"count_rows": true, "mode": "open"},
		"database_paths[1] must begin with a slash":        {"database_paths": []string{"/a", "b.db"}},
		"database_paths[0] is not a pattern":               {"database_paths": []string{"/a[b"}},
		"scan_directories[0] must be the absolute path of": {"scan_directories": []string{"/"}},
	} {
		if err := sqlite.Plugin().Validate(json.RawMessage(s.JSON(t))); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%v: %v, want %s", s, err, text)
		}
	}
	c := collector(t, plugintest.Settings{})
	if err := c.Collect(t.Context(), plugin.NewBatch(sqlite.Plugin())); fault.Of(err) != fault.Config {
		t.Errorf("without any path: %v", err)
	}
}
