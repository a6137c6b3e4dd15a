package systeminfo

import (
	"strconv"
	"time"
)

// The modes of processor time in the order of /proc/stat. Guest time is also
// inside user, and guest_nice inside nice.
const (
	modeUser = iota
	modeNice
	modeSystem
	modeIdle
	modeIOWait
	modeIRQ
	modeSoftIRQ
	modeSteal
	modeGuest
	modeGuestNice
	modeCount
)

func modeNames() [modeCount]string {
	return [modeCount]string{"user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal", "guest", "guest_nice"}
}

// cpuTimes is processor time by mode since the start, in seconds.
type cpuTimes struct {
	seconds [modeCount]float64
	known   int // how many modes, from the front, the system tells apart
}

// processors is one reading of all processors.
type processors struct {
	at    time.Time
	total cpuTimes
	cores []core
	// capacity is how many processors a control group lets this machine use;
	// 0 means all that are there. With it, idle time has no meaning.
	capacity float64
}

type core struct {
	number int
	times  cpuTimes
}

// shares says how processor time was spent between two readings.
type shares struct {
	usage, user, system, iowait, steal, nice, irq float64
}

// sharesBetween compares two readings of the same processors. It reports false
// when nothing can be said: no time went by, or a counter went back, as happens
// after a suspend or when a processor was taken away.
func sharesBetween(before, after cpuTimes) (shares, bool) {
	var delta [modeGuest]float64
	total := 0.0
	for mode := range delta {
		delta[mode] = after.seconds[mode] - before.seconds[mode]
		if delta[mode] < 0 {
			if mode != modeIOWait { // the kernel's own count of waiting is not monotonic
				return shares{}, false
			}
			delta[mode] = 0
		}
		total += delta[mode]
	}
	if total <= 0 {
		return shares{}, false
	}
	return shares{
		usage:  ratio(total-delta[modeIdle]-delta[modeIOWait], total),
		user:   ratio(delta[modeUser], total),
		system: ratio(delta[modeSystem], total),
		iowait: ratio(delta[modeIOWait], total),
		steal:  ratio(delta[modeSteal], total),
		nice:   ratio(delta[modeNice], total),
		irq:    ratio(delta[modeIRQ]+delta[modeSoftIRQ], total),
	}, true
}

// sharesWithin is sharesBetween where a control group bounds what can be used.
func sharesWithin(before, after processors) (shares, bool) {
	wall := after.at.Sub(before.at).Seconds()
	user := after.total.seconds[modeUser] - before.total.seconds[modeUser]
	system := after.total.seconds[modeSystem] - before.total.seconds[modeSystem]
	if wall <= 0 || user < 0 || system < 0 || after.capacity <= 0 {
		return shares{}, false
	}
	whole := wall * after.capacity
	return shares{
		usage:  min(1, ratio(user+system, whole)),
		user:   min(1, ratio(user, whole)),
		system: min(1, ratio(system, whole)),
	}, true
}

// emitCPU writes what two readings of the processors say; before may be nil.
func emitCPU(r *run, before *processors, now processors, perCPU bool) {
	names := modeNames()
	if perCPU && len(now.cores) > 0 {
		for _, c := range now.cores {
			number := strconv.Itoa(c.number)
			for mode := range c.times.known {
				r.out.Add("system_cpu_seconds_total", c.times.seconds[mode], "mode", names[mode], "cpu", number)
			}
		}
	} else {
		for mode := range now.total.known {
			if now.capacity == 0 || mode == modeUser || mode == modeSystem {
				r.out.Add("system_cpu_seconds_total", now.total.seconds[mode], "mode", names[mode])
			}
		}
	}
	logical := now.capacity
	if logical == 0 {
		logical = float64(len(now.cores))
	}
	if logical > 0 {
		r.out.Add("system_cpu_logical_count", logical)
		r.doc.CPU.Logical = logical
	}
	if before != nil {
		emitShares(r, *before, now, perCPU)
	}
}

func emitShares(r *run, before, now processors, perCPU bool) {
	compare := func() (shares, bool) { return sharesBetween(before.total, now.total) }
	if now.capacity > 0 {
		compare = func() (shares, bool) { return sharesWithin(before, now) }
	}
	s, ok := compare()
	if !ok {
		return
	}
	r.doc.CPU.Usage = &s.usage
	r.doc.CPU.Modes = map[string]float64{"user": s.user, "system": s.system}
	r.out.Add("system_cpu_usage_ratio", s.usage)
	r.out.Add("system_cpu_mode_ratio", s.user, "mode", "user")
	r.out.Add("system_cpu_mode_ratio", s.system, "mode", "system")
	if now.capacity > 0 {
		return
	}
	rest := map[string]float64{"iowait": s.iowait, "steal": s.steal, "nice": s.nice, "irq": s.irq}
	firstMode := map[string]int{"iowait": modeIOWait, "steal": modeSteal, "nice": modeNice, "irq": modeIRQ}
	for mode, share := range rest {
		if now.total.known <= firstMode[mode] {
			continue
		}
		r.out.Add("system_cpu_mode_ratio", share, "mode", mode)
		r.doc.CPU.Modes[mode] = share
	}
	emitCores(r, before, now, perCPU)
}

func emitCores(r *run, before, now processors, perCPU bool) {
	previous := make(map[int]cpuTimes, len(before.cores))
	for _, c := range before.cores {
		previous[c.number] = c.times
	}
	for _, c := range now.cores {
		old, known := previous[c.number]
		s, ok := sharesBetween(old, c.times)
		if !known || !ok {
			continue
		}
		r.doc.CPU.PerCore = append(r.doc.CPU.PerCore, round(s.usage, 2))
		if perCPU {
			r.out.Add("system_cpu_core_usage_ratio", s.usage, "cpu", strconv.Itoa(c.number))
		}
	}
}
