package vpnmesh

import (
	"github.com/unity-homelab/unity/metric"
	"github.com/unity-homelab/unity/plugin"
)

// panels are what a person looks at, the most wanted first. What a provider does
// not tell has nothing to show.
func panels() []plugin.Panel {
	zero := plugin.Bound(0)
	const week, day = 7 * 24 * 3600, 24 * 3600
	return []plugin.Panel{
		{
			Title: "Peers", Kind: plugin.Stacked, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{
				{Metric: "mesh_peers", Match: map[string]string{"state": "online"}, Legend: "online"},
				{Metric: "mesh_peers", Match: map[string]string{"state": "offline"}, Legend: "offline"},
			},
		},
		{
			Title: "Traffic of peers", Kind: plugin.Area, Unit: metric.BytesPerSecond,
			Queries: []plugin.Query{
				{Metric: "mesh_peer_receive_bytes_total", Rate: true, Legend: "{peer} received", Top: 8},
				{Metric: "mesh_peer_transmit_bytes_total", Rate: true, Legend: "{peer} sent", Top: 8, Negative: true},
			},
		},
		{
			Title: "Online", Kind: plugin.Timeline, Unit: metric.Bool, Wide: true,
			Queries: []plugin.Query{{Metric: "mesh_peer_online", Legend: "{peer}", Top: 40}},
		},
		{
			Title: "How traffic goes", Kind: plugin.Stacked, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{{Metric: "mesh_peers_by_path", Legend: "{path}"}},
			Help:    "Peers that are online: directly, through a relay, which is slower, or idle while there is nothing to send.",
		},
		{
			Title: "Latency", Kind: plugin.Line, Unit: metric.Seconds, Min: zero,
			Queries: []plugin.Query{{Metric: "mesh_peer_latency_seconds", Legend: "{peer}", Top: 12}},
		},
		{
			Title: "Traffic by path", Kind: plugin.Area, Unit: metric.BytesPerSecond,
			Queries: []plugin.Query{
				{Metric: "tailscaled_inbound_bytes_total", Rate: true, Legend: "{path} received", Top: 3},
				{Metric: "tailscaled_outbound_bytes_total", Rate: true, Legend: "{path} sent", Top: 3, Negative: true},
			},
		},
		{
			Title: "Since the latest handshake", Kind: plugin.Line, Unit: metric.Seconds, Min: zero,
			Queries: []plugin.Query{{Metric: "mesh_peer_last_handshake_age_seconds", Legend: "{peer}", Top: 12}},
		},
		{
			Title: "Key of this machine", Kind: plugin.Stat, Unit: metric.Seconds, Warning: plugin.Bound(week), Critical: plugin.Bound(day),
			Queries: []plugin.Query{{Metric: "mesh_self_key_remaining_seconds", Legend: "until it ends"}},
		},
		{
			Title: "Keys of peers", Kind: plugin.Line, Unit: metric.Seconds,
			Queries: []plugin.Query{{Metric: "mesh_peer_key_remaining_seconds", Legend: "{peer}", Top: 12}},
			Help:    "Time until they end. A machine whose key is over has to be signed in again by somebody who is at it.",
		},
		{
			Title: "State", Kind: plugin.Timeline, Unit: metric.Bool, Levels: stateLevels(),
			Queries: []plugin.Query{{Metric: "mesh_backend_state", Legend: "{state}"}},
		},
		{
			Title: "Services", Kind: plugin.Timeline, Unit: metric.Bool,
			Queries: []plugin.Query{{Metric: "mesh_control_connected", Legend: "{service}"}},
		},
		{
			Title: "Networks", Kind: plugin.Timeline, Unit: metric.Bool,
			Queries: []plugin.Query{{Metric: "zerotier_network_ok", Legend: "{name} {network}"}},
		},
		{
			Title: "Routes", Kind: plugin.Line, Unit: metric.None, Min: zero,
			Queries: []plugin.Query{{Metric: "mesh_routes", Legend: "{state}"}},
		},
		{
			Title: "Wait to be let in", Kind: plugin.Stat, Unit: metric.None,
			Queries: []plugin.Query{{Metric: "mesh_pending_nodes", Legend: "machines"}},
		},
	}
}

