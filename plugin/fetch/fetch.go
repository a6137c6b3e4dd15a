// Package fetch is HTTP for plugins: one client per collector, which keeps its
// connections, goes through the [plugin.Host], sends the login of its config,
// and turns whatever goes wrong into a fault that a person understands.
//
//	client, err := fetch.New(config.Config, host)
//	…
//	var status struct{ Version string }
//	err = client.GetJSON(ctx, "/api/status", &status)
//
// Answers are bounded, redirects never carry credentials to another host, and
// proxies in the environment are used only when the config says so. An address
// unix:///run/service.sock speaks HTTP over a Unix socket.
package fetch

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

const (
	// maxBodyBytes bounds an answer.
	maxBodyBytes = 32 << 20
	// maxRedirects is what browsers follow, roughly.
	maxRedirects = 10
)

// Client asks one service. It is safe for concurrent use.
type Client struct {
	base    base
	config  Config
	http    *http.Client
	tls     *tls.Config
	token   string // header for the token; empty means Authorization: Bearer
	maxBody int64
}

// Option changes a client.
type Option func(*Client)

// WithTokenHeader sends the token as it is in a header of that name, such as
// X-Api-Key, instead of as a bearer token.
func WithTokenHeader(name string) Option { return func(c *Client) { c.token = name } }

// WithTLS proves who is who with certificates that are in no files, in place of
// the TLS settings of the config.
func WithTLS(security *tls.Config) Option { return func(c *Client) { c.tls = security } }

// WithMaxBody bounds answers to so many bytes instead of 32 MiB.
func WithMaxBody(n int64) Option { return func(c *Client) { c.maxBody = n } }

// New returns a client for a valid config. Nothing is contacted yet.
func New(config Config, host plugin.Host, options ...Option) (*Client, error) {
	at, err := parseBase(config.URL)
	if err != nil {
		return nil, err
	}
	c := &Client{base: at, config: config, maxBody: maxBodyBytes}
	for _, option := range options {
		option(c)
	}
	if c.tls == nil {
		if c.tls, err = config.TLS.Config(); err != nil {
			return nil, err
		}
	}
	transport := &http.Transport{
		DialContext:         GuardDial(host.Dial),
		TLSClientConfig:     c.tls,
		TLSHandshakeTimeout: config.Timeout.Std(),
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: 4,
		IdleConnTimeout:     90 * time.Second,
	}
	if at.socket != "" {
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return host.Dial(ctx, "unix", at.socket)
		}
	}
	switch config.ProxyURL {
	case "":
	case proxyFromEnv:
		transport.Proxy = http.ProxyFromEnvironment
	default:
		proxy, err := url.Parse(config.ProxyURL)
		if err != nil {
			return nil, fault.New(fault.Config, "reading proxy_url: it is not an address")
		}
		transport.Proxy = http.ProxyURL(proxy)
	}
	c.http = &http.Client{Transport: observed{transport}, CheckRedirect: CheckRedirect(maxRedirects)}
	return c, nil
}

// Close closes the connections that are not in use.
func (c *Client) Close() error {
	c.http.CloseIdleConnections()
	return nil
}

// URL returns the address of a path, without a login or query: for messages and
// snapshots.
func (c *Client) URL(path string) string {
	path, _, _ = strings.Cut(path, "?")
	if c.base.socket != "" {
		return "unix://" + c.base.socket + path
	}
	return c.base.url.String() + path
}

// Request is one question to the service.
type Request struct {
	// Method is GET when empty.
	Method string
	// Path is appended to the address of the config; it may have a query.
	Path   string
	Query  url.Values
	Header http.Header
	// Body is sent as it is; JSON, when it is set, is marshalled and sent.
	Body []byte
	JSON any
	// Anonymous leaves out the login, for what must be asked without.
	Anonymous bool
}

// Response is an answer with a status of 200 to 299. Its body is bounded and has
// to be closed.
type Response struct {
	Status int
	Header http.Header
	Body   io.ReadCloser
}

// StatusError is in the chain of the error for an answer with another status.
type StatusError struct {
	Status int
	// Reason is what the server wrote after the number; empty over HTTP/2.
	Reason string
	Header http.Header
	// Body is the beginning of the answer.
	Body []byte
}

// Error implements error.
func (e *StatusError) Error() string { return "status " + statusWords(e.Status) }

