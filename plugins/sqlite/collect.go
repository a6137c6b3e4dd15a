package sqlite

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

const (
	// searchEvery is how often folders are searched.
	searchEvery = time.Hour
	// retryAfter is how long a database that could not be read as a whole is
	// left alone.
	retryAfter = 10 * time.Minute
	// patience is how long a run waits for databases that are read as a whole;
	// what takes longer goes on in the background and is told by a later run.
	patience = 5 * time.Second
	// keyIntegrity holds the results of checks, so that a restart of Unity does
	// not read everything again.
	keyIntegrity = "integrity"
)

// collector watches the databases of a config.
type collector struct {
	config   config
	host     plugin.Host
	searched time.Time
	found    []string // by the last search
	trouble  []error  // of the last search
	looked   map[string]looked
	opened   map[string]*opened
	locked   map[string]int64
	reading  background
	recalled bool
}

func newCollector(config config, host plugin.Host) *collector {
	return &collector{config: config, host: host, opened: make(map[string]*opened), locked: make(map[string]int64)}
}

// Close implements io.Closer.
func (c *collector) Close() error {
	c.reading.end()
	return nil
}

// Collect implements plugin.Collector.
func (c *collector) Collect(ctx context.Context, out *plugin.Batch) error {
	if len(c.config.Paths) == 0 && len(c.config.Directories) == 0 {
		return fault.New(fault.Config, "no database is named, and no folder to search").WithHint("fill in database_paths or scan_directories")
	}
	c.recall()
	databases, left := c.survey(ctx, out)
	if ctx.Err() != nil {
		return fault.As(fault.Of(ctx.Err()), ctx.Err(), "looking at databases")
	}
	if c.config.Mode == modeOpen {
		c.openAll(ctx, databases)
		c.readWhole(ctx, databases)
	}
	for _, d := range databases {
		if c.config.Mode == modeHeader && d.held {
			c.openOne(ctx, d) // the header of Unity's own database comes from SQLite
		}
		out.Problem(d.err)
		out.Problem(d.note)
		if d.result != nil {
			out.Problem(d.result.problem)
		}
	}
	if ctx.Err() != nil {
		return fault.As(fault.Of(ctx.Err()), ctx.Err(), "opening databases")
	}
	if left > 0 {
		out.Problem(fault.New(fault.Partial, "of %d databases only %d are watched", left+len(databases), len(databases)).
			WithHint("raise max_databases, or leave some out with exclude"))
	}
	c.emit(databases, out)
	out.SetSnapshot(c.document(databases, left))
	return nil
}

// survey finds the databases and looks at each.
func (c *collector) survey(ctx context.Context, out *plugin.Batch) (databases []*database, left int) {
	now := c.host.Now()
	f := &finder{files: c.host.Files, patterns: c.config.Patterns, exclude: c.config.Exclude, depth: c.config.Depth}
	if len(c.config.Directories) > 0 && (c.searched.IsZero() || now.Sub(c.searched) >= searchEvery) {
		f.searchAll(ctx, c.config.Directories)
		if ctx.Err() != nil {
			return nil, 0 // half a search is none
		}
		c.searched, c.found, c.trouble = now, f.found, f.problems
		f.problems = nil
	}
	var named []string
	for _, pattern := range c.config.Paths {
		named = append(named, f.expand(pattern)...)
	}
	for _, problem := range slices.Concat(f.problems, c.trouble) {
		out.Problem(problem)
	}
	open := openHere()
	seen, fresh := make(map[string]bool), make(map[string]looked)
	add := func(name string, given bool) {
		real, err := c.host.Files.RealPath(name)
		if err != nil {
			real = name
		}
		if ctx.Err() != nil || seen[real] {
			return
		}
		seen[real] = true
		d := &database{path: real, app: application(real), wal: -1, journal: -1}
		look(c.host.Files, now, open, c.looked[real], d)
		if d.head != nil && d.err == nil {
			fresh[real] = looked{at: now, size: d.size, modified: d.changed, head: *d.head}
		}
		// What a search finds is a database when it begins like one, or is
		// called like one and may not be read.
		if given || d.readable() && (d.held || d.head.pageSize > 0) || fault.Of(d.err) == fault.Permission || d.head != nil {
			databases = append(databases, d)
		}
	}
	for _, name := range named {
		add(name, true)
	}
	given := len(databases)
	for _, name := range c.found {
		add(name, false)
	}
	c.looked = fresh
	slices.SortStableFunc(databases[given:], func(a, b *database) int { return cmp.Compare(b.size, a.size) })
	if left = len(databases) - c.config.Max; left > 0 {
		databases = databases[:c.config.Max]
	}
	names := make([]string, len(databases))
	for i, d := range databases {
		names[i] = d.path
	}
	short := labels(names)
	for _, d := range databases {
		d.label = short[d.path]
	}
	return databases, max(left, 0)
}

