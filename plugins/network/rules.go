package network

import (
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// rules are the alerts that ship with the plugin. Where two series meet they
// are matched on host, source and device.
func rules() []plugin.Rule {
	return []plugin.Rule{
		{
			ID: "link_down", Name: "Link down", For: time.Minute, Severity: plugin.Warning,
			Expr:    `network_carrier{kind=~"ethernet|wireless|bond"} == 0 and max_over_time(network_carrier[1d]) == 1`,
			Summary: "{{.Labels.device}} has lost its link",
			Hint:    "Check the cable and the switch port at its other end.",
		},
		{
			ID: "link_flapping", Name: "Link flapping", Severity: plugin.Warning,
			Expr:    `increase(network_carrier_changes_total[15m]) > 4`,
			Summary: "the link of {{.Labels.device}} comes and goes",
			Hint:    "A bad cable, or energy-saving Ethernet that the two ends do not agree on.",
		},
		{
			ID: "link_slower", Name: "Link slower than it was", For: 5 * time.Minute, Severity: plugin.Warning,
			Expr:    `network_speed_bits_per_second < max_over_time(network_speed_bits_per_second[7d])`,
			Summary: "{{.Labels.device}} has negotiated a lower speed than in the days before",
			Hint:    "One broken pair in a cable turns gigabit into 100 Mbit/s.",
		},
		{
			ID: "bond_degraded", Name: "Bond degraded", For: time.Minute, Severity: plugin.Warning,
			Expr:    `network_bond_slaves{state="down"} > 0`,
			Summary: "{{.Value}} interfaces of {{.Labels.device}} are down",
		},
		{
			ID: "link_saturated", Name: "Link saturated", For: 5 * time.Minute, Severity: plugin.Warning,
			Expr: `avg_over_time(network_receive_utilization_ratio[5m]) > 0.9` +
				` or avg_over_time(network_transmit_utilization_ratio[5m]) > 0.9`,
			Summary: "{{.Labels.device}} is used to its limit",
		},
		{
			ID: "packets_dropped", Name: "Packets dropped", For: 5 * time.Minute, Severity: plugin.Warning,
			Expr:    droppedExpr(),
			Summary: "{{.Labels.device}} drops packets",
			Hint:    "Larger ring buffers (ethtool -G) help a card that is too slow to be emptied; on bridges and old switches unknown protocols count as drops.",
		},
		{
			ID: "interface_errors", Name: "Interface errors", Severity: plugin.Warning,
			Expr:    `increase(network_receive_errors_total[10m]) >= 5 or increase(network_transmit_errors_total[10m]) >= 5`,
			Summary: "{{.Labels.device}} counts errors",
			Hint:    "Mostly a cable, a plug or a duplex that the two ends do not agree on.",
		},
		{
			ID: "conntrack_filling", Name: "Connection table filling up", For: 5 * time.Minute, Severity: plugin.Warning,
			Expr:    `network_conntrack_entries / network_conntrack_limit > 0.85`,
			Summary: "the firewall's connection table is filling up",
			Hint:    "Raise net.netfilter.nf_conntrack_max.",
		},
		{
			ID: "conntrack_full", Name: "Connection table full", For: time.Minute, Severity: plugin.Critical,
			Expr:    `network_conntrack_entries / network_conntrack_limit > 0.95`,
			Summary: "the firewall's connection table is full; new connections are dropped",
			Hint:    "Raise net.netfilter.nf_conntrack_max, and see with conntrack -L who fills it.",
		},
		{
			ID: "listen_overflows", Name: "Connections turned away", For: time.Minute, Severity: plugin.Warning,
			Expr:    `rate(network_tcp_listen_overflows_total[5m]) > 1`,
			Summary: "a program does not take its connections fast enough",
			Hint:    "ss -lnt shows a full Recv-Q next to the program's port.",
		},
		{
			ID: "tcp_retransmits", Name: "TCP sends much again", For: 10 * time.Minute, Severity: plugin.Warning,
			Expr: `rate(network_tcp_retransmitted_segments_total[10m]) / rate(network_tcp_out_segments_total[10m]) > 0.05` +
				` and rate(network_tcp_out_segments_total[10m]) > 10`,
			Summary: "more than one segment in twenty has to be sent again",
		},
		{
			ID: "wireless_weak", Name: "Wireless signal weak", For: 15 * time.Minute, Severity: plugin.Info,
			Expr:    `network_wireless_signal_dbm < -75`,
			Summary: "{{.Labels.device}} hears its access point at {{.Value}} dBm only",
		},
		{
			ID: "gateway_loss", Name: "Gateway does not answer", For: 5 * time.Minute, Severity: plugin.Critical,
			Expr:    `network_ping_loss_ratio{destination="gateway"} > 0.5`,
			Summary: "most pings to the gateway are lost",
		},
		{
			ID: "target_loss", Name: "Ping target does not answer", For: 5 * time.Minute, Severity: plugin.Warning,
			Expr:    `network_ping_loss_ratio{destination!="gateway"} > 0.5`,
			Summary: "most pings to {{.Labels.destination}} are lost",
		},
	}
}

// droppedExpr is true where more than 2 % of more than 1,000 packets were
// dropped in ten minutes; 10 % on wireless links, which live with it.
func droppedExpr() string {
	const (
		drops = `(increase(network_receive_dropped_total[10m]) + increase(network_transmit_dropped_total[10m]))`
		all   = `(increase(network_receive_packets_total[10m]) + increase(network_transmit_packets_total[10m]))`
		wifi  = `on(host, source, device) network_carrier{kind="wireless"}`
	)
	return `((` + drops + ` / ` + all + ` > 0.02 unless ` + wifi + `) or ` + drops + ` / ` + all + ` > 0.1) and ` + all + ` > 1000`
}
