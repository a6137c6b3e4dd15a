package dns

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// pihole is Pi-hole from version 6 on. Its session is kept between runs: the
// server has few places for sessions, and shares them with its own pages.
type pihole struct {
	c *collector
	// session is what the server wants in each request; empty where there is no
	// password. It is known once open is set.
	session string
	open    bool
}

// seats is what a server says whose places are all taken.
const seats = "api_seats_exceeded"

// piholeAnswer is what it says about a session.
type piholeAnswer struct {
	Session *struct {
		Valid   bool   `json:"valid"`
		SID     string `json:"sid"`
		TOTP    bool   `json:"totp"`
		Message string `json:"message"`
	} `json:"session"`
}

// identifyPihole finds out whether it is a Pi-hole and which. A fault of kind
// WrongService says that it is none.
func (c *collector) identifyPihole(ctx context.Context) (server, error) {
	var answer piholeAnswer
	err := c.web.GetJSON(ctx, "/api/auth", &answer)
	status := (*fetch.StatusError)(nil)
	switch {
	case err == nil && answer.Session != nil:
		return &pihole{c: c}, nil
	case errors.As(err, &status) && status.Status == http.StatusUnauthorized && strings.Contains(string(status.Body), `"session"`):
		return &pihole{c: c}, nil
	case fault.Of(err) == fault.RateLimited:
		return nil, c.piholeBusy(err)
	case err != nil && !told(err):
		return nil, err
	}
	old := &oldPihole{c}
	is, err := old.is(ctx)
	switch {
	case err != nil && !told(err):
		return nil, err
	case !is:
		return nil, fault.New(fault.WrongService, "at %s answers no Pi-hole", c.web.URL("")).WithHint("check the address and the port")
	}
	return old, nil
}

func (c *collector) piholeBusy(err error) error {
	e := (*fault.Error)(nil)
	if status := (*fetch.StatusError)(nil); errors.As(err, &e) && errors.As(err, &status) && strings.Contains(string(status.Body), seats) {
		return e.WithHint("no free API seats: raise webserver.api.max_sessions on the Pi-hole, or wait for sessions to end")
	}
	return err
}

// logIn opens a session, or finds that none is needed.
func (p *pihole) logIn(ctx context.Context) error {
	password := p.c.config.Password
	if password.Empty() {
		password = p.c.config.Token // an application password is often taken for one
	}
	secret, err := password.Reveal()
	if err != nil {
		return fault.Wrap(err, "reading the password")
	}
	var answer piholeAnswer
	err = p.c.web.PostJSON(ctx, "/api/auth", map[string]string{"password": secret}, &answer)
	switch kind := fault.Of(err); {
	case kind == fault.RateLimited:
		return p.c.piholeBusy(err)
	case kind == fault.Auth:
		return refusedLogin(p.c.web.URL("/api/auth"), secret)
	case err != nil:
		return err
	case answer.Session == nil:
		return fault.New(fault.BadAnswer, "POST %s: the answer holds no session", p.c.web.URL("/api/auth"))
	case !answer.Session.Valid:
		return refusedLogin(p.c.web.URL("/api/auth"), secret)
	}
	p.session, p.open = answer.Session.SID, true
	return nil
}

func refusedLogin(at, secret string) error {
	if secret == "" {
		return fault.New(fault.Auth, "logging in at %s: it wants a password", at).WithHint("set password, best to an application password (Settings, Web interface / API)")
	}
	return fault.New(fault.Auth, "logging in at %s: wrong password", at).WithHint("check the password; where two factors are on, make an application password")
}

// get asks within the session, and opens another one when it has ended.
func (p *pihole) get(ctx context.Context, path string, query url.Values, into any) error {
	for attempt := 1; ; attempt++ {
		if !p.open {
			if err := p.logIn(ctx); err != nil {
				return err
			}
		}
		r := fetch.Request{Path: path, Query: query}
		if p.session != "" {
			r.Header = http.Header{"X-FTL-SID": {p.session}}
		}
		err := p.c.web.JSON(ctx, r, into)
		if fault.Of(err) != fault.Auth || attempt > 1 {
			return p.c.piholeBusy(err)
		}
		p.open, p.session = false, ""
	}
}

func (p *pihole) close(ctx context.Context) error {
	if p.session == "" {
		return nil
	}
	answer, err := p.c.web.Do(ctx, fetch.Request{Method: http.MethodDelete, Path: "/api/auth", Header: http.Header{"X-FTL-SID": {p.session}}})
	p.open, p.session = false, ""
	if err != nil {
		return err
	}
	return answer.Body.Close()
}
