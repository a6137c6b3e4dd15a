package vpn

import (
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// rules are the alerts that ship with the plugin.
func rules() []plugin.Rule {
	const minute = time.Minute
	return []plugin.Rule{
		{
			ID: "down", Name: "VPN does not answer", Severity: plugin.Critical, For: 2 * minute,
			Expr:    `up == 0`,
			Summary: "{{.Labels.source}} does not answer, or no interface is there.",
			Hint:    "The source's last run says why.",
		},
		{
			ID: "interface_down", Name: "WireGuard interface is down", Severity: plugin.Critical, For: 2 * minute,
			Expr:    `wireguard_device_up == 0`,
			Summary: "The interface {{.Labels.device}} of {{.Labels.source}} is down.",
			Hint:    "wg-quick up {{.Labels.device}}; the journal of its unit says why it went.",
		},
		{
			ID: "peer_missing", Name: "Peer is not connected", Severity: plugin.Warning, For: 10 * minute,
			Expr:    `wireguard_peer_missing == 1`,
			Summary: "{{.Labels.name}} should always be connected to {{.Labels.device}} of {{.Labels.source}}, and is silent.",
			Hint:    "See whether its machine is up, whether its address changed, and whether it has a keepalive.",
		},
		{
			ID: "nobody_active", Name: "No peer is active", Severity: plugin.Info, For: 30 * minute,
			Expr:    `wireguard_peers_active_ratio == 0`,
			Summary: "No peer of {{.Labels.device}} of {{.Labels.source}} is active.",
			Hint:    "That is fine while all of them sleep.",
		},
		{
			ID: "reconnecting", Name: "OpenVPN does not come back", Severity: plugin.Warning, For: 5 * minute,
			Expr:    `openvpn_state{state="reconnecting"} == 1`,
			Summary: "{{.Labels.source}} has been trying to connect again.",
			Hint:    "See whether the other side is up, and OpenVPN's log.",
		},
		{
			ID: "status_old", Name: "Status of OpenVPN is old", Severity: plugin.Warning, For: minute,
			Expr:    `openvpn_status_age_seconds > 180`,
			Summary: "The status file of {{.Labels.source}} was not written for a while.",
			Hint:    "See whether OpenVPN runs, and whether the disk is full.",
		},
	}
}
