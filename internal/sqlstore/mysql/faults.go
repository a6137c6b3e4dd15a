package mysql

import (
	"database/sql/driver"
	"errors"
	"io"
	"net"

	mysql "github.com/go-sql-driver/mysql"

	"github.com/unity-homelab/unity/fault"
)

// meaning is what an error stands for, and what to do about it.
type meaning struct {
	kind fault.Kind
	hint string
}

// Hints that several errors share.
const (
	hintPassword = "Check the user and the password in the URL of the database." //nolint:gosec // no password
	hintRoom     = "The disk of the database server is full; make room there. Unity goes on by itself."
	hintRights   = "Give the user all rights on the database: GRANT ALL PRIVILEGES ON name.* TO 'user'@'host'."
	hintBusy     = "Another program holds what Unity needs to write; Unity tries again. If it stays so, look at SHOW PROCESSLIST."
	hintReadOnly = "The server takes no changes: it is a replica, or was set read-only. Point Unity to the one that does."
	hintServer   = "Look whether the database server runs, and at its log; Unity goes on by itself."
	hintTooMany  = "The server has too many connections; close some, or raise max_connections."
	hintDamaged  = "Look at the log of the database server: its tables may be damaged."
	hintPacket   = "Raise max_allowed_packet of the database server to 64M."
	hintTLS      = "Correct tls in the URL of the database, or set the server up for TLS."
	hintAnother  = "Unity needs a database of its own; name another one in the URL."
)

// meanings are the numbers of the servers' errors that have one. Numbers from
// 4000 on mean different things to MySQL and to MariaDB; those are left out but
// where no other says it.
func meanings() map[uint16]meaning {
	return map[uint16]meaning{
		1044: {fault.Permission, hintRights}, // no access to the database
		1045: {fault.Auth, hintPassword},     // no access
		1698: {fault.Auth, hintPassword},     // no access by this way of proving it
		1130: {fault.Auth, "The server lets nobody in from this machine; create the user for it: 'user'@'%'."},
		1129: {fault.Auth, "The server shut this machine out after too many attempts; run FLUSH HOSTS there."},
		1820: {fault.Auth, "The user's password has expired; give it a new one."},
		1862: {fault.Auth, "The user's password has expired; give it a new one."},
		3118: {fault.Auth, "The user's account is locked; ALTER USER … ACCOUNT UNLOCK opens it."},
		1049: {fault.NotFound, "Create it: CREATE DATABASE name; or correct the URL of the database."},
		1142: {fault.Permission, hintRights}, // on a table
		1143: {fault.Permission, hintRights}, // on a column
		1227: {fault.Permission, hintRights}, // a global one

		1021: {fault.Unreachable, hintRoom}, // disk full
		1114: {fault.Unreachable, hintRoom}, // the table is full
		1041: {fault.Unreachable, "The database server has no memory left."},
		3:    {fault.Unreachable, hintRoom}, // writing a file
		1026: {fault.Unreachable, hintRoom}, // writing a file
		1030: {fault.Unreachable, hintRoom}, // the storage engine, while it writes

		1205: {fault.Timeout, hintBusy}, // lock wait
		1213: {fault.Timeout, hintBusy}, // deadlock
		1969: {fault.Timeout, ""},       // MariaDB: max_statement_time
		3024: {fault.Timeout, ""},       // MySQL: max_execution_time
		1317: {fault.Canceled, ""},      // the query was interrupted
		1290: {fault.Permission, hintReadOnly},
		1792: {fault.Permission, hintReadOnly},
		1836: {fault.Permission, hintReadOnly},

		1040: {fault.Unreachable, hintTooMany},
		1203: {fault.Unreachable, hintTooMany}, // of this user
		1226: {fault.Unreachable, hintTooMany}, // of this user, by its limits
		1053: {fault.Unreachable, hintServer},  // shutting down
		1077: {fault.Unreachable, hintServer},  // shut down
		1927: {fault.Unreachable, hintServer},  // MariaDB: killed
		3169: {fault.Unreachable, hintServer},  // MySQL: killed
		1158: {fault.Unreachable, hintServer},  // the network
		1159: {fault.Timeout, hintServer},
		1160: {fault.Unreachable, hintServer},
		1161: {fault.Timeout, hintServer},
		2006: {fault.Unreachable, hintServer}, // a proxy speaks as a client
		2013: {fault.Unreachable, hintServer},

		1153: {fault.Config, hintPacket},
		1062: {fault.Conflict, ""},
		1034: {fault.BadAnswer, hintDamaged}, // an index
		1194: {fault.BadAnswer, hintDamaged}, // a table
		1712: {fault.BadAnswer, hintDamaged}, // an index
		1932: {fault.BadAnswer, hintDamaged}, // MariaDB: the engine does not have the table
		1815: {fault.BadAnswer, hintDamaged}, // the engine, internally
		1665: {fault.Config, "Set binlog_format of the database server to MIXED or ROW."},
		3159: {fault.TLS, "The server lets this user in over TLS only; add ?tls=preferred to the URL of the database."},
	}
}

// Fault translates the errors of the servers, by number, and of the driver.
func (dialect) Fault(err error) *fault.Error {
	if told := (*mysql.MySQLError)(nil); errors.As(err, &told) {
		known, ok := meanings()[told.Number]
		if !ok {
			known.kind = fault.Internal
		}
		return &fault.Error{Kind: known.kind, Hint: known.hint, Err: err}
	}
	for _, known := range []struct {
		err error
		meaning
	}{
		{mysql.ErrPktTooLarge, meaning{fault.Config, hintPacket}},
		{mysql.ErrNoTLS, meaning{fault.TLS, hintTLS}},
		{mysql.ErrInvalidConn, meaning{fault.Unreachable, hintServer}},
		{driver.ErrBadConn, meaning{fault.Unreachable, hintServer}},
		{io.ErrUnexpectedEOF, meaning{fault.Unreachable, hintServer}},
		{io.EOF, meaning{fault.Unreachable, hintServer}},
		{mysql.ErrMalformPkt, meaning{fault.WrongService, "Something else than a MySQL or MariaDB server answers there."}},
		{mysql.ErrOldProtocol, meaning{fault.Unsupported, "Unity needs MySQL 8.0.17 or MariaDB 10.6."}},
		{mysql.ErrOldPassword, meaning{fault.Unsupported, "Give the user a password in the way of today's servers."}},
		{mysql.ErrCleartextPassword, meaning{fault.Unsupported, "Let the user prove itself by a password of the database."}},
		{mysql.ErrNativePassword, meaning{fault.Unsupported, "Let the user prove itself by a password of the database."}},
		{mysql.ErrUnknownPlugin, meaning{fault.Unsupported, "Let the user prove itself by a password of the database."}},
	} {
		if errors.Is(err, known.err) {
			return &fault.Error{Kind: known.kind, Hint: known.hint, Err: err}
		}
	}
	// The network: what it is the standard errors say, and nothing of what to do.
	if lost := (*net.OpError)(nil); errors.As(err, &lost) {
		return &fault.Error{Kind: fault.Of(err), Hint: hintServer, Err: err}
	}
	return nil
}
