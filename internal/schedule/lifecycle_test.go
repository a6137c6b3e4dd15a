package schedule_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/schedule"
	"github.com/unity-homelab/unity/plugin"
)

func TestAFailingSourceIsTriedLessOftenUntilItRecovers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var broken atomic.Bool
		broken.Store(true)
		w := start(t, schedule.Config{}, target("a", does(func(ctx context.Context, out *plugin.Batch) error {
			if broken.Load() {
				return fault.New(fault.Auth, "no")
			}
			return works(ctx, out)
		}), 10*time.Second))
		after(20 * time.Minute)
		results := w.sink.of("a")
		var gaps []int
		for i := 2; i < len(results); i++ {
			gaps = append(gaps, int(results[i].Run.Start.Sub(results[i-1].Run.Start)/(10*time.Second)))
		}
		if diff := cmp.Diff([]int{1, 1, 1, 2, 4, 8, 10, 10}, gaps[:8]); diff != "" {
			t.Errorf("intervals between the runs of a failing source (-want +got):\n%s", diff)
		}
		if last := results[len(results)-1]; last.State.Status != inventory.Failing {
			t.Errorf("the status is %s, want failing", last.State.Status)
		}

		broken.Store(false)
		after(100 * time.Second) // its next turn
		before := len(w.sink.of("a"))
		after(30 * time.Second)
		w.stop()
		results = w.sink.of("a")
		if got := len(results) - before; got != 3 {
			t.Errorf("%d runs in three intervals after it recovered, want 3", got)
		}
		if last := results[len(results)-1]; last.State.Status != inventory.Healthy {
			t.Errorf("the status is %s, want healthy", last.State.Status)
		}
	})
}

func TestASourceThatFailsEveryOtherTimeKeepsItsPaceAndIsNotDegraded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		runs := 0
		w := start(t, schedule.Config{}, target("a", does(func(ctx context.Context, out *plugin.Batch) error {
			if runs++; runs%2 == 0 {
				return fault.New(fault.Auth, "no")
			}
			return works(ctx, out)
		}), 10*time.Second))
		after(5 * time.Minute)
		w.stop()
		results := w.sink.of("a")
		for i, r := range results {
			if r.State.Status != inventory.Healthy || r.State.Failures != i%2 {
				t.Errorf("after run %d the state is %+v, want healthy", i, r.State)
			}
			if i >= 2 && r.Run.Start.Sub(results[i-1].Run.Start) != 10*time.Second {
				t.Errorf("run %d came after %v", i, r.Run.Start.Sub(results[i-1].Run.Start))
			}
		}
		if len(results) < 30 {
			t.Errorf("%d runs in five minutes", len(results))
		}
	})
}

func TestASlowSourceThatFailsWaitsAQuarterOfAnHourAtMost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fails := does(func(context.Context, *plugin.Batch) error { return fault.New(fault.Auth, "no") })
		w := start(t, schedule.Config{}, target("five", fails, 5*time.Minute), target("hour", fails, time.Hour))
		after(24 * time.Hour)
		w.stop()
		for id, want := range map[string]time.Duration{"five": 15 * time.Minute, "hour": time.Hour} {
			results := w.sink.of(id)
			last := len(results) - 1
			if gap := results[last].Run.Start.Sub(results[last-1].Run.Start); gap != want {
				t.Errorf("%s is tried every %v, want %v", id, gap, want)
			}
		}
	})
}

func TestARunThatIgnoresItsDeadlineIsAbandonedAndNotStartedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		calls, closed := 0, 0
		stuck := target("a", opens(func(context.Context, string, plugin.Host) (plugin.Collector, error) {
			return closing{
				func(ctx context.Context, out *plugin.Batch) error {
					calls++
					if calls == 1 {
						<-release
					}
					return works(ctx, out)
				},
				func() error { closed++; return nil },
			}, nil
		}), 10*time.Second)
		stuck.Timeout = 5 * time.Second
		w := start(t, schedule.Config{}, stuck)
		after(8 * time.Second)
		if diff := cmp.Diff([]inventory.Outcome{inventory.Abandoned}, w.sink.outcomes("a")); diff != "" {
			t.Fatalf("outcomes after the grace (-want +got):\n%s", diff)
		}
		if stats := w.Stats(); stats.Stuck != 1 || stats.Abandoned != 1 || stats.Running != 0 || stats.Slow != 0 {
			t.Errorf("stats are %+v, want one stuck call that takes no place", stats)
		}
		if _, err := w.RunNow(t.Context(), "a"); fault.Of(err) != fault.Conflict {
			t.Errorf("RunNow of a stuck source returned %v, want a conflict", err)
		}
		after(40 * time.Second)
		results := w.sink.of("a")
		if calls != 1 {
			t.Errorf("the collector was called %d times while its first call went on", calls)
		}
		if len(results) != 5 || results[4].State.Status != inventory.Failing || results[4].Run.Attempts != 0 {
			t.Errorf("got %+v, want that the source is said to fail", w.sink.outcomes("a"))
		}

		close(release)
		after(15 * time.Second)
		w.stop()
		results = w.sink.of("a")
		if last := results[len(results)-1]; last.Run.Outcome != inventory.Success || last.State.Status != inventory.Healthy {
			t.Errorf("after the call ended the last run is %+v, want a success", last.Run)
		}
		if stats := w.Stats(); stats.Stuck != 0 {
			t.Errorf("%d calls are stuck after all ended", stats.Stuck)
		}
		if closed != 2 {
			t.Errorf("%d collectors were closed, want the stuck one and the last", closed)
		}
	})
}

