package network

import (
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func panels() []plugin.Panel {
	return []plugin.Panel{
		{
			Title: "Traffic", Kind: plugin.Area, Unit: metric.BytesPerSecond, Wide: true,
			Queries: []plugin.Query{
				{Metric: "network_receive_bytes_total", Rate: true, Legend: "{device} received", Top: 8},
				{Metric: "network_transmit_bytes_total", Rate: true, Legend: "{device} sent", Negative: true, Top: 8},
			},
			Help: "Received above the axis, sent below it.",
		},
		{
			Title: "TCP connections", Kind: plugin.Stacked, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "network_tcp_connections", Legend: "{state}"}},
		},
		{
			Title: "Links", Kind: plugin.Timeline, Unit: metric.Bool,
			Queries: []plugin.Query{{Metric: "network_carrier", Legend: "{device}"}},
			Help:    "Which interfaces had a link, and when.",
		},
		{
			Title: "Utilisation", Kind: plugin.Line, Unit: metric.Ratio, Min: plugin.Bound(0), Max: plugin.Bound(1),
			Warning: plugin.Bound(0.9),
			Queries: []plugin.Query{
				{Metric: "network_receive_utilization_ratio", Legend: "{device} received"},
				{Metric: "network_transmit_utilization_ratio", Legend: "{device} sent"},
			},
			Help: "Part of the negotiated speed in use.",
		},
		{
			Title: "Errors and drops", Kind: plugin.Line, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{
				{Metric: "network_receive_errors_total", Rate: true, Legend: "{device} receive errors/s"},
				{Metric: "network_transmit_errors_total", Rate: true, Legend: "{device} send errors/s"},
				{Metric: "network_receive_dropped_total", Rate: true, Legend: "{device} receive drops/s"},
				{Metric: "network_transmit_dropped_total", Rate: true, Legend: "{device} send drops/s"},
			},
		},
		{
			Title: "Packets", Kind: plugin.Line, Unit: metric.None,
			Queries: []plugin.Query{
				{Metric: "network_receive_packets_total", Rate: true, Legend: "{device} received/s", Top: 8},
				{Metric: "network_transmit_packets_total", Rate: true, Legend: "{device} sent/s", Negative: true, Top: 8},
			},
		},
		{
			Title: "TCP trouble", Kind: plugin.Line, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{
				{Metric: "network_tcp_retransmitted_segments_total", Rate: true, Legend: "sent again/s"},
				{Metric: "network_tcp_attempt_fails_total", Rate: true, Legend: "attempts in vain/s"},
				{Metric: "network_tcp_estab_resets_total", Rate: true, Legend: "resets/s"},
				{Metric: "network_tcp_listen_drops_total", Rate: true, Legend: "turned away/s"},
			},
		},
		{
			Title: "Ping", Kind: plugin.Line, Unit: metric.Seconds, Min: plugin.Bound(0),
			Queries: []plugin.Query{{Metric: "network_ping_rtt_seconds", Legend: "{destination}"}},
		},
		{
			Title: "Ping loss", Kind: plugin.Line, Unit: metric.Ratio, Min: plugin.Bound(0), Max: plugin.Bound(1),
			Critical: plugin.Bound(0.5),
			Queries:  []plugin.Query{{Metric: "network_ping_loss_ratio", Legend: "{destination}"}},
		},
		{
			Title: "Connection table", Kind: plugin.Line, Unit: metric.None, Min: plugin.Bound(0),
			Queries: []plugin.Query{
				{Metric: "network_conntrack_entries", Legend: "entries"},
				{Metric: "network_conntrack_limit", Legend: "room"},
			},
		},
		{
			Title: "Wireless signal", Kind: plugin.Line, Unit: metric.DecibelMilliwatts,
			Warning: plugin.Bound(-75), Critical: plugin.Bound(-85),
			Queries: []plugin.Query{{Metric: "network_wireless_signal_dbm", Legend: "{device}"}},
		},
	}
}

func tables() []plugin.Table {
	return []plugin.Table{
		{
			Title: "Interfaces", Path: "interfaces", Empty: "No interface is watched; see interface_exclude.",
			Columns: []plugin.Column{
				{Key: "state", Title: "State", Kind: plugin.CellStatus},
				{Key: "name", Title: "Interface", Kind: plugin.CellCode},
				{Key: "kind", Title: "Kind", Kind: plugin.CellText},
				{Key: "addresses", Title: "Addresses", Kind: plugin.CellList},
				{Key: "receive_bytes_per_second", Title: "Receiving", Kind: plugin.CellNumber, Unit: metric.BytesPerSecond},
				{Key: "transmit_bytes_per_second", Title: "Sending", Kind: plugin.CellNumber, Unit: metric.BytesPerSecond},
				{Key: "received_bytes", Title: "Received", Kind: plugin.CellNumber, Unit: metric.Bytes},
				{Key: "sent_bytes", Title: "Sent", Kind: plugin.CellNumber, Unit: metric.Bytes},
				{Key: "errors", Title: "Errors", Kind: plugin.CellNumber},
				{Key: "drops", Title: "Drops", Kind: plugin.CellNumber},
				{Key: "speed_bits_per_second", Title: "Speed", Kind: plugin.CellNumber, Unit: metric.BitsPerSecond},
				{Key: "duplex", Title: "Duplex", Kind: plugin.CellText},
				{Key: "mtu", Title: "MTU", Kind: plugin.CellNumber, Unit: metric.Bytes},
				{Key: "mac", Title: "MAC", Kind: plugin.CellCode},
				{Key: "master", Title: "Part of", Kind: plugin.CellCode},
				{Key: "bond", Title: "Bond", Kind: plugin.CellText},
			},
		},
		{
			Title: "Open ports", Path: "listeners", Empty: "Nothing listens, or listeners are not collected.",
			Columns: []plugin.Column{
				{Key: "proto", Title: "Protocol", Kind: plugin.CellText},
				{Key: "port", Title: "Port", Kind: plugin.CellCode},
				{Key: "address", Title: "Address", Kind: plugin.CellCode},
				{Key: "process", Title: "Program", Kind: plugin.CellText},
				{Key: "pid", Title: "PID", Kind: plugin.CellCode},
				{Key: "unit", Title: "Unit", Kind: plugin.CellCode},
			},
		},
		{
			Title: "Most connections", Path: "top_peers", Empty: "No connection to another machine.",
			Columns: []plugin.Column{
				{Key: "remote", Title: "Other machine", Kind: plugin.CellCode},
				{Key: "count", Title: "Connections", Kind: plugin.CellNumber},
			},
		},
		{
			Title: "Default routes", Path: "default_routes", Empty: "There is no way out of the local networks.",
			Columns: []plugin.Column{
				{Key: "interface", Title: "Interface", Kind: plugin.CellCode},
				{Key: "gateway", Title: "Gateway", Kind: plugin.CellCode},
				{Key: "family", Title: "Family", Kind: plugin.CellText},
				{Key: "metric", Title: "Metric", Kind: plugin.CellNumber},
			},
		},
		{
			Title: "Pings", Path: "pings", Empty: "Nothing is pinged; see probe_gateway and probe_targets.",
			Columns: []plugin.Column{
				{Key: "target", Title: "Target", Kind: plugin.CellCode},
				{Key: "rtt_seconds", Title: "Round trip", Kind: plugin.CellNumber, Unit: metric.Seconds},
				{Key: "loss_ratio", Title: "Loss", Kind: plugin.CellNumber, Unit: metric.Ratio},
			},
		},
	}
}
