package schedule_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/internal/schedule"
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/test/leaks"
)

func TestMain(m *testing.M) { leaks.Check(m) }

// collect is what a fake collector does.
type collect func(ctx context.Context, out *plugin.Batch) error

// Collect implements plugin.Collector.
func (c collect) Collect(ctx context.Context, out *plugin.Batch) error { return c(ctx, out) }

// closing is a collector that wants to be closed.
type closing struct {
	collect
	close func() error
}

// Close implements io.Closer.
func (c closing) Close() error { return c.close() }

type config struct {
	Address string `json:"address" title:"Address" help:"Where it is."`
}

// opens makes a plugin whose collectors come from open.
func opens(open func(ctx context.Context, address string, host plugin.Host) (plugin.Collector, error)) plugin.Plugin {
	return plugin.Define(plugin.Manifest{
		ID: "fake_monitor", Name: "Fake", Category: plugin.System, Summary: "Does as it is told.",
		Metrics: []metric.Definition{{Name: "fake_value", Kind: metric.Gauge, Help: "A value."}},
	}, config{}, func(ctx context.Context, c config, host plugin.Host) (plugin.Collector, error) {
		return open(ctx, c.Address, host)
	})
}

// does makes a plugin whose collectors all do the same.
func does(c collect) plugin.Plugin {
	return opens(func(context.Context, string, plugin.Host) (plugin.Collector, error) { return c, nil })
}

// works is a collector that delivers one sample.
func works(_ context.Context, out *plugin.Batch) error {
	out.Add("fake_value", 1)
	return nil
}

func target(id string, p plugin.Plugin, interval time.Duration) schedule.Target {
	return schedule.Target{
		Source: inventory.Source{ID: inventory.SourceID(id), Plugin: p.ID(), Enabled: true, Host: "here"},
		Plugin: p, Interval: interval,
	}
}

// sink records what it is given. Its time is that of the bubble.
type sink struct {
	mu      sync.Mutex
	results []recorded
	entered []inventory.State
	events  []inventory.Event
	refuse  error // given back by Commit when set
}

type recorded struct {
	schedule.Result
	At    time.Time
	State inventory.State
}

// Commit implements schedule.Sink.
func (s *sink) Commit(_ context.Context, result schedule.Result) (inventory.Run, inventory.State, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	state := result.Previous.Next(result.Run)
	s.results = append(s.results, recorded{result, time.Now(), state})
	return result.Run, state, s.refuse
}

// Enter implements schedule.Sink.
func (s *sink) Enter(_ context.Context, _ inventory.Source, _, next inventory.State) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entered = append(s.entered, next)
	return nil
}

// Tell implements schedule.Sink.
func (s *sink) Tell(_ context.Context, event inventory.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, event)
	return nil
}

// of returns the results of one source.
func (s *sink) of(id string) []recorded {
	s.mu.Lock()
	defer s.mu.Unlock()
	var results []recorded
	for _, r := range s.results {
		if r.Run.Source == inventory.SourceID(id) {
			results = append(results, r)
		}
	}
	return results
}

func (s *sink) outcomes(id string) []inventory.Outcome {
	var outcomes []inventory.Outcome
	for _, r := range s.of(id) {
		outcomes = append(outcomes, r.Run.Outcome)
	}
	return outcomes
}

