// Package peer keeps one connection to a server that is asked one thing after
// another, for plugins that speak a protocol of their own: it connects, with TLS
// if wanted, ends what takes too long, connects again when the server was
// restarted, and explains in plain words what went wrong.
package peer

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"syscall"
	"time"

	"github.com/unity-homelab/unity/fault"
)

// errOwnTimeout ends a question whose own time is over, while the run has some.
var errOwnTimeout = errors.New("the question's own time is over")

// Peer is a server and the connection to it. It is used by one goroutine at a
// time.
type Peer struct {
	// Dial opens connections, as plugin.Host does.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Network and Address are what Dial is given.
	Network, Address string
	// Name is that of the machine, for its certificate.
	Name string
	// At is how a person writes where the server is.
	At string
	// TLS is nil where it is not spoken.
	TLS *tls.Config
	// Timeout is for each question, connecting and logging in included.
	Timeout time.Duration
	// LineBytes is the longest line that Line.Reader gives out; 0 is usual.
	LineBytes int
	// Greet, if there is one, begins each connection: it logs in.
	Greet func(ctx context.Context, line *Line) error
	// Words say what is special to the protocol when something is explained.
	Words Words

	line *Line
	kept bool // the connection is from the run before
	// answered stays when the connection is gone, until there is another.
	answered bool
}

// leastLineBytes is what is read at once.
const leastLineBytes = 4 << 10

// Line is an open connection, to be used while a question is asked.
type Line struct {
	io.Writer
	Reader *bufio.Reader

	conn net.Conn
	peer *Peer
}

// Answered notes that the server said something that makes sense: it is the
// right one.
func (l *Line) Answered() { l.peer.answered = true }

// Connected reports whether there is a connection.
func (p *Peer) Connected() bool { return p.line != nil }

// Rest ends a run. The connection stays, and may be gone when the next run comes.
func (p *Peer) Rest() { p.kept = p.line != nil }

// Close ends the connection. The next question makes another.
func (p *Peer) Close() error {
	if p.line == nil {
		return nil
	}
	err := p.line.conn.Close()
	p.line, p.kept = nil, false
	return err
}

// drop ends a connection that is of no use any more.
func (p *Peer) drop() { _ = p.Close() } // what there is to say of it is said

// Ask has a question asked, which name calls for people, over a new connection if
// there is none. A fault that ask returns, such as a refusal of the server, comes
// back as it is and leaves the connection; after all else the connection is gone.
func (p *Peer) Ask(ctx context.Context, name string, ask func(ctx context.Context, line *Line) error) error {
	err := p.once(ctx, ask)
	if p.kept && isGone(err) {
		// A server that was restarted, or ends idle connections, since the last run
		// has not seen the question.
		p.drop()
		err = p.once(ctx, ask)
	}
	if own := (*fault.Error)(nil); err == nil || errors.As(err, &own) {
		p.kept = false
		return err
	}
	p.drop()
	return p.explain(ctx, name, err)
}

// once asks, within the question's own time.
func (p *Peer) once(ctx context.Context, ask func(context.Context, *Line) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, p.Timeout, errOwnTimeout)
	defer cancel()
	if p.line == nil {
		if err := p.connect(ctx); err != nil {
			p.drop()
			return timely(ctx, err)
		}
	}
	return p.hold(ctx, ask)
}

// hold uses the connection until the context ends.
func (p *Peer) hold(ctx context.Context, use func(context.Context, *Line) error) error {
	// A context does not end what waits on a connection; a deadline does.
	line := p.line
	stop := context.AfterFunc(ctx, func() { _ = line.conn.SetDeadline(time.Unix(1, 0)) })
	err := use(ctx, line)
	if !stop() && err == nil {
		p.drop() // the answer came at the last moment, and the deadline stays
	}
	return timely(ctx, err)
}

// connect opens a connection and has the server greeted.
func (p *Peer) connect(ctx context.Context) error {
	p.answered = false
	conn, err := p.Dial(ctx, p.Network, p.Address)
	if own := (*fault.Error)(nil); errors.As(err, &own) {
		return fault.Wrap(err, "connecting to %s", p.At)
	} else if err != nil {
		return err
	}
	if p.TLS != nil {
		config := p.TLS.Clone()
		if config.ServerName == "" {
			config.ServerName = p.Name
		}
		secure := tls.Client(conn, config)
		if err := secure.HandshakeContext(ctx); err != nil {
			_ = conn.Close()
			return &handshakeError{cmp.Or(context.Cause(ctx), err)}
		}
		conn = secure
	}
	p.line = &Line{Writer: conn, Reader: bufio.NewReaderSize(conn, max(p.LineBytes, leastLineBytes)), conn: conn, peer: p}
	if p.Greet == nil {
		return nil
	}
	return p.hold(ctx, p.Greet)
}

// timely gives an error the reason why the deadline was set. What tells more than
// that is kept: what the server said, and that the handshake took so long.
func timely(ctx context.Context, err error) error {
	own, odd, handshake := (*fault.Error)(nil), (*Malformed)(nil), (*handshakeError)(nil)
	if err == nil || errors.As(err, &own) || errors.As(err, &odd) || errors.As(err, &handshake) {
		return err
	}
	return cmp.Or(context.Cause(ctx), err)
}

// handshakeError is an error of the TLS handshake.
type handshakeError struct{ error }

// Unwrap returns what the handshake met.
func (e *handshakeError) Unwrap() error { return e.error }

// isGone reports whether the connection was found closed.
func isGone(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNABORTED)
}
