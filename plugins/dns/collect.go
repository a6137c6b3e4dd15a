package dns

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/delta"
	"github.com/unity-homelab/unity/plugin/fetch"
	"github.com/unity-homelab/unity/plugin/lockout"
)

// server is one that says something of itself.
type server interface {
	// read asks it, and puts what it says into the batch and the document.
	read(ctx context.Context, out *plugin.Batch, doc *document) error
	// close ends what is open.
	close(ctx context.Context) error
}

// collector watches one server.
type collector struct {
	config  config
	host    plugin.Host
	probes  []asked
	tracker delta.Tracker[string]
	web     *fetch.Client
	// server is nil until it is known what it is, and for a resolver.
	server server
	// goodbye is the context in which a session is ended.
	goodbye func() (context.Context, context.CancelFunc)
	// login leaves a login alone that was refused.
	login lockout.Guard
}

// farewell is how long the end of a session may take.
const farewell = 2 * time.Second

func newCollector(ctx context.Context, config config, host plugin.Host) (*collector, error) {
	c := &collector{config: config, host: host}
	c.goodbye = func() (context.Context, context.CancelFunc) {
		return context.WithTimeout(context.WithoutCancel(ctx), farewell)
	}
	for _, p := range config.Probes {
		one, err := newAsked(p.withDefaults(config), config, host)
		if err != nil {
			return nil, err
		}
		c.probes = append(c.probes, one)
	}
	if config.URL == "" {
		return c, nil
	}
	var err error
	c.web, err = fetch.New(config.web(), host)
	return c, err
}

// Collect implements plugin.Collector.
func (c *collector) Collect(ctx context.Context, out *plugin.Batch) error {
	now := c.host.Now()
	c.tracker.Start(now)
	doc := &document{Type: kindResolver, Probes: []probeRow{}}
	if err := c.readServer(ctx, out, doc, now); err != nil {
		return err
	}
	c.probe(ctx, out, doc)
	if err := ctx.Err(); errors.Is(err, context.Canceled) {
		return fault.As(fault.Canceled, err, "asking for names")
	}
	out.Problem(c.remember(out, doc))
	out.SetSnapshot(doc)
	return nil
}

// readServer asks the server, after finding out which it is.
func (c *collector) readServer(ctx context.Context, out *plugin.Batch, doc *document, now time.Time) error {
	if c.config.Type == kindResolver {
		return nil
	}
	if err := c.login.Refused(now); err != nil {
		return err
	}
	if c.server == nil {
		found, err := c.identify(ctx)
		if err != nil || found == nil {
			return c.login.Note(err, now)
		}
		c.server = found
	}
	err := c.server.read(ctx, out, doc)
	if fault.Of(err) == fault.WrongService {
		c.server = nil // it may have become another one, by an update
	}
	return c.login.Note(err, now)
}

// identify finds out what the server is. None is a resolver.
func (c *collector) identify(ctx context.Context) (server, error) {
	switch c.config.Type {
	case kindPihole:
		return c.identifyPihole(ctx)
	case kindAdGuard:
		return c.adGuard(), nil
	case kindTechnitium:
		return c.technitium(), nil
	case kindUnbound:
		return c.unbound()
	case kindDnsmasq:
		return c.dnsmasq(), nil
	}
	switch {
	case c.config.Control != "":
		return c.unbound()
	case c.web != nil:
		return c.identifyWeb(ctx)
	case c.config.Server == "":
		// This machine: an Unbound whose control is there, or whoever answers.
		if _, err := c.host.Files.Stat(unboundSocket); err == nil {
			return c.unbound()
		}
	}
	dnsmasq := c.dnsmasq()
	switch known, err := dnsmasq.answers(ctx); {
	case err != nil && len(c.config.Probes) == 0:
		return nil, err
	case known:
		return dnsmasq, nil
	case len(c.config.Probes) == 0:
		return nil, fault.New(fault.WrongService, "asking %s: it answers, and says nothing of itself", dnsmasq.address).
			WithHint("it is no dnsmasq; give url or control, or probes of names to ask for")
	default:
		return nil, nil
	}
}

// identifyWeb tells the servers with a web interface apart by questions that
// need no login.
func (c *collector) identifyWeb(ctx context.Context) (server, error) {
	if found, err := c.identifyPihole(ctx); err == nil || fault.Of(err) != fault.WrongService {
		return found, err
	}
	for _, candidate := range []struct {
		is   func(context.Context) (bool, error)
		make func() server
	}{
		{c.isAdGuard, func() server { return c.adGuard() }},
		{c.isTechnitium, func() server { return c.technitium() }},
	} {
		switch is, err := candidate.is(ctx); {
		case err != nil:
			return nil, err
		case is:
			return candidate.make(), nil
		}
	}
	return nil, fault.New(fault.WrongService, "at %s answers neither Pi-hole nor AdGuard Home nor Technitium", c.web.URL("")).
		WithHint("check the address and the port")
}

// told reports whether somebody at the address answered over HTTP, even if not
// what was hoped for.
func told(err error) bool {
	switch fault.Of(err) {
	case fault.NotFound, fault.WrongService, fault.BadAnswer, fault.Unsupported, fault.Permission, fault.Auth:
		return true
	default:
		return false
	}
}

// Close implements io.Closer.
func (c *collector) Close() error {
	if c.server != nil {
		ctx, cancel := c.goodbye()
		defer cancel()
		if err := c.server.close(ctx); err != nil {
			c.host.Log.DebugContext(ctx, "ending the session of a name server", "error", err) // it may be away
		}
	}
	if c.web != nil {
		return c.web.Close()
	}
	return nil
}

// window puts in what a server counts over a sliding window.
func window(out *plugin.Batch, doc *document, over string, queries, blocked *float64) {
	if queries == nil {
		return
	}
	out.Add("dns_queries_window", *queries, "window", over)
	doc.Summary.Queries = queries
	doc.Summary.Window = over
	if blocked == nil {
		return
	}
	out.Add("dns_blocked_window", *blocked, "window", over)
	doc.Summary.Blocked = blocked
	ratio := 0.0
	if *queries > 0 {
		ratio = min(*blocked / *queries, 1)
	}
	out.Add("dns_blocked_ratio", ratio, "window", over)
	doc.Summary.BlockedRatio = &ratio
}

// addIf puts in a value that is there.
func addIf(out *plugin.Batch, name string, value *float64, labels ...string) {
	if value != nil {
		out.Add(name, *value, labels...)
	}
}

func itoa(n int) string { return strconv.Itoa(n) }
