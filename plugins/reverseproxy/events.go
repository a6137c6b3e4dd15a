package reverseproxy

import (
	"fmt"

	"github.com/unity-homelab/unity/plugin"
)

// seenKey is where what was seen is kept in the state of the source. It is
// stored with the run that told of changes, so that none is told of twice.
const seenKey = "seen"

// maxSeen bounds of how many servers it is remembered how they were.
const maxSeen = 200

// seen is what the next run is compared with.
type seen struct {
	// Servers says of servers by backend and name whether they were up.
	Servers  map[string]bool `json:"servers,omitempty"`
	Backends map[string]bool `json:"backends,omitempty"`
	Reload   *float64        `json:"reload,omitempty"`
}

// tell tells what happened since the run before.
func (c *collector) tell(s *survey, out *plugin.Batch) error {
	before, _ := plugin.Recall[seen](c.host.State, seenKey)
	now := seen{Servers: make(map[string]bool), Backends: make(map[string]bool), Reload: s.reloadGood}
	for _, b := range s.backends {
		if up, known := b.usable(); known && len(now.Backends) < maxSeen {
			now.Backends[b.name] = up
			if was, there := before.Backends[b.name]; there && was != up {
				tellBackend(b, up, out)
			}
		}
		for _, one := range b.servers {
			if !one.known() || len(now.Servers) >= maxSeen {
				continue
			}
			key, up := b.name+" "+one.name, one.state == stateUp
			now.Servers[key] = up
			if was, there := before.Servers[key]; there && was != up {
				tellServer(b, one, up, out)
			}
		}
	}
	if now.Reload != nil && before.Reload != nil && *now.Reload == 0 && *before.Reload == 1 {
		out.Event(plugin.Event{
			Kind: "proxy_reload_failed", Severity: plugin.Warning, Title: "The new configuration was not taken; the old one stays",
		})
	}
	return plugin.Keep(c.host.State, seenKey, now)
}

func tellBackend(b *backend, up bool, out *plugin.Batch) {
	event := plugin.Event{
		Kind: "proxy_backend_up", Severity: plugin.Info, Title: b.name + " has a server again",
		Detail: map[string]string{"backend": b.name, "servers": fmt.Sprint(len(b.servers))},
	}
	if !up {
		event.Kind, event.Severity, event.Title = "proxy_backend_down", plugin.Critical, b.name+" has no server left"
	}
	out.Event(event)
}

func tellServer(b *backend, one *server, up bool, out *plugin.Batch) {
	event := plugin.Event{
		Kind: "proxy_server_up", Severity: plugin.Info, Title: one.name + " behind " + b.name + " is up again",
		Detail: map[string]string{"backend": b.name, "server": one.name},
	}
	if !up {
		event.Kind, event.Severity, event.Title = "proxy_server_down", plugin.Warning, one.name+" behind "+b.name+" is down"
	}
	if one.check != "" {
		event.Detail["check"] = one.check
	}
	out.Event(event)
}
