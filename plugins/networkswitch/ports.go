package networkswitch

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"time"
)

// port is one interface of the device.
type port struct {
	index, name, descr, alias string
	kind                      int // of the registry of interface types
	mtu                       float64
	mac                       string
	admin, oper               string
	speed                     float64 // bits per second; 0 unknown
	duplex                    string  // full, half or empty
	changed                   float64 // when it became what it is, in seconds since 1970; 0 unknown
	ticks                     float64 // the same as the device says it
	ticksKnown                bool
	counters                  map[string]float64 // by metric and labels, as counterID writes them
	usage                     map[string]float64 // of the line, by direction
	wrong                     map[string]float64 // packets of all, by direction
	rate                      map[string]float64 // bytes per second, by direction
	flaps                     float64

	pvid          float64
	poe, stp      string
	neighbour     string
	addresses     int
	watched       bool // series are made of it
	poeClass      float64
	poeClassKnown bool
}

func (p *port) up() bool       { return p.oper == "up" }
func (p *port) disabled() bool { return p.admin == "down" }

// real reports whether something can be plugged into the port, or it bundles
// such: loopbacks, VLANs and tunnels tell nothing by being down.
func (p *port) real() bool {
	switch p.kind {
	case 6, 26, 62, 69, 71, 117, 161: // the kinds of Ethernet, wireless and bundles
		return true
	default:
		return false
	}
}

// counter is one counter of a port, as tables have it in 64 bits and in 32.
type counter struct {
	metric, label, value string // label and value may be empty
	wide, narrow         string
}

func counters() []counter {
	const in, out = "snmp_interface_receive_", "snmp_interface_transmit_"
	return []counter{
		{in + "bytes_total", "", "", ifHCInOctets, ifInOctets},
		{out + "bytes_total", "", "", ifHCOutOctets, ifOutOctets},
		{in + "packets_total", "cast", "unicast", ifHCInUcast, ifInUcast},
		{in + "packets_total", "cast", "multicast", ifHCInMcast, ""},
		{in + "packets_total", "cast", "broadcast", ifHCInBcast, ""},
		{out + "packets_total", "cast", "unicast", ifHCOutUcast, ifOutUcast},
		{out + "packets_total", "cast", "multicast", ifHCOutMcast, ""},
		{out + "packets_total", "cast", "broadcast", ifHCOutBcast, ""},
		{in + "errors_total", "", "", "", ifInErrors},
		{out + "errors_total", "", "", "", ifOutErrors},
		{in + "discards_total", "", "", "", ifInDiscards},
		{out + "discards_total", "", "", "", ifOutDiscards},
		{"snmp_interface_fcs_errors_total", "", "", "", dot3FCSErrors},
	}
}

func (c counter) id() string { return c.metric + c.value }

// wrap is what a counter of 32 bits has been before it began again.
type wrap struct{ last, base float64 }

// readPorts asks for what changes of the ports.
func (c *collector) readPorts(ctx context.Context, s *survey) error {
	columns := []string{ifAdminStatus, ifOperStatus, ifLastChange, ifHighSpeed, ifDiscontinuity, dot3Duplex}
	for _, one := range counters() {
		if one.wide != "" && s.version != "1" {
			columns = append(columns, one.wide)
		} else if one.narrow != "" {
			columns = append(columns, one.narrow)
		}
	}
	rows, err := c.session.walk(ctx, "its ports", columns...)
	if err != nil {
		return err
	}
	if len(rows[ifHCInOctets]) == 0 && s.version != "1" {
		// An old device counts in 32 bits only.
		narrow, err := c.session.walk(ctx, "its ports", ifInOctets, ifOutOctets, ifInUcast, ifOutUcast)
		if err != nil {
			return err
		}
		rows.merge(narrow)
	}
	indexes := rows.indexes(ifOperStatus, ifAdminStatus)
	if err := c.readNames(ctx, s, indexes); err != nil {
		return err
	}
	if len(rows[ifHighSpeed]) == 0 && len(indexes) > 0 {
		speeds, err := c.session.walk(ctx, "the speed of its ports", ifSpeed)
		if err != nil {
			return err
		}
		rows.merge(speeds)
	}
	restarted := c.restarted(s)
	for _, index := range indexes {
		p := c.port(s, rows, index)
		c.count(p, rows, restarted)
		s.ports = append(s.ports, p)
		s.byIndex[index] = p
	}
	unique(s.ports)
	return nil
}

// readNames asks for what hardly changes of the ports: now and then, and when
// there are others.
func (c *collector) readNames(ctx context.Context, s *survey, indexes []string) error {
	if !c.slowDue && slices.Equal(indexes, c.indexes) {
		return nil
	}
	names, err := c.session.walk(ctx, "the names of its ports", ifName, ifDescr, ifAlias, ifType, ifMtu, ifPhysAddress)
	if err != nil {
		return err
	}
	c.names, c.indexes = names, indexes
	return nil
}

