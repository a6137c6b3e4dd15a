package process

import (
	"context"
	"time"
)

// condition is what a process is doing.
type condition int

// The conditions, in the order in which they are shown.
const (
	running condition = iota
	sleeping
	blocked
	zombie
	stopped
	idle
	conditions
)

// String returns the word for people.
func (c condition) String() string {
	return [...]string{"running", "sleeping", "blocked", "zombie", "stopped", "idle", "unknown"}[min(max(c, 0), conditions)]
}

// reading is what one look at a process says.
type reading struct {
	pid, ppid int
	// start is when it started, in hundredths of a second since the machine did.
	start   uint64
	name    []byte
	state   condition
	kernel  bool
	user    uint64 // hundredths of a second
	system  uint64
	threads int
	rss     uint64
}

// machine is what has to be known of the whole to make sense of its processes.
type machine struct {
	processors int
	memory     uint64 // bytes; 0 when not known
	started    int64  // seconds since 1970; 0 when not known
	uptime     uint64 // hundredths of a second, before the first process was read
	tasks      int    // all threads that there are; 0 when not known
	maxTasks   int    // 0 when not known
	// hidden is set when the processes of others cannot be seen.
	hidden bool
}

// source reads processes. Each of its answers may be refused with an error of
// kind Permission, or NotFound when the process has ended meanwhile.
type source interface {
	// scan hands every process to each. The name is valid during the call.
	scan(ctx context.Context, each func(reading)) (machine, error)
	// status returns the name of the user, or the number where there is none, and
	// how much of the process is in memory and swapped out. What scan says of the
	// former is quicker and less exact; 0 means no better answer.
	status(pid int) (user string, resident, swap uint64, err error)
	exe(pid int) (string, error)
	// args returns the command line, one argument each.
	args(pid int) ([]string, error)
	// place returns the systemd unit and the container it belongs to.
	place(pid int) (unit, container string, err error)
	traffic(pid int) (read, written uint64, err error)
	// files returns how many files it has open.
	files(pid int) (int, error)
	// filesAllowed returns how many it may have open; 0 means any number.
	filesAllowed(pid int) (float64, error)
	proportional(pid int) (uint64, error)
}

// process is one process as it is remembered between runs.
type process struct {
	reading
	name string
	// before is the processor time at the look before; known is false when there
	// was none.
	before struct {
		user, system uint64
		known        bool
	}
	// newborn processes started after the look before.
	newborn bool
	seen    int // the number of the look that last saw it
	sights  int // how many looks saw it

	about   about
	traffic traffic
	files   files
	memory  memory
}

// about is what hardly ever changes about a process, and is read anew now and
// then only.
type about struct {
	at              int // sights at which it was read; 0: never
	name            string
	user, exe, line string
	args            []string
	unit, container string
	most            float64 // files it may have open; 0: any number
	exeDenied       bool
	ownerRead       bool
	placeRead       bool
	lineRead        bool
	exeRead         bool
	mostRead        bool
}

// traffic is what a process read from and wrote to disks.
type traffic struct {
	look            int // the number of the look that read it; 0: never
	read, written   uint64
	dRead, dWritten uint64 // since the look before
	hasDelta        bool
}

// files are the open files of a process.
type files struct {
	look int
	open int
}

// memory is what has to be asked for apart.
type memory struct {
	look         int
	swap         uint64
	pssLook      int
	proportional uint64
}

// used returns the processor time since the look before, in seconds. It is not
// known of a process that was there before and seen only now.
func (p *process) used() (user, system float64, known bool) {
	switch {
	case p.before.known && p.user >= p.before.user && p.system >= p.before.system:
		return float64(p.user-p.before.user) / 100, float64(p.system-p.before.system) / 100, true
	case p.newborn:
		return float64(p.user) / 100, float64(p.system) / 100, true
	default:
		return 0, 0, false
	}
}

// table remembers the processes of a machine from one look to the next.
type table struct {
	byPID   map[int]*process
	all     []*process
	machine machine
	look    int // how many looks there were
	at      time.Time
	elapsed time.Duration // since the look before
}

// update looks at all processes.
func (t *table) update(ctx context.Context, from source, now time.Time) error {
	if t.byPID == nil {
		t.byPID = make(map[int]*process)
	}
	t.look++
	t.all = t.all[:0]
	lastUptime := t.machine.uptime
	found, err := from.scan(ctx, func(r reading) {
		p := t.byPID[r.pid]
		if p == nil || p.start != r.start {
			// What started before the look before was hidden then; its past is not
			// of this interval.
			p = &process{newborn: t.look > 1 && lastUptime > 0 && r.start >= lastUptime}
			t.byPID[r.pid] = p
		} else {
			p.newborn = false
			p.before.user, p.before.system, p.before.known = p.user, p.system, p.seen == t.look-1
		}
		if p.name != string(r.name) {
			p.name = text(r.name)
		}
		p.reading = r
		p.reading.name = nil
		p.seen = t.look
		p.sights++
		t.all = append(t.all, p)
	})
	if err != nil {
		// What was seen half is of no use as the past of the next look.
		*t = table{}
		return err
	}
	for pid, p := range t.byPID {
		if p.seen != t.look {
			delete(t.byPID, pid)
		}
	}
	if found.started != 0 && t.machine.started != 0 && abs(found.started-t.machine.started) <= 2 {
		found.started = t.machine.started // the kernel's answer trembles by a second
	}
	t.machine = found
	t.elapsed = 0
	if !t.at.IsZero() {
		t.elapsed = now.Sub(t.at)
	}
	t.at = now
	return nil
}

func abs(n int64) int64 { return max(n, -n) }

// cores returns how many processors the process kept busy since the look before.
func (t *table) cores(p *process) (float64, bool) {
	user, system, known := p.used()
	if !known || t.elapsed <= 0 {
		return 0, false
	}
	cores := (user + system) / t.elapsed.Seconds()
	if t.machine.processors > 0 { // nobody uses more than there is, but ticks come in lumps
		cores = min(cores, float64(t.machine.processors))
	}
	return cores, true
}

// started returns when the process started, in seconds since 1970, or 0.
func (t *table) started(p *process) int64 {
	if t.machine.started == 0 {
		return 0
	}
	return t.machine.started + int64(p.start/100)
}
