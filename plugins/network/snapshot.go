package network

import (
	"cmp"
	"net/netip"
	"slices"
)

// snapshot is the document of a collection.
type snapshot struct {
	Namespace   string         `json:"namespace"`
	Interfaces  []interfaceRow `json:"interfaces"`
	Routes      []route        `json:"default_routes"`
	DNS         []string       `json:"dns_servers"`
	Connections map[string]int `json:"connections,omitempty"`
	Listeners   []listenerRow  `json:"listeners"`
	TopPeers    []peerRow      `json:"top_peers"`
	Tracking    *trackingRow   `json:"conntrack,omitempty"`
	Pings       []pingRow      `json:"pings"`
}

// interfaceRow is an interface as the table shows it. What is not known is left
// out.
type interfaceRow struct {
	Name        string   `json:"name"`
	Kind        string   `json:"kind"`
	MAC         string   `json:"mac,omitempty"`
	MTU         int64    `json:"mtu,omitempty"`
	SpeedBits   float64  `json:"speed_bits_per_second,omitempty"`
	Duplex      string   `json:"duplex,omitempty"`
	State       string   `json:"state"` // up, down or unknown
	Operstate   string   `json:"operstate,omitempty"`
	Addresses   []string `json:"addresses"`
	Master      string   `json:"master,omitempty"`
	Bond        string   `json:"bond,omitempty"`
	ReceiveRate *float64 `json:"receive_bytes_per_second,omitempty"`
	SendRate    *float64 `json:"transmit_bytes_per_second,omitempty"`
	Received    uint64   `json:"received_bytes"`
	Sent        uint64   `json:"sent_bytes"`
	Errors      uint64   `json:"errors"`
	Drops       uint64   `json:"drops"`
}

// listenerRow is an open port as the table shows it.
type listenerRow struct {
	Protocol string `json:"proto"`
	Address  string `json:"address"`
	Port     uint16 `json:"port"`
	PID      int    `json:"pid,omitempty"`
	Process  string `json:"process,omitempty"`
	Unit     string `json:"unit,omitempty"`
}

// peerRow is another machine with how many connections lead to it.
type peerRow struct {
	Remote string `json:"remote"`
	Count  int    `json:"count"`
}

// trackingRow is the table of connections in a few figures.
type trackingRow struct {
	Count int64  `json:"count"`
	Max   *int64 `json:"max,omitempty"`
}

// pingRow is how a target answered.
type pingRow struct {
	Target    string   `json:"target"`
	Loss      float64  `json:"loss_ratio"`
	RoundTrip *float64 `json:"rtt_seconds,omitempty"`
}

// newSnapshot returns the document with what the survey holds as it is.
func newSnapshot(found survey) snapshot {
	s := snapshot{
		Namespace: found.Namespace, Interfaces: []interfaceRow{}, Routes: []route{}, DNS: []string{},
		Listeners: []listenerRow{}, TopPeers: []peerRow{},
	}
	s.Routes = append(s.Routes, found.Routes...)
	s.DNS = append(s.DNS, found.DNS...)
	if found.Tracking != nil {
		s.Tracking = &trackingRow{Count: *found.Tracking.Entries, Max: found.Tracking.Limit}
	}
	return s
}

func newInterfaceRow(l link) interfaceRow {
	row := interfaceRow{
		Name: l.Name, Kind: l.Kind, MAC: l.MAC, MTU: l.MTU, SpeedBits: float64(l.SpeedMbps) * 1e6, Duplex: l.Duplex,
		State: "down", Operstate: l.State, Addresses: []string{}, Master: l.Master,
		Received: l.Counters.ReceivedBytes, Sent: l.Counters.SentBytes,
		Errors: l.Counters.ReceiveErrors + l.Counters.SendErrors,
		Drops:  l.Counters.ReceiveDropped + l.Counters.SendDropped,
	}
	row.Addresses = append(row.Addresses, l.Addresses...)
	switch {
	case l.State == "":
		row.State = "unknown"
	case l.Up:
		row.State = "up"
	}
	if l.Bond != nil {
		row.Bond = l.Bond.Mode
		if l.Bond.Active != "" {
			row.Bond += ", " + l.Bond.Active + " active"
		}
	}
	return row
}

// maxListeners and maxPeers bound the lists.
const (
	maxListeners = 200
	maxPeers     = 10
)

// listenerRows sorts the open ports by number and joins those that are the same
// to a person: one program may listen several times on one port.
func listenerRows(listeners []listener, owners map[uint64]*owner) []listenerRow {
	rows := make([]listenerRow, 0, len(listeners))
	for _, l := range listeners {
		row := listenerRow{Protocol: l.Protocol, Address: l.Address.String(), Port: l.Port}
		if o := owners[l.Inode]; o != nil {
			row.PID, row.Process, row.Unit = o.PID, o.Process, o.Unit
		}
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b listenerRow) int {
		return cmp.Or(
			cmp.Compare(a.Port, b.Port), cmp.Compare(a.Protocol, b.Protocol),
			cmp.Compare(a.Address, b.Address), cmp.Compare(a.PID, b.PID),
		)
	})
	rows = slices.Compact(rows)
	return rows[:min(len(rows), maxListeners)]
}

// topPeers returns the machines with most connections.
func topPeers(peers map[netip.Addr]int) []peerRow {
	rows := make([]peerRow, 0, len(peers))
	for address, count := range peers {
		rows = append(rows, peerRow{Remote: address.String(), Count: count})
	}
	slices.SortFunc(rows, func(a, b peerRow) int {
		return cmp.Or(-cmp.Compare(a.Count, b.Count), cmp.Compare(a.Remote, b.Remote))
	})
	return rows[:min(len(rows), maxPeers)]
}
