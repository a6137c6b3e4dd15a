package vpnmesh

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// seenKey is where what was seen is kept in the state of the source. It is stored
// with the run that told of changes, so that none is told of twice.
const seenKey = "seen"

const (
	// maxSeen bounds of how many peers it is remembered how they were.
	maxSeen = 300
	// maxChanges is of how many peers a run tells one by one; when more change at
	// once it is the mesh that changed.
	maxChanges = 10
	// soon is how long before its end a key is told of.
	soon = 7 * 24 * time.Hour
)

// seen is what the next run is compared with.
type seen struct {
	Connected *bool               `json:"connected,omitempty"`
	Peers     map[string]seenPeer `json:"peers"` // by ID
	Self      seenPeer            `json:"self"`
}

// seenPeer is what is remembered of a peer.
type seenPeer struct {
	Name    string `json:"n,omitempty"`
	Online  bool   `json:"o,omitempty"`
	Pending bool   `json:"p,omitempty"`
	// Told is the stage of its key that was told of.
	Told string `json:"k,omitempty"`
}

// The stages of a key.
const (
	keySoon = "soon"
	keyOver = "over"
)

// tell reports what changed since the run before.
func tell(state plugin.State, s *sight, out *plugin.Batch) error {
	was, before := plugin.Recall[seen](state, seenKey)
	is := seen{Connected: s.connected, Peers: make(map[string]seenPeer)}
	if before && was.Connected != nil && s.connected != nil && *was.Connected != *s.connected {
		if *s.connected {
			event(out, "mesh_connected", plugin.Info, "", "This machine is part of its mesh again")
		} else {
			event(out, "mesh_disconnected", plugin.Warning, "", "This machine is not part of its mesh any more: "+strings.ReplaceAll(s.state, "_", " "))
		}
	}
	if s.self != nil {
		key, stage := s.keyOf("this machine", plugin.Warning, s.self, was.Self.Told)
		is.Self.Told = stage
		if key != nil {
			event(out, key.kind, key.severity, "", key.title)
		}
	}
	if s.connected != nil && !*s.connected {
		is.Peers = was.Peers // who cannot look does not know who is there
		return plugin.Keep(state, seenKey, is)
	}
	s.tellPeers(was, before, &is, out)
	return plugin.Keep(state, seenKey, is)
}

// change is one of a peer.
type change struct {
	kind, name, title string
	severity          plugin.Severity
}

// tellPeers tells who came and went.
func (s *sight) tellPeers(was seen, before bool, is *seen, out *plugin.Batch) {
	var changes []change
	for _, p := range s.peers[:min(len(s.peers), maxSeen)] {
		old, knew := was.Peers[p.id]
		one := seenPeer{Name: p.name, Online: p.isOnline(), Pending: p.pending}
		if p.online == nil {
			one.Online = old.Online
		}
		key, stage := s.keyOf(p.name, plugin.Info, p, old.Told)
		one.Told = stage
		is.Peers[p.id] = one
		if before && knew && key != nil {
			changes = append(changes, *key)
		}
		switch {
		case !before || len(was.Peers) >= maxSeen:
		case p.pending && !old.Pending:
			changes = append(changes, change{"mesh_peer_pending", p.name, p.name + " waits to be let in", plugin.Warning})
		case !knew && s.listed:
			changes = append(changes, change{"mesh_peer_joined", p.name, p.name + " joined the mesh", plugin.Info})
		case one.Online && !old.Online:
			changes = append(changes, change{"mesh_peer_online", p.name, p.name + " is online", plugin.Info})
		case !one.Online && old.Online:
			changes = append(changes, gone(p.name, p.expected))
		}
	}
	for id, old := range was.Peers {
		switch _, there := is.Peers[id]; {
		case there || len(s.peers) >= maxSeen:
		case s.listed:
			changes = append(changes, change{"mesh_peer_removed", old.Name, old.Name + " was removed from the mesh", plugin.Info})
		case old.Online:
			// It is forgotten, because it is silent.
			expected := slices.ContainsFunc(s.unknown, func(word string) bool { return strings.EqualFold(word, old.Name) })
			changes = append(changes, gone(old.Name, expected))
		}
	}
	slices.SortStableFunc(changes, func(a, b change) int { return strings.Compare(a.name, b.name) })
	if len(changes) <= maxChanges {
		for _, c := range changes {
			event(out, c.kind, c.severity, c.name, c.title)
		}
		return
	}
	names := make([]string, len(changes))
	for i, c := range changes {
		names[i] = c.name
	}
	event(out, "mesh_changed", plugin.Info, plugin.Shorten(strings.Join(names, ", "), 500), fmt.Sprintf("%d peers changed at once", len(changes)))
}

func gone(name string, expected bool) change {
	severity := plugin.Info
	if expected {
		severity = plugin.Warning
	}
	return change{"mesh_peer_offline", name, name + " is offline", severity}
}

// keyOf is what there is to tell of a key: once that it ends soon, and once that it
// is over. The stage is what has been told of it then.
func (s *sight) keyOf(name string, severity plugin.Severity, p *peer, told string) (key *change, stage string) {
	left, known := p.ends(s.now)
	switch {
	case p.isOver(s.now) && told != keyOver:
		return &change{"mesh_key_over", name, "The key of " + name + " is over", plugin.Warning}, keyOver
	case p.isOver(s.now):
		return nil, keyOver
	case known && left < soon && told == "":
		return &change{"mesh_key_ends_soon", name, "The key of " + name + " ends at " + p.keyEnds.Format("2006-01-02 15:04 UTC"), severity}, keySoon
	case known && left < soon:
		return nil, keySoon
	default:
		return nil, "" // it has none, or a new one
	}
}

func event(out *plugin.Batch, kind string, severity plugin.Severity, name, title string) {
	e := plugin.Event{Kind: kind, Severity: severity, Title: title}
	if name != "" {
		e.Detail = map[string]string{"peer": name}
	}
	out.Event(e)
}
