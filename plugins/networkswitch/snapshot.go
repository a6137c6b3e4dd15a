package networkswitch

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gosnmp/gosnmp"
)

// maxAddresses bounds the list of machines behind ports.
const maxAddresses = 500

// document is what a person wants to see.
type document struct {
	Device     deviceRow      `json:"device"`
	Ports      []portRow      `json:"ports"`
	Neighbours []neighbourRow `json:"neighbors"`
	Addresses  []addressRow   `json:"mac_table"`
	VLANs      []vlanRow      `json:"vlans"`
	Sensors    []sensorRow    `json:"sensors"`
	Inventory  []partRow      `json:"inventory"`
}

type deviceRow struct {
	Name        string   `json:"name,omitempty"`
	Description string   `json:"description,omitempty"`
	Vendor      string   `json:"vendor,omitempty"`
	Model       string   `json:"model,omitempty"`
	Serial      string   `json:"serial,omitempty"`
	Software    string   `json:"software,omitempty"`
	Location    string   `json:"location,omitempty"`
	Contact     string   `json:"contact,omitempty"`
	Up          int      `json:"ports_up"`
	Down        int      `json:"ports_down"`
	Disabled    int      `json:"ports_disabled"`
	PoEUsed     *float64 `json:"poe_used_watts,omitempty"`
	PoEBudget   *float64 `json:"poe_budget_watts,omitempty"`
	Hottest     *float64 `json:"hottest_celsius,omitempty"`
	STPRoot     string   `json:"stp_root,omitempty"`
}

type portRow struct {
	Name       string     `json:"name"`
	Alias      string     `json:"alias,omitempty"`
	State      string     `json:"state"`
	Speed      *float64   `json:"speed,omitempty"`
	Duplex     string     `json:"duplex,omitempty"`
	Received   *float64   `json:"received,omitempty"`
	Sent       *float64   `json:"sent,omitempty"`
	Errors     float64    `json:"errors"`
	Discards   float64    `json:"discards"`
	Changed    *time.Time `json:"changed,omitempty"`
	PVID       float64    `json:"pvid,omitempty"`
	PoE        string     `json:"poe,omitempty"`
	STP        string     `json:"stp,omitempty"`
	Neighbour  string     `json:"neighbor,omitempty"`
	Addresses  int        `json:"addresses"`
	MTU        float64    `json:"mtu,omitempty"`
	MAC        string     `json:"mac,omitempty"`
	Index      string     `json:"index"`
	Descriptor string     `json:"description,omitempty"`
}

type neighbourRow struct {
	Port       string   `json:"port"`
	Name       string   `json:"name,omitempty"`
	Chassis    string   `json:"chassis,omitempty"`
	Remote     string   `json:"remote_port,omitempty"`
	Management string   `json:"management,omitempty"`
	Abilities  []string `json:"capabilities"`
	Describes  string   `json:"description,omitempty"`
}

type addressRow struct {
	MAC  string `json:"mac"`
	VLAN string `json:"vlan,omitempty"`
	Port string `json:"port"`
}

type vlanRow struct {
	ID       string   `json:"id"`
	Name     string   `json:"name,omitempty"`
	Tagged   []string `json:"tagged"`
	Untagged []string `json:"untagged"`
}

type sensorRow struct {
	Name   string   `json:"name"`
	Value  *float64 `json:"value,omitempty"`
	Unit   string   `json:"unit,omitempty"`
	Status string   `json:"status"` // ok, failed
}

type partRow struct {
	Name     string `json:"name"`
	Model    string `json:"model,omitempty"`
	Serial   string `json:"serial,omitempty"`
	Software string `json:"software,omitempty"`
}

func (c *collector) document(s *survey) document {
	doc := document{
		Device: c.deviceRow(s), Ports: []portRow{}, Neighbours: []neighbourRow{}, Addresses: []addressRow{}, VLANs: []vlanRow{},
		Sensors: []sensorRow{}, Inventory: []partRow{},
	}
	for _, p := range s.ports {
		if p.watched {
			doc.Ports = append(doc.Ports, rowOf(p, c.config.Uplinks))
		}
	}
	for _, n := range c.slow.neighbours {
		doc.Neighbours = append(doc.Neighbours, neighbourRow{n.port, n.name, n.chassis, n.remote, n.management, n.abilities, n.describe})
	}
	named := func(bases []string) []string {
		names := []string{}
		for _, base := range bases {
			if p := s.byBase[base]; p != nil {
				names = append(names, p.name)
			} else {
				names = append(names, base)
			}
		}
		return names
	}
	for _, a := range c.slow.addresses[:min(len(c.slow.addresses), maxAddresses)] {
		doc.Addresses = append(doc.Addresses, addressRow{a.mac, a.vlan, strings.Join(named([]string{a.base}), "")})
	}
	for _, v := range c.slow.vlans {
		doc.VLANs = append(doc.VLANs, vlanRow{v.id, v.name, named(v.tagged), named(v.untagged)})
	}
	for _, one := range s.sensors {
		row := sensorRow{Name: one.name, Unit: one.unit, Status: "ok"}
		if one.known {
			row.Value = &one.value
		}
		if !one.ok {
			row.Status = "failed"
		}
		doc.Sensors = append(doc.Sensors, row)
	}
	for _, e := range c.slow.inventory {
		doc.Inventory = append(doc.Inventory, partRow{e.name, e.model, e.serial, e.software})
	}
	return doc
}

