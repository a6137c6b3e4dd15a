package sqlite

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// openHere lists the files that this very process has open. SQLite's locks are
// POSIX locks, and those of a process on a file are gone as soon as it closes any
// of its descriptors for that file: reading the header of Unity's own database
// would leave it without its locks. SQLite itself knows what is open in the
// process and may read it.
func openHere() []fs.FileInfo {
	for _, folder := range []string{"/proc/self/fd", "/dev/fd"} {
		entries, err := os.ReadDir(folder)
		if err != nil {
			continue
		}
		infos := make([]fs.FileInfo, 0, len(entries))
		for _, entry := range entries {
			if info, err := os.Stat(filepath.Join(folder, entry.Name())); err == nil && info.Mode().IsRegular() {
				infos = append(infos, info)
			}
		}
		return infos
	}
	return nil
}

func holds(open []fs.FileInfo, file fs.FileInfo) bool {
	return slices.ContainsFunc(open, func(one fs.FileInfo) bool { return os.SameFile(one, file) })
}
