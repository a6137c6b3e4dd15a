package vpnmesh

import (
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// rules are the alerts that ship with the plugin.
func rules() []plugin.Rule {
	const minute, day = time.Minute, 24 * time.Hour
	return []plugin.Rule{
		{
			ID: "mesh_away", Name: "Mesh does not answer", Severity: plugin.Warning, For: 5 * minute,
			Expr: `up == 0`, Summary: "{{.Labels.source}} does not answer usably.", Hint: "The source's last run says why.",
		},
		{
			ID: "mesh_not_connected", Name: "Not connected to the mesh", Severity: plugin.Critical, For: 5 * minute,
			Expr: `mesh_connected == 0`, Summary: "The machine of {{.Labels.source}} is not part of its mesh ({{.Labels.provider}}).",
			Hint: "Its page says which state it is in; it may have to be signed in again: tailscale up, netbird up.",
		},
		{
			ID: "mesh_peer_missing", Name: "Peer is not online", Severity: plugin.Warning, For: 10 * minute,
			Expr: `mesh_peer_missing == 1`, Summary: "{{.Labels.peer}} should always be online in {{.Labels.source}}, and is not.",
			Hint: "See whether its machine is up and whether its key is over.",
		},
		{
			ID: "mesh_key_ends", Name: "Key ends soon", Severity: plugin.Warning, For: minute,
			Expr: `mesh_self_key_remaining_seconds < 7 * 24 * 3600`, Summary: "The key of this machine in {{.Labels.provider}} ends in {{.Value}} s.",
			Hint: "Sign it in again, or switch the end of its key off where the network is administered.",
		},
		{
			ID: "mesh_key_ends_today", Name: "Key ends within a day", Severity: plugin.Critical, For: minute,
			Expr: `mesh_self_key_remaining_seconds < 24 * 3600`, Summary: "The key of this machine in {{.Labels.provider}} ends in {{.Value}} s; negative is over.",
			Hint: "Sign it in again now: once it is over, the machine is reached another way only.",
		},
		{
			ID: "mesh_health", Name: "Mesh complains", Severity: plugin.Info, For: 30 * minute,
			Expr: `mesh_health_warnings > 0`, Summary: "{{.Labels.source}} complains of {{.Value}} things.", Hint: "Its page lists them under Complaints.",
		},
		{
			ID: "mesh_relayed", Name: "Peer is only relayed", Severity: plugin.Info, For: day,
			Expr: `mesh_peer_relayed == 1`, Summary: "Traffic to {{.Labels.peer}} went through a relay for a day.",
			Hint: "A firewall keeps UDP from going directly; open a port for it at one of the two ends.",
		},
		{
			ID: "zerotier_network_down", Name: "ZeroTier network is not usable", Severity: plugin.Warning, For: 10 * minute,
			Expr: `zerotier_network_ok == 0`, Summary: "This machine is no member of the network {{.Labels.name}} ({{.Labels.network}}).",
			Hint: "Its page says why: the controller may have to authorize the machine.",
		},
		{
			ID: "mesh_routes_wait", Name: "Routes wait for approval", Severity: plugin.Info, For: time.Hour,
			Expr: `mesh_routes{state="unapproved"} > 0`, Summary: "{{.Value}} routes of {{.Labels.source}} are offered and not approved.",
			Hint: "Approve them where the network is administered, or stop advertising them.",
		},
	}
}
