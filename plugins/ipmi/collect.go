package ipmi

import (
	"context"
	"regexp"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/lockout"
)

// peer is a way to ask a controller.
type peer interface {
	// read asks for everything. What could not be had of it is in the machine.
	read(ctx context.Context) (*machine, error)
	// check asks whether it answers and lets us in.
	check(ctx context.Context) error
	close() error
}

// collector watches one controller.
type collector struct {
	config config
	host   plugin.Host
	filter filter
	asked  peer // nil until it is known what the controller speaks
	login  lockout.Guard
}

// open makes a collector. Nothing is contacted yet: the controller may be away.
func open(_ context.Context, config config, host plugin.Host) (plugin.Collector, error) {
	c := &collector{config: config, host: host}
	for _, one := range []struct {
		text string
		into **regexp.Regexp
	}{{config.Include, &c.filter.include}, {config.Exclude, &c.filter.exclude}} {
		if one.text == "" {
			continue
		}
		compiled, err := regexp.Compile(one.text)
		if err != nil {
			return nil, fault.New(fault.Config, "reading the regular expression %q: it is none", one.text)
		}
		*one.into = compiled
	}
	var err error
	switch {
	case config.Protocol == protocolLocal, config.Host == "":
		c.asked = &tool{config: config, filter: c.filter, host: host}
	case config.Protocol == protocolRedfish, strings.Contains(config.Host, "://"):
		c.asked, err = newRedfish(config, c.filter, host)
	case config.Protocol == protocolIPMI:
		c.asked = c.ipmi()
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

// ipmi is the way to ask over IPMI.
func (c *collector) ipmi() peer {
	if c.config.Interface != interfaceLanplus {
		return &tool{config: c.config, filter: c.filter, host: c.host}
	}
	return newBMC(c.config, c.filter, c.host)
}

// Collect implements plugin.Collector.
func (c *collector) Collect(ctx context.Context, out *plugin.Batch) error {
	now := c.host.Now()
	if err := c.login.Refused(now); err != nil {
		return err
	}
	var m *machine
	way, err := c.way(ctx)
	if err == nil {
		m, err = way.read(ctx)
	}
	if err = c.login.Note(err, now); err != nil {
		return err
	}
	for _, problem := range m.problems {
		out.Problem(problem)
	}
	kept := load(c.host.State)
	kept.notice(m, now, out)
	out.Problem(plugin.Keep(c.host.State, stateKey, kept))
	c.emit(m, kept, out)
	out.SetSnapshot(c.document(m, kept))
	return nil
}

// Check implements plugin.Checker.
func (c *collector) Check(ctx context.Context) error {
	way, err := c.way(ctx)
	if err != nil {
		return err
	}
	return way.check(ctx)
}

// way is how the controller is asked. It is found out once: by Redfish where that
// answers, because it tells more.
func (c *collector) way(ctx context.Context) (peer, error) {
	if c.asked != nil {
		return c.asked, nil
	}
	web, err := newRedfish(c.config, c.filter, c.host)
	if err != nil {
		return nil, err
	}
	switch err := web.answers(ctx); fault.Of(err) {
	case "":
		c.asked = web
	case fault.Refused, fault.Timeout, fault.Unreachable, fault.NotFound, fault.WrongService, fault.BadAnswer, fault.Unsupported, fault.Permission, fault.Auth:
		if ctx.Err() != nil {
			return nil, err
		}
		over := c.ipmi()
		if err := over.check(ctx); err != nil {
			return nil, err
		}
		c.asked = over
	default:
		return nil, err
	}
	return c.asked, nil
}

// Close implements io.Closer.
func (c *collector) Close() error {
	if c.asked == nil {
		return nil
	}
	return c.asked.close()
}
