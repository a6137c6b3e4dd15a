package systeminfo

import (
	"context"
	"os"

	"github.com/unity-homelab/unity/plugin"
)

// memoryPart reads /proc/meminfo.
type memoryPart struct {
	files plugin.Files
	arc   bool
	who   *identity
}

func (p *memoryPart) collect(_ context.Context, r *run) error {
	data, err := essentialFile(p.files, "/proc/meminfo")
	if err != nil {
		return err
	}
	m, err := parseMeminfo(data)
	if err != nil {
		return err
	}
	if p.who.isLXC && !p.who.hasLXCFS {
		p.limit(&m)
	}
	if p.arc {
		if stats, err := p.files.ReadFile("/proc/spl/kstat/zfs/arcstats"); err == nil {
			m.arc = reclaimableARC(stats)
		}
	}
	m.settle()
	emitMemory(r, m)
	return nil
}

// limit puts the control group's view in place of the machine's.
func (p *memoryPart) limit(m *memory) {
	most, ok := count(p.files, "/sys/fs/cgroup/memory.max") // "max" where there is no limit
	used, okUsed := count(p.files, "/sys/fs/cgroup/memory.current")
	stat, err := p.files.ReadFile("/sys/fs/cgroup/memory.stat")
	if !ok || !okUsed || err != nil || most <= 0 || uint64(most) > m.total.bytes {
		return
	}
	total := uint64(most)
	limited := memory{total: bytesOf(total), free: bytesOf(total - min(total, uint64(used)))}
	parsePairs(stat, func(name []byte, bytes uint64) {
		switch string(name) {
		case "file":
			limited.cached = bytesOf(bytes)
		case "shmem":
			limited.shared = bytesOf(bytes)
		case "slab_reclaimable":
			limited.slab = bytesOf(bytes)
		case "file_dirty":
			limited.dirty = bytesOf(bytes)
		}
	})
	if most, ok := count(p.files, "/sys/fs/cgroup/memory.swap.max"); ok {
		used, _ := count(p.files, "/sys/fs/cgroup/memory.swap.current")
		limited.swapTotal, limited.swapFree = bytesOf(uint64(most)), bytesOf(uint64(max(0, most-used)))
	}
	*m = limited
}

// pagingPart reads /proc/vmstat.
type pagingPart struct{ files plugin.Files }

func (p *pagingPart) collect(_ context.Context, r *run) error {
	data, err := p.files.ReadFile("/proc/vmstat")
	if err != nil {
		return partly(err)
	}
	page := float64(os.Getpagesize())
	var faults, major uint64
	var hasFaults, hasMajor bool
	parsePairs(data, func(name []byte, value uint64) {
		switch string(name) {
		case "pswpin":
			r.out.Add("system_swap_in_bytes_total", float64(value)*page)
		case "pswpout":
			r.out.Add("system_swap_out_bytes_total", float64(value)*page)
		case "pgfault":
			faults, hasFaults = value, true
		case "pgmajfault":
			major, hasMajor = value, true
		case "oom_kill":
			r.out.Add("system_oom_kills_total", float64(value))
		}
	})
	if hasMajor {
		r.out.Add("system_page_faults_total", float64(major), "type", "major")
	}
	if hasMajor && hasFaults { // the first counts all of them
		r.out.Add("system_page_faults_total", float64(faults-min(faults, major)), "type", "minor")
	}
	return nil
}
