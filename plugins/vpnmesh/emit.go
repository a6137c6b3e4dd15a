package vpnmesh

import (
	"cmp"
	"slices"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// maxSeries bounds how many peers have series of their own.
const maxSeries = 200

// emit puts what was seen into the batch.
func (s *sight) emit(out *plugin.Batch) {
	provider := []string{"provider", s.provider}
	with := func(labels ...string) []string { return append(slices.Clone(provider), labels...) }
	out.Add("mesh_info", 1, with(label("version", plugin.Shorten(s.version, 60))...)...)
	if s.connected != nil {
		out.AddBool("mesh_connected", *s.connected, provider...)
	}
	if s.provider == tailscale {
		out.Add("mesh_health_warnings", float64(len(s.warnings)), provider...)
	}
	if s.state != "" {
		out.AddState("mesh_backend_state", s.state, states(s.provider), provider...)
	}
	s.emitCounts(with, out)
	if s.self != nil {
		if left, known := s.self.ends(s.now); known {
			out.Add("mesh_self_key_remaining_seconds", left.Seconds(), provider...)
		}
	}
	if s.routes != nil {
		for state, n := range map[string]float64{"advertised": s.routes.advertised, "approved": s.routes.approved, "unapproved": s.routes.unapproved} {
			out.Add("mesh_routes", n, with("state", state)...)
		}
	}
	for name, flag := range map[string]*bool{"mesh_exit_node_online": s.exitNode, "mesh_update_available": s.update} {
		if flag != nil {
			out.AddBool(name, *flag, provider...)
		}
	}
	if s.fallback != nil {
		out.AddBool("zerotier_tcp_fallback", *s.fallback)
	}
	for _, row := range s.services {
		out.AddBool("mesh_control_connected", row.connected, with("service", row.Service)...)
	}
	if s.pending != nil {
		out.Add("mesh_pending_nodes", float64(*s.pending), provider...)
	}
	for _, n := range s.networks {
		if n.Status != "" {
			out.AddBool("zerotier_network_ok", n.Status == "OK", append(label("name", plugin.Shorten(n.Name, 60)), "network", n.ID)...)
		}
	}
	for _, f := range s.figures {
		out.Add(f.name, f.value, f.labels...)
	}
	for _, p := range s.first() {
		s.emitPeer(p, with, out)
	}
	for _, name := range s.unknown {
		out.Add("mesh_peer_missing", 1, with("peer", plugin.Shorten(name, 60))...)
	}
}

// label is a label, or none where there is nothing to say.
func label(name, value string) []string {
	if value == "" {
		return nil
	}
	return []string{name, value}
}

// emitCounts counts the peers.
func (s *sight) emitCounts(with func(...string) []string, out *plugin.Batch) {
	state := map[string]float64{"total": float64(len(s.peers)), "online": 0, "offline": 0}
	path := map[string]float64{pathDirect: 0, pathRelay: 0, pathIdle: 0}
	told := false
	for _, p := range s.peers {
		switch {
		case p.isOnline():
			state["online"]++
		case p.online != nil:
			state["offline"]++
		}
		if p.path != "" {
			told = true
			path[p.path]++
		}
	}
	for name, n := range state {
		out.Add("mesh_peers", n, with("state", name)...)
	}
	if told {
		for name, n := range path {
			out.Add("mesh_peers_by_path", n, with("path", name)...)
		}
	}
	out.Add("mesh_peers_left_out", float64(max(len(s.peers)-maxSeries, 0)), with()...)
}

// first are the peers with series of their own: those that should be online, and
// then by name.
func (s *sight) first() []*peer {
	if len(s.peers) <= maxSeries {
		return s.peers
	}
	list := slices.Clone(s.peers)
	rank := func(p *peer) int {
		if p.expected {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(list, func(a, b *peer) int { return cmp.Compare(rank(a), rank(b)) })
	return list[:maxSeries]
}

func (s *sight) emitPeer(p *peer, with func(...string) []string, out *plugin.Batch) {
	labels := with("peer", p.name)
	if p.online != nil {
		out.AddBool("mesh_peer_online", *p.online, append(with("peer", p.name), label("os", p.os)...)...)
		if p.expected {
			out.AddBool("mesh_peer_missing", !*p.online, labels...)
		}
	}
	for name, value := range map[string]*float64{
		"mesh_peer_receive_bytes_total": p.received, "mesh_peer_transmit_bytes_total": p.sent, "mesh_peer_latency_seconds": p.latency,
	} {
		if value != nil {
			out.Add(name, *value, labels...)
		}
	}
	for name, at := range map[string]time.Time{
		"mesh_peer_last_handshake_age_seconds": p.handshake, "mesh_peer_last_seen_age_seconds": p.seen,
	} {
		if !at.IsZero() {
			out.Add(name, max(s.now.Sub(at).Seconds(), 0), labels...)
		}
	}
	if p.path == pathDirect || p.path == pathRelay {
		out.AddBool("mesh_peer_relayed", p.path == pathRelay, labels...)
	}
	if left, known := p.ends(s.now); known {
		out.Add("mesh_peer_key_remaining_seconds", left.Seconds(), labels...)
	}
}
