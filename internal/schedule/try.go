package schedule

import (
	"context"
	"encoding/json"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/plugin"
)

// Try does what Collect does, for somebody who wants to know whether a config is
// right. That a target is away is a measurement for some collectors: where nothing
// else was wrong, what a [plugin.Checker] says of it is a problem of the batch.
func Try(ctx context.Context, p plugin.Plugin, config json.RawMessage, host plugin.Host) (*plugin.Batch, error) {
	return once(ctx, p, config, host, func(c *collector, out *plugin.Batch) error {
		err := c.Collect(ctx, out)
		if checker, ok := c.Collector.(plugin.Checker); ok && err == nil && len(out.Problems()) == 0 {
			out.Problem(checker.Check(ctx))
		}
		return err
	})
}

// Collect opens a collector, collects once and closes it again. Nothing is stored
// and nothing is tried twice. A panic and a call that goes on after ctx ended
// are errors. The host may lack a State.
func Collect(ctx context.Context, p plugin.Plugin, config json.RawMessage, host plugin.Host) (*plugin.Batch, error) {
	return once(ctx, p, config, host, func(c *collector, out *plugin.Batch) error { return c.Collect(ctx, out) })
}

func once(
	ctx context.Context, p plugin.Plugin, config json.RawMessage, host plugin.Host, collect func(*collector, *plugin.Batch) error,
) (*plugin.Batch, error) {
	const bound = time.Second
	target := Target{Plugin: p, Source: inventory.Source{ID: inventory.SourceID(p.ID()), Config: config}}
	d := &draft{values: newValues(nil)}
	var c *collector
	var batch *plugin.Batch
	err, caught, returned := guard(ctx.Done(), bound, func() (err error) {
		if c, err = open(ctx, target, host, d); err != nil {
			return err
		}
		batch = plugin.NewBatch(p)
		return collect(c, batch)
	}, func() {
		if c != nil {
			_ = c.close(bound)
		}
	})
	switch {
	case !returned:
		return nil, fault.New(fault.Timeout, "trying %s: the collector ignored its deadline", p.ID())
	case caught != nil:
		err = fault.As(fault.Internal, caught, "trying %s", p.ID()).WithHint("This is a mistake in the plugin.")
	case err != nil && ctx.Err() != nil:
		err = fault.As(fault.Timeout, err, "trying %s: no end in time", p.ID())
	}
	if c != nil {
		if closing := c.close(bound); closing != nil && err == nil {
			err = fault.Wrap(closing, "trying %s", p.ID())
		}
	}
	if err != nil {
		return nil, p.HideIn(config, err)
	}
	return batch, nil
}
