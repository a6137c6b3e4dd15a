package schedule

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/plugin"
)

// Limits of what a source may ask for.
const (
	MinInterval = time.Second
	MaxInterval = 24 * time.Hour
)

// Target is a source with the plugin that collects it.
type Target struct {
	Source inventory.Source
	Plugin plugin.Plugin
	// Interval and Timeout of zero are those of the source, or else the
	// plugin's defaults. An interval is brought within its limits, and a timeout
	// below its interval.
	Interval time.Duration
	Timeout  time.Duration
	// Group is what runs at the same time are counted by, besides all together:
	// the host that is talked to. Empty means that only the whole is bounded.
	Group string
}

// normal returns the target with its interval and timeout set and in bounds.
func (t Target) normal() Target {
	manifest := t.Plugin.Manifest()
	t.Interval = cmp.Or(t.Interval, t.Source.Interval, manifest.Interval, time.Minute)
	t.Timeout = cmp.Or(t.Timeout, t.Source.Timeout, manifest.Timeout, 30*time.Second)
	t.Interval = min(max(t.Interval, MinInterval), MaxInterval).Truncate(time.Millisecond)
	t.Timeout = min(max(t.Timeout, 100*time.Millisecond), t.Interval-t.Interval/10)
	return t
}

// grace is how long after its deadline a run may still return.
func (t Target) grace() time.Duration {
	return min(time.Second, (t.Interval-t.Timeout)/2)
}

// tolerance is how late a run may start and still count as on time.
func (t Target) tolerance() time.Duration {
	return max(50*time.Millisecond, min(time.Second, t.Interval/20))
}

// Result is what one run of a source gave.
type Result struct {
	Source inventory.Source
	Plugin plugin.Plugin
	Run    inventory.Run
	// Previous is the state before the run.
	Previous inventory.State
	// Batch is nil unless the run succeeded.
	Batch *plugin.Batch
	// Values are those that the collector changed; null forgets one. There are
	// none unless the run succeeded.
	Values map[string]json.RawMessage
}

// Sink takes what runs give. It is called from many goroutines, one at a time
// for each source.
type Sink interface {
	// Commit records a run and returns it as recorded, with the state it led
	// to. When it returns an error nothing was recorded, the values of the run
	// are forgotten, and the rest of what it returns still holds.
	Commit(ctx context.Context, result Result) (inventory.Run, inventory.State, error)
	// Enter records that a source got a state without a run: it was paused, or
	// waits for its first run again.
	Enter(ctx context.Context, source inventory.Source, previous, next inventory.State) error
	// Tell records an event that belongs to no run.
	Tell(ctx context.Context, event inventory.Event) error
}

// Config is how a Scheduler works. The zero value of each field stands for its
// default.
type Config struct {
	// Concurrency bounds the runs in the fast lane; 32.
	Concurrency int
	// Slow bounds the runs in the slow lane; 16 times Concurrency.
	Slow int
	// SlowAfter is when a run moves to the slow lane; a second.
	SlowAfter time.Duration
	// PerGroup bounds the runs of one group; 4.
	PerGroup int
	// MaxStuck bounds the calls that ignored their deadline and were left to
	// themselves; 1,000. Beyond it they keep their place in their lane.
	MaxStuck int
	// Attempts bounds the attempts of a run; 3.
	Attempts int
	// Drain is how long running runs may go on when Run is told to end; 10 s.
	Drain time.Duration
	// CloseTimeout bounds the closing of a collector; 5 s.
	CloseTimeout time.Duration
	// Host is the machine that events about the clock belong to.
	Host inventory.HostID
	// Log gets panics and calls that hang; nothing per run.
	Log *slog.Logger
	// Wall is the wall clock; time.Now.
	Wall func() time.Time
	// Asleep is for how long the machine has slept since it started; from the
	// system where it says so.
	Asleep func() time.Duration
}

func (c Config) withDefaults() Config {
	c.Concurrency = cmp.Or(c.Concurrency, 32)
	c.Slow = cmp.Or(c.Slow, 16*c.Concurrency)
	c.SlowAfter = cmp.Or(c.SlowAfter, time.Second)
	c.PerGroup = cmp.Or(c.PerGroup, 4)
	c.MaxStuck = cmp.Or(c.MaxStuck, 1000)
	c.Attempts = cmp.Or(c.Attempts, 3)
	c.Drain = cmp.Or(c.Drain, 10*time.Second)
	c.CloseTimeout = cmp.Or(c.CloseTimeout, 5*time.Second)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Wall == nil {
		c.Wall = time.Now
	}
	if c.Asleep == nil {
		c.Asleep = asleep
	}
	return c
}

// Stats is how a Scheduler is doing.
type Stats struct {
	Sources int // known, paused ones included
	Running int // runs at this moment
	Slow    int // of them in the slow lane
	Waiting int // due, and waiting for a place
	Stuck   int // calls that ignored their deadline and have not ended

	Runs      int64 // ended since the start
	Abandoned int64 // runs that ignored their deadline
	Panicked  int64
	Skipped   int64 // ticks that came while the source was busy

	// Lag is the longest that a run started after it was due, within the last
	// minute or so.
	Lag time.Duration
}
