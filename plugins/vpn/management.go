package vpn

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
)

// Bounds of what the management interface says.
const (
	maxManagementLine  = 64 << 10
	maxManagementLines = 100_000
)

// bannerTime is how soon OpenVPN greets one who may talk to it. It takes one
// client at a time, and lets others wait in silence.
const bannerTime = 2 * time.Second

const passwordPrompt = "ENTER PASSWORD:"

// managementAddress takes the setting apart.
func managementAddress(text string) (network, address string, err error) {
	if path := strings.TrimPrefix(text, "unix://"); strings.HasPrefix(path, "/") {
		return "unix", path, nil
	}
	host, port, err := net.SplitHostPort(text)
	if err != nil || host == "" || port == "" {
		return "", "", plugin.Invalid("management", "must be host:port or the path of a socket")
	}
	return "tcp", text, nil
}

// management is one conversation with OpenVPN. It is short: nobody else can talk
// to it meanwhile.
type management struct {
	c       *collector
	ctx     context.Context //nolint:containedctx // one conversation is one question to the caller
	conn    net.Conn
	from    *bufio.Reader
	address string
	lines   int
}

// talk opens the conversation.
func (c *collector) talk(ctx context.Context) (*management, error) {
	network, address, err := managementAddress(c.config.Management)
	if err != nil {
		return nil, err
	}
	what := "connecting to OpenVPN at " + address
	conn, err := c.dial(ctx, network, address)
	if err != nil {
		err = c.explain(ctx, err, what, "see whether the machine is up and no firewall is in between")
		if fault.Of(err) == fault.Permission {
			return nil, fault.As(fault.Permission, err, "opening the socket").
				WithHint("let the group of the user that runs Unity in: management-client-group unity")
		}
		return nil, err
	}
	m := &management{c: c, ctx: ctx, conn: conn, from: bufio.NewReaderSize(conn, 4096), address: address}
	if err := m.greet(); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return m, nil
}

// betweenDials is how long a full socket is left alone.
const betweenDials = 20 * time.Millisecond

// dial connects. A socket at which others wait to be let in refuses at once, where
// a port would let one wait with them.
func (c *collector) dial(ctx context.Context, network, address string) (net.Conn, error) {
	for {
		conn, err := c.host.Dial(ctx, network, address)
		if !errors.Is(err, syscall.EAGAIN) {
			return conn, err
		}
		wait := time.NewTimer(betweenDials)
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			return nil, err
		}
	}
}

// end says goodbye, so that OpenVPN takes the next client at once.
func (m *management) end() {
	_ = m.conn.SetDeadline(time.Now().Add(100 * time.Millisecond))
	_, _ = io.WriteString(m.conn, "quit\n")
	_ = m.conn.Close()
}

// greet waits for the banner and gives the password if one is wanted.
func (m *management) greet() error {
	wait := min(bannerTime, m.c.config.Timeout.Std())
	ctx, cancel := context.WithTimeoutCause(m.ctx, wait, errOwnTimeout)
	defer cancel()
	stop := m.bound(ctx)
	line, err := m.first()
	stop()
	if err != nil && errors.Is(context.Cause(ctx), errOwnTimeout) {
		return fault.New(fault.Timeout, "connecting to OpenVPN at %s: no answer within %s", m.address, wait).
			WithHint("see whether the process is stopped, or another client holds the management interface, which takes one at a time; then use status_file")
	}
	if errors.Is(err, io.EOF) && strings.HasPrefix(m.address, "/") {
		return fault.New(fault.Permission, "connecting to OpenVPN at %s: it ended the connection at once", m.address).
			WithHint("let the group of the user that runs Unity in: management-client-group unity; OpenVPN shows out all others, root as well")
	}
	if err != nil {
		return m.failed(ctx, err, "see whether OpenVPN is stopped")
	}
	if line == passwordPrompt {
		if line, err = m.logIn(); err != nil {
			return err
		}
	} else if !m.c.config.Password.Empty() {
		m.c.host.Log.Debug("OpenVPN wants no password of its management interface", "address", m.address)
	}
	if !strings.HasPrefix(line, ">INFO:") {
		return fault.New(fault.WrongService, "connecting to OpenVPN at %s: it is not OpenVPN that answers: %.60q", m.address, line).
			WithHint("check the address; it is the one behind management in OpenVPN's configuration")
	}
	plugin.Observed(m.ctx, "greeting", func() []byte { return []byte(line + "\n") })
	return nil
}

