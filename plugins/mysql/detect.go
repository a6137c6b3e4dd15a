package mysql

import (
	"bytes"
	"context"
	"io"
	"net"
	"strconv"
	"time"

	"github.com/unity-homelab/unity/plugin"
)

// detectTimeout bounds one place: detection is for what answers at once.
const detectTimeout = 2 * time.Second

// usualPort is where servers listen.
const usualPort = 3306

// detect looks at the usual sockets and the usual port. A user is always missing,
// unless there is an option file with one, which people have to agree to.
func detect(ctx context.Context, host plugin.Host) ([]plugin.Finding, error) {
	for _, name := range []string{"/run/mysqld/mysqld.sock", "/var/lib/mysql/mysql.sock", "/tmp/mysql.sock"} {
		if _, err := host.Files.Stat(name); err != nil {
			continue
		}
		if version, ok := greeting(ctx, host, "unix", name); ok {
			return []plugin.Finding{found(host, name, "the socket "+name, version)}, nil
		}
	}
	address := net.JoinHostPort("localhost", strconv.Itoa(usualPort))
	if version, ok := greeting(ctx, host, "tcp", address); ok {
		return []plugin.Finding{found(host, "localhost", address, version)}, nil
	}
	return nil, ctx.Err()
}

func found(host plugin.Host, at, where, version string) plugin.Finding {
	finding := plugin.Finding{
		Evidence: "a server (" + version + ") answers at " + where,
		Config:   map[string]any{"host": at}, Missing: "a user with the right PROCESS, and its password",
	}
	for _, file := range []string{"/root/.my.cnf", "/etc/mysql/debian.cnf"} {
		text, err := host.Files.ReadFile(file)
		if err != nil {
			continue
		}
		if options := clientOptions(text); options["user"] != "" && options["password"] != "" {
			finding.Config = map[string]any{"host": at, "defaults_file": file}
			finding.Missing = "your word that Unity may log in as " + file + " says; a user of its own with fewer rights is better"
			break
		}
	}
	return finding
}

// greeting reads what a server says first: its version. Nothing is sent.
func greeting(ctx context.Context, host plugin.Host, network, address string) (version string, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, detectTimeout)
	defer cancel()
	conn, err := host.Dial(ctx, network, address)
	if err != nil {
		return "", false
	}
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	head := make([]byte, 4)
	if _, err := io.ReadFull(conn, head); err != nil {
		return "", false
	}
	body := make([]byte, min(int(head[0])|int(head[1])<<8|int(head[2])<<16, 256))
	if _, err := io.ReadFull(conn, body); err != nil {
		return "", false
	}
	return versionIn(body)
}

// versionIn finds the version in a greeting of protocol 10.
func versionIn(body []byte) (string, bool) {
	if len(body) < 2 || body[0] != 0x0a {
		return "", false
	}
	version, _, ended := bytes.Cut(body[1:], []byte{0})
	version = bytes.TrimPrefix(version, []byte("5.5.5-")) // MariaDB says so for old clients
	if !ended || len(version) == 0 || len(version) > 100 || version[0] < '0' || version[0] > '9' {
		return "", false
	}
	for _, letter := range version {
		if letter < ' ' || letter > '~' {
			return "", false
		}
	}
	return string(version), true
}
