package schedule_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/schedule"
	"github.com/unity-homelab/unity/plugin"
)

// Of every ten sources one hangs and ignores its deadline, one hangs until its
// deadline, one panics, and the others work.
const (
	loadSources  = 500
	loadInterval = 10 * time.Second
)

// load returns the targets of the bar: of 500 sources one in ten hangs, half of
// those whatever their context says, and one in ten panics. Late gets how late
// each run of the others starts after it was due.
func load(release <-chan struct{}) (targets []schedule.Target, good map[inventory.SourceID]bool) {
	good = make(map[inventory.SourceID]bool)
	panics := does(func(context.Context, *plugin.Batch) error { panic("out of range") })
	hangs := does(func(ctx context.Context, _ *plugin.Batch) error { <-ctx.Done(); return ctx.Err() })
	stuck := does(func(context.Context, *plugin.Batch) error { <-release; return nil })
	healthy := does(func(ctx context.Context, out *plugin.Batch) error {
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
		}
		return works(ctx, out)
	})
	for i := range loadSources {
		id := fmt.Sprintf("source-%03d", i)
		p := healthy
		switch i % 20 {
		case 3:
			p = hangs
		case 7:
			p = stuck
		case 11, 15:
			p = panics
		default:
			good[inventory.SourceID(id)] = true
		}
		targets = append(targets, target(id, p, loadInterval))
	}
	return targets, good
}

// lateness is a sink that measures how far the runs of sources come from where
// they belong: a whole number of intervals after the run before.
type lateness struct {
	good map[inventory.SourceID]bool

	mu      sync.Mutex
	places  map[inventory.SourceID]time.Duration
	highest time.Duration
	runs    int
}

// Commit implements schedule.Sink.
func (l *lateness) Commit(_ context.Context, result schedule.Result) (inventory.Run, inventory.State, error) {
	if id := result.Run.Source; l.good[id] {
		began := time.Now().Add(-result.Run.Duration)
		l.mu.Lock()
		defer l.mu.Unlock()
		// The first run of a source is out of place on purpose. The second one
		// says where it belongs: its timestamp is its due time.
		place, ok := l.places[id]
		switch {
		case !ok:
			l.places[id] = -1
		case place < 0:
			l.places[id] = time.Duration(result.Run.Start.UnixNano()) % loadInterval
		default:
			late := (time.Duration(began.UnixNano()) - place) % loadInterval
			l.highest = max(l.highest, late)
			l.runs++
		}
	}
	return result.Run, result.Previous.Next(result.Run), nil
}

// Enter implements schedule.Sink.
func (l *lateness) Enter(context.Context, inventory.Source, inventory.State, inventory.State) error {
	return nil
}

// Tell implements schedule.Sink.
func (l *lateness) Tell(context.Context, inventory.Event) error { return nil }

// measure runs the load for a while and returns how late a run started at most,
// and how many were looked at.
func measure(ctx context.Context, d time.Duration) (time.Duration, int) {
	release := make(chan struct{})
	targets, good := load(release)
	l := &lateness{good: good, places: make(map[inventory.SourceID]time.Duration)}
	s := schedule.New(schedule.Config{Drain: time.Second}, l, hostFor)
	for _, target := range targets {
		s.Set(ctx, target, inventory.State{}, nil)
	}
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	_ = s.Run(ctx)
	close(release)
	return l.highest, l.runs
}

func TestHangingAndPanickingSourcesDoNotDelayTheOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		late, runs := measure(t.Context(), 5*time.Minute)
		if late > loadInterval/20 {
			t.Errorf("a run started %v after it was due, want at most 5 %% of %v", late, loadInterval)
		}
		if want := 400 * 28; runs < want {
			t.Errorf("%d runs of good sources in five minutes, want at least %d", runs, want)
		}
	})
}

// BenchmarkLateness reports how late a run of a healthy source starts at most
// (p100-late-ms), with 500 sources at 10 s of which 10 % hang and 10 % panic, on
// the real clock. The bar is 500 ms. One round takes 35 s.
func BenchmarkLateness(b *testing.B) {
	for b.Loop() {
		late, runs := measure(b.Context(), 35*time.Second)
		b.ReportMetric(float64(late.Microseconds())/1000, "p100-late-ms")
		b.ReportMetric(float64(runs), "runs")
	}
}

