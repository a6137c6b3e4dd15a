package networkswitch

import (
	"cmp"
	"context"
	"net/netip"
	"strconv"
	"strings"
)

// neighbour is a device at the other end of a cable, as it says itself.
type neighbour struct {
	index                           string // of the interface
	port                            string // as the device calls its own port
	chassis, name, remote, describe string
	management                      string
	abilities                       []string
}

// label names the neighbour in few words.
func (n neighbour) label() string {
	return strings.TrimSpace(cmp.Or(n.name, n.chassis) + " " + n.remote)
}

// readNeighbours asks what the devices at the other ends say of themselves.
func (c *collector) readNeighbours(ctx context.Context, s *survey) error {
	rows, err := c.session.walk(ctx, "its neighbours", lldpRemChassisID, lldpRemPortID, lldpRemPortDescr, lldpRemSysName, lldpRemSysDescr, lldpRemCaps)
	if err != nil {
		return err
	}
	indexes := rows.indexes(lldpRemChassisID, lldpRemPortID)
	c.slow.known[partLLDP] = len(indexes) > 0
	if len(indexes) == 0 {
		return nil
	}
	more, err := c.session.walk(ctx, "its neighbours", lldpLocPortID, lldpLocPortDescr, lldpRemManIfID)
	if err != nil {
		return err
	}
	rows.merge(more)
	managed := managementOf(rows)
	for _, index := range indexes {
		parts := strings.Split(index, ".") // a time, the port, a number
		const fields = 3
		if len(parts) != fields {
			continue
		}
		n := neighbour{
			chassis: idText(rows[lldpRemChassisID][index]), name: textOf(rows, lldpRemSysName, index), describe: textOf(rows, lldpRemSysDescr, index),
			remote: cmp.Or(textOf(rows, lldpRemPortDescr, index), idText(rows[lldpRemPortID][index])), management: managed[index],
			abilities: abilitiesOf(rows[lldpRemCaps][index].bytes),
		}
		n.index, n.port = s.localPort(rows, parts[1])
		c.slow.neighbours = append(c.slow.neighbours, n)
	}
	return nil
}

// textOf returns the text of a cell, or nothing.
func textOf(rows table, column, index string) string {
	if v, ok := rows.at(column, index); ok {
		return v.text()
	}
	return ""
}

// idText writes what a device or port calls itself: a name, or an address.
func idText(v value) string {
	if mac := v.mac(); mac != "" && !printable(v.bytes) {
		return mac
	}
	if v.bytes == nil {
		return ""
	}
	return v.text()
}

func printable(text []byte) bool {
	for _, b := range text {
		if b < ' ' || b > '~' {
			return false
		}
	}
	return true
}

// localPort finds the interface that LLDP means by its number for a port.
func (s *survey) localPort(rows table, number string) (index, name string) {
	id, described := idText(rows[lldpLocPortID][number]), textOf(rows, lldpLocPortDescr, number)
	for _, called := range []string{id, described} {
		if p := s.named(called); called != "" && p != nil {
			return p.index, p.name
		}
	}
	for _, p := range s.ports {
		if id != "" && p.mac == id {
			return p.index, p.name
		}
	}
	if p := s.byBase[number]; p != nil {
		return p.index, p.name
	}
	if p := s.byIndex[number]; p != nil {
		return p.index, p.name
	}
	return "", cmp.Or(described, id, number)
}

// managementOf reads the addresses at which neighbours are managed: they are in
// the index, which goes on after the neighbour's own with a kind, a length and
// the address.
func managementOf(rows table) map[string]string {
	const own, version4, version6 = 3, 4, 16
	found := make(map[string]string)
	for _, index := range rows.indexes(lldpRemManIfID) {
		parts := strings.Split(index, ".")
		if len(parts) < own+2+version4 {
			continue
		}
		octets := parts[own+2:]
		if parts[own+1] != strconv.Itoa(len(octets)) || len(octets) != version4 && len(octets) != version6 {
			continue
		}
		raw := make([]byte, 0, version6)
		for _, text := range octets {
			n, err := strconv.ParseUint(text, 10, 8)
			if err != nil {
				break
			}
			raw = append(raw, byte(n))
		}
		key := strings.Join(parts[:own], ".")
		if at, ok := netip.AddrFromSlice(raw); ok && found[key] == "" {
			found[key] = at.String()
		}
	}
	return found
}

// abilitiesOf reads what a neighbour says it is.
func abilitiesOf(bitmap []byte) []string {
	abilities := []string{}
	for i, name := range []string{"other", "repeater", "bridge", "access point", "router", "phone", "cable modem", "station"} {
		if len(bitmap) > 0 && bitmap[0]&(0x80>>i) != 0 {
			abilities = append(abilities, name)
		}
	}
	return abilities
}
