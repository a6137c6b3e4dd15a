package sqlite_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/plugintest"
)

// TestTheLeastRightsAreEnough follows the README: the group may enter the folder
// and read the file.
func TestTheLeastRightsAreEnough(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		plugintest.Skip(t, "needs root, to be somebody else for a moment")
	}
	const unity = 61234 // nobody's user and group
	path := made(t, "db.sqlite3", "PRAGMA journal_mode=wal", someRows)
	begin(t, path).say("PRAGMA wal_autocheckpoint=0; DELETE FROM t WHERE a = 1;")
	folder := filepath.Dir(path)
	chmod := func(args ...string) {
		t.Helper()
		if out, err := exec.CommandContext(t.Context(), "chmod", args...).CombinedOutput(); err != nil {
			t.Fatalf("chmod %v: %v: %s", args, err, out)
		}
	}
	for _, name := range []string{folder, path, path + "-wal", path + "-shm"} {
		if err := os.Chown(name, 0, unity); err != nil {
			t.Fatal(err)
		}
		chmod("u=rwX,go=", name)
	}
	chmod("a+x", filepath.Dir(folder))
	c := collector(t, plugintest.Settings{"database_paths": []string{path}})

	collectAs(t, unity, func() {
		collect(t, c).wantProblem(t, fault.Permission, "Unity may not enter its folder")
	})
	chmod("g+x", folder)
	collectAs(t, unity, func() {
		collect(t, c).wantProblem(t, fault.Permission, "its mode -rw------- keeps Unity from it")
	})
	chmod("g+r", path, path+"-wal", path+"-shm")
	collectAs(t, unity, func() {
		s := collect(t, c).sound(t)
		if s.of(t, "sqlite_readable", path) != 1 || s.of(t, "sqlite_wal_size_bytes", path) == 0 || s.rows[path].Checkpoints == nil {
			t.Errorf("%+v", s.rows[path])
		}
	})
}

// collectAs calls the function with the rights that a user and its group have on
// files. Rights are those of a thread, which ends with it.
func collectAs(t *testing.T, id int, do func()) {
	t.Helper()
	plugintest.OnOwnThread(func() {
		if err := syscall.Setfsgid(id); err != nil {
			t.Error(err)
			return
		}
		if err := syscall.Setfsuid(id); err != nil {
			t.Error(err)
			return
		}
		do()
	})
}
