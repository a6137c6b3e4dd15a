package oidc

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/internal/auth"
)

// skew is how far the clocks of Unity and of the provider may be apart.
const skew = 5 * time.Minute

// Finish returns for whom the provider vouches, given the cookie that Begin gave
// and what the provider had the browser say. What was wanted is returned also
// when it comes to nothing, as far as it is known; every such error is an
// auth.NotSignedIn.
func (p *Provider) Finish(ctx context.Context, cookie string, answer url.Values) (auth.Vouched, auth.Errand, error) {
	begun, err := p.resume(cookie, answer)
	if err != nil {
		return auth.Vouched{}, begun.Errand, err
	}
	vouched, err := p.finish(ctx, begun, answer)
	return vouched, begun.Errand, err
}

func (p *Provider) finish(ctx context.Context, begun attempt, answer url.Values) (auth.Vouched, error) {
	found, err := p.discover(ctx)
	if err != nil {
		return auth.Vouched{}, err
	}
	if issuer := answer.Get("iss"); issuer != p.Issuer && (issuer != "" || found.NamesSelf) {
		return auth.Vouched{}, mistrusted("the answer is of %q, not of %s", cut(issuer), p.Issuer)
	}
	if code := answer.Get("error"); code != "" {
		return auth.Vouched{}, refusal(code, answer.Get("error_description"))
	}
	config, err := p.config(found, begun.Errand.Redirect)
	if err != nil {
		return auth.Vouched{}, err
	}
	ctx = oidc.ClientContext(ctx, p.client)
	tokens, err := config.Exchange(ctx, answer.Get("code"), oauth2.VerifierOption(begun.Verifier))
	if err != nil {
		return auth.Vouched{}, refused(err)
	}
	token, err := p.verify(ctx, found, tokens, begun.Nonce)
	if err != nil {
		return auth.Vouched{}, err
	}
	return p.vouched(ctx, found, token, tokens)
}

// verify returns the ID token when it is one for us, now, and for this attempt.
func (p *Provider) verify(ctx context.Context, found *discovered, tokens *oauth2.Token, nonce string) (*oidc.IDToken, error) {
	raw, _ := tokens.Extra("id_token").(string)
	keys := &noting{KeySet: found.keys}
	// Its own check of time allows for no difference of clocks; ours follows.
	token, err := oidc.NewVerifier(p.Issuer, keys, &oidc.Config{
		ClientID: p.Client, SupportedSigningAlgs: found.Algorithms, SkipExpiryCheck: true, Now: p.Now,
	}).Verify(ctx, raw)
	switch {
	case err != nil && isAway(keys.err):
		return nil, away(fault.Wrap(keys.err, "getting the keys of the provider"))
	case err != nil:
		return nil, auth.NotSignedIn{Reason: auth.Mistrusted, Err: fault.As(fault.BadAnswer, err, "checking the ID token")}
	}
	if nonce == "" || token.Nonce != nonce {
		return nil, mistrusted("the ID token is for another attempt: its nonce is not the one that was sent")
	}
	var claims struct {
		Party     string  `json:"azp"`
		NotBefore float64 `json:"nbf"`
	}
	if err := token.Claims(&claims); err != nil {
		return nil, mistrusted("reading the ID token: %v", err)
	}
	if claims.Party != p.Client && (claims.Party != "" || len(token.Audience) > 1) {
		return nil, mistrusted("the ID token was made for %q", cut(claims.Party))
	}
	if token.AccessTokenHash != "" {
		if err := token.VerifyAccessToken(tokens.AccessToken); err != nil {
			return nil, mistrusted("the access token does not belong to the ID token")
		}
	}
	// It was made a moment ago, so its time is the clock of the provider.
	now := p.Now()
	notBefore := time.Unix(int64(claims.NotBefore), 0)
	if apart := now.Sub(token.IssuedAt); apart.Abs() > skew || notBefore.Sub(now) > skew || now.Sub(token.Expiry) > skew {
		return nil, auth.NotSignedIn{Reason: auth.Clock, Err: fault.New(fault.BadAnswer,
			"the clock of the provider and that of Unity are %v apart", apart.Abs().Round(time.Second)).
			WithHint("set the clocks of both machines by NTP")}
	}
	return token, nil
}

// noting remembers why keys could not be had, which the verifier only says in
// words.
type noting struct {
	oidc.KeySet

	err error
}

// VerifySignature implements oidc.KeySet.
func (n *noting) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	payload, err := n.KeySet.VerifySignature(ctx, token)
	n.err = err
	return payload, err
}

// isAway reports whether an error says that the provider cannot be reached.
func isAway(err error) bool {
	switch fault.Of(err) {
	case fault.Unreachable, fault.Refused, fault.DNS, fault.Timeout, fault.TLS, fault.Canceled:
		return true
	default:
		return false
	}
}

// away says that the provider cannot be asked, and why.
func away(err error) auth.NotSignedIn {
	reason := auth.Away
	if !isAway(err) {
		reason = auth.Misconfigured // something answers, but no provider
	}
	return auth.NotSignedIn{Reason: reason, Err: err}
}

// refusal is what the provider had the browser say instead of a code.
func refusal(code, description string) auth.NotSignedIn {
	reason := auth.Misconfigured
	switch code {
	case "access_denied", "login_required", "consent_required", "interaction_required", "account_selection_required":
		reason = auth.Cancelled
	case "server_error", "temporarily_unavailable":
		reason = auth.Away
	}
	return auth.NotSignedIn{Reason: reason, Err: fault.New(fault.Auth, "the provider refuses with %s: %s", cut(code), cut(description))}
}

// refused is why the provider gave no tokens for a code.
func refused(err error) auth.NotSignedIn {
	answer, ok := errors.AsType[*oauth2.RetrieveError](err)
	switch {
	case !ok && isAway(err):
		return away(fault.Wrap(err, "asking the provider for tokens"))
	case !ok:
		return auth.NotSignedIn{Reason: auth.Mistrusted, Err: fault.As(fault.BadAnswer, err, "asking the provider for tokens")}
	case answer.ErrorCode == "invalid_grant":
		return expired("the provider does not take the code: %s", cut(answer.ErrorDescription))
	default:
		return auth.NotSignedIn{Reason: auth.Misconfigured, Err: fault.New(fault.Auth,
			"the provider gives Unity no tokens: %s %s", cut(answer.ErrorCode), cut(answer.ErrorDescription)).
			WithHint("compare client_id, client_secret and the redirect address with what the provider has")}
	}
}

// cut makes a text of strangers fit for a log.
func cut(text string) string {
	const longest = 200
	runes := slices.DeleteFunc([]rune(strings.ToValidUTF8(text, "")), unicode.IsControl)
	return string(runes[:min(len(runes), longest)])
}
