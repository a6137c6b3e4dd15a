package ups

import (
	"context"
	"errors"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// daemon is what looks after a UPS and can be asked.
type daemon interface {
	// read asks for every UPS. What could not be had of some is in the reading.
	read(ctx context.Context) (*reading, error)
	where() string
	rest()
	close() error
}

// reading is what a daemon told.
type reading struct {
	daemon, version string
	devices         []*device
	problems        []error
}

// collector watches the UPS of one daemon.
type collector struct {
	config  config
	host    plugin.Host
	daemons []daemon // those that may answer, the likely one first
}

// Collect implements plugin.Collector.
func (c *collector) Collect(ctx context.Context, out *plugin.Batch) error {
	r, err := c.ask(ctx)
	if err != nil {
		return err
	}
	for _, problem := range r.problems {
		out.Problem(problem)
	}
	now := c.host.Now()
	kept := load(c.host.State)
	kept.makeRoom(r.devices)
	for _, d := range r.devices {
		emit(d, kept.notice(d, now, out), now, out)
	}
	out.Problem(plugin.Keep(c.host.State, stateKey, kept))
	out.SetSnapshot(c.document(r, kept, now))
	return nil
}

// ask asks the daemons until one answers. The one that does is asked first from
// then on.
func (c *collector) ask(ctx context.Context) (*reading, error) {
	var refused error
	for i, d := range c.daemons {
		r, err := d.read(ctx)
		d.rest()
		switch {
		case err == nil:
			c.daemons[0], c.daemons[i] = c.daemons[i], c.daemons[0]
			return r, nil
		case fault.Of(err) != fault.Refused:
			return nil, err
		case refused == nil:
			refused = err
		default:
			refused = fault.New(fault.Refused, "connecting to %s (NUT) and %s (apcupsd): connection refused", c.config.at(portNUT), c.config.at(portApcupsd)).
				WithHint("%s", fault.Hint(err))
		}
	}
	return nil, refused
}

// at is the address of the daemon with that usual port.
func (c config) at(usual int) string {
	address, _, _ := c.address(usual) // Validate has looked at it
	return address
}

// Close implements io.Closer.
func (c *collector) Close() error {
	var all []error
	for _, d := range c.daemons {
		all = append(all, d.close())
	}
	return errors.Join(all...)
}
