package firewall

import (
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

// panels are what a person looks at, the most wanted first. Those of the kind that
// is not watched have nothing to show.
func panels() []plugin.Panel {
	zero, one := plugin.Bound(0), plugin.Bound(1)
	most, full := plugin.Bound(0.8), plugin.Bound(0.95)
	return []plugin.Panel{
		{
			Title: "Packets by verdict", Kind: plugin.Line, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{
				{Metric: "firewall_verdict_packets_total", Rate: true, Legend: "{verdict}"},
				{Metric: "firewall_interface_packets_total", Match: map[string]string{"action": "block"}, Rate: true, Legend: "{interface} {direction} {family} blocked", Top: 8},
			},
			Help: "Per second; only rules that count are seen.",
		},
		{
			Title: "Blocked packets in the log", Kind: plugin.Line, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{{Metric: "firewall_log_blocked_total", Rate: true, Legend: "{protocol} {direction}", Top: 6}},
		},
		{
			Title: "Connections followed", Kind: plugin.Gauge, Unit: metric.Ratio, Min: zero, Max: one, Warning: most, Critical: full,
			Queries: []plugin.Query{{Metric: "conntrack_usage_ratio", Legend: "table"}, {Metric: "pf_states_usage_ratio", Legend: "states"}},
		},
		{
			Title: "Active", Kind: plugin.Timeline, Unit: metric.Bool,
			Queries: []plugin.Query{{Metric: "firewall_active", Legend: "firewall"}, {Metric: "firewall_gateway_up", Legend: "gateway {gateway}"}},
		},
		{
			Title: "Rules with a name", Kind: plugin.Line, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{{Metric: "firewall_rule_packets_total", Rate: true, Legend: "{chain} {rule}", Top: 10}},
			Help:    "Packets per second of rules with a comment, and of counters with a name.",
		},
		{
			Title: "Addresses that were blocked", Kind: plugin.Line, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{{Metric: "firewall_blocked_sources", Legend: "addresses"}, {Metric: "firewall_suspicious_sources", Legend: "suspicious"}},
		},
		{
			Title: "Connections", Kind: plugin.Area, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{{Metric: "conntrack_entries", Legend: "followed"}, {Metric: "pf_states", Legend: "states"}},
		},
		{
			Title: "What no rule decides about", Kind: plugin.Timeline, Unit: metric.Bool,
			Queries: []plugin.Query{{Metric: "firewall_default_policy", Match: map[string]string{"direction": "input"}, Legend: "{family} {policy}"}},
		},
		{
			Title: "Sets", Kind: plugin.Line, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{{Metric: "firewall_set_elements", Legend: "{table} {set}", Top: 10}},
		},
		{
			Title: "Gateways", Kind: plugin.Line, Unit: metric.Seconds, Min: zero,
			Queries: []plugin.Query{{Metric: "firewall_gateway_rtt_seconds", Legend: "{gateway}"}},
		},
		{
			Title: "Traffic", Kind: plugin.Area, Unit: metric.BytesPerSecond,
			Queries: []plugin.Query{
				{Metric: "firewall_interface_receive_bytes_total", Rate: true, Legend: "{interface} received", Top: 8},
				{Metric: "firewall_interface_transmit_bytes_total", Rate: true, Legend: "{interface} sent", Top: 8, Negative: true},
			},
		},
		{
			Title: "Load", Kind: plugin.Line, Unit: metric.Ratio, Min: zero, Max: one,
			Queries: []plugin.Query{
				{Metric: "firewall_cpu_ratio", Legend: "processor"}, {Metric: "firewall_memory_ratio", Legend: "memory"}, {Metric: "firewall_disk_ratio", Legend: "disk"},
			},
		},
	}
}

// tables show the lists of the snapshot.
func tables() []plugin.Table {
	text, code, amount, moment, list := plugin.TextColumn, plugin.CodeColumn, plugin.NumberColumn, plugin.TimeColumn, plugin.ListColumn
	decided := plugin.Levels{OK: []string{accept, "allow"}, Warning: []string{reject, "limit"}, Critical: []string{drop, "deny"}}
	state := plugin.Levels{OK: []string{"active"}, Critical: []string{"off"}}
	const here = "Only the firewall of this machine has these."
	return []plugin.Table{
		{Title: "Gateways", Path: "gateways", Empty: "There are none; only OPNsense and pfSense have these.", Columns: []plugin.Column{
			text("name", "Gateway"), plugin.StatusColumn("status", "Status").With(plugin.Levels{OK: []string{"online"}, Critical: []string{"offline", "down"}}),
			code("address", "Address"), amount("rtt_seconds", "Answers in", metric.Seconds), amount("loss_ratio", "Lost", metric.Ratio),
		}},
		{Title: "Blocked addresses", Path: "top_blocked", Empty: "No packet was blocked within the window, as far as the kernel logs it.", Columns: []plugin.Column{
			code("source", "Address"), amount("count", "Packets", metric.None), list("ports", "Ports"), moment("first", "First"), moment("last", "Latest"),
			plugin.FlagColumn("is_private", "At home"), plugin.FlagColumn("suspicious", "Suspicious"),
		}},
		{Title: "Blocked ports", Path: "top_ports", Empty: "No packet was blocked within the window, as far as the kernel logs it.", Columns: []plugin.Column{
			code("port", "Port"), amount("count", "Packets", metric.None),
		}},
		{Title: "Latest blocked packets", Path: "recent_blocks", Empty: "None was seen yet.", Columns: []plugin.Column{
			moment("time", "Time"), code("source", "From"), code("target", "To"), text("protocol", "Protocol"), code("port", "Port"),
			text("interface", "Interface"), text("direction", "Direction"),
		}},
		{Title: "Rules of ufw", Path: "entries", Empty: "Only ufw has these.", Columns: []plugin.Column{
			plugin.StatusColumn("action", "Action").With(decided), text("direction", "Direction"), code("to", "To"), code("from", "From"), text("protocol", "Protocol"),
			text("interface", "Interface"), text("family", "Family"), text("comment", "Comment"),
		}},
		{Title: "Zones of firewalld", Path: "zones", Empty: "Only firewalld has these.", Columns: []plugin.Column{
			text("name", "Zone"), plugin.FlagColumn("active", "Active"), plugin.FlagColumn("default", "Default"), text("target", "Target"), list("interfaces", "Interfaces"),
			list("sources", "Sources"), list("services", "Services"), list("ports", "Ports"), list("forwards", "Forwarded"), list("rich_rules", "Rich rules"),
			plugin.FlagColumn("masquerade", "Masquerade"),
		}},
		{Title: "What no rule decides about", Path: "policies", Empty: here, Columns: []plugin.Column{
			text("direction", "Direction"), text("family", "Family"), plugin.StatusColumn("policy", "Policy").With(plugin.Levels{OK: []string{drop, reject, accept}}),
			plugin.FlagColumn("uncounted", "Not counted"),
		}},
		{Title: "Rules", Path: "rules", Empty: here, Columns: []plugin.Column{
			text("chain", "Chain"), code("text", "Rule"), plugin.StatusColumn("verdict", "Verdict").With(plugin.Levels{OK: []string{accept}, Warning: []string{reject}, Critical: []string{drop}}),
			amount("packets", "Packets", metric.None), amount("bytes", "Bytes", metric.Bytes), text("comment", "Comment"), text("family", "Family"), text("table", "Table"), code("handle", "Handle"),
		}},
		{Title: "Chains", Path: "chains", Empty: here, Columns: []plugin.Column{
			text("name", "Chain"), text("family", "Family"), text("table", "Table"), text("hook", "Hook"), text("policy", "Policy"),
			amount("rules", "Rules", metric.None), amount("packets", "Packets", metric.None), amount("bytes", "Bytes", metric.Bytes),
		}},
		{Title: "Sets", Path: "sets", Empty: "Only nftables has these.", Columns: []plugin.Column{
			text("name", "Set"), text("family", "Family"), text("table", "Table"), text("type", "Of"), amount("elements", "Elements", metric.None),
		}},
		{Title: "Interfaces", Path: "interfaces", Empty: "Only OPNsense and pfSense have these.", Columns: []plugin.Column{
			text("name", "Interface"), plugin.StatusColumn("status", "Status"), amount("received", "Received", metric.Bytes), amount("sent", "Sent", metric.Bytes),
			amount("receive_errors", "Faulty received", metric.None), amount("transmit_errors", "Not sent", metric.None),
		}},
		{Title: "Services", Path: "services", Empty: "Only OPNsense and pfSense have these.", Columns: []plugin.Column{
			text("name", "Service"), plugin.FlagColumn("running", "Running"), text("title", "What it does"),
		}},
		{Title: "Parts of the system", Path: "subsystems", Empty: "Only OPNsense has these.", Columns: []plugin.Column{
			text("name", "Part"), plugin.StatusColumn("status", "Status"), text("message", "Says"),
		}},
		{Title: "Firewall", Path: "summary", Columns: []plugin.Column{
			text("backend", "Kind"), plugin.StatusColumn("state", "State").With(state), text("version", "Version"),
		}},
	}
}
