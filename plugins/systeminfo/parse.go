package systeminfo

import (
	"bytes"
	"strconv"

	"github.com/unity-homelab/unity/fault"
)

// number reads a whole number without a sign.
func number(text []byte) (uint64, bool) {
	if len(text) == 0 || len(text) > 20 {
		return 0, false
	}
	value, err := strconv.ParseUint(string(text), 10, 64)
	return value, err == nil
}

// next splits the first word off.
func next(line []byte) (word, rest []byte) {
	line = bytes.TrimLeft(line, " \t")
	end := bytes.IndexAny(line, " \t")
	if end < 0 {
		return line, nil
	}
	return line[:end], line[end+1:]
}

// kernelStat is /proc/stat.
type kernelStat struct {
	cpu                                     processors
	bootTime                                uint64
	contextSwitches, interrupts, forks      uint64
	running, blocked                        uint64
	hasSwitches, hasInterrupts, hasForks    bool
	hasRunning, hasBlocked, hasTotal, hasAt bool
}

// ticksPerSecond is the unit of processor times, the same on every platform
// that Linux and Go share.
const ticksPerSecond = 100

func parseStat(data []byte) (kernelStat, error) {
	var s kernelStat
	for line := range bytes.Lines(data) {
		key, rest := next(bytes.TrimRight(line, "\n"))
		value, _ := next(rest)
		n, ok := number(value)
		switch string(key) {
		case "ctxt":
			s.contextSwitches, s.hasSwitches = n, ok
		case "intr":
			s.interrupts, s.hasInterrupts = n, ok
		case "processes":
			s.forks, s.hasForks = n, ok
		case "procs_running":
			s.running, s.hasRunning = n, ok
		case "procs_blocked":
			s.blocked, s.hasBlocked = n, ok
		case "btime":
			s.bootTime, s.hasAt = n, ok
		default:
			s.processor(key, rest)
		}
	}
	if !s.hasTotal {
		return s, fault.New(fault.BadAnswer, "reading /proc/stat: no line for the processors in %d bytes", len(data))
	}
	return s, nil
}

// processor reads one line of processor times.
func (s *kernelStat) processor(key, rest []byte) {
	suffix, ok := bytes.CutPrefix(key, []byte("cpu"))
	if !ok {
		return
	}
	var times cpuTimes
	for times.known < modeCount {
		var word []byte
		word, rest = next(rest)
		ticks, ok := number(word)
		if !ok {
			break
		}
		times.seconds[times.known] = float64(ticks) / ticksPerSecond
		times.known++
	}
	if times.known <= modeIdle {
		return // the oldest kernels already told four modes apart
	}
	if len(suffix) == 0 {
		s.cpu.total, s.hasTotal = times, true
		return
	}
	if n, ok := number(suffix); ok && n < 1<<16 {
		s.cpu.cores = append(s.cpu.cores, core{number: int(n), times: times})
	}
}

func parseMeminfo(data []byte) (memory, error) {
	var m memory
	for line := range bytes.Lines(data) {
		key, rest, _ := bytes.Cut(line, []byte(":"))
		word, _ := next(bytes.TrimSpace(rest))
		kib, ok := number(word)
		if !ok || kib > 1<<53 {
			continue
		}
		field := m.field(string(key))
		if field != nil {
			*field = bytesOf(kib * 1024)
		}
	}
	if !m.total.known || !m.free.known || m.total.bytes == 0 {
		return m, fault.New(fault.BadAnswer, "reading /proc/meminfo: no MemTotal and MemFree in %d bytes", len(data))
	}
	return m, nil
}

func (m *memory) field(name string) *amount {
	switch name {
	case "MemTotal":
		return &m.total
	case "MemFree":
		return &m.free
	case "MemAvailable":
		return &m.available
	case "Buffers":
		return &m.buffers
	case "Cached":
		return &m.cached
	case "Shmem":
		return &m.shared
	case "SReclaimable":
		return &m.slab
	case "Dirty":
		return &m.dirty
	case "HardwareCorrupted":
		return &m.corrupted
	case "SwapTotal":
		return &m.swapTotal
	case "SwapFree":
		return &m.swapFree
	default:
		return nil
	}
}

// reclaimableARC returns how much of its cache ZFS would give back.
func reclaimableARC(arcstats []byte) uint64 {
	var size, least uint64
	for line := range bytes.Lines(arcstats) {
		name, rest := next(bytes.TrimRight(line, "\n"))
		_, rest = next(rest) // the type
		word, _ := next(rest)
		value, ok := number(word)
		if !ok {
			continue
		}
		switch string(name) {
		case "size":
			size = value
		case "c_min":
			least = value
		}
	}
	return size - min(size, least)
}

// parseLoad reads /proc/loadavg.
func parseLoad(data []byte) ([3]float64, error) {
	var load [3]float64
	rest := bytes.TrimSpace(data)
	for i := range load {
		var word []byte
		word, rest = next(rest)
		value, err := strconv.ParseFloat(string(word), 64)
		if err != nil || !(value >= 0 && value < 1e9) {
			return load, fault.New(fault.BadAnswer, "reading /proc/loadavg: %.40q is not three numbers", data)
		}
		load[i] = value
	}
	return load, nil
}

// parseUptime reads the first number of /proc/uptime, in seconds.
func parseUptime(data []byte) (float64, error) {
	word, _ := next(bytes.TrimSpace(data))
	value, err := strconv.ParseFloat(string(word), 64)
	if err != nil || !(value >= 0 && value < 1e11) {
		return 0, fault.New(fault.BadAnswer, "reading /proc/uptime: %.40q is not a number of seconds", data)
	}
	return value, nil
}

// stall is one line of a pressure file.
type stall struct {
	kind  string  // some, full
	share float64 // of the last minute
	total float64 // seconds
}

func parsePressure(data []byte) []stall {
	var stalls []stall
	for line := range bytes.Lines(data) {
		kind, rest := next(bytes.TrimSpace(line))
		if string(kind) != "some" && string(kind) != "full" {
			continue
		}
		s := stall{kind: string(kind)}
		var hasShare, hasTotal bool
		for len(rest) > 0 {
			var word []byte
			word, rest = next(rest)
			key, value, _ := bytes.Cut(word, []byte("="))
			v, err := strconv.ParseFloat(string(value), 64)
			if err != nil || !(v >= 0 && v < 1e18) {
				continue
			}
			switch string(key) {
			case "avg60":
				s.share, hasShare = round(v/100, 4), true
			case "total":
				s.total, hasTotal = v/1e6, true
			}
		}
		if hasShare && hasTotal {
			stalls = append(stalls, s)
		}
	}
	return stalls
}

// parsePairs reads lines of a name and a number, as /proc/vmstat and the files
// of control groups have them, and hands them to each.
func parsePairs(data []byte, each func(name []byte, value uint64)) {
	for line := range bytes.Lines(data) {
		name, rest := next(bytes.TrimSpace(line))
		word, _ := next(rest)
		if value, ok := number(word); ok {
			each(name, value)
		}
	}
}
