package docker

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// historyKey is where the history is kept in the state of the source.
const historyKey = "events"

// Bounds of the history.
const (
	maxRecent = 50
	maxKeys   = 256
	maxShown  = 100 // events told of in one run; further ones follow in the next
)

// history is what is kept of the events that were told of. It is stored with
// the run that told of them, or not at all; whatever is not in the stored
// history is told of again.
type history struct {
	// Run counts the runs that told of something.
	Run int64 `json:"run"`
	// Newest and Keys are the time of the newest event, and what it and those
	// shortly before it are known by.
	Newest int64    `json:"newest"`
	Keys   []uint64 `json:"keys,omitempty"`
	// Counts are the values of docker_events_total.
	Counts map[string]int64 `json:"counts"`
	// Recent are the latest events for the snapshot, newest first.
	Recent []happening `json:"recent,omitempty"`
	// Asked holds containers that were sent a signal to end, with its time.
	Asked map[string]int64 `json:"asked,omitempty"`
	// Health is the health last told of; Podman repeats it with every check.
	Health map[string]string `json:"health,omitempty"`
}

// happening is an event as the snapshot shows it.
type happening struct {
	Time      time.Time       `json:"time"`
	Action    string          `json:"action"`
	Container string          `json:"container"`
	Title     string          `json:"title"`
	Severity  plugin.Severity `json:"severity"`
	// Status is the word for the severity that the interface colours.
	Status string `json:"status"`
}

// loadHistory reads the stored history. One that cannot be read is an empty
// one: a new beginning.
func loadHistory(raw json.RawMessage) history {
	var h history
	if len(raw) == 0 || json.Unmarshal(raw, &h) != nil {
		return history{}
	}
	return h
}

// after returns the history with the events added, and those that people are
// told of. Only the first n events went in; the rest is for the next run.
func (h history) after(events []apiEvent, podman bool, wanted func(apiEvent) bool) (next history, told []plugin.Event, n int) {
	next = h.clone()
	for n < len(events) && len(told) < maxShown {
		e := events[n]
		n++
		next.keep(e)
		if !wanted(e) {
			continue
		}
		repeated := next.repeats(e)
		if !repeated {
			next.Counts[action(e)]++
		}
		if event, ok := next.tell(e, podman); ok && !repeated {
			told = append(told, event)
			next.recall(e, event)
		}
	}
	return next, told, n
}

// recalled returns the history with what happened before Unity began to watch:
// shown, and neither told of nor counted.
func (h history) recalled(events []apiEvent, podman bool, wanted func(apiEvent) bool) history {
	next := h.clone()
	for _, e := range events {
		next.keep(e)
		if !wanted(e) || next.repeats(e) {
			continue
		}
		if event, ok := next.tell(e, podman); ok {
			next.recall(e, event)
		}
	}
	return next
}

func (h history) clone() history {
	next := h
	next.Run++
	next.Keys = slices.Clone(h.Keys)
	next.Recent = slices.Clone(h.Recent)
	next.Counts = cloned(h.Counts)
	next.Asked = cloned(h.Asked)
	next.Health = cloned(h.Health)
	return next
}

func cloned[V any](m map[string]V) map[string]V {
	c := maps.Clone(m)
	if c == nil {
		c = make(map[string]V)
	}
	return c
}

// keep remembers that the event was seen.
func (h *history) keep(e apiEvent) {
	h.Newest = max(h.Newest, e.TimeNano)
	h.Keys = append(h.Keys, eventKey(e))
	if len(h.Keys) > maxKeys {
		h.Keys = h.Keys[len(h.Keys)-maxKeys:]
	}
}

// repeats reports whether the event says of a container's health what was said
// before, and notes the health.
func (h *history) repeats(e apiEvent) bool {
	id := shortID(e.Actor.ID)
	switch word := action(e); word {
	case "healthy", "unhealthy":
		before := h.Health[id]
		h.Health[id] = word
		return before == word
	case "start", "destroy":
		delete(h.Health, id)
	}
	return false
}

// recall puts the event in front of the recent ones.
func (h *history) recall(e apiEvent, event plugin.Event) {
	status := map[plugin.Severity]string{plugin.Info: "ok", plugin.Warning: "warning", plugin.Critical: "critical"}[event.Severity]
	h.Recent = slices.Insert(h.Recent, 0, happening{
		Time: event.Time, Action: action(e), Container: event.Detail["container"],
		Title: event.Title, Severity: event.Severity, Status: status,
	})
	h.Recent = h.Recent[:min(len(h.Recent), maxRecent)]
}

// tell makes the event that people read. Of what several events say (stopping
// is kill, die and stop) one is told.
func (h *history) tell(e apiEvent, podman bool) (plugin.Event, bool) {
	name, id := e.Actor.Attributes["name"], shortID(e.Actor.ID)
	if name == "" {
		name = id
	}
	event := plugin.Event{
		Time: time.Unix(0, e.TimeNano).UTC(), Kind: "container_" + action(e), Severity: plugin.Info,
		Detail: map[string]string{"container": name, "id": id},
	}
	if image := e.Actor.Attributes["image"]; image != "" {
		event.Detail["image"] = plugin.Shorten(image, 200)
	}
	switch action(e) {
	case "kill":
		if endsIt(e.Actor.Attributes["signal"]) {
			h.Asked[id] = e.TimeNano
		}
		return event, false
	case "start":
		event.Title = name + " started"
	case "die":
		h.tellEnd(&event, e, name, id, podman)
	case "oom":
		event.Title, event.Severity = name+" ran out of memory", plugin.Warning
		h.Asked[id] = -1 // what ends it now is no wish
	case "pause":
		event.Title = name + " was paused"
	case "unpause":
		event.Title = name + " goes on after a pause"
	case "destroy":
		event.Title = name + " was removed"
		delete(h.Asked, id)
	case "rename":
		event.Title = fmt.Sprintf("%s is now called %s", strings.TrimPrefix(e.Actor.Attributes["oldName"], "/"), name)
	case "healthy":
		event.Title = name + " is healthy"
	case "unhealthy":
		event.Title, event.Severity = name+" is unhealthy", plugin.Warning
	default: // create, stop, restart, update: counted only
		return event, false
	}
	return event, true
}

// tellEnd says how a container ended: as it was asked to, by itself, or badly.
func (h *history) tellEnd(event *plugin.Event, e apiEvent, name, id string, podman bool) {
	asked := h.Asked[id]
	delete(h.Asked, id)
	code := e.Actor.Attributes["exitCode"]
	event.Detail["exit_code"] = code
	switch {
	case asked > 0, podman && asked == 0 && (code == "137" || code == "143"): // Podman tells of no signals
		event.Kind = "container_stop"
		event.Title = fmt.Sprintf("%s was stopped (exit code %s)", name, code)
	case code == "0" || code == "":
		event.Title = name + " finished"
	default:
		event.Title, event.Severity = fmt.Sprintf("%s died with exit code %s", name, code), plugin.Warning
	}
}

// endsIt reports whether a signal is meant to end a container; others make it
// read its config again or rotate its log.
func endsIt(signal string) bool {
	switch strings.TrimPrefix(strings.ToUpper(signal), "SIG") {
	case "0", "1", "10", "12", "28", "HUP", "USR1", "USR2", "WINCH":
		return false
	default:
		return true
	}
}
