package vpnmesh

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// netbirdStatus is what netbird status --json prints.
type netbirdStatus struct {
	State   string     `json:"daemonStatus"` // newer versions
	Version string     `json:"daemonVersion"`
	FQDN    string     `json:"fqdn"`
	IP      string     `json:"netbirdIp"`
	IPv6    string     `json:"netbirdIpv6"`
	Lazy    bool       `json:"lazyConnectionEnabled"`
	Ends    *time.Time `json:"sessionExpiresAt"`

	Management *netbirdService `json:"management"`
	Signal     *netbirdService `json:"signal"`
	Relays     struct {
		Total     int `json:"total"`
		Available int `json:"available"`
		Details   []struct {
			URI   string `json:"uri"`
			Error string `json:"error"`
		} `json:"details"`
	} `json:"relays"`
	Peers *struct {
		Details []netbirdPeer `json:"details"`
	} `json:"peers"`
	DNS []struct {
		Servers []string `json:"servers"`
		Domains []string `json:"domains"`
		Enabled bool     `json:"enabled"`
		Error   string   `json:"error"`
	} `json:"dnsServers"`
}

type netbirdService struct {
	URL       string `json:"url"`
	Connected bool   `json:"connected"`
	Error     string `json:"error"`
}

type netbirdPeer struct {
	FQDN      string    `json:"fqdn"`
	IP        string    `json:"netbirdIp"`
	IPv6      string    `json:"netbirdIpv6"`
	Key       string    `json:"publicKey"`
	Status    string    `json:"status"`
	Type      string    `json:"connectionType"`
	Relay     string    `json:"relayAddress"`
	Handshake time.Time `json:"lastWireguardHandshake"`
	Received  float64   `json:"transferReceived"`
	Sent      float64   `json:"transferSent"`
	Latency   float64   `json:"latency"` // nanoseconds
	Networks  []string  `json:"networks"`
	Endpoint  struct {
		Remote string `json:"remote"`
	} `json:"iceCandidateEndpoint"`
}

// readNetBird asks the NetBird of this machine.
func (c *collector) readNetBird(ctx context.Context, s *sight) error {
	text, err := c.run(ctx, plugin.Command{Name: netbird, Args: []string{"status", "--json"}})
	if err != nil {
		if strings.Contains(err.Error(), "connect to daemon") {
			return fault.As(fault.Unreachable, err, "").WithHint("NetBird's service is not running: netbird service start; a container needs /var/run/netbird.sock mounted")
		}
		return err
	}
	var status netbirdStatus
	if word, plain := strings.CutPrefix(strings.TrimSpace(string(text)), "Daemon status:"); plain {
		status.State, _, _ = strings.Cut(strings.TrimSpace(word), "\n") // an older version that is not signed in
		status.State = strings.TrimSpace(status.State)
	} else if err := json.Unmarshal(text, &status); err != nil {
		return fault.New(fault.BadAnswer, "reading netbird status --json: %v", err)
	} else if status.Management == nil || status.Peers == nil {
		return fault.New(fault.BadAnswer, "reading netbird status --json: it tells neither management nor peers")
	}
	status.tell(s)
	return nil
}

// tell brings what NetBird says under the words of all.
func (t *netbirdStatus) tell(s *sight) {
	connected := t.State == "Connected" || t.State == "" && t.Management != nil && t.Management.Connected
	s.connected, s.state, s.version = &connected, stateWord(t.State), t.Version
	_, s.network, _ = strings.Cut(t.FQDN, ".")
	s.self = &peer{id: "self", fqdn: t.FQDN, online: &connected}
	for _, ip := range []string{t.IP, t.IPv6} {
		if ip != "" {
			s.self.ips = append(s.self.ips, ip)
		}
	}
	if t.Ends != nil {
		s.self.keyEnds = known(*t.Ends)
	}
	if t.Management != nil {
		s.serves("management", t.Management.Connected, t.Management.URL, t.Management.Error)
	}
	if t.Signal != nil {
		s.serves("signal", t.Signal.Connected, t.Signal.URL, t.Signal.Error)
	}
	if t.Relays.Total > 0 {
		address, detail := "", ""
		for _, one := range t.Relays.Details {
			if address = one.URI; one.Error != "" {
				detail = one.URI + ": " + one.Error
			}
		}
		s.serves("relay", t.Relays.Available > 0, address, detail)
	}
	for _, group := range t.DNS[:min(len(t.DNS), maxList)] {
		s.names = append(s.names, nameServers{Servers: short(group.Servers), Domains: short(group.Domains), Enabled: group.Enabled, Detail: plugin.Shorten(group.Error, 200)})
	}
	if t.Peers == nil {
		return
	}
	for _, one := range t.Peers.Details {
		s.peers = append(s.peers, one.peer(t.Lazy))
	}
}

func (n netbirdPeer) peer(lazy bool) *peer {
	online := n.Status == "Connected"
	p := &peer{
		id: n.Key, fqdn: n.FQDN, online: &online, handshake: known(n.Handshake), received: amount(n.Received), sent: amount(n.Sent), routes: n.Networks,
	}
	for _, ip := range []string{n.IP, n.IPv6} {
		if ip != "" {
			p.ips = append(p.ips, ip)
		}
	}
	if lazy && n.Status == "Idle" {
		p.online = nil // it is woken by traffic, and nobody knows whether it is there
	}
	if !online {
		p.received, p.sent = nil, nil // told as 0
		return p
	}
	switch n.Type {
	case "P2P":
		p.path, p.through = pathDirect, n.Endpoint.Remote
	case "Relayed":
		p.path, p.through = pathRelay, n.Relay
	}
	if n.Latency > 0 && n.Latency < 1e15 {
		seconds := n.Latency / 1e9
		p.latency = &seconds
	}
	return p
}

// readNetBirdAPI asks what administers a NetBird network.
func (c *collector) readNetBirdAPI(ctx context.Context, s *sight) error {
	var list []struct {
		ID       string    `json:"id"`
		Name     string    `json:"name"`
		Hostname string    `json:"hostname"`
		Label    string    `json:"dns_label"`
		IP       string    `json:"ip"`
		IPv6     string    `json:"ipv6"`
		From     string    `json:"connection_ip"`
		OnlineIs *bool     `json:"connected"`
		Seen     time.Time `json:"last_seen"`
		OS       string    `json:"os"`
		Version  string    `json:"version"`
		User     string    `json:"user_id"`
		Expired  bool      `json:"login_expired"`
		Pending  bool      `json:"approval_required"`
		Groups   []struct {
			Name string `json:"name"`
		} `json:"groups"`
	}
	if err := c.ask(ctx, "/api/peers", &list, "Authorization", "Token "); err != nil {
		return err
	}
	s.pending = new(int)
	for _, n := range list {
		p := &peer{
			id: n.ID, name: n.Name, fqdn: n.Label, os: n.OS, version: n.Version, user: n.User, online: n.OnlineIs,
			seen: known(n.Seen), expired: n.Expired, pending: n.Pending, through: n.From,
		}
		if p.name == "" {
			p.name = n.Hostname
		}
		c.judge(p, s.now)
		for _, ip := range []string{n.IP, n.IPv6} {
			if ip != "" {
				p.ips = append(p.ips, ip)
			}
		}
		for _, group := range n.Groups {
			if group.Name != "All" { // everybody is in it
				p.tags = append(p.tags, group.Name)
			}
		}
		if p.pending {
			*s.pending++
		}
		s.peers = append(s.peers, p)
	}
	return nil
}
