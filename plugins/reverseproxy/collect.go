package reverseproxy

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/delta"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// collector watches one proxy.
type collector struct {
	config  config
	host    plugin.Host
	client  *fetch.Client
	metrics *fetch.Client // the same, unless the figures are elsewhere
	socket  *socket       // nil unless the address is one
	tracker delta.Tracker[string]

	at            *place // where the proxy was found
	serverVersion string // what the Server header said last
}

// Collect implements plugin.Collector.
func (c *collector) Collect(ctx context.Context, out *plugin.Batch) error {
	if c.at == nil {
		at, err := c.identify(ctx)
		if err != nil {
			return err
		}
		c.at = &at
	}
	s := &survey{kind: c.at.kind, now: c.host.Now()}
	if err := c.read(ctx, *c.at, s); err != nil {
		c.at = nil // it may be another one when it comes back
		return err
	}
	for _, problem := range s.problems {
		out.Problem(problem)
	}
	c.tracker.Start(s.now)
	doc := c.emit(s, out)
	out.Problem(c.tell(s, out))
	out.SetSnapshot(doc)
	return nil
}

// read asks the proxy what it knows.
func (c *collector) read(ctx context.Context, at place, s *survey) error {
	switch at.kind {
	case traefik:
		return c.readTraefik(ctx, at, s)
	case caddy:
		return c.readCaddy(ctx, at, s)
	case haproxy:
		return c.readHAProxy(ctx, at, s)
	default:
		return c.readNginx(ctx, at, s)
	}
}

// Close implements io.Closer.
func (c *collector) Close() error {
	err := c.client.Close()
	if c.metrics != c.client {
		err = errors.Join(err, c.metrics.Close())
	}
	return err
}

// maxPage bounds a page of figures.
const maxPage = 16 << 20

// page reads a page as text, and remembers the version in its header.
func (c *collector) page(ctx context.Context, client *fetch.Client, path string) (string, error) {
	answer, err := client.Do(ctx, fetch.Request{Path: path})
	if err != nil {
		return "", err
	}
	defer func() { _ = answer.Body.Close() }()
	c.serverVersion = versionIn(answer.Header.Get("Server"))
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxPage))
	return string(text), err
}

// versionIn takes the version out of nginx/1.22.1 (Debian).
func versionIn(header string) string {
	_, version, _ := strings.Cut(header, "/")
	version, _, _ = strings.Cut(version, " ")
	if version == "" || version[0] < '0' || version[0] > '9' {
		return ""
	}
	return short(version)
}

// decode reads a list as JSON.
func decode(from io.Reader, into any, url string) error {
	err := json.NewDecoder(from).Decode(into)
	if e := (*fault.Error)(nil); err == nil || errors.As(err, &e) {
		return err
	}
	return fault.New(fault.BadAnswer, "GET %s: the answer is not what was expected: %v", url, err)
}

// sortRows puts lines in an order that does not change: by proxy, frontends
// first, then servers, then the backend they are of.
func sortRows(rows haproxyFigures) {
	rank := map[string]string{"FRONTEND": "0", "BACKEND": "2"}
	key := func(r haproxyRow) string {
		order := rank[r[columnName]]
		if order == "" {
			order = "1"
		}
		return r[columnProxy] + "\x00" + order + r[columnName]
	}
	slices.SortFunc(rows, func(a, b haproxyRow) int { return strings.Compare(key(a), key(b)) })
}
