package firewall

import (
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// rules are the alerts that ship with the plugin.
func rules() []plugin.Rule {
	const minute = time.Minute
	return []plugin.Rule{
		{
			ID: "off", Name: "Firewall is off", Severity: plugin.Critical, For: 5 * minute,
			Expr:    `firewall_active == 0 and max_over_time(firewall_active[1d]) == 1`,
			Summary: "The firewall of {{.Labels.source}} is off, and was on.",
			Hint:    "ufw enable, systemctl start nftables or systemctl start firewalld; its journal says why it ended.",
		},
		{
			ID: "input_open", Name: "Everything may come in", Severity: plugin.Info, For: time.Hour,
			Expr:    `firewall_default_policy{direction="input",policy="accept"} == 1`,
			Summary: "What no rule decides about may come in at {{.Labels.source}} ({{.Labels.family}}).",
			Hint:    "That is fine behind another firewall; else set the policy of input to drop.",
		},
		{
			ID: "scan", Name: "One address is blocked again and again", Severity: plugin.Warning, For: 5 * minute,
			Expr:    `firewall_suspicious_sources > 0`,
			Summary: "{{.Value}} addresses were blocked very often at {{.Labels.source}}.",
			Hint:    "The table of blocked addresses shows who; one at home may be infected.",
		},
		{
			ID: "conntrack_filling", Name: "Table of connections fills up", Severity: plugin.Warning, For: 5 * minute,
			Expr:    `conntrack_usage_ratio > 0.8`,
			Summary: "The table of connections of {{.Labels.source}} is nearly full.",
			Hint:    "Raise net.netfilter.nf_conntrack_max, or see who opens so many.",
		},
		{
			ID: "conntrack_full", Name: "Table of connections is full", Severity: plugin.Critical, For: minute,
			Expr:    `conntrack_usage_ratio > 0.95`,
			Summary: "The table of connections of {{.Labels.source}} is full: new ones are dropped.",
			Hint:    "Raise net.netfilter.nf_conntrack_max.",
		},
		{
			ID: "states_filling", Name: "Table of states fills up", Severity: plugin.Warning, For: 5 * minute,
			Expr:    `pf_states_usage_ratio > 0.8`,
			Summary: "The table of states of {{.Labels.source}} is nearly full.",
			Hint:    "Raise the maximum of states in the advanced settings of the firewall.",
		},
		{
			ID: "gateway_down", Name: "Gateway is down", Severity: plugin.Critical, For: 2 * minute,
			Expr:    `firewall_gateway_up == 0`,
			Summary: "The gateway {{.Labels.gateway}} of {{.Labels.source}} is down.",
			Hint:    "See the modem and the provider, and whether the address that is asked still answers.",
		},
		{
			ID: "gateway_loss", Name: "Gateway loses packets", Severity: plugin.Warning, For: 5 * minute,
			Expr:    `firewall_gateway_loss_ratio > 0.1`,
			Summary: "The gateway {{.Labels.gateway}} of {{.Labels.source}} loses more than a tenth of all packets.",
			Hint:    "See the line, and whether it is full.",
		},
		{
			ID: "reboot", Name: "Firewall wants to be restarted", Severity: plugin.Info, For: time.Hour,
			Expr:    `firewall_reboot_required == 1`,
			Summary: "An update of {{.Labels.source}} needs a restart.",
			Hint:    "Restart it at a quiet hour.",
		},
	}
}
