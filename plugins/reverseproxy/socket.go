package reverseproxy

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// maxSocketBytes bounds what HAProxy says: a thousand servers have some 400 KiB.
const maxSocketBytes = 16 << 20

var errOwnTimeout = errors.New("the question's own time is over")

// socket is where HAProxy takes commands. It answers one line of them and ends
// the connection.
type socket struct {
	host    plugin.Host
	path    string
	timeout time.Duration
}

// ask sends a command and returns what comes back.
func (s *socket) ask(ctx context.Context, command string) (string, error) {
	what := "asking " + s.path + " for " + command
	ctx, cancel := context.WithTimeoutCause(ctx, s.timeout, errOwnTimeout)
	defer cancel()
	text, err := s.exchange(ctx, command)
	switch {
	case err == nil:
	case errors.Is(context.Cause(ctx), errOwnTimeout):
		return "", fault.New(fault.Timeout, "%s: no answer within %s", what, s.timeout).
			WithHint("see whether the service is stopped or busy")
	case ctx.Err() != nil:
		kind, words, hint := fetch.Explain(ctx.Err())
		return "", &fault.Error{Kind: kind, Message: what, Hint: hint, Err: fault.Reword(ctx.Err(), words)}
	case errors.Is(err, syscall.EACCES):
		return "", fault.As(fault.Permission, fault.Reword(err, "permission denied"), "%s", what).
			WithHint("add the user that runs Unity to the socket's group (usermod -aG haproxy unity), or give the stats socket another mode")
	default:
		kind, words, hint := fetch.Explain(err)
		return "", &fault.Error{Kind: kind, Message: what, Hint: hint, Err: fault.Reword(err, words)}
	}
	plugin.Observed(ctx, command, func() []byte { return []byte(text) })
	if strings.HasPrefix(strings.TrimSpace(text), "Permission denied") {
		return "", fault.New(fault.Permission, "%s: the socket's level is too low", what).
			WithHint("write level user or more behind it: stats socket %s mode 660 level user", s.path)
	}
	return text, nil
}

func (s *socket) exchange(ctx context.Context, command string) (string, error) {
	conn, err := s.host.Dial(ctx, "unix", s.path)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }()
	// A context does not end what waits on a connection; a deadline does.
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if _, err := io.WriteString(conn, command+"\n"); err != nil {
		return "", err
	}
	var text bytes.Buffer
	read, err := text.ReadFrom(io.LimitReader(conn, maxSocketBytes+1))
	switch {
	case err != nil && !errors.Is(err, net.ErrClosed):
		return "", err
	case read > maxSocketBytes:
		return "", fault.New(fault.BadAnswer, "the answer is larger than %d MiB", maxSocketBytes>>20)
	}
	return text.String(), nil
}
