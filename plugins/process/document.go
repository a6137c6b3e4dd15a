package process

import "time"

// document is the snapshot.
type document struct {
	Summary   summary  `json:"summary"`
	Processes []row    `json:"processes"`
	Top       top      `json:"top"`
	Groups    []line   `json:"groups,omitempty"`
	Watches   []result `json:"watches,omitempty"`
	Zombies   []dead   `json:"zombies,omitempty"`
}

type summary struct {
	Total   int            `json:"total"`
	Threads int            `json:"threads"`
	ByState map[string]int `json:"by_state"`
	Note    string         `json:"note,omitempty"`
}

// row is one process in the main list. What is not known is left out.
type row struct {
	PID          int        `json:"pid"`
	PPID         int        `json:"ppid"`
	Name         string     `json:"name"`
	User         string     `json:"user,omitempty"`
	State        string     `json:"state"`
	CPU          *float64   `json:"cpu_ratio,omitempty"`
	CPUOfHost    *float64   `json:"cpu_host_ratio,omitempty"`
	Memory       *float64   `json:"memory_ratio,omitempty"`
	RSS          uint64     `json:"rss_bytes"`
	Proportional *uint64    `json:"pss_bytes,omitempty"`
	Threads      int        `json:"threads"`
	Files        *int       `json:"fds,omitempty"`
	Read         *float64   `json:"read_bps,omitempty"`
	Written      *float64   `json:"write_bps,omitempty"`
	Started      *time.Time `json:"started,omitempty"`
	Unit         string     `json:"unit,omitempty"`
	Container    string     `json:"container,omitempty"`
	Cmdline      string     `json:"cmdline,omitempty"`
}

// top holds short lists of the largest.
type top struct {
	CPU    []entry `json:"cpu"`
	Memory []entry `json:"memory"`
	IO     []entry `json:"io,omitempty"`
}

// entry is a process in a short list, with the figures that the list is about.
type entry struct {
	PID     int      `json:"pid"`
	Name    string   `json:"name"`
	CPU     *float64 `json:"cpu_ratio,omitempty"`
	Memory  *float64 `json:"memory_ratio,omitempty"`
	RSS     *uint64  `json:"rss_bytes,omitempty"`
	Read    *float64 `json:"read_bps,omitempty"`
	Written *float64 `json:"write_bps,omitempty"`
}

type line struct {
	Name  string  `json:"name"`
	Count int     `json:"count"`
	CPU   float64 `json:"cpu_ratio"`
	RSS   uint64  `json:"rss_bytes"`
}

type result struct {
	Name   string `json:"name"`
	Status string `json:"status"` // ok, missing, too many, unknown
	OK     *bool  `json:"ok,omitempty"`
	Count  int    `json:"count"`
	PIDs   []int  `json:"pids"`
}

type dead struct {
	PID    int    `json:"pid"`
	PPID   int    `json:"ppid"`
	Name   string `json:"name"`
	Parent string `json:"parent,omitempty"`
}

func (c *collector) document() document {
	d := document{
		Summary:   summary{Total: len(c.table.all), ByState: make(map[string]int)},
		Processes: []row{}, Top: top{CPU: []entry{}, Memory: []entry{}},
	}
	if c.table.machine.hidden {
		d.Summary.Note = "the processes of other users are hidden"
	} else if c.limited {
		d.Summary.Note = "some figures of other users' processes need root"
	}
	const mostZombies = 50
	for _, p := range c.table.all {
		d.Summary.ByState[p.state.String()]++
		d.Summary.Threads += p.threads
		if p.state == zombie && len(d.Zombies) < mostZombies {
			z := dead{PID: p.pid, PPID: p.ppid, Name: p.name}
			if parent := c.table.byPID[p.ppid]; parent != nil {
				z.Parent = parent.name
			}
			d.Zombies = append(d.Zombies, z)
		}
	}
	for _, p := range c.shown {
		d.Processes = append(d.Processes, c.row(p))
	}
	c.fillTop(&d.Top)
	for _, group := range c.groups.kept {
		d.Groups = append(d.Groups, c.line(group))
	}
	for _, w := range c.watches {
		d.Watches = append(d.Watches, w.result())
	}
	return d
}

func (c *collector) row(p *process) row {
	r := row{
		PID: p.pid, PPID: p.ppid, Name: p.name, User: p.about.user, State: p.state.String(), RSS: p.rss, Threads: p.threads,
		Unit: p.about.unit, Container: p.about.container,
	}
	if c.config.IncludeCmd {
		r.Cmdline = p.about.line
	}
	r.CPU = c.cpu(p)
	if r.CPU != nil && c.table.machine.processors > 0 {
		r.CPUOfHost = pointer(round(*r.CPU/float64(c.table.machine.processors), 4))
	}
	r.Memory = c.share(p)
	if p.memory.pssLook == c.table.look {
		r.Proportional = pointer(p.memory.proportional)
	}
	if p.files.look == c.table.look {
		r.Files = pointer(p.files.open)
	}
	r.Read, r.Written = c.traffic(p)
	if started := c.table.started(p); started > 0 {
		r.Started = pointer(time.Unix(started, 0).UTC())
	}
	return r
}

func (c *collector) cpu(p *process) *float64 {
	cores, known := c.table.cores(p)
	if !known {
		return nil
	}
	return pointer(round(cores, 4))
}

func (c *collector) share(p *process) *float64 {
	if c.table.machine.memory == 0 {
		return nil
	}
	return pointer(round(float64(p.rss)/float64(c.table.machine.memory), 4))
}

func (c *collector) traffic(p *process) (read, written *float64) {
	seconds := c.table.elapsed.Seconds()
	if p.traffic.look != c.table.look || !p.traffic.hasDelta || seconds <= 0 {
		return nil, nil
	}
	return pointer(round(float64(p.traffic.dRead)/seconds, 0)), pointer(round(float64(p.traffic.dWritten)/seconds, 0))
}

func (c *collector) fillTop(t *top) {
	most := c.config.TopProcesses
	for _, p := range c.top(c.shown, most, c.byCPU) {
		t.CPU = append(t.CPU, entry{PID: p.pid, Name: p.name, CPU: c.cpu(p)})
	}
	for _, p := range c.top(c.shown, most, byMemory) {
		t.Memory = append(t.Memory, entry{PID: p.pid, Name: p.name, RSS: pointer(p.rss), Memory: c.share(p)})
	}
	for _, p := range c.top(c.shown, most, c.byTraffic) {
		if read, written := c.traffic(p); read != nil && *read+*written > 0 {
			t.IO = append(t.IO, entry{PID: p.pid, Name: p.name, Read: read, Written: written})
		}
	}
}

func (c *collector) line(g *group) line {
	l := line{Name: g.name, Count: len(g.members)}
	for _, p := range g.members {
		cores, _ := c.table.cores(p)
		l.CPU += cores
		l.RSS += p.rss
	}
	l.CPU = round(l.CPU, 4)
	return l
}

func (w *watcher) result() result {
	r := result{Name: w.Name, Count: len(w.members), PIDs: w.pids()}
	switch {
	case w.unsure:
		r.Status = "unknown"
		return r
	case w.ok():
		r.Status = "ok"
	case len(w.members) < w.least():
		r.Status = "missing"
	default:
		r.Status = "too many"
	}
	r.OK = pointer(w.ok())
	return r
}

func pointer[T any](v T) *T { return &v }
