package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

var errOwnTimeout = errors.New("the request's own time is over")

// explain turns what net/http says into a fault: "GET http://nas/api: connection
// refused".
func (c *Client) explain(ctx context.Context, r Request, err error) error {
	if e := (*url.Error)(nil); errors.As(err, &e) {
		err = e.Err // without the address, which may hold a token
	}
	what := method(r) + " " + c.URL(r.Path)
	if errors.Is(context.Cause(ctx), errOwnTimeout) {
		return &fault.Error{
			Kind: fault.Timeout, Message: what, Err: fault.Reword(err, "no answer within "+c.config.Timeout.String()),
			Hint: "see whether the service is busy, or raise its timeout",
		}
	}
	if ctx.Err() != nil {
		err = errors.Join(ctx.Err(), err)
	}
	kind, words, hint := Explain(err)
	return &fault.Error{Kind: kind, Message: what, Hint: hint, Err: fault.Reword(err, words)}
}

// Explain says in plain words what an error of package net, crypto/tls or
// net/http means, for plugins that speak other protocols than this package.
func Explain(err error) (kind fault.Kind, words, hint string) {
	var dns *net.DNSError
	if e := (*fault.Error)(nil); errors.As(err, &e) {
		return e.Kind, e.Error(), fault.Hint(e)
	}
	kind = fault.Of(err)
	switch {
	case errors.Is(err, context.Canceled):
		return fault.Canceled, "stopped", ""
	case errors.Is(err, context.DeadlineExceeded):
		return fault.Timeout, "no answer in time", "see whether the service is busy or hangs; what needs longer gets a longer timeout"
	case errors.Is(err, ErrManyRedirects):
		return fault.WrongService, "too many redirects", "check the address"
	case errors.As(err, &dns) && !dns.IsTimeout:
		return fault.DNS, "no such host " + dns.Name, "check the name, or use the IP address"
	case kind == fault.TLS:
		words, hint = explainTLS(err)
		return kind, words, hint
	case kind == fault.Refused:
		return kind, "connection refused", "see whether the service runs, and on which port"
	case kind == fault.Timeout:
		return kind, "no answer in time", "see whether the host is up and no firewall is in between"
	case errors.Is(err, syscall.ENOENT):
		return fault.Unreachable, "no such socket", "see whether the service runs"
	case kind == fault.Permission:
		return kind, "permission denied", "the user that runs Unity may not open the socket"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return fault.Unreachable, "the connection was reset", "see what the service logged about it"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return fault.Unreachable, "no route to the host", "see whether the host is up"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fault.BadAnswer, "the connection ended in the middle of the answer", "see whether the service was restarted, and what it logged"
	case strings.Contains(err.Error(), "HTTP response to HTTPS client"):
		return fault.WrongService, "it speaks HTTP, not HTTPS", "begin the address with http://"
	case strings.Contains(err.Error(), "malformed HTTP"), strings.Contains(err.Error(), "readLoopPeekFail"):
		// The second is what net/http says of a server that speaks first.
		return fault.WrongService, "it does not speak HTTP", "check the port"
	case kind == fault.Internal:
		// Whatever net/http finds wrong with an answer has no type.
		return fault.BadAnswer, err.Error(), ""
	default:
		return kind, err.Error(), ""
	}
}

func explainTLS(err error) (words, hint string) {
	var (
		hostname  x509.HostnameError
		invalid   x509.CertificateInvalidError
		authority x509.UnknownAuthorityError
		record    tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &hostname):
		names := hostname.Certificate.DNSNames
		for _, ip := range hostname.Certificate.IPAddresses {
			names = append(names, ip.String())
		}
		if len(names) == 0 {
			return "TLS: the certificate names no host", "set tls_fingerprint, or have a certificate made with the name"
		}
		return fmt.Sprintf("TLS: the certificate is for %s, not %s", strings.Join(names, ", "), hostname.Host),
			"use a name of the certificate, or set tls_server_name"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "TLS: the certificate expired on " + invalid.Cert.NotAfter.UTC().Format(time.DateOnly), "renew it"
	case errors.As(err, &authority):
		return "TLS: the certificate is signed by nobody we trust", "set tls_ca_file or tls_fingerprint"
	case errors.As(err, &record):
		return "TLS: it does not speak TLS", "begin the address with http://, or check the port"
	case strings.HasSuffix(err.Error(), "tls: certificate required"), strings.HasSuffix(err.Error(), "tls: bad certificate"):
		return "TLS: the server wants a certificate of the client", "set tls_cert_file and tls_key_file"
	default:
		return "TLS: " + strings.TrimPrefix(err.Error(), "tls: "), ""
	}
}

// refused makes a fault of an answer whose status says no.
func (c *Client) refused(r Request, answer *http.Response, body io.Reader) error {
	const most = 4 << 10
	beginning, err := io.ReadAll(io.LimitReader(body, most))
	if err != nil {
		beginning = nil // the status says enough
	}
	kind, hint := kindOfStatus(answer.StatusCode)
	if kind == fault.RateLimited {
		if after := answer.Header.Get("Retry-After"); after != "" {
			hint = "it wants to be left alone for " + after + " (seconds, or until that time)"
		}
	}
	return &fault.Error{
		Kind:    kind,
		Message: method(r) + " " + c.URL(r.Path),
		Hint:    hint,
		Err: &StatusError{
			Status: answer.StatusCode, Reason: reason(answer.Status), Header: answer.Header, Body: beginning,
		},
	}
}

// reason is a status line without its number, in one short line.
func reason(status string) string {
	_, words, _ := strings.Cut(status, " ")
	return plugin.Shorten(words, 200)
}

func kindOfStatus(status int) (fault.Kind, string) {
	switch status {
	case http.StatusUnauthorized:
		return fault.Auth, "check user, password or token"
	case http.StatusProxyAuthRequired:
		return fault.Auth, "the proxy wants a login"
	case http.StatusForbidden:
		return fault.Permission, "the login is known and lacks a right"
	case http.StatusNotFound, http.StatusGone:
		return fault.NotFound, ""
	case http.StatusMethodNotAllowed, http.StatusNotImplemented, http.StatusNotAcceptable:
		return fault.Unsupported, ""
	case http.StatusRequestTimeout, http.StatusGatewayTimeout:
		return fault.Timeout, ""
	case http.StatusTooManyRequests:
		return fault.RateLimited, ""
	case http.StatusBadGateway, http.StatusServiceUnavailable:
		return fault.Unreachable, "what answers is a proxy, or the service is starting"
	default:
		if status >= 300 && status < 400 {
			return fault.WrongService, "it sends elsewhere; check the address"
		}
		return fault.BadAnswer, ""
	}
}

func statusWords(status int) string {
	if text := http.StatusText(status); text != "" {
		return strconv.Itoa(status) + " " + text
	}
	return strconv.Itoa(status)
}

func size(n int64) string {
	if n >= 1<<20 {
		return strconv.FormatInt(n>>20, 10) + " MiB"
	}
	return strconv.FormatInt(n, 10) + " bytes"
}
