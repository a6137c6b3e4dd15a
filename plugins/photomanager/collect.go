package photomanager

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
	"github.com/unity-homelab/unity/plugin/lockout"
)

// rest is how long a part is left alone that is missing or may not be seen, and
// how old what changes slowly may be.
const rest = time.Hour

// collector watches one server.
type collector struct {
	*fetch.Client

	config config
	host   plugin.Host
	kind   string // once it is known
	login  lockout.Guard
	// session is how PhotoPrism knows us after a login.
	session string
	// resting are parts that are asked for again after a while.
	resting lockout.Parts[string]
	// progress is when the queues got shorter.
	progress map[string]queueProgress
	slow     slow
}

// slow is what is asked for once an hour only.
type slow struct {
	until     time.Time
	libraries []library
	// checked is false where Immich does not look for new versions.
	checked bool
	release string
}

// Collect implements plugin.Collector.
func (c *collector) Collect(ctx context.Context, out *plugin.Batch) error {
	now := c.host.Now()
	if err := c.login.Refused(now); err != nil {
		return err
	}
	s, err := c.read(ctx, now)
	if err := c.login.Note(err, now); err != nil {
		return err
	}
	for _, problem := range s.problems {
		out.Problem(problem)
	}
	s.emit(c.config, out)
	out.Problem(tell(c.host.State, s, out))
	out.SetSnapshot(s.document())
	return nil
}

func (c *collector) read(ctx context.Context, now time.Time) (*sight, error) {
	kind, err := c.identify(ctx)
	if err != nil {
		return nil, err
	}
	s := &sight{Kind: kind, now: now}
	if kind == kindImmich {
		return s, c.readImmich(ctx, s)
	}
	return s, c.readPhotoPrism(ctx, s)
}

// identify finds out what answers, by questions that need no login.
func (c *collector) identify(ctx context.Context) (string, error) {
	kind := c.config.Platform
	if kind == kindAuto {
		kind = c.kind
	}
	if kind == "" || kind == kindImmich {
		err := c.isImmich(ctx)
		if err == nil {
			c.kind = kindImmich
			return c.kind, nil
		}
		if kind == kindImmich || !different(err) {
			c.kind = ""
			return "", err
		}
	}
	err := c.isPhotoPrism(ctx)
	if err == nil {
		c.kind = kindPhotoPrism
		return c.kind, nil
	}
	c.kind = ""
	if kind == kindPhotoPrism || !different(err) {
		return "", err
	}
	return "", fault.New(fault.WrongService, "asking %s: neither Immich nor PhotoPrism answers", c.URL("")).
		WithHint("check address and port, 2283 for Immich and 2342 for PhotoPrism; a path that a proxy puts in front belongs to the address")
}

// isImmich asks for the answer that Immich gives to everybody.
func (c *collector) isImmich(ctx context.Context) error {
	var said struct{ Res string }
	err := c.GetJSON(ctx, "/api/server/ping", &said)
	switch {
	case err == nil && said.Res == "pong":
		return nil
	case err != nil && !different(err):
		return starting(err)
	}
	if c.GetJSON(ctx, "/api/server-info/ping", &said) == nil && said.Res == "pong" {
		return fault.New(fault.Unsupported, "asking %s: this Immich is older than 1.118", c.URL("")).WithHint("update it")
	}
	return fault.New(fault.WrongService, "asking %s: it is not Immich that answers", c.URL("")).WithHint("check the address; Immich listens at port 2283")
}

// isPhotoPrism asks for the answer that PhotoPrism gives to everybody.
func (c *collector) isPhotoPrism(ctx context.Context) error {
	var said struct{ Status string }
	err := c.GetJSON(ctx, "/api/v1/status", &said)
	switch {
	case err == nil && said.Status == "operational":
		return nil
	case err != nil && !different(err):
		return starting(err)
	case err == nil && said.Status != "":
		return fault.New(fault.Unreachable, "asking %s: PhotoPrism says that it is %s", c.URL(""), shorten(said.Status)).WithHint("wait a moment; else see its log")
	}
	return fault.New(fault.WrongService, "asking %s: it is not PhotoPrism that answers", c.URL("")).WithHint("check the address; PhotoPrism listens at port 2342")
}

// different reports whether the answer is that of another kind of server.
func different(err error) bool {
	status := (*fetch.StatusError)(nil)
	if errors.As(err, &status) && status.Status >= http.StatusInternalServerError {
		return false
	}
	switch fault.Of(err) {
	case fault.NotFound, fault.WrongService, fault.BadAnswer, fault.Auth, fault.Permission:
		return true
	default:
		return false
	}
}

// starting says what a proxy means that has nobody behind it.
func starting(err error) error {
	if status := (*fetch.StatusError)(nil); errors.As(err, &status) && status.Status >= http.StatusInternalServerError {
		return fault.As(fault.Unreachable, err, "").WithHint("the server is starting, or the part of it behind the web page does not run; see its log")
	}
	return err
}

// part asks for a part unless it rests. One that is missing, or that the login may
// not see, is left alone for an hour and named as left out, with what it needs.
func (c *collector) part(s *sight, name, needs string, ask func() error) {
	if needs, left := c.resting.Left(name, s.now); left {
		s.leave(name, needs)
		return
	}
	switch err := ask(); fault.Of(err) {
	case "":
	case fault.NotFound, fault.Permission, fault.Auth, fault.WrongService, fault.Unsupported:
		if missing := missingPermission(err); missing != "" {
			needs = "the permission " + missing
		}
		if fault.Of(err) == fault.NotFound {
			needs = "a newer version of the server"
		}
		c.resting.Leave(name, s.now.Add(rest), needs)
		s.leave(name, needs)
	default:
		s.problems = append(s.problems, fault.Wrap(err, "asking for %s", name))
	}
}

// missingPermission is the permission that Immich says is missing.
func missingPermission(err error) string {
	status := (*fetch.StatusError)(nil)
	if !errors.As(err, &status) {
		return ""
	}
	var said struct{ Message string }
	if json.Unmarshal(status.Body, &said) != nil {
		return ""
	}
	_, name, found := strings.Cut(said.Message, "Missing required permission: ")
	if !found {
		return ""
	}
	return shorten(name)
}

// shorten makes one short line of what a server said.
func shorten(text string) string { return plugin.Shorten(text, 120) }
