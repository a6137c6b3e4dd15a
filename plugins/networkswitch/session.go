package networkswitch

import (
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/gosnmp/gosnmp"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// session asks one device. It is used by one goroutine at a time, so that no
// device is asked two things at once.
type session struct {
	config   config
	host     plugin.Host
	address  string
	snmp     *gosnmp.GoSNMP // nil without a connection
	answered bool           // on this connection something was answered
	maxOIDs  int            // what the device can do at a time
	seen     []gosnmp.SnmpPDU
}

func newSession(config config, host plugin.Host) *session {
	return &session{
		config: config, host: host, maxOIDs: config.MaxOIDs,
		address: net.JoinHostPort(strings.Trim(strings.TrimSpace(config.Host), "[]"), strconv.Itoa(config.Port)),
	}
}

// close ends the connection.
func (s *session) close() error {
	if s.snmp == nil {
		return nil
	}
	err := s.snmp.Close()
	s.snmp, s.answered = nil, false
	return err
}

// disconnect drops a connection that is of no use any more.
func (s *session) disconnect() { _ = s.close() } // what there is to say of it was said

// connect opens a connection, which says nothing yet: over UDP it cannot fail
// but for a name that nobody knows.
func (s *session) connect(ctx context.Context) error {
	client, err := s.client()
	if err != nil {
		return err
	}
	conn, err := s.host.Dial(ctx, s.config.Transport, s.address)
	if err != nil {
		return err
	}
	// The library makes its buffers only as it connects. What it connects to here
	// gets no packet; the connection that counts is the host's.
	client.Target, client.Port = "127.0.0.1", 9
	if err := client.Connect(); err != nil {
		_ = conn.Close()
		return fault.As(fault.Config, err, "setting up SNMP %s", s.config.Version)
	}
	_ = client.Conn.Close()
	client.Conn, client.Transport = conn, "udp"
	if conn.RemoteAddr().Network() != "udp" {
		client.Conn, client.Transport = stream{conn}, "tcp"
	}
	s.snmp, s.answered = client, false
	return nil
}

// stream is a connection whose end the library must not take for a reason to
// connect by itself.
type stream struct{ net.Conn }

// Read implements io.Reader.
func (s stream) Read(p []byte) (int, error) {
	n, err := s.Conn.Read(p)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// client makes a client of the library, with the login of the config.
func (s *session) client() (*gosnmp.GoSNMP, error) {
	c := s.config
	client := &gosnmp.GoSNMP{Transport: "udp", Timeout: c.Timeout.Std(), Retries: c.Retries, MaxOids: max(c.MaxOIDs, 1)}
	if c.Version != "3" {
		community, err := c.Community.Reveal()
		if err != nil {
			return nil, err
		}
		if community == "" {
			community = "public"
		}
		client.Community, client.Version = community, gosnmp.Version2c
		if c.Version == "1" {
			client.Version = gosnmp.Version1
		}
		return client, nil
	}
	login := &gosnmp.UsmSecurityParameters{UserName: c.User}
	client.Version, client.SecurityModel, client.ContextName = gosnmp.Version3, gosnmp.UserSecurityModel, c.Context
	client.SecurityParameters, client.MsgFlags = login, gosnmp.NoAuthNoPriv
	var err error
	if c.Level != levelNone {
		client.MsgFlags, login.AuthenticationProtocol = gosnmp.AuthNoPriv, authProtocol(c.AuthProtocol)
		if login.AuthenticationPassphrase, err = c.AuthPassword.Reveal(); err != nil {
			return nil, err
		}
	}
	if c.Level == levelPrivate {
		client.MsgFlags, login.PrivacyProtocol = gosnmp.AuthPriv, privProtocol(c.PrivProtocol)
		if login.PrivacyPassphrase, err = c.PrivPassword.Reveal(); err != nil {
			return nil, err
		}
	}
	return client, nil
}

func authProtocol(name string) gosnmp.SnmpV3AuthProtocol {
	switch name {
	case "MD5":
		return gosnmp.MD5
	case "SHA224":
		return gosnmp.SHA224
	case "SHA256":
		return gosnmp.SHA256
	case "SHA384":
		return gosnmp.SHA384
	case "SHA512":
		return gosnmp.SHA512
	default:
		return gosnmp.SHA
	}
}

func privProtocol(name string) gosnmp.SnmpV3PrivProtocol {
	switch name {
	case "DES":
		return gosnmp.DES
	case "AES192":
		return gosnmp.AES192
	case "AES256":
		return gosnmp.AES256
	case "AES192C":
		return gosnmp.AES192C
	case "AES256C":
		return gosnmp.AES256C
	default:
		return gosnmp.AES
	}
}

// request sends one question and returns the answer. What the device says of
// itself in it, an answer too big or a name that there is not, is no error.
func (s *session) request(ctx context.Context, what string, send func(*gosnmp.GoSNMP) (*gosnmp.SnmpPacket, error)) (*gosnmp.SnmpPacket, error) {
	known := s.answered
	answer, err := s.once(ctx, what, send)
	if kind := fault.Of(err); known && s.config.Version == "3" && (kind == fault.Auth || kind == fault.Unreachable) {
		// A device that was restarted is another one to SNMPv3: with what was agreed
		// on before, nothing proves who asks.
		s.disconnect()
		answer, err = s.once(ctx, what, send)
	}
	if err != nil {
		if kind := fault.Of(err); !s.answered || s.config.Transport == "tcp" || kind == fault.Auth || kind == fault.Unreachable {
			s.disconnect()
		}
		return nil, err
	}
	s.answered = true
	return answer, nil
}

// once sends one question, over a new connection if there is none.
func (s *session) once(ctx context.Context, what string, send func(*gosnmp.GoSNMP) (*gosnmp.SnmpPacket, error)) (*gosnmp.SnmpPacket, error) {
	if err := ctx.Err(); err != nil {
		return nil, s.explain(ctx, what, err)
	}
	if s.snmp == nil {
		if err := s.connect(ctx); err != nil {
			return nil, s.explain(ctx, what, err)
		}
	}
	client, conn := s.snmp, s.snmp.Conn
	client.Context = ctx
	// A context does not end what waits on a connection; a deadline does.
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	answer, err := send(client)
	stop()
	switch {
	case err != nil:
		return nil, s.explain(ctx, what, err)
	case answer == nil:
		return nil, s.explain(ctx, what, errors.New("no answer"))
	case answer.Error == gosnmp.AuthorizationError:
		return nil, s.denied(what)
	}
	return answer, nil
}
