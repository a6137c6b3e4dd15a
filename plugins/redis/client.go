package redis

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// client keeps one connection to a server. It is used by one goroutine at a
// time.
type client struct {
	host     plugin.Host
	target   target
	security *tls.Config // nil without TLS
	timeout  time.Duration
	username string
	password plugin.Secret
	conn     net.Conn
	reader   *bufio.Reader
	db       int  // the database in use
	answered bool // on this connection something was answered
	kept     bool // the connection is from the run before
	request  []byte
}

// errOwnTimeout ends a question whose own time is over, while the run has some.
var errOwnTimeout = errors.New("the question's own time is over")

// rest ends a run. The connection stays, and may be gone when the next run comes.
func (c *client) rest() { c.kept = c.conn != nil }

// close ends the connection.
func (c *client) close() error {
	if c.conn == nil {
		return nil
	}
	err := c.conn.Close()
	c.conn, c.reader, c.db, c.kept, c.answered = nil, nil, 0, false, false
	return err
}

// ask sends a command and returns the answer. A refusal by the server is an
// error of type *refusal; the connection is good after it.
func (c *client) ask(ctx context.Context, words ...string) (reply, error) {
	answer, err := c.once(ctx, words)
	if c.kept && isGone(err) {
		// A server that was restarted or ends idle connections since the last
		// run has not seen the question.
		c.disconnect()
		answer, err = c.once(ctx, words)
	}
	if err != nil {
		c.disconnect()
		return reply{}, c.explain(ctx, words, err)
	}
	c.kept = false
	plugin.Observed(ctx, strings.Join(words, " "), func() []byte { return written(answer) })
	if answer.kind == '-' {
		return reply{}, &refusal{command: words, text: answer.text, target: c.target, username: c.username}
	}
	return answer, nil
}

// disconnect drops a connection that is of no use any more.
func (c *client) disconnect() { _ = c.close() } // what there is to say of it was said

// once sends a command, over a new connection if there is none.
func (c *client) once(ctx context.Context, words []string) (reply, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeout, errOwnTimeout)
	defer cancel()
	if c.conn == nil {
		if err := c.connect(ctx); err != nil {
			return reply{}, err
		}
	}
	return c.exchange(ctx, words)
}

func (c *client) exchange(ctx context.Context, words []string) (reply, error) {
	// A context does not end what waits on a connection; a deadline does.
	conn := c.conn
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	c.request = appendCommand(c.request[:0], words...)
	if _, err := conn.Write(c.request); err != nil {
		return reply{}, timely(ctx, err)
	}
	answer, err := readReply(c.reader)
	if err != nil {
		return reply{}, timely(ctx, err)
	}
	c.answered = true
	return answer, nil
}

// timely gives an error the reason why the deadline was set.
func timely(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// connect opens a connection and logs in.
func (c *client) connect(ctx context.Context) error {
	conn, err := c.host.Dial(ctx, c.target.network, c.target.address)
	if err != nil {
		return timely(ctx, err)
	}
	if c.security != nil {
		config := c.security.Clone()
		if config.ServerName == "" {
			config.ServerName = c.target.name
		}
		secure := tls.Client(conn, config)
		if err := secure.HandshakeContext(ctx); err != nil {
			_ = conn.Close()
			return &handshakeError{timely(ctx, err)}
		}
		conn = secure
	}
	c.conn, c.reader, c.db, c.answered, c.kept = conn, newReader(conn), 0, false, false
	if c.password.Empty() {
		return nil
	}
	if err := c.logIn(ctx); err != nil {
		c.disconnect()
		return err
	}
	return nil
}

// handshakeError is an error of the TLS handshake.
type handshakeError struct{ error }

// Unwrap returns what the handshake met.
func (e *handshakeError) Unwrap() error { return e.error }

// leastRecorded is the length from which on a password is found and replaced in
// what is recorded.
const leastRecorded = 4

func (c *client) logIn(ctx context.Context) error {
	password, err := c.password.Reveal()
	if err != nil {
		return err
	}
	words := []string{"AUTH", password}
	if c.username != "" {
		words = []string{"AUTH", c.username, password}
	}
	answer, err := c.exchange(ctx, words)
	clear(c.request) // it holds the password
	if err != nil {
		return err
	}
	if len(password) >= leastRecorded {
		plugin.Observed(ctx, strings.Join(words, " "), func() []byte { return written(answer) })
	}
	if answer.kind == '-' {
		// A server that does not know the command repeats its arguments.
		return &refusal{command: words[:1], text: strings.ReplaceAll(answer.text, password, "…"), target: c.target, username: c.username}
	}
	return nil
}

// use changes to a database.
func (c *client) use(ctx context.Context, number int) error {
	if c.conn != nil && c.db == number {
		return nil
	}
	if _, err := c.ask(ctx, "SELECT", strconv.Itoa(number)); err != nil {
		return err
	}
	c.db = number
	return nil
}

// isGone reports whether the connection was found closed.
func isGone(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNABORTED)
}
