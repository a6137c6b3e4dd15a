package vpnmesh

import (
	"context"
	"slices"
	"time"

	"github.com/unity-homelab/unity/fault"
)

// readTailscaleAPI asks Tailscale's service for the machines of the network that
// the token is of.
func (c *collector) readTailscaleAPI(ctx context.Context, s *sight) error {
	var list struct {
		Devices *[]struct {
			Addresses         []string  `json:"addresses"`
			ID                string    `json:"id"`
			NodeID            string    `json:"nodeId"`
			User              string    `json:"user"`
			Name              string    `json:"name"`
			Hostname          string    `json:"hostname"`
			Version           string    `json:"clientVersion"`
			OS                string    `json:"os"`
			Seen              time.Time `json:"lastSeen"`
			Connected         *bool     `json:"connectedToControl"`
			KeyExpiryDisabled bool      `json:"keyExpiryDisabled"`
			Expires           time.Time `json:"expires"`
			Authorized        *bool     `json:"authorized"`
			External          bool      `json:"isExternal"`
			Tags              []string  `json:"tags"`
			Advertised        []string  `json:"advertisedRoutes"`
			Enabled           []string  `json:"enabledRoutes"`
		} `json:"devices"`
	}
	const path = "/api/v2/tailnet/-/devices?fields=all"
	if err := c.ask(ctx, path, &list, "Authorization", "Bearer "); err != nil {
		return err
	}
	if list.Devices == nil {
		return fault.New(fault.WrongService, "GET %s: the answer has no devices, so it is not Tailscale that answers", c.client.URL(path))
	}
	s.pending, s.routes = new(int), new(routeCount)
	for _, d := range *list.Devices {
		p := &peer{
			id: d.NodeID, fqdn: d.Name, ips: d.Addresses, os: d.OS, version: d.Version, user: d.User, tags: d.Tags,
			shared: d.External, seen: known(d.Seen), online: d.Connected,
		}
		if p.id == "" {
			p.id = d.ID
		}
		if d.Name == "" {
			p.name = d.Hostname
		}
		c.judge(p, s.now)
		if !d.KeyExpiryDisabled {
			p.keyEnds = known(d.Expires)
		}
		if d.Authorized != nil && !*d.Authorized {
			p.pending = true
			*s.pending++
		}
		s.addRoutes(p, d.Advertised, d.Enabled)
		s.peers = append(s.peers, p)
	}
	return nil
}

// judge judges a peer of which only is told when it was seen last. Of one that is
// said to be online that is when it came, and nothing to show.
func (c *collector) judge(p *peer, now time.Time) {
	if p.online == nil {
		online := !p.seen.IsZero() && now.Sub(p.seen) <= c.config.Offline.Std()
		p.online = &online
	} else if *p.online {
		p.seen = time.Time{}
	}
}

// addRoutes counts the routes of a peer.
func (s *sight) addRoutes(p *peer, offered, approved []string) {
	for _, route := range offered {
		s.routes.advertised++
		if slices.Contains(approved, route) {
			s.routes.approved++
			p.routes = append(p.routes, route)
		} else {
			s.routes.unapproved++
			p.wait = append(p.wait, route)
		}
	}
}
