package webservice

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/ohler55/ojg/jp"

	"github.com/unity-homelab/unity/plugin"
)

// The kinds of endpoint.
const (
	typeHTTP      = "http"
	typeTCP       = "tcp"
	typeWebSocket = "websocket"
	typeICMP      = "icmp"
)

// plan is a config read once: parsed, compiled, ready to check with.
type plan struct {
	Config
	kind     string
	target   *url.URL
	statuses []statusRange
	body     *regexp.Regexp
	headers  map[string]*regexp.Regexp
	expect   *regexp.Regexp
	json     jp.Expr
	resolver *url.URL
	proxy    *url.URL
}

type statusRange struct{ from, to int }

// Validate reads the config for the sake of what is wrong with it.
func (c *Config) Validate() error {
	_, err := newPlan(*c)
	return err
}

// newPlan reads a config. The error names every problem.
func newPlan(c Config) (*plan, error) {
	p := &plan{Config: c, headers: make(map[string]*regexp.Regexp)}
	var problems []error
	say := func(path, format string, args ...any) {
		problems = append(problems, plugin.Invalid(path, format, args...))
	}
	if err := p.readTarget(); err != nil {
		problems = append(problems, err)
	}
	compile := func(path, text string) *regexp.Regexp {
		if text == "" {
			return nil
		}
		compiled, err := regexp.Compile(text)
		if err != nil {
			say(path, "is not a regular expression: %v", plainRegexp(err))
		}
		return compiled
	}
	p.body = compile("body_regex", c.BodyRegex)
	p.expect = compile("expect", c.Expect)
	for name, pattern := range c.HeaderRegex {
		p.headers[name] = compile("header_regex."+name, pattern)
	}
	for i, text := range c.ExpectedStatus {
		from, to, isRange := strings.Cut(text, "-")
		low, err := strconv.Atoi(from)
		high := low
		if err == nil && isRange {
			high, err = strconv.Atoi(to)
		}
		if err != nil || low > high {
			say(fmt.Sprintf("expected_status[%d]", i), "is not a range such as 200-299")
		}
		p.statuses = append(p.statuses, statusRange{low, high})
	}
	if c.JSONPath != "" {
		expr, err := jp.ParseString(c.JSONPath)
		if err != nil {
			say("json_path", "is not a JSONPath: %v", err)
		}
		p.json = expr
	}
	p.resolver = readAddress(c.Resolver, "53", "udp", "tcp")
	if c.Resolver != "" && p.resolver == nil {
		say("resolver", "must be udp://address:port or tcp://address:port")
	}
	p.proxy = readAddress(c.ProxyURL, "3128", "http", "https", "socks5")
	if c.ProxyURL != "" && p.proxy == nil {
		say("proxy_url", "must be an address such as http://proxy.lan:3128, without a login")
	}
	if c.OAuth2.TokenURL != "" {
		if at := readAddress(c.OAuth2.TokenURL, "", "http", "https"); at == nil {
			say("oauth2.token_url", "must be an address that begins with https:// or http://")
		}
		if c.OAuth2.ClientID == "" {
			say("oauth2.client_id", "is required with oauth2.token_url")
		}
	}
	return p, errors.Join(problems...)
}

func (p *plan) readTarget() error {
	at, err := url.Parse(p.URL)
	if err != nil {
		return plugin.Invalid("url", "is not an address")
	}
	p.target = at
	switch at.Scheme {
	case "http", "https":
		p.kind = typeHTTP
	case "ws", "wss":
		p.kind = typeWebSocket
	case "tcp":
		p.kind = typeTCP
		if _, port, err := net.SplitHostPort(at.Host); err != nil || port == "" {
			return plugin.Invalid("url", "must name a port: tcp://host:port")
		}
	case "icmp":
		p.kind = typeICMP
	default:
		return plugin.Invalid("url", "must begin with http://, https://, ws://, wss://, tcp:// or icmp://")
	}
	switch {
	case at.User != nil:
		return plugin.Invalid("url", "must not hold a user or password; there are settings for them")
	case at.Hostname() == "":
		return plugin.Invalid("url", "names no host")
	}
	if port := at.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return plugin.Invalid("url", "has no port %s", port)
		}
	}
	return nil
}

// readAddress reads an address of one of the schemes, without a login. It
// returns nil for everything else.
func readAddress(text, port string, schemes ...string) *url.URL {
	at, err := url.Parse(text)
	if err != nil || at.User != nil || at.Hostname() == "" {
		return nil
	}
	for _, scheme := range schemes {
		if at.Scheme != scheme {
			continue
		}
		if at.Port() == "" && port != "" {
			at.Host = net.JoinHostPort(at.Hostname(), port)
		}
		return at
	}
	return nil
}

// plainRegexp leaves out the words that package regexp begins with.
func plainRegexp(err error) string { return strings.TrimPrefix(err.Error(), "error parsing regexp: ") }

// shown returns the address without a query, which may hold a token.
func shown(at *url.URL) string {
	plain := *at
	plain.RawQuery, plain.Fragment, plain.User, plain.ForceQuery = "", "", nil, false
	return plain.String()
}

func (p *plan) statusExpected(status int) bool {
	for _, r := range p.statuses {
		if status >= r.from && status <= r.to {
			return true
		}
	}
	return false
}
