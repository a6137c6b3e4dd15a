package network

import (
	"context"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/delta"
)

// collector turns surveys into samples and a snapshot.
type collector struct {
	config  Config
	host    plugin.Host
	reader  *reader
	ping    func(ctx context.Context, address string) (echo, error)
	tracker delta.Tracker[counterKey]
}

// counterKey tells one counter from the others between two collections.
type counterKey struct{ device, what string }

// Collect implements [plugin.Collector].
func (c *collector) Collect(ctx context.Context, out *plugin.Batch) error {
	c.tracker.Start(c.host.Now())
	found, err := c.reader.look(ctx)
	if err != nil {
		return err
	}
	for _, problem := range found.Problems {
		out.Problem(problem)
	}
	shown := newSnapshot(found)
	for _, l := range found.Links {
		shown.Interfaces = append(shown.Interfaces, c.addLink(out, l))
	}
	for _, name := range counterNames() {
		if value, ok := found.Counters[name]; ok {
			out.Add(name, value)
		}
	}
	addSockets(out, found.Sockets)
	if found.Table != nil {
		c.addTable(ctx, out, *found.Table, &shown)
	}
	addTracking(out, found.Tracking)
	shown.Pings = addEchoes(out, pingAll(ctx, c.targets(found.Routes, out), c.ping))
	out.SetSnapshot(shown)
	return ctx.Err()
}

// addLink adds the samples of one interface and returns its row.
func (c *collector) addLink(out *plugin.Batch, l link) interfaceRow {
	n := l.Counters
	count := func(name string, value uint64) { out.Add(name, float64(value), "device", l.Name) }
	count("network_receive_bytes_total", n.ReceivedBytes)
	count("network_receive_packets_total", n.ReceivedPackets)
	count("network_receive_errors_total", n.ReceiveErrors)
	count("network_receive_dropped_total", n.ReceiveDropped)
	count("network_transmit_bytes_total", n.SentBytes)
	count("network_transmit_packets_total", n.SentPackets)
	count("network_transmit_errors_total", n.SendErrors)
	count("network_transmit_dropped_total", n.SendDropped)
	if n.Detailed {
		count("network_receive_multicast_total", n.ReceivedMulticast)
		count("network_receive_frame_errors_total", n.ReceiveFrame)
		count("network_receive_fifo_errors_total", n.ReceiveFIFO)
		count("network_transmit_collisions_total", n.Collisions)
		count("network_transmit_carrier_errors_total", n.CarrierErrors)
	}
	if n.Missed != nil {
		count("network_receive_missed_total", *n.Missed)
	}
	if l.State != "" {
		out.AddBool("network_carrier", l.Up, "device", l.Name, "kind", l.Kind)
	}
	if l.MTU > 0 {
		out.Add("network_mtu_bytes", float64(l.MTU), "device", l.Name)
	}
	if l.CarrierChanges != nil {
		out.Add("network_carrier_changes_total", float64(*l.CarrierChanges), "device", l.Name)
	}
	if l.Bond != nil {
		out.Add("network_bond_slaves", float64(l.Bond.Up), "device", l.Name, "state", "up")
		out.Add("network_bond_slaves", float64(l.Bond.Down), "device", l.Name, "state", "down")
	}
	if l.Signal != nil && l.Signal.DBm != nil {
		out.Add("network_wireless_signal_dbm", *l.Signal.DBm, "device", l.Name)
	}
	if l.Signal != nil && l.Signal.Quality != nil {
		out.Add("network_wireless_quality_ratio", *l.Signal.Quality, "device", l.Name)
	}
	return c.addRates(out, l)
}

// addRates adds what follows from this collection and the one before, and
// returns the interface's row.
func (c *collector) addRates(out *plugin.Batch, l link) interfaceRow {
	row := newInterfaceRow(l)
	received, okReceived := c.tracker.Rate(counterKey{l.Name, "received"}, float64(l.Counters.ReceivedBytes))
	sent, okSent := c.tracker.Rate(counterKey{l.Name, "sent"}, float64(l.Counters.SentBytes))
	if okReceived {
		row.ReceiveRate = &received
	}
	if okSent {
		row.SendRate = &sent
	}
	if l.SpeedMbps <= 0 {
		return row
	}
	speed := float64(l.SpeedMbps) * 1e6
	out.Add("network_speed_bits_per_second", speed, "device", l.Name)
	if okReceived {
		out.Add("network_receive_utilization_ratio", received*8/speed, "device", l.Name)
	}
	if okSent {
		out.Add("network_transmit_utilization_ratio", sent*8/speed, "device", l.Name)
	}
	return row
}

func addSockets(out *plugin.Batch, counts *socketCounts) {
	if counts == nil {
		return
	}
	for _, protocol := range []string{"tcp", "udp", "tcp6", "udp6"} {
		if n, ok := counts.InUse[protocol]; ok {
			out.Add("network_sockets", float64(n), "protocol", protocol)
		}
	}
	if counts.Orphans != nil {
		out.Add("network_tcp_orphans", float64(*counts.Orphans))
	}
	if counts.TimeWait != nil {
		out.Add("network_tcp_time_wait", float64(*counts.TimeWait))
	}
	if counts.MemoryPages != nil {
		out.Add("network_tcp_memory_bytes", float64(*counts.MemoryPages*counts.MemoryPageBytes))
	}
}

func (c *collector) addTable(ctx context.Context, out *plugin.Batch, table socketTable, shown *snapshot) {
	if c.config.IncludeConnections {
		shown.Connections = make(map[string]int)
		for state, name := range stateNames() {
			if name != "" {
				out.Add("network_tcp_connections", float64(table.States[state]), "state", name)
				shown.Connections[name] = table.States[state]
			}
		}
		shown.TopPeers = topPeers(table.Peers)
	}
	if c.config.CollectListeners {
		shown.Listeners = listenerRows(table.Listeners, c.reader.owners.find(ctx, table.Listeners, c.host.Now()))
	}
}

func addTracking(out *plugin.Batch, t *tracking) {
	if t == nil {
		return
	}
	out.Add("network_conntrack_entries", float64(*t.Entries))
	if t.Limit != nil {
		out.Add("network_conntrack_limit", float64(*t.Limit))
	}
	if t.Drops != nil {
		out.Add("network_conntrack_drops_total", float64(*t.Drops))
	}
}

// targets are what is to be pinged.
func (c *collector) targets(routes []route, out *plugin.Batch) []target {
	var targets []target
	if c.config.ProbeGateway {
		if address, ok := gateway(routes); ok {
			targets = append(targets, target{Name: "gateway", Address: address})
		} else {
			out.Problem(errNoGateway())
		}
	}
	for _, name := range c.config.ProbeTargets {
		targets = append(targets, target{Name: name, Address: name})
	}
	return targets
}

func addEchoes(out *plugin.Batch, echoes []echo) []pingRow {
	rows := []pingRow{}
	for _, e := range echoes {
		if e.Err != nil {
			out.Problem(e.Err)
			continue
		}
		out.Add("network_ping_loss_ratio", e.Loss, "destination", e.Target)
		row := pingRow{Target: e.Target, Loss: e.Loss}
		if e.Loss < 1 {
			seconds := e.RoundTrip.Seconds()
			out.Add("network_ping_rtt_seconds", seconds, "destination", e.Target)
			row.RoundTrip = &seconds
		}
		rows = append(rows, row)
	}
	return rows
}
