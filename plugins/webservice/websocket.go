package webservice

import (
	"context"
	"errors"
	"net/http/httptrace"
	"net/url"

	"github.com/coder/websocket"

	"github.com/unity-homelab/unity/plugin/fetch"
)

func (c *collector) checkWebSocket(ctx context.Context, r *result, watch *stopwatch) error {
	request, err := c.request(ctx, r)
	if err != nil || r.reason != "" {
		return err
	}
	what := "opening " + shown(c.plan.target)
	client := c.client(r)
	defer client.CloseIdleConnections()
	//nolint:bodyclose // the body of a handshake need not be closed, as Dial says
	conn, answer, err := websocket.Dial(httptrace.WithClientTrace(ctx, watch.hooks()), request.URL.String(),
		&websocket.DialOptions{HTTPClient: client, HTTPHeader: request.Header, Host: request.Host})
	state, remote := watch.connection()
	r.tls = state
	if state != nil {
		r.chain = state.PeerCertificates
	}
	r.noteAddress(remote)
	if answer != nil {
		r.status, r.version = answer.StatusCode, float64(answer.ProtoMajor)+float64(answer.ProtoMinor)/10
	}
	if err != nil {
		if answer != nil {
			r.fail(reasonWebSocket, what+": the answer is "+answer.Status+", not a WebSocket", "check the path")
			return nil
		}
		if e := (*url.Error)(nil); errors.As(err, &e) {
			err = e.Err
		}
		r.noteRefusedChain(err)
		return c.unreached(r, watch, what, err)
	}
	defer func() { _ = conn.CloseNow() }()
	conn.SetReadLimit(c.plan.MaxBodyBytes)
	watch.enter(phaseTransfer)
	if c.plan.Send != "" {
		if err := conn.Write(ctx, websocket.MessageText, []byte(c.plan.Send)); err != nil {
			_, words, hint := fetch.Explain(err)
			r.fail(reasonWebSocket, "sending to "+shown(c.plan.target)+": "+words, hint)
			return nil
		}
	}
	if c.plan.expect != nil {
		c.awaitMessage(ctx, conn, r)
	}
	watch.enter("")
	if r.reason == "" {
		// Whether the other side says goodbye is not what is checked.
		_ = conn.Close(websocket.StatusNormalClosure, "")
	}
	return nil
}

// awaitMessage reads messages until one matches.
func (c *collector) awaitMessage(ctx context.Context, conn *websocket.Conn, r *result) {
	for {
		_, message, err := conn.Read(ctx)
		if err != nil {
			_, words, _ := fetch.Explain(err)
			r.judge(verdict{Name: "expect", Detail: "no message matched: " + words, reason: reasonExpect})
			return
		}
		if c.plan.expect.Match(message) {
			r.judge(verdict{Name: "expect", OK: true, Detail: "a message matches", reason: reasonExpect})
			return
		}
	}
}
