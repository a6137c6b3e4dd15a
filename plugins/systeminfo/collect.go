package systeminfo

import (
	"context"
	"errors"
	"io"
	"math"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// part collects one subject. An error of kind Partial or any other leaves the
// rest of the run as it is, unless the part is essential.
type part struct {
	collect   func(ctx context.Context, r *run) error
	essential bool
}

// run is one collection as the parts see it.
type run struct {
	out *plugin.Batch
	doc *document
	now time.Time
}

type collector struct {
	host    plugin.Host
	parts   []part
	closers []io.Closer
}

// Collect implements plugin.Collector.
func (c *collector) Collect(ctx context.Context, out *plugin.Batch) error {
	r := &run{out: out, doc: &document{}, now: c.host.Now()}
	for _, part := range c.parts {
		err := part.collect(ctx, r)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil && part.essential {
			return err
		}
		out.Problem(err)
	}
	out.SetSnapshot(r.doc)
	return nil
}

// Close implements io.Closer.
func (c *collector) Close() error {
	var errs []error
	for _, closer := range c.closers {
		errs = append(errs, closer.Close())
	}
	return errors.Join(errs...)
}

// round keeps so many decimals. Digits that carry no meaning cost storage.
func round(v float64, decimals int) float64 {
	scale := math.Pow10(decimals)
	return math.Round(v*scale) / scale
}

// ratio returns part of whole with four decimals; whole is not 0.
func ratio(part, whole float64) float64 { return round(part/whole, 4) }

// missing reports whether err says that something is not there, which for most
// files of /proc and /sys is a fact and no problem.
func missing(err error) bool {
	kind := fault.Of(err)
	return kind == fault.NotFound || kind == fault.Unsupported
}