func (s *sink) kinds() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var kinds []string
	for _, e := range s.events {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

// world is a scheduler in a bubble with what it writes to.
type world struct {
	*schedule.Scheduler
	sink *sink
	log  *logBuffer
	stop func() // ends Run and waits for it
}

// start runs a scheduler until the test ends. It is for use in a bubble.
func start(t *testing.T, config schedule.Config, targets ...schedule.Target) *world {
	t.Helper()
	w := &world{sink: &sink{}, log: &logBuffer{}}
	config.Log = slog.New(slog.NewTextHandler(w.log, nil))
	w.Scheduler = schedule.New(config, w.sink, hostFor)
	for _, target := range targets {
		w.Set(t.Context(), target, inventory.State{}, nil)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := w.Run(ctx); err != nil {
			t.Errorf("Run returned %v", err)
		}
	}()
	w.stop = sync.OnceFunc(func() { cancel(); <-ended })
	t.Cleanup(w.stop)
	return w
}

// logBuffer is a log that can be read while it is written.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer.
func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func hostFor(inventory.Source, plugin.Manifest) plugin.Host { return plugin.Host{Name: "here"} }

// after lets time pass in a bubble until nothing more happens at its end.
func after(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestANewSourceRunsAtOnceAndThenAtItsPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		w := start(t, schedule.Config{}, target("a", does(works), 10*time.Second))
		after(45 * time.Second)
		w.stop()

		results := w.sink.of("a")
		if len(results) < 4 {
			t.Fatalf("%d runs in 45 s, want at least 4", len(results))
		}
		if late := results[0].At.Sub(began); late > 2*time.Second {
			t.Errorf("the first run came after %v, want at once", late)
		}
		if gap := results[1].Run.Start.Sub(results[0].Run.Start); gap < 5*time.Second || gap > 15*time.Second {
			t.Errorf("the second run came %v after the first, want between half and one and a half intervals", gap)
		}
		for i := 2; i < len(results); i++ {
			if gap := results[i].Run.Start.Sub(results[i-1].Run.Start); gap != 10*time.Second {
				t.Errorf("timestamps %d and %d are %v apart, want the interval", i-1, i, gap)
			}
		}
		for _, r := range results {
			if r.Run.Outcome != inventory.Success || r.Run.Samples != 1 || r.Run.Attempts != 1 || r.Batch == nil {
				t.Errorf("got %+v, want a success with a sample", r.Run)
			}
		}
	})
}

func TestAPlaceIsTheSameAfterARestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		places := func() time.Duration {
			w := start(t, schedule.Config{}, target("a", does(works), 10*time.Second))
			after(30 * time.Second)
			w.stop()
			last := w.sink.of("a")
			return time.Duration(last[len(last)-1].Run.Start.UnixNano()) % (10 * time.Second)
		}
		first := places()
		after(3141 * time.Millisecond)
		if second := places(); second != first {
			t.Errorf("the source runs at %v of its interval, and at %v after a restart", first, second)
		}
	})
}

func TestSourcesAreSpreadOverTheirInterval(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var targets []schedule.Target
		for i := range 200 {
			targets = append(targets, target("source-"+string(rune('A'+i/26))+string(rune('a'+i%26)), does(works), 10*time.Second))
		}
		w := start(t, schedule.Config{}, targets...)
		after(20 * time.Second)
		from := time.Now()
		after(10 * time.Second)
		w.stop()

		slots := make(map[time.Duration]int)
		for _, r := range w.sink.results {
			if !r.At.Before(from) && r.At.Before(from.Add(10*time.Second)) {
				slots[time.Duration(r.Run.Start.UnixNano())%(10*time.Second)/(100*time.Millisecond)]++
			}
		}
		for slot, runs := range slots {
			if runs > 3 {
				t.Errorf("%d runs start in slot %d, want 2 in each of 100", runs, slot)
			}
		}
		if len(slots) < 90 {
			t.Errorf("200 sources use %d of 100 slots", len(slots))
		}
	})
}

func TestATickThatComesWhileTheSourceIsBusyIsSkipped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		// Two sources of a group that has one place, each busy for most of the
		// interval: ticks of the one come while it waits for the other.
		slow := does(func(ctx context.Context, out *plugin.Batch) error {
			select {
			case <-time.After(1800 * time.Millisecond):
			case <-ctx.Done():
			}
			return works(ctx, out)
		})
		a, b := target("a", slow, 2*time.Second), target("b", slow, 2*time.Second)
		a.Group, b.Group = "nas", "nas"
		a.Timeout, b.Timeout = 1900*time.Millisecond, 1900*time.Millisecond
		w := start(t, schedule.Config{PerGroup: 1}, a, b)
		after(40 * time.Second)
		w.stop()

		if runs := len(w.sink.of("a")) + len(w.sink.of("b")); runs < 20 || runs > 24 {
			t.Errorf("%d runs of 1.8 s in 40 s, want one after the other", runs)
		}
		if w.Stats().Skipped == 0 {
			t.Error("no tick was skipped")
		}
		if stats := w.Stats(); stats.Waiting != 0 || stats.Running != 0 {
			t.Errorf("after the end there is something left: %+v", stats)
		}
	})
}

