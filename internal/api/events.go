package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/inventory"
)

// Event is something that happened.
type Event struct {
	ID       string            `json:"id"`
	Time     time.Time         `json:"time"`
	Kind     string            `json:"kind"`
	Source   string            `json:"source,omitempty"`
	Host     string            `json:"host,omitempty"`
	Severity string            `json:"severity" enum:"info,warning,critical"`
	Title    string            `json:"title"`
	Detail   map[string]string `json:"detail,omitempty"`
}

func eventOf(event inventory.Event) Event {
	return Event{
		ID: strconv.FormatInt(event.ID, 10), Time: event.Time.UTC(), Kind: event.Kind, Source: string(event.Source),
		Host: string(event.Host), Severity: string(event.Severity), Title: event.Title, Detail: event.Detail,
	}
}

type listEventsInput struct {
	Source   string    `query:"source" maxLength:"64" doc:"Only of this source"`
	Kind     []string  `query:"kind" maxItems:"50" doc:"Only of these kinds"`
	Severity []string  `query:"severity" enum:"info,warning,critical" doc:"Only as severe as this"`
	Since    time.Time `query:"since" doc:"Only from this time on"`
	Until    time.Time `query:"until" doc:"Only up to this time"`
	Cursor   string    `query:"cursor" maxLength:"32" doc:"The next_cursor of the page before"`
	Limit    int       `query:"limit" minimum:"1" maximum:"1000" default:"50" doc:"At most so many"`
}

func (s *server) registerEvents() {
	handle(s, operation("list-events", http.MethodGet, "/events", "Events", "List what happened, newest first"), s.listEvents)
}

func (s *server) listEvents(ctx context.Context, in *listEventsInput) (*body[list[Event]], error) {
	filter := inventory.EventFilter{
		Source: inventory.SourceID(in.Source), Kinds: in.Kind, Since: in.Since, Until: in.Until, Limit: in.Limit + 1,
	}
	for _, severity := range in.Severity {
		filter.Severities = append(filter.Severities, inventory.Severity(severity))
	}
	if in.Cursor != "" {
		before, err := strconv.ParseInt(in.Cursor, 10, 64)
		if err != nil {
			return nil, fault.New(fault.Config, "the cursor %q is none of ours", in.Cursor).WithHint("leave it out to begin at the newest event")
		}
		filter.BeforeID = before
	}
	events, err := s.History.Events(ctx, filter)
	if err != nil {
		return nil, err
	}
	next := ""
	if len(events) > in.Limit {
		events = events[:in.Limit]
		next = strconv.FormatInt(events[len(events)-1].ID, 10)
	}
	var items []Event
	for _, event := range events {
		if !visitOf(ctx).who.Sees(string(event.Source)) {
			continue
		}
		items = append(items, eventOf(event))
	}
	answer := listOf(items)
	answer.Body.NextCursor = next
	return answer, nil
}
