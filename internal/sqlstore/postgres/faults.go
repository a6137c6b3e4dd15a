package postgres

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/unity-homelab/unity/fault"
)

// sentence is an error of the driver in words of ours.
type sentence struct {
	text  string
	cause error
}

func (s *sentence) Error() string { return s.text }
func (s *sentence) Unwrap() error { return s.cause }

// meaning is what a code of PostgreSQL stands for. Codes have five characters;
// the first two are a class.
type meaning struct {
	kind fault.Kind
	text string // instead of what the server says, if not empty
	hint string
}

func meanings(code string) (meaning, bool) {
	switch code {
	case "28P01":
		return meaning{fault.Auth, "the server does not accept the user or the password", "Correct them in database.url, or set a new password on the server with ALTER ROLE … PASSWORD."}, true
	case "28000":
		return meaning{fault.Auth, "", "Allow it in pg_hba.conf on the server, or change the user or sslmode in database.url."}, true
	case "3D000":
		return meaning{fault.NotFound, "", "Create it with CREATE DATABASE … OWNER …, or correct the name in database.url."}, true
	case "42501":
		return meaning{fault.Permission, "", "Let Unity's user own the database: ALTER DATABASE … OWNER TO …; docs/storage.md lists the least rights."}, true
	case "25006":
		return meaning{fault.Permission, "the server takes no changes at the moment", "It is a standby or set to read-only; point database.url to the primary."}, true
	case "53100":
		return meaning{fault.Unreachable, "the disk of the database server is full", "Make room on it; Unity goes on by itself."}, true
	case "53200":
		return meaning{fault.Unreachable, "the database server is out of memory", "Give it more, or lower work_mem and shared_buffers; Unity goes on by itself."}, true
	case "53300":
		return meaning{fault.Unreachable, "the server has no connection left for Unity", "Raise max_connections, or the limit of the role or the database; Unity takes five."}, true
	case "57P01", "57P02", "57P03", "57P05":
		return meaning{fault.Unreachable, "the database server is stopping or starting", "Unity goes on by itself when it is back."}, true
	case "57014":
		return meaning{fault.Timeout, "the statement took too long and was ended", "Ask for less, or raise statement_timeout in database.url."}, true
	case "55P03":
		return meaning{fault.Timeout, "somebody else holds what is needed", "Look for long transactions in pg_stat_activity."}, true
	case "40001", "40P01":
		return meaning{fault.Timeout, "another transaction was in the way", ""}, true
	case "42P07", "42710":
		return meaning{fault.Conflict, "", "Give Unity a database of its own."}, true
	case "2BP01":
		return meaning{fault.Conflict, "", "Something of yours is built on Unity's tables, such as a view: remove it and make it again afterwards."}, true
	}
	if len(code) < 2 {
		return meaning{}, false
	}
	switch code[:2] {
	case "08":
		return meaning{fault.Unreachable, "", "Unity goes on by itself when the server is back."}, true
	case "0A":
		return meaning{fault.Unsupported, "", ""}, true
	case "22":
		return meaning{fault.BadAnswer, "", ""}, true
	case "23":
		return meaning{fault.Conflict, "", ""}, true
	case "28":
		return meaning{fault.Auth, "", "Correct user and password in database.url."}, true
	case "53":
		return meaning{fault.Unreachable, "", "The server lacks something; look into its log."}, true
	case "57":
		return meaning{fault.Unreachable, "", "Unity goes on by itself when the server is back."}, true
	case "58":
		return meaning{fault.Unreachable, "", "The disk of the database server does not do its work; look into its log."}, true
	case "XX":
		return meaning{fault.BadAnswer, "", "The database may be damaged; look into the server's log."}, true
	}
	return meaning{}, false
}

// translate gives an error of the driver a kind and a sentence; nil when the
// standard errors say it all.
func translate(err error) *fault.Error {
	var answer *pgconn.PgError
	if errors.As(err, &answer) {
		known, ok := meanings(answer.Code)
		if !ok {
			known.kind = fault.Internal
		}
		if known.text == "" {
			known.text = fmt.Sprintf("%s (SQLSTATE %s)", answer.Message, answer.Code)
		}
		return &fault.Error{Kind: known.kind, Hint: known.hint, Err: &sentence{known.text, err}}
	}
	var refused *pgconn.ConnectError
	if errors.As(err, &refused) {
		return connectFault(err, refused)
	}
	var network *net.OpError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, pgconn.ErrConnClosed),
		errors.Is(err, net.ErrClosed), errors.Is(err, driver.ErrBadConn), errors.Is(err, sql.ErrConnDone):
		return &fault.Error{
			Kind: fault.Unreachable, Hint: "Unity goes on by itself when the server is back.",
			Err: &sentence{"the connection to the database server broke", err},
		}
	case errors.As(err, &network) && !network.Timeout():
		return &fault.Error{
			Kind: fault.Of(err), Hint: "Unity goes on by itself when the server is back.",
			Err: &sentence{"the connection to the database server broke: " + network.Error(), err},
		}
	}
	return nil
}

// connectFault says why there is no connection.
func connectFault(err error, refused *pgconn.ConnectError) *fault.Error {
	kind, text := fault.Of(refused.Unwrap()), refused.Unwrap().Error()
	server := net.JoinHostPort(refused.Config.Host, fmt.Sprint(refused.Config.Port))
	hint := "Check that the server runs, and that host and port in database.url are right."
	var network *net.OpError
	var name *net.DNSError
	switch {
	case kind == fault.TLS:
		hint = "Check sslmode and sslrootcert in database.url against the certificate of the server."
	case errors.As(err, &name):
		text = name.Error()
	case kind == fault.Timeout:
		text = "no answer in time"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		kind, text = fault.Unreachable, "it hung up"
	case errors.As(err, &network):
		text = network.Error()
	case refused.Config.TLSConfig != nil && kind == fault.Internal:
		kind, text = fault.TLS, "the server does not offer encryption that sslmode in database.url asks for"
		hint = "Switch ssl on in postgresql.conf, or ask for less with sslmode=prefer in database.url."
	case kind == fault.Internal:
		kind, text = fault.WrongService, "what answers there does not speak as PostgreSQL does"
	}
	return &fault.Error{Kind: kind, Hint: hint, Err: &sentence{"connecting to " + server + ": " + text, err}}
}
