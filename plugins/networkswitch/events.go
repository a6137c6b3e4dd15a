package networkswitch

import (
	"fmt"
	"slices"

	"github.com/unity-homelab/unity/plugin"
)

const (
	stateKey = "ports"
	// maxKept bounds the ports that are remembered, and maxTold the events of one
	// run: a switch that loses its power says so of every port.
	maxKept = 1000
	maxTold = 20
)

// memory is what is kept between runs.
type memory struct {
	Ports map[string]*past `json:"ports"`
	Ticks float64          `json:"ticks,omitempty"` // only to notice that the device has been restarted
}

// past is what was seen of one port.
type past struct {
	Up      bool    `json:"up"`
	Changed float64 `json:"changed,omitempty"` // when, by the device's clock
	Flaps   float64 `json:"flaps,omitempty"`
}

// load reads what was kept. What cannot be read is as if nothing was.
func load(state plugin.State) *memory {
	m, _ := plugin.Recall[memory](state, stateKey)
	if m.Ports == nil {
		m.Ports = make(map[string]*past)
	}
	for name, p := range m.Ports {
		if p == nil {
			delete(m.Ports, name)
		}
	}
	return &m
}

// notice compares the ports with what they were and tells which went down or
// came up. Of the clock only the beginning of the day is kept: it always moves.
func (m *memory) notice(c *collector, s *survey, out *plugin.Batch) {
	first := len(m.Ports) == 0
	const day = 24 * 3600 * 100
	restarted := c.restarted(s)
	if c.ticksBefore == 0 { // the first run since Unity was started
		restarted = !first && s.ticksKnown && s.ticks < m.Ticks
	}
	if s.ticksKnown && (first || s.ticks < m.Ticks || s.ticks >= m.Ticks+day) {
		m.Ticks = s.ticks
	}
	if restarted {
		out.Event(plugin.Event{
			Time: s.now, Kind: "device_restarted", Severity: plugin.Info, Title: deviceName(c, s) + " was restarted",
			Detail: map[string]string{"address": c.session.address},
		})
	}
	var told int
	for _, p := range s.ports {
		if !p.watched || !p.real() || p.oper == "" {
			continue
		}
		told += m.noticePort(c, s, p, restarted, told < maxTold, out)
	}
	if told > maxTold {
		out.Event(plugin.Event{
			Time: s.now, Kind: "ports_changed", Severity: plugin.Warning, Title: fmt.Sprintf("%d more ports of %s went down or came up", told-maxTold, deviceName(c, s)),
			Detail: map[string]string{"address": c.session.address},
		})
	}
}

// noticePort tells what happened to one port, and returns how many events that is.
func (m *memory) noticePort(c *collector, s *survey, p *port, restarted, tell bool, out *plugin.Batch) int {
	before, known := m.Ports[p.name]
	if !known {
		if len(m.Ports) < maxKept {
			m.Ports[p.name] = &past{Up: p.up(), Changed: p.ticks}
		}
		return 0
	}
	uplink := slices.Contains(c.config.Uplinks, p.name)
	event := plugin.Event{Time: s.now, Severity: plugin.Info, Detail: map[string]string{"port": p.name, "address": c.session.address}}
	if p.alias != "" {
		event.Detail["alias"] = p.alias
	}
	if p.neighbour != "" {
		event.Detail["neighbour"] = p.neighbour
	}
	if uplink {
		event.Severity = plugin.Warning
	}
	name := p.name
	if p.alias != "" {
		name += " (" + p.alias + ")"
	}
	// It may have been down for a moment between two runs; a device that was
	// restarted counts from anew.
	blinked := before.Up == p.up() && p.ticksKnown && p.ticks != before.Changed && p.ticks > 0 && !restarted && p.changed != 0
	switch {
	case before.Up && !p.up():
		before.Flaps++
		event.Kind, event.Title = "port_down", "port "+name+" of "+deviceName(c, s)+" went down"
	case !before.Up && p.up():
		before.Flaps++
		event.Kind, event.Title, event.Severity = "port_up", "port "+name+" of "+deviceName(c, s)+" came up", plugin.Info
	case blinked && p.up():
		before.Flaps += 2
		event.Kind, event.Title = "port_blinked", "port "+name+" of "+deviceName(c, s)+" was down for a moment"
	}
	before.Up, before.Changed, p.flaps = p.up(), p.ticks, before.Flaps
	if event.Kind == "" {
		return 0
	}
	if tell {
		out.Event(event)
	}
	return 1
}

// deviceName is what the device calls itself, or where it is.
func deviceName(c *collector, s *survey) string {
	if v, ok := s.system[sysName]; ok && v.text() != "" {
		return v.text()
	}
	return c.session.address
}
