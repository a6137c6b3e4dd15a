package mediaserver

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// offFor is for how long a part is not asked for that the server does not have or
// does not let this token have.
const offFor = time.Hour

// keyClient is where the name is kept by which Plex knows Unity.
const keyClient = "client"

// request is a question with the token where this kind of server wants it.
func (c *collector) request(path string) (fetch.Request, error) {
	r := fetch.Request{Path: path, Header: http.Header{"Accept": {"application/json"}}}
	token, err := c.config.Token.Reveal()
	if err != nil {
		return r, fault.Wrap(err, "reading the token")
	}
	switch c.kind {
	case plex:
		r.Header.Set("X-Plex-Product", "Unity")
		r.Header.Set("X-Plex-Client-Identifier", c.identifier())
		if token != "" {
			r.Header.Set("X-Plex-Token", token)
		}
	case jellyfin:
		// Nothing else belongs here: a device would be taken for the key's own.
		if token != "" {
			r.Header.Set("Authorization", `MediaBrowser Token="`+token+`"`)
		}
	case emby:
		r.Path = "/emby" + path
		if token != "" {
			r.Header.Set("X-Emby-Token", token)
		}
	}
	return r, nil
}

// identifier is the name by which Plex knows this source.
func (c *collector) identifier() string {
	if name, known := plugin.Recall[string](c.host.State, keyClient); known {
		return name
	}
	name := newIdentifier()
	// One that cannot be kept is made anew next time.
	_ = plugin.Keep(c.host.State, keyClient, name)
	return name
}

// get reads an answer into a value.
func (c *collector) get(ctx context.Context, path string, into any) error {
	r, err := c.request(path)
	if err != nil {
		return err
	}
	return c.explain(c.client.JSON(ctx, r, into))
}

// stream reads an answer while it arrives.
func (c *collector) stream(ctx context.Context, path string, s fetch.Stream) error {
	r, err := c.request(path)
	if err != nil {
		return err
	}
	return c.explain(c.client.Stream(ctx, r, s))
}

// each reads a list one after another, however long it is, and returns how long it
// was.
func each[T any](ctx context.Context, c *collector, path, list string, tell func(T)) (int, error) {
	n := 0
	err := c.stream(ctx, path, fetch.Stream{Lists: fetch.Lists{list: fetch.Each(func(one T) { tell(one); n++ })}})
	return n, err
}

// explain says what is to be done about a token, and what stands in between.
func (c *collector) explain(err error) error {
	status := (*fetch.StatusError)(nil)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &status) && status.Status == http.StatusUnauthorized && c.kind == plex:
		return fault.As(fault.Auth, err, "").WithHint("the X-Plex-Token is not valid any more, or the server is not claimed; take a new one as the plugin's page shows")
	case errors.As(err, &status) && status.Status == http.StatusUnauthorized:
		return fault.As(fault.Auth, err, "").WithHint("the key is refused; make an API key under Dashboard, API keys")
	case errors.As(err, &status) && status.Status == http.StatusServiceUnavailable:
		hint := "the server is starting; wait a moment"
		if after := status.Header.Get("Retry-After"); after != "" {
			hint += " (it says " + plugin.Shorten(after, 30) + " seconds)"
		}
		return fault.As(fault.Unreachable, err, "").WithHint("%s", hint)
	case c.kind == plex && fault.Of(err) == fault.WrongService && strings.Contains(err.Error(), "web page"):
		return fault.New(fault.BadAnswer, "the answer is XML, not JSON: %v", err).
			WithHint("a proxy takes the header Accept away; let it pass, or use the server's own address")
	default:
		return err
	}
}

// part asks for a part that a server may not have. What is missing or not allowed
// is left alone for an hour; a fault that should be known comes back.
func (c *collector) part(name string, ask func() error) error {
	now := c.host.Now()
	if _, left := c.off.Left(name, now); left {
		return nil
	}
	err := ask()
	switch fault.Of(err) {
	case fault.NotFound, fault.Unsupported:
		c.off.Leave(name, now.Add(offFor), struct{}{})
		return nil
	case fault.Permission, fault.Auth:
		c.off.Leave(name, now.Add(offFor), struct{}{})
		if name == partStatistics {
			return nil // only with Plex Pass, and for the owner
		}
		return fault.New(fault.Permission, "asking for %s: the token may not see it", name).
			WithHint("use the token or key of an administrator; it is asked for again in an hour")
	default:
		return fault.Wrap(err, "asking for %s", name)
	}
}
