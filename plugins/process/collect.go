package process

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// firstPause lies between the two looks of the first run, so that its list says
// who is busy now and not since the machine started.
const firstPause = 500 * time.Millisecond

type collector struct {
	config   config
	host     plugin.Host
	source   source
	table    table
	redactor *redactor
	watches  []*watcher
	groups   *groups

	// lists of the run going on
	list  []*process // all that may be shown
	shown []*process // those that are
	// limited is set once something could not be read for lack of rights.
	limited, told bool
}

func newCollector(c config, host plugin.Host) (plugin.Collector, error) {
	redactor, err := newRedactor(c.Redact)
	if err != nil {
		return nil, fault.As(fault.Config, err, "reading what to hide in command lines")
	}
	made := &collector{config: c, host: host, source: newSource(host), redactor: redactor, groups: newGroups(c)}
	for _, w := range c.Watch {
		watcher, err := newWatcher(w)
		if err != nil {
			return nil, fault.As(fault.Config, err, "reading the watch %s", w.Name)
		}
		made.watches = append(made.watches, watcher)
	}
	return made, nil
}

// Collect implements plugin.Collector.
func (c *collector) Collect(ctx context.Context, out *plugin.Batch) error {
	first := c.table.look == 0
	if err := c.table.update(ctx, c.source, c.host.Now()); err != nil {
		return err
	}
	if first {
		if err := plugin.Pause(ctx, firstPause, c.table.at, c.host.Now); err != nil {
			return err
		}
		if err := c.table.update(ctx, c.source, c.host.Now()); err != nil {
			return err
		}
	}
	if c.table.machine.hidden {
		out.Problem(fault.New(fault.Permission, "reading /proc: the processes of other users are hidden, so that nothing can be counted").
			WithHint("run Unity as root, or as a member of the group that the mount option gid of /proc names (hidepid)"))
	} else {
		c.count(out)
	}
	if err := c.choose(ctx, out); err != nil {
		return err
	}
	c.groups.emit(out, c)
	if c.limited && !c.told {
		c.told = true
		out.Problem(fault.New(fault.Partial, "reading /proc/PID/io, fd and exe: this user may not for the processes of others").
			WithHint("run Unity as root or with the capability CAP_SYS_PTRACE, or turn collect_io off"))
	}
	out.SetSnapshot(c.document())
	c.list, c.shown = nil, nil
	return nil
}

// choose picks the processes that matter, and looks at them closely.
func (c *collector) choose(ctx context.Context, out *plugin.Batch) error {
	c.list, c.shown = c.list[:0], c.shown[:0]
	for _, p := range c.table.all {
		if !p.kernel || !c.config.ExcludeKernel {
			c.list = append(c.list, p)
		}
	}
	c.match(out)
	if err := ctx.Err(); err != nil {
		return err
	}
	c.groups.gather(c)
	if err := ctx.Err(); err != nil {
		return err
	}
	c.pick()
	for _, p := range c.shown {
		_ = c.readStatus(p) // what is refused or gone is an empty cell
		_ = c.readFiles(p)
		c.readPlace(p)
		if c.config.CollectPSS {
			_ = c.readPSS(p)
		}
		if c.config.IncludeCmd {
			c.readLine(p)
		}
	}
	slices.SortStableFunc(c.shown, c.order())
	return ctx.Err()
}

// pick fills the list of the processes that are shown: the largest by processor
// and memory, by traffic of those that can have had any, and by what the main
// list is sorted by.
func (c *collector) pick() {
	most := c.config.TopProcesses
	chosen := make(map[*process]bool, 3*most)
	add := func(list []*process) {
		for _, p := range list {
			if !chosen[p] {
				chosen[p] = true
				c.shown = append(c.shown, p)
			}
		}
	}
	add(c.top(c.list, most, c.byCPU))
	add(c.top(c.list, most, byMemory))
	if c.config.CollectIO {
		add(c.top(c.readActiveTraffic(), most, c.byTraffic))
	}
	if c.config.SortBy == "fds" {
		for _, p := range c.list {
			_ = c.readFiles(p)
		}
		add(c.top(c.list, most, c.byFiles))
	}
}

// readActiveTraffic reads the traffic of those that did anything since the look
// before, which is the price of having read or written, and of those of whom it
// was read then. When the list is sorted by traffic it reads that of everybody.
func (c *collector) readActiveTraffic() []*process {
	var active []*process
	for _, p := range c.list {
		cores, known := c.table.cores(p)
		before := p.traffic.look != 0 && p.traffic.look >= c.table.look-1
		if c.config.SortBy == "io" || before || p.state == blocked || (known && cores > 0) {
			if c.readTraffic(p) == nil && p.traffic.hasDelta && p.traffic.dRead+p.traffic.dWritten > 0 {
				active = append(active, p)
			}
		}
	}
	return active
}

func (c *collector) top(list []*process, most int, order func(a, b *process) int) []*process {
	sorted := slices.Clone(list)
	slices.SortFunc(sorted, func(a, b *process) int { return cmp.Or(order(a, b), cmp.Compare(a.pid, b.pid)) })
	return sorted[:min(most, len(sorted))]
}

func (c *collector) order() func(a, b *process) int {
	switch c.config.SortBy {
	case "memory":
		return byMemory
	case "io":
		return c.byTraffic
	case "fds":
		return c.byFiles
	default:
		return c.byCPU
	}
}

func (c *collector) byCPU(a, b *process) int {
	coresA, _ := c.table.cores(a)
	coresB, _ := c.table.cores(b)
	return cmp.Or(cmp.Compare(coresB, coresA), cmp.Compare(b.user+b.system, a.user+a.system))
}

