package vpn

import (
	"context"
	"errors"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// collector watches the WireGuard of this machine, or one OpenVPN.
type collector struct {
	config config
	host   plugin.Host
	kernel kernel
}

// errOwnTimeout ends a question whose own time is over, while the run has some.
var errOwnTimeout = errors.New("the question's own time is over")

// Collect implements plugin.Collector.
func (c *collector) Collect(ctx context.Context, out *plugin.Batch) error {
	if c.config.kind() == openvpn {
		return c.collectOpenVPN(ctx, out)
	}
	return c.collectWireGuard(ctx, out)
}

// Close implements io.Closer.
func (c *collector) Close() error { return c.kernel.close() }

// deadline bounds a question by the setting.
func (c *collector) deadline(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, c.config.Timeout.Std(), errOwnTimeout)
}

// explain turns what went wrong on a connection into a fault.
func (c *collector) explain(ctx context.Context, err error, what, slow string) error {
	if e := (*fault.Error)(nil); errors.As(err, &e) {
		return err
	}
	if errors.Is(context.Cause(ctx), errOwnTimeout) {
		return &fault.Error{
			Kind: fault.Timeout, Message: what, Hint: slow,
			Err: fault.Reword(err, "no answer within "+c.config.Timeout.Std().String()),
		}
	}
	if ctx.Err() != nil {
		err = errors.Join(ctx.Err(), err)
	}
	kind, words, hint := fetch.Explain(err)
	return &fault.Error{Kind: kind, Message: what, Hint: hint, Err: fault.Reword(err, words)}
}

// age is how long ago something was, and not less than nothing: clocks differ.
func age(now, then time.Time) float64 { return max(now.Sub(then).Seconds(), 0) }