// logIn gives the password, and returns the banner.
func (m *management) logIn() (string, error) {
	wrong := fault.New(fault.Auth, "logging in to OpenVPN at %s: the password is wrong", m.address).
		WithHint("check management_password; it stands in the file behind management in OpenVPN's configuration")
	if m.c.config.Password.Empty() {
		return "", fault.New(fault.Auth, "connecting to OpenVPN at %s: it wants a password", m.address).
			WithHint("set management_password; it stands in the file behind management in OpenVPN's configuration")
	}
	password, err := m.c.config.Password.Reveal()
	if err != nil {
		return "", fault.Wrap(err, "reading the password of the management interface")
	}
	defer m.bound(m.ctx)()
	if _, err := io.WriteString(m.conn, password+"\n"); err != nil {
		return "", m.failed(m.ctx, err, "")
	}
	for {
		line, err := m.first()
		switch {
		case err != nil:
			return "", m.failed(m.ctx, err, "see whether OpenVPN is stopped")
		case line == passwordPrompt, strings.HasPrefix(line, "ERROR:"):
			return "", wrong
		case strings.HasPrefix(line, "SUCCESS:"):
		default:
			return line, nil
		}
	}
}

// bound ends reading and writing with the context; a context by itself does not.
func (m *management) bound(ctx context.Context) (release func() bool) {
	_ = m.conn.SetDeadline(time.Time{})
	return context.AfterFunc(ctx, func() { _ = m.conn.SetDeadline(time.Unix(1, 0)) })
}

// first reads a line, or the question for a password, which ends without one.
func (m *management) first() (string, error) {
	var text strings.Builder
	for text.Len() < maxManagementLine {
		b, err := m.from.ReadByte()
		if err != nil {
			return "", err
		}
		if b == '\n' {
			return strings.TrimRight(text.String(), "\r"), nil
		}
		text.WriteByte(b)
		if text.String() == passwordPrompt {
			return passwordPrompt, nil
		}
	}
	return "", fault.New(fault.BadAnswer, "asking OpenVPN at %s: a line is longer than %d KiB", m.address, maxManagementLine>>10)
}

// ask sends a command and returns the lines of its answer, or the one line of a
// command that has a result only.
func (m *management) ask(command string) ([]string, error) {
	defer m.bound(m.ctx)()
	if _, err := io.WriteString(m.conn, command+"\n"); err != nil {
		return nil, m.failed(m.ctx, err, "")
	}
	var lines []string
	for {
		line, err := m.first()
		if err != nil {
			return nil, m.failed(m.ctx, err, "see whether OpenVPN is stopped")
		}
		if m.lines++; m.lines > maxManagementLines {
			return nil, fault.New(fault.BadAnswer, "asking OpenVPN at %s for %s: the answer does not end", m.address, command)
		}
		switch {
		case strings.HasPrefix(line, ">"), line == "" && len(lines) == 0:
			continue // news that nobody asked for
		case strings.HasPrefix(line, "ERROR:"):
			return nil, fault.New(fault.BadAnswer, "asking OpenVPN at %s for %s: %.200q", m.address, command, line)
		case line == "END":
		case len(lines) == 0 && strings.HasPrefix(line, "SUCCESS:"):
			lines = append(lines, strings.TrimSpace(strings.TrimPrefix(line, "SUCCESS:")))
			plugin.Observed(m.ctx, command, func() []byte { return []byte(line + "\n") })
			return lines, nil
		default:
			lines = append(lines, strings.ToValidUTF8(line, "\ufffd"))
			continue
		}
		plugin.Observed(m.ctx, command, func() []byte { return []byte(strings.Join(append(lines, "END"), "\n") + "\n") })
		return lines, nil
	}
}

func (m *management) failed(ctx context.Context, err error, slow string) error {
	return m.c.explain(ctx, err, "asking OpenVPN at "+m.address, slow)
}
