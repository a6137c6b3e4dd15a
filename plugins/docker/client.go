package docker

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// The versions of the API that this plugin knows: Docker 19.03 to 29.x. The
// highest one that the engine knows too is used.
const (
	minAPI = 40 // 1.40
	maxAPI = 56 // 1.56
)

// maxAnswerBytes bounds one answer; the list of a thousand containers is 2 MB.
const maxAnswerBytes = 32 << 20

// client asks one engine. It may be used by several goroutines once the version
// has been negotiated.
type client struct {
	at   endpoint
	http *http.Client
	// api is the minor number of the version in use; 0 leaves the choice to the
	// engine.
	api int
	// seen is the engine's clock in its last answer, in seconds since 1970.
	seen atomic.Int64
}

func newClient(host plugin.Host, at endpoint, security *tls.Config, parallel int) *client {
	transport := &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			conn, err := host.Dial(ctx, at.network, at.address)
			if err != nil {
				return nil, dialFault(err, at)
			}
			return conn, nil
		},
		TLSClientConfig:     security,
		MaxIdleConnsPerHost: parallel + 1,
		IdleConnTimeout:     5 * time.Minute,
		DisableCompression:  true,
	}
	return &client{at: at, http: &http.Client{
		Transport: fetch.Observed(transport),
		// The API never redirects; something else does.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// clock returns the engine's time to the second, or now when it has not told.
func (c *client) clock(now time.Time) time.Time {
	if seconds := c.seen.Load(); seconds != 0 {
		return time.Unix(seconds, 0)
	}
	return now
}

// close drops the connections that are not in use.
func (c *client) close() { c.http.CloseIdleConnections() }

// ping asks whether an engine answers and settles on a version of its API.
func (c *client) ping(ctx context.Context) error {
	c.api = 0
	response, err := c.do(ctx, "/_ping", nil)
	if errors.Is(err, errForbidden) {
		return nil // a proxy that hides the ping only: its engine picks the version
	}
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<10))
	if err != nil {
		return fault.Wrap(c.plain(err), "reading the answer to GET /_ping")
	}
	version := response.Header.Get("Api-Version")
	if version == "" || strings.TrimSpace(string(body)) != "OK" {
		return fault.New(fault.WrongService, "%s does not answer GET /_ping as a container engine does", c.at).
			WithHint("check the endpoint: something else listens there")
	}
	return c.agree(version, "")
}

// agree settles on the highest version that both sides know. lowest is the
// oldest one that the engine still speaks; "" when it does not say.
func (c *client) agree(highest, lowest string) error {
	engine, ok := minor(highest)
	if !ok {
		return fault.New(fault.BadAnswer, "%s names %q as the version of its API", c.at, highest)
	}
	if engine < minAPI {
		return fault.New(fault.Unsupported, "the engine at %s speaks API 1.%d, older than 1.%d", c.at, engine, minAPI).
			WithHint("update the engine to Docker 19.03 or Podman 3.0 at least")
	}
	if oldest, ok := minor(lowest); ok && oldest > maxAPI {
		return fault.New(fault.Unsupported, "the engine at %s speaks API 1.%d to 1.%d, newer than 1.%d", c.at, oldest, engine, maxAPI).
			WithHint("update Unity")
	}
	c.api = min(engine, maxAPI)
	return nil
}

func minor(version string) (int, bool) {
	text, ok := strings.CutPrefix(version, "1.")
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= 0
}

// get asks and decodes the answer.
func (c *client) get(ctx context.Context, path string, query url.Values, into any) error {
	response, err := c.do(ctx, path, query)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body := &io.LimitedReader{R: response.Body, N: maxAnswerBytes}
	if err := json.NewDecoder(body).Decode(into); err != nil {
		switch {
		case body.N == 0:
			return fault.New(fault.BadAnswer, "the answer to GET %s is larger than %d MiB", shown(path), maxAnswerBytes>>20)
		case errors.Is(err, io.EOF): // nothing at all
			return errEmpty
		case isJSON(err):
			return fault.As(fault.BadAnswer, err, "reading the answer to GET %s", shown(path))
		default:
			return fault.Wrap(c.plain(err), "reading the answer to GET %s", shown(path))
		}
	}
	// What follows the document is read, so that the connection can be used
	// again; it is a line feed.
	_, _ = io.CopyN(io.Discard, response.Body, 1<<10)
	return nil
}

// errEmpty is an answer without a body. Podman gives one for the figures of a
// container that has stopped.
var errEmpty = fault.New(fault.BadAnswer, "the answer is empty")