func byMemory(a, b *process) int { return cmp.Compare(b.rss, a.rss) }

func (c *collector) byTraffic(a, b *process) int {
	sum := func(p *process) uint64 {
		if p.traffic.look != c.table.look || !p.traffic.hasDelta {
			return 0
		}
		return p.traffic.dRead + p.traffic.dWritten
	}
	return cmp.Compare(sum(b), sum(a))
}

func (c *collector) byFiles(a, b *process) int {
	open := func(p *process) int {
		if p.files.look != c.table.look {
			return -1
		}
		return p.files.open
	}
	return cmp.Compare(open(b), open(a))
}

// count writes the figures of the whole machine.
func (c *collector) count(out *plugin.Batch) {
	var byState [conditions + 1]int
	threads := 0
	for _, p := range c.table.all {
		byState[p.state]++
		threads += p.threads
	}
	for state := range conditions {
		out.Add("processes_count", float64(byState[state]), "state", state.String())
	}
	out.Add("processes_total_count", float64(len(c.table.all)))
	out.Add("processes_threads_count", float64(threads))
	m := c.table.machine
	if m.processors > 0 {
		out.Add("processes_cpu_count", float64(m.processors))
	}
	if m.maxTasks > 0 {
		out.Add("processes_pid_max", float64(m.maxTasks))
		out.Add("processes_pid_usage_ratio", round(float64(max(m.tasks, threads))/float64(m.maxTasks), 4))
	}
}

// The rest asks the source about one process at a time. Whether the answer is
// refused or the process gone makes no difference to the list, only to whether
// a person is told.

func (c *collector) refused(err error) {
	if fault.Of(err) == fault.Permission {
		c.limited = true
	}
}

// aboutAge is for how many looks what hardly ever changes is believed. A process
// is read anew at its second look too: it may have been caught between its birth
// and becoming another program.
const aboutAge = 20

func (c *collector) stale(p *process) *about {
	age := p.sights - p.about.at
	if p.about.at == 0 || p.about.name != p.name || age >= aboutAge || (p.about.at == 1 && age > 0) {
		p.about = about{at: p.sights, name: p.name, user: p.about.user}
	}
	return &p.about
}

func (c *collector) readOwner(p *process) string {
	a := c.stale(p)
	if !a.ownerRead {
		a.ownerRead = true
		_ = c.readStatus(p) // who cannot be asked stays without a user
	}
	return a.user
}

func (c *collector) readPlace(p *process) {
	a := c.stale(p)
	if a.placeRead {
		return
	}
	a.placeRead = true
	if unit, container, err := c.source.place(p.pid); err == nil {
		a.unit, a.container = unit, container
	}
}

func (c *collector) readLine(p *process) []string {
	a := c.stale(p)
	if !a.lineRead {
		a.lineRead = true
		if args, err := c.source.args(p.pid); err == nil {
			a.args, a.line = args, c.redactor.line(args)
		}
	}
	return a.args
}

// readExe returns the program's file; denied means that it may not be known.
func (c *collector) readExe(p *process) (exe string, denied bool) {
	a := c.stale(p)
	if !a.exeRead {
		a.exeRead = true
		exe, err := c.source.exe(p.pid)
		a.exe, a.exeDenied = exe, fault.Of(err) == fault.Permission
	}
	return a.exe, a.exeDenied
}

func (c *collector) readTraffic(p *process) error {
	if p.traffic.look == c.table.look {
		return nil
	}
	read, written, err := c.source.traffic(p.pid)
	if err != nil {
		c.refused(err)
		p.traffic = traffic{}
		return err
	}
	now := traffic{look: c.table.look, read: read, written: written}
	before := p.traffic
	switch {
	case before.look == c.table.look-1 && before.look != 0 && read >= before.read && written >= before.written:
		now.dRead, now.dWritten, now.hasDelta = read-before.read, written-before.written, true
	case p.newborn:
		now.dRead, now.dWritten, now.hasDelta = read, written, true
	}
	p.traffic = now
	return nil
}

// readFiles counts open files. Lists leave the cell empty where it may not, so
// that nobody is told here.
func (c *collector) readFiles(p *process) error {
	if p.files.look == c.table.look {
		return nil
	}
	open, err := c.source.files(p.pid)
	if err != nil {
		return err
	}
	p.files = files{look: c.table.look, open: open}
	return nil
}

// filesAllowed returns how many files the process may have open, or 0.
func (c *collector) filesAllowed(p *process) float64 {
	a := c.stale(p)
	if !a.mostRead {
		a.mostRead = true
		if most, err := c.source.filesAllowed(p.pid); err == nil {
			a.most = most
		}
	}
	return a.most
}

// readStatus reads the user, what is swapped out, and the memory in use as
// exactly as other tools show it.
func (c *collector) readStatus(p *process) error {
	if p.memory.look == c.table.look {
		return nil
	}
	user, resident, swap, err := c.source.status(p.pid)
	if err != nil {
		return err
	}
	c.stale(p).user = user
	p.memory.look, p.memory.swap = c.table.look, swap
	if resident > 0 {
		p.rss = resident
	}
	return nil
}

func (c *collector) readPSS(p *process) error {
	if p.memory.pssLook == c.table.look {
		return nil
	}
	proportional, err := c.source.proportional(p.pid)
	if err != nil {
		c.refused(err)
		return err
	}
	p.memory.pssLook, p.memory.proportional = c.table.look, proportional
	return nil
}

// round keeps so many decimals.
func round(v float64, decimals int) float64 {
	scale := math.Pow10(decimals)
	return math.Round(v*scale) / scale
}
