package redis

import (
	"context"
	"crypto/tls"
	"strconv"
	"strings"
	"time"

	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/peer"
)

// client asks a server over one connection. It is used by one goroutine at a time.
type client struct {
	peer     peer.Peer
	target   target
	username string
	password plugin.Secret
	db       int // the database in use
	request  []byte
}

// newClient makes a client that contacts nothing yet.
func newClient(host plugin.Host, at target, timeout time.Duration, security *tls.Config) *client {
	c := &client{target: at}
	c.peer = peer.Peer{
		Dial: host.Dial, Network: at.network, Address: at.address, Name: at.name, At: at.String(), TLS: security,
		Timeout: timeout, LineBytes: maxLineBytes, Greet: c.greet,
		Words: peer.Words{
			Protocol: "the protocol of Redis", Plain: "begin the address with redis://", Secure: "begin the address with rediss://",
		},
	}
	return c
}

// ask sends a command and returns the answer. A refusal by the server is an
// error of type *refusal; the connection is good after it.
func (c *client) ask(ctx context.Context, words ...string) (reply, error) {
	var answer reply
	err := c.peer.Ask(ctx, words[0], func(ctx context.Context, line *peer.Line) (err error) {
		if answer, err = c.exchange(line, words); err != nil {
			return err
		}
		plugin.Observed(ctx, strings.Join(words, " "), func() []byte { return written(answer) })
		if answer.kind == '-' {
			return &refusal{command: words, text: answer.text, target: c.target, username: c.username}
		}
		return nil
	})
	return answer, err
}

func (c *client) exchange(line *peer.Line, words []string) (reply, error) {
	c.request = appendCommand(c.request[:0], words...)
	if _, err := line.Write(c.request); err != nil {
		return reply{}, err
	}
	answer, err := readReply(line.Reader)
	if err == nil {
		line.Answered()
	}
	return answer, err
}

// greet logs in.
func (c *client) greet(ctx context.Context, line *peer.Line) error {
	c.db = 0
	if c.password.Empty() {
		return nil
	}
	password, err := c.password.Reveal()
	if err != nil {
		return err
	}
	words := []string{"AUTH", password}
	if c.username != "" {
		words = []string{"AUTH", c.username, password}
	}
	answer, err := c.exchange(line, words)
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

// leastRecorded is the length from which on a password is found and replaced in
// what is recorded.
const leastRecorded = 4

// use changes to a database.
func (c *client) use(ctx context.Context, number int) error {
	if c.peer.Connected() && c.db == number {
		return nil
	}
	if _, err := c.ask(ctx, "SELECT", strconv.Itoa(number)); err != nil {
		return err
	}
	c.db = number
	return nil
}
