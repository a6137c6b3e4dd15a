package vpnmesh

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// headscaleNode is a machine as Headscale tells it.
type headscaleNode struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	GivenName string   `json:"givenName"`
	IPs       []string `json:"ipAddresses"`
	User      *struct {
		Name string `json:"name"`
	} `json:"user"`
	Online *bool      `json:"online"`
	Seen   *time.Time `json:"lastSeen"`
	Expiry *time.Time `json:"expiry"`
	Tags   []string   `json:"tags"`
	Forced []string   `json:"forcedTags"` // before 0.28
	Valid  []string   `json:"validTags"`

	Available *[]string `json:"availableRoutes"` // since 0.26
	Approved  []string  `json:"approvedRoutes"`
}

// healthOf asks whether Headscale is well, which it tells everybody. It says so in
// an answer with status 500, too.
func healthOf(ctx context.Context, client *fetch.Client) (string, error) {
	var said struct{ Status string }
	err := client.JSON(ctx, fetch.Request{Path: "/health"}, &said)
	status := (*fetch.StatusError)(nil)
	if errors.As(err, &status) && status.Status == http.StatusInternalServerError && json.Unmarshal(status.Body, &said) == nil {
		err = nil
	}
	if err == nil && said.Status != "pass" && said.Status != "fail" {
		return "", nil
	}
	return said.Status, err
}

// readHeadscale asks Headscale for its machines.
func (c *collector) readHeadscale(ctx context.Context, s *sight) error {
	client, err := c.connect()
	if err != nil {
		return err
	}
	health, err := healthOf(ctx, client)
	if err != nil && !different(err) {
		return err
	}
	if err != nil || health == "" {
		return fault.New(fault.WrongService, "GET %s: it is not Headscale that answers", client.URL("/health")).
			WithHint("check the address: it is the server_url of Headscale's configuration; the port of its figures is another one")
	}
	s.serves("database", health == "pass", "", "")
	var said struct{ Version string }
	if err := answer(ctx, client, "/version", &said); err != nil {
		return err
	}
	s.version = said.Version // since 0.27
	nodes, err := c.headscaleNodes(ctx)
	if err != nil {
		return err
	}
	routes, err := c.headscaleRoutes(ctx, nodes)
	if err != nil {
		s.problems = append(s.problems, err)
	} else {
		s.routes = new(routeCount)
	}
	for _, n := range nodes {
		p := &peer{id: n.ID, name: cmp.Or(n.GivenName, n.Name), ips: n.IPs, online: n.Online, tags: n.Tags}
		if n.Tags == nil {
			p.tags = append(n.Forced, n.Valid...)
		}
		if n.User != nil {
			p.user = n.User.Name
		}
		if n.Seen != nil {
			p.seen = known(*n.Seen)
		}
		if n.Expiry != nil {
			p.keyEnds = known(*n.Expiry)
		}
		c.judge(p, s.now)
		switch {
		case s.routes == nil:
		case n.Available != nil:
			s.addRoutes(p, *n.Available, n.Approved)
		default:
			s.addRoutes(p, routes[n.ID].offered, routes[n.ID].approved)
		}
		s.peers = append(s.peers, p)
	}
	return nil
}

// headscaleNodes asks for the machines, where the version has them.
func (c *collector) headscaleNodes(ctx context.Context) ([]headscaleNode, error) {
	const bearer = "Bearer "
	var list struct {
		Nodes    *[]headscaleNode `json:"nodes"`
		Machines *[]headscaleNode `json:"machines"`
	}
	var err error
	if !c.older {
		err = c.ask(ctx, "/api/v1/node", &list, "Authorization", bearer)
	}
	if c.older || fault.Of(err) == fault.NotFound {
		err = c.ask(ctx, "/api/v1/machine", &list, "Authorization", bearer)
		c.older = err == nil
		if fault.Of(err) == fault.NotFound {
			return nil, fault.As(fault.Unsupported, err, "asking for the machines").WithHint("Headscale 0.16 and newer are known")
		}
	}
	switch {
	case err != nil:
		return nil, err
	case list.Nodes != nil:
		return *list.Nodes, nil
	case list.Machines != nil:
		return *list.Machines, nil
	default:
		return nil, fault.New(fault.BadAnswer, "GET %s: the answer has no machines", c.client.URL("/api/v1/node"))
	}
}

// offer is what a machine offers to lead to.
type offer struct{ offered, approved []string }

// headscaleRoutes asks for the routes where the machines do not tell them.
func (c *collector) headscaleRoutes(ctx context.Context, nodes []headscaleNode) (map[string]offer, error) {
	if len(nodes) == 0 || nodes[0].Available != nil {
		return nil, nil //nolint:nilnil // there are none
	}
	type owner struct {
		ID string `json:"id"`
	}
	var list struct {
		Routes []struct {
			Node       owner  `json:"node"`
			Machine    owner  `json:"machine"`
			Prefix     string `json:"prefix"`
			Advertised bool   `json:"advertised"`
			Enabled    bool   `json:"enabled"`
		} `json:"routes"`
	}
	if err := c.ask(ctx, "/api/v1/routes", &list, "Authorization", "Bearer "); err != nil {
		return nil, err
	}
	routes := make(map[string]offer)
	for _, r := range list.Routes {
		id := cmp.Or(r.Node.ID, r.Machine.ID)
		if !r.Advertised || id == "" {
			continue
		}
		one := routes[id]
		one.offered = append(one.offered, r.Prefix)
		if r.Enabled {
			one.approved = append(one.approved, r.Prefix)
		}
		routes[id] = one
	}
	return routes, nil
}
