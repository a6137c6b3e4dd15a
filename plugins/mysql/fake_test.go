package mysql_test

import (
	"encoding/binary"
	"io"
	"net"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/plugin/rows"
)

// wire writes and reads packets of the protocol: three bytes of length, one that
// counts.
type wire struct {
	net.Conn
	sequence byte
}

func (w *wire) read() ([]byte, error) {
	head := make([]byte, 4)
	if _, err := io.ReadFull(w.Conn, head); err != nil {
		return nil, err
	}
	w.sequence = head[3] + 1
	body := make([]byte, int(head[0])|int(head[1])<<8|int(head[2])<<16)
	_, err := io.ReadFull(w.Conn, body)
	return body, err
}

func (w *wire) write(body []byte) {
	head := []byte{byte(len(body)), byte(len(body) >> 8), byte(len(body) >> 16), w.sequence}
	w.sequence++
	_, _ = w.Conn.Write(append(head, body...)) // one that is gone is noticed when it says nothing
}

// text is a text with its length before it.
func text(body []byte, text string) []byte {
	switch size := len(text); {
	case size < 251:
		body = append(body, byte(size))
	case size < 1<<16:
		body = append(body, 0xfc, byte(size), byte(size>>8))
	default:
		body = append(body, 0xfd, byte(size), byte(size>>8), byte(size>>16))
	}
	return append(body, text...)
}

func ok() []byte  { return []byte{0, 0, 0, 2, 0, 0, 0} }
func end() []byte { return []byte{0xfe, 0, 0, 2, 0} }

// stranger is a user whose welcome the case decides.
const stranger = "stranger"

// serve answers as a server does, with what a case holds: "answer login" for the
// user stranger, the others by the names that the plugin gives its questions.
// Answers are in the form of package rows.
func serve(conn net.Conn, ask func(string) ([]byte, error)) {
	w := &wire{Conn: conn}
	w.write(greeting())
	login, err := w.read()
	if err != nil {
		return
	}
	if len(login) > 32 && strings.HasPrefix(string(login[32:]), stranger) {
		if answer, err := ask("login"); err == nil {
			w.answer(answer)
		}
		return
	}
	w.write(ok())
	for {
		command, err := w.read()
		if err != nil || len(command) == 0 || command[0] == 1 {
			return
		}
		if command[0] != 3 || strings.HasPrefix(string(command[1:]), "SET ") {
			w.write(ok())
			continue
		}
		name, ok := rows.NameOf(string(command[1:]))
		if !ok {
			return
		}
		answer, err := ask(name)
		if err != nil {
			return
		}
		w.answer(answer)
	}
}

// greeting is what a server says first: protocol 10, version, and what it can.
func greeting() []byte {
	body := append([]byte{0x0a}, "5.5.5-10.11.14-MariaDB\x00"...)
	body = append(body, 1, 0, 0, 0)
	body = append(body, "12345678\x00"...)
	// Protocol 41, transactions, secure connection; plugins for logging in.
	body = append(body, 0x00, 0xa2, 45, 2, 0, 0x08, 0, 21)
	body = append(body, make([]byte, 10)...)
	body = append(body, "123456789012\x00"...)
	return append(body, "mysql_native_password\x00"...)
}

func (w *wire) answer(answer []byte) {
	table, code, message := rows.Parse(answer)
	if code != "" || table == nil {
		number, _ := strconv.Atoi(code)
		w.write(append(binary.LittleEndian.AppendUint16([]byte{0xff}, uint16(number)), "#HY000"+message...))
		return
	}
	w.write([]byte{byte(len(table.Names))})
	for _, name := range table.Names {
		body := text(text(text(text(nil, "def"), ""), ""), "")
		body = text(text(body, name), "")
		w.write(append(body, 0x0c, 45, 0, 0, 1, 0, 0, 0xfd, 0, 0, 0, 0, 0))
	}
	w.write(end())
	for _, cells := range table.Cells {
		var body []byte
		for _, cell := range cells {
			if cell == nil {
				body = append(body, 0xfb)
			} else {
				body = text(body, string(cell))
			}
		}
		w.write(body)
	}
	w.write(end())
}
