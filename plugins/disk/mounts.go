package disk

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// mount is one line of mountinfo.
type mount struct {
	ID, Parent int
	Device     string // major:minor
	Root       string // which part of the file system is mounted
	Mountpoint string
	Options    []string // of this mount
	Type       string
	Source     string
	Super      []string // options of the file system itself
}

// readonly reports whether nothing can be written through this mount.
func (m mount) readonly() bool {
	return slices.Contains(m.Options, "ro") || slices.Contains(m.Super, "ro")
}

// key tells this mount from a later one at the same place.
func (m mount) key() string { return strconv.Itoa(m.ID) + " " + m.Device + " " + m.Mountpoint }

// parseMounts reads /proc/<pid>/mountinfo. A line that is not of its form is
// left out.
func parseMounts(data []byte) []mount {
	var mounts []mount
	for line := range bytes.Lines(data) {
		if m, ok := parseMount(string(line)); ok {
			mounts = append(mounts, m)
		}
	}
	return mounts
}

// parseMount reads one line: six fields, any number of optional ones, a dash,
// and three fields more.
func parseMount(line string) (mount, bool) {
	fields := strings.Fields(line)
	dash := slices.Index(fields, "-")
	if dash < 6 || len(fields) < dash+3 {
		return mount{}, false
	}
	id, err := strconv.Atoi(fields[0])
	if err != nil {
		return mount{}, false
	}
	parent, err := strconv.Atoi(fields[1])
	if err != nil {
		return mount{}, false
	}
	m := mount{
		ID: id, Parent: parent, Device: fields[2], Root: unescape(fields[3]), Mountpoint: unescape(fields[4]),
		Options: strings.Split(fields[5], ","), Type: fields[dash+1], Source: unescape(fields[dash+2]),
	}
	// The source may be empty, which leaves one field less.
	if len(fields) > dash+3 {
		m.Super = strings.Split(fields[dash+3], ",")
	}
	return m, strings.HasPrefix(m.Mountpoint, "/")
}

// unescape turns \040 and its like, which the kernel writes for white space and
// backslashes, back into the characters they stand for.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if code, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				out = append(out, byte(code))
				i += 3
				continue
			}
		}
		out = append(out, s[i])
	}
	return string(out)
}

// visible leaves out the mounts that another one lies on top of: asking for
// their mount point would answer for the other.
func visible(mounts []mount) []mount {
	v := view{byID: make(map[int]int, len(mounts)), mounts: mounts, covered: make([]bool, len(mounts)), lost: make([]lostness, len(mounts))}
	for i, m := range mounts {
		v.byID[m.ID] = i
	}
	for _, m := range mounts {
		if p, ok := v.parent(m); ok && mounts[p].Mountpoint == m.Mountpoint {
			v.covered[p] = true
		}
	}
	var seen []mount
	for i, m := range mounts {
		if !v.covered[i] && !v.isLost(i) {
			seen = append(seen, m)
		}
	}
	return seen
}

// view is the tree of mounts while it is worked out what of it can be seen.
type view struct {
	mounts  []mount
	byID    map[int]int
	covered []bool // another mount lies exactly on top
	lost    []lostness
}

// lostness is what is known about whether paths still lead to a mount.
type lostness byte

const (
	unknown lostness = iota
	reachable
	lost
)

func (v *view) parent(m mount) (int, bool) {
	p, ok := v.byID[m.Parent]
	return p, ok && m.Parent != m.ID
}

// isLost reports whether the place of the mount is no longer to be seen: a
// later mount around it hides it, or its parent is hidden.
func (v *view) isLost(i int) bool {
	if v.lost[i] != unknown {
		return v.lost[i] == lost
	}
	v.lost[i] = reachable // ends a circle, which only a garbled file has
	m := v.mounts[i]
	for _, later := range v.mounts[i+1:] {
		if later.Parent == m.Parent && m.Parent != m.ID && within(m.Mountpoint, later.Mountpoint) {
			v.lost[i] = lost
			return true
		}
	}
	if p, ok := v.parent(m); ok {
		if v.isLost(p) || v.covered[p] && v.mounts[p].Mountpoint != m.Mountpoint {
			v.lost[i] = lost
		}
	}
	return v.lost[i] == lost
}

// within reports whether name is folder or lies in it.
func within(name, folder string) bool {
	return name == folder || strings.HasPrefix(name, strings.TrimSuffix(folder, "/")+"/")
}

// fileSystems groups mounts by the file system they show, the mount that stands
// for it first: that of its root, else of the shortest path. Mounts of the same
// part of a file system, which are bind mounts, are left out.
func fileSystems(mounts []mount) [][]mount {
	var order []string
	groups := make(map[string][]mount)
	for _, m := range mounts {
		if _, seen := groups[m.Device]; !seen {
			order = append(order, m.Device)
		}
		groups[m.Device] = append(groups[m.Device], m)
	}
	result := make([][]mount, 0, len(order))
	for _, device := range order {
		group := groups[device]
		slices.SortStableFunc(group, func(a, b mount) int {
			return cmp.Or(
				-compareBool(a.Root == "/", b.Root == "/"),
				cmp.Compare(len(a.Mountpoint), len(b.Mountpoint)),
				cmp.Compare(a.Mountpoint, b.Mountpoint),
			)
		})
		var roots []mount
		for _, m := range group {
			if !slices.ContainsFunc(roots, func(kept mount) bool { return kept.Root == m.Root }) {
				roots = append(roots, m)
			}
		}
		result = append(result, roots)
	}
	return result
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	default:
		return -1
	}
}

// parseFstab returns the options that /etc/fstab asks for, by mount point.
func parseFstab(data []byte) map[string][]string {
	asked := make(map[string][]string)
	for line := range bytes.Lines(data) {
		fields := strings.Fields(string(line))
		if len(fields) < 4 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		asked[unescape(fields[1])] = strings.Split(fields[3], ",")
	}
	return asked
}
