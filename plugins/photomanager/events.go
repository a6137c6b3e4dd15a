package photomanager

import (
	"slices"

	"github.com/unity-homelab/unity/plugin"
)

// seen is what the next run is compared with.
type seen struct {
	Version string   `json:"version,omitempty"`
	Release string   `json:"release,omitempty"`
	Stuck   []string `json:"stuck,omitempty"`
}

// tell reports what changed since the run before.
func tell(state plugin.State, s *sight, out *plugin.Batch) error {
	const key = "seen"
	before, known := plugin.Recall[seen](state, key)
	is := before
	if s.Version != "" {
		is.Version = s.Version
	}
	if s.Update != nil && *s.Update {
		is.Release = s.Release
	}
	if len(s.Queues) > 0 {
		is.Stuck = nil
		for _, q := range s.Queues {
			if q.Stuck {
				is.Stuck = append(is.Stuck, q.Name)
			}
		}
	}
	event := func(kind string, severity plugin.Severity, title, name, value string) {
		out.Event(plugin.Event{Kind: kind, Severity: severity, Title: title, Detail: map[string]string{name: value}})
	}
	if known && before.Version != "" && is.Version != before.Version {
		event("photo_manager_updated", plugin.Info, "Version "+before.Version+" became "+is.Version, "version", is.Version)
	}
	if known && is.Release != before.Release {
		event("photo_manager_update_available", plugin.Info, "Version "+is.Release+" is there", "version", is.Release)
	}
	for _, name := range is.Stuck {
		if !slices.Contains(before.Stuck, name) {
			event("photo_manager_queue_stuck", plugin.Warning, "The queue "+name+" is stuck", "queue", name)
		}
	}
	return plugin.Keep(state, key, is)
}
