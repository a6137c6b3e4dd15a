package selection

import (
	"context"
	"slices"
	"sync"

	"github.com/unity-homelab/unity/internal/series/chunk"
)

const (
	// aheadSamples is how many samples are unpacked and not gone through yet at
	// most, and partSamples of how many of one series at least.
	aheadSamples = 24 << 10
	partSamples  = 2 << 10
)

// ahead unpacks the first blocks of series while others go through the series
// before them: where there is another processor, that takes no time.
type ahead struct {
	ctx   context.Context //nolint:containedctx // that of Select, see set
	codec *chunk.Codec

	mu      sync.Mutex
	waiting []*oneSeries // in the order in which they will be gone through
	held    int          // samples that are unpacked and not taken
	working bool
}

// unpacked is the samples of the first groups of a series.
type unpacked struct {
	columns chunk.Columns
	groups  int  // so many
	taken   bool // or will not be needed any more
}

// add takes in series that have their blocks.
func (a *ahead) add(some []*oneSeries) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, one := range some {
		if len(one.groups) > 0 {
			a.waiting = append(a.waiting, one)
		}
	}
	a.goOn()
}

// goOn sees to it that somebody works if there is enough to do: to wake somebody
// for every series would cost more than it saves. It ends by itself. The caller
// holds mu.
func (a *ahead) goOn() {
	if !a.working && len(a.waiting) > 0 && a.held <= aheadSamples/2 {
		a.working = true
		go a.work()
	}
}

func (a *ahead) work() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for len(a.waiting) > 0 && a.held < aheadSamples && a.ctx.Err() == nil {
		one := a.waiting[0]
		a.waiting = a.waiting[1:]
		if one.ahead.taken {
			continue
		}
		a.mu.Unlock()
		columns, groups := a.unpack(a.codec.Room(), one.groups)
		a.mu.Lock()
		if one.ahead.taken || groups == 0 { // whoever goes through it did it, or will meet what is wrong
			a.codec.Reuse(columns)
			continue
		}
		one.ahead.columns, one.ahead.groups = columns, groups
		a.held += columns.Len()
	}
	a.working = false
}

// unpack unpacks the first groups, and returns how many; none after an error.
func (a *ahead) unpack(columns chunk.Columns, groups [][]chunk.Block) (chunk.Columns, int) {
	room := 0
	for _, group := range groups {
		if room >= partSamples {
			break
		}
		for _, block := range group {
			room += block.Count
		}
	}
	columns.Times, columns.Values = slices.Grow(columns.Times[:0], room), slices.Grow(columns.Values[:0], room)
	for i, group := range groups {
		if columns.Len() >= partSamples {
			return columns, i
		}
		var err error
		if columns, err = a.codec.Merge(columns, group...); err != nil {
			return columns, 0
		}
	}
	return columns, len(groups)
}

// take returns what is unpacked of a series, and of how many groups that is; it
// is none when nothing is, or somebody else has it.
func (a *ahead) take(one *oneSeries) (chunk.Columns, int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	columns, groups := one.ahead.columns, one.ahead.groups
	one.ahead = unpacked{taken: true}
	a.held -= columns.Len()
	a.goOn()
	return columns, groups
}
