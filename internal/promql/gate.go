package promql

import (
	"context"

	"github.com/unity-homelab/unity/fault"
)

// gate lets a few queries run at once. Some more may wait, in order; the rest
// is turned away.
type gate struct {
	running chan struct{}
	inside  chan struct{} // running or waiting
}

func newGate(running, waiting int) gate {
	return gate{running: make(chan struct{}, running), inside: make(chan struct{}, running+waiting)}
}

// enter waits for a turn. The caller calls leave when it is done.
func (g gate) enter(ctx context.Context) (leave func(), err error) {
	select {
	case g.inside <- struct{}{}:
	default:
		return nil, fault.New(fault.RateLimited, "%d queries are running or waiting already", cap(g.inside)).
			WithHint("ask again a little later")
	}
	select {
	case g.running <- struct{}{}:
		return func() { <-g.running; <-g.inside }, nil
	case <-ctx.Done():
		<-g.inside
		return nil, fault.As(fault.Of(ctx.Err()), ctx.Err(), "waiting while other queries run")
	}
}
