package ups

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"syscall"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// lineBytes bounds a line of NUT; the longest that upsd makes have 1 KiB.
const lineBytes = 16 << 10

// link keeps one connection to a daemon. It is used by one goroutine at a time.
type link struct {
	host    plugin.Host
	address string
	timeout time.Duration
	// begin says on a new connection what has to be said first; it may be nil.
	begin func(ctx context.Context) error

	conn     net.Conn
	reader   *bufio.Reader
	answered bool // on this connection something was answered
	kept     bool // the connection is from the run before
}

// errOwnTimeout ends a question whose own time is over, while the run has some.
var errOwnTimeout = errors.New("the question's own time is over")

// where is the address of the daemon.
func (l *link) where() string { return l.address }

// rest ends a run. The connection stays, and may be gone when the next run comes.
func (l *link) rest() { l.kept = l.conn != nil }

// close ends the connection.
func (l *link) close() error {
	if l.conn == nil {
		return nil
	}
	err := l.conn.Close()
	l.conn, l.reader, l.answered, l.kept = nil, nil, false, false
	return err
}

// disconnect drops a connection that is of no use any more.
func (l *link) disconnect() { _ = l.close() } // what there is to say of it was said

// exchange asks something over the connection and reads the answer. A refusal
// of the daemon leaves the connection good.
func (l *link) exchange(ctx context.Context, talk func() error) error {
	err := l.once(ctx, talk)
	if l.kept && isGone(err) {
		// The daemon was restarted, or ends idle connections, since the last run.
		l.disconnect()
		err = l.once(ctx, talk)
	}
	if said := (*refusal)(nil); err == nil || errors.As(err, &said) && l.conn != nil {
		l.kept = false
		return err
	}
	err = l.explain(ctx, err)
	l.disconnect()
	return err
}

// once asks, over a new connection if there is none.
func (l *link) once(ctx context.Context, talk func() error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, l.timeout, errOwnTimeout)
	defer cancel()
	if l.conn == nil {
		conn, err := l.host.Dial(ctx, "tcp", l.address)
		if err != nil {
			return timely(ctx, err)
		}
		l.use(conn)
		if l.begin != nil {
			if err := l.guard(ctx, func() error { return l.begin(ctx) }); err != nil {
				l.disconnect()
				return err
			}
		}
	}
	return l.guard(ctx, talk)
}

// use takes a connection into use.
func (l *link) use(conn net.Conn) {
	l.conn, l.reader, l.answered, l.kept = conn, bufio.NewReaderSize(conn, lineBytes), false, false
}

// guard ends what waits on the connection when the context does: a context
// alone does not, a deadline does.
func (l *link) guard(ctx context.Context, talk func() error) error {
	conn := l.conn
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	return timely(ctx, talk())
}

// timely gives an error the reason why the deadline was set.
func timely(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return cause
	}
	return err
}

// isGone reports whether the other side has ended the connection.
func isGone(err error) bool {
	for _, end := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, end) {
			return true
		}
	}
	return false
}

// explain turns what went wrong on the connection into a fault.
func (l *link) explain(ctx context.Context, err error) error {
	if said := (*fault.Error)(nil); errors.As(err, &said) {
		return err // it is explained: a secret that cannot be read, a refused login
	}
	what := "asking " + l.address
	if !l.answered {
		what = "connecting to " + l.address
	}
	kind, why, hint := l.reason(ctx, err)
	return &fault.Error{Kind: kind, Message: what, Hint: hint, Err: fault.Reword(err, why)}
}

func (l *link) reason(ctx context.Context, err error) (kind fault.Kind, words, hint string) {
	odd := (*malformed)(nil)
	switch {
	case ctx.Err() != nil:
		return fetch.Explain(ctx.Err())
	case errors.Is(err, errOwnTimeout):
		return fault.Timeout, "no answer within " + l.timeout.String(), "see whether the daemon hangs, and no firewall is in between"
	case errors.As(err, &odd):
		return odd.reason(l.answered)
	case isGone(err) && l.answered:
		return fault.Unreachable, "the daemon closed the connection", "see in its log whether it was stopped"
	case isGone(err):
		return fault.Unreachable, "the connection was closed without an answer",
			"see whether the daemon lets this machine in: tcp wrappers (/etc/hosts.allow), MAXCONN of upsd.conf"
	}
	kind, words, hint = fetch.Explain(err)
	if kind == fault.Refused {
		hint = "see whether the daemon runs, and listens on that address: LISTEN in upsd.conf, NETSERVER and NISIP in apcupsd.conf"
	}
	return kind, words, hint
}
