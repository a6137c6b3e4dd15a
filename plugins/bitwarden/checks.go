package bitwarden

import (
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// check is one part that answers or does not.
type check struct {
	Name string `json:"name"`
	// Status is ok or failed.
	Status  string  `json:"status"`
	Seconds float64 `json:"seconds"`
	Says    string  `json:"says,omitempty"`
}

// The parts of a vault.
const (
	partAlive    = "alive"
	partAPI      = "api"
	partIdentity = "identity"
	partWebVault = "web_vault"
	partAdmin    = "admin"
)

const (
	statusOK     = "ok"
	statusFailed = "failed"
)

// check asks one part, and says how that went.
func (c *collector) check(name string, ask func() (string, error)) check {
	start := c.host.Now()
	says, err := ask()
	one := check{Name: name, Status: statusOK, Seconds: max(0, c.host.Now().Sub(start).Seconds()), Says: says}
	if err != nil {
		one.Status, one.Says = statusFailed, plugin.Shorten(err.Error(), 300)
	}
	return one
}

// parts asks the parts that this kind of server has.
func (c *collector) parts(ctx context.Context, a *about) []check {
	alive := func(path string) func() (string, error) {
		return func() (string, error) { return "", c.alive(ctx, path) }
	}
	// Vaultwarden takes a connection to its database for this answer.
	checks := []check{c.check(partAlive, alive("/alive"))}
	if a.kind == bitwarden {
		checks = append(checks, c.check(partAPI, alive("/api/alive")), c.check(partIdentity, alive("/identity/alive")))
	}
	if c.config.WebVault {
		checks = append(checks, c.check(partWebVault, func() (string, error) { return c.webVault(ctx) }))
	}
	return checks
}

// alive wants any good answer: each server writes it in its own way.
func (c *collector) alive(ctx context.Context, path string) error {
	answer, err := c.Do(ctx, fetch.Request{Path: path})
	if err != nil {
		if databaseGone(err) {
			return fault.As(fault.Unreachable, err, "it does not get to its database")
		}
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 1<<10))
	if err == nil && strings.HasPrefix(strings.TrimSpace(string(text)), "<") {
		return fault.New(fault.WrongService, "GET %s: a page answers in place of the server", c.URL(path))
	}
	return err
}

// databaseGone reports whether Vaultwarden got no connection to its database.
func databaseGone(err error) bool {
	status := (*fetch.StatusError)(nil)
	return errors.As(err, &status) && status.Status == http.StatusServiceUnavailable
}

// webVault wants the page in the browser, and returns its title.
func (c *collector) webVault(ctx context.Context) (string, error) {
	answer, err := c.Do(ctx, fetch.Request{Path: "/", Header: http.Header{"Accept": {"text/html"}}})
	if err != nil {
		if fault.Of(err) == fault.NotFound {
			return "", fault.As(fault.NotFound, err, "there is no web vault")
		}
		return "", err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	if err != nil {
		return "", err
	}
	found := regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`).FindSubmatch(text)
	if found == nil {
		return "", fault.New(fault.WrongService, "GET %s: it is no web vault that answers", c.URL("/"))
	}
	return plugin.Shorten(string(found[1]), 80), nil
}
