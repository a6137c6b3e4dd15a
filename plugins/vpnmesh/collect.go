package vpnmesh

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
	"github.com/unity-homelab/unity/plugin/lockout"
)

// collector watches one mesh.
type collector struct {
	config config
	host   plugin.Host

	kind   string        // once it is known
	client *fetch.Client // of that kind
	guard  lockout.Guard
	// It wanted to be left alone until then.
	resting time.Time
	limited error
	older   bool // Headscale before 0.23
}

// Collect implements plugin.Collector.
func (c *collector) Collect(ctx context.Context, out *plugin.Batch) error {
	kind, err := c.find(ctx)
	if err != nil {
		return err
	}
	s := &sight{provider: kind, now: c.host.Now().UTC(), listed: true}
	read := map[string]func(context.Context, *sight) error{
		tailscale: c.readTailscale, tailscaleAPI: c.readTailscaleAPI, headscale: c.readHeadscale, zerotier: c.readZeroTier,
		central: c.readCentral, netbird: c.readNetBird, netbirdAPI: c.readNetBirdAPI,
	}[kind]
	if err := read(ctx, s); err != nil {
		return err
	}
	for _, problem := range s.problems {
		out.Problem(problem)
	}
	s.settle(c.config)
	s.emit(out)
	out.Problem(tell(c.host.State, s, out))
	out.SetSnapshot(s.document())
	return nil
}

// Close implements io.Closer.
func (c *collector) Close() error {
	if c.client == nil {
		return nil
	}
	return c.client.Close()
}

// find finds out what is asked. What it finds stays until the settings change.
func (c *collector) find(ctx context.Context) (string, error) {
	switch {
	case c.kind != "":
		return c.kind, nil
	case c.config.Type != auto:
		c.kind = c.config.Type
		return c.kind, nil
	case c.config.URL != "":
		kind, err := c.recognize(ctx)
		c.kind = kind
		return kind, err
	}
	c.kind = here(c.host, c.config)
	if c.kind == "" {
		return "", fault.New(fault.NotFound, "looking for a mesh: neither Tailscale nor ZeroTier nor NetBird is on this machine").
			WithHint("install one of them, or give the address of what administers the network; a container needs their sockets mounted")
	}
	return c.kind, nil
}

// here is the mesh program of this machine, or nothing.
func here(host plugin.Host, config config) string {
	there := func(path string) bool {
		_, err := host.Files.Stat(path)
		return err == nil
	}
	installed := func(name string) bool {
		_, err := host.Commands.Find(name)
		return err == nil
	}
	switch {
	case config.Socket != defaultSocket || there(defaultSocket):
		return tailscale
	case there("/var/lib/zerotier-one") || !config.Token.Empty():
		return zerotier
	case there("/var/run/netbird.sock") || installed(netbird):
		return netbird
	case installed(tailscale):
		return tailscale
	default:
		return ""
	}
}

// recognize knows what answers at the address: by its name, its port, or what it
// says to everybody. The token is not sent to find out.
func (c *collector) recognize(ctx context.Context) (string, error) {
	at, err := url.Parse(c.config.URL)
	if err != nil {
		return "", plugin.Invalid("url", "is not an address")
	}
	for _, kind := range []string{tailscaleAPI, central, netbirdAPI} {
		if usual, err := url.Parse(usualPlace(kind)); err == nil && usual.Hostname() == at.Hostname() {
			return kind, nil
		}
	}
	if at.Port() == zerotierPort {
		return zerotier, nil
	}
	client, err := fetch.New(c.config.reach(c.config.URL), c.host)
	if err != nil {
		return "", err
	}
	defer func() { _ = client.Close() }()
	health, err := healthOf(ctx, client)
	switch {
	case err == nil && health != "":
		return headscale, nil
	case err != nil && !different(err):
		return "", err
	}
	status := (*fetch.StatusError)(nil)
	if _, err := client.Get(ctx, "/api/peers"); errors.As(err, &status) && status.Status == http.StatusUnauthorized {
		return netbirdAPI, nil
	} else if err != nil && !different(err) {
		return "", err
	}
	return "", fault.New(fault.WrongService, "asking %s: it is neither Headscale nor NetBird that answers", client.URL("")).
		WithHint("check the address, or say in the setting Mesh what it is")
}

