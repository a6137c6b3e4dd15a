package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/auth"
)

// AuditEntry says what somebody did.
type AuditEntry struct {
	ID      string    `json:"id"`
	Time    time.Time `json:"time"`
	User    string    `json:"user,omitempty" doc:"ID of the user; absent when nobody was recognised"`
	Name    string    `json:"name" doc:"As it was at that time, or as it was typed"`
	Via     string    `json:"via,omitempty" doc:"session, token, proxy or socket"`
	Action  string    `json:"action" example:"source.change"`
	Target  string    `json:"target,omitempty" doc:"What it was done to"`
	Address string    `json:"address" doc:"From where"`
	Refused bool      `json:"refused" doc:"It was tried and not allowed"`
}

type listAuditInput struct {
	User   string   `query:"user" maxLength:"64" doc:"ID of a user"`
	Action []string `query:"action" doc:"Only these actions, such as login"`
	Cursor string   `query:"cursor" maxLength:"32" doc:"The next_cursor of the page before"`
	Limit  int      `query:"limit" minimum:"1" maximum:"1000" default:"50" doc:"At most so many"`
}

func (s *server) registerAudit() {
	handle(s, operation("list-audit", http.MethodGet, "/audit", "Users", "List who did what, the newest first"), s.listAudit)
}

func (s *server) listAudit(ctx context.Context, in *listAuditInput) (*body[list[AuditEntry]], error) {
	filter := auth.EntryFilter{User: in.User, Actions: in.Action, Limit: in.Limit + 1}
	if in.Cursor != "" {
		before, err := strconv.ParseInt(in.Cursor, 10, 64)
		if err != nil {
			return nil, fault.New(fault.Config, "the cursor %q is none of ours", in.Cursor).WithHint("leave it out to begin at the newest")
		}
		filter.BeforeID = before
	}
	entries, err := s.Auth.Entries(ctx, filter)
	if err != nil {
		return nil, err
	}
	next := ""
	if len(entries) > in.Limit {
		entries = entries[:in.Limit]
		next = strconv.FormatInt(entries[len(entries)-1].ID, 10)
	}
	var items []AuditEntry
	for _, entry := range entries {
		items = append(items, AuditEntry{
			ID: strconv.FormatInt(entry.ID, 10), Time: entry.Time, User: entry.User, Name: entry.Name, Via: string(entry.Via),
			Action: entry.Action, Target: entry.Target, Address: entry.Address, Refused: entry.Refused,
		})
	}
	answer := listOf(items)
	answer.Body.NextCursor = next
	return answer, nil
}
