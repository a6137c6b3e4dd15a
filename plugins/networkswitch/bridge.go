package networkswitch

import (
	"context"
	"slices"
	"strconv"
	"strings"
)

// address is a machine that the device has seen behind a port.
type address struct {
	mac, vlan, base string
}

// vlan is a virtual network of the device.
type vlan struct {
	id, name         string
	tagged, untagged []string // the bridge's numbers of the ports
}

// readBridge asks which port bridging means by its numbers.
func (c *collector) readBridge(ctx context.Context, s *survey) error {
	rows, err := c.session.walk(ctx, "the ports of its bridge", basePortIfIndex)
	if err != nil {
		return err
	}
	for base, v := range rows[basePortIfIndex] {
		if v.isNumber() {
			c.slow.base[base] = v.text()
		}
	}
	c.bind(s)
	return nil
}

// bind finds the ports of the bridge among the interfaces.
func (c *collector) bind(s *survey) {
	for base, index := range c.slow.base {
		if p := s.byIndex[index]; p != nil {
			s.byBase[base] = p
		}
	}
}

// readSTP asks how the ports of the bridge stand to its tree.
func (c *collector) readSTP(ctx context.Context, s *survey) error {
	c.bind(s) // every run has ports of its own
	if !c.slowDue && !c.slow.known[partSTP] {
		return nil
	}
	rows, err := c.session.walk(ctx, "the ports of its spanning tree", stpPortState)
	if err != nil {
		return err
	}
	found, err := c.session.get(ctx, "its spanning tree", stpChanges, stpSince, stpRoot)
	if err != nil {
		return err
	}
	for oid, v := range found {
		s.system[oid] = v
	}
	c.slow.known[partSTP] = len(rows[stpPortState])+len(found) > 0
	for base, v := range rows[stpPortState] {
		if p := s.byBase[base]; p != nil {
			p.stp = word(v, stpStates()...)
		}
	}
	return nil
}

func stpStates() []string {
	return []string{"disabled", "blocking", "listening", "learning", "forwarding", "broken"}
}

// readAddresses asks which machines are behind which port.
func (c *collector) readAddresses(ctx context.Context, _ *survey) error {
	// Devices that know VLANs list addresses by VLAN; the others have one list.
	rows, err := c.session.walk(ctx, "the addresses behind its ports", qFdbPort)
	if err != nil {
		return err
	}
	column := qFdbPort
	if len(rows[qFdbPort]) == 0 {
		column = fdbPort
		if rows, err = c.session.walk(ctx, "the addresses behind its ports", fdbPort); err != nil {
			return err
		}
	}
	const octets = 6
	for _, index := range rows.indexes(column) {
		numbers, a := strings.Split(index, "."), address{base: rows[column][index].text()}
		if column == qFdbPort && len(numbers) == octets+1 {
			a.vlan, numbers = numbers[0], numbers[1:]
		}
		if len(numbers) != octets || a.base == "0" {
			continue // the device itself
		}
		if a.mac = macOf(numbers); a.mac != "" {
			c.slow.counted++
			c.slow.addresses = append(c.slow.addresses, a)
		}
	}
	c.slow.known[partMAC] = len(rows[column]) > 0
	return nil
}

// readVLANs asks for the virtual networks.
func (c *collector) readVLANs(ctx context.Context, _ *survey) error {
	rows, err := c.session.walk(ctx, "its VLANs", vlanName, vlanEgress, vlanUntagged, portPVID)
	if err != nil {
		return err
	}
	for base, v := range rows[portPVID] {
		if v.isNumber() {
			c.slow.pvid[base] = v.number
		}
	}
	for _, id := range rows.indexes(vlanName) {
		untagged := portsIn(rows[vlanUntagged][id].bytes)
		tagged := slices.DeleteFunc(portsIn(rows[vlanEgress][id].bytes), func(base string) bool { return slices.Contains(untagged, base) })
		name := rows[vlanName][id]
		c.slow.vlans = append(c.slow.vlans, vlan{id: id, name: name.text(), tagged: tagged, untagged: untagged})
	}
	c.slow.known[partVLAN] = len(c.slow.vlans) > 0
	return nil
}

// portsIn lists the ports of a bitmap, whose first bit is port 1.
func portsIn(bitmap []byte) []string {
	const bits, most = 8, 512
	var ports []string
	for i, octet := range bitmap[:min(len(bitmap), most)] {
		for bit := range bits {
			if octet&(0x80>>bit) != 0 {
				ports = append(ports, strconv.Itoa(i*bits+bit+1))
			}
		}
	}
	return ports
}
