package webservice

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptrace"
	"net/url"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// client returns a client for one attempt: each opens its own connections, so
// that every phase is seen.
func (c *collector) client(r *result) *http.Client {
	transport := &http.Transport{
		DialContext:       fetch.GuardDial(c.dial),
		TLSClientConfig:   c.tls.Clone(),
		DisableKeepAlives: true,
		ForceAttemptHTTP2: c.plan.HTTPVersion == "auto",
	}
	switch c.plan.HTTPVersion {
	case "1.1":
		transport.Protocols = new(http.Protocols)
		transport.Protocols.SetHTTP1(true)
	case "2":
		transport.Protocols = new(http.Protocols)
		transport.Protocols.SetHTTP2(true)
		transport.Protocols.SetUnencryptedHTTP2(true)
	}
	if c.plan.proxy != nil {
		transport.Proxy = http.ProxyURL(c.plan.proxy)
	}
	// Some sites count visits in a cookie before they stop redirecting.
	jar, _ := cookiejar.New(nil) // never fails without options
	rule := fetch.CheckRedirect(c.plan.MaxRedirects)
	return &http.Client{Transport: fetch.Observed(transport), Jar: jar, CheckRedirect: func(next *http.Request, via []*http.Request) error {
		if !c.plan.FollowRedirects {
			return http.ErrUseLastResponse
		}
		if err := rule(next, via); err != nil {
			return err
		}
		last := via[len(via)-1]
		status := 0
		if next.Response != nil {
			status = next.Response.StatusCode
		}
		r.redirects = append(r.redirects, redirect{Status: status, From: shown(last.URL), To: shown(next.URL)})
		return nil
	}}
}

func (c *collector) checkHTTP(ctx context.Context, r *result, watch *stopwatch) error {
	request, err := c.request(ctx, r)
	if err != nil || r.reason != "" {
		return err
	}
	request = request.WithContext(httptrace.WithClientTrace(ctx, watch.hooks()))
	client := c.client(r)
	defer client.CloseIdleConnections()
	what := request.Method + " " + shown(request.URL)
	answer, err := client.Do(request)
	state, remote := watch.connection()
	r.tls = state
	if state != nil {
		r.chain = state.PeerCertificates
	}
	r.noteAddress(remote)
	if err != nil {
		if e := (*url.Error)(nil); errors.As(err, &e) {
			err = e.Err // without the address, whose query may hold a token
		}
		r.noteRefusedChain(err)
		return c.unreached(r, watch, what, err)
	}
	defer func() { _ = answer.Body.Close() }()
	r.status, r.header = answer.StatusCode, answer.Header
	r.version = float64(answer.ProtoMajor) + float64(answer.ProtoMinor)/10
	if len(r.redirects) > 0 {
		r.finalURL = shown(answer.Request.URL)
	}
	r.body, err = io.ReadAll(io.LimitReader(answer.Body, c.plan.MaxBodyBytes+1))
	watch.enter("")
	if int64(len(r.body)) > c.plan.MaxBodyBytes {
		r.body, r.truncated = r.body[:c.plan.MaxBodyBytes], true
	}
	r.bytes = int64(len(r.body))
	if err != nil {
		_, words, hint := fetch.Explain(err)
		if errors.Is(err, context.DeadlineExceeded) {
			r.fail(reasonTimeout, what+": no answer within "+c.plan.Timeout.String()+", in phase "+phaseTransfer, "")
		}
		r.fail(reasonRead, what+": "+words, hint)
		return nil
	}
	c.judgeAnswer(r)
	return nil
}

// request makes the request. A login that cannot be had counts against the
// endpoint; a secret that cannot be read is the config's fault.
func (c *collector) request(ctx context.Context, r *result) (*http.Request, error) {
	body, err := c.plan.Body.Reveal()
	if err != nil {
		return nil, fault.Wrap(err, "reading the body to send")
	}
	target := *c.plan.target
	if c.plan.CacheBust {
		separator := ""
		if target.RawQuery != "" {
			separator = "&"
		}
		target.RawQuery += separator + "_=" + rand.Text()
	}
	request, err := http.NewRequestWithContext(ctx, c.plan.Method, target.String(), nil)
	if err != nil {
		return nil, fault.New(fault.Config, "making the request: it is not an address")
	}
	if body != "" {
		request.ContentLength = int64(len(body))
		request.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(body)), nil }
		request.Body = io.NopCloser(bytes.NewReader([]byte(body)))
	}
	request.Header.Set("User-Agent", c.plan.UserAgent)
	if err := c.authorize(ctx, r, request); err != nil {
		return nil, err
	}
	for name, value := range c.plan.Headers {
		text, err := value.Reveal()
		if err != nil {
			return nil, fault.Wrap(err, "reading the header %s", name)
		}
		request.Header.Set(name, text)
		if strings.EqualFold(name, "Host") {
			request.Host = text
		}
	}
	return request, nil
}
