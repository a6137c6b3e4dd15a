package sqlite_test

import (
	"database/sql"
	"encoding/json"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/sqlite"
)

const (
	someRows = "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT); CREATE INDEX i ON t(b);" +
		"WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM n WHERE x < 2000) INSERT INTO t SELECT x, hex(randomblob(40)) FROM n;"
	fewerRows = "DELETE FROM t WHERE a > 500;"
)

// states are databases of every kind that the header tells apart.
func states(t *testing.T) map[string]string {
	t.Helper()
	return map[string]string{
		"plain":           made(t, "plain.db", someRows),
		"small pages":     made(t, "small.db", "PRAGMA page_size=512;"+someRows),
		"large pages":     made(t, "large.db", "PRAGMA page_size=65536;"+someRows),
		"UTF-16":          made(t, "utf16.db", "PRAGMA encoding='UTF-16le';"+someRows),
		"free pages":      made(t, "free.db", someRows+fewerRows),
		"auto vacuum":     made(t, "auto.db", "PRAGMA auto_vacuum=1;"+someRows+fewerRows),
		"versions":        made(t, "versions.db", "PRAGMA user_version=42; PRAGMA application_id=252006673;"+someRows),
		"negative":        made(t, "negative.db", "PRAGMA user_version=-7;"+someRows),
		"WAL":             made(t, "wal.db", "PRAGMA journal_mode=wal;"+someRows),
		"truncated log":   made(t, "truncate.db", "PRAGMA journal_mode=truncate;"+someRows),
		"kept journal":    made(t, "persist.db", "PRAGMA journal_mode=persist;"+someRows),
		"odd name":        made(t, "a b%20c#d?e=f&g.db", someRows),
		"odd name in WAL": made(t, "100%?mode=rwc#.db", "PRAGMA journal_mode=wal;"+someRows),
	}
}

func TestEveryStateIsAsTheToolSays(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"header", "open"} {
		databases := states(t)
		for name, path := range databases {
			t.Run(mode+" "+name, func(t *testing.T) {
				t.Parallel()
				before := listing(t, filepath.Dir(path))
				s := collect(t, collector(t, plugintest.Settings{"database_paths": []string{path}, "mode": mode})).sound(t)
				if diff := cmp.Diff(before, listing(t, filepath.Dir(path))); diff != "" {
					t.Errorf("the folder has changed:\n%.500s", diff)
				}
				ask := func(pragma string) float64 {
					n, err := strconv.ParseFloat(sqlite3(t, "file:"+escaped(path)+"?mode=ro", "PRAGMA "+pragma), 64)
					if err != nil {
						t.Fatal(err)
					}
					return n
				}
				for metric, pragma := range map[string]string{
					"sqlite_page_size_bytes": "page_size", "sqlite_page_count": "page_count", "sqlite_freelist_pages": "freelist_count",
					"sqlite_user_version": "user_version", "sqlite_schema_version": "schema_version", "sqlite_auto_vacuum": "auto_vacuum",
				} {
					if got, want := s.of(t, metric, path), ask(pragma); got != want {
						t.Errorf("%s is %v, sqlite3 says %v", metric, got, want)
					}
				}
				info, err := os.Stat(path)
				if err != nil {
					t.Fatal(err)
				}
				if got := s.of(t, "sqlite_file_size_bytes", path); got != float64(info.Size()) {
					t.Errorf("size %v, it is %d", got, info.Size())
				}
				if got, want := s.of(t, "sqlite_free_bytes", path), ask("page_size")*ask("freelist_count"); got != want {
					t.Errorf("free are %v, sqlite3 says %v", got, want)
				}
				r := s.rows[path]
				if want := sqlite3(t, path, "PRAGMA encoding"); r.Encoding != want {
					t.Errorf("encoding %s, sqlite3 says %s", r.Encoding, want)
				}
				if want := sqlite3(t, path, "SELECT sqlite_version()"); r.WrittenBy != want {
					t.Errorf("written by %s, by %s in truth", r.WrittenBy, want)
				}
				if want := strings.HasSuffix(name, "WAL"); (s.of(t, "sqlite_wal_mode", path) == 1) != want || s.of(t, "sqlite_readable", path) != 1 {
					t.Errorf("WAL mode %v, readable %v", s.of(t, "sqlite_wal_mode", path), s.of(t, "sqlite_readable", path))
				}
				if mode == "open" && (s.of(t, "sqlite_tables", path) != 1 || s.of(t, "sqlite_indexes", path) != 1) {
					t.Errorf("%v tables, %v indexes", s.of(t, "sqlite_tables", path), s.of(t, "sqlite_indexes", path))
				}
			})
		}
	}
}