// different reports whether an answer is that of another service.
func different(err error) bool {
	switch fault.Of(err) {
	case fault.NotFound, fault.WrongService, fault.BadAnswer, fault.Unsupported, fault.Auth, fault.Permission:
		return true
	default:
		return false
	}
}

// connect returns the client of the address, or of where the kind is found.
func (c *collector) connect() (*fetch.Client, error) {
	if c.client != nil {
		return c.client, nil
	}
	address := c.config.URL
	if address == "" {
		address = usualPlace(c.kind)
	}
	client, err := fetch.New(c.config.reach(address), c.host)
	c.client = client
	return client, err
}

// ask reads an answer for which a token is needed, in a header of the kind's own. A
// token that was refused is left alone for a while, and so is a service that
// is asked too often.
func (c *collector) ask(ctx context.Context, path string, into any, header, form string) error {
	client, err := c.connect()
	if err != nil {
		return err
	}
	now := c.host.Now()
	if err := c.guard.Refused(now); err != nil {
		return err
	}
	if now.Before(c.resting) {
		return c.limited
	}
	if c.config.Token.Empty() {
		return fault.New(fault.Auth, "GET %s: it wants a token, and there is none in the settings", client.URL(path)).WithHint("%s", tokenHint(c.kind))
	}
	token, err := c.config.Token.Reveal()
	if err != nil {
		return fault.Wrap(err, "reading the token")
	}
	err = client.JSON(ctx, fetch.Request{Path: path, Header: http.Header{header: {form + token}}}, into)
	switch fault.Of(err) {
	case fault.Auth:
		err = fault.As(fault.Auth, err, "the token is not taken").WithHint("%s", tokenHint(c.kind))
	case fault.Permission:
		err = fault.As(fault.Permission, err, "the token may not see this").WithHint("%s", tokenHint(c.kind))
	case fault.RateLimited:
		c.resting, c.limited = now.Add(pause(err, now)), err
	}
	return c.guard.Note(err, now)
}

// pause is how long a service wants to be left alone, within reason.
func pause(err error, now time.Time) time.Duration {
	const usual, longest = time.Minute, 15 * time.Minute
	status := (*fetch.StatusError)(nil)
	if !errors.As(err, &status) {
		return usual
	}
	after := status.Header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(after, 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, longest)
	}
	if at, err := http.ParseTime(after); err == nil {
		return min(max(at.Sub(now), 0), longest)
	}
	return usual
}

// tokenHint says where a token is made.
func tokenHint(kind string) string {
	switch kind {
	case headscale:
		return "the API key is wrong or over; make one: headscale apikeys create --expiration 365d"
	case tailscaleAPI:
		return "make an access token that may read devices, in the admin console under Settings, Keys; it lives for 90 days at most"
	case central:
		return "make an API token in ZeroTier Central, on the page Account"
	case netbirdAPI:
		return "make a service user with the role auditor in NetBird's dashboard, and a personal access token of it"
	default:
		return "check the token"
	}
}

// answer reads an answer that everybody gets, and ignores that it is not there.
func answer(ctx context.Context, client *fetch.Client, path string, into any) error {
	err := client.JSON(ctx, fetch.Request{Path: path}, into)
	if fault.Of(err) == fault.NotFound || fault.Of(err) == fault.WrongService {
		return nil
	}
	return err
}

// drain reads what is left of an answer, so that its connection is used again.
func drain(body io.ReadCloser) {
	_, _ = io.Copy(io.Discard, io.LimitReader(body, 64<<10))
	_ = body.Close()
}