func (c *collector) deviceRow(s *survey) deviceRow {
	model, serial, software := c.model()
	row := deviceRow{
		Name: textAt(s.system, sysName), Description: textAt(s.system, sysDescr), Vendor: s.vendor(), Model: model, Serial: serial,
		Software: software, Location: textAt(s.system, sysLocation), Contact: textAt(s.system, sysContact),
	}
	for _, p := range s.ports {
		switch state := portState(p); {
		case !p.real():
		case state == "up":
			row.Up++
		case state == "down":
			row.Down++
		default:
			row.Disabled++
		}
	}
	for _, b := range s.budgets {
		if row.PoEBudget == nil {
			row.PoEBudget, row.PoEUsed = new(float64), new(float64)
		}
		*row.PoEBudget += b.watts
		*row.PoEUsed += b.used
	}
	for i, one := range s.sensors {
		if one.metric == "snmp_sensor_celsius" && one.known && (row.Hottest == nil || one.value > *row.Hottest) {
			row.Hottest = &s.sensors[i].value
		}
	}
	const priority = 2
	if root := s.system[stpRoot].bytes; len(root) > priority {
		row.STPRoot = value{bytes: root[priority:]}.mac()
	}
	return row
}

// rowOf is the port as the table has it. A port that is down because nothing is
// plugged in is nothing to look at, unlike an uplink.
func rowOf(p *port, uplinks []string) portRow {
	row := portRow{
		Name: p.name, Alias: p.alias, State: portState(p), Duplex: p.duplex, Changed: moment(p.changed), PVID: p.pvid, PoE: p.poe, STP: p.stp,
		Neighbour: p.neighbour, Addresses: p.addresses, MTU: p.mtu, MAC: p.mac, Index: p.index, Descriptor: p.descr,
	}
	if row.State == "down" && !slices.Contains(uplinks, p.name) {
		row.State = "no link"
	}
	if p.speed > 0 && p.up() {
		row.Speed = &p.speed
	}
	const bits = 8 // as speeds are told
	if rate, ok := p.rate["receive"]; ok {
		rate *= bits
		row.Received = &rate
	}
	if rate, ok := p.rate["transmit"]; ok {
		rate *= bits
		row.Sent = &rate
	}
	for _, direction := range []string{"receive", "transmit"} {
		row.Errors += p.counters["snmp_interface_"+direction+"_errors_total"]
		row.Discards += p.counters["snmp_interface_"+direction+"_discards_total"]
	}
	return row
}

// written writes down what the device said in this run, one value a line, as the
// cases have it.
func (s *session) written() []byte {
	seen := slices.Clone(s.seen)
	slices.SortStableFunc(seen, func(a, b gosnmp.SnmpPDU) int { return compareIndexes(a.Name, b.Name) })
	seen = slices.CompactFunc(seen, func(a, b gosnmp.SnmpPDU) bool { return a.Name == b.Name })
	var b strings.Builder
	for _, pdu := range seen {
		var kind, text string
		switch v := pdu.Value.(type) {
		case []byte:
			kind, text = "text", string(v)
			if !printable(v) {
				kind, text = "hex", fmt.Sprintf("%x", v)
			}
		default:
			text = fmt.Sprint(v)
			kind = map[gosnmp.Asn1BER]string{
				gosnmp.Integer: "int", gosnmp.ObjectIdentifier: "oid", gosnmp.IPAddress: "ip", gosnmp.Counter32: "counter", gosnmp.Gauge32: "gauge",
				gosnmp.TimeTicks: "ticks", gosnmp.Counter64: "counter64",
			}[pdu.Type]
		}
		if kind != "" {
			fmt.Fprintf(&b, "%s %s %s\n", strings.TrimPrefix(pdu.Name, "."), kind, text)
		}
	}
	return []byte(b.String())
}
