package peer_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/peer"
)

// server serves each connection that is dialled with the next of its scripts.
type server struct {
	scripts []func(conn net.Conn)
	dialled int
}

func (s *server) dial(context.Context, string, string) (net.Conn, error) {
	if s.dialled >= len(s.scripts) {
		return nil, &net.OpError{Op: "dial", Err: io.ErrNoProgress}
	}
	client, conn := net.Pipe()
	go func(script func(net.Conn)) {
		defer conn.Close()
		script(conn)
	}(s.scripts[s.dialled])
	s.dialled++
	return client, nil
}

// echo answers so many lines with themselves and hangs up upon the next.
func echo(lines int) func(net.Conn) {
	return func(conn net.Conn) {
		from := bufio.NewReader(conn)
		for range lines {
			line, err := from.ReadString('\n')
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, line)
		}
		_, _ = from.Peek(1)
	}
}

// says says something, whatever it is asked, and waits for the end.
func says(text string) func(net.Conn) {
	return func(conn net.Conn) {
		if text != "" {
			go func() { _, _ = io.WriteString(conn, text) }()
		}
		_, _ = io.Copy(io.Discard, conn)
	}
}

// half answers a question and ends in the middle of it.
func half(conn net.Conn) {
	_, _ = bufio.NewReader(conn).ReadString('\n')
	_, _ = io.WriteString(conn, "220")
}

func watch(scripts ...func(net.Conn)) (*peer.Peer, *server) {
	s := &server{scripts: scripts}
	return &peer.Peer{
		Dial: s.dial, At: "nas:7", Timeout: time.Second,
		Words: peer.Words{Protocol: "the protocol of Echo", Plain: "switch tls off", Secure: "switch tls on", Closed: "it may be too old"},
	}, s
}

// ask sends a line and wants it back. "no" is what the server refuses.
func ask(ctx context.Context, p *peer.Peer, text string) error {
	return p.Ask(ctx, "an echo", func(_ context.Context, line *peer.Line) error { return exchange(line, text) })
}

func exchange(line *peer.Line, text string) error {
	if _, err := io.WriteString(line, text+"\n"); err != nil {
		return err
	}
	answer, err := line.Reader.ReadString('\n')
	switch {
	case err != nil && answer != "":
		return &peer.Malformed{Why: "half a line", Start: []byte(answer)}
	case err != nil:
		return err
	case answer != text+"\n":
		return &peer.Malformed{Why: "another line", Start: []byte(answer)}
	}
	line.Answered()
	if text == "no" {
		return fault.New(fault.Permission, "it says no")
	}
	return nil
}

// wants checks a fault; no kind is none.
func wants(t *testing.T, when string, err error, kind fault.Kind, text, hint string) {
	t.Helper()
	if fault.Of(err) != kind || err != nil && (!strings.Contains(err.Error(), text) || !strings.Contains(fault.Hint(err), hint)) {
		t.Errorf("%s: %s: %v (%s)", when, fault.Of(err), err, fault.Hint(err))
	}
}

func TestAConnectionIsKeptUntilItIsOfNoUse(t *testing.T) {
	t.Parallel()
	p, s := watch(echo(3), echo(1), echo(9))
	for range 2 {
		wants(t, "at first", ask(t.Context(), p, "hello"), "", "", "")
	}
	wants(t, "a refusal", ask(t.Context(), p, "no"), fault.Permission, "it says no", "")
	if !p.Connected() || s.dialled != 1 {
		t.Errorf("after a refusal it is connected: %v, after %d connections", p.Connected(), s.dialled)
	}
	wants(t, "hung up in a run", ask(t.Context(), p, "hello"), fault.Unreachable, "asking nas:7 for an echo: the server closed the connection", "log")
	if p.Connected() {
		t.Error("a connection that ended is kept")
	}
	wants(t, "the next question", ask(t.Context(), p, "hello"), "", "", "")
	p.Rest()
	wants(t, "hung up between two runs", ask(t.Context(), p, "hello"), "", "", "")
	if s.dialled != 3 {
		t.Errorf("%d connections", s.dialled)
	}
	if err := p.Close(); err != nil || p.Connected() || p.Close() != nil {
		t.Errorf("closing: %v", err)
	}
}

