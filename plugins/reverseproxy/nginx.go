package reverseproxy

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// readNginx reads the page of stub_status.
func (c *collector) readNginx(ctx context.Context, at place, s *survey) error {
	text, err := c.page(ctx, c.client, at.path)
	if err != nil {
		return explainNginx(err)
	}
	if err := parseStub(text, s); err != nil {
		return fault.Wrap(err, "reading %s", c.client.URL(at.path))
	}
	s.version = c.serverVersion
	s.note("The open nginx tells no figures by server and no answers by status.")
	return nil
}

func explainNginx(err error) error {
	status := (*fetch.StatusError)(nil)
	if !errors.As(err, &status) {
		return err
	}
	switch status.Status {
	case http.StatusNotFound:
		return fault.As(fault.NotFound, err, "there is no status page").
			WithHint("write location = /nginx_status { stub_status; allow 127.0.0.1; deny all; } in a server of nginx, and give its address here")
	case http.StatusForbidden:
		return fault.As(fault.Permission, err, "nginx does not show its status to this machine").
			WithHint("allow the address of the machine that runs Unity in the location of stub_status")
	default:
		return err
	}
}

// stub is the text of stub_status.
func stub() *regexp.Regexp {
	return regexp.MustCompile(`^Active connections: (\d+) ?\s*server accepts handled requests( request_time)?\s+(\d+) (\d+) (\d+)(?: \d+)? ?\s*Reading: (\d+) Writing: (\d+) Waiting: (\d+)\s*$`)
}

func parseStub(text string, s *survey) error {
	found := stub().FindStringSubmatch(strings.ReplaceAll(text, "\r", ""))
	if found == nil {
		return fault.New(fault.BadAnswer, "it is not the text of stub_status: %.60q", text).
			WithHint("see what it says: curl the address; it begins with Active connections")
	}
	active, accepted, handled, requests := number(found[1]), number(found[3]), number(found[4]), number(found[5])
	for state, n := range map[string]*float64{
		"active": active, "reading": number(found[6]), "writing": number(found[7]), "waiting": number(found[8]),
	} {
		if n != nil {
			tally(&s.connections, state, *n)
		}
	}
	s.accepted = accepted
	if accepted != nil && handled != nil && *handled <= *accepted {
		dropped := *accepted - *handled
		s.dropped = &dropped
	}
	if requests != nil {
		s.frontend("all").requests = map[string]float64{"any": *requests}
	}
	return nil
}
