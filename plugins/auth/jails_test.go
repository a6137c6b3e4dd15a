package auth_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"net"
	"strconv"
	"strings"

	"github.com/unity-homelab/unity/plugin/plugintest"
)

// jails is the server of fail2ban as the cases show it: an answer is the JSON of
// what the server says, or, after an exclamation mark, what it complains.
func jails(conn net.Conn, ask func(string) ([]byte, error)) {
	words, ok := question(conn)
	if !ok {
		return
	}
	text, err := ask(strings.Join(words, " "))
	if errors.Is(err, plugintest.ErrHangUp) {
		return
	}
	_, _ = conn.Write(append(answer(text), "<F2B_END_COMMAND>"...))
}

// question reads a command: a list of texts in protocol 2.
func question(conn net.Conn) ([]string, bool) {
	var said []byte
	chunk := make([]byte, 1024)
	for !bytes.HasSuffix(said, []byte("<F2B_END_COMMAND>")) {
		n, err := conn.Read(chunk)
		if said = append(said, chunk[:n]...); err != nil {
			return nil, false
		}
	}
	rest, ok := bytes.CutPrefix(said, []byte("\x80\x02]("))
	var words []string
	for ok && len(rest) > 5 && rest[0] == 'X' {
		size := int(binary.LittleEndian.Uint32(rest[1:]))
		if ok = 5+size <= len(rest); ok {
			words, rest = append(words, string(rest[5:5+size])), rest[5+size:]
		}
	}
	return words, ok && bytes.HasPrefix(rest, []byte("e."))
}

// answer is what the server would send.
func answer(text []byte) []byte {
	out := []byte("\x80\x05\x95\x00\x00\x00\x00\x00\x00\x00\x00")
	text = bytes.TrimSpace(text)
	if complaint, ok := bytes.CutPrefix(text, []byte("!")); ok {
		out = append(out, "K\x01\x8c\x08builtins\x94\x8c\x09Exception\x94\x93\x94"...)
		out = pickle(out, string(complaint))
		return append(out, "\x85\x94R\x94\x86\x94."...)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return text // something else answers
	}
	return append(pickle(append(out, "K\x00"...), value), "\x86\x94."...)
}

// pickle writes a value in the opcodes that Python chooses.
func pickle(out []byte, value any) []byte {
	switch value := value.(type) {
	case string:
		if len(value) < 256 {
			out = append(out, 0x8c, byte(len(value)))
		} else {
			out = binary.LittleEndian.AppendUint32(append(out, 'X'), uint32(len(value)))
		}
		return append(append(out, value...), 0x94)
	case json.Number:
		n, err := strconv.ParseInt(value.String(), 10, 32)
		switch {
		case err != nil:
			return append(out, 'N')
		case n >= 0 && n < 256:
			return append(out, 'K', byte(n))
		case n >= 0 && n < 1<<16:
			return binary.LittleEndian.AppendUint16(append(out, 'M'), uint16(n))
		default:
			return binary.LittleEndian.AppendUint32(append(out, 'J'), uint32(int32(n)))
		}
	case []any:
		if len(value) == 2 { // the server says pairs as tuples
			return append(pickle(pickle(out, value[0]), value[1]), 0x86, 0x94)
		}
		out = append(out, ']', 0x94, '(')
		for _, item := range value {
			out = pickle(out, item)
		}
		return append(out, 'e')
	default:
		return append(out, 'N')
	}
}
