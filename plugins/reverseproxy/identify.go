package reverseproxy

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// place is where a proxy tells of itself.
type place struct {
	kind    string
	path    string // below the address; unused by Traefik and Caddy
	socket  bool   // HAProxy's stats socket
	exposed bool   // only what it tells Prometheus
}

// probe is a place where a proxy may be, and how its answer looks.
type probe struct {
	place
	looks *regexp.Regexp
}

// beginning is how much of an answer is looked at. What Traefik tells Prometheus
// of itself comes after some 10 KiB about Go.
const beginning = 256 << 10

// probes are the places to look at, the most telling first.
func (c *collector) probes() []probe {
	statusPath := c.config.StatusPath
	none, metrics := strings.Trim(pathOf(c.config.URL), "/") == "" && statusPath == "", c.metricsPath()
	list := []probe{
		{place{kind: traefik, path: "/api/version"}, regexp.MustCompile(`(?i)"Codename"`)},
		{place{kind: caddy, path: "/config/"}, regexp.MustCompile(`^\s*(\{|null)`)},
	}
	haproxyPaths, nginxPaths := []string{statusPath + ";csv"}, []string{statusPath}
	if none {
		haproxyPaths = []string{"/stats;csv", "/haproxy?stats;csv", "/;csv"}
		nginxPaths = []string{"/nginx_status", "/stub_status", "/basic_status"}
	} else if statusPath != "" {
		list = nil // only these two have a status page
	}
	for _, path := range haproxyPaths {
		list = append(list, probe{place{kind: haproxy, path: path}, regexp.MustCompile(`^\s*# ?pxname,svname`)})
	}
	for _, path := range nginxPaths {
		list = append(list, probe{place{kind: nginx, path: path}, regexp.MustCompile(`^Active connections:`)})
	}
	return append(list,
		probe{place{kind: haproxy, path: metrics, exposed: true}, regexp.MustCompile(`(?m)^haproxy_`)},
		probe{place{kind: traefik, path: metrics, exposed: true}, regexp.MustCompile(`(?m)^traefik_`)},
	)
}

// pathOf is the path of an address.
func pathOf(address string) string {
	if strings.HasPrefix(address, "unix:") {
		return ""
	}
	_, rest, _ := strings.Cut(address, "://")
	_, path, _ := strings.Cut(rest, "/")
	return path
}

// identify finds out which proxy answers, and where.
func (c *collector) identify(ctx context.Context) (place, error) {
	wanted := c.config.Type
	if c.socket != nil && (wanted == auto || wanted == haproxy) {
		err := c.knockSocket(ctx)
		if err == nil {
			return place{kind: haproxy, socket: true}, nil
		}
		if wanted == haproxy || fault.Of(err) != fault.WrongService {
			return place{}, err
		}
	}
	var refused error
	silent := true // nothing answered with a page yet
	for _, p := range c.probes() {
		if wanted != auto && wanted != p.kind {
			continue
		}
		ok, err := c.knock(ctx, p)
		switch {
		case ok:
			return p.place, nil
		case err == nil:
			silent = false
		case !answered(err):
			return place{}, err
		case refused == nil || fault.Of(refused) == fault.NotFound && fault.Of(err) != fault.NotFound:
			refused = explainFor(p.kind, err)
		}
	}
	kind := fault.Of(refused)
	switch {
	case refused != nil && (wanted != auto || kind == fault.Auth || kind == fault.Permission || silent && kind != fault.NotFound):
		return place{}, refused
	case wanted == auto:
		return place{}, fault.New(fault.WrongService, "%s tells nothing that Traefik, Caddy, HAProxy or nginx would", c.client.URL("")).
			WithHint("it may be the port for visitors: give the one of the API, admin endpoint or status page; or set the proxy to be told what is missing")
	default:
		return place{}, fault.New(fault.WrongService, "%s does not answer as %s does", c.client.URL(c.config.StatusPath), wanted).
			WithHint("check the address, or leave the proxy at auto")
	}
}

// knockSocket asks whether it is HAProxy that takes commands at the socket.
func (c *collector) knockSocket(ctx context.Context) error {
	text, err := c.socket.ask(ctx, "show info")
	if err != nil {
		return err
	}
	return isHAProxy(parseInfo(text), c.socket.path, text)
}

// knock asks at one place and looks at how the answer begins.
func (c *collector) knock(ctx context.Context, p probe) (bool, error) {
	client := c.client
	if p.exposed {
		client = c.metrics
	}
	answer, err := client.Do(ctx, fetch.Request{Path: p.path})
	if err != nil {
		return false, err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(answer.Body, beginning))
	if err != nil {
		return false, err
	}
	return p.looks.Match(bytes.TrimPrefix(text, []byte("\ufeff"))), nil
}

// answered reports whether something answered, although not as was hoped.
func answered(err error) bool {
	status := (*fetch.StatusError)(nil)
	return errors.As(err, &status) && status.Status != http.StatusTooManyRequests
}

// explainFor adds what is missing in the words of the proxy that was asked for.
func explainFor(kind string, err error) error {
	status := (*fetch.StatusError)(nil)
	if errors.As(err, &status) && status.Status == http.StatusForbidden && bytes.Contains(status.Body, []byte("not allowed")) {
		kind = caddy // which says so of the name that it is asked by
	}
	switch kind {
	case traefik:
		return explainTraefik(err)
	case caddy:
		return explainCaddy(err)
	case haproxy:
		return explainHAProxy(err)
	default:
		return explainNginx(err)
	}
}
