package homeassistant

import (
	"slices"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/lenient"
)

// whichAddOns is what a token without administration is not told.
const whichAddOns = "which updates are of add-ons"

// addOn is one that waits for an update. The vendor calls them apps since 2026; the
// paths and words of its API stayed.
type addOn struct{ Name, Latest string }

// supervised reports whether a Supervisor runs Home Assistant and its add-ons.
func (s *sight) supervised() bool { return slices.Contains(s.settings.Components, "hassio") }

// unsure reports whether an update is of nothing that is known. Those of add-ons
// are known by their picture, which not all have.
func (all *entities) unsure() bool {
	return slices.ContainsFunc(all.updates, func(u update) bool { return u.Kind == "other" })
}

// nameAddOns marks the updates that are of these add-ons.
func (all *entities) nameAddOns(waiting []addOn) {
	for i, u := range all.updates {
		if u.Kind == "other" && slices.Contains(waiting, addOn{u.Name, u.Latest}) {
			all.updates[i].Kind = "addon"
		}
	}
}

// askAddOns is the question to the Supervisor what waits for an update.
func (c *collector) askAddOns() command {
	var said struct {
		Updates []struct {
			Type   lenient.Text `json:"update_type"`
			Name   lenient.Text `json:"name"`
			Latest lenient.Text `json:"version_latest"`
		} `json:"available_updates"`
	}
	return command{whichAddOns, "supervisor/api", "/available_updates", &said, func() {
		c.addOns = nil
		for _, one := range said.Updates {
			if one.Type == "addon" && len(c.addOns) < maxAway {
				c.addOns = append(c.addOns, addOn{plugin.Shorten(string(one.Name), 100), plugin.Shorten(string(one.Latest), 60)})
			}
		}
	}}
}
