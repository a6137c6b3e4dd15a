package schedule_test

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/schedule"
	"github.com/unity-homelab/unity/plugin"
)

func TestTryingCollectsOnceAndCloses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		collect collect
		want    fault.Kind
	}{
		"a source that works":               {works, ""},
		"a source that is not there":        {func(context.Context, *plugin.Batch) error { return fault.New(fault.Refused, "no") }, fault.Refused},
		"a plugin that panics":              {func(context.Context, *plugin.Batch) error { panic("no") }, fault.Internal},
		"a plugin that ends its goroutine":  {func(context.Context, *plugin.Batch) error { runtime.Goexit(); return nil }, fault.Internal},
		"a source that answers too late":    {func(ctx context.Context, _ *plugin.Batch) error { <-ctx.Done(); return ctx.Err() }, fault.Timeout},
		"a plugin that ignores its context": {func(context.Context, *plugin.Batch) error { <-time.After(time.Minute); return nil }, fault.Timeout},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				calls, closed := 0, 0
				p := opens(func(context.Context, string, plugin.Host) (plugin.Collector, error) {
					return closing{
						func(ctx context.Context, out *plugin.Batch) error { calls++; return test.collect(ctx, out) },
						func() error { closed++; return nil },
					}, nil
				})
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				batch, err := schedule.Try(ctx, p, nil, plugin.Host{})
				if fault.Of(err) != test.want {
					t.Errorf("got %v, want a fault of kind %q", err, test.want)
				}
				if (batch != nil) != (err == nil) || batch != nil && len(batch.Samples()) != 1 {
					t.Errorf("got the batch %+v with %v", batch, err)
				}
				after(2 * time.Minute)
				if calls != 1 || closed != 1 {
					t.Errorf("collected %d times and closed %d times, want once each", calls, closed)
				}
			})
		})
	}
}

// checking is a collector that knows whether its target is there.
type checking struct {
	closing
	check func() error
}

func (c checking) Check(context.Context) error { return c.check() }

func TestTryingSaysWhatTheCheckSays(t *testing.T) {
	t.Parallel()
	away := fault.New(fault.Refused, "nothing listens there")
	checks := 0
	for name, test := range map[string]struct {
		collect      collect
		problems     int
		checks, runs int
	}{
		"of a target that is away":          {works, 1, 1, 1},
		"unless something else is wrong":    {func(_ context.Context, out *plugin.Batch) error { out.Problem(away); return nil }, 1, 0, 1},
		"unless nothing could be collected": {func(context.Context, *plugin.Batch) error { return away }, 0, 0, 1},
	} {
		checks = 0
		runs := 0
		p := opens(func(context.Context, string, plugin.Host) (plugin.Collector, error) {
			return checking{
				closing{func(ctx context.Context, out *plugin.Batch) error { runs++; return test.collect(ctx, out) }, func() error { return nil }},
				func() error { checks++; return away },
			}, nil
		})
		batch, err := schedule.Try(t.Context(), p, nil, plugin.Host{})
		if batch != nil && len(batch.Problems()) != test.problems || (batch == nil) != (test.problems == 0) {
			t.Errorf("%s: got %+v with %v", name, batch, err)
		}
		if checks != test.checks || runs != test.runs {
			t.Errorf("%s: checked %d times and collected %d times", name, checks, runs)
		}
	}
	checks = 0
	p := opens(func(context.Context, string, plugin.Host) (plugin.Collector, error) {
		return checking{closing{works, func() error { return nil }}, func() error { checks++; return away }}, nil
	})
	if batch, err := schedule.Collect(t.Context(), p, nil, plugin.Host{}); err != nil || len(batch.Problems()) != 0 || checks != 0 {
		t.Errorf("collecting alone checked %d times, and gave %+v with %v", checks, batch, err)
	}
}

func TestTryingWithAConfigThatIsWrongOpensNothing(t *testing.T) {
	t.Parallel()
	p := opens(func(context.Context, string, plugin.Host) (plugin.Collector, error) {
		t.Error("opened")
		return nil, nil
	})
	if _, err := schedule.Try(t.Context(), p, []byte(`{"nonsense":1}`), plugin.Host{}); fault.Of(err) != fault.Config {
		t.Errorf("got %v, want a fault of the config", err)
	}
	if _, err := schedule.Try(t.Context(), plugin.Plugin{}, nil, plugin.Host{}); fault.Of(err) != fault.Unsupported {
		t.Errorf("got %v, want that there is no such plugin", err)
	}
}
