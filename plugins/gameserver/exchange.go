package gameserver

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// The reasons why there is no usable answer.
const (
	reasonTimeout     = "timeout"
	reasonRefused     = "refused"
	reasonMalformed   = "malformed"
	reasonDNS         = "dns"
	reasonUnreachable = "unreachable"
)

func reasons() []string {
	return []string{reasonTimeout, reasonRefused, reasonMalformed, reasonDNS, reasonUnreachable}
}

// malformed is an answer that is none of the protocol.
type malformed struct {
	why string
	raw []byte
}

// Error says what was wrong, and how it began.
func (m *malformed) Error() string {
	const most = 32
	if len(m.raw) == 0 {
		return m.why
	}
	return fmt.Sprintf("%s; it begins with %s", m.why, hex.EncodeToString(m.raw[:min(len(m.raw), most)]))
}

// errSilent means that a question was sent often enough.
var errSilent = errors.New("no answer")

// ownNetworkGone reports whether it is this machine that cannot reach anybody.
func ownNetworkGone(err error) bool {
	return errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.ENETDOWN) || errors.Is(err, syscall.EADDRNOTAVAIL)
}

// reasonOf says in one word and in a sentence why there is no answer, and what may
// help.
func reasonOf(err error) (reason, words, hint string) {
	odd := (*malformed)(nil)
	if errors.As(err, &odd) {
		return reasonMalformed, odd.Error(), "check the game and the port: something else may listen there"
	}
	if errors.Is(err, errSilent) {
		err = context.DeadlineExceeded
	}
	kind, words, hint := fetch.Explain(err)
	switch kind {
	case fault.Timeout:
		return reasonTimeout, "no answer to the query", "the game may run, and the port of its query be another (often the next one), closed or not forwarded"
	case fault.Refused:
		return reasonRefused, "nothing listens on the port", "see whether the server runs, and on which port"
	case fault.DNS:
		return reasonDNS, words, hint
	}
	if isCut(err) {
		return reasonMalformed, "the connection was closed without an answer", "it may be the other edition of the game, or a proxy that wants the PROXY protocol"
	}
	return reasonUnreachable, words, hint
}

// grace is how long the right answer is waited for after something else came.
const grace = 250 * time.Millisecond

// maxPacket is the largest packet of UDP.
const maxPacket = 64 << 10

// line is a way to a server over UDP. Another packet comes with each read.
type line struct {
	ctx  context.Context //nolint:containedctx // it lasts as long as one query
	conn net.Conn
	// each is how long an answer is waited for until the question is sent again,
	// tries how often it is sent.
	each  time.Duration
	tries int
	now   func() time.Time
}

// dialUDP opens a way to the server for one query.
func (c *collector) dialUDP(ctx context.Context) (*line, func(), error) {
	conn, err := c.host.Dial(ctx, "udp", c.config.address())
	if err != nil {
		return nil, nil, err
	}
	// A context does not end what waits on a connection; a deadline does.
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	tries := c.config.Retries + 1
	l := &line{ctx: ctx, conn: conn, each: c.config.Timeout.Std() / time.Duration(tries), tries: tries, now: c.host.Now}
	return l, func() { stop(); _ = conn.Close() }, nil
}

// question is something that is asked over UDP.
type question struct {
	name string
	// packet is what is sent; token is the part of it that comes back.
	packet, token []byte
	// accept reads a packet. It returns whether the answer is whole; an error
	// means that the packet is none of it, and others are waited for.
	accept func(packet []byte) (whole bool, err error)
	tries  int // 0 is as often as the settings say
}

// ask sends a question, again while nothing comes back, and returns how long the
// answer took, or nil if that is not known.
func (l *line) ask(q question) (*time.Duration, error) {
	tries := q.tries
	if tries == 0 {
		tries = l.tries
	}
	buffer := make([]byte, maxPacket)
	var odd error
	for try := range tries {
		sent := l.now()
		until := time.Now().Add(l.each)
		if _, err := l.conn.Write(q.packet); err != nil {
			return nil, l.explain(err)
		}
		for {
			if err := l.wait(until); err != nil {
				return nil, err
			}
			n, err := l.conn.Read(buffer)
			if err != nil && odd != nil && l.ctx.Err() == nil {
				return nil, odd
			}
			if timeout := net.Error(nil); errors.As(err, &timeout) && timeout.Timeout() && l.ctx.Err() == nil {
				break // it is sent again
			}
			if err != nil {
				return nil, l.explain(err)
			}
			packet := bytes.Clone(buffer[:n])
			plugin.Observed(l.ctx, q.name, func() []byte { return shown(packet, q.token) })
			whole, err := q.accept(packet)
			if err != nil {
				odd = err
				if soon := time.Now().Add(grace); soon.Before(until) {
					until = soon
				}
				continue
			}
			if !whole {
				continue
			}
			if try > 0 {
				return nil, nil //nolint:nilnil // it is answered, and nobody knows which of the questions
			}
			took := l.now().Sub(sent)
			return &took, nil
		}
	}
	return nil, errSilent
}

// wait sets the time until which the next packet may come.
func (l *line) wait(until time.Time) error {
	if err := l.conn.SetReadDeadline(until); err != nil {
		return err
	}
	return l.ctx.Err() // if it has ended, its deadline was just overwritten
}

// explain prefers the reason why the connection was given up.
func (l *line) explain(err error) error {
	if ended := l.ctx.Err(); ended != nil {
		return ended
	}
	if errors.Is(err, io.EOF) {
		return errSilent // packets have no end
	}
	return err
}

// tokenMark stands for the token of a question in a recorded answer.
const tokenMark = "<token>"

// shown writes a packet as a case has it: one line, quoted as Go does.
func shown(packet, token []byte) []byte {
	if len(token) > 0 {
		packet = bytes.ReplaceAll(packet, token, []byte(tokenMark))
	}
	return []byte(strconv.Quote(string(packet)) + "\n")
}

// newToken is something that only who saw the question can repeat.
func newToken() []byte { return []byte(strings.ToLower(rand.Text()[:12])) }
