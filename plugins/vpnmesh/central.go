package vpnmesh

import (
	"context"
	"slices"
	"strings"

	"github.com/unity-homelab/unity/fault"
)

// readCentral asks ZeroTier Central for the members of the networks.
func (c *collector) readCentral(ctx context.Context, s *sight) error {
	var networks []struct {
		ID     string `json:"id"`
		Config struct {
			Name   string `json:"name"`
			Routes []struct {
				Target string `json:"target"`
			} `json:"routes"`
		} `json:"config"`
	}
	if err := c.askCentral(ctx, "/network", &networks); err != nil {
		return err
	}
	s.pending = new(int)
	members := make(map[string]*peer)
	for _, n := range networks[:min(len(networks), maxNetworks)] {
		if !isNetwork(n.ID) || !c.wanted(n.ID) {
			continue
		}
		row := networkRow{Name: n.Config.Name, ID: n.ID}
		for _, route := range n.Config.Routes {
			row.Routes = append(row.Routes, route.Target)
		}
		row.Routes = short(row.Routes)
		if err := c.centralMembers(ctx, s, &row, members); err != nil {
			return err
		}
		s.networks = append(s.networks, row)
	}
	for _, id := range c.config.Networks {
		if !slices.ContainsFunc(s.networks, func(n networkRow) bool { return strings.EqualFold(n.ID, id) }) {
			s.problems = append(s.problems, fault.New(fault.NotFound, "asking ZeroTier Central: there is no network %s", id).
				WithHint("it belongs to another account, or was deleted; see the setting Networks"))
		}
	}
	for _, p := range members {
		s.peers = append(s.peers, p)
	}
	return nil
}

func (c *collector) askCentral(ctx context.Context, path string, into any) error {
	return c.ask(ctx, path, into, "Authorization", "token ")
}

// isNetwork reports whether a text is the ID of a network, and may be in a path.
func isNetwork(id string) bool {
	return len(id) == 16 && strings.Trim(strings.ToLower(id), "0123456789abcdef") == ""
}

// centralMembers reads the members of a network. A machine that is in several is
// one peer.
func (c *collector) centralMembers(ctx context.Context, s *sight, row *networkRow, members map[string]*peer) error {
	var list []struct {
		NodeID   string  `json:"nodeId"`
		Name     string  `json:"name"`
		Hidden   bool    `json:"hidden"`
		Seen     float64 `json:"lastSeen"`   // milliseconds since 1970
		Online   float64 `json:"lastOnline"` // its name in earlier answers
		Version  string  `json:"clientVersion"`
		Physical string  `json:"physicalAddress"`
		Config   struct {
			Authorized bool     `json:"authorized"`
			IPs        []string `json:"ipAssignments"`
		} `json:"config"`
	}
	if err := c.askCentral(ctx, "/network/"+row.ID+"/member", &list); err != nil {
		return err
	}
	count, waiting := 0.0, 0.0
	for _, m := range list {
		if m.NodeID == "" || m.Hidden {
			continue
		}
		p := members[m.NodeID]
		if p == nil {
			p = &peer{id: m.NodeID, name: m.Name, version: m.Version}
			members[m.NodeID] = p
		}
		if at := sinceEpoch(max(m.Seen, m.Online)); at.After(p.seen) {
			p.seen = at
		}
		p.ips = append(p.ips, m.Config.IPs...)
		p.online = nil
		c.judge(p, s.now)
		p.through = m.Physical
		if count++; !m.Config.Authorized {
			waiting++
			p.pending = true
			*s.pending++
		}
	}
	row.Members, row.Pending = &count, &waiting
	return nil
}
