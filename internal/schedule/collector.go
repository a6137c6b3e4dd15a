package schedule

import (
	"context"
	"fmt"
	"io"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// collector is an open collector with what belongs to it.
type collector struct {
	plugin.Collector
	draft *draft
	end   context.CancelFunc // ends the context that it was opened with
}

// open opens a collector. The context it gets lives as long as the collector,
// but ends with ctx for as long as the opening goes on.
func open(ctx context.Context, target Target, host plugin.Host, d *draft) (*collector, error) {
	if target.Plugin.ID() == "" {
		return nil, fault.New(fault.Unsupported, "opening %s: there is no plugin %s", target.Source.ID, target.Source.Plugin)
	}
	host.State = d
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	opening := context.AfterFunc(ctx, end)
	c, err := target.Plugin.Open(life, target.Source.Config, host)
	if err == nil && c == nil {
		err = fault.New(fault.Internal, "opening %s: the plugin gave no collector", target.Source.ID)
	}
	if err != nil {
		end()
		d.close()
		return nil, fault.Wrap(err, "opening %s", target.Source.ID)
	}
	opening()
	return &collector{Collector: c, draft: d, end: end}, nil
}

// close closes the collector and says so when that does not end in time.
func (c *collector) close(bound time.Duration) error {
	c.draft.close()
	closer, ok := c.Collector.(io.Closer)
	if !ok {
		c.end()
		return nil
	}
	now := make(chan struct{})
	close(now)
	err, caught, returned := guard(now, bound, closer.Close, c.end)
	switch {
	case !returned:
		return fault.New(fault.Timeout, "closing a collector: no end within %s", bound)
	case caught != nil:
		err = caught
	}
	c.end()
	return err
}

// panicked is a panic as an error.
type panicked struct {
	value any
	stack []byte
}

// Error says what was panicked with, shortened.
func (p *panicked) Error() string {
	text := fmt.Sprint(p.value)
	if len(text) > 200 {
		text = text[:200] + "…"
	}
	return "the collector panicked: " + text
}

// The ends that a guarded call can come to.
const (
	going int32 = iota
	came
	givenUp
)

// guard calls f in a goroutine of its own and waits for it until stop is
// closed, and then grace longer. A call that still goes on is given up: late is
// called when it ends after all. A panic is caught.
func guard[T any](stop <-chan struct{}, grace time.Duration, f func() T, late func()) (result T, caught *panicked, returned bool) {
	type answer struct {
		result T
		caught *panicked
	}
	var state atomic.Int32
	done := make(chan answer, 1)
	go func() {
		var a answer
		finished := false
		defer func() {
			if !finished {
				value := recover()
				if value == nil {
					value = "it ended its goroutine"
				}
				a.caught = &panicked{value: value, stack: debug.Stack()}
			}
			if state.CompareAndSwap(going, came) {
				done <- a
				return
			}
			late()
		}()
		a.result = f()
		finished = true
	}()
	select {
	case a := <-done:
		return a.result, a.caught, true
	case <-stop:
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case a := <-done:
		return a.result, a.caught, true
	case <-timer.C:
	}
	if state.CompareAndSwap(going, givenUp) {
		return result, nil, false
	}
	a := <-done
	return a.result, a.caught, true
}
