package homeassistant

import (
	"slices"

	"github.com/unity-homelab/unity/plugin"
)

// keySeen is where is kept how it was in the run before.
const keySeen = "seen"

// maxSeen bounds each list of what that remembers.
const maxSeen = 200

// seen is what the next run is compared with.
type seen struct {
	Version string   `json:"version"`
	Broken  []string `json:"broken,omitempty"`
	Repairs []string `json:"repairs,omitempty"`
}

// tell reports what changed since the run before.
func (c *collector) tell(s *sight, out *plugin.Batch) error {
	was, known := plugin.Recall[seen](c.host.State, keySeen)
	is := seen{Version: s.settings.Version, Broken: was.Broken, Repairs: was.Repairs}
	if s.known {
		is.Broken = nil
		for _, one := range s.entries {
			if name := one.name(); one.broken() && len(is.Broken) < maxSeen && !slices.Contains(is.Broken, name) {
				is.Broken = append(is.Broken, name)
			}
		}
	}
	if s.talk.repairsKnown {
		is.Repairs = nil
		for _, one := range s.talk.repairs[:min(len(s.talk.repairs), maxSeen)] {
			is.Repairs = append(is.Repairs, plugin.Shorten(one.Domain+" "+one.label(), 120))
		}
	}
	if known {
		event := func(kind string, severity plugin.Severity, title, name string) {
			out.Event(plugin.Event{Kind: kind, Severity: severity, Title: title, Detail: map[string]string{"name": name}})
		}
		if was.Version != is.Version {
			event("updated", plugin.Info, "Home Assistant went from "+plugin.Shorten(was.Version, 40)+" to "+plugin.Shorten(is.Version, 40), is.Version)
		}
		for _, name := range missing(is.Broken, was.Broken) {
			event("integration_broken", plugin.Warning, "The integration "+name+" does not work", name)
		}
		for _, name := range missing(was.Broken, is.Broken) {
			event("integration_mended", plugin.Info, "The integration "+name+" works again, or is gone", name)
		}
		for _, name := range missing(is.Repairs, was.Repairs) {
			event("repair_needed", plugin.Warning, "Something is to be mended: "+name, name)
		}
	}
	return plugin.Keep(c.host.State, keySeen, is)
}

// missing are those of the first list that are not in the second.
func missing(of, in []string) []string {
	return slices.DeleteFunc(slices.Clone(of), func(name string) bool { return slices.Contains(in, name) })
}

// name is what an integration is called.
func (e entry) name() string {
	if e.Title == "" {
		return plugin.Shorten(e.Domain, 60)
	}
	return plugin.Shorten(string(e.Title), 80) + " (" + plugin.Shorten(e.Domain, 60) + ")"
}
