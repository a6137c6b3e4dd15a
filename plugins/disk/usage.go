package disk

import (
	"context"
	"sync"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// maxCalls bounds the calls under way, those that hang included: each holds a
// thread while it is in the kernel.
const maxCalls = 32

// prober asks file systems how full they are. A dead network file system keeps
// the call in the kernel for as long as it likes, so each call has a goroutine
// of its own, and a file system is not asked again before the call that hangs
// in it has come back.
type prober struct {
	ask func(name string) (plugin.Usage, error)

	mu    sync.Mutex
	calls map[string]struct{}
}

// answer is what a file system said.
type answer struct {
	Usage plugin.Usage
	Err   error
	Hung  bool // no answer in time
}

// reply is an answer on its way to whoever asked.
type reply struct {
	answer

	index int
}

// askAll asks all at once, as far as the bound allows, and returns one answer
// each in their order. It returns when the last has answered, when patience is
// over or when ctx ends.
func (p *prober) askAll(ctx context.Context, mounts []mount, patience time.Duration) []answer {
	answers := make([]answer, len(mounts))
	for i := range answers {
		answers[i].Err = fault.New(fault.Timeout, "not asked, because %d calls to other file systems hang", maxCalls)
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	replies := make(chan reply, len(mounts))
	next, waiting := 0, 0
	for {
		for ; next < len(mounts); next++ {
			begun, full := p.begin(mounts[next], next, replies)
			if full {
				break
			}
			answers[next] = answer{Hung: true}
			if begun {
				waiting++
			}
		}
		if waiting == 0 {
			return answers
		}
		select {
		case r := <-replies:
			answers[r.index] = r.answer
			waiting--
		case <-timer.C:
			return answers
		case <-ctx.Done():
			return answers
		}
	}
}

// begin starts a call, unless one to the same mount still hangs, or there are
// as many as may be.
func (p *prober) begin(m mount, index int, replies chan<- reply) (begun, full bool) {
	key := m.key()
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, hangs := p.calls[key]; hangs {
		return false, false
	}
	if len(p.calls) >= maxCalls {
		return false, true
	}
	if p.calls == nil {
		p.calls = make(map[string]struct{})
	}
	p.calls[key] = struct{}{}
	go func() {
		usage, err := p.ask(m.Mountpoint)
		p.mu.Lock()
		delete(p.calls, key)
		p.mu.Unlock()
		replies <- reply{index: index, answer: answer{Usage: usage, Err: err}}
	}()
	return true, false
}
