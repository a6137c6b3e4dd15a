package temperature

import (
	"context"
	"fmt"
	"sync"

	"github.com/unity-homelab/unity/fault"
)

// busyChips reads each chip in a goroutine of its own, and starts no second one
// for a chip whose driver still keeps the first.
type busyChips struct {
	mu   sync.Mutex
	busy map[string]struct{}
}

// chipReader reads the sensors of one chip.
type chipReader interface {
	read(ctx context.Context) ([]reading, error)
}

// readReply is what a chip gave.
type readReply struct {
	readings []reading
	err      error
}

// start begins to read a chip. It reports false when that is still under way
// since an earlier collection.
func (b *busyChips) start(ctx context.Context, folder string, chip chipReader) (<-chan readReply, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, busy := b.busy[folder]; busy {
		return nil, false
	}
	if b.busy == nil {
		b.busy = make(map[string]struct{})
	}
	b.busy[folder] = struct{}{}
	replies := make(chan readReply, 1)
	go func() {
		var reply readReply
		defer func() {
			if r := recover(); r != nil {
				reply = readReply{err: fault.New(fault.Internal, "reading %s: %s", folder, fmt.Sprint(r))}
			}
			b.mu.Lock()
			delete(b.busy, folder)
			b.mu.Unlock()
			replies <- reply
		}()
		reply.readings, reply.err = chip.read(ctx)
	}()
	return replies, true
}
