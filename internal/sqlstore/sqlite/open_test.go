package sqlite_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/journal"
	"github.com/unity-homelab/unity/internal/series"
	"github.com/unity-homelab/unity/internal/sqlstore"
	"github.com/unity-homelab/unity/internal/sqlstore/sqlite"
)

func mustOpen(t *testing.T, path string, options sqlstore.Options) *sqlstore.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), path, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// filled makes a database with some content and returns its path.
func filled(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "unity.db")
	db := mustOpen(t, path, sqlstore.Options{})
	for n := range 400 {
		commit(t, db, n)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// commit keeps record n: a run with two samples.
func commit(t *testing.T, db *sqlstore.DB, n int) {
	t.Helper()
	if err := try(t, db, n); err != nil {
		t.Fatal(err)
	}
}

func try(t *testing.T, db *sqlstore.DB, n int) error {
	t.Helper()
	at := time.UnixMilli(int64(n) * 1000)
	rec := &journal.Record{
		Run:  inventory.Run{Source: "s", Start: at, Outcome: inventory.Success},
		Time: at.UnixMilli(),
	}
	for i := range 2 {
		id := db.ID(labels.FromStrings(series.NameLabel, "m", "i", strconv.Itoa(i)))
		rec.Samples = append(rec.Samples, series.Sample{Series: id, Value: float64(n) / 3})
	}
	return db.Commit(t.Context(), rec)
}

// samples returns how many samples the first series has.
func samples(t *testing.T, db *sqlstore.DB) int {
	t.Helper()
	found, err := series.History(t.Context(), db, series.Query{
		Matchers: []*labels.Matcher{labels.MustNewMatcher(labels.MatchEqual, "i", "0")},
		From:     time.UnixMilli(0), To: time.UnixMilli(1 << 50),
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		return 0
	}
	return len(found[0].Points)
}

// alter changes the bytes of a file.
func alter(t *testing.T, path string, change func(content []byte) []byte) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, change(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAFileThatCannotBeUsedIsSaidAndLeftAlone(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		make func(t *testing.T) string
		kind fault.Kind
		text string
	}{
		"the folder does not exist": {
			func(t *testing.T) string { t.Helper(); return filepath.Join(t.TempDir(), "a", "b", "unity.db") },
			fault.NotFound, "does not exist",
		},
		"the folder is a file": {
			func(t *testing.T) string {
				t.Helper()
				path := filepath.Join(t.TempDir(), "file")
				if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
					t.Fatal(err)
				}
				return filepath.Join(path, "unity.db")
			},
			fault.Config, "is a file",
		},
		"a text": {
			func(t *testing.T) string {
				t.Helper()
				path := filepath.Join(t.TempDir(), "unity.db")
				if err := os.WriteFile(path, []byte(strings.Repeat("dear diary, ", 100)), 0o600); err != nil {
					t.Fatal(err)
				}
				return path
			},
			fault.WrongService, "is not a SQLite database",
		},
		"the database of another program": {
			func(t *testing.T) string {
				t.Helper()
				path := filepath.Join(t.TempDir(), "unity.db")
				db, err := sql.Open("sqlite", path)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := db.ExecContext(t.Context(), "CREATE TABLE bookmarks (url TEXT)"); err != nil {
					t.Fatal(err)
				}
				if err := db.Close(); err != nil {
					t.Fatal(err)
				}
				return path
			},
			fault.WrongService, "belongs to another program",
		},
		"a newer schema": {
			func(t *testing.T) string {
				t.Helper()
				path := filled(t)
				alter(t, path, func(content []byte) []byte { content[63] = 77; return content })
				return path
			},
			fault.Unsupported, "version 77",
		},
		"half a file": {
			func(t *testing.T) string {
				t.Helper()
				path := filled(t)
				alter(t, path, func(content []byte) []byte { return content[:len(content)/2] })
				return path
			},
			fault.BadAnswer, "ends early",
		},
		"garbage behind the header": {
			func(t *testing.T) string {
				t.Helper()
				path := filled(t)
				alter(t, path, func(content []byte) []byte {
					for i := 100; i < len(content); i++ {
						content[i] = byte(i * 7)
					}
					return content
				})
				return path
			},
			fault.BadAnswer, "opening the database",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := test.make(t)
			before, errBefore := os.ReadFile(path)
			_, err := sqlite.Open(t.Context(), path, sqlstore.Options{})
			if fault.Of(err) != test.kind || !strings.Contains(fmt.Sprint(err), test.text) || fault.Hint(err) == "" {
				t.Errorf("got a fault of kind %s: %v (hint: %q)", fault.Of(err), err, fault.Hint(err))
			}
			after, errAfter := os.ReadFile(path)
			if !bytes.Equal(before, after) || (errBefore == nil) != (errAfter == nil) {
				t.Error("the file changed")
			}
		})
	}
}

