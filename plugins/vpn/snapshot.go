package vpn

import (
	"time"
)

// maxRows bounds the lists of the snapshot.
const maxRows = 500

// document is what a person sees.
type document struct {
	Summary    summary        `json:"summary"`
	Interfaces []interfaceRow `json:"interfaces,omitempty"`
	Peers      []peerRow      `json:"peers,omitempty"`
	Clients    []clientRow    `json:"clients,omitempty"`
	Routes     []vpnRoute     `json:"routes,omitempty"`
}

type summary struct {
	Type     string     `json:"type"`
	Version  string     `json:"version,omitempty"`
	Mode     string     `json:"mode,omitempty"`
	State    string     `json:"state,omitempty"`
	Since    *time.Time `json:"since,omitempty"`
	Address  string     `json:"address,omitempty"`
	Active   int        `json:"active"`
	Inactive int        `json:"inactive"`
	Received *float64   `json:"received,omitempty"`
	Sent     *float64   `json:"sent,omitempty"`
}

type interfaceRow struct {
	Name      string   `json:"name"`
	Type      string   `json:"type"`
	Up        *bool    `json:"up,omitempty"`
	MTU       *float64 `json:"mtu,omitempty"`
	Port      int      `json:"listen_port"`
	PublicKey string   `json:"public_key,omitempty"`
	Peers     int      `json:"peers"`
	Active    int      `json:"active"`
}

type peerRow struct {
	Name      string     `json:"name"`
	Status    string     `json:"status"`
	Interface string     `json:"interface"`
	PublicKey string     `json:"public_key"`
	Endpoint  string     `json:"endpoint,omitempty"`
	Allowed   []string   `json:"allowed_ips,omitempty"`
	Handshake *time.Time `json:"last_handshake,omitempty"`
	Age       *float64   `json:"age_seconds,omitempty"`
	Received  float64    `json:"received"`
	Sent      float64    `json:"sent"`
	Keepalive float64    `json:"keepalive_seconds,omitempty"`
}

type clientRow struct {
	Name     string     `json:"common_name"`
	Username string     `json:"username,omitempty"`
	Real     string     `json:"real_address,omitempty"`
	Virtual  string     `json:"virtual_address,omitempty"`
	Six      string     `json:"virtual_ipv6,omitempty"`
	Received float64    `json:"received"`
	Sent     float64    `json:"sent"`
	Since    *time.Time `json:"since,omitempty"`
	Cipher   string     `json:"cipher,omitempty"`
}

func wireguardDocument(devices []device, now time.Time) *document {
	doc := &document{Summary: summary{Type: wireguard}}
	received, sent := 0.0, 0.0
	for _, d := range devices {
		row := interfaceRow{Name: d.name, Type: d.kind, Up: d.up, MTU: d.mtu, Port: d.port, PublicKey: d.publicKey, Peers: len(d.peers)}
		for _, p := range d.peers {
			received, sent = received+p.received, sent+p.sent
			one := peerRow{
				Name: p.name, Status: "silent", Interface: d.name, PublicKey: p.key, Endpoint: p.endpoint, Allowed: p.allowed,
				Received: p.received, Sent: p.sent, Keepalive: p.keepalive,
			}
			if !p.handshake.IsZero() {
				old := age(now, p.handshake)
				one.Handshake, one.Age = &p.handshake, &old
			}
			switch {
			case p.active:
				one.Status = "active"
				row.Active++
			case p.always:
				one.Status = "failed"
			case p.handshake.IsZero():
				one.Status = "never"
			}
			doc.Peers = append(doc.Peers, one)
		}
		doc.Summary.Active += row.Active
		doc.Summary.Inactive += row.Peers - row.Active
		doc.Interfaces = append(doc.Interfaces, row)
	}
	doc.Summary.Received, doc.Summary.Sent = &received, &sent
	doc.Peers = doc.Peers[:min(len(doc.Peers), maxRows)]
	return doc
}

func openvpnDocument(t *tunnel, now time.Time) *document {
	doc := &document{Summary: summary{
		Type: openvpn, Version: t.version, Mode: "server", State: t.state, Address: t.local, Active: len(t.clients), Received: t.received, Sent: t.sent,
	}}
	if t.client {
		doc.Summary.Mode = "client"
	}
	if !t.since.IsZero() && !t.since.After(now.Add(time.Minute)) {
		doc.Summary.Since = &t.since
	}
	for _, one := range t.clients {
		row := clientRow{
			Name: one.name, Username: one.username, Real: one.real, Virtual: one.virtual, Six: one.six,
			Received: one.received, Sent: one.sent, Cipher: one.cipher,
		}
		if one.hasSince {
			row.Since = &one.since
		}
		doc.Clients = append(doc.Clients, row)
	}
	doc.Clients = doc.Clients[:min(len(doc.Clients), maxRows)]
	doc.Routes = t.routes[:min(len(t.routes), maxRows)]
	return doc
}
