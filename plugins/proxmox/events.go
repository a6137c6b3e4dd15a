package proxmox

import (
	"maps"
	"slices"

	"github.com/unity-homelab/unity/plugin"
)

// keySeen is where is kept how it was in the run before.
const keySeen = "seen"

// Bounds of what that remembers.
const (
	maxSeenGuests = 300
	maxSeenTasks  = 100
)

// seen is what the next run is compared with.
type seen struct {
	Version string               `json:"version"`
	Quorate *bool                `json:"quorate,omitempty"`
	Online  map[string]bool      `json:"online"`
	Guests  map[string]seenGuest `json:"guests"`
	// Tasks are those that went wrong and were told.
	Tasks []string `json:"tasks,omitempty"`
}

type seenGuest struct {
	Name   string `json:"m"`
	Node   string `json:"n"`
	Status string `json:"s"`
}

// tell reports what changed since the run before.
func (c *collector) tell(s *sight, out *plugin.Batch) error {
	was, known := plugin.Recall[seen](c.host.State, keySeen)
	is := seen{Version: s.version.Version, Online: make(map[string]bool), Guests: make(map[string]seenGuest)}
	t := teller{out, known}
	if known && was.Version != is.Version {
		t.tell("updated", plugin.Info, "Proxmox VE went from "+was.Version+" to "+is.Version, "version", is.Version)
	}
	if s.cluster != nil {
		is.Quorate = &s.cluster.Quorate
		switch {
		case was.Quorate == nil || *was.Quorate == *is.Quorate:
		case *is.Quorate:
			t.tell("quorum_regained", plugin.Info, "The cluster has a quorum again", "cluster", s.cluster.Name)
		default:
			t.tell("quorum_lost", plugin.Critical, "The cluster has no quorum", "cluster", s.cluster.Name)
		}
	}
	for _, n := range s.nodes {
		if n.Online == nil {
			continue
		}
		is.Online[n.Name] = *n.Online
		before, met := was.Online[n.Name]
		switch {
		case !met || before == *n.Online:
		case *n.Online:
			t.tell("node_online", plugin.Info, "The node "+n.Name+" is back", "node", n.Name)
		default:
			t.tell("node_offline", plugin.Critical, "The node "+n.Name+" is offline", "node", n.Name)
		}
	}
	t.guests(s.guests, was.Guests, is.Guests)
	is.Tasks = t.tasks(c.medium.tasks, was.Tasks)
	return plugin.Keep(c.host.State, keySeen, is)
}

// teller makes events, except in the first run, which has nothing to compare.
type teller struct {
	out   *plugin.Batch
	known bool
}

func (t teller) tell(kind string, severity plugin.Severity, title string, detail ...string) {
	if !t.known {
		return
	}
	e := plugin.Event{Kind: kind, Severity: severity, Title: title, Detail: make(map[string]string)}
	for i := 0; i+1 < len(detail); i += 2 {
		e.Detail[detail[i]] = detail[i+1]
	}
	t.out.Event(e)
}

// guests tells which were made, removed, moved, started and stopped.
func (t teller) guests(all []*guest, was, is map[string]seenGuest) {
	for _, g := range all {
		if len(is) >= maxSeenGuests {
			break
		}
		before, met := was[g.ID]
		now := seenGuest{g.Name, g.Node, g.Status}
		if now.Status == unknown && met {
			now.Status = before.Status // nobody says, which is no change
		}
		is[g.ID] = now
		if g.template {
			continue
		}
		name, detail := g.kind()+" "+g.Name+" ("+g.ID+")", []string{"guest", g.ID, "name", g.Name, "node", g.Node}
		switch {
		case !met && len(was) < maxSeenGuests:
			t.tell("guest_created", plugin.Info, "The "+name+" is new on "+g.Node, detail...)
		case met && before.Node != now.Node:
			t.tell("guest_moved", plugin.Info, "The "+name+" went from "+before.Node+" to "+g.Node, detail...)
		}
		switch {
		case !met || before.Status == now.Status:
		case g.running():
			t.tell("guest_started", plugin.Info, "The "+name+" runs", detail...)
		case before.Status == running && g.expected():
			t.tell("guest_stopped", plugin.Warning, "The "+name+" is "+g.Status, detail...)
		default:
			t.tell("guest_"+g.Status, plugin.Info, "The "+name+" is "+g.Status, detail...)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(was)) {
		if _, there := is[id]; !there && len(all) <= maxSeenGuests {
			t.tell("guest_removed", plugin.Info, "The guest "+was[id].Name+" ("+id+") is gone", "guest", id, "name", was[id].Name)
		}
	}
}

// tasks tells which went wrong, each once, and returns those that were told.
func (t teller) tasks(all []task, was []string) (is []string) {
	for _, one := range all {
		if one.result() != taskError || len(is) >= maxSeenTasks {
			continue
		}
		is = append(is, one.UPID)
		if slices.Contains(was, one.UPID) {
			continue
		}
		what, of := plugin.Shorten(string(one.Type), 40), ""
		if one.ID != "" {
			of = " of " + plugin.Shorten(string(one.ID), 60)
		}
		t.tell("task_unsuccessful", plugin.Warning, "The task "+what+of+" on "+plugin.Shorten(one.Node, 60)+" did not succeed",
			"task", what, "node", plugin.Shorten(one.Node, 60), "said", plugin.Shorten(string(one.Status), 200))
	}
	return is
}