func TestSourcesThatHangKeepNobodyWaiting(t *testing.T) {
	t.Parallel()
	for name, hang := range map[string]func(ctx context.Context, release <-chan struct{}){
		"until their deadline": func(ctx context.Context, _ <-chan struct{}) { <-ctx.Done() },
		"for good":             func(_ context.Context, release <-chan struct{}) { <-release },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				release := make(chan struct{})
				hangs := does(func(ctx context.Context, _ *plugin.Batch) error {
					hang(ctx, release)
					return ctx.Err()
				})
				var targets []schedule.Target
				for i := range 40 {
					targets = append(targets, target(fmt.Sprintf("bad-%d", i), hangs, 10*time.Second))
				}
				targets = append(targets, target("good", does(works), 10*time.Second))
				w := start(t, schedule.Config{Concurrency: 4, Slow: 64}, targets...)
				after(time.Minute)
				results := w.sink.of("good")
				for i := 2; i < len(results); i++ {
					if gap := results[i].Run.Start.Sub(results[i-1].Run.Start); gap != 10*time.Second {
						t.Errorf("run %d of the good source came after %v, want its interval", i, gap)
					}
				}
				if len(results) < 6 {
					t.Errorf("the good source ran %d times in a minute", len(results))
				}
				close(release)
				w.stop()
			})
		})
	}
}

func TestStuckCallsBeyondTheBoundKeepTheirPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		hangs := does(func(context.Context, *plugin.Batch) error { <-release; return nil })
		w := start(t, schedule.Config{Concurrency: 2, Slow: 2, MaxStuck: 2},
			target("a", hangs, 10*time.Second), target("b", hangs, 10*time.Second),
			target("c", hangs, 10*time.Second), target("d", hangs, 10*time.Second))
		after(30 * time.Second)
		w.Set(t.Context(), target("good", does(works), 10*time.Second), inventory.State{}, nil)
		after(30 * time.Second)
		if stats := w.Stats(); stats.Stuck != 4 || stats.Waiting != 1 || len(w.sink.of("good")) != 0 {
			t.Errorf("stats are %+v, want 4 stuck calls of which two keep their places", stats)
		}
		close(release)
		after(time.Minute)
		if stats := w.Stats(); stats.Stuck != 0 || stats.Slow != 0 || stats.Running != 0 || stats.Waiting != 0 {
			t.Errorf("stats are %+v, want nothing left", stats)
		}
		w.stop()
		for _, id := range []string{"a", "d", "good"} {
			if outcomes := w.sink.outcomes(id); outcomes[len(outcomes)-1] != inventory.Success {
				t.Errorf("the last run of %s is %s, want a success", id, outcomes[len(outcomes)-1])
			}
		}
	})
}

func TestSourcesOfAGroupRunAFewAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int32
		slow := does(func(context.Context, *plugin.Batch) error {
			most.Store(max(most.Load(), now.Add(1)))
			defer now.Add(-1)
			<-time.After(500 * time.Millisecond)
			return nil
		})
		var targets []schedule.Target
		for i := range 20 {
			one := target(fmt.Sprintf("s-%d", i), slow, 10*time.Second)
			one.Group = "nas"
			targets = append(targets, one)
		}
		w := start(t, schedule.Config{PerGroup: 3}, targets...)
		after(30 * time.Second)
		w.stop()
		if got := most.Load(); got != 3 {
			t.Errorf("%d sources of a group ran at the same time, want 3", got)
		}
		for i := range 20 {
			if got := len(w.sink.of(fmt.Sprintf("s-%d", i))); got < 3 {
				t.Errorf("source %d ran %d times in three intervals", i, got)
			}
		}
	})
}

