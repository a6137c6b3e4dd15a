package proxmox

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// api is in front of every path.
const api = "/api2/json"

// ticketLife is how long a ticket is used; it is good for two hours.
const ticketLife = time.Hour

// Statuses of the proxy between nodes: the other one cannot be reached.
const (
	noConnection  = 595
	proxyTooLong  = 596
	proxyNoAnswer = 599
)

// get reads the data of an answer.
func get[T any](ctx context.Context, c *collector, path string) (data T, err error) {
	var answer struct {
		Data *T `json:"data"`
	}
	err = c.ask(ctx, path, func(r fetch.Request) error { return c.client().JSON(ctx, r, &answer) })
	if err == nil && answer.Data == nil {
		err = fault.New(fault.BadAnswer, "GET %s: there is no data in the answer", c.client().URL(api+path))
	}
	if err != nil {
		return data, err
	}
	return *answer.Data, nil
}

// each reads a list one after another, however long it is.
func each[T any](ctx context.Context, c *collector, path string, tell func(T)) error {
	return c.ask(ctx, path, func(r fetch.Request) error {
		return c.client().Stream(ctx, r, fetch.Stream{Lists: fetch.Lists{"data": fetch.Each(tell)}})
	})
}

// list reads a list of at most so many; what is beyond is left out.
func list[T any](ctx context.Context, c *collector, path string, most int) (all []T, err error) {
	err = each(ctx, c, path, func(one T) {
		if len(all) < most {
			all = append(all, one)
		}
	})
	return all, err
}

// client is the address that is asked.
func (c *collector) client() *fetch.Client { return c.clients[c.at] }

// ask asks with the login.
func (c *collector) ask(ctx context.Context, path string, do func(fetch.Request) error) error {
	header, err := c.header()
	if err != nil {
		return err
	}
	return c.explain(do(fetch.Request{Path: api + path, Header: header}))
}

// header is the login. The ticket is there before anything is asked at once.
func (c *collector) header() (http.Header, error) {
	header := make(http.Header)
	switch {
	case c.config.TokenID != "":
		secret, err := c.config.Secret.Reveal()
		if err != nil {
			return nil, fault.Wrap(err, "reading the token's secret")
		}
		header.Set("Authorization", "PVEAPIToken="+c.config.TokenID+"="+secret)
	case c.ticket != "":
		header.Set("Cookie", "PVEAuthCookie="+url.QueryEscape(c.ticket))
	}
	return header, nil
}

// enter makes sure that there is a login. A ticket that was refused is dropped
// before.
func (c *collector) enter(ctx context.Context) error {
	now := c.host.Now()
	switch {
	case c.config.TokenID != "" || c.ticket != "" && now.Before(c.renew):
		return nil
	case c.config.Username == "":
		return fault.New(fault.Auth, "asking %s: no login is given", c.client().URL("")).
			WithHint("make an API token as Set-up shows, and enter its ID and secret")
	}
	password, err := c.config.Password.Reveal()
	if err != nil {
		return fault.Wrap(err, "reading the password")
	}
	var answer struct {
		Data *struct {
			Ticket string `json:"ticket"`
			Second any    `json:"NeedTFA"`
		} `json:"data"`
	}
	err = c.client().JSON(ctx, fetch.Request{
		Method: http.MethodPost, Path: api + "/access/ticket", Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
		Body: []byte(url.Values{"username": {c.config.Username}, "password": {password}}.Encode()),
	}, &answer)
	at := c.client().URL(api + "/access/ticket")
	switch {
	case fault.Of(err) == fault.Auth:
		return fault.As(fault.Auth, err, "wrong user, realm or password").WithHint("check username, with its realm as in monitor@pve, and password")
	case err != nil:
		return c.explain(err)
	case answer.Data == nil || answer.Data.Ticket == "":
		return fault.New(fault.BadAnswer, "POST %s: there is no ticket in the answer", at)
	case answer.Data.Second != nil:
		return fault.New(fault.Auth, "POST %s: the user has a second factor", at).WithHint("make an API token, which needs none")
	}
	c.ticket, c.renew = answer.Data.Ticket, now.Add(ticketLife)
	return nil
}

// begin finds an address that answers, and asks it for its version.
func (c *collector) begin(ctx context.Context) (v version, err error) {
	for range c.clients {
		if v, err = c.first(ctx); !away(err) || ctx.Err() != nil {
			return v, err
		}
		c.at = (c.at + 1) % len(c.clients)
	}
	return v, err
}

// first is the first question of a run.
func (c *collector) first(ctx context.Context) (v version, err error) {
	old := c.ticket
	if err := c.enter(ctx); err != nil {
		return v, err
	}
	v, err = get[version](ctx, c, "/version")
	if fault.Of(err) == fault.Auth && old != "" && c.ticket == old {
		c.ticket = "" // the node forgot it
		if err := c.enter(ctx); err != nil {
			return v, err
		}
		v, err = get[version](ctx, c, "/version")
	}
	if err == nil && v.Version == "" {
		err = fault.New(fault.WrongService, "GET %s: it tells no version, so it is no Proxmox VE", c.client().URL(api+"/version")).
			WithHint("check the address; the interface is at port 8006")
	}
	return v, err
}

// away reports whether another address may answer in place of this one.
func away(err error) bool {
	switch fault.Of(err) {
	case fault.Unreachable, fault.Refused, fault.Timeout, fault.DNS:
		return true
	default:
		return false
	}
}

// explain says what a refusal means here.
func (c *collector) explain(err error) error {
	var status *fetch.StatusError
	var unverified *tls.CertificateVerificationError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &unverified) && len(unverified.UnverifiedCertificates) > 0:
		return fault.As(fault.TLS, err, "").WithHint("%s; the fingerprint of the one that it shows is %x", fault.Hint(err), sha256.Sum256(unverified.UnverifiedCertificates[0].Raw))
	case !errors.As(err, &status):
		return err
	}
	said := saidBy(status)
	switch status.Status {
	case http.StatusUnauthorized:
		hint := "see whether the token is there and not over, and enter its ID as user@realm!name; a secret is shown only once, so make a new token if in doubt"
		if c.config.TokenID == "" {
			hint = "the login is not taken; check username, with its realm, and password"
		}
		return fault.As(fault.Auth, err, "%s", said).WithHint("%s", hint)
	case http.StatusForbidden:
		return fault.As(fault.Permission, err, "%s", said).
			WithHint("give the role PVEAuditor on / to the user and, when its privileges are separated, to the token as well")
	case noConnection, proxyTooLong, proxyNoAnswer:
		return fault.As(fault.Unreachable, err, "%s", said).WithHint("the node that is asked does not reach the other one")
	default:
		return fault.As(fault.Of(err), err, "%s", said)
	}
}

// saidBy is what the server says beside the status: in the answer, or in older
// versions in the status line alone.
func saidBy(status *fetch.StatusError) string {
	var answer struct {
		Message string `json:"message"`
	}
	said := status.Reason
	if json.Unmarshal(status.Body, &answer) == nil && answer.Message != "" {
		said = answer.Message
	}
	return plugin.Shorten(strings.TrimSpace(said), 200)
}
