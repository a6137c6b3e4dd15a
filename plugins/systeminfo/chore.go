package systeminfo

import (
	"context"
	"sync"
	"time"
)

const (
	choreTimeout = 5 * time.Minute
	// choreGrace is how long a run waits for a chore it has started, so that
	// quick answers are there at once.
	choreGrace = 2 * time.Second
)

// chore is work too slow for a run: it goes on beside the runs, once in a while,
// and its latest result serves them meanwhile.
type chore[T any] struct {
	every time.Duration
	work  func(ctx context.Context) (T, error)

	ctx    context.Context //nolint:containedctx // the chore's own life, ended by Close; not a caller's
	cancel context.CancelFunc
	done   sync.WaitGroup

	mu      sync.Mutex
	started time.Time
	busy    chan struct{} // closed when the work going on ends; nil when none is
	value   T
	at      time.Time // when value was made; zero: never
	err     error
}

// newChore makes a chore that lives until Close, however long ctx lives.
func newChore[T any](ctx context.Context, every time.Duration, work func(ctx context.Context) (T, error)) *chore[T] {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	return &chore[T]{every: every, work: work, ctx: ctx, cancel: cancel}
}

// remember puts in a result from before.
func (c *chore[T]) remember(value T, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.value, c.at, c.started = value, at, at
}

// result starts the work when it is due and returns the latest value with the
// moment it was made, or when there is none the zero time. The error is that of
// the latest attempt.
func (c *chore[T]) result(ctx context.Context, now time.Time) (value T, at time.Time, err error) {
	busy := c.start(now)
	if busy != nil {
		timer := time.NewTimer(choreGrace)
		defer timer.Stop()
		select {
		case <-busy:
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.value, c.at, c.err
}

// start returns a channel when it has started the work.
func (c *chore[T]) start(now time.Time) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	due := c.started.IsZero() || now.Sub(c.started) >= c.every || now.Before(c.started)
	if c.busy != nil || !due || c.ctx.Err() != nil {
		return nil
	}
	c.started = now
	busy := make(chan struct{})
	c.busy = busy
	c.done.Go(func() {
		ctx, cancel := context.WithTimeout(c.ctx, choreTimeout)
		defer cancel()
		value, err := c.work(ctx)
		c.mu.Lock()
		defer c.mu.Unlock()
		defer close(busy)
		c.busy, c.err = nil, err
		if err == nil {
			c.value, c.at = value, now
		}
	})
	return busy
}

// Close ends the work and waits for it.
func (c *chore[T]) Close() error {
	c.cancel()
	c.done.Wait()
	return nil
}