// escaped is a path as it stands in a URI.
func escaped(path string) string {
	return strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23", " ", "%20").Replace(path)
}

func TestTheChangeCounterCounts(t *testing.T) {
	t.Parallel()
	path := made(t, "counter.db", someRows)
	c := collector(t, plugintest.Settings{"database_paths": []string{path}})
	before := collect(t, c).of(t, "sqlite_change_counter_total", path)
	for range 3 {
		sqlite3(t, path, "UPDATE t SET b = 'x' WHERE a = 1")
	}
	if after := collect(t, c).sound(t).of(t, "sqlite_change_counter_total", path); after != before+3 {
		t.Errorf("three transactions took the counter from %v to %v", before, after)
	}
}

func TestWhatIsNoDatabaseIsSaid(t *testing.T) {
	t.Parallel()
	write := func(name string, content []byte) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	whole, err := os.ReadFile(made(t, "whole.db", someRows))
	if err != nil {
		t.Fatal(err)
	}
	noise := make([]byte, 4096)
	for i := range noise {
		noise[i] = byte(rand.Uint32())
	}
	damaged := append([]byte{}, whole[:4096]...)
	damaged[16], damaged[17] = 0x12, 0x34 // the size of a page
	for name, test := range map[string]struct {
		path string
		kind fault.Kind
		text string
	}{
		"cut off":            {write("cut.db", whole[:len(whole)/2]), fault.BadAnswer, "bytes that its header speaks of"},
		"cut in the header":  {write("cut.db", whole[:60]), fault.BadAnswer, "it ends within its header"},
		"noise or encrypted": {write("noise.db", noise), fault.BadAnswer, "does not begin like a SQLite database"},
		"a text":             {write("text.db", []byte("not a database")), fault.BadAnswer, "does not begin like a SQLite database"},
		"a damaged header":   {write("damaged.db", damaged), fault.BadAnswer, "no page has 4660 bytes"},
		"missing":            {filepath.Join(t.TempDir(), "none.db"), fault.NotFound, "there is no such file"},
		"a folder":           {t.TempDir(), fault.Unsupported, "it is not a file"},
	} {
		for _, mode := range []string{"header", "open"} {
			t.Run(name+" in mode "+mode, func(t *testing.T) {
				t.Parallel()
				s := collect(t, collector(t, plugintest.Settings{"database_paths": []string{test.path}, "mode": mode}))
				s.wantProblem(t, test.kind, test.text)
				if s.of(t, "sqlite_readable", test.path) != 0 || s.values["sqlite_databases_failed"] != 1 || s.rows[test.path].Error == "" {
					t.Errorf("readable %v, failed %v, %+v", s.of(t, "sqlite_readable", test.path), s.values["sqlite_databases_failed"], s.rows[test.path])
				}
			})
		}
	}
	t.Run("an empty file is a database without tables", func(t *testing.T) {
		t.Parallel()
		path := write("empty.db", nil)
		for _, mode := range []string{"header", "open"} {
			s := collect(t, collector(t, plugintest.Settings{"database_paths": []string{path}, "mode": mode})).sound(t)
			if s.of(t, "sqlite_readable", path) != 1 || s.of(t, "sqlite_file_size_bytes", path) != 0 {
				t.Errorf("readable %v", s.of(t, "sqlite_readable", path))
			}
		}
	})
}