// Do asks and returns the answer once its header is there.
func (c *Client) Do(ctx context.Context, r Request) (*Response, error) {
	if r.Method == "" {
		r.Method = http.MethodGet
	}
	ctx, cancel := c.deadline(ctx)
	request, err := c.request(ctx, r)
	if err != nil {
		cancel()
		return nil, err
	}
	answer, err := c.http.Do(request) //nolint:bodyclose // closed by the bounded body around it
	if err != nil {
		defer cancel() // only after explain has looked at the context
		return nil, c.explain(ctx, r, err)
	}
	body := &bounded{c: c, ctx: ctx, r: r, body: answer.Body, left: c.maxBody, cancel: cancel}
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		defer func() { _ = body.Close() }()
		return nil, c.refused(r, answer, body)
	}
	return &Response{Status: answer.StatusCode, Header: answer.Header, Body: body}, nil
}

// deadline bounds one request, where the config has a timeout.
func (c *Client) deadline(ctx context.Context) (context.Context, context.CancelFunc) {
	if c.config.Timeout <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, c.config.Timeout.Std(), errOwnTimeout)
}

func (c *Client) request(ctx context.Context, r Request) (*http.Request, error) {
	body := r.Body
	if r.JSON != nil {
		raw, err := json.Marshal(r.JSON)
		if err != nil {
			return nil, fault.As(fault.Internal, err, "%s %s: marshalling the question", r.Method, c.URL(r.Path))
		}
		body = raw
	}
	address := c.base.url.String() + r.Path
	if len(r.Query) > 0 {
		separator := "?"
		if strings.Contains(address, "?") {
			separator = "&"
		}
		address += separator + r.Query.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, r.Method, address, bytes.NewReader(body))
	if err != nil {
		return nil, fault.New(fault.Config, "%s %s: it is not an address", r.Method, c.URL(r.Path))
	}
	if len(body) == 0 {
		request.Body, request.GetBody, request.ContentLength = nil, nil, 0
	}
	request.Header.Set("User-Agent", "Unity")
	if r.JSON != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if !r.Anonymous {
		if err := c.authorize(request); err != nil {
			return nil, err
		}
	}
	for name, values := range r.Header {
		request.Header[http.CanonicalHeaderKey(name)] = values
	}
	return request, nil
}

// authorize adds the login and the headers of the config.
func (c *Client) authorize(request *http.Request) error {
	if c.config.Username != "" || !c.config.Password.Empty() {
		password, err := c.config.Password.Reveal()
		if err != nil {
			return fault.Wrap(err, "reading the password")
		}
		request.SetBasicAuth(c.config.Username, password)
	}
	if !c.config.Token.Empty() {
		token, err := c.config.Token.Reveal()
		if err != nil {
			return fault.Wrap(err, "reading the token")
		}
		if c.token != "" {
			request.Header.Set(c.token, token)
		} else {
			request.Header.Set("Authorization", "Bearer "+token)
		}
	}
	for name, value := range c.config.Headers {
		text, err := value.Reveal()
		if err != nil {
			return fault.Wrap(err, "reading the header %s", name)
		}
		request.Header.Set(name, text)
		if strings.EqualFold(name, "Host") {
			request.Host = text
		}
	}
	return nil
}

// GetJSON reads the answer into the value. Fields that the value does not have
// are ignored.
func (c *Client) GetJSON(ctx context.Context, path string, into any) error {
	return c.JSON(ctx, Request{Path: path}, into)
}

// PostJSON sends the question as JSON and reads the answer into the value, which
// may be nil.
func (c *Client) PostJSON(ctx context.Context, path string, question, into any) error {
	return c.JSON(ctx, Request{Method: http.MethodPost, Path: path, JSON: question}, into)
}

// JSON asks and reads the answer into the value while it arrives. A nil value
// ignores the answer.
func (c *Client) JSON(ctx context.Context, r Request, into any) error {
	if r.Header.Get("Accept") == "" {
		r.Header = r.Header.Clone()
		if r.Header == nil {
			r.Header = make(http.Header, 1)
		}
		r.Header.Set("Accept", "application/json")
	}
	answer, err := c.Do(ctx, r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if into == nil {
		return nil
	}
	begin := &beginning{from: answer.Body}
	err = json.NewDecoder(begin).Decode(into)
	if err == nil {
		// The connection can be used again only when the answer is read to its end.
		_, err = io.Copy(io.Discard, io.LimitReader(answer.Body, 64<<10))
	}
	return c.unreadable(r, begin, err)
}

// Get reads a whole answer.
func (c *Client) Get(ctx context.Context, path string) ([]byte, error) {
	answer, err := c.Do(ctx, Request{Path: path})
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	return io.ReadAll(answer.Body)
}

func method(r Request) string {
	if r.Method == "" {
		return http.MethodGet
	}
	return r.Method
}

func isFault(err error) bool {
	var e *fault.Error
	return errors.As(err, &e)
}
