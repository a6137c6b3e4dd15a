package ipmi

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// resend is after how long a question is asked again: packets get lost.
const resend = time.Second

// session is one login at a controller over IPMI 2.0.
type session struct {
	config  config
	host    plugin.Host
	address string

	conn     net.Conn
	keys     *keys
	theirs   uint32 // their number of the session, ours is fixed
	ours     uint32
	packets  uint32
	sequence byte
	suite    int // that the controller agreed to in an earlier run
}

// ask asks a command and returns the data of the answer. A completion code other
// than 0 is a *refusal.
func (s *session) ask(ctx context.Context, function, number byte, data ...byte) ([]byte, error) {
	return s.send(ctx, question{function: function, number: number, data: data})
}

func (s *session) send(ctx context.Context, c question) ([]byte, error) {
	s.sequence = (s.sequence + 1) & payloadKind
	sequence := s.sequence
	answer, err := s.exchange(ctx, func() []byte {
		s.packets++
		return pack(payloadMessage, c.message(sequence), s.theirs, s.packets, s.keys)
	}, func(packet []byte) ([]byte, error) {
		message, err := unpack(packet, payloadMessage, s.ours, s.keys)
		if err != nil {
			return nil, err
		}
		return c.answer(message, sequence)
	})
	if err != nil {
		return nil, s.explain(ctx, err, true)
	}
	plugin.Observed(ctx, c.String(), func() []byte { return []byte(hexBytes(answer) + "\n") })
	if answer[0] != 0 {
		return nil, &refusal{command: c, code: answer[0], address: s.address}
	}
	return answer[1:], nil
}

// String writes a command as ipmitool raw takes it.
func (c question) String() string {
	return hexBytes(append([]byte{c.function | c.lun<<6, c.number}, c.data...))
}

// hexBytes writes bytes as pairs of digits.
func hexBytes(data []byte) string {
	var text strings.Builder
	for i := range data {
		if i > 0 {
			text.WriteByte(' ')
		}
		text.WriteString(hex.EncodeToString(data[i : i+1]))
	}
	return text.String()
}

// exchange sends a packet, again each second, until one comes back that read
// understands. What others send meanwhile is let pass.
func (s *session) exchange(ctx context.Context, packet func() []byte, read func([]byte) ([]byte, error)) ([]byte, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.config.Timeout.Std(), errOwnTimeout)
	defer cancel()
	conn := s.conn
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	const most = 4 << 10
	buffer := make([]byte, most)
	heard := false
	for ctx.Err() == nil {
		if err := conn.SetDeadline(time.Now().Add(resend)); err != nil {
			return nil, err
		}
		if ctx.Err() != nil {
			break // the deadline that ends it may just have been overwritten
		}
		if _, err := conn.Write(packet()); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return nil, err
		}
		for {
			n, err := conn.Read(buffer)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				break
			}
			if err != nil {
				return nil, err
			}
			if answer, err := read(buffer[:n]); err == nil {
				return answer, nil
			} else if !errors.Is(err, errGarbled) {
				return nil, err
			}
			heard = true
		}
	}
	if heard && errors.Is(context.Cause(ctx), errOwnTimeout) {
		return nil, errNotIPMI
	}
	return nil, context.Cause(ctx)
}

// connect opens a session with the first cipher suite that the controller knows.
func (s *session) connect(ctx context.Context) error {
	conn, err := s.host.Dial(ctx, "udp", s.address)
	if err != nil {
		return s.explain(ctx, err, false)
	}
	s.conn = conn
	tried := s.config.Ciphers
	if s.suite != 0 {
		tried = []int{s.suite}
	}
	for _, number := range tried {
		err = s.login(ctx, suites()[number])
		if refused := (*statusError)(nil); errors.As(err, &refused) && refused.otherSuite() {
			continue
		}
		if err == nil {
			s.suite = number
		}
		break
	}
	if err == nil && s.config.Privilege != "USER" {
		_, err = s.ask(ctx, functionApp, 0x3b, s.role())
	}
	if err != nil {
		s.drop()
		return s.explain(ctx, err, false)
	}
	return nil
}

func (s *session) role() byte {
	switch s.config.Privilege {
	case "ADMINISTRATOR":
		return 4
	case "OPERATOR":
		return 3
	default:
		return 2
	}
}

// random returns bytes that nobody can guess.
func random(n int) []byte {
	data := make([]byte, n)
	_, _ = rand.Read(data) // it never fails
	return data
}

