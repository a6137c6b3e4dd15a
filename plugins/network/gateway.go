package network

import "github.com/unity-homelab/unity/fault"

func errNoGateway() error {
	return fault.New(fault.NotFound, "pinging the gateway: there is no default route with one").
		WithHint("switch probe_gateway off, or name what is to be pinged in probe_targets")
}

// gateway returns the gateway of the best default route, IPv4 first.
func gateway(routes []route) (string, bool) {
	best := -1
	for i, r := range routes {
		if r.Gateway == "" {
			continue
		}
		if best < 0 || r.Family < routes[best].Family || r.Family == routes[best].Family && r.Metric < routes[best].Metric {
			best = i
		}
	}
	if best < 0 {
		return "", false
	}
	return routes[best].Gateway, true
}
