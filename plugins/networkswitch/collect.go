package networkswitch

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/delta"
)

// collector watches one device.
type collector struct {
	config           config
	host             plugin.Host
	session          *session
	include, exclude *regexp.Regexp
	tracker          delta.Tracker[string]

	wrapped     map[string]wrap
	changed     map[string]float64 // when each port became what it is
	ticksBefore float64            // the device's clock in the run before
	before      time.Time          // when that was

	names   table    // what hardly changes of the ports
	indexes []string // of the ports that the names are of
	slow    slow
	slowAt  time.Time
	slowDue bool // in this run
}

// survey is what one run learned.
type survey struct {
	now        time.Time
	version    string
	system     scalars
	ticks      float64 // the device's clock, in hundredths of a second
	ticksKnown bool
	uptime     float64
	ports      []*port
	byIndex    map[string]*port
	byBase     map[string]*port // by the number that bridging has for it
	budgets    []budget
	sensors    []sensor
	resources  resources
	custom     []customValue
}

// slow is what is asked for now and then.
type slow struct {
	base       map[string]string // the ifIndex of each port of the bridge
	neighbours []neighbour
	addresses  []address
	counted    int // of addresses, all
	vlans      []vlan
	pvid       map[string]float64 // by port of the bridge
	entities   map[string]entity
	inventory  []entity
	known      map[string]bool // the parts that the device has
}

// mostSilent is how many parts may go without an answer before no more are asked
// for.
const mostSilent = 2

// Collect implements plugin.Collector.
func (c *collector) Collect(ctx context.Context, out *plugin.Batch) error {
	now := c.host.Now()
	s := &survey{now: now, version: c.config.Version, byIndex: make(map[string]*port), byBase: make(map[string]*port)}
	c.session.seen = c.session.seen[:0]
	c.slowDue = c.slowAt.IsZero() || now.Sub(c.slowAt) >= c.config.SlowInterval.Std()
	if err := c.readSystem(ctx, s); err != nil {
		return err
	}
	if c.slowDue {
		c.slow = slow{base: make(map[string]string), pvid: make(map[string]float64), entities: make(map[string]entity), known: make(map[string]bool)}
	}
	type step struct {
		part string
		slow bool
		read func(context.Context, *survey) error
	}
	silent := 0
	for _, step := range []step{
		{partInterfaces, false, c.readPorts},
		{"", true, c.readBridge},
		{partPoE, false, c.readPoE},
		{partSTP, false, c.readSTP},
		{partLLDP, true, c.readNeighbours},
		{partMAC, true, c.readAddresses},
		{partVLAN, true, c.readVLANs},
		{partSensors, true, c.readInventory},
		{partSensors, false, c.readSensors},
		{partResources, false, c.readResources},
		{"", false, c.readCustom},
	} {
		if step.part != "" && !slices.Contains(c.config.Collect, step.part) || step.slow && !c.slowDue {
			continue
		}
		if err := step.read(ctx, s); err != nil {
			if ctx.Err() != nil || c.session.snmp == nil {
				return err
			}
			out.Problem(err) // the other parts may be there
			if fault.Of(err) == fault.Timeout {
				silent++
			}
		}
		if silent == mostSilent {
			break // it has gone, or has enough of us
		}
	}
	if c.slowDue && silent == 0 { // else the next run asks again
		c.slowAt = now
	}
	c.finish(s)
	plugin.Observed(ctx, "walk", c.session.written)
	kept := load(c.host.State)
	kept.notice(c, s, out)
	out.Problem(plugin.Keep(c.host.State, stateKey, kept))
	c.emit(s, out)
	out.SetSnapshot(c.document(s))
	c.ticksBefore, c.before = s.ticks, now
	return nil
}

// finish puts together what several parts say of a port.
func (c *collector) finish(s *survey) {
	c.bind(s) // every run has ports of its own
	for _, p := range s.ports {
		p.watched = c.selects(p)
	}
	c.rates(s)
	for base, p := range s.byBase {
		p.pvid = c.slow.pvid[base]
	}
	for _, n := range c.slow.neighbours {
		if p := s.byIndex[n.index]; p != nil && p.neighbour == "" {
			p.neighbour = n.label()
		}
	}
	for _, a := range c.slow.addresses {
		if p := s.byBase[a.base]; p != nil {
			p.addresses++
		}
	}
}

// Check implements plugin.Checker: what the device is called is enough.
func (c *collector) Check(ctx context.Context) error {
	s := &survey{now: c.host.Now(), byIndex: make(map[string]*port), byBase: make(map[string]*port)}
	return c.readSystem(ctx, s)
}

// Close implements io.Closer.
func (c *collector) Close() error { return c.session.close() }

// readSystem asks what the device is. Without an answer there is nothing more to
// ask.
func (c *collector) readSystem(ctx context.Context, s *survey) error {
	found, err := c.session.get(ctx, "its name", sysDescr, sysObjectID, sysUpTime, sysName, sysLocation, sysContact, snmpEngineTime, hrSystemUptime)
	if err != nil {
		c.session.disconnect()
		return err
	}
	if len(found) == 0 {
		return fault.New(fault.Permission, "asking %s for its name: it answers, and shows nothing", c.session.address).
			WithHint("give the user or the community a view of it: on net-snmp rocommunity or rouser without -V, or a view of .1")
	}
	s.system = found
	const hundredths = 100
	if v, ok := found[sysUpTime]; ok && v.isNumber() {
		s.ticks, s.ticksKnown, s.uptime = v.number, true, v.number/hundredths
	}
	// sysUpTime begins again after 497 days, and on a computer it is the age of
	// the agent.
	if v, ok := found[snmpEngineTime]; ok && v.isNumber() && v.number > s.uptime {
		s.uptime = v.number
	}
	if v, ok := found[hrSystemUptime]; ok && v.isNumber() && v.number/hundredths > s.uptime {
		s.uptime = v.number / hundredths
	}
	return nil
}

// vendor is who made the device, as far as its number tells.
func (s *survey) vendor() string {
	rest, ok := strings.CutPrefix(s.system[sysObjectID].oid, enterprisesRoot)
	if !ok {
		return ""
	}
	number, _, _ := strings.Cut(rest, ".")
	return vendorOf(number)
}