func TestALogLeftByACrashIsSeen(t *testing.T) {
	t.Parallel()
	path := made(t, "crashed.db", "PRAGMA journal_mode=wal;"+someRows)
	other := begin(t, path)
	other.say("PRAGMA wal_autocheckpoint=0; CREATE TABLE more(a); INSERT INTO more SELECT a FROM t; PRAGMA user_version=7;")
	other.kill()
	before := listing(t, filepath.Dir(path))
	s := collect(t, collector(t, plugintest.Settings{"database_paths": []string{path}})).sound(t)
	if diff := cmp.Diff(before, listing(t, filepath.Dir(path))); diff != "" {
		t.Errorf("reading the header changed the folder:\n%.500s", diff)
	}
	info, err := os.Stat(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	if got := s.of(t, "sqlite_wal_size_bytes", path); got != float64(info.Size()) || got == 0 {
		t.Errorf("the log has %v bytes, in truth %d", got, info.Size())
	}
	if r := s.rows[path]; !r.Behind || r.Checkpoints == nil || s.of(t, "sqlite_user_version", path) != 0 {
		t.Errorf("that the header is behind the log is not said: %+v", r)
	}
	s = collect(t, collector(t, plugintest.Settings{"database_paths": []string{path}, "mode": "open"})).sound(t)
	if r := s.rows[path]; r.Behind || s.of(t, "sqlite_tables", path) != 2 || s.of(t, "sqlite_user_version", path) != 7 || r.Mode != "wal" {
		t.Errorf("opened, it has %v tables: %+v", s.of(t, "sqlite_tables", path), r)
	}
	if got := sqlite3(t, path, "SELECT count(*) FROM more"); got != "2000" {
		t.Errorf("afterwards the tool finds %s rows", got)
	}
}

func TestALockedDatabaseKeepsItsValues(t *testing.T) {
	t.Parallel()
	path := made(t, "locked.db", someRows)
	c := collector(t, plugintest.Settings{"database_paths": []string{path}, "mode": "open", "busy_timeout": "50ms"})
	collect(t, c).sound(t)
	other := begin(t, path)
	other.say("BEGIN EXCLUSIVE; INSERT INTO t(b) VALUES ('x');")
	s := collect(t, c)
	s.wantProblem(t, fault.Partial, "its application keeps it locked")
	if s.of(t, "sqlite_locked_total", path) != 1 || s.of(t, "sqlite_readable", path) != 1 || s.of(t, "sqlite_tables", path) != 1 || s.rows[path].Status != "locked" {
		t.Errorf("locked %v, readable %v, %+v", s.of(t, "sqlite_locked_total", path), s.of(t, "sqlite_readable", path), s.rows[path])
	}
	collect(t, collector(t, plugintest.Settings{"database_paths": []string{path}})).sound(t) // the header disturbs nobody
	other.say("COMMIT;")
	if s = collect(t, c).sound(t); s.of(t, "sqlite_locked_total", path) != 1 || s.rows[path].Status != "ok" {
		t.Errorf("afterwards: %+v", s.rows[path])
	}
}

func TestAHotJournalIsTold(t *testing.T) {
	t.Parallel()
	path := made(t, "hot.db", someRows)
	other := begin(t, path)
	// More than its cache holds has to go to the file before the end.
	other.say("PRAGMA cache_size=5; BEGIN; UPDATE t SET b = hex(randomblob(50));")
	other.kill()
	c := collector(t, plugintest.Settings{"database_paths": []string{path}})
	if s := collect(t, c).sound(t); s.of(t, "sqlite_hot_journal", path) != 0 || s.of(t, "sqlite_journal_size_bytes", path) == 0 {
		t.Errorf("a fresh journal: hot %v, %v bytes", s.of(t, "sqlite_hot_journal", path), s.of(t, "sqlite_journal_size_bytes", path))
	}
	long := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path+"-journal", long, long); err != nil {
		t.Fatal(err)
	}
	if s := collect(t, c).sound(t); s.of(t, "sqlite_hot_journal", path) != 1 || s.rows[path].Status != "warning" {
		t.Errorf("an old journal: hot %v, %+v", s.of(t, "sqlite_hot_journal", path), s.rows[path])
	}
	before := listing(t, filepath.Dir(path))
	s := collect(t, collector(t, plugintest.Settings{"database_paths": []string{path}, "mode": "open"}))
	s.wantProblem(t, fault.Partial, "it has a journal to roll back first")
	if diff := cmp.Diff(before, listing(t, filepath.Dir(path))); diff != "" {
		t.Errorf("opening it changed the folder:\n%.500s", diff)
	}
	sqlite3(t, path, "SELECT count(*) FROM t") // its application comes back
	if s := collect(t, c).sound(t); s.of(t, "sqlite_hot_journal", path) != 0 {
		t.Error("rolled back, the journal is still hot")
	}
}

func TestAKeptJournalIsNotHot(t *testing.T) {
	t.Parallel()
	path := made(t, "kept.db", "PRAGMA journal_mode=persist;"+someRows)
	long := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path+"-journal", long, long); err != nil {
		t.Fatal(err)
	}
	if s := collect(t, collector(t, plugintest.Settings{"database_paths": []string{path}})).sound(t); s.of(t, "sqlite_hot_journal", path) != 0 ||
		s.of(t, "sqlite_journal_size_bytes", path) == 0 {
		t.Errorf("hot %v, %v bytes", s.of(t, "sqlite_hot_journal", path), s.of(t, "sqlite_journal_size_bytes", path))
	}
}