func TestTemporaryFaultsAreTriedAgain(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		faults   []error
		attempts int
		outcome  inventory.Outcome
	}{
		"a connection that is refused twice succeeds at the third attempt": {
			[]error{fault.New(fault.Refused, "nobody there"), fault.New(fault.Refused, "nobody there")}, 3, inventory.Success,
		},
		"three refusals are a failure": {
			[]error{fault.New(fault.Refused, "1"), fault.New(fault.Refused, "2"), fault.New(fault.Refused, "3")}, 3, inventory.Failed,
		},
		"a wrong password is not tried twice":    {[]error{fault.New(fault.Auth, "no")}, 1, inventory.Failed},
		"a wrong config is not tried twice":      {[]error{fault.New(fault.Config, "no")}, 1, inventory.Failed},
		"being asked to wait is not tried again": {[]error{fault.New(fault.RateLimited, "later")}, 1, inventory.Failed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				w := start(t, schedule.Config{}, target("a", does(func(ctx context.Context, out *plugin.Batch) error {
					calls++
					if calls <= len(test.faults) {
						return test.faults[calls-1]
					}
					return works(ctx, out)
				}), 10*time.Second))
				after(5 * time.Second)
				w.stop()

				results := w.sink.of("a")
				if len(results) != 1 {
					t.Fatalf("%d runs, want 1", len(results))
				}
				run := results[0].Run
				if run.Attempts != test.attempts || run.Outcome != test.outcome {
					t.Errorf("got %s after %d attempts, want %s after %d", run.Outcome, run.Attempts, test.outcome, test.attempts)
				}
				if run.Duration > 9*time.Second {
					t.Errorf("the attempts took %v, which does not fit into the interval", run.Duration)
				}
				if (run.Problem == nil) != (test.outcome == inventory.Success) {
					t.Errorf("the problem is %v", run.Problem)
				}
			})
		})
	}
}

func TestARunEndsAtItsTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hangs := target("a", does(func(ctx context.Context, _ *plugin.Batch) error {
			<-ctx.Done()
			return ctx.Err()
		}), 10*time.Second)
		hangs.Timeout = 4 * time.Second
		w := start(t, schedule.Config{}, hangs)
		after(5 * time.Second)
		w.stop()

		run := w.sink.of("a")[0].Run
		if run.Outcome != inventory.TimedOut || run.Duration != 4*time.Second || run.Attempts != 1 {
			t.Errorf("got %+v, want one attempt that timed out after 4 s", run)
		}
		if run.Problem == nil || run.Problem.Kind != fault.Timeout {
			t.Errorf("the problem is %+v, want a timeout", run.Problem)
		}
	})
}

func TestAnIntervalOfATargetComesFromTheSourceOrElseThePlugin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		byPlugin, bySource := target("plugin", does(works), 0), target("source", does(works), 0)
		tooShort, tooLong := target("short", does(works), time.Millisecond), target("long", does(works), 1000*time.Hour)
		bySource.Source.Interval = 5 * time.Second
		w := start(t, schedule.Config{}, byPlugin, bySource, tooShort, tooLong)
		after(10 * time.Minute)
		w.stop()
		for id, want := range map[string]int{"plugin": 10, "source": 120, "short": 600, "long": 1} {
			if got := len(w.sink.of(id)); got < want || got > want+1 {
				t.Errorf("%s ran %d times in ten minutes, want %d", id, got, want)
			}
		}
	})
}

