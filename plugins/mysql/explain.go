package mysql

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"os"
	"strings"

	"github.com/go-sql-driver/mysql"

	"github.com/unity-homelab/unity/fault"
	"github.com/unity-homelab/unity/plugin/fetch"
)

// explain says why a question has no answer.
func (s *session) explain(ctx context.Context, name string, err error) error {
	if own := (*fault.Error)(nil); errors.As(err, &own) && own.Kind == fault.Config {
		return own
	}
	var refused *mysql.MySQLError
	if errors.As(err, &refused) {
		kind, hint := s.meaning(refused.Number, refused.Message)
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
	case ctx.Err() != nil, errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return fault.Timeout, "no answer in time", "see whether the server is busy or hangs, and whether a firewall is in between"
	case errors.Is(err, mysql.ErrNoTLS):
		return fault.TLS, "the server offers no encryption", "switch it on there with ssl_cert and ssl_key, or set tls to prefer"
	case errors.Is(err, mysql.ErrOldProtocol), errors.Is(err, mysql.ErrOldPassword):
		return fault.Unsupported, "the server or the user's password is from before MySQL 4.1", "give the user a new password there"
	case errors.Is(err, mysql.ErrUnknownPlugin), errors.Is(err, mysql.ErrCleartextPassword), errors.Is(err, mysql.ErrNativePassword):
		return fault.Auth, "the server wants a way of logging in that is not supported",
			"create the user with a password (IDENTIFIED BY '…'), or IDENTIFIED VIA ed25519 on MariaDB"
	case errors.As(err, &network):
		return fetch.Explain(network)
	}
	kind, words, hint = fetch.Explain(err)
	switch {
	case kind == fault.TLS && hint == "":
		return kind, words, "see whether the server's certificate was renewed, or somebody stands in between"
	case kind == fault.TLS:
		return kind, words, strings.Replace(hint, "begin the address with http://, or check the port", "check the port", 1)
	case kind != fault.BadAnswer:
		return kind, words, hint
	case errors.Is(err, mysql.ErrMalformPkt), errors.Is(err, mysql.ErrPktSync), errors.Is(err, mysql.ErrPktSyncMul), errors.Is(err, mysql.ErrPktTooLarge):
		return fault.WrongService, "what answers there does not speak as MySQL does", "check host and port"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, mysql.ErrInvalidConn), errors.Is(err, driver.ErrBadConn):
		return fault.Unreachable, "the server ended the connection", "see whether it runs, and what its log says"
	}
	return fault.BadAnswer, "the answer could not be understood", ""
}

// meaning gives a refusal of the server its kind and what to do about it.
func (s *session) meaning(number uint16, message string) (fault.Kind, string) {
	switch number {
	case 1045:
		return fault.Auth, "correct user and password; an account counts for one host only: see SELECT user, host FROM mysql.user on the server"
	case 1698:
		return fault.Auth, "the account logs in through the socket as the user of the system with the same name: run Unity as that user with the socket as host, or create a user with a password"
	case 1044, 1142, 1143, 1227, 1370:
		return fault.Permission, s.grant(message)
	case 1049:
		return fault.NotFound, "correct the database in dsn, or leave it out"
	case 1040, 1203, 1226:
		return fault.RateLimited, "the server has no connection left: end some, raise max_connections, or the limit of the user"
	case 1129:
		return fault.Auth, "the server blocks this machine after too many attempts: FLUSH HOSTS there, and find out whose attempts they were"
	case 1130:
		return fault.Auth, "the server lets nobody in from this machine: create the user for its address ('monitor'@'192.168.1.20')"
	case 1251, 2049, 2059:
		return fault.Auth, "create the user with another way of logging in, such as mysql_native_password or caching_sha2_password"
	case 3159:
		return fault.TLS, "the server insists on encryption: set tls to prefer or require"
	case 1969, 3024, 1317:
		return fault.Timeout, "the server is busy; raise query_timeout, or switch off what asks this"
	case 1205:
		return fault.Timeout, "something holds a lock for long; see the list of processes"
	case 1053, 1927, 1152, 1153, 1158, 1159, 1160, 1161:
		return fault.Unreachable, "the server stops, or somebody ended the connection"
	case 1064, 1109, 1146, 1193, 1054, 1235, 1295:
		return fault.Unsupported, "this version or kind of server does not have it"
	default:
		return fault.BadAnswer, "see the server's log"
	}
}

// grant is the statement that gives the rights that are needed.
func (s *session) grant(message string) string {
	name, host, _ := strings.Cut(or(s.account, s.config.Username+"@%"), "@")
	account := quoted(name) + "@" + quoted(host)
	if strings.Contains(message, "performance_schema") {
		return "run as an administrator: GRANT SELECT ON performance_schema.* TO " + account
	}
	return "run as an administrator: GRANT " + s.rights() + " ON *.* TO " + account
}

func (s *session) rights() string {
	if s.mariadb {
		return "PROCESS, BINLOG MONITOR, SLAVE MONITOR"
	}
	return "PROCESS, REPLICATION CLIENT"
}

func quoted(name string) string { return "'" + strings.ReplaceAll(name, "'", "''") + "'" }
