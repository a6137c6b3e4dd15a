package plugintest

import (
	"testing"
	"time"
)

// Await waits for something that another process does and tells nobody.
func Await(tb testing.TB, what string, done func() bool) {
	tb.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	end := time.NewTimer(2 * patience)
	defer end.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-end.C:
			tb.Fatalf("it never happened that %s", what)
		}
	}
}