func TestWhatGoesWrongIsExplained(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		script     func(net.Conn)
		secure     bool
		kind       fault.Kind
		text, hint string
	}{
		"HTTP":               {says("HTTP/1.1 400 Bad Request\n"), false, fault.WrongService, "it speaks HTTP, not the protocol of Echo", "port"},
		"TLS":                {says("\x15\x03\x01\n"), false, fault.WrongService, "it speaks TLS", "switch tls on"},
		"another protocol":   {says("220 mail\n"), false, fault.WrongService, `it does not speak the protocol of Echo: it says "220 mail`, "port"},
		"nothing":            {echo(0), false, fault.Unreachable, "connecting to nas:7: the connection was closed", "switch tls on if the port wants TLS; it may be too old"},
		"nothing in TLS":     {echo(0), true, fault.TLS, "closed in the handshake", "switch tls off"},
		"not TLS":            {says("220 mail\n"), true, fault.TLS, "does not speak TLS", "switch tls off, or check the port"},
		"silence":            {says(""), false, fault.Timeout, "connecting to nas:7: no answer within 1s", "busy or stopped"},
		"silence in TLS":     {says(""), true, fault.Timeout, "no answer to the TLS handshake within 1s", "switch tls off"},
		"half a line, ended": {half, false, fault.WrongService, "it says", "port"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p, _ := watch(test.script)
				if test.secure {
					p.TLS = &tls.Config{MinVersion: tls.VersionTLS12, ServerName: "nas"}
				}
				wants(t, name, ask(t.Context(), p, "hello"), test.kind, test.text, test.hint)
				if p.Connected() {
					t.Error("the connection is kept")
				}
			})
		})
	}
	p, _ := watch()
	wants(t, "no connection", ask(t.Context(), p, "hello"), fault.Unreachable, "connecting to nas:7: ", "")
	p.Dial = func(context.Context, string, string) (net.Conn, error) {
		return nil, fault.New(fault.Config, "not that network")
	}
	wants(t, "not allowed", ask(t.Context(), p, "hello"), fault.Config, "connecting to nas:7: not that network", "")
}

func TestAQuestionEndsWithTheRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, _ := watch(says(""), says(""))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Millisecond, cancel)
		wants(t, "stopped", ask(ctx, p, "hello"), fault.Canceled, "stopped", "")
		ctx, cancel = context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		wants(t, "out of time", ask(ctx, p, "hello"), fault.Timeout, "no answer in time", "")
	})
}

func TestAnAnswerAtTheLastMomentCountsAndItsConnectionIsNotKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, s := watch(echo(9), echo(9))
		late := func(ctx context.Context, line *peer.Line) error {
			err := exchange(line, "hello")
			<-ctx.Done()
			synctest.Wait()
			return err
		}
		wants(t, "late", p.Ask(t.Context(), "an echo", late), "", "", "")
		wants(t, "after it", ask(t.Context(), p, "hello"), "", "", "")
		if s.dialled != 2 {
			t.Errorf("%d connections", s.dialled)
		}
		_ = p.Close()
	})
}

func TestEachConnectionIsGreeted(t *testing.T) {
	t.Parallel()
	p, s := watch(echo(9), echo(9), echo(0))
	greeted, refuses := 0, true
	p.Greet = func(_ context.Context, line *peer.Line) error {
		greeted++
		if refuses {
			return exchange(line, "no")
		}
		return exchange(line, "hello")
	}
	wants(t, "a login refused", ask(t.Context(), p, "hello"), fault.Permission, "it says no", "")
	if p.Connected() {
		t.Error("a connection without a login is kept")
	}
	refuses = false
	for range 3 {
		wants(t, "logged in", ask(t.Context(), p, "hello"), "", "", "")
	}
	_ = p.Close()
	wants(t, "ended while it is greeted", ask(t.Context(), p, "hello"), fault.Unreachable, "connecting to nas:7", "")
	if greeted != 3 || s.dialled != 3 {
		t.Errorf("greeted %d times on %d connections", greeted, s.dialled)
	}
}
