package docker

import (
	"math"
	"strings"
	"time"
)

// figures are what one answer of GET /containers/{id}/stats says, in base
// units. What it does not say is NaN or nil.
type figures struct {
	read time.Time

	cpuSeconds       float64
	cpuUserSeconds   float64
	cpuSystemSeconds float64
	perCPUSeconds    []float64
	periods          uint64
	throttledPeriods uint64
	throttledSeconds float64

	memoryUsage      float64
	memoryWorkingSet float64
	memoryCache      float64
	memoryRSS        float64
	memoryLimit      float64 // the engine's idea: the machine's memory when there is none
	majorFaults      float64

	networks map[string]apiTraffic

	readBytes, writeBytes float64
	reads, writes         float64

	processes, processesLimit float64
}

// figuresOf reads an answer; windows says that the engine's machine runs
// Windows, which counts CPU time in units of 100 ns. False means that there is
// nothing in it: the container does not run.
func figuresOf(s *apiStats, windows bool) (figures, bool) {
	if s.Read.Year() <= 1 {
		return figures{}, false
	}
	unit := float64(time.Second / time.Nanosecond)
	if windows = windows || s.OSType == "windows"; windows {
		unit /= 100
	}
	f := figures{
		read:             s.Read,
		cpuSeconds:       float64(s.CPU.Usage.Total) / unit,
		cpuUserSeconds:   float64(s.CPU.Usage.User) / unit,
		cpuSystemSeconds: float64(s.CPU.Usage.Kernel) / unit,
		periods:          s.CPU.Throttling.Periods,
		throttledPeriods: s.CPU.Throttling.ThrottledPeriods,
		throttledSeconds: float64(s.CPU.Throttling.ThrottledTime) / float64(time.Second),
		networks:         s.Networks,
		processes:        optional(s.Pids.Current),
		processesLimit:   math.NaN(),
	}
	for _, ns := range s.CPU.Usage.PerCPU {
		f.perCPUSeconds = append(f.perCPUSeconds, float64(ns)/unit)
	}
	// Unlimited is 0, or the largest number there is.
	if s.Pids.Limit > 0 && s.Pids.Limit < math.MaxInt64 {
		f.processesLimit = float64(s.Pids.Limit)
	}
	if windows && s.Processes > 0 {
		f.processes = float64(s.Processes)
	}
	f.setMemory(&s.Memory)
	f.setBlock(s)
	return f, true
}

func optional(v *uint64) float64 {
	if v == nil {
		return math.NaN()
	}
	return float64(*v)
}

// setMemory reads the memory of cgroup v1 (names with total_), v2 and Windows.
func (f *figures) setMemory(m *apiMemory) {
	f.memoryUsage, f.memoryLimit = optional(m.Usage), math.NaN()
	if m.Limit > 0 {
		f.memoryLimit = float64(m.Limit)
	}
	stat := func(names ...string) float64 {
		for _, name := range names {
			if v, ok := m.Stats[name]; ok {
				return float64(v)
			}
		}
		return math.NaN()
	}
	f.memoryCache = stat("total_cache", "cache", "file")
	f.memoryRSS = stat("total_rss", "rss", "anon")
	f.majorFaults = stat("total_pgmajfault", "pgmajfault")

	// What docker stats shows: without the file cache that the kernel would
	// give back first.
	f.memoryWorkingSet = f.memoryUsage
	if inactive := stat("total_inactive_file", "inactive_file"); inactive < f.memoryUsage {
		f.memoryWorkingSet -= inactive
	}
	if m.PrivateWorkingSet != nil {
		f.memoryWorkingSet, f.memoryUsage = float64(*m.PrivateWorkingSet), optional(m.Commit)
	}
}

func (f *figures) setBlock(s *apiStats) {
	f.readBytes, f.writeBytes = blockSums(s.Block.Bytes)
	f.reads, f.writes = blockSums(s.Block.Operations)
	if s.Storage.ReadBytes != nil {
		f.readBytes, f.writeBytes = optional(s.Storage.ReadBytes), optional(s.Storage.WriteBytes)
		f.reads, f.writes = optional(s.Storage.ReadCount), optional(s.Storage.WriteCount)
	}
}

// blockSums adds up the devices. The words are Read and Write on cgroup v1,
// read and write on v2; Sync, Async, Discard and Total are counted in them, or
// are neither.
func blockSums(entries []apiBlockEntry) (read, write float64) {
	read, write = math.NaN(), math.NaN()
	for _, entry := range entries {
		switch strings.ToLower(entry.Op) {
		case "read":
			read = plus(read, entry.Value)
		case "write":
			write = plus(write, entry.Value)
		}
	}
	return read, write
}

func plus(sum float64, v uint64) float64 {
	if math.IsNaN(sum) {
		sum = 0
	}
	return sum + float64(v)
}

// traffic adds up the interfaces; false when the container has none of its own.
func (f *figures) traffic() (apiTraffic, bool) {
	var sum apiTraffic
	for _, t := range f.networks {
		sum.RxBytes += t.RxBytes
		sum.RxPackets += t.RxPackets
		sum.RxErrors += t.RxErrors
		sum.RxDropped += t.RxDropped
		sum.TxBytes += t.TxBytes
		sum.TxPackets += t.TxPackets
		sum.TxErrors += t.TxErrors
		sum.TxDropped += t.TxDropped
	}
	return sum, len(f.networks) > 0
}
