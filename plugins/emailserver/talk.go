package emailserver

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

const (
	// maxLine is where the lines of a server are too long to be of the protocol.
	maxLine = 8 << 10
	// maxLines is how much a server may say to one question.
	maxLines = 200
)

// talk is a conversation with a server, line by line.
type talk struct {
	ctx  context.Context //nolint:containedctx // of the one conversation, to observe it
	conn net.Conn
	from *bufio.Reader
	// asked and said are what is observed.
	asked string
	said  strings.Builder
	stop  func() bool
}

// newTalk begins a conversation that ends when the context does.
func newTalk(ctx context.Context, conn net.Conn) *talk {
	t := &talk{ctx: ctx, conn: conn, from: bufio.NewReaderSize(conn, maxLine), asked: "connect"}
	// A context does not end what waits on a connection; a deadline does.
	t.stop = context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	return t
}

// close ends the conversation.
func (t *talk) close() {
	t.observe()
	t.stop()
	_ = t.conn.Close()
}

// observe tells what was asked and said since the last time.
func (t *talk) observe() {
	if text := t.said.String(); text != "" {
		plugin.Observed(t.ctx, t.asked, func() []byte { return []byte(text) })
	}
	t.said.Reset()
}

// send sends a line. What stands for it where it is observed holds no password.
func (t *talk) send(line, shown string) error {
	t.observe()
	t.asked = shown
	_, err := io.WriteString(t.conn, line+"\r\n")
	return err
}

// line reads a line without its end.
func (t *talk) line() (string, error) {
	raw, err := t.from.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return "", unexpected("a line without end")
	}
	text := strings.ToValidUTF8(strings.TrimRight(string(raw), "\r\n"), "\uFFFD")
	if err != nil {
		if text != "" && errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return text, err
	}
	t.said.WriteString(text + "\n")
	return text, nil
}

// lines reads lines until one is the last.
func (t *talk) lines(last func(line string) bool) ([]string, error) {
	var all []string
	for range maxLines {
		line, err := t.line()
		if err != nil {
			return all, err
		}
		all = append(all, line)
		if last(line) {
			return all, nil
		}
	}
	return all, unexpected("an answer without end")
}

// secure speaks TLS from here on and returns what the server showed.
func (t *talk) secure(ctx context.Context, config *tls.Config) (tls.ConnectionState, error) {
	if t.from.Buffered() > 0 {
		// Whoever slips something in here wants it to be taken for what is said later.
		return tls.ConnectionState{}, unexpected("more than an answer before TLS begins")
	}
	conn := tls.Client(t.conn, config)
	if err := conn.HandshakeContext(ctx); err != nil {
		return tls.ConnectionState{}, &handshakeError{err}
	}
	t.conn, t.from = conn, bufio.NewReaderSize(conn, maxLine)
	return conn.ConnectionState(), nil
}

// handshakeError is an error of the TLS handshake.
type handshakeError struct{ error }

// Unwrap returns what the handshake met.
func (e *handshakeError) Unwrap() error { return e.error }

// refusal is what a server says no with.
type refusal struct {
	kind fault.Kind
	why  string
	hint string
	// busy is a server that takes no connection from this machine, and is not
	// down.
	busy bool
}

// Error implements error.
func (r *refusal) Error() string { return r.why }

// unexpected is an answer that is not of the protocol.
func unexpected(said string) error {
	return &refusal{kind: fault.WrongService, why: fmt.Sprintf("it says %q", plugin.Shorten(said, 80)), hint: "check protocol, port and TLS"}
}

// turnedAway is a server that takes no connection.
func turnedAway(said string) error {
	return &refusal{
		kind: fault.Refused, why: "it takes no connection: " + plugin.Shorten(said, 160), busy: true,
		hint: "it answers, and sends this machine away: allow its address in postscreen, in blocklists, or among those that may connect",
	}
}

// notOffered is a server without STARTTLS.
func notOffered(said string) error {
	why := "STARTTLS is not offered"
	if said != "" {
		why += fmt.Sprintf(": it says %q", plugin.Shorten(said, 80))
	}
	return &refusal{kind: fault.TLS, why: why, hint: "set up TLS on the server, or set the endpoint's TLS to none or implicit"}
}

// loginRefused is a server that does not take a password.
func loginRefused(said string) error {
	return &refusal{kind: fault.Auth, why: "the login is refused: " + plugin.Shorten(said, 160), hint: "check user and password of the endpoint"}
}

// explain makes a fault of what a conversation met.
func explain(e endpoint, timeout plugin.Duration, err error) error {
	what := "checking " + e.Protocol + " at " + e.at()
	no, handshake := (*refusal)(nil), (*handshakeError)(nil)
	switch {
	case fault.Of(err) == fault.Auth:
		return err // it is explained
	case errors.As(err, &no):
		return fault.New(no.kind, "%s: %s", what, no.why).WithHint("%s", no.hint)
	case errors.Is(err, errOwnTime):
		return fault.New(fault.Timeout, "%s: no answer within %s", what, timeout).
			WithHint("see whether the server is busy, whether the port speaks TLS at once, and no firewall is in between")
	case errors.Is(err, io.EOF):
		return fault.New(fault.Unreachable, "%s: it ended the connection", what).WithHint("see the server's log; a port that speaks TLS at once does so as well")
	}
	kind, words, hint := fetch.Explain(err)
	if errors.As(err, &handshake) && strings.Contains(words, "does not speak TLS") {
		hint = "set the endpoint's TLS to starttls or none"
	}
	return &fault.Error{Kind: kind, Message: what, Hint: hint, Err: fault.Reword(err, words)}
}
