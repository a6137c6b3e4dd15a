package vpnmesh

import (
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// maxRows bounds the list of peers in the snapshot.
const maxRows = 500

// What a peer can be.
const (
	statusOnline  = "online"
	statusAway    = "away" // nothing is wrong with a phone that sleeps
	statusResting = "resting"
	statusMissing = "missing"
	statusExpired = "expired"
	statusPending = "pending"
)

// document is what a person sees.
type document struct {
	Summary  summary       `json:"summary"`
	Peers    []peerRow     `json:"peers"`
	Networks []networkRow  `json:"networks,omitempty"`
	Services []serviceRow  `json:"services,omitempty"`
	DNS      []nameServers `json:"dns,omitempty"`
	Warnings []warningRow  `json:"warnings,omitempty"`
}

type summary struct {
	Provider  string     `json:"provider"`
	Network   string     `json:"network,omitempty"`
	State     string     `json:"state,omitempty"`
	Version   string     `json:"version,omitempty"`
	Latest    string     `json:"latest_version,omitempty"`
	Name      string     `json:"name,omitempty"`
	IPs       []string   `json:"ips,omitempty"`
	KeyExpiry *time.Time `json:"key_expiry,omitempty"`
	Peers     int        `json:"peers"`
	Online    int        `json:"online"`
	Relayed   *int       `json:"relayed,omitempty"` // where it is told how traffic goes
}

type peerRow struct {
	Name       string     `json:"name"`
	Status     string     `json:"status"`
	ID         string     `json:"id"`
	IPs        []string   `json:"ips,omitempty"`
	OS         string     `json:"os,omitempty"`
	Version    string     `json:"version,omitempty"`
	Path       string     `json:"path,omitempty"`
	Through    string     `json:"through,omitempty"`
	Latency    *float64   `json:"latency_seconds,omitempty"`
	LastSeen   *time.Time `json:"last_seen,omitempty"`
	Handshake  *time.Time `json:"last_handshake,omitempty"`
	Received   *float64   `json:"received,omitempty"`
	Sent       *float64   `json:"sent,omitempty"`
	Tags       []string   `json:"tags,omitempty"`
	Routes     []string   `json:"routes,omitempty"`
	Unapproved []string   `json:"unapproved,omitempty"`
	ExitNode   bool       `json:"exit_node,omitempty"`
	KeyExpiry  *time.Time `json:"key_expiry,omitempty"`
	User       string     `json:"user,omitempty"`
}

type networkRow struct {
	Name      string   `json:"name,omitempty"`
	ID        string   `json:"id"`
	Status    string   `json:"status,omitempty"`
	Device    string   `json:"device,omitempty"`
	Addresses []string `json:"addresses,omitempty"`
	Routes    []string `json:"routes,omitempty"`
	MTU       float64  `json:"mtu,omitempty"`
	Members   *float64 `json:"members,omitempty"`
	Pending   *float64 `json:"pending,omitempty"`
}

type serviceRow struct {
	Service string `json:"service"`
	Status  string `json:"status"`
	Address string `json:"address,omitempty"`
	Detail  string `json:"detail,omitempty"`

	connected bool
}

type nameServers struct {
	Servers []string `json:"servers"`
	Domains []string `json:"domains,omitempty"`
	Enabled bool     `json:"enabled"`
	Detail  string   `json:"detail,omitempty"`
}

type warningRow struct {
	Text string `json:"text"`
}

// document makes the snapshot.
func (s *sight) document() *document {
	d := &document{
		Summary: summary{
			Provider: s.provider, Network: plugin.Shorten(s.network, 100), State: s.state, Version: plugin.Shorten(s.version, 60), Latest: plugin.Shorten(s.latest, 60), Peers: len(s.peers),
		},
		Peers: []peerRow{}, Networks: s.networks, Services: s.services, DNS: s.names,
	}
	if s.self != nil {
		d.Summary.Name, d.Summary.IPs, d.Summary.KeyExpiry = s.self.name, s.self.ips, moment(s.self.keyEnds)
	}
	for _, text := range s.warnings[:min(len(s.warnings), maxList)] {
		d.Warnings = append(d.Warnings, warningRow{plugin.Shorten(text, 300)})
	}
	for _, p := range s.peers {
		if p.isOnline() {
			d.Summary.Online++
		}
		if p.path != "" && d.Summary.Relayed == nil {
			d.Summary.Relayed = new(int)
		}
		if p.path == pathRelay {
			*d.Summary.Relayed++
		}
		if len(d.Peers) < maxRows {
			d.Peers = append(d.Peers, s.row(p))
		}
	}
	return d
}

func (s *sight) row(p *peer) peerRow {
	return peerRow{
		Name: p.name, Status: s.status(p), ID: p.id, IPs: p.ips, OS: p.os, Version: p.version, Path: p.path, Through: p.through, Latency: p.latency,
		LastSeen: moment(p.seen), Handshake: moment(p.handshake), Received: p.received, Sent: p.sent, Tags: p.tags, Routes: p.routes,
		Unapproved: p.wait, ExitNode: p.exitNode, KeyExpiry: moment(p.keyEnds), User: p.user,
	}
}

// status is one word for a peer, the most urgent of those that fit.
func (s *sight) status(p *peer) string {
	switch {
	case p.isOver(s.now):
		return statusExpired
	case p.pending:
		return statusPending
	case p.isOnline():
		return statusOnline
	case p.online == nil:
		return statusResting
	case p.expected:
		return statusMissing
	default:
		return statusAway
	}
}

func moment(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}
