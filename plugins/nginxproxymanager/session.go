package nginxproxymanager

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// tokenLife is how long a token lives where its end is not told.
const tokenLife = 24 * time.Hour

// ask reads an answer with the session's token, and logs in again, once, when it
// is not accepted any more.
func (c *collector) ask(ctx context.Context, path string, into any) error {
	if err := c.enter(ctx); err != nil {
		return err
	}
	err := c.with(ctx, path, into)
	if !expired(err) {
		return err
	}
	if !c.config.Token.Empty() {
		return fault.As(fault.Auth, err, "").WithHint("the token has expired: it lives for a day; better give the e-mail and password of a user")
	}
	c.token = ""
	if err := c.enter(ctx); err != nil {
		return err
	}
	return c.with(ctx, path, into)
}

// with asks with the token.
func (c *collector) with(ctx context.Context, path string, into any) error {
	return c.JSON(ctx, fetch.Request{Path: path, Anonymous: true, Header: http.Header{"Authorization": {"Bearer " + c.token}}}, into)
}

// expired reports whether a token was not accepted. Newer versions say 400.
func expired(err error) bool {
	said := (*fetch.StatusError)(nil)
	return errors.As(err, &said) && (said.Status == http.StatusUnauthorized || said.Status == http.StatusBadRequest)
}

// enter makes sure that there is a token that lives for a while.
func (c *collector) enter(ctx context.Context) error {
	now := c.host.Now()
	if !c.config.Token.Empty() {
		token, err := c.config.Token.Reveal()
		c.token = token
		return err
	}
	if c.token != "" && now.Before(c.renew) {
		return nil
	}
	if c.token != "" && now.Before(c.expires) {
		var fresh session
		if err := c.with(ctx, "/api/tokens", &fresh); err == nil && fresh.Token != "" {
			c.keep(fresh, now)
			return nil
		} // one that cannot be renewed is good until its end, or is refused
		c.token = ""
	}
	return c.login(ctx, now)
}

// session is the answer to a login.
type session struct {
	Token   string    `json:"token"`
	Expires time.Time `json:"expires"`
	Second  bool      `json:"requires_2fa"`
}

func (c *collector) keep(s session, now time.Time) {
	c.token, c.expires = s.Token, s.Expires
	if !c.expires.After(now) {
		c.expires = now.Add(tokenLife) // clocks differ, or it was not told
	}
	c.renew = now.Add(c.expires.Sub(now) / 2)
}

// login asks for a token with the e-mail and the password.
func (c *collector) login(ctx context.Context, now time.Time) error {
	if c.config.Username == "" {
		return fault.New(fault.Auth, "logging in at %s: no user is given", c.URL("/api/tokens")).WithHint("username is the e-mail of a user that may view all; give its password as well")
	}
	if err := c.guard.Refused(now); err != nil {
		return err
	}
	password, err := c.config.Password.Reveal()
	if err != nil {
		return fault.Wrap(err, "reading the password")
	}
	var fresh session
	err = c.JSON(ctx, fetch.Request{
		Method: http.MethodPost, Path: "/api/tokens", Anonymous: true, JSON: map[string]string{"identity": c.config.Username, "secret": password},
	}, &fresh)
	switch {
	case expired(err) || fault.Of(err) == fault.Permission:
		err = fault.New(fault.Auth, "logging in at %s: wrong e-mail or password", c.URL("/api/tokens")).WithHint("check username, which is an e-mail, and password")
	case err == nil && fresh.Second:
		err = fault.New(fault.Auth, "logging in at %s: it wants a second factor", c.URL("/api/tokens")).WithHint("make a user without two-factor authentication for Unity")
	case err == nil && fresh.Token == "":
		err = fault.New(fault.BadAnswer, "logging in at %s: there is no token in the answer", c.URL("/api/tokens"))
	}
	if err := c.guard.Note(err, now); err != nil {
		return err
	}
	c.keep(fresh, now)
	return nil
}