func TestAFileThatWasNotFinishedIsFinished(t *testing.T) {
	t.Parallel()
	// A kill while the file is made leaves one that is empty, or marked but not
	// set up.
	for name, pragmas := range map[string][]string{
		"empty":  nil,
		"marked": {"application_id = 1431196761"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "unity.db")
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			half, err := sql.Open("sqlite", path)
			if err != nil {
				t.Fatal(err)
			}
			for _, pragma := range pragmas {
				if _, err := half.ExecContext(t.Context(), "PRAGMA "+pragma); err != nil {
					t.Fatal(err)
				}
			}
			if err := half.Close(); err != nil {
				t.Fatal(err)
			}
			db := mustOpen(t, path, sqlstore.Options{})
			commit(t, db, 1)
			if err := db.Seal(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(path + "-wal"); err != nil {
				t.Errorf("there is no write-ahead log: %v", err)
			}
			if got := samples(t, db); got != 1 {
				t.Errorf("%d records came back", got)
			}
		})
	}
}

func TestASecondUnityIsToldWhoHasTheDatabase(t *testing.T) {
	t.Parallel()
	path := filled(t)
	db := mustOpen(t, path, sqlstore.Options{})
	_, err := sqlite.Open(t.Context(), path, sqlstore.Options{})
	if fault.Of(err) != fault.Conflict || !strings.Contains(err.Error(), "process "+strconv.Itoa(os.Getpid())) {
		t.Errorf("got %v", err)
	}
	commit(t, db, 1000) // the first one goes on
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	mustOpen(t, path, sqlstore.Options{})
}

func TestTheHeaderSaysWhoseFileItIsAndOfWhichVersion(t *testing.T) {
	t.Parallel()
	migrations, err := os.ReadDir("migrations")
	if err != nil {
		t.Fatal(err)
	}
	header, err := os.ReadFile(filled(t))
	if err != nil {
		t.Fatal(err)
	}
	if id := string(header[68:72]); id != "UNTY" {
		t.Errorf("the file belongs to %q", id)
	}
	if version := int(header[63]); version != len(migrations) {
		t.Errorf("the header has version %d, and there are %d migrations", version, len(migrations))
	}
}

func TestTheFileIsForItsOwnerOnly(t *testing.T) {
	t.Parallel()
	path := filled(t)
	for _, name := range []string{path, strings.TrimSuffix(path, ".db") + ".lock"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", filepath.Base(name), info.Mode())
		}
	}
}

func TestADamagedJournalCostsOnlyWhatItHit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db := mustOpen(t, filepath.Join(dir, "unity.db"), sqlstore.Options{})
	for n := range 100 {
		commit(t, db, n)
	}
	copied := t.TempDir() // what a kill would leave
	if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	segments, err := fs.Glob(os.DirFS(copied), "unity.journal/*")
	if err != nil || len(segments) == 0 {
		t.Fatal(segments, err)
	}
	alter(t, filepath.Join(copied, segments[0]), func(content []byte) []byte { content[len(content)/2] ^= 4; return content })
	db = mustOpen(t, filepath.Join(copied, "unity.db"), sqlstore.Options{})
	if got := samples(t, db); got != 99 {
		t.Errorf("%d records of 100 came back, want all but the damaged one", got)
	}
}

func TestAFullJournalIsWrittenToTheDatabase(t *testing.T) {
	t.Parallel()
	db := mustOpen(t, filepath.Join(t.TempDir(), "unity.db"), sqlstore.Options{MaxJournalBytes: 3000})
	for n := range 300 { // nobody runs it in the background
		commit(t, db, n)
	}
	if got := samples(t, db); got != 300 {
		t.Errorf("there are %d records of 300", got)
	}
	stats, err := db.Stats(t.Context())
	if err != nil || stats.JournalBytes > 3000 || stats.Lost.Samples > 0 {
		t.Errorf("got %+v, %v", stats, err)
	}
}

func TestAfterCloseNothingIsTaken(t *testing.T) {
	t.Parallel()
	db := mustOpen(t, filepath.Join(t.TempDir(), "unity.db"), sqlstore.Options{})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := try(t, db, 1); fault.Of(err) != fault.Canceled {
		t.Errorf("got %v", err)
	}
	if err := db.Close(); err != nil {
		t.Errorf("closing again: %v", err)
	}
}

func TestSamplesGoToTheDatabaseWhenTheyAreOld(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "unity.db")
	synctest.Test(t, func(t *testing.T) {
		db, err := sqlite.Open(t.Context(), path, sqlstore.Options{})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- db.Run(ctx) }()
		commit(t, db, 1)
		waiting := func() int {
			stats, err := db.Stats(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return stats.OpenSamples
		}
		time.Sleep(4*time.Hour - time.Minute)
		synctest.Wait()
		if got := waiting(); got != 2 {
			t.Errorf("after nearly four hours %d samples wait", got)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if got := waiting(); got != 0 {
			t.Errorf("after four hours %d samples wait", got)
		}
		if got := samples(t, db); got != 1 {
			t.Errorf("%d samples are there", got)
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
}
