package backup_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/backup"
)

// dump writes a file of so many bytes that is so old.
func dump(t *testing.T, name string, size int, age time.Duration) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil { //nolint:gosec // of a test
		t.Fatal(err)
	}
	if err := os.WriteFile(name, make([]byte, size), 0o600); err != nil {
		t.Fatal(err)
	}
	at := time.Now().Add(-age)
	if err := os.Chtimes(name, at, at); err != nil {
		t.Fatal(err)
	}
}

func TestTheNewestFileOfEachFolderCounts(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	const hour = time.Hour
	for i := range 5 {
		dump(t, filepath.Join(folder, "db", "2026", string(rune('a'+i))+".sql.gz"), 1000+i, time.Duration(i)*24*hour+hour)
	}
	dump(t, filepath.Join(folder, "db", "today.log"), 5, 0)
	dump(t, filepath.Join(folder, "web", "old.tar"), 10, 100*hour)
	dump(t, filepath.Join(folder, "deep", "1", "2", "3", "4", "5", "hidden.sql.gz"), 10, hour)
	if err := os.MkdirAll(filepath.Join(folder, "empty"), 0o755); err != nil { //nolint:gosec // of a test
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(folder, "db"), filepath.Join(folder, "web", "link")); err != nil {
		t.Fatal(err)
	}
	settings := plugintest.Settings{"type": "files", "location": folder, "each_folder": true, "pattern": []string{"*.sql.gz", "*.tar"}}
	batch := plugintest.CollectAll(t, backup.Plugin(), plugintest.Live(t, backup.Plugin(), settings.JSON(t)))
	values := plugintest.Values(batch)
	for key, want := range map[string]float64{
		`backup_state{group="db",state="ok"}`: 1, `backup_age_seconds{group="db"}`: 3600, `backup_last_size_bytes{group="db"}`: 1000, `backup_last_files{group="db"}`: 5,
		`backup_usual_interval_seconds{group="db"}`: 86400, `backup_shrunk{group="db"}`: 0, `backup_state{group="web",state="stale"}`: 1,
		`backup_state{group="empty",state="none"}`: 1, `backup_state{group="deep",state="none"}`: 1, "backup_repository_bytes": 5020,
	} {
		got, there := values[key]
		if age := key == `backup_age_seconds{group="db"}`; !there || !age && got != want || age && (got < want || got > want+60) {
			t.Errorf("%s is %v (%v), want %v", key, got, there, want)
		}
	}
	if values["backup_free_bytes"] <= 0 {
		t.Error("nothing is said of the free space")
	}
	if _, there := values[`backup_last_success_timestamp_seconds{group="empty"}`]; there {
		t.Error("an empty folder has a last success")
	}
}

func TestAMarkerSaysWhenTheLastSuccessWas(t *testing.T) {
	t.Parallel()
	marker := filepath.Join(t.TempDir(), "done")
	settings := plugintest.Settings{"type": "files", "location": marker, "read_as": "marker"}
	c := plugintest.Live(t, backup.Plugin(), settings.JSON(t))
	if values := plugintest.Values(plugintest.CollectAll(t, backup.Plugin(), c)); values[`backup_state{group="`+marker+`",state="none"}`] != 1 {
		t.Errorf("before the first success: %v", values)
	}
	dump(t, marker, 0, 30*time.Hour)
	batch := plugintest.CollectAll(t, backup.Plugin(), c)
	if values := plugintest.Values(batch); values[`backup_state{group="`+marker+`",state="late"}`] != 1 {
		t.Errorf("30 hours later: %v", values)
	}
	kinds := ""
	for _, e := range batch.Events() {
		kinds += e.Kind + " "
	}
	if kinds != "backup_made backup_late " {
		t.Errorf("events: %s", kinds)
	}
	// A marker of tomorrow is the fault of a clock.
	dump(t, marker, 0, -24*time.Hour)
	batch = plugintest.Collect(t, backup.Plugin(), c)
	if problems := batch.Problems(); len(problems) != 1 {
		t.Errorf("problems: %v", problems)
	}
	if age := plugintest.Values(batch)[`backup_age_seconds{group="`+marker+`"}`]; age != 0 {
		t.Errorf("the age is %v", age)
	}
}
