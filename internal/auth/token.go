package auth

import (
	"context"
	"regexp"
	"slices"
	"time"

	"github.com/unity-homelab/unity/fault"
)

// NewToken is a token as somebody asks for it.
type NewToken struct {
	// User is the login of whose token it is; only an administrator may name
	// somebody else.
	User  string
	Name  string
	Scope Scope
	// Sources are the IDs of the sources that it is for; none stands for all.
	Sources []string
	Expires time.Time // zero for never
}

func (s *Service) recogniseToken(ctx context.Context, hash string) (Identity, error) {
	now := s.Now()
	before := s.known.get(hash, now)
	if before.fresh {
		return before.identity, nil
	}
	token, user, err := s.Store.TokenByHash(ctx, hash)
	if isMissing(err) {
		return Identity{}, unknown("there is no such token")
	}
	if err != nil {
		return before.unless(err, "looking for the token")
	}
	if !token.Expires.IsZero() && !now.Before(token.Expires) {
		return Identity{}, unknown("the token has expired")
	}
	if now.Sub(token.LastUsed) >= touchEvery {
		if err := s.Store.TouchToken(ctx, token.ID, now); err != nil {
			return before.unless(err, "noting that a token is used")
		}
	}
	identity := Identity{
		User: user.ID, Name: user.Name, Role: lesser(user.Role, token.Scope.role()), Via: ViaToken, Token: token.ID,
		Sources: token.Sources,
	}
	s.known.put(hash, before.generation, remembered{identity: identity, at: now, expires: token.Expires})
	return identity, nil
}

// CreateToken makes a token and returns it with its secret, which is never
// shown again.
func (s *Service) CreateToken(ctx context.Context, who Identity, draft NewToken) (Token, string, error) {
	if err := checkToken(draft, s.Now()); err != nil {
		return Token{}, "", err
	}
	owner := who.User
	if draft.User != "" {
		login, err := loginOf(draft.User)
		if err != nil {
			return Token{}, "", err
		}
		user, err := s.Store.UserByLogin(ctx, login)
		if err != nil {
			return Token{}, "", err
		}
		owner = user.ID
	}
	switch {
	case owner == "":
		return Token{}, "", Invalid{{Path: "user", Message: "is needed: a token belongs to somebody"}}
	case owner != who.User && who.Role != Admin:
		return Token{}, "", fault.New(fault.Permission, "only an administrator makes tokens for others")
	}
	secret, now := tokenPrefix+newSecret(), s.now()
	token := Token{
		ID: newID(), Hash: hashSecret("token", secret), User: owner, Name: draft.Name, Scope: draft.Scope, Sources: draft.Sources,
		Created: now, Expires: draft.Expires.UTC().Truncate(time.Millisecond),
	}
	if draft.Expires.IsZero() {
		token.Expires = time.Time{}
	}
	if err := s.Store.CreateToken(ctx, token); err != nil {
		return Token{}, "", fault.Wrap(err, "making a token")
	}
	return token, secret, nil
}

// maxSources bounds the sources that a token is for.
const maxSources = 100

// sourceID is what the ID of a source looks like.
var sourceID = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)

func checkToken(draft NewToken, now time.Time) error {
	var found Invalid
	if draft.Name == "" || len(draft.Name) > 100 || draft.Name != printable(draft.Name) {
		found = append(found, Problem{"name", "has to have 1 to 100 bytes, none of them a control character"})
	}
	if draft.Scope.role() == "" {
		found = append(found, Problem{"scope", "is not read, write or admin"})
	}
	if len(draft.Sources) > maxSources || slices.ContainsFunc(draft.Sources, func(id string) bool { return !sourceID.MatchString(id) }) {
		found = append(found, Problem{"sources", "has to be a list of at most 100 IDs of sources"})
	}
	if !draft.Expires.IsZero() && !draft.Expires.After(now) {
		found = append(found, Problem{"expires", "is in the past"})
	}
	if len(found) > 0 {
		return found
	}
	return nil
}

// TokensOf returns the tokens that somebody may see: the own ones, or
// everybody's when everybody is true and who is administrator.
func (s *Service) TokensOf(ctx context.Context, who Identity, everybody bool) ([]Token, error) {
	user, err := ownerFor(who, everybody)
	if err != nil {
		return nil, err
	}
	return s.Store.Tokens(ctx, user)
}

// EndToken revokes a token: an own one, or anybody's for an administrator.
func (s *Service) EndToken(ctx context.Context, who Identity, id string) error {
	if err := s.Store.DeleteToken(ctx, ownerOf(who), id); err != nil {
		return err
	}
	s.known.forget()
	return nil
}
