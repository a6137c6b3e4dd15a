package mongodb

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"runtime"
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
	source   string // the database that knows the user
	how      string // the mechanism of the login

	connections int      // how many there were
	hello       document // what the server said of itself
	number      uint32   // of the latest question
}

// newClient makes a client that contacts nothing yet, and does not log in.
func newClient(host plugin.Host, at target, timeout time.Duration, security *tls.Config) *client {
	c := &client{target: at, how: mechanismAuto}
	c.peer = peer.Peer{
		Dial: host.Dial, Network: at.network, Address: at.address, Name: at.name, At: at.String(), TLS: security,
		Timeout: timeout, Greet: c.introduce,
		Words: peer.Words{
			Protocol: "the protocol of MongoDB", Plain: "switch tls off", Secure: "switch tls on",
			Closed: "a server before MongoDB 3.6 is too old",
		},
	}
	return c
}

// The mechanisms of a login.
const (
	mechanismAuto   = "auto"
	mechanismSHA1   = "SCRAM-SHA-1"
	mechanismSHA256 = "SCRAM-SHA-256"
	mechanismPlain  = "PLAIN"
	mechanismX509   = "MONGODB-X509"
)

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
	var answer document
	err := c.peer.Ask(ctx, q.command(), func(ctx context.Context, line *peer.Line) (err error) {
		answer, err = c.exchange(ctx, line, q)
		return err
	})
	return answer, err
}

// exchange sends a command over the connection and reads the answer.
func (c *client) exchange(ctx context.Context, line *peer.Line, q question) (document, error) {
	c.number++
	fields := append(append([]field{}, q.fields...), field{"$db", q.database})
	if _, err := line.Write(message(c.number, fields)); err != nil {
		return nil, err
	}
	answer, err := readMessage(line.Reader, c.number)
	if err != nil {
		return nil, err
	}
	line.Answered()
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
			return nil, &peer.Malformed{Why: "it ends too early", Start: header[:n]}
		}
		return nil, err
	}
	length, code := binary.LittleEndian.Uint32(header[:]), binary.LittleEndian.Uint32(header[12:])
	if code != opMessage || length < headerBytes+10 || length > maxAnswerBytes {
		return nil, &peer.Malformed{Why: "not an answer of MongoDB", Start: header[:]}
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

// introduce says who asks, and logs in.
func (c *client) introduce(ctx context.Context, line *peer.Line) error {
	c.connections++
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
	hello, err := c.exchange(ctx, line, question{database: "admin", fields: fields, secret: true})
	if err != nil {
		return err
	}
	c.hello = hello
	if c.username == "" && c.how != mechanismX509 {
		return nil
	}
	return c.logIn(ctx, line)
}

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

func (c *client) logIn(ctx context.Context, line *peer.Line) error {
	mechanism := c.mechanism()
	if mechanism == mechanismX509 {
		fields := []field{{"authenticate", 1}, {"mechanism", mechanism}}
		if c.username != "" {
			fields = append(fields, field{"user", c.username})
		}
		_, err := c.exchange(ctx, line, question{database: "$external", fields: fields})
		return err
	}
	password, err := c.password.Reveal()
	if err != nil {
		return err
	}
	source := c.source
	if mechanism == mechanismPlain {
		source = "$external"
		_, err := c.say(ctx, line, source, []field{
			{"saslStart", 1}, {"mechanism", mechanism}, {"payload", []byte("\x00" + c.username + "\x00" + password)},
		})
		return err
	}
	s := newScram(mechanism, c.username, password, rand.Text())
	said, err := c.say(ctx, line, source, []field{
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
		return c.say(ctx, line, source, []field{{"saslContinue", 1}, {"conversationId", said.at("conversationId")}, {"payload", payload}})
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
func (c *client) say(ctx context.Context, line *peer.Line, source string, fields []field) (document, error) {
	return c.exchange(ctx, line, question{database: source, fields: fields, secret: true})
}
