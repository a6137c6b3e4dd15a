package hostfs

import (
	"golang.org/x/sys/unix"

	"github.com/unity-homelab/unity/plugin"
)

// Usage asks the file system mounted at name how full it is. The call can hang
// for as long as a dead network file system likes.
func (f *FS) Usage(name string) (plugin.Usage, error) {
	var st unix.Statfs_t
	for {
		err := unix.Statfs(f.Path(name), &st)
		if err == nil {
			break
		}
		if err != unix.EINTR {
			return plugin.Usage{}, named("statfs", name, err)
		}
	}
	// Blocks are counted in fragments; old file systems leave their size out.
	block := uint64(st.Frsize)
	if block == 0 {
		block = uint64(st.Bsize)
	}
	return plugin.Usage{
		SizeBytes:  st.Blocks * block,
		FreeBytes:  st.Bfree * block,
		AvailBytes: st.Bavail * block,
		Inodes:     st.Files,
		FreeInodes: st.Ffree,
	}, nil
}
