package network

import (
	"context"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/hostfs"
)

// searchEvery is how often the processes behind new sockets are looked for: it
// takes a walk through the open files of every process.
const searchEvery = 2 * time.Minute

// owner is the process that a socket belongs to.
type owner struct {
	PID     int
	Process string
	Unit    string
}

// owners knows the processes behind listening sockets, by the socket's inode.
// Other users' processes can be seen by root only.
type owners struct {
	files    plugin.Files
	known    map[uint64]*owner // nil: looked for and not found
	searched time.Time
}

// find returns the owners of the listeners, as far as they are known.
func (o *owners) find(ctx context.Context, listeners []listener, now time.Time) map[uint64]*owner {
	found := make(map[uint64]*owner, len(listeners))
	wanted := make(map[uint64]bool)
	for _, l := range listeners {
		if l.Inode == 0 {
			continue
		}
		if known, ok := o.known[l.Inode]; ok {
			found[l.Inode] = known
		} else {
			wanted[l.Inode] = true
		}
	}
	if len(wanted) > 0 && (o.searched.IsZero() || now.Sub(o.searched) >= searchEvery) {
		o.searched = now
		o.search(ctx, wanted, found)
		for inode := range wanted {
			found[inode] = nil
		}
	}
	o.known = found
	return found
}

// search walks the processes until every wanted inode is found, and takes those
// out of wanted.
func (o *owners) search(ctx context.Context, wanted map[uint64]bool, found map[uint64]*owner) {
	entries, err := o.files.ReadDir("/proc")
	if err != nil {
		return
	}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		if len(wanted) == 0 || ctx.Err() != nil {
			return
		}
		folder := "/proc/" + entry.Name()
		files, err := o.files.ReadDir(folder + "/fd")
		if err != nil {
			continue // another user's, or just ended
		}
		var process *owner
		for _, file := range files {
			inode, ok := o.socket(folder + "/fd/" + file.Name())
			if !ok || !wanted[inode] {
				continue
			}
			if process == nil {
				process = o.describe(pid, folder)
			}
			delete(wanted, inode)
			found[inode] = process
		}
	}
}

// socket returns the inode of the socket that an open file is.
func (o *owners) socket(name string) (uint64, bool) {
	target, err := o.files.ReadLink(name)
	if err != nil {
		return 0, false
	}
	number, ok := strings.CutPrefix(target, "socket:[")
	if !ok {
		return 0, false
	}
	inode, err := strconv.ParseUint(strings.TrimSuffix(number, "]"), 10, 64)
	return inode, err == nil
}

func (o *owners) describe(pid int, folder string) *owner {
	p := &owner{PID: pid}
	if name, err := hostfs.Text(o.files, folder+"/comm"); err == nil {
		p.Process = strings.ToValidUTF8(name, "")
	}
	if groups, err := hostfs.Text(o.files, folder+"/cgroup"); err == nil {
		p.Unit = unitOf(groups)
	}
	return p
}

// unitOf returns the systemd unit that a process's control groups name.
func unitOf(groups string) string {
	for line := range strings.Lines(groups) {
		for name := path.Clean(strings.TrimSpace(line)); name != "." && name != "/"; name = path.Dir(name) {
			base := path.Base(name)
			if strings.HasSuffix(base, ".service") || strings.HasSuffix(base, ".scope") {
				return base
			}
		}
	}
	return ""
}
