package zfsbtrfs

import (
	"regexp"
	"strings"
	"time"
)

// poolStatus is what zpool status says of a pool.
type poolStatus struct {
	Name   string
	State  string
	Status string // what is wrong, in the words of ZFS
	Action string // and what to do
	Scan   *scan
	Root   *vdev // the pool itself, as the first line of the table
	Vdevs  []vdev
	Errors string
	// DataErrors counts damaged files and the like; nil: not told.
	DataErrors *float64
}

// vdev is a line of the table: a disk, or a group of disks.
type vdev struct {
	Name     string   `json:"name"`
	Group    string   `json:"group,omitempty"` // the one it is part of
	Role     string   `json:"role"`            // data, logs, cache, spares, special or dedup
	Leaf     bool     `json:"leaf"`
	State    string   `json:"state"`
	Read     *float64 `json:"read,omitempty"`
	Write    *float64 `json:"write,omitempty"`
	Checksum *float64 `json:"checksum,omitempty"`
	Slow     *float64 `json:"slow,omitempty"`
	Note     string   `json:"note,omitempty"`

	depth int
}

// parseStatus reads zpool status, of every version since pools had four
// columns.
func parseStatus(text []byte, zone *time.Location) []poolStatus {
	var pools []poolStatus
	field := ""
	values := make(map[string][]string)
	flush := func() {
		if name := joined(values["pool"]); name != "" {
			pools = append(pools, newPoolStatus(name, values, zone))
		}
		clear(values)
	}
	label := regexp.MustCompile(`^ *([a-z]+):(?: (.*))?$`)
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\r\n")
		if found := label.FindStringSubmatch(line); found != nil && !strings.HasPrefix(line, "\t") {
			if field = found[1]; field == "pool" {
				flush()
			}
			values[field] = append(values[field], found[2])
			continue
		}
		if field != "" && line != "" {
			values[field] = append(values[field], line)
		}
	}
	flush()
	return pools
}

func joined(lines []string) string {
	return strings.Join(strings.Fields(strings.Join(lines, " ")), " ")
}

func newPoolStatus(name string, values map[string][]string, zone *time.Location) poolStatus {
	p := poolStatus{
		Name: name, State: strings.ToLower(joined(values["state"])), Status: joined(values["status"]),
		Action: joined(values["action"]), Errors: joined(values["errors"]),
	}
	if p.Scan = parseScan(strings.Join(values["scan"], "\n"), zone); p.Scan == nil {
		p.Scan = parseScan(strings.Join(values[scrub], "\n"), zone)
	}
	p.readTable(values["config"])
	switch found := regexp.MustCompile(`^([0-9]+) data errors`).FindStringSubmatch(p.Errors); {
	case strings.HasPrefix(p.Errors, "No known data errors"):
		p.DataErrors = new(0.0)
	case found != nil:
		p.DataErrors = decimal(found[1])
	case strings.HasPrefix(p.Errors, "Permanent errors"):
		p.DataErrors = new(float64(max(1, len(values["errors"])-1)))
	}
	return p
}

// readTable reads the table of devices. Two spaces more mean part of the line
// above.
func (p *poolStatus) readTable(lines []string) {
	role := "data"
	var above []string // the groups that the current line is part of, by depth
	for _, line := range lines {
		body := strings.TrimPrefix(line, "\t")
		words := strings.Fields(body)
		if len(words) == 0 || words[0] == "NAME" {
			continue
		}
		depth := (len(body) - len(strings.TrimLeft(body, " "))) / 2
		if len(words) == 1 && depth == 0 {
			role = words[0]
			above = nil
			continue
		}
		v := vdev{Name: words[0], Role: role, depth: depth}
		v.readColumns(words[1:])
		if p.Root == nil && depth == 0 && role == "data" {
			p.Root = &v
			above = nil
			continue
		}
		above = append(above[:min(len(above), depth)], v.Name)
		for len(above) <= depth { // a level was left out
			above = append(above, v.Name)
		}
		if depth > 0 && above[depth-1] != v.Name {
			v.Group = above[depth-1]
		}
		p.Vdevs = append(p.Vdevs, v)
	}
	for i := range p.Vdevs {
		v := &p.Vdevs[i]
		v.Leaf = i+1 == len(p.Vdevs) || p.Vdevs[i+1].depth <= v.depth || p.Vdevs[i+1].Role != v.Role
	}
	for i := range p.Vdevs { // a data vdev is part of the pool itself, which is no group
		if v := &p.Vdevs[i]; p.Root != nil && v.Group == p.Root.Name {
			v.Group = ""
		}
	}
}

// readColumns reads STATE READ WRITE CKSUM, SLOW in newer versions, and a note.
func (v *vdev) readColumns(words []string) {
	if len(words) == 0 {
		return
	}
	v.State = strings.ToLower(words[0])
	words = words[1:]
	for _, into := range []**float64{&v.Read, &v.Write, &v.Checksum, &v.Slow} {
		if len(words) == 0 {
			return
		}
		if words[0] != "-" {
			n := count(words[0])
			if n == nil {
				break
			}
			*into = n
		}
		words = words[1:]
	}
	v.Note = strings.Trim(strings.Join(words, " "), "()")
}

// well reports whether the device does what it is there for.
func (v vdev) well() bool {
	switch v.State {
	case "online", "avail", "inuse":
		return true
	default:
		return false
	}
}
