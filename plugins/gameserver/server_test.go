package gameserver_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"io"
	"net"
	"strconv"
	"strings"
	"unicode/utf16"
)

// serve answers over TCP as a Minecraft server does: the list of servers in both
// forms, and the remote console, all at one port. The status, the answer to the
// old question and what a command says are in the case.
func serve(conn net.Conn, ask func(question string) ([]byte, error)) {
	in := bufio.NewReader(conn)
	head, err := in.Peek(2)
	switch {
	case err != nil:
	case head[0] == 0xfe && head[1] == 1:
		serveLegacy(conn, ask)
	case head[1] == 0 && isConsole(in):
		serveConsole(conn, in, ask)
	default:
		serveList(conn, in, ask)
	}
}

// isConsole tells a packet of the console, whose size has four bytes.
func isConsole(in *bufio.Reader) bool {
	head, err := in.Peek(4)
	return err == nil && head[2] == 0 && head[3] == 0
}

// readFrame reads a packet of the list of servers.
func readFrame(in *bufio.Reader) ([]byte, error) {
	length, err := binary.ReadUvarint(in)
	if err != nil || length > 1<<10 {
		return nil, io.ErrUnexpectedEOF
	}
	packet := make([]byte, length)
	_, err = io.ReadFull(in, packet)
	return packet, err
}

func frame(packet []byte) []byte {
	return append(binary.AppendUvarint(nil, uint64(len(packet))), packet...)
}

// serveList wants the greeting to be right to the letter before it answers.
func serveList(conn net.Conn, in *bufio.Reader, ask func(string) ([]byte, error)) {
	hello, err := readFrame(in)
	if err != nil || !isHello(hello, conn.LocalAddr()) {
		return
	}
	for {
		question, err := readFrame(in)
		switch {
		case err != nil:
			return
		case bytes.Equal(question, []byte{0}):
			document, err := ask("status")
			if err != nil {
				return
			}
			document = bytes.TrimRight(document, "\n")
			_, err = conn.Write(frame(append(binary.AppendUvarint([]byte{0}, uint64(len(document))), document...)))
			if err != nil {
				return
			}
		case len(question) == 9 && question[0] == 1:
			if _, err := conn.Write(frame(question)); err != nil {
				return
			}
		default:
			return
		}
	}
}

// isHello reports whether a greeting names any version, this machine and a port,
// and that the status is what is wanted.
func isHello(hello []byte, at net.Addr) bool {
	name, _, err := net.SplitHostPort(at.String())
	if err != nil {
		return false
	}
	right := append([]byte{0, 0xff, 0xff, 0xff, 0xff, 0x0f, byte(len(name))}, name...)
	rest, found := bytes.CutPrefix(hello, right)
	return found && len(rest) == 3 && rest[2] == 1
}

func serveLegacy(conn net.Conn, ask func(string) ([]byte, error)) {
	text, err := ask("legacy")
	if err != nil {
		return
	}
	answered, _ := unquoted(bytes.TrimRight(text, "\n"))
	units := utf16.Encode([]rune(string(answered)))
	answer := binary.BigEndian.AppendUint16([]byte{0xff}, uint16(len(units)))
	for _, unit := range units {
		answer = binary.BigEndian.AppendUint16(answer, unit)
	}
	_, _ = conn.Write(answer)
}

// consolePassword opens the console.
const consolePassword = "only-for-tests"

func serveConsole(conn net.Conn, in *bufio.Reader, ask func(string) ([]byte, error)) {
	known := false
	for {
		var size uint32
		if binary.Read(in, binary.LittleEndian, &size) != nil || size < 10 || size > 1446 { // what a vanilla server takes
			return
		}
		packet := make([]byte, size)
		if _, err := io.ReadFull(in, packet); err != nil {
			return
		}
		number, kind := binary.LittleEndian.Uint32(packet), binary.LittleEndian.Uint32(packet[4:])
		body, ended := bytes.CutSuffix(packet[8:], []byte{0, 0})
		var said []byte
		switch {
		case !ended:
			return
		case kind == 3:
			if known = string(body) == consolePassword; !known {
				number = 1<<32 - 1
			}
			kind = 2
		case kind == 2 && known:
			text, err := ask("rcon " + string(body))
			if err != nil {
				return
			}
			kind, said = 0, bytes.TrimRight(text, "\n")
		default:
			return
		}
		answer := binary.LittleEndian.AppendUint32(nil, uint32(len(said)+10))
		answer = binary.LittleEndian.AppendUint32(answer, number)
		answer = binary.LittleEndian.AppendUint32(answer, kind)
		if _, err := conn.Write(append(append(answer, said...), 0, 0)); err != nil {
			return
		}
	}
}

// serveDatagrams answers over UDP. Each line of an answer is a packet, quoted as
// Go does; <token> stands for what the question wants back.
func serveDatagrams(conn net.Conn, ask func(question string) ([]byte, error)) {
	buffer := make([]byte, 2<<10)
	for {
		n, err := conn.Read(buffer)
		if err != nil {
			return
		}
		name, token := questionOf(buffer[:n])
		if name == "" {
			continue // a server says nothing to what it does not understand
		}
		text, err := ask(name)
		if err != nil {
			return
		}
		for _, packet := range packetsOf(text, token) {
			if _, err := conn.Write(packet); err != nil {
				return
			}
		}
		if !isWhole(text) {
			return // so that nobody waits for more
		}
	}
}

// packetsOf are the packets that an answer of a case stands for.
func packetsOf(text, token []byte) (packets [][]byte) {
	for line := range bytes.Lines(text) {
		packet, _ := unquoted(bytes.TrimRight(line, "\n"))
		packets = append(packets, bytes.ReplaceAll(packet, []byte("<token>"), token))
	}
	return packets
}

// isWhole reports whether an answer is as it was written, and not cut or bent.
func isWhole(text []byte) bool {
	for line := range bytes.Lines(text) {
		if _, quoted := unquoted(bytes.TrimRight(line, "\n")); !quoted {
			return false
		}
	}
	return len(text) > 0
}

// questionOf is what a packet asks, and the part that it wants back. What is not
// to the letter asks nothing.
func questionOf(packet []byte) (name string, token []byte) {
	const magic = "\x00\xff\xff\x00\xfe\xfe\xfe\xfe\xfd\xfd\xfd\xfd\x12\x34\x56\x78"
	if len(packet) == 33 && packet[0] == 1 && string(packet[9:25]) == magic {
		return "ping", packet[1:9]
	}
	if len(packet) == 1 && packet[0] == 0 {
		return "anything", nil
	}
	body, found := bytes.CutPrefix(packet, []byte("\xff\xff\xff\xff"))
	if !found || len(body) == 0 {
		return "", nil
	}
	if rest, found := bytes.CutPrefix(body, []byte("TSource Engine Query\x00")); found {
		return strings.TrimSpace("info " + hex.EncodeToString(rest)), nil
	}
	if body[0] == 'U' && len(body) == 5 {
		if rest := hex.EncodeToString(body[1:]); rest != "ffffffff" {
			return "players " + rest, nil
		}
		return "players", nil
	}
	for _, name := range []string{"getstatus", "getinfo"} {
		if token, found := bytes.CutPrefix(body, []byte(name+" ")); found {
			return name, bytes.Clone(token)
		}
	}
	return "", nil
}

// unquoted is what a quoted line stands for; any other stands for itself.
func unquoted(line []byte) (packet []byte, quoted bool) {
	if text, err := strconv.Unquote(string(line)); err == nil {
		return []byte(text), true
	}
	return line, false
}
