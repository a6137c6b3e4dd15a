package auth

import (
	"context"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
)

const (
	maxAgent = 200
	// touchEvery is how often it is written down at most that a session or a
	// token was used.
	touchEvery = 30 * time.Minute
)

// Credential is what a request brings along.
type Credential struct {
	Session string // of the cookie
	Token   string // of the Authorization header
}

// unknown is the answer to whoever is not recognised.
func unknown(what string) error {
	return fault.New(fault.Auth, "%s", what).WithHint("sign in again, or use another token")
}

// Recognise returns who brings a credential. A fault of kind Auth says that
// nobody has it.
func (s *Service) Recognise(ctx context.Context, credential Credential) (Identity, error) {
	switch {
	case credential.Token != "":
		return s.recogniseToken(ctx, hashSecret("token", credential.Token))
	case credential.Session != "":
		return s.recogniseSession(ctx, hashSecret("session", credential.Session))
	default:
		return Identity{}, fault.New(fault.Auth, "this needs a login").
			WithHint("sign in, or send a token: Authorization: Bearer unity_…")
	}
}

func (s *Service) recogniseSession(ctx context.Context, hash string) (Identity, error) {
	now := s.Now()
	before := s.known.get(hash, now)
	if before.fresh {
		return before.identity, nil
	}
	session, user, err := s.Store.SessionByHash(ctx, hash)
	if isMissing(err) || err == nil && (!now.Before(session.Expires) || now.Sub(session.LastSeen) >= s.SessionIdle) {
		return Identity{}, unknown("the session has ended")
	}
	if err != nil {
		return before.unless(err, "looking for the session")
	}
	if !s.begins(session.Method) {
		return Identity{}, unknown("signing in as this session did is switched off")
	}
	if now.Sub(session.LastSeen) >= min(touchEvery, s.SessionIdle/8) {
		if err := s.Store.TouchSession(ctx, session.ID, now); err != nil {
			return before.unless(err, "noting that a session is used")
		}
	}
	identity := Identity{
		User: user.ID, Name: user.Name, Role: user.Role, Via: ViaSession, Session: session.ID, Method: session.Method,
	}
	s.known.put(hash, before.generation, remembered{identity: identity, at: now, expires: session.Expires})
	return identity, nil
}

// begin makes a session and returns what its cookie holds.
func (s *Service) begin(ctx context.Context, user User, method Method, from From) (string, error) {
	secret, now := newSecret(), s.now()
	session := Session{
		ID: newID(), Hash: hashSecret("session", secret), User: user.ID, Created: now, LastSeen: now,
		Expires: now.Add(s.SessionLifetime), Address: from.Address, Agent: shorten(from.Agent, maxAgent),
		Method: method,
	}
	if err := s.Store.CreateSession(ctx, session); err != nil {
		return "", fault.Wrap(err, "beginning a session")
	}
	return secret, nil
}

// Logout ends the session that somebody uses.
func (s *Service) Logout(ctx context.Context, who Identity) error {
	if who.Session == "" {
		return nil
	}
	return s.EndSession(ctx, who, who.Session)
}

// SessionsOf returns the sessions that somebody may see: the own ones, or
// everybody's when everybody is true and who is administrator.
func (s *Service) SessionsOf(ctx context.Context, who Identity, everybody bool) ([]Session, error) {
	user, err := ownerFor(who, everybody)
	if err != nil {
		return nil, err
	}
	return s.Store.Sessions(ctx, user)
}

// EndSession ends a session: an own one, or anybody's for an administrator.
func (s *Service) EndSession(ctx context.Context, who Identity, id string) error {
	if err := s.Store.DeleteSession(ctx, ownerOf(who), id); err != nil {
		return err
	}
	s.known.forget()
	return nil
}

// ownerOf returns whose things somebody may change: the own, or with "" all.
func ownerOf(who Identity) string {
	if who.Role == Admin {
		return ""
	}
	return who.User
}

func ownerFor(who Identity, everybody bool) (string, error) {
	if !everybody && who.User != "" {
		return who.User, nil
	}
	if who.Role != Admin {
		return "", fault.New(fault.Permission, "only an administrator sees what belongs to others")
	}
	return "", nil
}

// shorten cuts a text to so many bytes of valid characters.
func shorten(text string, limit int) string {
	return strings.ToValidUTF8(text[:min(limit, len(text))], "")
}
