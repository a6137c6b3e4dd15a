package nginxproxymanager

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// The kinds of host.
const (
	proxy       = "proxy"
	redirection = "redirection"
	stream      = "stream"
	dead        = "dead"
)

// flag is true, false, 1 or 0: the API has both.
type flag bool

// UnmarshalJSON implements json.Unmarshaler.
func (f *flag) UnmarshalJSON(text []byte) error {
	switch string(text) {
	case "true", "1":
		*f = true
	case "false", "0", "null":
		*f = false
	default:
		return fmt.Errorf("%.20q is neither yes nor no", text)
	}
	return nil
}

// port is a number, or a text such as 5000-5010.
type port string

// UnmarshalJSON implements json.Unmarshaler.
func (p *port) UnmarshalJSON(text []byte) error {
	var n json.Number
	if json.Unmarshal(text, &n) == nil {
		*p = port(n)
		return nil
	}
	return json.Unmarshal(text, (*string)(p))
}

// id is a number; a host without a certificate has 0.
type id = int64

// host is one of any kind, as the API tells it.
type host struct {
	ID          id       `json:"id"`
	Domains     []string `json:"domain_names"`
	Enabled     flag     `json:"enabled"`
	Certificate id       `json:"certificate_id"`
	Forced      flag     `json:"ssl_forced"`
	HTTP2       flag     `json:"http2_support"`
	HSTS        flag     `json:"hsts_enabled"`
	WebSockets  flag     `json:"allow_websocket_upgrade"`
	Scheme      string   `json:"forward_scheme"`
	Forward     string   `json:"forward_host"`
	Port        port     `json:"forward_port"`
	Modified    string   `json:"modified_on"`
	AccessList  *struct {
		Name string `json:"name"`
	} `json:"access_list"`

	// Of redirections.
	To   string `json:"forward_domain_name"`
	Code port   `json:"forward_http_code"`

	// Of streams.
	Incoming    port   `json:"incoming_port"`
	ForwardHost string `json:"forwarding_host"`
	ForwardTo   port   `json:"forwarding_port"`
	TCP         flag   `json:"tcp_forwarding"`
	UDP         flag   `json:"udp_forwarding"`
	Meta        meta   `json:"meta"`
	kind        string
}

type meta struct {
	Online *flag  `json:"nginx_online"`
	Err    string `json:"nginx_err"`
}

// UnmarshalJSON implements json.Unmarshaler. What is no object says nothing: an
// empty one is a list in some versions.
func (m *meta) UnmarshalJSON(text []byte) error {
	type plain meta
	if json.Unmarshal(text, (*plain)(m)) != nil {
		*m = meta{}
	}
	return nil
}

// name is what a host is called: its first domain, or its port.
func (h *host) name() string {
	if h.kind == stream {
		return plugin.Shorten(string(h.Incoming), 60)
	}
	if len(h.Domains) == 0 {
		return "#" + strconv.FormatInt(h.ID, 10)
	}
	return plugin.Shorten(h.Domains[0], 100)
}

// certificate is one as the API tells it.
type certificate struct {
	ID       id       `json:"id"`
	Provider string   `json:"provider"`
	Name     string   `json:"nice_name"`
	Domains  []string `json:"domain_names"`
	Expires  moment   `json:"expires_on"`

	usedBy []string
	label  string
}

// moment is a time in one of the two forms of the API; zero where it is none.
type moment struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler. Null is that of a certificate that
// was never made.
func (m *moment) UnmarshalJSON(text []byte) error {
	var word any
	if err := json.Unmarshal(text, &word); err != nil {
		return err
	}
	for _, layout := range []string{time.RFC3339, time.DateTime} {
		if at, err := time.Parse(layout, fmt.Sprint(word)); err == nil {
			m.Time = at.UTC()
			break
		}
	}
	return nil
}

// state is all that was told.
type state struct {
	version      string
	hosts        []host
	kinds        []string // those that may be seen
	certificates []certificate
	known        bool // the certificates
	lists, users *int
}