// login agrees on a session: both sides prove that they know the password
// without saying it.
func (s *session) login(ctx context.Context, use suite) error {
	const byName = 0x10
	password, err := s.config.Password.Reveal()
	if err != nil {
		return err
	}
	key, err := s.config.bmcKey()
	if err != nil {
		return err
	}
	h := &handshake{
		suite: use, password: []byte(password), key: key, user: s.config.Username, role: byName | s.role(),
		ours: binary.LittleEndian.Uint32(random(4)) | 1, ourNonce: random(nonceBytes),
	}
	if key == nil {
		h.key = h.password
	}
	s.keys, s.packets, s.ours = nil, 0, h.ours

	algorithm := func(kind, number byte) []byte { return []byte{kind, 0, 0, 8, number, 0, 0, 0} }
	open := append([]byte{0, s.role(), 0, 0}, number(h.ours)...)
	open = append(open, algorithm(0, use.auth)...)
	open = append(open, algorithm(1, use.integrity)...)
	open = append(open, algorithm(2, encryptionAES)...)
	opened, err := s.step(ctx, payloadOpen, open, payloadOpened, 12, "opening a session")
	if err != nil {
		return err
	}
	h.theirs = binary.LittleEndian.Uint32(opened[8:])

	first := append([]byte{0, 0, 0, 0}, number(h.theirs)...)
	first = append(append(first, h.ourNonce...), h.role, 0, 0, byte(len(h.user)))
	first = append(first, h.user...)
	const proofAt = 40
	second, err := s.step(ctx, payloadRAKP1, first, payloadRAKP2, proofAt, "logging in")
	if err != nil {
		return err
	}
	h.theirNonce, h.guid = second[8:24], second[24:proofAt]
	if !hmac.Equal(second[proofAt:], h.theirProof()) {
		return errPassword
	}

	third := append([]byte{0, 0, 0, 0}, number(h.theirs)...)
	fourth, err := s.step(ctx, payloadRAKP3, append(third, h.ourProof()...), payloadRAKP4, 8, "logging in")
	if err != nil {
		return err
	}
	sessionKey := h.sessionKey()
	if !hmac.Equal(fourth[8:], h.lastProof(sessionKey)) {
		return errKey
	}
	s.theirs = h.theirs
	s.keys, err = h.keys(sessionKey)
	return err
}

// step sends one message of the login and returns the one that answers it, which
// has at least so many bytes.
func (s *session) step(ctx context.Context, kind byte, message []byte, want byte, least int, doing string) ([]byte, error) {
	s.sequence++
	message[0] = s.sequence // so that a late answer is not taken for this one
	return s.exchange(ctx, func() []byte { return pack(kind, message, 0, 0, nil) }, func(packet []byte) ([]byte, error) {
		answer, err := unpack(packet, want, 0, nil)
		switch {
		case err != nil:
			return nil, err
		case len(answer) < 2 || answer[0] != message[0]:
			return nil, errGarbled
		case answer[1] != 0:
			return nil, &statusError{doing: doing, status: answer[1]}
		case len(answer) < least || binary.LittleEndian.Uint32(answer[4:]) != s.ours:
			return nil, errGarbled
		default:
			return answer, nil
		}
	})
}

// end closes the session, so that the controller has it free for others.
func (s *session) end(ctx context.Context) {
	if s.conn == nil {
		return
	}
	if s.keys != nil {
		const patience = 2 * time.Second
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer cancel()
		if _, err := s.ask(ctx, functionApp, 0x3c, number(s.theirs)...); err != nil {
			s.host.Log.DebugContext(ctx, "the session at the controller was not closed", "reason", err)
		}
	}
	s.drop()
}

// drop forgets a session that is of no use any more.
func (s *session) drop() {
	if s.conn != nil {
		_ = s.conn.Close()
	}
	s.conn, s.keys = nil, nil
}

// unexpected is a fault of an answer that is too short or says something else.
func (s *session) unexpected(what string) error {
	return fault.New(fault.BadAnswer, "asking %s for %s: the answer is too short", s.address, what)
}

// statusError is what a controller says against opening a session.
type statusError struct {
	doing  string
	status byte
}

// Error implements error.
func (e *statusError) Error() string { return fmt.Sprintf("%s: status 0x%02x", e.doing, e.status) }

// otherSuite reports whether another cipher suite may be taken.
func (e *statusError) otherSuite() bool {
	switch e.status {
	case 0x04, 0x05, 0x10, 0x11, 0x12:
		return true
	default:
		return false
	}
}
