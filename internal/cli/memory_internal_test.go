package cli

import (
	"runtime"
	"testing"
	"time"
)

func TestTheHeapMayGrowMoreWhileMuchIsCollected(t *testing.T) {
	t.Parallel()
	percent := calmPercent
	c := &collections{percent: percent, set: func(p int) { percent = p }}
	now := time.Unix(0, 0)
	for i, step := range []struct {
		after time.Duration
		want  int
	}{
		{0, calmPercent},
		{200 * time.Millisecond, calmPercent},
		{200 * time.Millisecond, calmPercent},
		{200 * time.Millisecond, busyPercent}, // four within a second
		{time.Second, busyPercent},            // less, but not rare
		{fewAfter + time.Millisecond, calmPercent},
		{200 * time.Millisecond, calmPercent},
		{time.Minute, calmPercent},
	} {
		now = now.Add(step.after)
		if c.count(now); percent != step.want {
			t.Errorf("after collection %d it is %d %%, not %d", i+1, percent, step.want)
		}
	}
}

func TestEveryCollectionIsSeen(t *testing.T) {
	t.Parallel()
	seen := make(chan int, 1)
	c := &collections{percent: calmPercent}
	c.set = func(percent int) {
		select {
		case seen <- percent:
		default: // the test is over
		}
	}
	c.watch()
	for {
		runtime.GC()
		select {
		case percent := <-seen:
			if percent != busyPercent {
				t.Errorf("it is set to %d %%", percent)
			}
			return
		default:
		}
	}
}
