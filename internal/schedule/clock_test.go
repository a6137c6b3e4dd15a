package schedule_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/schedule"
	"github.com/unity-homelab/unity/plugin"
)

// clocks can be set and put to sleep. The monotonic clock is that of the
// bubble.
type clocks struct {
	offset atomic.Int64
	slept  atomic.Int64
}

func (c *clocks) config() schedule.Config {
	return schedule.Config{
		Host:   "here",
		Wall:   func() time.Time { return time.Now().Add(time.Duration(c.offset.Load())) },
		Asleep: func() time.Duration { return time.Duration(c.slept.Load()) },
	}
}

func (c *clocks) set(by time.Duration) { c.offset.Add(int64(by)) }

func (c *clocks) sleep(d time.Duration) {
	c.slept.Add(int64(d))
	c.offset.Add(int64(d))
}

func TestAStepOfTheClockMovesThePlan(t *testing.T) {
	t.Parallel()
	for name, step := range map[string]time.Duration{
		"forward": 3 * time.Hour, "back": -3 * time.Hour, "a little": 2 * time.Second,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var clock clocks
				w := start(t, clock.config(), target("a", does(works), 10*time.Second))
				after(30 * time.Second)
				clock.set(step)
				after(time.Minute)
				w.stop()

				results := w.sink.of("a")
				for i := 1; i < len(results); i++ {
					if gap := results[i].At.Sub(results[i-1].At); gap < 4*time.Second || gap > 16*time.Second {
						t.Errorf("run %d came %v after the one before, want about the interval", i, gap)
					}
					if !results[i].Run.Start.After(results[i-1].Run.Start) {
						t.Errorf("run %d has the timestamp %v, which is not after %v", i, results[i].Run.Start, results[i-1].Run.Start)
					}
				}
				if n := len(results); n < 8 || n > 11 {
					t.Errorf("%d runs in 90 s", n)
				}
				if diff := cmp.Diff([]string{"clock_stepped"}, w.sink.kinds()); diff != "" {
					t.Errorf("events (-want +got):\n%s", diff)
				}
				last := results[len(results)-1]
				if step > 0 && !last.Run.Start.Equal(last.At.Add(step)) {
					t.Errorf("the last timestamp is %v, want that of the new clock", last.Run.Start)
				}
			})
		})
	}
}

func TestSleepIsNoOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var clock clocks
		var connected atomic.Bool
		connected.Store(true)
		p := does(func(ctx context.Context, out *plugin.Batch) error {
			if !connected.Load() {
				<-ctx.Done() // a connection that does not know it is dead
				return ctx.Err()
			}
			return works(ctx, out)
		})
		hourly, often := target("hourly", p, time.Hour), target("often", p, 10*time.Second)
		often.Timeout = 8 * time.Second
		w := start(t, clock.config(), hourly, often)
		after(21 * time.Second)
		connected.Store(false)
		after(time.Until(w.Next("often")) + time.Second) // a run is on
		clock.sleep(8 * time.Hour)
		connected.Store(true)
		after(20 * time.Second)
		w.stop()

		canceled := 0
		for _, outcome := range w.sink.outcomes("often") {
			switch outcome {
			case inventory.Success:
			case inventory.Canceled:
				canceled++
			default:
				t.Errorf("a run ended as %s", outcome)
			}
		}
		if canceled != 1 {
			t.Errorf("%d runs were canceled, want the one that the sleep cut short", canceled)
		}
		if state, _ := w.State("often"); state.Status != inventory.Healthy || state.Failures != 0 {
			t.Errorf("the state is %+v, want healthy", state)
		}
		if got := len(w.sink.of("hourly")); got != 2 {
			t.Errorf("the hourly source ran %d times, want once more soon after the sleep", got)
		}
		if diff := cmp.Diff([]string{"suspended"}, w.sink.kinds()); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
		if at := w.sink.of("hourly")[1].Run.Start; time.Until(at) < 7*time.Hour {
			t.Errorf("the timestamp after the sleep is %v, want that of the wall clock", at)
		}
	})
}

func TestClocksThatWaverAreNoStep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var clock clocks
		w := start(t, clock.config(), target("a", does(works), time.Second))
		for range 60 {
			clock.set(10 * time.Millisecond)
			after(500 * time.Millisecond)
			clock.set(-10 * time.Millisecond)
			after(500 * time.Millisecond)
		}
		w.stop()
		if kinds := w.sink.kinds(); len(kinds) != 0 {
			t.Errorf("got the events %v", kinds)
		}
	})
}

func TestAProcessThatWasStoppedIsNoOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		// Whoever asks for the time is stopped, and that is everybody.
		var stop atomic.Bool
		config := schedule.Config{Wall: func() time.Time {
			if stop.CompareAndSwap(true, false) {
				<-time.After(10 * time.Minute)
			}
			return time.Now()
		}}
		one := target("a", does(func(ctx context.Context, out *plugin.Batch) error {
			if stop.Load() {
				<-ctx.Done()
				return ctx.Err()
			}
			return works(ctx, out)
		}), 10*time.Second)
		w := start(t, config, one)
		after(21 * time.Second)
		stop.Store(true)
		after(10*time.Minute + 20*time.Second)
		w.stop()

		for _, outcome := range w.sink.outcomes("a") {
			if outcome != inventory.Success && outcome != inventory.Canceled {
				t.Errorf("a run ended as %s", outcome)
			}
		}
		if n := len(w.sink.of("a")); n > 8 {
			t.Errorf("%d runs, want that none is made up for", n)
		}
		if state, _ := w.State("a"); state.Status != inventory.Healthy || state.Failures != 0 {
			t.Errorf("the state is %+v, want healthy", state)
		}
		if diff := cmp.Diff([]string{"suspended"}, w.sink.kinds()); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}
