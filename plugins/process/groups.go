package process

import (
	"cmp"
	"slices"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// groups keeps the figures of groups of processes: of every watch, and of the
// largest groups by what the config says.
type groups struct {
	by   string
	most int
	// all holds the grown totals of every group that was seen lately.
	all map[string]*group
	// kept are the groups whose figures are written, in the order of names.
	kept []*group
}

// group is some processes taken together.
type group struct {
	name    string
	watched bool
	members []*process
	seen    int // the number of the look that last found members
	size    float64
	kept    bool

	started      bool
	user, system float64 // seconds, those of members that have ended included

	trafficStarted bool
	read, written  float64 // bytes
}

func newGroups(c config) *groups {
	made := &groups{by: c.GroupBy, most: c.MaxGroups, all: make(map[string]*group)}
	for _, w := range c.Watch {
		made.all[w.Name] = &group{name: w.Name, watched: true}
	}
	return made
}

// maxGroupsSeen bounds how many groups are remembered, and groupAge for how many
// looks one without members is.
const (
	maxGroupsSeen = 1000
	groupAge      = 240
)

// gather puts the processes into their groups and picks those that are kept.
func (g *groups) gather(c *collector) {
	look := c.table.look
	for _, group := range g.all {
		group.members, group.size = group.members[:0], 0
	}
	for _, w := range c.watches {
		group := g.all[w.Name]
		group.seen = look
		group.members = append(group.members, w.members...)
	}
	if g.by != "none" {
		for _, p := range c.list {
			group := g.find(g.nameOf(c, p))
			if group == nil || group.watched {
				continue
			}
			group.members, group.seen = append(group.members, p), look
		}
	}
	for name, group := range g.all {
		if look-group.seen > groupAge {
			delete(g.all, name)
			continue
		}
		group.grow(c)
	}
	g.pick(look)
}

// find returns the group of that name, or nil when there is no name, or too many
// groups.
func (g *groups) find(name string) *group {
	if name == "" {
		return nil
	}
	if known := g.all[name]; known != nil {
		return known
	}
	if len(g.all) >= maxGroupsSeen {
		return nil
	}
	made := &group{name: name}
	g.all[name] = made
	return made
}

func (g *groups) nameOf(c *collector, p *process) string {
	switch g.by {
	case "user":
		return c.readOwner(p)
	case "unit":
		c.readPlace(p)
		if p.about.unit == "" && p.about.container != "" {
			return "containers"
		}
		return p.about.unit
	default:
		return p.name
	}
}

// grow adds the processor time since the look before. At first it is that of the
// members' whole lives.
func (g *group) grow(c *collector) {
	memory := 0.0
	for _, p := range g.members {
		user, system, known := p.used()
		switch {
		case !g.started:
			user, system = float64(p.user)/100, float64(p.system)/100
		case !known:
			user, system = 0, 0
		}
		g.user += user
		g.system += system
		cores, _ := c.table.cores(p)
		g.size += cores
		memory += float64(p.rss)
	}
	g.started = true
	// Groups are compared by their shares of the machine.
	if c.table.machine.processors > 0 {
		g.size /= float64(c.table.machine.processors)
	}
	if c.table.machine.memory > 0 {
		g.size += memory / float64(c.table.machine.memory)
	}
}

// pick keeps the watched groups and the largest others. One that is kept already
// stays until another is clearly larger: lines that come and go say nothing.
func (g *groups) pick(look int) {
	const clearly = 1.5
	var others []*group
	g.kept = g.kept[:0]
	for _, group := range g.all {
		switch {
		case group.watched:
			g.kept = append(g.kept, group)
		case group.seen == look:
			if group.kept {
				group.size *= clearly
			}
			others = append(others, group)
		}
	}
	slices.SortFunc(others, func(a, b *group) int {
		return cmp.Or(cmp.Compare(b.size, a.size), cmp.Compare(a.name, b.name))
	})
	for i, group := range others {
		group.kept = i < g.most
	}
	g.kept = append(g.kept, others[:min(len(others), g.most)]...)
	slices.SortFunc(g.kept, func(a, b *group) int { return cmp.Compare(a.name, b.name) })
}

// emit writes the figures of the kept groups.
func (g *groups) emit(out *plugin.Batch, c *collector) {
	for _, group := range g.kept {
		group.emit(out, c)
	}
}

func (g *group) emit(out *plugin.Batch, c *collector) {
	for _, w := range c.watches {
		if w.Name == g.name && w.unsure {
			return
		}
	}
	out.Add("process_group_count", float64(len(g.members)), "group", g.name)
	out.Add("process_group_cpu_seconds_total", round(g.user, 2), "group", g.name, "mode", "user")
	out.Add("process_group_cpu_seconds_total", round(g.system, 2), "group", g.name, "mode", "system")
	g.emitMemory(out, c)
	cores, threads, resident, oldest := 0.0, 0, uint64(0), int64(0)
	for _, p := range g.members {
		used, _ := c.table.cores(p)
		cores += used
		threads += p.threads
		resident += p.rss
		if started := c.table.started(p); started > 0 && (oldest == 0 || started < oldest) {
			oldest = started
		}
	}
	out.Add("process_group_cpu_usage_ratio", round(cores, 4), "group", g.name)
	out.Add("process_group_threads", float64(threads), "group", g.name)
	out.Add("process_group_resident_memory_bytes", float64(resident), "group", g.name)
	if oldest > 0 {
		out.Add("process_group_oldest_start_timestamp_seconds", float64(oldest), "group", g.name)
	}
	g.emitFiles(out, c)
	g.emitTraffic(out, c)
}

// each asks about every member, and reports whether all answered. One that has
// ended meanwhile is none any more.
func (g *group) each(ask func(*process) error) bool {
	all := true
	for _, p := range g.members {
		if err := ask(p); err != nil && fault.Of(err) != fault.NotFound {
			all = false
		}
	}
	return all
}

// emitMemory writes sums, which are left out when a part of them is not known.
func (g *group) emitMemory(out *plugin.Batch, c *collector) {
	swap, proportional := uint64(0), uint64(0)
	if g.each(func(p *process) error {
		err := c.readStatus(p)
		if err == nil {
			swap += p.memory.swap
		}
		return err
	}) {
		out.Add("process_group_swap_bytes", float64(swap), "group", g.name)
	}
	if c.config.CollectPSS && g.each(func(p *process) error {
		err := c.readPSS(p)
		if err == nil {
			proportional += p.memory.proportional
		}
		return err
	}) {
		out.Add("process_group_proportional_memory_bytes", float64(proportional), "group", g.name)
	}
}

func (g *group) emitFiles(out *plugin.Batch, c *collector) {
	open, worst := 0, 0.0
	if g.each(func(p *process) error {
		if err := c.readFiles(p); err != nil {
			c.refused(err)
			return err
		}
		open += p.files.open
		if most := c.filesAllowed(p); most > 0 {
			worst = max(worst, float64(p.files.open)/most)
		}
		return nil
	}) {
		out.Add("process_group_open_fds", float64(open), "group", g.name)
		out.Add("process_group_max_fd_ratio", round(worst, 4), "group", g.name)
	}
}

func (g *group) emitTraffic(out *plugin.Batch, c *collector) {
	if !c.config.CollectIO {
		return
	}
	known := g.each(func(p *process) error {
		err := c.readTraffic(p)
		switch {
		case err != nil:
		case !g.trafficStarted:
			g.read += float64(p.traffic.read)
			g.written += float64(p.traffic.written)
		case p.traffic.hasDelta:
			g.read += float64(p.traffic.dRead)
			g.written += float64(p.traffic.dWritten)
		}
		return err
	})
	g.trafficStarted = true
	if known {
		out.Add("process_group_read_bytes_total", g.read, "group", g.name)
		out.Add("process_group_write_bytes_total", g.written, "group", g.name)
	}
}
