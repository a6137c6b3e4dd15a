package schedule

import (
	"context"
	"encoding/json"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/plugin"
)

// Try opens a collector, collects once and closes it again. Nothing is stored
// and nothing is tried twice. A panic and a call that goes on after ctx ended
// are errors. The host may lack a State.
func Try(ctx context.Context, p plugin.Plugin, config json.RawMessage, host plugin.Host) (*plugin.Batch, error) {
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
		return c.Collect(ctx, batch)
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