func TestAChangedConfigOpensANewCollectorAndClosesTheOldOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log []string
		p := opens(func(ctx context.Context, address string, _ plugin.Host) (plugin.Collector, error) {
			log = append(log, "open "+address)
			return closing{
				func(context.Context, *plugin.Batch) error {
					log = append(log, "collect "+address)
					<-time.After(2 * time.Second)
					return ctx.Err() // the one of opening
				},
				func() error { log = append(log, "close "+address); return nil },
			}, nil
		})
		one := target("a", p, time.Hour)
		one.Source.Config = []byte(`{"address":"one"}`)
		w := start(t, schedule.Config{}, one)
		after(time.Second)
		named := one
		named.Source.Name = "only the name is another"
		w.Set(t.Context(), named, inventory.State{}, nil)
		two := one
		two.Source.Config = []byte(`{"address":"two"}`)
		w.Set(t.Context(), two, inventory.State{}, nil) // while it runs
		after(10 * time.Second)
		w.stop()
		want := []string{"open one", "collect one", "close one", "open two", "collect two", "close two"}
		if diff := cmp.Diff(want, log); diff != "" {
			t.Errorf("what happened (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]inventory.Outcome{inventory.Success, inventory.Success}, w.sink.outcomes("a")); diff != "" {
			t.Errorf("outcomes (-want +got):\n%s", diff)
		}
	})
}

func TestASourceThatCannotOpenFailsAndIsOpenedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		opened := 0
		w := start(t, schedule.Config{}, target("a", opens(func(context.Context, string, plugin.Host) (plugin.Collector, error) {
			opened++
			switch opened {
			case 1:
				return nil, fault.New(fault.Permission, "reading the socket").WithHint("Join the group docker.")
			case 2:
				return nil, nil
			case 3:
				panic("no")
			}
			return collect(works), nil
		}), 10*time.Second))
		after(50 * time.Second)
		w.stop()
		results := w.sink.of("a")
		if problem := results[0].Run.Problem; problem.Kind != fault.Permission || problem.Hint == "" {
			t.Errorf("the first problem is %+v, want that of opening", problem)
		}
		want := []inventory.Outcome{inventory.Failed, inventory.Failed, inventory.Panicked, inventory.Success}
		if diff := cmp.Diff(want, w.sink.outcomes("a")[:4]); diff != "" {
			t.Errorf("outcomes (-want +got):\n%s", diff)
		}
		if opened != 4 {
			t.Errorf("opened %d times, want a collector to be used again", opened)
		}
	})
}

func TestAPausedSourceRestsAndGoesOnWhenItIsEnabled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		closed := false
		one := target("a", opens(func(context.Context, string, plugin.Host) (plugin.Collector, error) {
			return closing{
				func(ctx context.Context, _ *plugin.Batch) error { <-ctx.Done(); return ctx.Err() },
				func() error { closed = true; return nil },
			}, nil
		}), 10*time.Second)
		w := start(t, schedule.Config{}, one)
		after(time.Second)
		paused := one
		paused.Source.Enabled = false
		w.Set(t.Context(), paused, inventory.State{}, nil) // its running run is canceled
		after(time.Minute)
		if diff := cmp.Diff([]inventory.Outcome{inventory.Canceled}, w.sink.outcomes("a")); diff != "" {
			t.Errorf("outcomes (-want +got):\n%s", diff)
		}
		if state, _ := w.State("a"); state.Status != inventory.Paused || state.Failures != 0 {
			t.Errorf("the state is %+v, want paused", state)
		}
		if !closed || !w.Next("a").IsZero() {
			t.Errorf("closed is %v and the next run %v, want that a paused source needs nothing", closed, w.Next("a"))
		}
		if _, err := w.RunNow(t.Context(), "a"); fault.Of(err) != fault.Conflict {
			t.Errorf("RunNow of a paused source returned %v, want a conflict", err)
		}

		one.Plugin = does(works)
		w.Set(t.Context(), one, inventory.State{}, nil)
		after(time.Second)
		w.stop()
		var statuses []inventory.Status
		for _, state := range w.sink.entered {
			statuses = append(statuses, state.Status)
		}
		if diff := cmp.Diff([]inventory.Status{inventory.Unknown, inventory.Paused, inventory.Unknown}, statuses); diff != "" {
			t.Errorf("statuses without a run (-want +got):\n%s", diff)
		}
		if state, _ := w.State("a"); state.Status != inventory.Healthy {
			t.Errorf("the state is %+v, want healthy right after it was enabled", state)
		}
	})
}