// openAll opens the databases one after the other.
func (c *collector) openAll(ctx context.Context, databases []*database) {
	mounts := readMounts(c.host.Files)
	known := make(map[string]*opened, len(databases))
	for _, d := range databases {
		if !d.readable() || ctx.Err() != nil {
			continue
		}
		if kind := mounts.remote(d.path); kind != "" {
			d.note = fault.New(fault.Unsupported, "opening %s: it is on a %s file system, where locks cannot be relied on", d.path, kind).
				WithHint("its header was read; watch it on the machine that has the disk")
			continue
		}
		c.openOne(ctx, d)
		if d.opened != nil {
			known[d.path] = d.opened
		}
	}
	c.opened = known
}

// access is how a database is to be opened. In WAL mode nobody has it open who
// left no log beside it: to open it as usual would make one.
func (c *collector) access(d *database) access {
	return access{
		name: c.host.Files.Path(d.path), busy: c.config.Busy.Std(),
		immutable: d.head != nil && d.head.wal && d.wal < 0,
	}
}

func (c *collector) openOne(ctx context.Context, d *database) {
	if d.size == 0 {
		return // there is nothing in it
	}
	at := c.access(d)
	found, err := at.ask(ctx, c.host.Now)
	if err != nil && wantsToWrite(err) && c.config.Immutable && !at.immutable {
		at.immutable, d.stale = true, true
		found, err = at.ask(ctx, c.host.Now)
	}
	if isLocked(err) {
		c.locked[d.path]++
		d.locked = true
	}
	if err != nil {
		d.opened, d.old = c.opened[d.path], true
		if err = explainSQLite(ctx, d.path, err); fault.Of(err) == fault.Partial {
			d.note = err // it will pass
		} else {
			d.err = err
		}
		return
	}
	if d.head == nil {
		d.head = &found.head
	}
	d.opened = found
}

// readWhole checks and measures what is due.
func (c *collector) readWhole(ctx context.Context, databases []*database) {
	now := c.host.Now()
	var due []chore
	for _, d := range databases {
		if d.opened == nil || d.old || d.stale || d.size > c.config.IntegrityMaxBytes {
			continue
		}
		before := c.reading.of(d.path)
		if before != nil && before.problem != nil && now.Sub(before.tried) < retryAfter {
			continue
		}
		one := chore{path: d.path, access: c.access(d), maxTables: c.config.MaxTables, countRows: c.config.CountRows}
		if c.config.Integrity != checkOff && (before == nil || before.integrity == nil || before.integrity.Kind != c.config.Integrity ||
			now.Sub(before.integrity.At) >= c.config.IntegrityInterval.Std()) {
			one.integrity = c.config.Integrity
		}
		one.tables = c.config.Tables && (before == nil || before.tables == nil || now.Sub(before.tables.at) >= c.config.TablesInterval.Std())
		if one.integrity != "" || one.tables {
			due = append(due, one)
		}
	}
	c.reading.start(ctx, c.host.Now, due)
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c.reading.wait(waiting)
	for _, d := range databases {
		d.result = c.reading.of(d.path)
	}
	if len(due) > 0 || c.reading.busy() {
		c.remember(databases)
	}
}

// remember keeps the results of checks.
func (c *collector) remember(databases []*database) {
	kept := make(map[string]*integrity)
	for _, d := range databases {
		if d.result != nil && d.result.integrity != nil {
			kept[d.path] = d.result.integrity
		}
	}
	if err := plugin.Keep(c.host.State, keyIntegrity, kept); err != nil {
		c.host.Log.Warn("the results of checks are not kept over a restart", "reason", err)
	}
}

// recall takes up the results of checks from before a restart.
func (c *collector) recall() {
	if c.recalled || c.config.Integrity == checkOff {
		return
	}
	c.recalled = true
	kept, _ := plugin.Recall[map[string]*integrity](c.host.State, keyIntegrity)
	for name, checked := range kept {
		if checked != nil {
			c.reading.keep(name, result{integrity: checked})
		}
	}
}