// port makes a port of its row.
func (c *collector) port(s *survey, rows table, index string) *port {
	p := &port{
		index: index, counters: make(map[string]float64), usage: make(map[string]float64), wrong: make(map[string]float64),
		rate: make(map[string]float64), watched: true,
	}
	text := func(column string) string { v := c.names[column][index]; return v.text() }
	if _, ok := c.names.at(ifName, index); ok {
		p.name = text(ifName)
	}
	if _, ok := c.names.at(ifDescr, index); ok {
		p.descr = text(ifDescr)
	}
	if _, ok := c.names.at(ifAlias, index); ok {
		p.alias = text(ifAlias)
	}
	p.name = cmp.Or(p.name, p.descr, index)
	if v, ok := c.names.at(ifType, index); ok {
		p.kind = int(v.number)
	}
	p.mtu = c.names[ifMtu][index].number
	p.mac = c.names[ifPhysAddress][index].mac()
	p.admin = word(rows[ifAdminStatus][index], "up", "down", "testing")
	p.oper = word(rows[ifOperStatus][index], "up", "down", "testing", "unknown", "dormant", "not present", "lower layer down")
	p.duplex = word(rows[dot3Duplex][index], "", "half", "full")
	const mega, unknown = 1e6, 4294967295
	if v, ok := rows.at(ifHighSpeed, index); ok && v.number > 0 {
		p.speed = v.number * mega
	} else if v, ok := rows.at(ifSpeed, index); ok && v.number < unknown {
		p.speed = v.number
	}
	if v, ok := rows.at(ifLastChange, index); ok {
		p.ticks, p.ticksKnown = v.number, true
		p.changed = c.changedAt(p, s)
	}
	return p
}

// changedAt is when a port became what it is. The clocks of the device and ours
// differ a little each time: a moment that is the same to two seconds stays.
func (c *collector) changedAt(p *port, s *survey) float64 {
	const hundredths, slack = 100, 2
	since := s.ticks - p.ticks
	if !s.ticksKnown || since < 0 {
		return 0 // the device's clock has begun again since
	}
	at := math.Round(float64(s.now.UnixMilli())/1e3 - since/hundredths)
	if before, ok := c.changed[p.index]; ok && math.Abs(before-at) <= slack {
		return before
	}
	c.changed[p.index] = at
	return at
}

// word returns the word that a number from 1 on stands for, or "".
func word(v value, words ...string) string {
	if n := int(v.number); v.isNumber() && n >= 1 && n <= len(words) {
		return words[n-1]
	}
	return ""
}

// restarted reports whether the device's clock has begun again for another reason
// than that it is full, which it is after 497 days.
func (c *collector) restarted(s *survey) bool {
	const whole, hundredths, slack = 1 << 32, 100, 500
	if c.ticksBefore <= 0 || !s.ticksKnown || s.ticks >= c.ticksBefore {
		return false
	}
	expected := c.ticksBefore + s.now.Sub(c.before).Seconds()*hundredths - whole
	return math.Abs(expected-s.ticks) > slack
}

// count takes over the counters of a port. One of 32 bits that has begun again
// while the device has not is continued: at a gigabit it does every half minute.
func (c *collector) count(p *port, rows table, restarted bool) {
	const whole = 1 << 32
	for _, one := range counters() {
		if v, ok := rows.at(one.wide, p.index); ok && one.wide != "" && v.isNumber() {
			p.counters[one.id()] = v.number
			continue
		}
		v, ok := rows.at(one.narrow, p.index)
		if !ok || one.narrow == "" || !v.isNumber() {
			continue
		}
		key := p.index + " " + one.id()
		w := c.wrapped[key]
		switch {
		case restarted:
			w.base = 0
		case v.number < w.last:
			w.base += whole
		}
		w.last = v.number
		c.wrapped[key] = w
		p.counters[one.id()] = w.base + v.number
	}
}

// rates computes how busy a line is, and what part of the packets went wrong.
func (c *collector) rates(s *survey) {
	c.tracker.Start(s.now)
	for _, p := range s.ports {
		for _, direction := range []string{"receive", "transmit"} {
			prefix := "snmp_interface_" + direction + "_"
			if bytes, ok := p.counters[prefix+"bytes_total"]; ok {
				if rate, ok := c.tracker.Rate(p.index+" "+direction, bytes); ok {
					p.rate[direction] = rate
					const bits = 8
					if p.speed > 0 {
						p.usage[direction] = rate * bits / p.speed
					}
				}
			}
			packets := 0.0
			for _, cast := range []string{"unicast", "multicast", "broadcast"} {
				packets += p.counters[prefix+"packets_total"+cast]
			}
			failures, ok := p.counters[prefix+"errors_total"]
			if !ok {
				continue
			}
			if ratio, ok := c.tracker.Ratio(p.index+" wrong "+direction, failures, packets+failures); ok {
				p.wrong[direction] = ratio
			}
		}
	}
}

// unique gives ports of one name names of their own.
func unique(ports []*port) {
	seen := make(map[string]int, len(ports))
	for _, p := range ports {
		seen[p.name]++
	}
	for _, p := range ports {
		if seen[p.name] > 1 {
			p.name += " #" + p.index
		}
	}
}

// selects reports whether series are made of a port.
func (c *collector) selects(p *port) bool {
	if c.config.OnlyAdminUp && p.disabled() {
		return false
	}
	fits := func(texts ...string) bool {
		return c.config.Include == "" || slices.ContainsFunc(texts, c.include.MatchString)
	}
	barred := func(texts ...string) bool {
		return c.config.Exclude != "" && slices.ContainsFunc(texts, c.exclude.MatchString)
	}
	return fits(p.name, p.descr, p.alias) && !barred(p.name, p.descr)
}

// named returns the port that a person or a neighbour calls so, or nil.
func (s *survey) named(name string) *port {
	for _, p := range s.ports {
		if strings.EqualFold(p.name, name) || strings.EqualFold(p.descr, name) || p.alias != "" && strings.EqualFold(p.alias, name) {
			return p
		}
	}
	return nil
}

// moment writes seconds since 1970 for a document.
func moment(seconds float64) *time.Time {
	if seconds <= 0 || seconds > math.MaxInt32*64 {
		return nil
	}
	at := time.Unix(int64(seconds), 0).UTC()
	return &at
}