// stateLevels say how good the states are.
func stateLevels() plugin.Levels {
	return plugin.Levels{
		OK:       []string{"running", "online", "connected"},
		Warning:  []string{"starting", "connecting", "stopped", "idle", "no_state", "in_use_other_user"},
		Critical: []string{"needs_login", "needs_machine_auth", "login_failed", "session_expired", "offline"},
	}
}

// tables show the lists of the snapshot.
func tables() []plugin.Table {
	text, code, amount, moment, list := plugin.TextColumn, plugin.CodeColumn, plugin.NumberColumn, plugin.TimeColumn, plugin.ListColumn
	peers := plugin.Levels{OK: []string{statusOnline}, Warning: []string{statusPending}, Critical: []string{statusMissing, statusExpired}}
	networks := plugin.Levels{OK: []string{"OK"}, Warning: []string{"REQUESTING_CONFIGURATION", "AUTHENTICATION_REQUIRED"}, Critical: []string{"ACCESS_DENIED", "NOT_FOUND", "PORT_ERROR", "CLIENT_TOO_OLD", "not joined"}}
	return []plugin.Table{
		{Title: "Peers", Path: "peers", Empty: "There are none.", Columns: []plugin.Column{
			text("name", "Name"), plugin.StatusColumn("status", "Status").With(peers), list("ips", "Addresses"), text("os", "System"), text("path", "Path"),
			code("through", "Through"), amount("latency_seconds", "Latency", metric.Seconds), moment("last_seen", "Last seen"), moment("last_handshake", "Latest handshake"),
			amount("received", "Received", metric.Bytes), amount("sent", "Sent", metric.Bytes),
		}},
		{Title: "Keys and routes", Path: "peers", Empty: "There are none.", Columns: []plugin.Column{
			text("name", "Name"), moment("key_expiry", "Key until"), list("routes", "Routes"), list("unapproved", "Routes to approve"),
			plugin.FlagColumn("exit_node", "Exit node in use"), text("user", "User"), text("version", "Version"), list("tags", "Tags"), code("id", "ID"),
		}},
		{Title: "Networks", Path: "networks", Empty: "There are none; only ZeroTier has these.", Columns: []plugin.Column{
			text("name", "Name"), code("id", "ID"), plugin.StatusColumn("status", "Status").With(networks), text("device", "Device"), list("addresses", "Addresses"),
			list("routes", "Routes"), amount("mtu", "MTU", metric.None), amount("members", "Members", metric.None), amount("pending", "Wait", metric.None),
		}},
		{Title: "Services", Path: "services", Empty: "Nothing is told of them.", Columns: []plugin.Column{
			text("service", "Service"), plugin.StatusColumn("status", "Status").With(plugin.Levels{OK: []string{"connected"}, Critical: []string{"not connected"}}),
			code("address", "Address"), text("detail", "Says"),
		}},
		{Title: "Name servers", Path: "dns", Empty: "There are none; NetBird and ZeroTier tell them.", Columns: []plugin.Column{
			list("servers", "Servers"), list("domains", "For"), plugin.FlagColumn("enabled", "In use"), text("detail", "Says"),
		}},
		{Title: "Complaints", Path: "warnings", Empty: "There are none.", Columns: []plugin.Column{text("text", "What")}},
		{Title: "Mesh", Path: "summary", Columns: []plugin.Column{
			text("provider", "What is asked"), text("network", "Network"), plugin.StatusColumn("state", "State").With(stateLevels()), text("version", "Version"),
			text("name", "This machine"), list("ips", "Its addresses"), moment("key_expiry", "Its key until"),
			amount("peers", "Peers", metric.None), amount("online", "Online", metric.None), amount("relayed", "Relayed", metric.None), text("latest_version", "Newer version"),
		}},
	}
}
