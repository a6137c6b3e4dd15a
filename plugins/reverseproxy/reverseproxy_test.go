package reverseproxy_test

import (
	"bufio"
	"net"
	"strings"
	"testing"

	"github.com/unity-homelab/unity/plugin/plugintest"
	"github.com/unity-homelab/unity/plugins/reverseproxy"
)

func TestPlugin(t *testing.T) {
	t.Parallel()
	plugintest.Run(t, reverseproxy.Plugin(), plugintest.SocketProtocol(serve))
}

// serve answers one command, as HAProxy's socket does.
func serve(conn net.Conn, ask func(question string) ([]byte, error)) {
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return
	}
	if text, err := ask(strings.TrimSpace(line)); err == nil {
		_, _ = conn.Write(text)
	}
}
