package postgres_test

import (
	"bytes"
	"net"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/unity-homelab/unity/plugin/rows"
)

// serve answers as PostgreSQL does, with what a case holds: "answer startup" is
// asked for once per connection if the user is not welcome, the others by the
// names that the plugin gives its questions. Answers are in the form of package rows.
func serve(conn net.Conn, ask func(string) ([]byte, error)) {
	backend := pgproto3.NewBackend(conn, conn)
	if !welcome(conn, backend, ask) {
		return
	}
	for {
		message, err := backend.Receive()
		if err != nil {
			return
		}
		query, ok := message.(*pgproto3.Query)
		if !ok {
			return // farewell
		}
		name, ok := rows.NameOf(query.String)
		if !ok {
			return
		}
		answer, err := ask(name)
		if err != nil {
			return
		}
		sendAnswer(backend, answer)
		backend.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
		if backend.Flush() != nil {
			return
		}
	}
}

// strangers are users that the fake server asks its case about.
const strangers = "stranger"

func welcome(conn net.Conn, backend *pgproto3.Backend, ask func(string) ([]byte, error)) bool {
	for {
		message, err := backend.ReceiveStartupMessage()
		if err != nil {
			return false
		}
		switch message := message.(type) {
		case *pgproto3.SSLRequest:
			if _, err := conn.Write([]byte("N")); err != nil {
				return false
			}
		case *pgproto3.StartupMessage:
			if message.Parameters["user"] == strangers {
				answer, err := ask("startup")
				if err != nil {
					return false
				}
				sendAnswer(backend, answer)
				_ = backend.Flush()
				return false
			}
			backend.Send(&pgproto3.AuthenticationOk{})
			backend.Send(&pgproto3.BackendKeyData{ProcessID: 1, SecretKey: []byte{0, 0, 0, 1}})
			backend.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
			return backend.Flush() == nil
		default:
			return false
		}
	}
}

func sendAnswer(backend *pgproto3.Backend, answer []byte) {
	table, code, message := rows.Parse(answer)
	if code != "" {
		backend.Send(&pgproto3.ErrorResponse{Severity: "ERROR", SeverityUnlocalized: "ERROR", Code: code, Message: message})
		return
	}
	if table == nil {
		return // garbled: a refusal of nothing
	}
	var fields []pgproto3.FieldDescription
	for _, name := range table.Names {
		// A name ends with a zero byte on the wire.
		fields = append(fields, pgproto3.FieldDescription{Name: bytes.ReplaceAll([]byte(name), []byte{0}, nil), DataTypeOID: 25})
	}
	backend.Send(&pgproto3.RowDescription{Fields: fields})
	for _, cells := range table.Cells {
		backend.Send(&pgproto3.DataRow{Values: cells})
	}
	backend.Send(&pgproto3.CommandComplete{CommandTag: []byte("SELECT")})
}
