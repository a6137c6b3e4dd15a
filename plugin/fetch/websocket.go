package fetch

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/coder/websocket"

	"github.com/unity-homelab/unity/fault"
)

// WebSocket opens a WebSocket at the path of the request, with the login, headers
// and TLS of the config. A message may be as long as an answer. The caller closes
// it, and bounds by the context of each call how long it waits.
func (c *Client) WebSocket(ctx context.Context, r Request) (*websocket.Conn, error) {
	r.Method, r.Body, r.JSON = http.MethodGet, nil, nil
	ctx, cancel := c.deadline(ctx)
	defer cancel()
	request, err := c.request(ctx, r)
	if err != nil {
		return nil, err
	}
	//nolint:bodyclose // the body of a handshake need not be closed, as Dial says
	conn, answer, err := websocket.Dial(ctx, request.URL.String(), &websocket.DialOptions{
		HTTPClient: c.http, HTTPHeader: request.Header, Host: request.Host,
	})
	switch {
	case err == nil:
		conn.SetReadLimit(c.maxBody)
		return conn, nil
	case answer == nil:
		if e := (*url.Error)(nil); errors.As(err, &e) {
			err = e // without what Dial says around it
		}
		return nil, c.explain(ctx, r, err)
	case answer.StatusCode < 300:
		return nil, fault.New(fault.WrongService, "%s %s: the answer is not the beginning of a WebSocket", r.Method, c.URL(r.Path)).
			WithHint("check the address; a proxy in between may have to be told to let WebSockets pass")
	default:
		return nil, c.refused(r, answer, answer.Body)
	}
}
