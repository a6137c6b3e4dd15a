package sqlite

import (
	"slices"
	"strings"

	"github.com/unity-homelab/unity/plugin"
)

// mounts are the file systems of the machine, by where they are mounted.
type mounts map[string]string

// readMounts reads the table of mounts. Where there is none, everything is taken
// for local.
func readMounts(files plugin.Files) mounts {
	for _, name := range []string{"/proc/1/mountinfo", "/proc/self/mountinfo"} {
		if text, err := files.ReadFile(name); err == nil {
			return parseMounts(string(text))
		}
	}
	return nil
}

func parseMounts(text string) mounts {
	found := make(mounts)
	for line := range strings.Lines(text) {
		// 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw
		before, after, ok := strings.Cut(line, " - ")
		fields, kind := strings.Fields(before), strings.Fields(after)
		const place = 4
		if ok && len(fields) > place && len(kind) > 0 {
			found[unescape(fields[place])] = kind[0]
		}
	}
	return found
}

// unescape puts back what would have ended a field.
func unescape(text string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(text)
}

// remote returns the kind of the file system that a file is on when that is
// another machine's, or "".
func (m mounts) remote(name string) string {
	for at := name; ; {
		slash := strings.LastIndexByte(at, '/')
		if slash < 0 {
			return ""
		}
		at = at[:slash]
		place := at
		if place == "" {
			place = "/"
		}
		if kind, ok := m[place]; ok {
			if slices.Contains([]string{"nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "glusterfs", "fuse.sshfs", "fuse.glusterfs", "fuse.rclone", "davfs"}, kind) {
				return kind
			}
			return ""
		}
		if at == "" {
			return ""
		}
	}
}
