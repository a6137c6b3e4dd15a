//go:build !linux

package process

import (
	"context"
	"errors"
	"time"

	"github.com/shirou/gopsutil/v4/cpu"
	"github.com/shirou/gopsutil/v4/host"
	"github.com/shirou/gopsutil/v4/mem"
	gops "github.com/shirou/gopsutil/v4/process"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// system asks the operating system about processes.
type system struct {
	now   func() time.Time
	fixed machine
	boot  time.Time
	known map[int]*gops.Process
}

func newSource(h plugin.Host) source {
	return &system{now: h.Now}
}

func (s *system) scan(ctx context.Context, each func(reading)) (machine, error) {
	if s.boot.IsZero() {
		if err := s.readFixed(ctx); err != nil {
			return machine{}, err
		}
	}
	whole := s.fixed
	whole.uptime = uint64(max(0, s.now().Sub(s.boot)) / (10 * time.Millisecond))
	all, err := gops.ProcessesWithContext(ctx)
	if err != nil {
		return whole, fault.As(fault.Of(err), err, "listing the processes")
	}
	s.known = make(map[int]*gops.Process, len(all))
	for _, p := range all {
		if ctx.Err() != nil {
			return whole, ctx.Err()
		}
		if r, ok := s.look(ctx, p); ok {
			s.known[r.pid] = p
			each(r)
		}
	}
	return whole, nil
}

func (s *system) readFixed(ctx context.Context) error {
	boot, err := host.BootTimeWithContext(ctx)
	if err != nil {
		return fault.As(fault.Of(err), err, "reading when the machine started")
	}
	s.boot = time.Unix(int64(boot), 0)
	s.fixed.started = int64(boot)
	if processors, err := cpu.CountsWithContext(ctx, true); err == nil {
		s.fixed.processors = processors
	}
	if memory, err := mem.VirtualMemoryWithContext(ctx); err == nil {
		s.fixed.memory = memory.Total
	}
	return nil
}

// look reads one process. What this user may not know of it stays empty.
func (s *system) look(ctx context.Context, p *gops.Process) (reading, bool) {
	created, err := p.CreateTimeWithContext(ctx)
	if err != nil {
		return reading{}, false
	}
	sinceBoot := max(0, time.UnixMilli(created).Sub(s.boot))
	r := reading{pid: int(p.Pid), start: uint64(sinceBoot / (10 * time.Millisecond)), state: conditions}
	if name, err := p.NameWithContext(ctx); err == nil {
		r.name = []byte(name)
	}
	if parent, err := p.PpidWithContext(ctx); err == nil {
		r.ppid = int(parent)
	}
	if states, err := p.StatusWithContext(ctx); err == nil && len(states) > 0 {
		r.state = conditionNamed(states[0])
	}
	if times, err := p.TimesWithContext(ctx); err == nil {
		r.user, r.system = uint64(times.User*100), uint64(times.System*100)
	}
	if threads, err := p.NumThreadsWithContext(ctx); err == nil {
		r.threads = int(threads)
	}
	if memory, err := p.MemoryInfoWithContext(ctx); err == nil && memory != nil {
		r.rss = memory.RSS
	}
	return r, true
}

func conditionNamed(name string) condition {
	switch name {
	case gops.Running:
		return running
	case gops.Sleep, gops.Wait, gops.Lock:
		return sleeping
	case gops.Blocked:
		return blocked
	case gops.Zombie:
		return zombie
	case gops.Stop:
		return stopped
	case gops.Idle:
		return idle
	default:
		return conditions
	}
}

// of returns a process of the latest look.
func (s *system) of(pid int) (*gops.Process, error) {
	if p := s.known[pid]; p != nil {
		return p, nil
	}
	return nil, fault.New(fault.NotFound, "process %d has ended", pid)
}

// kinded gives what the operating system does not answer its kind.
func kinded(err error) error {
	if errors.Is(err, gops.ErrorProcessNotRunning) {
		return fault.As(fault.NotFound, err, "reading a process")
	}
	if err != nil && err.Error() == "not implemented yet" {
		return fault.As(fault.Unsupported, err, "reading a process")
	}
	return err
}

func (s *system) status(pid int) (user string, resident, swap uint64, err error) {
	p, err := s.of(pid)
	if err != nil {
		return "", 0, 0, err
	}
	user, err = p.Username()
	return user, 0, 0, kinded(err)
}

func (s *system) exe(pid int) (string, error) {
	p, err := s.of(pid)
	if err != nil {
		return "", err
	}
	exe, err := p.Exe()
	return exe, kinded(err)
}

func (s *system) args(pid int) ([]string, error) {
	p, err := s.of(pid)
	if err != nil {
		return nil, err
	}
	args, err := p.CmdlineSlice()
	return args, kinded(err)
}

func (s *system) place(int) (unit, container string, err error) {
	return "", "", fault.New(fault.Unsupported, "this system has no control groups")
}

func (s *system) traffic(pid int) (read, written uint64, err error) {
	p, err := s.of(pid)
	if err != nil {
		return 0, 0, err
	}
	counters, err := p.IOCounters()
	if err != nil {
		return 0, 0, kinded(err)
	}
	return counters.ReadBytes, counters.WriteBytes, nil
}

func (s *system) files(pid int) (int, error) {
	p, err := s.of(pid)
	if err != nil {
		return 0, err
	}
	n, err := p.NumFDs()
	return int(n), kinded(err)
}

func (s *system) filesAllowed(int) (float64, error) { return 0, nil }

func (s *system) proportional(int) (uint64, error) {
	return 0, fault.New(fault.Unsupported, "this system does not divide shared memory")
}
