//go:build unix

package follow

import (
	"io/fs"
	"syscall"
)

// identityOf returns what tells the file from all others.
func identityOf(info fs.FileInfo) identity {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return identity{uint64(stat.Dev), stat.Ino} //nolint:unconvert,gosec // its type differs by system
	}
	return identity{}
}
