package webservice

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// authorize adds the login of the config to the request.
func (c *collector) authorize(ctx context.Context, r *result, request *http.Request) error {
	switch {
	case c.plan.OAuth2.TokenURL != "":
		return c.authorizeOAuth2(ctx, r, request)
	case !c.plan.Token.Empty():
		token, err := c.plan.Token.Reveal()
		if err != nil {
			return fault.Wrap(err, "reading the token")
		}
		request.Header.Set("Authorization", "Bearer "+token)
	case c.plan.Username != "" || !c.plan.Password.Empty():
		password, err := c.plan.Password.Reveal()
		if err != nil {
			return fault.Wrap(err, "reading the password")
		}
		request.SetBasicAuth(c.plan.Username, password)
	}
	return nil
}

// authorizeOAuth2 adds a token, which it asks for when there is none that still
// holds.
func (c *collector) authorizeOAuth2(ctx context.Context, r *result, request *http.Request) error {
	if !c.token.Valid() {
		secret, err := c.plan.OAuth2.ClientSecret.Reveal()
		if err != nil {
			return fault.Wrap(err, "reading the client secret")
		}
		grant := clientcredentials.Config{
			ClientID: c.plan.OAuth2.ClientID, ClientSecret: secret,
			TokenURL: c.plan.OAuth2.TokenURL, Scopes: c.plan.OAuth2.Scopes,
		}
		client := c.client(&result{}) // its redirects are of no interest
		defer client.CloseIdleConnections()
		token, err := grant.Token(context.WithValue(ctx, oauth2.HTTPClient, client))
		if err != nil {
			return c.noToken(r, err)
		}
		c.token = token
	}
	c.token.SetAuthHeader(request)
	return nil
}

func (c *collector) noToken(r *result, err error) error {
	if ownNetworkGone(err) {
		return fault.As(fault.Unreachable, err, "this machine has no way to the network")
	}
	at := "asking for a token"
	if parsed, parseErr := url.Parse(c.plan.OAuth2.TokenURL); parseErr == nil {
		at += " at " + shown(parsed)
	}
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) {
		words := refused.ErrorCode
		if words == "" && refused.Response != nil {
			words = "status " + refused.Response.Status
		}
		r.fail(reasonLogin, at+": "+words, "check the client's ID and secret")
		return nil
	}
	if e := (*url.Error)(nil); errors.As(err, &e) {
		err = e.Err
	}
	_, words, hint := fetch.Explain(err)
	r.fail(reasonLogin, at+": "+words, hint)
	return nil
}
