package hostfs

import (
	"bytes"
	"os"
)

// Container returns the kind of container that this process runs in ("docker",
// "podman", "lxc", …), or "" when it seems to run on the machine itself.
// What it sees of /proc and / is then the container's, unless HOST_ROOT leads
// to the host's.
func Container() string { return containerAt("/") }

func containerAt(root string) string {
	at := New(Options{Root: root})
	for _, mark := range []struct{ file, kind string }{
		{"/.dockerenv", "docker"},
		{"/run/.containerenv", "podman"},
	} {
		if _, err := os.Stat(at.Path(mark.file)); err == nil {
			return mark.kind
		}
	}
	if kind, err := os.ReadFile(at.Path("/run/systemd/container")); err == nil && len(bytes.TrimSpace(kind)) > 0 {
		return string(bytes.TrimSpace(kind))
	}
	environ, err := os.ReadFile(at.Path("/proc/1/environ"))
	if err != nil {
		return "" // only root may read it; systemd wrote the file above for the others
	}
	for entry := range bytes.SplitSeq(environ, []byte{0}) {
		if kind, ok := bytes.CutPrefix(entry, []byte("container=")); ok && len(kind) > 0 {
			return string(kind)
		}
	}
	return ""
}
