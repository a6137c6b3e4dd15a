package systeminfo

import (
	"bytes"
	"context"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// firstPause lies between the two readings of the first run.
const firstPause = 250 * time.Millisecond

// processorPart reads /proc/stat: processor time, and the kernel's counts of
// what it did.
type processorPart struct {
	files  plugin.Files
	perCPU bool
	who    *identity
	now    func() time.Time
	before *processors
}

func (p *processorPart) collect(ctx context.Context, r *run) error {
	stat, err := p.read()
	if err != nil {
		return err
	}
	if p.before == nil {
		first := stat.cpu
		if err := plugin.Pause(ctx, firstPause, first.at, p.now); err != nil {
			return err
		}
		p.before = &first
		if stat, err = p.read(); err != nil {
			return err
		}
	}
	emitCPU(r, p.before, stat.cpu, p.perCPU)
	p.before = &stat.cpu

	for _, counted := range []struct {
		name  string
		value uint64
		known bool
	}{
		{"system_context_switches_total", stat.contextSwitches, stat.hasSwitches},
		{"system_interrupts_total", stat.interrupts, stat.hasInterrupts},
		{"system_forks_total", stat.forks, stat.hasForks},
		{"system_processes_running", stat.running, stat.hasRunning},
		{"system_processes_blocked", stat.blocked, stat.hasBlocked},
	} {
		if counted.known {
			r.out.Add(counted.name, float64(counted.value))
		}
	}
	p.uptime(r, stat)
	return nil
}

func (p *processorPart) read() (kernelStat, error) {
	data, err := essentialFile(p.files, "/proc/stat")
	if err != nil {
		return kernelStat{}, err
	}
	stat, err := parseStat(data)
	if err != nil {
		return stat, err
	}
	stat.cpu.at = p.now()
	if p.who.isLXC && !p.who.hasLXCFS {
		p.limit(&stat.cpu)
	}
	return stat, nil
}

// limit puts the control group's view in place of the machine's: without lxcfs
// a container's /proc/stat speaks of the machine below it.
func (p *processorPart) limit(cpu *processors) {
	data, err := p.files.ReadFile("/sys/fs/cgroup/cpu.max")
	if err != nil {
		return
	}
	quotaWord, rest := next(bytes.TrimSpace(data))
	periodWord, _ := next(rest)
	quota, ok := number(quotaWord) // "max" where there is no limit
	period, okPeriod := number(periodWord)
	if !ok || !okPeriod || quota == 0 || period == 0 {
		return
	}
	used, err := p.files.ReadFile("/sys/fs/cgroup/cpu.stat")
	if err != nil {
		return
	}
	limited := processors{at: cpu.at, capacity: round(float64(quota)/float64(period), 2), total: cpuTimes{known: modeIdle}}
	parsePairs(used, func(name []byte, micros uint64) {
		switch string(name) {
		case "user_usec":
			limited.total.seconds[modeUser] = float64(micros) / 1e6
		case "system_usec":
			limited.total.seconds[modeSystem] = float64(micros) / 1e6
		}
	})
	*cpu = limited
}

func (p *processorPart) uptime(r *run, stat kernelStat) {
	if stat.hasAt && stat.bootTime > 0 && stat.bootTime < 1<<40 {
		r.out.Add("system_boot_timestamp_seconds", float64(stat.bootTime))
		boot := time.Unix(int64(stat.bootTime), 0).UTC()
		r.doc.BootTime = &boot
	}
	data, err := p.files.ReadFile("/proc/uptime")
	if err != nil {
		r.out.Problem(partly(err))
		return
	}
	seconds, err := parseUptime(data)
	if err != nil {
		r.out.Problem(err)
		return
	}
	r.out.Add("system_uptime_seconds", seconds)
	r.doc.UptimeSeconds = round(seconds, 0)
}