func TestAPanicIsAnErrorOfItsSourceOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		opened := 0
		w := start(t, schedule.Config{},
			target("bad", opens(func(context.Context, string, plugin.Host) (plugin.Collector, error) {
				opened++
				return collect(func(context.Context, *plugin.Batch) error { panic("index out of range") }), nil
			}), 10*time.Second),
			target("good", does(works), 10*time.Second))
		after(25 * time.Second)
		w.stop()

		bad := w.sink.of("bad")
		for _, r := range bad {
			if r.Run.Outcome != inventory.Panicked || r.Run.Problem.Kind != fault.Internal || r.Run.Attempts != 1 {
				t.Errorf("got %+v, want one attempt that panicked", r.Run)
			}
		}
		if len(bad) < 2 || opened != len(bad) {
			t.Errorf("%d runs with %d collectors, want a new collector after a panic", len(bad), opened)
		}
		if log := w.log.String(); !bytes.Contains([]byte(log), []byte("TestAPanicIsAnErrorOfItsSourceOnly")) {
			t.Errorf("the stack is not in the log:\n%s", log)
		}
		if slices.Contains(w.sink.outcomes("good"), inventory.Panicked) || len(w.sink.of("good")) < 2 {
			t.Errorf("the other source got %v", w.sink.outcomes("good"))
		}
		if got := w.Stats().Panicked; got != int64(len(bad)) {
			t.Errorf("%d panics are counted, want %d", got, len(bad))
		}
	})
}

func TestValuesAreKeptOnlyWhenTheRunIsRecorded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var seen, next string
		var outcome error
		p := opens(func(_ context.Context, _ string, host plugin.Host) (plugin.Collector, error) {
			return collect(func(context.Context, *plugin.Batch) error {
				seen = string(host.State.Get("place"))
				if err := host.State.Set("place", json.RawMessage(next)); err != nil {
					return err
				}
				return outcome
			}), nil
		})
		w := start(t, schedule.Config{})
		run := func(set string, err, refuse error) string {
			next, outcome = set, err
			w.sink.mu.Lock()
			w.sink.refuse = refuse
			w.sink.mu.Unlock()
			if _, err := w.RunNow(t.Context(), "a"); (err != nil) != (refuse != nil) {
				t.Errorf("RunNow returned %v when the sink returned %v", err, refuse)
			}
			return seen
		}
		next = "1"
		w.Set(t.Context(), target("a", p, time.Hour), inventory.State{}, map[string]json.RawMessage{"place": json.RawMessage("0")})
		after(time.Second)
		if seen != "0" {
			t.Errorf("the first run saw %q, want what was kept before the start", seen)
		}
		if got := run("2", fault.New(fault.Auth, "no"), nil); got != "1" {
			t.Errorf("after a success a run saw %q, want what it set", got)
		}
		if got := run("3", nil, fault.New(fault.Unreachable, "the disk is full")); got != "1" {
			t.Errorf("after a failure a run saw %q, want what the last success set", got)
		}
		if got := run("", nil, nil); got != "1" {
			t.Errorf("after a run that was not recorded the next saw %q, want what the last recorded one set", got)
		}
		if got := run("4", nil, nil); got != "" {
			t.Errorf("a run saw %q, want nothing after it was forgotten", got)
		}
		w.stop()

		var given []string
		for _, r := range w.sink.of("a") {
			given = append(given, string(r.Values["place"]))
		}
		if diff := cmp.Diff([]string{"1", "", "3", "null", "4"}, given); diff != "" {
			t.Errorf("values that were given to the sink (-want +got):\n%s", diff)
		}
	})
}

func TestAValueThatIsTooLargeOrNoJSONIsRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var large, broken, many error
		p := opens(func(_ context.Context, _ string, host plugin.Host) (plugin.Collector, error) {
			return collect(func(context.Context, *plugin.Batch) error {
				large = host.State.Set("large", json.RawMessage(`"`+strings.Repeat("x", 64<<10)+`"`))
				broken = host.State.Set("broken", json.RawMessage("{"))
				for i := range 1000 {
					many = host.State.Set(strconv.Itoa(i), json.RawMessage("1"))
				}
				return nil
			}), nil
		})
		w := start(t, schedule.Config{}, target("a", p, time.Minute))
		after(time.Second)
		w.stop()
		for name, err := range map[string]error{"large": large, "broken": broken, "one too many": many} {
			if fault.Of(err) != fault.Internal {
				t.Errorf("the %s value gave %v, want a fault", name, err)
			}
		}
	})
}
