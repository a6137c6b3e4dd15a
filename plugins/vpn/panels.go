package vpn

import (
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

// panels are what a person looks at, the most wanted first. Those of the kind of
// VPN that is not watched have nothing to show.
func panels() []plugin.Panel {
	zero := plugin.Bound(0)
	return []plugin.Panel{
		{
			Title: "Traffic", Kind: plugin.Area, Unit: metric.BytesPerSecond,
			Queries: []plugin.Query{
				{Metric: "wireguard_device_receive_bytes_total", Rate: true, Legend: "{device} received"},
				{Metric: "wireguard_device_transmit_bytes_total", Rate: true, Legend: "{device} sent", Negative: true},
				{Metric: "openvpn_receive_bytes_total", Rate: true, Legend: "received"},
				{Metric: "openvpn_transmit_bytes_total", Rate: true, Legend: "sent", Negative: true},
			},
		},
		{
			Title: "Connected", Kind: plugin.Line, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{
				{Metric: "wireguard_peers", Match: map[string]string{"state": "active"}, Legend: "{device} active"},
				{Metric: "wireguard_peers", Match: map[string]string{"state": "total"}, Legend: "{device} in total"},
				{Metric: "openvpn_clients", Legend: "clients"},
			},
		},
		{
			Title: "Peers active", Kind: plugin.Timeline, Unit: metric.Bool, Wide: true,
			Queries: []plugin.Query{{Metric: "wireguard_peer_active", Legend: "{name}", Top: 40}},
			Help:    "A peer makes a handshake every two minutes while it has something to say, and none while it sleeps.",
		},
		{
			Title: "Since the latest handshake", Kind: plugin.Line, Unit: metric.Seconds, Min: zero,
			Queries: []plugin.Query{{Metric: "wireguard_peer_last_handshake_age_seconds", Legend: "{name}", Top: 12}},
		},
		{
			Title: "Traffic of peers", Kind: plugin.Area, Unit: metric.BytesPerSecond,
			Queries: []plugin.Query{
				{Metric: "wireguard_peer_receive_bytes_total", Rate: true, Legend: "{name} received", Top: 8},
				{Metric: "wireguard_peer_transmit_bytes_total", Rate: true, Legend: "{name} sent", Top: 8, Negative: true},
				{Metric: "openvpn_client_receive_bytes_total", Rate: true, Legend: "{common_name} received", Top: 8},
				{Metric: "openvpn_client_transmit_bytes_total", Rate: true, Legend: "{common_name} sent", Top: 8, Negative: true},
			},
		},
		{
			Title: "State of OpenVPN", Kind: plugin.Timeline, Unit: metric.Bool,
			Queries: []plugin.Query{{Metric: "openvpn_state", Legend: "{state}"}},
		},
		{
			Title: "Interfaces up", Kind: plugin.Timeline, Unit: metric.Bool,
			Queries: []plugin.Query{{Metric: "wireguard_device_up", Legend: "{device}"}},
		},
	}
}

// tables show the lists of the snapshot.
func tables() []plugin.Table {
	text, code, amount, moment := plugin.TextColumn, plugin.CodeColumn, plugin.NumberColumn, plugin.TimeColumn
	return []plugin.Table{
		{Title: "Peers", Path: "peers", Empty: "There are none; only WireGuard has peers.", Columns: []plugin.Column{
			text("name", "Name"), plugin.StatusColumn("status", "Status"), text("interface", "Interface"), moment("last_handshake", "Latest handshake"),
			amount("received", "Received", metric.Bytes), amount("sent", "Sent", metric.Bytes), code("endpoint", "From"),
			plugin.ListColumn("allowed_ips", "Networks"), plugin.DurationColumn("keepalive_seconds", "Keepalive"), code("public_key", "Public key"),
		}},
		{Title: "Interfaces", Path: "interfaces", Empty: "There are none; only WireGuard has these.", Columns: []plugin.Column{
			text("name", "Interface"), plugin.FlagColumn("up", "Up"), text("type", "Run by"), amount("peers", "Peers", metric.None),
			amount("active", "Active", metric.None), code("listen_port", "Port"), amount("mtu", "MTU", metric.None), code("public_key", "Public key"),
		}},
		{Title: "Clients", Path: "clients", Empty: "Nobody is connected; only OpenVPN has clients.", Columns: []plugin.Column{
			text("common_name", "Name"), text("username", "User"), moment("since", "Since"), amount("received", "Received", metric.Bytes),
			amount("sent", "Sent", metric.Bytes), code("virtual_address", "Address inside"), code("virtual_ipv6", "IPv6 inside"),
			code("real_address", "From"), text("cipher", "Cipher"),
		}},
		{Title: "Routes", Path: "routes", Empty: "There are none; only an OpenVPN server has these.", Columns: []plugin.Column{
			code("virtual_address", "Address inside"), text("common_name", "Client"), code("real_address", "From"),
		}},
		{Title: "VPN", Path: "summary", Columns: []plugin.Column{
			text("type", "Kind"), text("version", "Version"), text("mode", "Works as"), plugin.StatusColumn("state", "State"), moment("since", "Since"),
			amount("active", "Active", metric.None), amount("inactive", "Not active", metric.None),
			amount("received", "Received", metric.Bytes), amount("sent", "Sent", metric.Bytes),
		}},
	}
}
