package schedule

import (
	"strconv"
	"sync"
	"time"

	"github.com/unity-homelab/unity/internal/inventory"
)

const (
	// minStep is the smallest step of the clock that is noticed.
	minStep = time.Second
	// minFreeze is how much longer than meant the loop must have slept for the
	// process to have been stopped.
	minFreeze = 10 * time.Second
)

// timeline is the time of the plan: the wall clock once, then the monotonic
// clock, until check finds that the two have come apart.
type timeline struct {
	wall   func() time.Time
	asleep func() time.Duration

	mu     sync.Mutex
	start  time.Time     // for its monotonic reading
	anchor time.Time     // the time of the plan at start
	slept  time.Duration // asleep at the last check
	pulse  time.Time     // when the loop last came by; zero before
	breaks int           // how often time was not continuous
}

func newTimeline(wall func() time.Time, asleep func() time.Duration) *timeline {
	return &timeline{wall: wall, asleep: asleep, start: time.Now(), anchor: wall().Round(0).UTC(), slept: asleep()}
}

// now returns the time of the plan.
func (t *timeline) now() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.present()
}

func (t *timeline) present() time.Time { return t.anchor.Add(time.Since(t.start)) }

// jump says how time was not continuous.
type jump struct {
	slept   time.Duration // the machine was asleep and the monotonic clock stood
	frozen  time.Duration // the process was stopped and the clocks went on
	stepped time.Duration // the clock was set; negative is back
}

func (j jump) any() bool { return j != jump{} }

// check moves the time of the plan to the wall clock when they have come apart.
func (t *timeline) check() jump {
	t.mu.Lock()
	defer t.mu.Unlock()
	var j jump
	total := t.asleep()
	// The two clocks behind asleep are not read at the same moment, so that it
	// wavers.
	if slept := total - t.slept; slept >= minStep {
		j.slept, t.slept = slept, total
	}
	if gap := time.Since(t.pulse); !t.pulse.IsZero() && gap > maxWait+minFreeze {
		j.frozen = gap
		t.pulse = time.Now()
	}
	apart := t.wall().Round(0).UTC().Sub(t.present())
	if step := apart - j.slept; step.Abs() >= minStep {
		j.stepped = step
	}
	if j.slept > 0 || j.stepped != 0 {
		t.anchor = t.anchor.Add(apart)
	}
	if j.any() {
		t.breaks++
	}
	return j
}

// beat says that the loop came by.
func (t *timeline) beat() {
	j := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.pulse.IsZero() || j.Sub(t.pulse) <= maxWait+minFreeze {
		t.pulse = j
	}
}

// broken returns how often time was not continuous so far.
func (t *timeline) broken() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.breaks
}

// events tells people what happened to the time.
func (j jump) events(now time.Time, host inventory.HostID) []inventory.Event {
	var events []inventory.Event
	add := func(kind, title string, length time.Duration) {
		events = append(events, inventory.Event{
			Time: now.Truncate(time.Millisecond), Kind: kind, Host: host, Severity: inventory.Info, Title: title,
			Detail: map[string]string{"seconds": strconv.FormatFloat(length.Seconds(), 'f', 3, 64)},
		})
	}
	if j.slept > 0 {
		add("suspended", "The machine was suspended for "+j.slept.Round(time.Second).String(), j.slept)
	}
	if j.frozen > 0 {
		add("suspended", "Unity was stopped for "+j.frozen.Round(time.Second).String(), j.frozen)
	}
	switch {
	case j.stepped > 0:
		add("clock_stepped", "The clock was set forward by "+j.stepped.Round(time.Millisecond).String(), j.stepped)
	case j.stepped < 0:
		add("clock_stepped", "The clock was set back by "+(-j.stepped).Round(time.Millisecond).String(), j.stepped)
	}
	return events
}
