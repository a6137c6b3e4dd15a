package vpn

import (
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func manifest() plugin.Manifest {
	return plugin.Manifest{
		ID: "vpn_monitor", Name: "VPN", Category: plugin.Network, Icon: "lock",
		Summary: "WireGuard and OpenVPN: tunnels, peers and clients, handshakes and traffic.",
		Description: "Watches the WireGuard interfaces of this machine, each peer with its latest handshake and its traffic, or one OpenVPN " +
			"server or client with its state and who is connected. Tells when a peer goes silent and when it is back.",
		Tags:     []string{"wireguard", "openvpn", "tunnel", "peers", "wg-easy"},
		Interval: 30 * time.Second, Timeout: 15 * time.Second,
		Rights: plugin.Rights{
			Commands: []string{"wg"}, Network: true,
			Paths: []string{
				"/sys/class/net/*/uevent", "/sys/class/net/*/flags", "/sys/class/net/*/mtu", "/etc/wireguard/*", "/var/run/wireguard",
				"/etc/openvpn/*", "/etc/openvpn/server/*", "/etc/openvpn/client/*", "/run/openvpn-server/*", "/var/log/openvpn/*", "/proc/*/cmdline",
			},
			Sockets: []string{"/var/run/wireguard/*.sock", "/run/openvpn/*.sock"},
			Notes:   "WireGuard: root, the capability CAP_NET_ADMIN, or sudo for wg show all dump. OpenVPN: its management interface or its status file. See Set-up.",
		},
		Metrics: append(wireguardMetrics(), openvpnMetrics()...), Panels: panels(), Tables: tables(), Rules: rules(),
	}
}

func gauge(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
	return metric.Definition{Name: name, Kind: metric.Gauge, Unit: unit, Help: help, Labels: labels}
}

func counter(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
	return metric.Definition{Name: name, Kind: metric.Counter, Unit: unit, Help: help, Labels: labels}
}

func wireguardMetrics() []metric.Definition {
	peer := []string{"device", "peer", "name"}
	return []metric.Definition{
		gauge("wireguard_device_up", metric.Bool, "1 while the interface is up; 0 also for one that is named in the settings and is not there.", "device"),
		gauge("wireguard_device_info", metric.None, "Always 1; its labels say what the interface is.", "device", "type", "listen_port"),
		gauge("wireguard_peers", metric.None, "Peers: in total, active, and those that never made a handshake.", "device", "state"),
		gauge("wireguard_peers_active_ratio", metric.Ratio, "Share of the peers that are active; absent without peers.", "device"),
		counter("wireguard_device_receive_bytes_total", metric.Bytes, "Bytes received from all peers.", "device"),
		counter("wireguard_device_transmit_bytes_total", metric.Bytes, "Bytes sent to all peers.", "device"),
		counter("wireguard_peer_receive_bytes_total", metric.Bytes, "Bytes received from a peer.", peer...),
		counter("wireguard_peer_transmit_bytes_total", metric.Bytes, "Bytes sent to a peer.", peer...),
		gauge("wireguard_peer_last_handshake_timestamp_seconds", metric.TimestampSeconds, "When the latest handshake was; absent when there was none.", peer...),
		gauge("wireguard_peer_last_handshake_age_seconds", metric.Seconds, "Time since the latest handshake; absent when there was none.", peer...),
		gauge("wireguard_peer_active", metric.Bool, "1 while the latest handshake is young.", peer...),
		gauge("wireguard_peer_missing", metric.Bool, "1 while a peer that should always be connected is not active; only of those in the setting.", peer...),
		gauge("wireguard_peer_allowed_ips", metric.None, "Networks that are routed to the peer.", peer...),
	}
}

func openvpnMetrics() []metric.Definition {
	who := []string{"common_name", "username"}
	return []metric.Definition{
		gauge("openvpn_info", metric.None, "Always 1; its labels say the version, and whether the kernel moves the data (dco).", "version", "dco"),
		gauge("openvpn_state", metric.Bool, "1 for the state that OpenVPN is in.", "state"),
		gauge("openvpn_clients", metric.None, "Clients that are connected."),
		counter("openvpn_receive_bytes_total", metric.Bytes, "Bytes received through the tunnel."),
		counter("openvpn_transmit_bytes_total", metric.Bytes, "Bytes sent through the tunnel."),
		counter("openvpn_client_receive_bytes_total", metric.Bytes, "Bytes received from a client; of all its connections.", who...),
		counter("openvpn_client_transmit_bytes_total", metric.Bytes, "Bytes sent to a client; of all its connections.", who...),
		gauge("openvpn_client_connected_since_timestamp_seconds", metric.TimestampSeconds, "Since when a client is connected.", who...),
		gauge("openvpn_routes", metric.None, "Addresses that are routed to clients."),
		gauge("openvpn_status_age_seconds", metric.Seconds, "Time since the status file was written."),
	}
}
