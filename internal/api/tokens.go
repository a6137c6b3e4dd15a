package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/unity-homelab/unity/internal/auth"
	"github.com/unity-homelab/unity/internal/inventory"
)

// Token lets a program in.
type Token struct {
	ID       string     `json:"id"`
	User     string     `json:"user" doc:"ID of the user it belongs to"`
	Name     string     `json:"name"`
	Scope    string     `json:"scope" enum:"read,write,admin"`
	Sources  []string   `json:"sources,omitempty" doc:"IDs of the only sources that it is for; absent for all"`
	Created  time.Time  `json:"created"`
	Expires  *time.Time `json:"expires,omitempty" doc:"Never when absent"`
	LastUsed *time.Time `json:"last_used,omitempty" doc:"To half an hour"`
}

// NewToken is what makes a token.
type NewToken struct {
	Name    string     `json:"name" maxLength:"100" doc:"What it is for"`
	Scope   string     `json:"scope" enum:"read,write,admin" doc:"It may never do more than its user"`
	Expires *time.Time `json:"expires,omitempty" doc:"Never when absent"`
	Sources []string   `json:"sources,omitempty" maxItems:"100" doc:"IDs of the only sources that it is for; all when absent"`
	User    string     `json:"user,omitempty" maxLength:"64" doc:"Name of the user it is for; only administrators name others"`
}

// MadeToken is a token with its secret.
type MadeToken struct {
	Token
	Secret string `json:"secret" doc:"Sent as Authorization: Bearer; never shown again"`
}

// TokenPath is the part of a path that names a token.
type TokenPath struct {
	ID string `path:"id" maxLength:"64" doc:"ID of a token"`
}

func tokenOf(token auth.Token) Token {
	return Token{
		ID: token.ID, User: token.User, Name: token.Name, Scope: string(token.Scope), Sources: token.Sources,
		Created: token.Created, Expires: moment(token.Expires), LastUsed: moment(token.LastUsed),
	}
}

func (s *server) registerTokens() {
	const tag = "Login"
	handle(s, operation("list-tokens", http.MethodGet, "/tokens", tag, "List the own tokens, the newest first"), s.listTokens)
	create := operation("create-token", http.MethodPost, "/tokens", tag, "Make a token for a program")
	create.DefaultStatus = http.StatusCreated
	handle(s, create, s.createToken)
	revoke := operation("revoke-token", http.MethodDelete, "/tokens/{id}", tag, "Revoke a token: an own one, or anybody's for an administrator")
	revoke.DefaultStatus, revoke.Errors = http.StatusNoContent, []int{http.StatusNotFound}
	handle(s, revoke, s.revokeToken)
}

func (s *server) listTokens(ctx context.Context, in *BelongingsInput) (*body[list[Token]], error) {
	tokens, err := s.Auth.TokensOf(ctx, visitOf(ctx).who, in.Everybody)
	if err != nil {
		return nil, denied(err)
	}
	var items []Token
	for _, token := range tokens {
		items = append(items, tokenOf(token))
	}
	return listOf(items), nil
}

func (s *server) createToken(ctx context.Context, in *struct{ Body NewToken }) (*body[MadeToken], error) {
	draft := auth.NewToken{User: in.Body.User, Name: in.Body.Name, Scope: auth.Scope(in.Body.Scope), Sources: in.Body.Sources}
	for i, id := range in.Body.Sources {
		if _, err := s.Sources.Get(inventory.SourceID(id)); err != nil {
			return nil, auth.Invalid{{Path: fmt.Sprintf("sources[%d]", i), Message: "is no source that there is"}}
		}
	}
	if in.Body.Expires != nil {
		draft.Expires = *in.Body.Expires
	}
	token, secret, err := s.Auth.CreateToken(ctx, visitOf(ctx).who, draft)
	if err != nil {
		return nil, denied(err)
	}
	visitOf(ctx).target = token.Name
	return &body[MadeToken]{Body: MadeToken{Token: tokenOf(token), Secret: secret}}, nil
}

func (s *server) revokeToken(ctx context.Context, in *TokenPath) (*struct{}, error) {
	return nil, s.Auth.EndToken(ctx, visitOf(ctx).who, in.ID)
}
