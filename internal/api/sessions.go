package api

import (
	"context"
	"net/http"
	"time"
)

// Session is a login that lasts.
type Session struct {
	ID       string    `json:"id"`
	User     string    `json:"user" doc:"ID of a user"`
	Current  bool      `json:"current" doc:"It is the one that asks"`
	Created  time.Time `json:"created"`
	LastSeen time.Time `json:"last_seen" doc:"To half an hour"`
	Expires  time.Time `json:"expires"`
	Address  string    `json:"address" doc:"From where it began"`
	Agent    string    `json:"agent" doc:"What the browser calls itself"`
}

// BelongingsInput chooses whose things are listed.
type BelongingsInput struct {
	Everybody bool `query:"everybody" doc:"Those of all users; for administrators"`
}

// SessionPath is the part of a path that names a session.
type SessionPath struct {
	ID string `path:"id" maxLength:"64" doc:"ID of a session"`
}

func (s *server) registerSessions() {
	const tag = "Login"
	handle(s, operation("list-sessions", http.MethodGet, "/sessions", tag, "List the own sessions, the last seen first"), s.listSessions)
	end := operation("end-session", http.MethodDelete, "/sessions/{id}", tag, "End a session: an own one, or anybody's for an administrator")
	end.DefaultStatus, end.Errors = http.StatusNoContent, []int{http.StatusNotFound}
	handle(s, end, s.endSession)
}

func (s *server) listSessions(ctx context.Context, in *BelongingsInput) (*body[list[Session]], error) {
	who := visitOf(ctx).who
	sessions, err := s.Auth.SessionsOf(ctx, who, in.Everybody)
	if err != nil {
		return nil, denied(err)
	}
	var items []Session
	for _, session := range sessions {
		items = append(items, Session{
			ID: session.ID, User: session.User, Current: session.ID == who.Session, Created: session.Created,
			LastSeen: session.LastSeen, Expires: session.Expires, Address: session.Address, Agent: session.Agent,
		})
	}
	return listOf(items), nil
}

func (s *server) endSession(ctx context.Context, in *SessionPath) (*struct{}, error) {
	return nil, s.Auth.EndSession(ctx, visitOf(ctx).who, in.ID)
}