func isJSON(err error) bool {
	var (
		syntax *json.SyntaxError
		kind   *json.UnmarshalTypeError
		when   *time.ParseError
	)
	return errors.As(err, &syntax) || errors.As(err, &kind) || errors.As(err, &when) || errors.Is(err, io.ErrUnexpectedEOF)
}

// do asks and returns an answer of status 200, whose body the caller closes.
func (c *client) do(ctx context.Context, path string, query url.Values) (*http.Response, error) {
	scheme, host := "http", "docker"
	if c.at.network == "tcp" {
		host = c.at.address
	}
	if c.at.secure {
		scheme = "https"
	}
	address := url.URL{Scheme: scheme, Host: host, Path: path, RawQuery: query.Encode()}
	if c.api != 0 {
		address.Path = fmt.Sprintf("/v1.%d%s", c.api, path)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), http.NoBody)
	if err != nil {
		return nil, fault.As(fault.Internal, err, "asking GET %s", path)
	}
	request.Header.Set("User-Agent", "Unity")
	response, err := c.http.Do(request)
	if err != nil {
		return nil, c.plain(err)
	}
	if date, err := http.ParseTime(response.Header.Get("Date")); err == nil {
		c.seen.Store(date.Unix())
	}
	if response.StatusCode == http.StatusOK {
		return response, nil
	}
	defer response.Body.Close()
	return nil, c.refusal(response, path)
}

// errForbidden is the answer of a socket proxy to what it does not let through.
var errForbidden = errors.New("status 403")

// plain takes the wrapping of net/http off an error and gives it a kind.
func (c *client) plain(err error) error {
	if wrapped := (*url.Error)(nil); errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	var header tls.RecordHeaderError
	switch known := (*fault.Error)(nil); {
	case errors.As(err, &known):
		return known
	case errors.As(err, &header), strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return fault.New(fault.TLS, "%s speaks plain HTTP, not TLS", c.at).
			WithHint("write http:// for a plain port, and keep it off the network: whoever reaches it is root")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fault.As(fault.Unreachable, err, "%s closed the connection", c.at)
	default:
		return explained(err, "asking "+c.at.String())
	}
}

// explained says what was being done and, in plain words, what came of it.
func explained(err error, doing string) error {
	kind, words, hint := fetch.Explain(err)
	return fault.New(kind, "%s: %s", doing, words).WithHint("%s", hint)
}

// refusal says what it means that an answer has another status than 200.
func (c *client) refusal(response *http.Response, path string) error {
	message, proxy := reason(response.Body), proxyVariable(path)
	path = shown(path)
	switch status := response.StatusCode; {
	case status == http.StatusForbidden:
		return fault.As(fault.Permission, errForbidden, "GET %s is not allowed at %s", path, c.at).
			WithHint("allow it in the socket proxy: %s=1", proxy)
	case status == http.StatusUnauthorized:
		return fault.New(fault.Auth, "%s wants a login for GET %s", c.at, path)
	case status == http.StatusNotFound:
		return fault.New(fault.NotFound, "GET %s at %s: not found%s", path, c.at, message)
	case status == http.StatusBadRequest && strings.Contains(message, "HTTP request to an HTTPS server"):
		return fault.New(fault.TLS, "%s wants TLS", c.at).WithHint("write https:// and name the certificates")
	case status == http.StatusBadRequest && strings.Contains(message, "client version"):
		return fault.New(fault.Unsupported, "the engine at %s and Unity (API 1.%d to 1.%d) share no version%s", c.at, minAPI, maxAPI, message)
	case status >= 300 && status < 400:
		return fault.New(fault.WrongService, "%s redirects GET %s to %s", c.at, path, response.Header.Get("Location")).
			WithHint("check the endpoint: something else listens there")
	default:
		return fault.New(fault.BadAnswer, "GET %s at %s: status %d%s", path, c.at, status, message)
	}
}

// reason returns what the engine says in an answer that is none, after a colon.
func reason(body io.Reader) string {
	raw, err := io.ReadAll(io.LimitReader(body, 4<<10))
	if err != nil || len(raw) == 0 {
		return ""
	}
	var answer struct{ Message string }
	if err := json.Unmarshal(raw, &answer); err != nil || answer.Message == "" {
		answer.Message = string(raw)
	}
	return ": " + plugin.Shorten(answer.Message, 200)
}

// shown is a path as it is shown: long IDs cut as people know them.
func shown(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if len(part) == 64 {
			parts[i] = shortID(part)
		}
	}
	return strings.Join(parts, "/")
}

// proxyVariable names the variable by which the usual socket proxies allow a
// path: CONTAINERS for /containers/json.
func proxyVariable(path string) string {
	first, _, _ := strings.Cut(strings.Trim(path, "/"), "/")
	return strings.ToUpper(strings.TrimPrefix(first, "_"))
}
