package systeminfo

// amount is a number of bytes that may not be known.
type amount struct {
	bytes uint64
	known bool
}

func bytesOf(n uint64) amount { return amount{bytes: n, known: true} }

// memory is one reading of memory and swap.
type memory struct {
	total, free, available, buffers, cached, shared, slab, dirty, corrupted amount
	swapTotal, swapFree                                                     amount
	arc                                                                     uint64 // what ZFS would give back
}

// settle works out what is available where the system does not say it, and puts
// the cache of ZFS where it belongs.
func (m *memory) settle() {
	if !m.available.known {
		reclaimable := m.free.bytes + m.buffers.bytes + m.cached.bytes + m.slab.bytes
		m.available = bytesOf(reclaimable - min(reclaimable, m.shared.bytes))
	}
	m.available.bytes = min(m.available.bytes+m.arc, m.total.bytes)
}

func emitMemory(r *run, m memory) {
	used := m.total.bytes - m.available.bytes
	cached := m.cached
	cached.bytes += m.slab.bytes
	for _, sample := range []struct {
		name  string
		value amount
	}{
		{"system_memory_total_bytes", m.total},
		{"system_memory_used_bytes", bytesOf(used)},
		{"system_memory_available_bytes", m.available},
		{"system_memory_free_bytes", m.free},
		{"system_memory_cached_bytes", cached},
		{"system_memory_buffers_bytes", m.buffers},
		{"system_memory_shared_bytes", m.shared},
		{"system_memory_slab_reclaimable_bytes", m.slab},
		{"system_memory_dirty_bytes", m.dirty},
		{"system_memory_hardware_corrupted_bytes", m.corrupted},
	} {
		if sample.value.known {
			r.out.Add(sample.name, float64(sample.value.bytes))
		}
	}
	share := ratio(float64(used), float64(m.total.bytes))
	r.out.Add("system_memory_usage_ratio", share)
	r.doc.Memory = memoryFacts{
		Total: m.total.bytes, Used: used, Available: m.available.bytes, Free: m.free.bytes, Cached: cached.bytes,
		Buffers: m.buffers.bytes, Shared: m.shared.bytes, ARC: m.arc, Ratio: share,
	}
	emitSwap(r, m)
}

func emitSwap(r *run, m memory) {
	if !m.swapTotal.known || !m.swapFree.known {
		return
	}
	total, free := m.swapTotal.bytes, min(m.swapFree.bytes, m.swapTotal.bytes)
	r.out.Add("system_swap_total_bytes", float64(total))
	r.out.Add("system_swap_used_bytes", float64(total-free))
	r.out.Add("system_swap_free_bytes", float64(free))
	if total == 0 {
		return
	}
	share := ratio(float64(total-free), float64(total))
	r.out.Add("system_swap_usage_ratio", share)
	r.doc.Swap = &swapFacts{Total: total, Used: total - free, Free: free, Ratio: share}
}
