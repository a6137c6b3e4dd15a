package vpnmesh

import (
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func manifest() plugin.Manifest {
	return plugin.Manifest{
		ID: "vpn_mesh_monitor", Name: "VPN mesh", Category: plugin.Network, Icon: "waypoints",
		Summary: "Tailscale, Headscale, ZeroTier and NetBird: who is online, directly or relayed, and which keys end soon.",
		Description: "Asks the mesh program of this machine, or what administers the network, for its peers: who is online, whether traffic goes directly " +
			"or through a relay, how much of it there is, when keys end, and which routes wait for approval.",
		Tags:     []string{"tailscale", "headscale", "zerotier", "netbird", "wireguard", "mesh", "overlay", "peers"},
		Interval: 30 * time.Second, Timeout: 20 * time.Second,
		Rights: plugin.Rights{
			Commands: []string{"tailscale", "netbird"}, Network: true,
			Paths: []string{
				defaultSocket, "/var/lib/zerotier-one", defaultTokenFile, "/var/run/netbird.sock", "/etc/headscale/config.yaml",
			},
			Sockets: []string{defaultSocket},
			Notes:   "Tailscale and NetBird answer every user of the machine. ZeroTier: the right to read authtoken.secret, or a copy of it. The others: a token; see Set-up.",
		},
		Metrics: append(meshMetrics(), tailscaleMetrics()...), Panels: panels(), Tables: tables(), Rules: rules(),
	}
}

func gauge(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
	return metric.Definition{Name: name, Kind: metric.Gauge, Unit: unit, Help: help, Labels: labels}
}

func counter(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
	return metric.Definition{Name: name, Kind: metric.Counter, Unit: unit, Help: help, Labels: labels}
}

func meshMetrics() []metric.Definition {
	const provider = "provider"
	peer := []string{provider, "peer"}
	return []metric.Definition{
		gauge("mesh_info", metric.Bool, "Always 1; its labels say what is asked, and its version.", provider, "version"),
		gauge("mesh_connected", metric.Bool, "1 while this machine takes part: Tailscale is running, ZeroTier online, NetBird connected.", provider),
		gauge("mesh_backend_state", metric.Bool, "1 for the state that the program on this machine is in.", provider, "state"),
		gauge("mesh_peers", metric.None, "Peers: in total, online and offline. Those of NetBird that rest until there is traffic are neither.", provider, "state"),
		gauge("mesh_peers_by_path", metric.None, "Peers that are online, by how traffic to them goes: direct, relay, or idle while there is none.", provider, "path"),
		gauge("mesh_peers_left_out", metric.None, "Peers beyond the first 200, which have no series of their own.", provider),
		gauge("mesh_peer_online", metric.Bool, "1 while the peer is online.", provider, "peer", "os"),
		gauge("mesh_peer_missing", metric.Bool, "1 while a peer that should always be online is not, or is not known; only of those in the setting.", peer...),
		counter("mesh_peer_receive_bytes_total", metric.Bytes, "Bytes received from the peer since the program on this machine started.", peer...),
		counter("mesh_peer_transmit_bytes_total", metric.Bytes, "Bytes sent to the peer since the program on this machine started.", peer...),
		gauge("mesh_peer_last_handshake_age_seconds", metric.Seconds, "Time since the latest handshake with the peer.", peer...),
		gauge("mesh_peer_last_seen_age_seconds", metric.Seconds, "Time since the peer was seen last.", peer...),
		gauge("mesh_peer_latency_seconds", metric.Seconds, "Time to the peer and back.", peer...),
		gauge("mesh_peer_relayed", metric.Bool, "1 while traffic to the peer goes through a relay, 0 while it goes directly.", peer...),
		gauge("mesh_peer_key_remaining_seconds", metric.Seconds, "Time until the key of the peer ends; negative when it has, absent when it never does.", peer...),
		gauge("mesh_self_key_remaining_seconds", metric.Seconds, "Time until the key of this machine ends; negative when it has, absent when it never does.", provider),
		gauge("mesh_health_warnings", metric.None, "Things that the program on this machine complains of.", provider),
		gauge("mesh_routes", metric.None, "Routes into other networks: advertised, approved, and those that wait for approval.", provider, "state"),
		gauge("mesh_exit_node_online", metric.Bool, "1 while the exit node that is chosen is online.", provider),
		gauge("mesh_update_available", metric.Bool, "1 while there is a newer version of the program.", provider),
		gauge("mesh_control_connected", metric.Bool, "1 while a service that the mesh needs is connected: control, management, signal, relay, upstream, database.", provider, "service"),
		gauge("mesh_pending_nodes", metric.None, "Machines that wait to be let in.", provider),
		gauge("zerotier_network_ok", metric.Bool, "1 while this machine is a member of the network; 0 also for one that is named in the settings and was not joined.", "network", "name"),
		gauge("zerotier_tcp_fallback", metric.Bool, "1 while ZeroTier goes through its slow relay over TCP."),
	}
}

func tailscaleMetrics() []metric.Definition {
	return []metric.Definition{
		counter("tailscaled_inbound_bytes_total", metric.Bytes, "Bytes that Tailscale received from peers, by path.", "path"),
		counter("tailscaled_outbound_bytes_total", metric.Bytes, "Bytes that Tailscale sent to peers, by path.", "path"),
		counter("tailscaled_inbound_packets_total", metric.None, "Packets that Tailscale received from peers, by path.", "path"),
		counter("tailscaled_outbound_packets_total", metric.None, "Packets that Tailscale sent to peers, by path.", "path"),
		counter("tailscaled_inbound_dropped_packets_total", metric.None, "Packets from peers that Tailscale dropped, by reason.", "reason"),
		counter("tailscaled_outbound_dropped_packets_total", metric.None, "Packets to peers that Tailscale dropped, by reason.", "reason"),
		gauge("tailscaled_health_messages", metric.None, "Messages about the health of Tailscale, by type.", "type"),
		gauge("tailscaled_advertised_routes", metric.None, "Routes that this machine offers."),
		gauge("tailscaled_approved_routes", metric.None, "Routes of this machine that were approved."),
		gauge("tailscaled_home_derp_region_id", metric.None, "Number of the region of relays that this machine is at home in."),
	}
}
