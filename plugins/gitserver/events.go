package gitserver

import (
	"slices"

	"github.com/unity-homelab/unity/plugin"
)

// stateKey is where what was seen is kept, together with the run that told of it.
const stateKey = "seen"

// maxSeen bounds what is kept.
const maxSeen = 200

// seen is what the next run is compared with.
type seen struct {
	Version string   `json:"version,omitempty"`
	Failing []string `json:"failing,omitempty"`
	Offline []string `json:"offline,omitempty"`
}

// tell reports what changed since the run before.
func tell(state plugin.State, s *sight, out *plugin.Batch) error {
	before, known := plugin.Recall[seen](state, stateKey)
	is := seen{Version: s.Version, Failing: before.Failing, Offline: before.Offline}
	if s.CISeen {
		is.Failing = s.failing[:min(len(s.failing), maxSeen)]
	}
	if s.RunnersSeen {
		is.Offline = nil
		for _, r := range s.Runners {
			if r.Status == "offline" && len(is.Offline) < maxSeen {
				is.Offline = append(is.Offline, r.Name)
			}
		}
		slices.Sort(is.Offline)
	}
	if known {
		for _, name := range missing(is.Failing, before.Failing) {
			event(out, "git_server_ci_broken", plugin.Warning, name, "The default branch of "+name+" fails")
		}
		for _, name := range missing(before.Failing, is.Failing) {
			event(out, "git_server_ci_mended", plugin.Info, name, "The default branch of "+name+" succeeds again")
		}
		for _, name := range missing(is.Offline, before.Offline) {
			event(out, "git_server_runner_offline", plugin.Warning, name, "The runner "+name+" is offline")
		}
		if before.Version != "" && is.Version != "" && before.Version != is.Version {
			event(out, "git_server_updated", plugin.Info, is.Version, "The server went from "+before.Version+" to "+is.Version)
		}
	}
	return plugin.Keep(state, stateKey, is)
}

// missing are those of the first list that are not in the second.
func missing(of, in []string) []string {
	return slices.DeleteFunc(slices.Clone(of), func(name string) bool { return slices.Contains(in, name) })
}

func event(out *plugin.Batch, kind string, severity plugin.Severity, name, title string) {
	out.Event(plugin.Event{Kind: kind, Severity: severity, Title: title, Detail: map[string]string{"name": name}})
}