// BenchmarkRun is the cost of a run that measures nothing.
func BenchmarkRun(b *testing.B) {
	b.ReportAllocs()
	quiet := &lateness{}
	s := schedule.New(schedule.Config{}, quiet, hostFor)
	s.Set(b.Context(), target("a", does(works), time.Hour), inventory.State{}, nil)
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = s.Run(ctx) }()
	for b.Loop() {
		if _, err := s.RunNow(ctx, "a"); err != nil {
			b.Fatal(err)
		}
	}
	cancel()
	<-ended
}

// BenchmarkPlan is the cost of adding a source to a plan of 10,000.
func BenchmarkPlan(b *testing.B) {
	b.ReportAllocs()
	p := does(works)
	for b.Loop() {
		s := schedule.New(schedule.Config{}, &lateness{}, hostFor)
		for i := range 10_000 {
			s.Set(b.Context(), target(fmt.Sprintf("source-%05d", i), p, time.Minute), inventory.State{}, nil)
		}
	}
}

func TestChangesFromAllSidesLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var open atomic.Int32
		p := opens(func(context.Context, string, plugin.Host) (plugin.Collector, error) {
			open.Add(1)
			return closing{
				func(ctx context.Context, out *plugin.Batch) error {
					switch rand.IntN(6) { //nolint:gosec // which one does not matter
					case 0:
						panic("no")
					case 1:
						return fault.New(fault.Refused, "no")
					case 2:
						<-ctx.Done()
						return ctx.Err()
					case 3:
						<-time.After(15 * time.Second) // whatever ctx says
					}
					return works(ctx, out)
				},
				func() error { open.Add(-1); return nil },
			}, nil
		})
		var clock clocks
		config := clock.config()
		config.Concurrency, config.Slow, config.PerGroup, config.MaxStuck = 3, 3, 2, 5
		w := start(t, config)
		var changing sync.WaitGroup
		for n := range 8 {
			changing.Go(func() {
				for range 200 {
					<-time.After(time.Duration(rand.IntN(3000)) * time.Millisecond)        //nolint:gosec // likewise
					id := fmt.Sprintf("s-%d", rand.IntN(10))                               //nolint:gosec // likewise
					one := target(id, p, time.Duration(1+rand.IntN(20))*time.Second)       //nolint:gosec // likewise
					one.Group = []string{"", "nas"}[rand.IntN(2)]                          //nolint:gosec // likewise
					one.Source.Enabled = rand.IntN(4) > 0                                  //nolint:gosec // likewise
					one.Source.Config = fmt.Appendf(nil, `{"address":"%d"}`, rand.IntN(3)) //nolint:gosec // likewise
					switch rand.IntN(8) {                                                  //nolint:gosec // likewise
					case 0:
						w.Remove(one.Source.ID)
					case 1:
						ctx, cancel := context.WithTimeout(t.Context(), time.Second)
						_, _ = w.RunNow(ctx, one.Source.ID)
						cancel()
					case 2:
						if n == 0 {
							clock.set(time.Duration(rand.IntN(3600)-1800) * time.Second) //nolint:gosec // likewise
						}
					default:
						w.Set(t.Context(), one, inventory.State{}, nil)
					}
					_, _, _ = w.Stats(), w.Next(one.Source.ID), one
				}
			})
		}
		changing.Wait()
		for i := range 10 {
			w.Set(t.Context(), target(fmt.Sprintf("s-%d", i), does(works), time.Second), inventory.State{}, nil)
		}
		after(2 * time.Minute)
		if stats := w.Stats(); stats.Stuck != 0 || stats.Slow != 0 || stats.Sources != 10 {
			t.Errorf("stats are %+v, want that nothing hangs and all sources are there", stats)
		}
		for i := range 10 {
			if state, _ := w.State(inventory.SourceID(fmt.Sprintf("s-%d", i))); state.Status != inventory.Healthy {
				t.Errorf("source %d is %+v, want healthy", i, state)
			}
		}
		w.stop()
		after(time.Minute)
		if stats := w.Stats(); stats.Running != 0 || stats.Waiting != 0 {
			t.Errorf("stats are %+v after the end", stats)
		}
		if n := open.Load(); n != 0 {
			t.Errorf("%d collectors were not closed", n)
		}
	})
}
