package proxmox

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/lenient"
)

// The types of guest.
const (
	typeVM        = "qemu"
	typeContainer = "lxc"
)

// The states of a guest. Whatever else there is counts as other.
const (
	running = "running"
	stopped = "stopped"
	unknown = "unknown"
	other   = "other"
)

func guestStates() []string {
	return []string{running, stopped, "paused", "suspended", "prelaunch", unknown, other}
}

// version is the answer to the first question.
type version struct {
	Version string `json:"version"`
	Release string `json:"release"`
}

// cluster is what holds several nodes together.
type cluster struct {
	Name    string `json:"name"`
	Quorate bool   `json:"quorate"`
}

// member is a row of the state of the cluster.
type member struct {
	Type    string       `json:"type"`
	Name    string       `json:"name"`
	Quorate lenient.Flag `json:"quorate"`
	Online  lenient.Flag `json:"online"`
}

// resource is a row of everything that there is, of whatever type.
type resource struct {
	Type      string         `json:"type"`
	Node      string         `json:"node"`
	Status    string         `json:"status"`
	Name      string         `json:"name"`
	VMID      lenient.Text   `json:"vmid"`
	Template  lenient.Flag   `json:"template"`
	Tags      lenient.Text   `json:"tags"`
	Pool      string         `json:"pool"`
	Lock      string         `json:"lock"`
	HA        string         `json:"hastate"`
	CPU       lenient.Number `json:"cpu"`
	MaxCPU    lenient.Number `json:"maxcpu"`
	Memory    lenient.Number `json:"mem"`
	MaxMemory lenient.Number `json:"maxmem"`
	Disk      lenient.Number `json:"disk"`
	MaxDisk   lenient.Number `json:"maxdisk"`
	Read      lenient.Number `json:"diskread"`
	Written   lenient.Number `json:"diskwrite"`
	In        lenient.Number `json:"netin"`
	Out       lenient.Number `json:"netout"`
	Uptime    lenient.Number `json:"uptime"`
	Storage   string         `json:"storage"`
	Plugin    string         `json:"plugintype"`
	Content   lenient.Text   `json:"content"`
	Shared    lenient.Flag   `json:"shared"`
}

// node is a machine of the cluster.
type node struct {
	resource

	Name     string
	Online   *bool // as the cluster says; nil where nobody does
	status   nodeStatus
	storages []nodeStorage
}

func (r resource) node() *node {
	n := &node{resource: r, Name: plugin.Shorten(r.Node, 60)}
	if r.Status == "online" || r.Status == "offline" {
		online := r.Status == "online"
		n.Online = &online
	}
	return n
}

// guest is a virtual machine or a container.
type guest struct {
	resource

	ID       string // its number
	Name     string
	Node     string
	Tags     []string
	Status   string // one of the states
	template bool
	detail   *detail
	backup   *backup
}

func (r resource) guest() *guest {
	g := &guest{
		resource: r, ID: plugin.Shorten(string(r.VMID), 20), Node: plugin.Shorten(r.Node, 60), template: bool(r.Template),
		Status: strings.ToLower(cmp.Or(r.Status, unknown)),
	}
	g.Name = plugin.Shorten(cmp.Or(r.Name, r.Type+" "+g.ID), 80)
	if !slices.Contains(guestStates(), g.Status) {
		g.Status = other
	}
	for _, tag := range strings.FieldsFunc(string(r.Tags), func(r rune) bool { return r == ';' || r == ',' || r == ' ' }) {
		g.Tags = append(g.Tags, plugin.Shorten(tag, 60))
	}
	return g
}

func (g *guest) running() bool { return g.Status == running }

// kind is the type for people.
func (g *guest) kind() string {
	if g.Type == typeVM {
		return "virtual machine"
	}
	return "container"
}

// storage is a place for disks or backups, as one node sees it.
type storage struct {
	resource

	Name string
	Node string
}

func (r resource) store() *storage {
	return &storage{resource: r, Name: plugin.Shorten(r.Storage, 60), Node: plugin.Shorten(r.Node, 60)}
}

// holds reports whether something of the kind may be on the storage.
func (s *storage) holds(content string) bool {
	return slices.Contains(strings.Split(string(s.Content), ","), content)
}

// available reports whether the node knows how large the storage is.
func (s *storage) available() bool { return s.Status == "available" }

func (s *sight) sort() {
	slices.SortFunc(s.nodes, func(a, b *node) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortStableFunc(s.guests, func(a, b *guest) int {
		x, _ := strconv.Atoi(a.ID)
		y, _ := strconv.Atoi(b.ID)
		return cmp.Or(cmp.Compare(x, y), cmp.Compare(a.ID, b.ID))
	})
	s.guests = slices.CompactFunc(s.guests, func(a, b *guest) bool { return a.ID == b.ID })
	slices.SortStableFunc(s.storages, func(a, b *storage) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Node, b.Node))
	})
	s.nodes = slices.CompactFunc(s.nodes, func(a, b *node) bool { return a.Name == b.Name })
	s.storages = slices.CompactFunc(s.storages, func(a, b *storage) bool { return a.Name == b.Name && a.Node == b.Node })
}

// online are the nodes that can be asked.
func (s *sight) online() []*node {
	var there []*node
	for _, n := range s.nodes {
		if plainName(n.Name) && (n.Online == nil || *n.Online) {
			there = append(there, n)
		}
	}
	return there
}

// distinct are the storages with each shared one once, as a node sees it that
// knows its size.
func (s *sight) distinct() []*storage {
	var all []*storage
	for _, one := range s.storages {
		last := len(all) - 1
		switch {
		case !bool(one.Shared) || last < 0 || all[last].Name != one.Name:
			all = append(all, one)
		case !all[last].available() && one.available():
			all[last] = one
		}
	}
	return all
}

// plainName reports whether a name can stand in an address as it is.
func plainName(name string) bool {
	return name != "" && name != "." && name != ".." && !strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-_.", r)
	})
}
