package network

import (
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func manifest() plugin.Manifest {
	return plugin.Manifest{
		ID:       "network_monitor",
		Name:     "Network",
		Category: plugin.Network,
		Summary:  "Traffic and state of every interface, connections, open ports and protocol counters.",
		Description: "Watches every network interface with its traffic, errors, speed and link state, TCP connections by state, " +
			"open ports with the programs behind them, what TCP, UDP, IP and ICMP count, the firewall's connection table, " +
			"wireless signal, and on request whether the gateway and other hosts answer a ping.",
		Tags:     []string{"network", "interface", "traffic", "bandwidth", "tcp", "ports", "wifi", "ping"},
		Icon:     "network",
		Interval: 10 * time.Second,
		Timeout:  8 * time.Second,
		Rights: plugin.Rights{
			Paths:   []string{"/proc/net", "/proc/1/net", "/sys/class/net", "/proc/sys/net/netfilter", "/etc/resolv.conf", "/proc/*/fd", "/proc/*/comm", "/proc/*/cgroup"},
			Network: true,
			Notes: "The programs behind open ports of other users need root (or CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH). " +
				"Pings need the group in net.ipv4.ping_group_range, or CAP_NET_RAW; nothing is sent unless it is configured.",
		},
		Metrics: append(interfaceMetrics(), protocolMetrics()...),
		Panels:  panels(),
		Tables:  tables(),
		Rules:   rules(),
	}
}

func gauge(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
	return metric.Definition{Name: name, Kind: metric.Gauge, Unit: unit, Labels: labels, Help: help}
}

func counter(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
	return metric.Definition{Name: name, Kind: metric.Counter, Unit: unit, Labels: labels, Help: help}
}

func interfaceMetrics() []metric.Definition {
	return []metric.Definition{
		counter("network_receive_bytes_total", metric.Bytes, "Bytes received.", "device"),
		counter("network_transmit_bytes_total", metric.Bytes, "Bytes sent.", "device"),
		counter("network_receive_packets_total", metric.None, "Packets received.", "device"),
		counter("network_transmit_packets_total", metric.None, "Packets sent.", "device"),
		counter("network_receive_errors_total", metric.None, "Packets that arrived damaged.", "device"),
		counter("network_transmit_errors_total", metric.None, "Packets that could not be sent.", "device"),
		counter("network_receive_dropped_total", metric.None, "Packets that arrived well and were thrown away, for want of memory or of anyone to take them.", "device"),
		counter("network_transmit_dropped_total", metric.None, "Packets thrown away before they were sent.", "device"),
		counter("network_receive_multicast_total", metric.None, "Multicast packets received.", "device"),
		counter("network_receive_frame_errors_total", metric.None, "Packets received with a wrong length, checksum or alignment.", "device"),
		counter("network_receive_fifo_errors_total", metric.None, "Packets lost because a buffer was full.", "device"),
		counter("network_receive_missed_total", metric.None, "Packets that the card could not take in.", "device"),
		counter("network_transmit_collisions_total", metric.None, "Collisions while sending.", "device"),
		counter("network_transmit_carrier_errors_total", metric.None, "Packets not sent because the link was lost or the transmission was broken off.", "device"),
		gauge("network_carrier", metric.Bool, "1 when the interface has a link.", "device", "kind"),
		gauge("network_speed_bits_per_second", metric.BitsPerSecond, "Speed that was negotiated; absent where there is none, as on bridges.", "device"),
		gauge("network_mtu_bytes", metric.Bytes, "Largest packet that the interface sends in one piece.", "device"),
		gauge("network_receive_utilization_ratio", metric.Ratio, "Traffic received since the collection before, as part of the speed.", "device"),
		gauge("network_transmit_utilization_ratio", metric.Ratio, "Traffic sent since the collection before, as part of the speed.", "device"),
		counter("network_carrier_changes_total", metric.None, "How often the link came and went.", "device"),
		gauge("network_wireless_signal_dbm", metric.DecibelMilliwatts, "Signal that a wireless interface hears; -50 is strong, -80 is weak.", "device"),
		gauge("network_wireless_quality_ratio", metric.Ratio, "Quality of a wireless link, as the driver sees it.", "device"),
		gauge("network_bond_slaves", metric.None, "Interfaces of a bond that are up and down.", "device", "state"),
		gauge("network_ping_rtt_seconds", metric.Seconds, "Mean time until a ping came back; absent when none did.", "destination"),
		gauge("network_ping_loss_ratio", metric.Ratio, "Part of the pings that did not come back.", "destination"),
	}
}

func protocolMetrics() []metric.Definition {
	return []metric.Definition{
		gauge("network_sockets", metric.None, "Sockets in use by protocol.", "protocol"),
		gauge("network_tcp_connections", metric.None, "TCP sockets by state, IPv4 and IPv6 together.", "state"),
		gauge("network_tcp_orphans", metric.None, "TCP sockets that no program holds any more."),
		gauge("network_tcp_time_wait", metric.None, "TCP sockets that wait for stragglers after their end."),
		gauge("network_tcp_memory_bytes", metric.Bytes, "Memory in the buffers of TCP sockets."),
		counter("network_tcp_active_opens_total", metric.None, "Connections begun from here."),
		counter("network_tcp_passive_opens_total", metric.None, "Connections taken from others."),
		counter("network_tcp_attempt_fails_total", metric.None, "Connections that did not come about."),
		counter("network_tcp_estab_resets_total", metric.None, "Connections torn down by a reset."),
		counter("network_tcp_retransmitted_segments_total", metric.None, "Segments sent again because no answer came."),
		counter("network_tcp_in_segments_total", metric.None, "Segments received."),
		counter("network_tcp_out_segments_total", metric.None, "Segments sent, those sent again left out."),
		counter("network_tcp_in_errors_total", metric.None, "Damaged segments received."),
		counter("network_tcp_out_resets_total", metric.None, "Resets sent."),
		counter("network_tcp_listen_overflows_total", metric.None, "Connections turned away because a program did not take them fast enough."),
		counter("network_tcp_listen_drops_total", metric.None, "Connections turned away for any reason."),
		counter("network_tcp_syn_cookies_sent_total", metric.None, "Connections answered without keeping state, as under a flood."),
		counter("network_tcp_timeouts_total", metric.None, "Times that TCP waited in vain for an answer."),
		counter("network_tcp_req_q_full_drop_total", metric.None, "Connections dropped because too many were half open."),
		counter("network_udp_in_datagrams_total", metric.None, "Datagrams received, IPv4 and IPv6 together."),
		counter("network_udp_out_datagrams_total", metric.None, "Datagrams sent, IPv4 and IPv6 together."),
		counter("network_udp_no_ports_total", metric.None, "Datagrams for a port that nobody listens on."),
		counter("network_udp_in_errors_total", metric.None, "Datagrams that could not be handed over."),
		counter("network_udp_receive_buffer_errors_total", metric.None, "Datagrams lost because a program did not read them fast enough."),
		counter("network_udp_send_buffer_errors_total", metric.None, "Datagrams lost because too much was waiting to be sent."),
		counter("network_icmp_in_messages_total", metric.None, "ICMP messages received, IPv4 and IPv6 together."),
		counter("network_icmp_out_messages_total", metric.None, "ICMP messages sent, IPv4 and IPv6 together."),
		counter("network_ip_forwarded_packets_total", metric.None, "Packets passed on between interfaces, IPv4 and IPv6 together."),
		counter("network_softnet_dropped_total", metric.None, "Packets dropped because a CPU's queue was full."),
		counter("network_softnet_squeezed_total", metric.None, "Times that a CPU ran out of time with packets still waiting."),
		gauge("network_conntrack_entries", metric.None, "Connections in the firewall's table."),
		gauge("network_conntrack_limit", metric.None, "Room in the firewall's table."),
		counter("network_conntrack_drops_total", metric.None, "Packets dropped because the table was full or two entries clashed."),
	}
}

// counterNames are the metrics that are protocol counters without labels.
func counterNames() []string {
	var names []string
	for _, m := range protocolMetrics() {
		if m.Kind == metric.Counter && m.Name != "network_conntrack_drops_total" {
			names = append(names, m.Name)
		}
	}
	return names
}
