package oidc

import (
	"cmp"
	"context"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/unity-homelab/unity/internal/auth"
)

// maxGroups bounds the groups of somebody.
const maxGroups = 1000

// vouched reads who somebody is from the ID token. What is not in it, some
// providers say when they are asked about the user.
func (p *Provider) vouched(
	ctx context.Context, found *discovered, token *oidc.IDToken, tokens *oauth2.Token,
) (auth.Vouched, error) {
	claims := make(map[string]any)
	if err := token.Claims(&claims); err != nil {
		return auth.Vouched{}, mistrusted("reading the ID token: %v", err)
	}
	name, named := nameIn(claims)
	groups, grouped := groupsIn(claims, p.RoleClaim)
	if (!named || !grouped) && found.UserInfo != "" {
		info, err := found.provider.UserInfo(ctx, oauth2.StaticTokenSource(tokens))
		if err != nil && isAway(err) {
			return auth.Vouched{}, away(err)
		}
		if err != nil {
			return auth.Vouched{}, mistrusted("asking the provider about the user: %s", cut(err.Error()))
		}
		more := make(map[string]any)
		if err := info.Claims(&more); err != nil || info.Subject != token.Subject {
			return auth.Vouched{}, mistrusted("the provider tells of another user than the one who signed in")
		}
		if !named {
			name, _ = nameIn(more)
		}
		if !grouped {
			groups, _ = groupsIn(more, p.RoleClaim)
		}
	}
	return auth.Vouched{
		Issuer: token.Issuer, Subject: token.Subject, Name: cmp.Or(name, token.Subject), Groups: groups,
	}, nil
}

// nameIn returns what people call the user; it is for making an account, and
// finds none.
func nameIn(claims map[string]any) (string, bool) {
	for _, claim := range []string{"preferred_username", "nickname", "name", "email"} {
		if text, ok := claims[claim].(string); ok && text != "" {
			return text, true
		}
	}
	return "", false
}

// groupsIn returns the words of a claim: a list of them, or a single one.
func groupsIn(claims map[string]any, path string) ([]string, bool) {
	value, ok := lookUp(claims, path)
	if !ok {
		return nil, false
	}
	switch value := value.(type) {
	case string:
		return []string{value}, true
	case []any:
		var groups []string
		for _, each := range value[:min(len(value), maxGroups)] {
			if group, ok := each.(string); ok {
				groups = append(groups, group)
			}
		}
		return groups, true
	default:
		return nil, false
	}
}

// lookUp finds a claim. A dot leads into an object, unless the claim itself has
// it, as in an address.
func lookUp(claims map[string]any, path string) (any, bool) {
	if value, ok := claims[path]; ok {
		return value, true
	}
	first, rest, more := strings.Cut(path, ".")
	inside, ok := claims[first].(map[string]any)
	if !ok || !more {
		return nil, false
	}
	return lookUp(inside, rest)
}
