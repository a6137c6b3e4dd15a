package peer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// Words are what is special to a protocol when something is explained.
type Words struct {
	// Protocol is its name: "the protocol of Redis".
	Protocol string
	// Plain and Secure say how to speak without and with TLS: "switch tls off".
	Plain, Secure string
	// Closed is another reason why a connection may end without an answer: "a
	// server before version 3.6 is too old".
	Closed string
}

// Malformed is an answer that is not of the protocol.
type Malformed struct {
	Why   string
	Start []byte // what came in place of the beginning of an answer
}

// Error implements error.
func (m *Malformed) Error() string { return m.Why }

// explain turns what went wrong on the connection into a fault.
func (p *Peer) explain(ctx context.Context, name string, err error) error {
	what := "asking " + p.At + " for " + name
	if !p.answered {
		what = "connecting to " + p.At
	}
	kind, why, hint := p.reason(ctx, err)
	return &fault.Error{Kind: kind, Message: what, Hint: hint, Err: fault.Reword(err, why)}
}

func (p *Peer) reason(ctx context.Context, err error) (kind fault.Kind, words, hint string) {
	handshake, odd := (*handshakeError)(nil), (*Malformed)(nil)
	inHandshake := errors.As(err, &handshake)
	switch {
	case ctx.Err() != nil:
		return fetch.Explain(ctx.Err())
	case errors.Is(err, errOwnTimeout) && inHandshake:
		return fault.Timeout, "no answer to the TLS handshake within " + p.Timeout.String(), p.Words.Plain + " if the port does not speak TLS"
	case errors.Is(err, errOwnTimeout):
		return fault.Timeout, "no answer within " + p.Timeout.String(), "see whether the server is busy or stopped, and no firewall is in between"
	case errors.As(err, &odd):
		return p.reasonOdd(odd)
	case inHandshake && isGone(err):
		return fault.TLS, "TLS: the connection was closed in the handshake",
			p.Words.Plain + " if the port does not speak TLS; or see the server's log"
	case isGone(err) && p.answered:
		return fault.Unreachable, "the server closed the connection", "see in the server's log whether it was stopped, or ended the client"
	case isGone(err) && p.TLS != nil:
		return fault.Unreachable, "the connection was closed without an answer",
			"set tls_cert_file and tls_key_file if the server wants a certificate of its clients; or see the server's log"
	case isGone(err):
		hint = p.Words.Secure + " if the port wants TLS; "
		if p.Words.Closed != "" {
			hint += p.Words.Closed + "; "
		}
		return fault.Unreachable, "the connection was closed without an answer", hint + "or see the server's log"
	}
	kind, words, hint = fetch.Explain(err)
	if inHandshake && strings.HasSuffix(words, "does not speak TLS") {
		hint = p.Words.Plain + ", or check the port"
	}
	return kind, words, hint
}

// reasonOdd says what an answer that is not of the protocol tells.
func (p *Peer) reasonOdd(odd *Malformed) (kind fault.Kind, words, hint string) {
	switch {
	case bytes.HasPrefix(odd.Start, []byte("HTTP/")), bytes.HasPrefix(odd.Start, []byte("<")):
		return fault.WrongService, "it speaks HTTP, not " + p.Words.Protocol, "check the port"
	case bytes.HasPrefix(odd.Start, []byte{0x15, 0x03}):
		return fault.WrongService, "it speaks TLS", p.Words.Secure
	case !p.answered && len(odd.Start) > 0:
		return fault.WrongService, fmt.Sprintf("it does not speak %s: it says %q", p.Words.Protocol, odd.Start), "check the port"
	default:
		return fault.BadAnswer, odd.Why, ""
	}
}
