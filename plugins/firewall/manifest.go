package firewall

import (
	"time"

	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

func manifest() plugin.Manifest {
	return plugin.Manifest{
		ID: "firewall_monitor", Name: "Firewall", Category: plugin.Security, Icon: "shield",
		Summary: "Rules of nftables, iptables, ufw and firewalld on this machine, OPNsense and pfSense: what they count, and what is blocked.",
		Description: "Reads the rules of this machine's firewall with their counters, the table of connections and what the kernel logs of blocked packets, " +
			"or asks an OPNsense or a pfSense for its gateways, interfaces, services and states. Tells when rules change, when the firewall is off " +
			"and when one address is blocked again and again.",
		Tags:     []string{"nftables", "iptables", "ufw", "firewalld", "opnsense", "pfsense", "conntrack", "netfilter"},
		Interval: time.Minute, Timeout: 30 * time.Second,
		Rights: plugin.Rights{
			Commands: []string{
				"nft", "iptables-save", "ip6tables-save", "iptables-legacy-save", "ip6tables-legacy-save", "firewall-cmd", "journalctl",
			},
			Paths: []string{
				"/etc/ufw/*", "/etc/default/ufw", "/proc/sys/net/netfilter/*", "/proc/net/stat/nf_conntrack", "/var/log", "/run/log/journal", bus,
			},
			Network: true,
			Notes:   "This machine: root, the capability CAP_NET_ADMIN, or sudo for the commands that list rules. Logs: the group adm or systemd-journal. See Set-up.",
		},
		Metrics: append(localMetrics(), applianceMetrics()...), Panels: panels(), Tables: tables(), Rules: rules(),
	}
}

func gauge(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
	return metric.Definition{Name: name, Kind: metric.Gauge, Unit: unit, Help: help, Labels: labels}
}

func counter(name string, unit metric.Unit, help string, labels ...string) metric.Definition {
	return metric.Definition{Name: name, Kind: metric.Counter, Unit: unit, Help: help, Labels: labels}
}

func localMetrics() []metric.Definition {
	chain := []string{"family", "table", "chain"}
	return []metric.Definition{
		gauge("firewall_info", metric.None, "Always 1; its labels say what makes the rules, and the version of what was asked.", "backend", "version"),
		gauge("firewall_active", metric.Bool, "1 while the firewall is enabled and its rules are loaded; absent while that cannot be told."),
		gauge("firewall_default_policy", metric.Bool, "1 for what happens to a packet that no particular rule decides about.", "family", "direction", "policy"),
		gauge("firewall_rules", metric.None, "Rules of a chain.", chain...),
		counter("firewall_chain_packets_total", metric.None, "Packets that the rules of a chain counted, and, with iptables, its policy.", chain...),
		counter("firewall_chain_bytes_total", metric.Bytes, "Bytes that the rules of a chain counted, and, with iptables, its policy.", chain...),
		counter("firewall_verdict_packets_total", metric.None, "Packets that rules which filter and count accepted, dropped or rejected.", "verdict"),
		counter("firewall_verdict_bytes_total", metric.Bytes, "Bytes that rules which filter and count accepted, dropped or rejected.", "verdict"),
		counter("firewall_rule_packets_total", metric.None, "Packets that rules with a comment, or counters with a name, counted.", append(chain, "rule")...),
		counter("firewall_rule_bytes_total", metric.Bytes, "Bytes that rules with a comment, or counters with a name, counted.", append(chain, "rule")...),
		gauge("firewall_set_elements", metric.None, "Elements of a set or map of nftables.", "family", "table", "set"),
		counter("firewall_ruleset_changes_total", metric.None, "How often the rules were others than in the run before."),
		counter("firewall_log_blocked_total", metric.None, "Blocked packets that the kernel logged; it logs some of them only.", "protocol", "direction"),
		gauge("firewall_blocked_sources", metric.None, "Addresses of which packets were blocked within the window; up to 200 in a tenth of it."),
		gauge("firewall_suspicious_sources", metric.None, "Addresses of which at least as many packets were blocked within the window as the setting says."),
		gauge("conntrack_entries", metric.None, "Connections that the kernel follows."),
		gauge("conntrack_limit", metric.None, "Connections that the kernel can follow."),
		gauge("conntrack_usage_ratio", metric.Ratio, "How full the table of connections is."),
		counter("conntrack_drops_total", metric.None, "Packets dropped because their connection could not be followed."),
		counter("conntrack_early_drops_total", metric.None, "Connections that were forgotten early to make room."),
		counter("conntrack_insert_failed_total", metric.None, "Connections that could not be entered, mostly because two packets raced."),
	}
}

func applianceMetrics() []metric.Definition {
	return []metric.Definition{
		gauge("pf_states", metric.None, "Connections that the packet filter follows."),
		gauge("pf_states_limit", metric.None, "Connections that the packet filter can follow."),
		gauge("pf_states_usage_ratio", metric.Ratio, "How full the table of states is."),
		gauge("firewall_gateway_up", metric.Bool, "1 while the gateway is up; absent where nobody watches it.", "gateway"),
		gauge("firewall_gateway_rtt_seconds", metric.Seconds, "How long the gateway takes to answer.", "gateway"),
		gauge("firewall_gateway_loss_ratio", metric.Ratio, "Share of the questions to the gateway that are lost.", "gateway"),
		counter("firewall_interface_packets_total", metric.None, "Packets that passed or were blocked; family is all where IPv4 and IPv6 are not told apart.", "interface", "direction", "family", "action"),
		counter("firewall_interface_receive_bytes_total", metric.Bytes, "Bytes received.", "interface"),
		counter("firewall_interface_transmit_bytes_total", metric.Bytes, "Bytes sent.", "interface"),
		counter("firewall_interface_receive_errors_total", metric.None, "Packets received with faults.", "interface"),
		counter("firewall_interface_transmit_errors_total", metric.None, "Packets that could not be sent.", "interface"),
		gauge("firewall_service_running", metric.Bool, "1 while the service runs.", "service"),
		gauge("firewall_subsystem_ok", metric.Bool, "1 while OPNsense has nothing to say about this part of it.", "subsystem"),
		gauge("firewall_updates_available", metric.None, "Packages that can be updated or are new; absent until the appliance has looked."),
		gauge("firewall_reboot_required", metric.Bool, "1 while an update needs a restart."),
		gauge("firewall_cpu_ratio", metric.Ratio, "How busy the processor is."),
		gauge("firewall_memory_ratio", metric.Ratio, "How full the memory is."),
		gauge("firewall_disk_ratio", metric.Ratio, "How full the disk is."),
		gauge("firewall_temperature_celsius", metric.Celsius, "Temperature of a sensor.", "sensor"),
		gauge("firewall_uptime_seconds", metric.Seconds, "Since when the appliance runs."),
	}
}
