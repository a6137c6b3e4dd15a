package selection

import (
	"context"
	"sync"

	"github.com/unity-homelab/unity/internal/series"
)

// fetch fetches the blocks of series, in their order, some at a time.
type fetch struct {
	// ctx is that of Select: the storage interface hands over none later.
	ctx    context.Context //nolint:containedctx // see above
	source Source
	series []*oneSeries
	next   int // so many are fetched the next time
	// unpacking does so while the series before are gone through; nil when there
	// are none.
	unpacking *ahead

	mu      sync.Mutex
	more    sync.Cond
	fetched int // so many of series have their blocks
	failed  error
}

func newFetch(ctx context.Context, source Source, all []*oneSeries) *fetch {
	f := &fetch{ctx: ctx, source: source, series: all, next: firstFetch}
	f.more.L = &f.mu
	return f
}

// How many series get their blocks at once: few at first, then as many as have
// about so many bytes.
const (
	firstFetch = 8
	growFetch  = 4 // times, from one to the next
	maxFetch   = 512
	fetchBytes = 4 << 20
)

// blockCost and sampleCost are about how many bytes a block and an open sample
// take.
const (
	blockCost  = 64
	sampleCost = 16
)

// some fetches the blocks of the next series. Only one may do so at a time.
func (f *fetch) some() error {
	some := f.series[f.fetched:min(f.fetched+f.next, len(f.series))]
	ids := make([]series.ID, len(some))
	for i, one := range some {
		ids[i] = one.id
	}
	all, err := f.source.Blocks(f.ctx, ids, some[0].from, some[0].to)
	if err != nil {
		return err
	}
	bytes := 0
	for i, one := range some {
		one.groups, one.unpacking = group(all[i]), f.unpacking
		for _, block := range all[i] {
			bytes += len(block.Data) + blockCost + sampleCost*block.Open.Len()
		}
	}
	if f.unpacking != nil {
		f.unpacking.add(some)
	}
	f.next = min(max(firstFetch, len(some)*fetchBytes/(bytes+1)), growFetch*len(some), maxFetch)
	f.mu.Lock()
	f.fetched += len(some)
	f.mu.Unlock()
	f.more.Broadcast()
	return nil
}

// all fetches the blocks of all series, for those who wait.
func (f *fetch) all() {
	for f.fetched < len(f.series) {
		if err := f.some(); err != nil {
			f.mu.Lock()
			f.failed = err
			f.mu.Unlock()
			f.more.Broadcast()
			return
		}
	}
}

// wait waits until a series has its blocks, and returns why it has none.
func (f *fetch) wait(number int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.fetched <= number && f.failed == nil {
		f.more.Wait()
	}
	if f.fetched > number {
		return nil
	}
	return f.failed
}
