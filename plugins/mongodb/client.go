package mongodb

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"runtime"
	"syscall"
	"time"

	"github.com/unity-homelab/unity/fault"
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
	source   string // the database that knows the user
	how      string // the mechanism of the login

	conn        net.Conn
	connections int // how many there were
	reader      *bufio.Reader
	hello       document // what the server said of itself
	number      uint32   // of the latest question
	answered    bool     // on this connection something was answered
	kept        bool     // the connection is from the run before
}

// The mechanisms of a login.
const (
	mechanismAuto   = "auto"
	mechanismSHA1   = "SCRAM-SHA-1"
	mechanismSHA256 = "SCRAM-SHA-256"
	mechanismPlain  = "PLAIN"
	mechanismX509   = "MONGODB-X509"
)

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
	c.conn, c.reader, c.hello, c.kept, c.answered = nil, nil, nil, false, false
	return err
}

// disconnect drops a connection that is of no use any more.
func (c *client) disconnect() { _ = c.close() } // what there is to say of it was said

// greet connects if there is no connection, and asks the server who it is.
func (c *client) greet(ctx context.Context) (document, error) {
	hello, err := c.ask(ctx, question{database: "admin", fields: []field{{"isMaster", 1}, {"helloOk", true}}})
	if err == nil {
		c.hello = hello
	}
	return hello, err
}

// question is a command for a database.
type question struct {
	database string
	fields   []field
	secret   bool // neither question nor answer is told to anybody
}

// command is its name.
func (q question) command() string { return q.fields[0].name }

// String is how the plugin's cases call it.
func (q question) String() string {
	text := q.command()
	for _, f := range q.fields {
		switch value := f.value.(type) {
		case string:
			text += " " + value // of a collection
		case []field:
			if f.name == "sort" && value[0].value == 1 {
				text += " first"
			} else if f.name == "sort" {
				text += " last"
			}
		}
	}
	if q.database != "admin" {
		text += " in " + q.database
	}
	return text
}

// ask sends a command and returns the answer. A refusal by the server is an
// error of type *refusal; the connection is good after it.
func (c *client) ask(ctx context.Context, q question) (document, error) {
	answer, err := c.once(ctx, q)
	if c.kept && isGone(err) {
		// A server that was restarted since the last run has not seen the question.
		c.disconnect()
		answer, err = c.once(ctx, q)
	}
	if said := (*refusal)(nil); err != nil && !errors.As(err, &said) {
		err = c.explain(ctx, q, err)
		c.disconnect()
		return nil, err
	}
	c.kept = false
	return answer, err
}

// once sends a command, over a new connection if there is none.
func (c *client) once(ctx context.Context, q question) (document, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeout, errOwnTimeout)
	defer cancel()
	if c.conn == nil {
		if err := c.connect(ctx); err != nil {
			c.disconnectUnless(err)
			return nil, err
		}
	}
	return c.exchange(ctx, q)
}

// disconnectUnless keeps what a fault has to say of the connection for explain.
func (c *client) disconnectUnless(err error) {
	if said := (*refusal)(nil); errors.As(err, &said) {
		c.disconnect() // the login was refused
	}
}

// exchange sends a command over the connection and reads the answer.
func (c *client) exchange(ctx context.Context, q question) (document, error) {
	// A context does not end what waits on a connection; a deadline does.
	conn := c.conn
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	c.number++
	fields := append(append([]field{}, q.fields...), field{"$db", q.database})
	if _, err := conn.Write(message(c.number, fields)); err != nil {
		return nil, timely(ctx, err)
	}
	answer, err := readMessage(c.reader, c.number)
	if err != nil {
		return nil, timely(ctx, err)
	}
	c.answered = true
	if !q.secret {
		plugin.Observed(ctx, q.String(), func() []byte { return written(answer) })
	}
	if ok, known := answer.flag("ok"); !known {
		return nil, odd("the answer does not say whether it went well")
	} else if !ok {
		code, _ := answer.number("code")
		return nil, &refusal{
			question: q, code: int(code), name: answer.text("codeName"), text: answer.text("errmsg"), target: c.target, username: c.username,
		}
	}
	return answer, nil
}

