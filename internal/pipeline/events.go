package pipeline

import (
	"slices"
	"time"

	"github.com/unity-homelab/unity/internal/inventory"
	"github.com/unity-homelab/unity/plugin"
)

// maxAge is how far back an event of a run may lie. A log can be read long
// after it was written, but a time from before that is a mistake.
const maxAge = 366 * 24 * time.Hour

// eventsOf returns what a batch told of.
func eventsOf(source inventory.Source, run inventory.Run, told []plugin.Event, now time.Time) []inventory.Event {
	if len(told) == 0 {
		return nil
	}
	events := make([]inventory.Event, 0, len(told)+1) // and the status
	for _, event := range told {
		events = append(events, cleanEvent(inventory.Event{
			Time: event.Time, Kind: event.Kind, Source: source.ID, Host: source.Host,
			Severity: inventory.Severity(event.Severity), Title: event.Title, Detail: event.Detail,
		}, run.Start, now))
	}
	return events
}

// cleanEvent brings an event into form. Without a time of its own, or with one
// that cannot be, it happened at the given one.
func cleanEvent(event inventory.Event, at, now time.Time) inventory.Event {
	if event.Time.IsZero() || event.Time.After(now.Add(ahead)) || event.Time.Before(now.Add(-maxAge)) {
		event.Time = at
	}
	event.Time = event.Time.UTC().Truncate(time.Millisecond)
	event.Kind = clean(event.Kind, maxKindBytes)
	event.Title = clean(event.Title, maxTitleBytes)
	if event.Title == "" {
		event.Title = event.Kind
	}
	switch event.Severity {
	case inventory.Info, inventory.Warning, inventory.Critical:
	default:
		event.Severity = inventory.Info
	}
	event.Detail = cleanDetail(event.Detail)
	return event
}

// cleanDetail keeps the first details by name.
func cleanDetail(detail map[string]string) map[string]string {
	if len(detail) == 0 {
		return nil
	}
	names := make([]string, 0, len(detail))
	for name := range detail {
		names = append(names, name)
	}
	slices.Sort(names)
	cleaned := make(map[string]string, min(len(names), maxDetails))
	for _, name := range names[:min(len(names), maxDetails)] {
		cleaned[clean(name, maxKindBytes)] = clean(detail[name], maxDetailBytes)
	}
	return cleaned
}

// statusEvent tells that the status of a source changed. That a new source
// works, or waits for its first run, is nothing to tell.
func statusEvent(source inventory.Source, previous, next inventory.State, at time.Time) (inventory.Event, bool) {
	from, to := previous.Status, next.Status
	if from == "" {
		from = inventory.Unknown
	}
	if from == to || to == inventory.Unknown || from == inventory.Unknown && to == inventory.Healthy {
		return inventory.Event{}, false
	}
	name := source.Name
	if name == "" {
		name = string(source.ID)
	}
	event := inventory.Event{
		Time: at, Kind: "status_changed", Source: source.ID, Host: source.Host, Severity: inventory.Info,
		Title:  name + " is " + string(to),
		Detail: map[string]string{"from": string(from), "to": string(to)},
	}
	switch to {
	case inventory.Degraded:
		event.Severity = inventory.Warning
	case inventory.Failing:
		event.Severity = inventory.Critical
	case inventory.Healthy:
		event.Title = name + " is healthy again"
	}
	if problem := next.Problem; problem != nil && to != inventory.Healthy {
		event.Title += ": " + problem.Message
		event.Detail["kind"], event.Detail["message"] = string(problem.Kind), problem.Message
		if problem.Hint != "" {
			event.Detail["hint"] = problem.Hint
		}
	}
	return cleanEvent(event, at, at), true
}