// TestOurOwnDatabaseKeepsItsLocks is about POSIX locks: closing any descriptor of
// a file lets go of all locks that the process has on it.
func TestOurOwnDatabaseKeepsItsLocks(t *testing.T) {
	t.Parallel()
	path := made(t, "own.db", someRows)
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(t.Context(), "BEGIN IMMEDIATE; UPDATE t SET b = 'mine' WHERE a = 1"); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []string{"header", "open"} {
		s := collect(t, collector(t, plugintest.Settings{"database_paths": []string{path}, "mode": mode})).sound(t)
		if got := s.of(t, "sqlite_page_size_bytes", path); got != 4096 {
			t.Errorf("mode %s: page size %v", mode, got)
		}
		other := begin(t, path)
		if said := other.say("BEGIN IMMEDIATE;"); !strings.Contains(said, "locked") {
			t.Errorf("after reading it in mode %s the lock is gone: %q", mode, said)
		}
		other.kill()
	}
	_, err = conn.ExecContext(t.Context(), "COMMIT")
	if err := errors.Join(err, conn.Close()); err != nil {
		t.Error(err)
	}
}

func TestFilesThatAreSearchedFor(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	put := func(name string) string {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		sqlite3(t, path, someRows)
		return path
	}
	grafana, vault := put("grafana/data/grafana.db"), put("vaultwarden/_data/db.sqlite3")
	paperless := put("paperless/_data/db.sqlite3")
	put("a/b/c/d/deep.db")
	put("app/cache/thing.db")
	put("elsewhere/other.txt")
	if err := errors.Join(
		os.WriteFile(filepath.Join(root, "fake.db"), []byte("no database at all"), 0o600),
		os.Symlink(vault, filepath.Join(root, "linked.db")), os.Symlink(root, filepath.Join(root, "circle")),
	); err != nil {
		t.Fatal(err)
	}
	c := collector(t, plugintest.Settings{"scan_directories": []string{root}})
	s := collect(t, c).sound(t)
	if len(s.rows) != 3 {
		t.Errorf("found: %v", s.rows)
	}
	for path, want := range map[string][2]string{
		grafana: {"grafana/data/grafana.db", "grafana"}, vault: {"vaultwarden/_data/db.sqlite3", "vaultwarden"}, paperless: {"paperless/_data/db.sqlite3", "paperless"},
	} {
		if got := [2]string{s.rows[path].Name, s.rows[path].App}; got != want {
			t.Errorf("%s is called %v, want %v", path, got, want)
		}
	}
	put("new/late.db") // found an hour later
	if s = collect(t, c).sound(t); len(s.rows) != 3 {
		t.Errorf("the folders were searched again: %v", s.rows)
	}
	s = collect(t, collector(t, plugintest.Settings{"scan_directories": []string{root}, "max_databases": 2}))
	s.wantProblem(t, fault.Partial, "of 4 databases only 2 are watched")
	if len(s.rows) != 2 || s.leftOut != 2 {
		t.Errorf("with a bound: %v", s.rows)
	}
	s = collect(t, collector(t, plugintest.Settings{"database_paths": []string{root + "/*/_data/db.*", vault}, "exclude": []string{"*/paperless/*"}})).sound(t)
	if len(s.rows) != 1 || s.rows[vault].App != "vaultwarden" {
		t.Errorf("by pattern: %v", s.rows)
	}
	s = collect(t, collector(t, plugintest.Settings{"scan_directories": []string{root + "/nothing"}}))
	s.wantProblem(t, fault.NotFound, "searching")
}

// counted counts which files are opened.
type counted struct {
	plugin.Files
	opened map[string]int
}

// Open implements plugin.Files.
func (c counted) Open(name string) (fs.File, error) {
	c.opened[name]++
	return c.Files.Open(name)
}

func TestAFileThatDoesNotChangeIsNotReadAgain(t *testing.T) {
	t.Parallel()
	path := made(t, "asleep.db", someRows)
	long := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path, long, long); err != nil {
		t.Fatal(err)
	}
	host := plugintest.LiveHost(t, sqlite.Plugin())
	files := counted{host.Files, make(map[string]int)}
	host.Files = files
	c, err := sqlite.Plugin().Open(t.Context(), json.RawMessage(plugintest.Settings{"database_paths": []string{path}}.JSON(t)), host)
	if err != nil {
		t.Fatal(err)
	}
	before := collect(t, c).sound(t).of(t, "sqlite_change_counter_total", path)
	for range 3 {
		if got := collect(t, c).sound(t).of(t, "sqlite_change_counter_total", path); got != before {
			t.Errorf("the counter went from %v to %v", before, got)
		}
	}
	if files.opened[path] != 1 {
		t.Errorf("it was opened %d times", files.opened[path])
	}
	sqlite3(t, path, "UPDATE t SET b = 'x' WHERE a = 1")
	for want := before + 1; want < before+4; want++ { // changes of the same size, one upon the other
		if got := collect(t, c).sound(t).of(t, "sqlite_change_counter_total", path); got != want {
			t.Errorf("the counter is %v, want %v", got, want)
		}
		sqlite3(t, path, "UPDATE t SET b = 'y' WHERE a = 1")
	}
}