// timely gives an error the reason why the deadline was set.
func timely(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

const (
	headerBytes = 16
	opMessage   = 2013
	checksummed = 1 // a flag: four bytes of checksum follow
)

// message is a command as the protocol has it since 3.6.
func message(number uint32, fields []field) []byte {
	b := make([]byte, headerBytes, 512)
	binary.LittleEndian.PutUint32(b[4:], number)
	binary.LittleEndian.PutUint32(b[12:], opMessage)
	b = append(b, 0, 0, 0, 0) // flags
	b = append(b, 0)          // a document follows
	b = appendDocument(b, fields)
	binary.LittleEndian.PutUint32(b, uint32(len(b)))
	return b
}

// readMessage reads the answer to a question.
func readMessage(from io.Reader, number uint32) (document, error) {
	var header [headerBytes]byte
	if n, err := io.ReadFull(from, header[:]); err != nil {
		if n > 0 && errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, &malformed{why: "it ends too early", start: header[:n]}
		}
		return nil, err
	}
	length, code := binary.LittleEndian.Uint32(header[:]), binary.LittleEndian.Uint32(header[12:])
	if code != opMessage || length < headerBytes+10 || length > maxAnswerBytes {
		return nil, &malformed{why: "not an answer of MongoDB", start: header[:]}
	}
	body, err := io.ReadAll(io.LimitReader(from, int64(length-headerBytes)))
	switch {
	case err != nil:
		return nil, err
	case len(body) < int(length-headerBytes):
		return nil, io.ErrUnexpectedEOF
	case binary.LittleEndian.Uint32(header[8:]) != number:
		return nil, odd("the answer belongs to another question")
	case body[4] != 0:
		return nil, odd("the answer has no document")
	}
	if binary.LittleEndian.Uint32(body)&checksummed != 0 {
		if len(body) < 14 {
			return nil, odd("the answer ends too early")
		}
		body = body[:len(body)-4]
	}
	return decode(body[5:])
}

// connect opens a connection and logs in.
func (c *client) connect(ctx context.Context) error {
	conn, err := c.host.Dial(ctx, c.target.network, c.target.address)
	if err != nil {
		return timely(ctx, err)
	}
	c.conn, c.reader, c.answered, c.kept = conn, nil, false, false
	c.connections++
	if c.security != nil {
		config := c.security.Clone()
		if config.ServerName == "" {
			config.ServerName = c.target.name
		}
		secure := tls.Client(conn, config)
		if err := secure.HandshakeContext(ctx); err != nil {
			return &handshakeError{timely(ctx, err)}
		}
		c.conn = secure
	}
	c.reader = bufio.NewReader(c.conn)
	fields := []field{
		{"isMaster", 1},
		{"client", []field{
			{"application", []field{{"name", "unity"}}},
			{"driver", []field{{"name", "unity"}, {"version", "1"}}},
			{"os", []field{{"type", runtime.GOOS}}},
		}},
	}
	if c.username != "" && c.how == mechanismAuto {
		fields = append(fields, field{"saslSupportedMechs", c.source + "." + c.username})
	}
	hello, err := c.exchange(ctx, question{database: "admin", fields: fields, secret: true})
	if err != nil {
		return err
	}
	c.hello = hello
	if c.username == "" && c.how != mechanismX509 {
		return nil
	}
	return c.logIn(ctx)
}

// handshakeError is an error of the TLS handshake.
type handshakeError struct{ error }

// Unwrap returns what the handshake met.
func (e *handshakeError) Unwrap() error { return e.error }

// mechanism is how to log in, as set or as the server offers.
func (c *client) mechanism() string {
	if c.how != mechanismAuto {
		return c.how
	}
	for _, offered := range c.hello.list("saslSupportedMechs") {
		if offered == mechanismSHA256 {
			return mechanismSHA256
		}
	}
	return mechanismSHA1
}

func (c *client) logIn(ctx context.Context) error {
	mechanism := c.mechanism()
	if mechanism == mechanismX509 {
		fields := []field{{"authenticate", 1}, {"mechanism", mechanism}}
		if c.username != "" {
			fields = append(fields, field{"user", c.username})
		}
		_, err := c.exchange(ctx, question{database: "$external", fields: fields})
		return err
	}
	password, err := c.password.Reveal()
	if err != nil {
		return err
	}
	source := c.source
	if mechanism == mechanismPlain {
		source = "$external"
		_, err := c.say(ctx, source, []field{
			{"saslStart", 1}, {"mechanism", mechanism}, {"payload", []byte("\x00" + c.username + "\x00" + password)},
		})
		return err
	}
	s := newScram(mechanism, c.username, password, rand.Text())
	said, err := c.say(ctx, source, []field{
		{"saslStart", 1}, {"mechanism", mechanism}, {"payload", s.begin()}, {"options", []field{{"skipEmptyExchange", true}}},
	})
	if err != nil {
		return err
	}
	challenge, _ := said.at("payload").([]byte)
	proof, err := s.answer(challenge)
	if err != nil {
		return err
	}
	next := func(payload []byte) (document, error) {
		return c.say(ctx, source, []field{{"saslContinue", 1}, {"conversationId", said.at("conversationId")}, {"payload", payload}})
	}
	last, err := next(proof)
	if err != nil {
		return err
	}
	shown, _ := last.at("payload").([]byte)
	if err := s.end(shown); err != nil {
		return err
	}
	if done, _ := last.flag("done"); !done { // before 4.4 there is one more turn, which says nothing
		_, err = next(nil)
	}
	return err
}

// say is one turn of a login.
func (c *client) say(ctx context.Context, source string, fields []field) (document, error) {
	return c.exchange(ctx, question{database: source, fields: fields, secret: true})
}

// isGone reports whether the connection was found closed.
func isGone(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNABORTED)
}

// isConfig reports whether a secret could not be read.
func isConfig(err error) bool { return fault.Of(err) == fault.Config }
