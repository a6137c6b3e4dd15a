package bitwarden

import "github.com/unity-homelab/unity/plugin"

// keySeen is where is kept how it was in the run before.
const keySeen = "seen"

// seen is what the next run is compared with.
type seen struct {
	Version string `json:"version,omitempty"`
	Open    *bool  `json:"open,omitempty"`
	Users   *int   `json:"users,omitempty"`
}

// tell reports what changed since the run before.
func tell(state plugin.State, s *sight, out *plugin.Batch) error {
	before, _ := plugin.Recall[seen](state, keySeen)
	is := before
	if s.about.version != "" {
		is.Version = s.about.version
	}
	if open := s.open(); open != nil {
		is.Open = open
	}
	if s.admin != nil && s.admin.users != nil {
		is.Users = &s.admin.users.Total
	}
	event := func(kind string, severity plugin.Severity, title string) {
		out.Event(plugin.Event{Kind: kind, Severity: severity, Title: title, Detail: map[string]string{"version": is.Version}})
	}
	if before.Version != "" && is.Version != before.Version {
		event("vaultwarden_updated", plugin.Info, "The vault went from "+before.Version+" to "+is.Version)
	}
	if before.Open != nil && *is.Open != *before.Open {
		if *is.Open {
			event("vaultwarden_registration_opened", plugin.Warning, "Strangers may register")
		} else {
			event("vaultwarden_registration_closed", plugin.Info, "Strangers may not register any more")
		}
	}
	if before.Users != nil && *is.Users != *before.Users {
		title := "A user was added"
		if *is.Users < *before.Users {
			title = "A user was removed"
		}
		event("vaultwarden_users_changed", plugin.Info, title)
	}
	return plugin.Keep(state, keySeen, is)
}
