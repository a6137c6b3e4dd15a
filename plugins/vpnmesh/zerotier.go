package vpnmesh

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

type zerotierPeer struct {
	Address  string  `json:"address"`
	Version  string  `json:"version"`
	Latency  float64 `json:"latency"` // milliseconds; -1 is not known
	Role     string  `json:"role"`
	Tunneled bool    `json:"tunneled"`
	Paths    []struct {
		Address   string  `json:"address"`
		Received  float64 `json:"lastReceive"` // milliseconds since 1970
		Active    bool    `json:"active"`
		Preferred bool    `json:"preferred"`
		Expired   bool    `json:"expired"`
	} `json:"paths"`
}

// readZeroTier asks the ZeroTier of this machine.
func (c *collector) readZeroTier(ctx context.Context, s *sight) error {
	token, err := c.zerotierToken()
	if err != nil {
		return err
	}
	var status struct {
		Address  string  `json:"address"`
		Online   *bool   `json:"online"`
		Version  string  `json:"version"`
		Fallback *bool   `json:"tcpFallbackActive"`
		Clock    float64 `json:"clock"`
	}
	if err := c.askZeroTier(ctx, "/status", token, &status); err != nil {
		return err
	}
	if status.Address == "" || status.Online == nil {
		return fault.New(fault.WrongService, "GET %s: it is not ZeroTier that answers", c.client.URL("/status")).WithHint("check the address; its port is %s", zerotierPort)
	}
	s.version, s.connected, s.fallback, s.listed = status.Version, status.Online, status.Fallback, false
	s.state = "offline"
	if *status.Online {
		s.state = "online"
	}
	s.serves("upstream", *status.Online, "", "")
	s.self = &peer{id: status.Address, online: status.Online}
	if clock := sinceEpoch(status.Clock); !clock.IsZero() {
		s.now = clock // times of paths are by it
	}
	var peers []zerotierPeer
	if err := c.askZeroTier(ctx, "/peer", token, &peers); err != nil {
		return err
	}
	for _, one := range peers {
		if one.Role == "LEAF" { // the others lead to peers, and are none
			s.peers = append(s.peers, c.zerotierPeer(one, s.now))
		}
	}
	return c.zerotierNetworks(ctx, token, s)
}

// zerotierToken reads the token of the interface, anew each time: it is made when
// ZeroTier is installed.
func (c *collector) zerotierToken() (string, error) {
	if !c.config.Token.Empty() {
		token, err := c.config.Token.Reveal()
		return token, fault.Wrap(err, "reading the token")
	}
	const hint = "let Unity run as root, or put a copy of authtoken.secret where its user may read it, and name that in the setting Token file"
	text, err := c.host.Files.ReadFile(c.config.TokenFile)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return "", fault.As(fault.Permission, err, "reading the token of ZeroTier").WithHint(hint)
	case errors.Is(err, fs.ErrNotExist):
		return "", fault.As(fault.NotInstalled, err, "reading the token of ZeroTier").WithHint("ZeroTier is not installed, or keeps its token elsewhere: see the setting Token file")
	case err != nil:
		return "", fault.Wrap(err, "reading the token of ZeroTier")
	}
	token := strings.TrimSpace(string(text))
	if token == "" || strings.ContainsAny(token, "\r\n\x00") || len(token) > 200 {
		return "", fault.New(fault.Config, "reading the token of ZeroTier: %s holds none", c.config.TokenFile)
	}
	return token, nil
}

func (c *collector) askZeroTier(ctx context.Context, path, token string, into any) error {
	client, err := c.connect()
	if err != nil {
		return err
	}
	err = client.JSON(ctx, fetch.Request{Path: path, Header: http.Header{"X-Zt1-Auth": {token}}}, into)
	if fault.Of(err) == fault.Auth {
		return fault.As(fault.Auth, err, "the token is not taken").
			WithHint("it has to be the one in authtoken.secret of that machine; from another machine, its local.conf has to allow it: allowManagementFrom")
	}
	return err
}

// zerotierPeer judges a peer as zerotier-cli does: through a relay where no path is
// in use. ZeroTier forgets who it has not heard of for eight minutes.
func (c *collector) zerotierPeer(one zerotierPeer, now time.Time) *peer {
	online := true
	p := &peer{id: one.Address, online: &online, path: pathRelay}
	if version := strings.TrimPrefix(one.Version, "-1.-1.-1"); version != "" {
		p.version = version
	}
	if one.Latency >= 0 && one.Latency < 1e6 {
		seconds := one.Latency / 1000
		p.latency = &seconds
	}
	inUse := false
	for _, path := range one.Paths {
		if at := sinceEpoch(path.Received); at.After(p.seen) {
			p.seen = at
		}
		if path.Active && !path.Expired && (path.Preferred || !inUse) {
			inUse, p.through = true, path.Address
		}
	}
	switch {
	case inUse && !one.Tunneled:
		p.path = pathDirect
	case !inUse && !p.seen.IsZero() && now.Sub(p.seen) > c.config.Offline.Std():
		online = false
	}
	return p
}

// zerotierNetworks reads the networks that this machine has joined.
func (c *collector) zerotierNetworks(ctx context.Context, token string, s *sight) error {
	var networks []struct {
		ID        string   `json:"id"`
		Old       string   `json:"nwid"`
		Name      string   `json:"name"`
		Status    string   `json:"status"`
		MTU       float64  `json:"mtu"`
		Device    string   `json:"portDeviceName"`
		Addresses []string `json:"assignedAddresses"`
		Routes    []struct {
			Target string `json:"target"`
		} `json:"routes"`
		DNS *struct {
			Domain  string   `json:"domain"`
			Servers []string `json:"servers"`
		} `json:"dns"`
	}
	if err := c.askZeroTier(ctx, "/network", token, &networks); err != nil {
		return err
	}
	var joined []string
	for _, n := range networks {
		id := n.ID
		if id == "" {
			id = n.Old
		}
		if id == "" || len(joined) >= maxNetworks || !c.wanted(id) || slices.Contains(joined, strings.ToLower(id)) {
			continue
		}
		joined = append(joined, strings.ToLower(id))
		row := networkRow{Name: n.Name, ID: id, Status: n.Status, Device: n.Device, Addresses: short(n.Addresses), MTU: n.MTU}
		for _, route := range n.Routes {
			row.Routes = append(row.Routes, route.Target)
		}
		row.Routes = short(row.Routes)
		s.self.ips = append(s.self.ips, n.Addresses...)
		s.networks = append(s.networks, row)
		if n.DNS != nil && len(n.DNS.Servers) > 0 {
			s.names = append(s.names, nameServers{Servers: short(n.DNS.Servers), Domains: []string{plugin.Shorten(n.DNS.Domain, 100)}, Enabled: true})
		}
	}
	for _, id := range c.config.Networks {
		if !slices.Contains(joined, strings.ToLower(id)) {
			s.networks = append(s.networks, networkRow{ID: strings.ToLower(id), Status: "not joined"})
		}
	}
	return nil
}

// maxNetworks bounds how many networks are looked at.
const maxNetworks = 50

// wanted reports whether a network is one of the setting.
func (c *collector) wanted(id string) bool {
	return len(c.config.Networks) == 0 || slices.ContainsFunc(c.config.Networks, func(wanted string) bool { return strings.EqualFold(wanted, id) })
}
