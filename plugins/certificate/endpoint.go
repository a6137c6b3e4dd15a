package certificate

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// session is what a handshake showed.
type session struct {
	state tls.ConnectionState
	took  time.Duration
}

// silence is an endpoint that showed no certificate.
type silence struct{ message, hint string }

// look makes a handshake, and further ones when it met something that may pass.
// The error is for what says nothing about the endpoint.
func (c *collector) look(ctx context.Context) (*session, *silence, error) {
	for attempt := 1; ; attempt++ {
		found, err := c.handshake(ctx)
		switch {
		case err == nil:
			return found, nil, nil
		case errors.Is(ctx.Err(), context.Canceled):
			return nil, nil, fault.As(fault.Canceled, ctx.Err(), "looking at %s", c.target)
		case ownNetworkGone(err):
			return nil, nil, fault.As(fault.Unreachable, err, "this machine has no way to the network")
		case fault.Of(err) == fault.Config:
			return nil, nil, fault.Wrap(err, "looking at %s", c.target)
		}
		kind, words, hint := c.explain(err)
		if attempt > c.config.Retries || !kind.Temporary() || !wait(ctx, c.config.RetryDelay.Std()) {
			return nil, &silence{words, hint}, nil
		}
	}
}

// wait waits, unless the time of the run does not allow it.
func wait(ctx context.Context, d time.Duration) bool {
	if deadline, bounded := ctx.Deadline(); bounded && time.Until(deadline) < d+margin {
		return false
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// ownNetworkGone reports whether the error says something about this machine
// instead of the endpoint.
func ownNetworkGone(err error) bool {
	return errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.ENETDOWN) || errors.Is(err, syscall.EADDRNOTAVAIL)
}

// margin is left of the run's time to say what was found.
const margin = 250 * time.Millisecond

func (c *collector) handshake(ctx context.Context) (*session, error) {
	limit := c.config.Timeout.Std()
	if deadline, bounded := ctx.Deadline(); bounded {
		limit = min(limit, max(time.Until(deadline)-margin, time.Millisecond))
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	conn, err := c.host.Dial(ctx, "tcp", c.target.address)
	if err != nil {
		return nil, timely(ctx, err)
	}
	defer func() { _ = conn.Close() }()
	// A context does not end what waits on a connection; a deadline does.
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if begin := c.target.prelude; begin != nil {
		line := &clearLine{Writer: conn, Reader: bufio.NewReader(conn)}
		if err := begin(line); err != nil {
			return nil, timely(ctx, err)
		}
		if line.Buffered() > 0 {
			return nil, &refusal{fault.BadAnswer, "it goes on in the clear after it agreed to TLS"}
		}
	}
	return c.shake(ctx, conn)
}

// shake makes the handshake of TLS. A server that breaks it off after it showed
// its certificate, as one does that wants one of the client, has shown it.
func (c *collector) shake(ctx context.Context, conn net.Conn) (*session, error) {
	var seen *tls.ConnectionState
	security := c.tls.Clone()
	security.VerifyConnection = func(state tls.ConnectionState) error {
		seen = &state
		return nil
	}
	start := c.host.Now()
	err := tls.Client(conn, security).HandshakeContext(ctx)
	if seen == nil || len(seen.PeerCertificates) == 0 {
		if err == nil {
			err = &refusal{fault.BadAnswer, "it shows no certificate"}
		}
		return nil, timely(ctx, err)
	}
	return &session{state: *seen, took: c.host.Now().Sub(start)}, nil
}

// timely gives an error the reason why the deadline was set.
func timely(ctx context.Context, err error) error {
	if said := (*refusal)(nil); err != nil && ctx.Err() != nil && !errors.As(err, &said) {
		return ctx.Err()
	}
	return err
}

// explain says why there is no certificate to be seen.
func (c *collector) explain(err error) (kind fault.Kind, words, hint string) {
	said, record := (*refusal)(nil), tls.RecordHeaderError{}
	switch {
	case errors.As(err, &said):
		return said.kind, said.why + " at " + c.target.String(), c.adviceFor(said)
	case errors.As(err, &record):
		return fault.WrongService, c.notTLS(record.RecordHeader), "check the port; a protocol that begins in the clear is written as smtp://, imap://, pop3://, ftp://, ldap://, postgres:// or mysql://"
	case isGone(err):
		return fault.Unreachable, c.target.String() + " closed the connection without showing a certificate",
			"see the server's log; it may want a server name (tls_server_name), or a newer or older TLS"
	}
	kind, words, hint = fetch.Explain(err)
	switch kind {
	case fault.Timeout:
		words, hint = "no answer within "+c.config.Timeout.String(), "see whether the host is up and no firewall is in between"
	case fault.TLS:
		hint = "the server refused the handshake; it may want a server name (tls_server_name), or no version of TLS from min_tls_version on"
	}
	return kind, words + " at " + c.target.String(), hint
}

func (c *collector) adviceFor(said *refusal) string {
	switch said.kind {
	case fault.Unsupported:
		return "switch TLS on at the server: its settings name the certificate"
	case fault.Refused:
		return "the server does not let this machine in; see its log"
	default:
		return "check the port"
	}
}

// notTLS says what answers in place of TLS, as far as its first bytes tell.
func (c *collector) notTLS(head [5]byte) string {
	text := fmt.Sprintf("no TLS on %s: the first byte is 0x%02x", c.target.address, head[0])
	switch {
	case bytes.HasPrefix(head[:], []byte("HTTP")):
		return text + "; it speaks HTTP"
	case bytes.HasPrefix(head[:], []byte("SSH-")):
		return text + "; it speaks SSH"
	case bytes.HasPrefix(head[:], []byte("220")):
		return text + "; it may speak SMTP or FTP"
	case bytes.HasPrefix(head[:], []byte("* OK")):
		return text + "; it speaks IMAP"
	case bytes.HasPrefix(head[:], []byte("+OK")):
		return text + "; it speaks POP3"
	default:
		return text
	}
}

// isGone reports whether the connection was found closed.
func isGone(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || strings.HasSuffix(err.Error(), "unexpected EOF")
}
