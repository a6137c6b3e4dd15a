package nextcloud

import "github.com/unity-homelab/unity/plugin"

// keySeen is where is kept how it was in the run before.
const keySeen = "seen"

// seen is what the next run is compared with.
type seen struct {
	Version string `json:"version,omitempty"`
	State   string `json:"state,omitempty"`
	Newer   string `json:"newer,omitempty"`
}

// tell reports what changed since the run before.
func tell(state plugin.State, s *sight, out *plugin.Batch) error {
	before, known := plugin.Recall[seen](state, keySeen)
	is := seen{Version: plugin.Shorten(s.status.Version, 40), State: s.status.state(), Newer: before.Newer}
	if is.Version == "" {
		is.Version = before.Version // it is in maintenance and does not say
	}
	if u := s.updates; u != nil && u.Server != nil {
		is.Newer = u.Version
		if !*u.Server {
			is.Newer = ""
		}
	}
	event := func(kind string, severity plugin.Severity, title string) {
		out.Event(plugin.Event{Kind: kind, Severity: severity, Title: title, Detail: map[string]string{"version": is.Version}})
	}
	if known {
		switch is.State {
		case before.State:
		case stateMaintenance:
			event("nextcloud_maintenance", plugin.Info, "Nextcloud went into maintenance")
		case stateUpgrade:
			event("nextcloud_needs_upgrade", plugin.Warning, "Nextcloud wants its database upgraded")
		default:
			event("nextcloud_ready", plugin.Info, "Nextcloud can be used again")
		}
		if before.Version != "" && is.Version != before.Version {
			event("nextcloud_updated", plugin.Info, "Nextcloud went from "+before.Version+" to "+is.Version)
		}
		if is.Newer != "" && is.Newer != before.Newer {
			event("nextcloud_update_available", plugin.Info, "Nextcloud "+is.Newer+" is available")
		}
	}
	return plugin.Keep(state, keySeen, is)
}
