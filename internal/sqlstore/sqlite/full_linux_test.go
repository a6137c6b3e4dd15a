package sqlite_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/sqlstore"
)

// TestAFullDiskRefusesAndRecovers needs the right to mount a small file system.
func TestAFullDiskRefusesAndRecovers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=2m")
	if err != nil {
		t.Skipf("unavoidable: this process may not mount a file system: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	db := mustOpen(t, filepath.Join(dir, "unity.db"), sqlstore.Options{})
	n := 0
	for ; n < 100; n++ {
		commit(t, db, n)
	}
	ballast := filepath.Join(dir, "ballast")
	fill(t, ballast)
	for err = nil; err == nil && n < 100_000; n++ {
		err = try(t, db, n)
	}
	acknowledged := n - 1
	if fault.Of(err) != fault.Unreachable {
		t.Errorf("on a full disk, got %v", err)
	}
	if err := db.Seal(t.Context()); fault.Of(err) != fault.Unreachable || fault.Hint(err) == "" {
		t.Errorf("sealing on a full disk, got %v", err)
	}
	if got := samples(t, db); got != acknowledged {
		t.Errorf("there are %d records, and %d were acknowledged", got, acknowledged)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	for ; n < acknowledged+50; n++ {
		commit(t, db, n)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = mustOpen(t, filepath.Join(dir, "unity.db"), sqlstore.Options{})
	if err := db.Check(t.Context()); err != nil {
		t.Error(err)
	}
	if got, want := samples(t, db), n-1; got != want {
		t.Errorf("afterwards there are %d records, want %d", got, want)
	}
}

// fill writes a file until the disk is full.
func fill(t *testing.T, path string) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for size := 64 << 10; size > 0; {
		if _, err := file.Write(make([]byte, size)); err != nil {
			size /= 2
		}
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}
