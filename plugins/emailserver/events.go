package emailserver

import (
	"cmp"
	"errors"
	"maps"
	"slices"

	"github.com/unity-homelab/unity/plugin"
)

// keySeen is where it is kept how things were in the run before.
const keySeen = "seen"

// past is what a run is compared with.
type past struct {
	Endpoints  map[string]string `json:"endpoints,omitempty"`
	Containers map[string]string `json:"containers,omitempty"`
	Listed     map[string]bool   `json:"listed,omitempty"`
	Running    *bool             `json:"running,omitempty"`
}

// tell tells what has changed since the run before, and keeps how things are.
func (c *collector) tell(s *survey, out *plugin.Batch) error {
	was, known := plugin.Recall[past](c.host.State, keySeen)
	now := was // of what could not be asked it stays known how it was
	now.Endpoints = make(map[string]string)
	var events []plugin.Event
	for _, e := range s.endpoints {
		now.Endpoints[e.endpoint.Name] = e.state
		if before, there := was.Endpoints[e.endpoint.Name]; there && before != e.state {
			events = append(events, endpointEvent(e))
		}
	}
	if s.cow != nil {
		now.Containers = make(map[string]string)
		for _, one := range s.cow.containers {
			now.Containers[one.Name] = one.State
			if before, there := was.Containers[one.Name]; there && before != one.State {
				events = append(events, containerEvent(one))
			}
		}
	}
	if len(s.listings) > 0 {
		now.Listed = maps.Clone(was.Listed)
		if now.Listed == nil {
			now.Listed = make(map[string]bool)
		}
		for _, one := range s.listings {
			if before, there := was.Listed[one.Zone]; there && before != one.Listed || !there && known && one.Listed {
				events = append(events, listingEvent(one))
			}
			now.Listed[one.Zone] = one.Listed
		}
	}
	if s.queue != nil && s.queue.running != nil {
		now.Running = s.queue.running
		if was.Running != nil && *was.Running != *now.Running {
			events = append(events, runningEvent(s.queue.mta, *now.Running))
		}
	}
	slices.SortFunc(events, func(a, b plugin.Event) int { return cmp.Compare(a.Kind+a.Title, b.Kind+b.Title) })
	for _, event := range events {
		out.Event(event)
	}
	kept := plugin.Keep(c.host.State, keySeen, now)
	if s.log == nil {
		return kept
	}
	return errors.Join(kept, plugin.Keep(c.host.State, keyLedger, s.log))
}

func endpointEvent(s seen) plugin.Event {
	name := s.endpoint.Name
	event := plugin.Event{
		Kind: "mail_endpoint_up", Severity: plugin.Info, Title: name + " answers again",
		Detail: map[string]string{"endpoint": name, "protocol": s.endpoint.Protocol},
	}
	switch s.state {
	case stateDown:
		event.Kind, event.Severity, event.Title = "mail_endpoint_down", plugin.Warning, name+" is down"
	case stateRefusing:
		event.Kind, event.Severity, event.Title = "mail_endpoint_refusing", plugin.Warning, name+" takes no connection from here"
	}
	if s.err != nil {
		event.Detail["why"] = plugin.Shorten(s.err.Error(), 200)
	}
	return event
}

func containerEvent(one container) plugin.Event {
	event := plugin.Event{
		Kind: "mailcow_container_running", Severity: plugin.Info, Title: "mailcow's " + one.Name + " runs again",
		Detail: map[string]string{"container": one.Name, "state": one.State},
	}
	if one.State != "running" {
		event.Kind, event.Severity, event.Title = "mailcow_container_stopped", plugin.Warning, "mailcow's "+one.Name+" is "+one.State
	}
	return event
}

func listingEvent(one listing) plugin.Event {
	if one.Listed {
		return plugin.Event{
			Kind: "mail_dnsbl_listed", Severity: plugin.Critical, Title: "The server's address is listed in " + one.Zone,
			Detail: map[string]string{"zone": one.Zone, "answer": one.Answer},
		}
	}
	return plugin.Event{
		Kind: "mail_dnsbl_delisted", Severity: plugin.Info, Title: "The server's address is not listed in " + one.Zone + " any more",
		Detail: map[string]string{"zone": one.Zone},
	}
}

func runningEvent(mta string, running bool) plugin.Event {
	if running {
		return plugin.Event{Kind: "mail_mta_started", Severity: plugin.Info, Title: "The mail server runs again", Detail: map[string]string{"mta": mta}}
	}
	return plugin.Event{Kind: "mail_mta_stopped", Severity: plugin.Critical, Title: "The mail server has stopped", Detail: map[string]string{"mta": mta}}
}
