package delta_test

import (
	"testing"
	"time"

	"github.com/unity-homelab/unity/plugin/delta"
)

// answer is a figure that may be absent.
type answer struct {
	value float64
	known bool
}

func got(value float64, known bool) answer { return answer{value, known} }

func TestTheFirstCollectionHasNoDifferences(t *testing.T) {
	t.Parallel()
	var tracker delta.Tracker[string]
	if a := got(tracker.Rate("before any start", 1)); a.known {
		t.Errorf("got %v", a)
	}
	tracker.Start(time.Unix(100, 0))
	for _, a := range []answer{
		got(tracker.Increase("a", 5)), got(tracker.Rate("b", 5)), got(tracker.Ratio("c", 1, 2)),
	} {
		if a.known {
			t.Errorf("got %v", a)
		}
	}
	if tracker.Elapsed() != 0 {
		t.Errorf("%v have passed", tracker.Elapsed())
	}
}

func TestDifferencesAreTakenPerKey(t *testing.T) {
	t.Parallel()
	type key struct{ device, what string }
	var tracker delta.Tracker[key]
	tracker.Start(time.Unix(100, 0))
	tracker.Rate(key{"sda", "read"}, 1000)
	tracker.Increase(key{"sdb", "read"}, 7)
	tracker.Ratio(key{"sda", "busy"}, 10, 100)

	tracker.Start(time.Unix(110, 0))
	if a := got(tracker.Rate(key{"sda", "read"}, 3000)); a != (answer{200, true}) {
		t.Errorf("rate %v", a)
	}
	if a := got(tracker.Increase(key{"sdb", "read"}, 7)); a != (answer{0, true}) {
		t.Errorf("increase %v", a)
	}
	if a := got(tracker.Ratio(key{"sda", "busy"}, 15, 120)); a != (answer{0.25, true}) {
		t.Errorf("ratio %v", a)
	}
	if tracker.Elapsed() != 10*time.Second {
		t.Errorf("%v have passed", tracker.Elapsed())
	}
}

func TestAResetIsAbsentOnceAndThenCountsAgain(t *testing.T) {
	t.Parallel()
	var tracker delta.Tracker[string]
	for i, step := range []struct {
		value float64
		want  answer
	}{
		{1000, answer{}}, {1500, answer{50, true}}, {20, answer{}}, {40, answer{2, true}},
	} {
		tracker.Start(time.Unix(int64(100+10*i), 0))
		if a := got(tracker.Rate("reads", step.value)); a != step.want {
			t.Errorf("step %d: %v, want %v", i, a, step.want)
		}
		if a := got(tracker.Ratio("share", step.value, float64(1000*i))); a.known != step.want.known {
			t.Errorf("step %d: ratio %v", i, a)
		}
	}
}

func TestWhatIsNotSeenIsForgotten(t *testing.T) {
	t.Parallel()
	var tracker delta.Tracker[int]
	tracker.Start(time.Unix(100, 0))
	tracker.Rate(1, 10)
	tracker.Start(time.Unix(110, 0))
	tracker.Start(time.Unix(120, 0))
	if a := got(tracker.Rate(1, 20)); a.known {
		t.Errorf("a process that was away gives %v", a)
	}
}

func TestWithoutTimeThereIsNoRate(t *testing.T) {
	t.Parallel()
	var tracker delta.Tracker[string]
	for _, second := range []int64{100, 100, 90} {
		tracker.Start(time.Unix(second, 0))
		if a := got(tracker.Rate("reads", float64(second))); a.known {
			t.Errorf("got %v", a)
		}
	}
}

func TestAWholeThatStandsStillHasNoRatio(t *testing.T) {
	t.Parallel()
	var tracker delta.Tracker[string]
	tracker.Start(time.Unix(100, 0))
	tracker.Ratio("wait", 1, 10)
	tracker.Start(time.Unix(110, 0))
	if a := got(tracker.Ratio("wait", 2, 10)); a.known {
		t.Errorf("got %v", a)
	}
}

func BenchmarkRates(b *testing.B) {
	var tracker delta.Tracker[int]
	now := time.Unix(100, 0)
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(10 * time.Second)
		tracker.Start(now)
		for key := range 1000 {
			tracker.Rate(key, float64(now.Unix()))
		}
	}
}
