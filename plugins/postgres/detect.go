package postgres

import (
	"context"
	"io"
	"net"
	"strconv"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// detectTimeout bounds one place: detection is for what answers at once.
const detectTimeout = 2 * time.Second

// usualPort is where PostgreSQL listens.
const usualPort = 5432

// sslRequest asks whether a server would encrypt; nothing but PostgreSQL answers
// it with one letter.
func sslRequest() []byte { return []byte{0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f} }

// detect looks at the usual sockets and the usual port. A user is always missing.
func detect(ctx context.Context, host plugin.Host) ([]plugin.Finding, error) {
	finding := plugin.Finding{Missing: "a user with the right pg_monitor, and its password"}
	for _, folder := range []string{"/var/run/postgresql", "/tmp"} {
		name := socketPath(folder, usualPort)
		if _, err := host.Files.Stat(name); err != nil || !answers(ctx, host, "unix", name) {
			continue
		}
		finding.Evidence = "PostgreSQL answers at the socket " + name
		finding.Config = map[string]any{"host": folder}
		return []plugin.Finding{finding}, nil
	}
	address := net.JoinHostPort("localhost", strconv.Itoa(usualPort))
	if answers(ctx, host, "tcp", address) {
		finding.Evidence = "PostgreSQL answers at " + address
		finding.Config = map[string]any{"host": "localhost"}
		return []plugin.Finding{finding}, nil
	}
	return nil, ctx.Err()
}

// answers reports whether PostgreSQL is there. Nothing of a login is sent.
func answers(ctx context.Context, host plugin.Host, network, address string) bool {
	ctx, cancel := context.WithTimeout(ctx, detectTimeout)
	defer cancel()
	conn, err := host.Dial(ctx, network, address)
	if err != nil {
		return false
	}
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if _, err := conn.Write(sslRequest()); err != nil {
		return false
	}
	answer := make([]byte, 1)
	if _, err := io.ReadFull(conn, answer); err != nil {
		return false
	}
	return answer[0] == 'S' || answer[0] == 'N'
}
