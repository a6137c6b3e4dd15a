package plugintest

import (
	"sync"
	"testing"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// Clock stands still until a test moves it, and begins when cases do. Collectors
// and stand-ins of servers may look at the same one.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock that shows the time at which cases begin.
func NewClock() *Clock { return &Clock{now: beginning()} }

// Now returns the time, as [plugin.Host] has it.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Move lets time pass.
func (c *Clock) Move(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(by)
}

// Open opens a collector that looks at the clock, on the machine that the test runs
// on, and closes it at the test's end.
func (c *Clock) Open(tb testing.TB, p plugin.Plugin, config string) plugin.Collector {
	tb.Helper()
	host := LiveHost(tb, p)
	host.Now = c.Now
	return Open(tb, p, config, host)
}

// beginning is when a case takes place that does not say it.
func beginning() time.Time { return time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC) }
