package smart

import (
	"context"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/hostfs"
)

// collector watches the disks of one machine.
type collector struct {
	config   config
	host     plugin.Host
	smartctl smartctl

	targets []target
	scanned time.Time
	// kept are the disks as they were last read, by where they are kept.
	kept map[string]*disk
	// stored is when each was last put into the state of the source.
	stored map[string]time.Time
}

// storeEvery bounds how old the figures are that a new start finds of a disk
// that sleeps.
const storeEvery = 6 * time.Hour

// reading is a disk in one run.
type reading struct {
	*disk
	asleep   bool
	before   *disk  // as it was when it was last read; nil: never
	note     string // why nothing is known of its health
	verdict  string
	warnings []string
}

// Collect implements plugin.Collector.
func (c *collector) Collect(ctx context.Context, out *plugin.Batch) error {
	now := c.host.Now()
	emmc := c.readEMMC(now)
	var targets []target
	// A small board has an eMMC, no other disk, and needs no smartctl.
	if len(emmc) == 0 || len(c.ordinary()) > 0 {
		var err error
		targets, err = c.find(ctx, now)
		switch {
		case err != nil && (len(emmc) == 0 || ctx.Err() != nil):
			return err
		case err != nil:
			out.Problem(err)
		}
	}
	replies := c.askAll(ctx, targets, now)
	readings := emmc
	var faults []error
	for i, t := range targets {
		r, err := c.reading(t, replies[i], now)
		switch {
		case err != nil:
			faults = append(faults, err)
		case !c.leftOut(r.disk):
			readings = with(readings, r)
		}
	}
	if len(readings) == 0 && len(faults) > 0 {
		return faults[0]
	}
	for _, problem := range faults {
		out.Problem(problem)
	}
	for _, r := range readings {
		c.judge(r)
		c.emit(r, now, out)
		tell(r, out)
	}
	out.SetSnapshot(c.document(readings, c.hidden(targets)))
	return nil
}

// with adds a reading. A disk that is reached in two ways, by itself and behind
// a controller, counts once: by the way that says something of its health.
func with(readings []*reading, r *reading) []*reading {
	i := slices.IndexFunc(readings, func(o *reading) bool { return o.ID == r.ID })
	switch {
	case i < 0:
		return append(readings, r)
	case readings[i].note != "" && r.note == "":
		readings[i] = r
	}
	return readings
}

// ordinary returns the disks that the kernel has and smartctl can ask.
func (c *collector) ordinary() []string {
	return blockDevices(c.host.Files, "sd", "nvme", "hd")
}

// find returns the disks to ask: those that are named, or else those that a
// scan finds now and then.
func (c *collector) find(ctx context.Context, now time.Time) ([]target, error) {
	if len(c.config.Devices) > 0 {
		targets := make([]target, 0, len(c.config.Devices))
		for _, d := range c.config.Devices {
			targets = append(targets, target(d))
		}
		return targets, nil
	}
	if !c.scanned.IsZero() && now.Sub(c.scanned) < c.config.ScanInterval.Std() && !now.Before(c.scanned) {
		return c.targets, nil
	}
	targets, err := c.smartctl.scan(ctx)
	if err != nil {
		return nil, err
	}
	c.targets, c.scanned = targets, now
	return targets, nil
}

// askAll asks every disk, a few at a time.
func (c *collector) askAll(ctx context.Context, targets []target, now time.Time) []reply {
	replies := make([]reply, len(targets))
	turns := make(chan struct{}, c.config.Concurrency)
	var group sync.WaitGroup
	for i, t := range targets {
		// What is kept is looked up here: the collector's own goroutine has it.
		wake := c.mayWake(t, now)
		group.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			replies[i] = c.smartctl.read(ctx, t, wake)
		})
	}
	group.Wait()
	return replies
}

// mayWake reports whether a disk's figures are so old that it is asked even if
// it sleeps.
func (c *collector) mayWake(t target, now time.Time) bool {
	age := c.config.MaxStandbyAge.Std()
	if age <= 0 {
		return false
	}
	before := c.last(t)
	return before == nil || now.Sub(before.ReadAt) > age
}

// reading makes of a reply what is known of the disk now.
func (c *collector) reading(t target, r reply, now time.Time) (*reading, error) {
	before := c.last(t)
	switch {
	case r.asleep && before != nil:
		before.Path = t.Path
		return &reading{disk: before, asleep: true}, nil
	case r.asleep:
		d := &disk{Path: t.Path, Type: t.Type}
		d.ID = d.id()
		return &reading{disk: d, asleep: true, note: "it sleeps, and was not read since Unity watches it"}, nil
	case fault.Of(r.err) == fault.Unsupported && len(c.config.Devices) == 0:
		// Nobody asked for this one: it is shown, and is no problem.
		d := &disk{Path: t.Path, Type: t.Type}
		d.ID = d.id()
		return &reading{disk: d, note: fault.Hint(r.err)}, nil
	case r.err != nil:
		return nil, r.err
	}
	d := newDisk(r.answer, t.Path, now)
	found := &reading{disk: d}
	switch {
	case d.Off:
		found.note = "SMART is switched off; smartctl --smart=on switches it on"
	case r.answer.exit()&exitNotOpened != 0 || d.Support != nil && !*d.Support:
		found.note = "it has no SMART; of a RAID controller's volume, name the disks with a type such as megaraid,0"
	}
	found.before = before
	return found, c.keep(t, found.disk, now)
}

// leftOut reports whether a person does not want the disk.
func (c *collector) leftOut(d *disk) bool {
	for _, name := range []string{d.Path, d.Model, d.Serial} {
		if name != "" && c.config.Exclude.Match(name) {
			return true
		}
	}
	return false
}

// place is where the figures of a disk are kept. Device files change places
// from one start of the machine to the next; the kernel knows the disk's own
// name without asking it.
func (c *collector) place(t target) string {
	if !strings.Contains(t.Type, ",") {
		name := path.Base(t.Path)
		for _, file := range []string{"/device/wwid", "/wwid"} {
			if wwid, err := hostfs.Text(c.host.Files, "/sys/block/"+name+file); err == nil && wwid != "" {
				return "disk " + strings.Join(strings.Fields(wwid), " ")
			}
		}
	}
	return strings.TrimSpace("disk " + t.Path + " " + t.Type)
}

// last returns the disk as it was last read, or nil.
func (c *collector) last(t target) *disk {
	key := c.place(t)
	if d := c.kept[key]; d != nil {
		again := *d
		again.Temperature = nil
		return &again
	}
	d, known := plugin.Recall[disk](c.host.State, key)
	if !known || d.ID == "" {
		return nil
	}
	return &d
}

// keep keeps the disk for runs in which it sleeps. It is stored now and then,
// and at once when something happened that must not be told of twice.
func (c *collector) keep(t target, d *disk, now time.Time) error {
	if c.kept == nil {
		c.kept, c.stored = make(map[string]*disk), make(map[string]time.Time)
	}
	key := c.place(t)
	before := c.kept[key]
	c.kept[key] = d
	if before != nil && len(changes(before, d)) == 0 && now.Sub(c.stored[key]) < storeEvery {
		return nil
	}
	c.stored[key] = now
	return plugin.Keep(c.host.State, key, d)
}