// Collect implements plugin.Collector.
func (c *collector) Collect(ctx context.Context, out *plugin.Batch) error {
	version, err := c.version(ctx)
	if err != nil {
		return err
	}
	s := &state{version: version}
	for _, part := range []struct{ kind, path string }{
		{proxy, "/api/nginx/proxy-hosts?expand=access_list"},
		{redirection, "/api/nginx/redirection-hosts"},
		{stream, "/api/nginx/streams"},
		{dead, "/api/nginx/dead-hosts"},
	} {
		var hosts []host
		seen, err := c.part(ctx, part.path, &hosts, out)
		if err != nil {
			return err
		}
		if !seen {
			continue
		}
		s.kinds = append(s.kinds, part.kind)
		for i := range hosts {
			hosts[i].kind = part.kind
		}
		s.hosts = append(s.hosts, hosts...)
	}
	if s.known, err = c.part(ctx, "/api/nginx/certificates", &s.certificates, out); err != nil {
		return err
	}
	for _, counted := range []struct {
		path string
		into **int
	}{{"/api/nginx/access-lists", &s.lists}, {"/api/users", &s.users}} {
		var list []struct{}
		seen, err := c.part(ctx, counted.path, &list, out)
		if err != nil {
			return err
		}
		if n := len(list); seen {
			*counted.into = &n
		}
	}
	if len(s.kinds) == 0 && !s.known {
		return fault.New(fault.Permission, "asking %s: the user may see neither hosts nor certificates", c.URL("")).WithHint("give the user of Unity at least the permission to view them")
	}
	s.join()
	now := c.host.Now()
	s.emit(now, c.config.Expiring, out)
	if err := c.tell(s, out); err != nil {
		return err
	}
	out.SetSnapshot(s.document(now, c.config.Expiring))
	return nil
}

// version asks what answers. It needs no login, and tells whether the address is
// right before a password is sent there.
func (c *collector) version(ctx context.Context) (string, error) {
	var said struct {
		Status  string `json:"status"`
		Version *struct{ Major, Minor, Revision int }
	}
	err := c.JSON(ctx, fetch.Request{Path: "/api/", Anonymous: true}, &said)
	status := (*fetch.StatusError)(nil)
	switch {
	case errors.As(err, &status) && (status.Status == http.StatusBadGateway || status.Status == http.StatusServiceUnavailable):
		return "", fault.As(fault.Unreachable, err, "").WithHint("it is starting, or its backend does not run: see the log of the container")
	case errors.As(err, &status) && status.Status == http.StatusNotFound, fault.Of(err) == fault.WrongService:
		return "", fault.As(fault.WrongService, err, "").WithHint("this may be the port of the proxy: its own interface is at port 81")
	case err != nil:
		return "", err
	case said.Version == nil:
		return "", fault.New(fault.WrongService, "GET %s: it tells no version, so it is no Nginx Proxy Manager", c.URL("/api/")).WithHint("check the address; its own interface is at port 81")
	}
	return fmt.Sprintf("%d.%d.%d", said.Version.Major, said.Version.Minor, said.Version.Revision), nil
}

// part reads one list. What the user may not see is a problem, and the rest goes on.
func (c *collector) part(ctx context.Context, path string, into any, out *plugin.Batch) (seen bool, err error) {
	err = c.ask(ctx, path, into)
	status := (*fetch.StatusError)(nil)
	switch {
	case err == nil:
		return true, nil
	case errors.As(err, &status) && status.Status == http.StatusForbidden:
		if path == "/api/users" {
			return false, nil // only administrators may, and Unity should not be one
		}
		out.Problem(fault.As(fault.Permission, err, "").WithHint("give the user of Unity the permission to view these"))
		return false, nil
	case fault.Of(err) == fault.BadAnswer, fault.Of(err) == fault.NotFound:
		out.Problem(err)
		return false, nil
	}
	return false, err
}

// join says of each certificate what uses it, and makes names that are unique.
func (s *state) join() {
	slices.SortFunc(s.certificates, func(a, b certificate) int { return cmp.Compare(a.ID, b.ID) })
	names := make(map[string]bool)
	for i := range s.certificates {
		one := &s.certificates[i]
		one.label = plugin.Shorten(cmp.Or(one.Name, strings.Join(one.Domains, ", "), "certificate"), 100)
		if names[one.label] {
			one.label += " #" + strconv.FormatInt(one.ID, 10)
		}
		names[one.label] = true
		for _, h := range s.hosts {
			if h.Certificate == one.ID {
				one.usedBy = append(one.usedBy, h.name())
			}
		}
	}
}

// find returns the certificate of a host, or nil.
func (s *state) find(wanted id) *certificate {
	for i := range s.certificates {
		if s.certificates[i].ID == wanted {
			return &s.certificates[i]
		}
	}
	return nil
}