func TestNothingOfARemovedSourceIsRecorded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := start(t, schedule.Config{}, target("a", does(func(ctx context.Context, _ *plugin.Batch) error {
			<-ctx.Done()
			return ctx.Err()
		}), 10*time.Second))
		after(time.Second)
		w.Remove("a")
		w.Remove("a")
		after(time.Minute)
		if results := w.sink.of("a"); len(results) != 0 {
			t.Errorf("recorded %+v", results)
		}
		if _, err := w.RunNow(t.Context(), "a"); fault.Of(err) != fault.NotFound {
			t.Errorf("RunNow of a removed source returned %v", err)
		}
		if stats := w.Stats(); stats.Sources != 0 || stats.Running != 0 {
			t.Errorf("stats are %+v, want nothing left", stats)
		}
		w.stop()
	})
}

func TestRunNowReturnsTheRunAndJoinsOneThatGoesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := start(t, schedule.Config{}, target("a", does(func(ctx context.Context, out *plugin.Batch) error {
			<-time.After(2 * time.Second)
			return works(ctx, out)
		}), time.Hour))
		after(time.Second) // its first run goes on
		run, err := w.RunNow(t.Context(), "a")
		if err != nil || run.Outcome != inventory.Success {
			t.Errorf("got %+v and %v, want the run that was going on", run, err)
		}
		again, err := w.RunNow(t.Context(), "a")
		if err != nil || !again.Start.After(run.Start) {
			t.Errorf("got %+v and %v, want a later run", again, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := w.RunNow(ctx, "a"); fault.Of(err) != fault.Timeout {
			t.Errorf("got %v, want that waiting ended with the context", err)
		}
		w.stop()
		if _, err := w.RunNow(t.Context(), "a"); fault.Of(err) != fault.Canceled {
			t.Errorf("after the end RunNow returned %v", err)
		}
		if got := len(w.sink.of("a")); got != 3 {
			t.Errorf("%d runs, want 3", got)
		}
	})
}

func TestStoppingLetsRunsEndAndThenCancelsThem(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		takes := func(d time.Duration) plugin.Plugin {
			return does(func(ctx context.Context, out *plugin.Batch) error {
				select {
				case <-time.After(d):
					return works(ctx, out)
				case <-ctx.Done():
					return ctx.Err()
				}
			})
		}
		release := make(chan struct{})
		w := start(t, schedule.Config{Drain: 5 * time.Second},
			target("short", takes(3*time.Second), time.Minute),
			target("long", takes(25*time.Second), time.Minute),
			target("deaf", does(func(context.Context, *plugin.Batch) error { <-release; return nil }), time.Minute))
		after(time.Second)
		began := time.Now()
		w.stop()
		if took := time.Since(began); took > 6*time.Second {
			t.Errorf("stopping took %v, want the 5 s for runs to end and a second of grace", took)
		}
		for id, want := range map[string]inventory.Outcome{
			"short": inventory.Success, "long": inventory.Canceled, "deaf": inventory.Canceled,
		} {
			if got := w.sink.outcomes(id); len(got) != 1 || got[0] != want {
				t.Errorf("%s ended as %v, want %s", id, got, want)
			}
		}
		close(release)
	})
}

func TestACollectorThatDoesNotCloseIsLeftBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		w := start(t, schedule.Config{}, target("hangs", opens(func(context.Context, string, plugin.Host) (plugin.Collector, error) {
			return closing{works, func() error { <-release; return nil }}, nil
		}), time.Minute), target("panics", opens(func(context.Context, string, plugin.Host) (plugin.Collector, error) {
			return closing{works, func() error { panic("closed twice") }}, nil
		}), time.Minute))
		after(time.Second)
		began := time.Now()
		w.stop()
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("stopping took %v, want the bound of closing", took)
		}
		close(release)
	})
}

func TestARareSourceThatRanLatelyWaitsForItsTurnAfterAStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := start(t, schedule.Config{})
		ran := inventory.State{Status: inventory.Healthy, LastRun: time.Now().Add(-time.Hour)}
		w.Set(t.Context(), target("daily", does(works), 24*time.Hour), ran, nil)
		w.Set(t.Context(), target("often", does(works), time.Minute), ran, nil)
		after(10 * time.Second)
		w.stop()
		if got := len(w.sink.of("daily")); got != 0 {
			t.Errorf("the daily source ran %d times after a start, want 0", got)
		}
		if !slices.Equal(w.sink.outcomes("often"), []inventory.Outcome{inventory.Success}) {
			t.Errorf("the other source got %v", w.sink.outcomes("often"))
		}
	})
}
