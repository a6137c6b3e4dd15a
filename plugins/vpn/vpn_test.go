package vpn_test

import (
	"bufio"
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/vpn"
)

func TestPlugin(t *testing.T) {
	t.Parallel()
	plugintest.Run(t, vpn.Plugin(), plugintest.Protocol(serveManagement), plugintest.SocketProtocol(serveDevice))
}

// serveManagement answers as OpenVPN's management interface does. A case's
// greeting that is the question for a password waits for one.
func serveManagement(conn net.Conn, ask func(question string) ([]byte, error)) {
	from := bufio.NewReader(conn)
	greeting, err := ask("greeting")
	if err != nil {
		return
	}
	for strings.HasPrefix(string(greeting), "ENTER PASSWORD:") {
		if _, err := conn.Write([]byte("ENTER PASSWORD:")); err != nil {
			return
		}
		password, err := from.ReadString('\n')
		if err != nil {
			return
		}
		if greeting, err = ask("password " + strings.TrimSpace(password)); err != nil {
			return
		}
	}
	text := greeting
	for {
		if _, err := conn.Write([]byte(strings.ReplaceAll(string(text), "\n", "\r\n"))); err != nil || !ends(text) {
			return // what a case cuts ends the connection, too
		}
		line, err := from.ReadString('\n')
		if line = strings.TrimSpace(line); err != nil || line == "quit" {
			return
		}
		text, err = ask(line)
		switch {
		case errors.Is(err, plugintest.ErrNotInCase):
			text = []byte("ERROR: unknown command, enter 'help' for more options\n")
		case err != nil:
			return
		}
	}
}

// ends reports whether an answer is told to its end.
func ends(text []byte) bool {
	lines := strings.Split(string(text), "\n")
	if len(lines) < 2 || lines[len(lines)-1] != "" {
		return false
	}
	last := lines[len(lines)-2]
	return last == "END" || strings.HasPrefix(last, "SUCCESS:") || strings.HasPrefix(last, "ERROR:") || strings.HasPrefix(last, ">INFO:")
}

// serveDevice answers as a WireGuard program does at its socket.
func serveDevice(conn net.Conn, ask func(question string) ([]byte, error)) {
	from := bufio.NewReader(conn)
	line, err := from.ReadString('\n')
	if err != nil {
		return
	}
	if text, err := ask(strings.TrimSpace(line)); err == nil {
		_, _ = conn.Write(text)
	}
}
