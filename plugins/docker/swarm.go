package docker

import (
	"cmp"
	"context"
	"net/url"
	"slices"

	"github.com/unity-homelab/unity/fault"
)

// swarm is what a manager says about its cluster.
type swarm struct {
	services []apiService
	nodes    []apiNode
}

// askSwarm asks a manager for services and nodes.
func (c *collector) askSwarm(ctx context.Context) (swarm, error) {
	if c.engine.known && !c.engine.info.Swarm.ControlAvailable {
		return swarm{}, fault.New(fault.Unsupported, "the engine is no swarm manager").
			WithHint("watch a manager, or set collect_swarm to false")
	}
	var s swarm
	if err := c.client.get(ctx, "/services", url.Values{"status": {"true"}}, &s.services); err != nil {
		return swarm{}, fault.Wrap(err, "listing services")
	}
	if err := c.client.get(ctx, "/nodes", nil, &s.nodes); err != nil {
		return swarm{}, fault.Wrap(err, "listing nodes")
	}
	slices.SortFunc(s.services, func(a, b apiService) int { return cmp.Compare(a.Spec.Name, b.Spec.Name) })
	slices.SortFunc(s.nodes, func(a, b apiNode) int { return cmp.Compare(a.Description.Hostname, b.Description.Hostname) })
	return s, nil
}
