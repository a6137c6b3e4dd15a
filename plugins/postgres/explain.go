package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/fetch"
	"github.com/unity-homelab/unity/plugin/rows"
)

// errorText is a refusal of the server as a case has it, or nil for other errors.
func errorText(err error) []byte {
	var refused *pgconn.PgError
	if !errors.As(err, &refused) {
		return nil
	}
	return rows.Refusal(refused.Code, refused.Message)
}

// explainConnect says why there is no connection.
func (s *session) explainConnect(ctx context.Context, err error) error {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		kind, hint := s.meaning(refused)
		return fault.New(kind, "connecting to %s: %s", s.at(), refused.Message).WithHint("%s", hint)
	}
	kind, words, hint := s.explainNetwork(ctx, err)
	return fault.New(kind, "connecting to %s: %s", s.at(), words).WithHint("%s", hint)
}

// explain says why a question has no answer.
func (s *session) explain(ctx context.Context, name string, err error) error {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		kind, hint := s.meaning(refused)
		return fault.New(kind, "asking %s about %s: %s", s.at(), name, refused.Message).WithHint("%s", hint)
	}
	kind, words, hint := s.explainNetwork(ctx, err)
	return fault.New(kind, "asking %s about %s: %s", s.at(), name, words).WithHint("%s", hint)
}

// explainNetwork finds words for everything that is not an answer.
func (s *session) explainNetwork(ctx context.Context, err error) (kind fault.Kind, words, hint string) {
	var network *net.OpError
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return fault.Canceled, "stopped", ""
	case ctx.Err() != nil, pgconn.Timeout(err), errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return fault.Timeout, "no answer in time", "see whether the server is busy or hangs, and whether a firewall is in between"
	case errors.As(err, &network):
		kind, words, hint = fetch.Explain(network)
		if kind == fault.Unreachable && strings.HasPrefix(s.config.Host, "/") {
			hint = "see whether the server runs, and which folder unix_socket_directories names"
		}
		return kind, words, hint
	}
	kind, words, hint = fetch.Explain(err)
	switch {
	case kind == fault.TLS && hint == "":
		return kind, words, "see whether the server's certificate was renewed, or somebody stands in between"
	case kind == fault.TLS:
		return kind, words, strings.Replace(hint, "begin the address with http://, or check the port", "check the port", 1)
	case kind != fault.BadAnswer:
		return kind, words, hint
	case strings.HasSuffix(err.Error(), "server refused TLS connection"): // and nothing else was tried after it
		return fault.TLS, "the server offers no encryption", "switch ssl on in postgresql.conf, or set tls to prefer"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, pgconn.ErrConnClosed):
		return fault.Unreachable, "the server ended the connection", "see whether it runs, and what its log says"
	}
	if ended := (*pgconn.ConnectError)(nil); errors.As(err, &ended) {
		return fault.WrongService, "what answers there does not speak as PostgreSQL does", "check host and port"
	}
	return fault.BadAnswer, "the answer could not be understood", ""
}

// meaning gives a refusal of the server its kind and what to do about it.
func (s *session) meaning(refused *pgconn.PgError) (fault.Kind, string) {
	switch refused.Code {
	case "28P01":
		return fault.Auth, "correct user and password; a new one is set with ALTER ROLE … PASSWORD '…'"
	case "28000":
		return fault.Auth, "allow it in pg_hba.conf on the server (a line: host all " + s.user() + " <address of this machine>/32 scram-sha-256) and reload it"
	case "3D000":
		return fault.NotFound, "correct database; every server has one called postgres"
	case "53300":
		return fault.RateLimited, "the server has no connection left: end some, raise max_connections, or the limit of the role or the database"
	case "57P03":
		return fault.Unreachable, "the server starts, stops or recovers; it answers when it has finished"
	case "57P01", "57P02", "57P05":
		return fault.Unreachable, "the server was stopped, or somebody ended the connection"
	case "57014":
		return fault.Timeout, "the server is busy; raise statement_timeout, or switch off what asks this"
	case "55P03":
		return fault.Timeout, "something holds a lock for long; see the blocked sessions"
	case "42501":
		return fault.Permission, s.grant()
	case "42P01", "42883", "42703":
		return fault.Unsupported, "this version or kind of server does not have it"
	case "55000", "0A000":
		return fault.Unsupported, ""
	case "08P01":
		return fault.WrongService, "what answers is a pool or proxy that does not pass this on"
	}
	if len(refused.Code) < 2 {
		return fault.BadAnswer, ""
	}
	switch refused.Code[:2] {
	case "28":
		return fault.Auth, "correct user and password"
	case "53", "57", "58", "08":
		return fault.Unreachable, "the server lacks something or ends; see its log"
	case "42":
		return fault.Unsupported, ""
	default:
		return fault.BadAnswer, "see the server's log"
	}
}

func (s *session) user() string {
	if s.config.DSN.Empty() {
		return s.config.Username
	}
	return "monitor"
}

// grant is the statement that gives the right that is missing.
func (s *session) grant() string {
	return fmt.Sprintf(`run as a superuser: GRANT pg_monitor TO "%s"`, strings.ReplaceAll(s.user(), `"`, `""`))
}
