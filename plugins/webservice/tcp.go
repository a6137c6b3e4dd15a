package webservice

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http/httptrace"
	"time"

	"github.com/unity-homelab/unity/plugin/fetch"
)

func (c *collector) checkTCP(ctx context.Context, r *result, watch *stopwatch) error {
	what := "connecting to " + shown(c.plan.target)
	watch.enter(phaseConnect)
	conn, err := c.dial(httptrace.WithClientTrace(ctx, watch.hooks()), "tcp", c.plan.target.Host)
	if err != nil {
		return c.unreached(r, watch, what, err)
	}
	defer func() { _ = conn.Close() }()
	r.noteAddress(conn.RemoteAddr())
	if c.plan.Send == "" && c.plan.expect == nil {
		return nil
	}
	// A context does not end what waits on a connection; a deadline does.
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	watch.enter(phaseProcessing)
	if c.plan.Send != "" {
		if _, err := io.WriteString(conn, c.plan.Send); err != nil {
			return c.unreached(r, watch, "sending to "+shown(c.plan.target), firstOf(ctx.Err(), err))
		}
	}
	if c.plan.expect == nil {
		return nil
	}
	c.readUntil(ctx, conn, r)
	return nil
}

// readUntil reads until what came matches, and judges it.
func (c *collector) readUntil(ctx context.Context, conn net.Conn, r *result) {
	buffer := make([]byte, 4096)
	for {
		n, err := conn.Read(buffer[:min(int64(len(buffer)), c.plan.MaxBodyBytes-int64(len(r.body)))])
		r.body = append(r.body, buffer[:n]...)
		if c.plan.expect.Match(r.body) {
			r.judge(verdict{Name: "expect", OK: true, Detail: "what came matches", reason: reasonExpect})
			return
		}
		if err == nil && int64(len(r.body)) < c.plan.MaxBodyBytes {
			continue
		}
		detail := "what came does not match " + c.plan.Expect
		if len(r.body) == 0 {
			detail = "nothing came"
		}
		if err != nil && !errors.Is(err, io.EOF) {
			_, words, _ := fetch.Explain(firstOf(ctx.Err(), err))
			detail += ": " + words
		}
		r.judge(verdict{Name: "expect", Detail: detail, reason: reasonExpect})
		return
	}
}

// firstOf returns the first error that there is.
func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
