package vpn

import (
	"maps"
	"slices"

	"github.com/unity-homelab/unity/plugin"
)

// seenKey is where what was seen is kept in the state of the source. It is
// stored with the run that told of changes, so that none is told of twice.
const seenKey = "seen"

// maxSeen bounds of how many peers or clients it is remembered how they were.
const maxSeen = 500

// seen is what the next run is compared with.
type seen struct {
	Peers   map[string]bool `json:"peers,omitempty"`   // active, by public key
	Clients []string        `json:"clients,omitempty"` // who is connected
	State   string          `json:"state,omitempty"`
}

// before reads what the run before kept; nil when there was none.
func (c *collector) before() *seen {
	was, known := plugin.Recall[seen](c.host.State, seenKey)
	if !known {
		return nil
	}
	return &was
}

// tellPeers tells which peers went silent since the run before, and which came
// back.
func (c *collector) tellPeers(devices []device, out *plugin.Batch) error {
	was, now := c.before(), seen{Peers: make(map[string]bool)}
	for _, d := range devices {
		for _, p := range d.peers {
			if len(now.Peers) >= maxSeen {
				break
			}
			now.Peers[p.key] = p.active
			if was == nil {
				continue
			}
			if active, known := was.Peers[p.key]; known && active != p.active {
				out.Event(peerEvent(d.name, p))
			}
		}
	}
	return plugin.Keep(c.host.State, seenKey, now)
}

func peerEvent(device string, p peer) plugin.Event {
	event := plugin.Event{
		Kind: "wireguard_peer_active", Severity: plugin.Info, Title: p.name + " is active on " + device,
		Detail: map[string]string{"device": device, "peer": p.name, "public_key": p.key},
	}
	if p.endpoint != "" {
		event.Detail["endpoint"] = p.endpoint
	}
	if p.active {
		return event
	}
	event.Kind, event.Title = "wireguard_peer_silent", p.name+" went silent on "+device
	if p.always {
		event.Severity = plugin.Warning
	}
	return event
}

// tellClients tells who came and went since the run before, and whether the
// connection was lost.
func (c *collector) tellClients(t *tunnel, out *plugin.Batch) error {
	was, now := c.before(), seen{State: t.state}
	connected := make(map[string]client)
	for _, one := range t.summed() {
		name := one.name
		if one.username != "" && one.username != name {
			name += " (" + one.username + ")"
		}
		connected[name] = one
	}
	now.Clients = slices.Sorted(maps.Keys(connected))
	now.Clients = now.Clients[:min(len(now.Clients), maxSeen)]
	if was == nil {
		return plugin.Keep(c.host.State, seenKey, now)
	}
	for _, name := range now.Clients {
		if !slices.Contains(was.Clients, name) && len(was.Clients) < maxSeen {
			out.Event(plugin.Event{
				Kind: "openvpn_client_connected", Severity: plugin.Info, Title: name + " connected",
				Detail: map[string]string{"client": name, "from": connected[name].real},
			})
		}
	}
	for _, name := range was.Clients {
		if _, there := connected[name]; !there {
			out.Event(plugin.Event{
				Kind: "openvpn_client_left", Severity: plugin.Info, Title: name + " is gone", Detail: map[string]string{"client": name},
			})
		}
	}
	switch {
	case was.State == t.state || was.State == "" || t.state == "":
	case t.state == "connected":
		out.Event(plugin.Event{Kind: "openvpn_connected", Severity: plugin.Info, Title: "OpenVPN is connected"})
	case was.State == "connected":
		out.Event(plugin.Event{Kind: "openvpn_disconnected", Severity: plugin.Warning, Title: "OpenVPN lost its connection: " + t.state})
	}
	return plugin.Keep(c.host.State, seenKey, now)
}
