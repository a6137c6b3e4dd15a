package redis

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"strings"
	"time"
)

// connection is one connection to the server, for one goroutine. Whatever the
// server does, it is bounded in time and memory.
type connection struct {
	conn    net.Conn
	reader  *bufio.Reader
	request []byte
	stop    func() bool // of what ends the connection with its context
}

// connect opens a connection that ends with ctx, and signs in.
func (a address) connect(ctx context.Context) (*connection, error) {
	dialing, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(dialing, a.network, a.target)
	if err != nil {
		return nil, err
	}
	if a.machine != "" {
		secure := tls.Client(conn, &tls.Config{ServerName: a.machine, MinVersion: tls.VersionTLS12})
		if err := secure.HandshakeContext(dialing); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
		conn = secure
	}
	c := &connection{
		conn: conn, reader: bufio.NewReaderSize(conn, maxLineBytes),
		stop: context.AfterFunc(ctx, func() { _ = conn.Close() }),
	}
	if err := c.enter(a); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

func (c *connection) close() {
	c.stop()
	_ = c.conn.Close() // nothing is lost with it that is not said already
}

// enter signs in and says who it is.
func (c *connection) enter(a address) error {
	if a.password != "" {
		words := []string{"AUTH", a.password}
		if a.user != "" {
			words = []string{"AUTH", a.user, a.password}
		}
		err := c.ask(words)
		clear(c.request) // it holds the password
		if refused, ok := errors.AsType[*refusal](err); ok {
			// A server that does not know the command repeats its arguments.
			return &refusal{text: strings.ReplaceAll(refused.text, a.password, "…")}
		}
		if err != nil {
			return err
		}
	}
	if a.database != "" && a.database != "0" {
		if err := c.ask([]string{"SELECT", a.database}); err != nil {
			return err
		}
	}
	// A server that does not know the command, or forbids it, is as good.
	err := c.ask([]string{"CLIENT", "SETNAME", "unity"})
	if _, refused := errors.AsType[*refusal](err); refused {
		return nil
	}
	return err
}

// ask sends commands at once and reads their answers. The first refusal is
// returned as one.
func (c *connection) ask(commands ...[]string) error {
	c.request = c.request[:0]
	for _, words := range commands {
		c.request = appendCommand(c.request, words)
	}
	if err := c.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if _, err := c.conn.Write(c.request); err != nil {
		return err
	}
	if cap(c.request) > keptRequest {
		c.request = nil
	}
	var refused error
	for range commands {
		answer, err := readReply(c.reader)
		if err != nil {
			return err
		}
		if answer.kind == '-' && refused == nil {
			refused = &refusal{text: answer.text}
		}
	}
	return refused
}

// keptRequest is how much memory for commands is kept between them.
const keptRequest = 64 << 10

// next waits for a message, however long, and asks now and then whether the
// server is still there.
func (c *connection) next() (reply, error) {
	asked := false
	for {
		wait := quiet
		if asked {
			wait = patience
		}
		if err := c.conn.SetReadDeadline(time.Now().Add(wait)); err != nil {
			return reply{}, err
		}
		if _, err := c.reader.Peek(1); errors.Is(err, os.ErrDeadlineExceeded) && !asked {
			if err := c.conn.SetWriteDeadline(time.Now().Add(patience)); err != nil {
				return reply{}, err
			}
			if _, err := c.conn.Write(appendCommand(nil, []string{"PING"})); err != nil {
				return reply{}, err
			}
			asked = true
			continue
		} else if err != nil {
			return reply{}, err
		}
		if err := c.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
			return reply{}, err
		}
		return readReply(c.reader)
	}
}

// quiet is how long a server may say nothing before it is asked whether it is
// there.
const quiet = 15 * time.Second
