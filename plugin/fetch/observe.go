package fetch

import (
	"bytes"
	"context"
	"io"
	"net/http"
)

// Exchange is a request and its answer, for recording.
type Exchange struct {
	Request *http.Request
	Status  int
	Header  http.Header
	Body    []byte
}

type observerKey struct{}

// Observe returns a context whose requests are reported once their answers have
// been read. It is to the answers what net/http/httptrace is to connections.
func Observe(ctx context.Context, observer func(Exchange)) context.Context {
	return context.WithValue(ctx, observerKey{}, observer)
}

// Observed makes a transport report to [Observe], for plugins that have a client
// of their own.
func Observed(transport http.RoundTripper) http.RoundTripper { return observed{transport} }

// observed reports exchanges to the observer of the request's context.
type observed struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (o observed) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := o.RoundTripper.RoundTrip(r)
	observer, ok := r.Context().Value(observerKey{}).(func(Exchange))
	if err != nil || !ok || answer.StatusCode == http.StatusSwitchingProtocols {
		return answer, err
	}
	answer.Body = &copied{ReadCloser: answer.Body, done: func(body []byte) {
		observer(Exchange{Request: r, Status: answer.StatusCode, Header: answer.Header, Body: body})
	}}
	return answer, nil
}

// CloseIdleConnections is what http.Client looks for.
func (o observed) CloseIdleConnections() {
	if closer, ok := o.RoundTripper.(interface{ CloseIdleConnections() }); ok {
		closer.CloseIdleConnections()
	}
}

// copied keeps what is read of a body.
type copied struct {
	io.ReadCloser
	seen bytes.Buffer
	done func([]byte)
}

// Read implements io.Reader.
func (c *copied) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.seen.Write(p[:n])
	return n, err
}

// Close implements io.Closer.
func (c *copied) Close() error {
	if c.done != nil {
		c.done(c.seen.Bytes())
		c.done = nil
	}
	return c.ReadCloser.Close()
}
